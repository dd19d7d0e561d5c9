//! The kernels of a convolution as [`super::winograd`] takes them, and their gradient from that of the transformed
//! ones.

use super::lanes::{Lanes, compiled};
use super::tiles::PLACES;
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

/// dw = Gᵀ · du · G (9·I + 1, O), all but the bias, given [`super::winograd_gradient`]'s `du` (16·I, O): u is G · g ·
/// Gᵀ.
///
/// # Panics
/// If the two do not belong together.
pub(crate) fn gather_gradient(du: &Matrix, dw: &mut Matrix) {
    let (inputs, outputs) = dw.dim();
    let channels = inputs / 9;
    assert!(
        inputs == 9 * channels + 1 && du.dim() == (PLACES * channels, outputs),
        "{:?} for {inputs}×{outputs}",
        du.dim()
    );
    // SAFETY: both have as many rows as are gone through.
    let done = unsafe { gather(du, dw) };
    assert!(done, "`Tiles::are_for` found the instructions");
}

compiled! {
    fn gather(du: &Matrix, dw: &mut Matrix) of gather_by_channels
}

/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn gather_by_channels<L: Lanes>(du: &Matrix, dw: &mut Matrix) {
    let step = dw.dim().0 / 9 * dw.stride();
    for start in (0..step).step_by(LINE) {
        // SAFETY: `dw` has 9 times, and `du` 16 times `step` numbers.
        unsafe {
            let du = du.padded().as_ptr().add(start);
            let dw = dw.padded_mut().as_mut_ptr().add(start);
            let mut half = [[L::zero(); 4]; 3];
            for column in 0..4 {
                let du = du.add(column * step);
                let rows = [0, 1, 2, 3].map(|row| L::load(du.add(4 * row * step)));
                for (half, number) in half.iter_mut().zip(gather_kernel(rows)) {
                    half[column] = number;
                }
            }
            for (row, half) in half.into_iter().enumerate() {
                for (column, number) in gather_kernel(half).into_iter().enumerate() {
                    number.store(dw.add((row * 3 + column) * step));
                }
            }
        }
    }
}

/// Gᵀ · u
///
/// # Safety
/// The processor must have the instructions.
#[inline(always)]
unsafe fn gather_kernel<L: Lanes>([u0, u1, u2, u3]: [L; 4]) -> [L; 3] {
    // SAFETY: as the caller's.
    unsafe {
        let half = L::splat(0.5);
        let middle = u1.plus(u2);
        [
            middle.times_plus(half, u0),
            u1.minus(u2).times_plus(half, L::zero()),
            middle.times_plus(half, u3),
        ]
    }
}
