//! The kernels of a convolution as [`super::winograd`] takes them.

use super::lanes::{Lanes, compiled};
use super::winograd::PLACES;
use crate::nn::Matrix;
use crate::nn::matrix::LINE;

/// u = G · g · Gᵀ (16·I, O) of the kernels in `w` (9·I + 1, O), whose last row, the bias, is left alone.
///
/// # Panics
/// If `w` has another number of rows, or [`super::Tiles::are_for`] finds no tiles for them.
pub(crate) fn transform_weights(w: &Matrix, u: &mut Matrix) {
    let (inputs, outputs) = w.dim();
    let channels = inputs / 9;
    assert_eq!(inputs, 9 * channels + 1, "the weights of 3×3 pixels and a bias");
    u.reshape(PLACES * channels, outputs);
    // SAFETY: both have as many rows as are gone through.
    let done = unsafe { transform(w, u) };
    assert!(done, "`Tiles::are_for` found the instructions");
}

compiled! {
    fn transform(w: &Matrix, u: &mut Matrix) of by_channels
}

/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn by_channels<L: Lanes>(w: &Matrix, u: &mut Matrix) {
    let stride = w.stride();
    let step = w.dim().0 / 9 * stride;
    for start in (0..step).step_by(LINE) {
        // SAFETY: `w` has 9 times, and `u` 16 times `step` numbers.
        unsafe {
            let w = w.padded().as_ptr().add(start);
            let u = u.padded_mut().as_mut_ptr().add(start);
            let mut half = [[L::zero(); 3]; 4];
            for column in 0..3 {
                let w = w.add(column * step);
                let spread = spread_kernel([L::load(w), L::load(w.add(3 * step)), L::load(w.add(6 * step))]);
                for (half, spread) in half.iter_mut().zip(spread) {
                    half[column] = spread;
                }
            }
            for (row, half) in half.into_iter().enumerate() {
                for (column, number) in spread_kernel(half).into_iter().enumerate() {
                    number.store(u.add((row * 4 + column) * step));
                }
            }
        }
    }
}

/// G · g
///
/// # Safety
/// The processor must have the instructions.
#[inline(always)]
unsafe fn spread_kernel<L: Lanes>([g0, g1, g2]: [L; 3]) -> [L; 4] {
    // SAFETY: as the caller's.
    unsafe {
        let half = L::splat(0.5);
        let outer = g0.plus(g2).times_plus(half, L::zero());
        let middle = g1.times_plus(half, L::zero());
        [g0, outer.plus(middle), outer.minus(middle), g2]
    }
}
