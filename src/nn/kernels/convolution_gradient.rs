//! The gradient of a convolution's weights for one image: the article's psiᵀ · x, where every output pixel is a sample.
//!
//! | symbol | shape                     | meaning                                             |
//! |--------|---------------------------|-----------------------------------------------------|
//! | `x`    | (H, W, I)                 | an image that already has its padding               |
//! | `dz`   | (H − K + 1, W − K + 1, O) | ∂E/∂z                                               |
//! | `dw`   | (K·K·I + 1, O)            | ∂E/∂w, to which this image's share is added         |
//!
//! Some rows of `dw` are kept in registers (of several rows of the patches, if those are short) while the pixels of a
//! few rows of the image, which stay in the first-level cache, are gone through.

use super::Patches;
use super::lanes::{Lanes, compiled};
use crate::nn::Matrix;
use crate::nn::matrix::LINE;
use std::ops::Range;

/// dw += (patches of x)ᵀ · dz, for all rows but the bias, which [`convolution_bias_gradient`] adds.
///
/// # Panics
/// If a slice or `dw` is too short for the `patches`.
pub(crate) fn convolution_gradient(patches: Patches, x: &[f32], dz: &[f32], dw: &mut Matrix) {
    patches.check(x, dw, dz);
    // SAFETY: the lengths have been checked.
    if !unsafe { add_fast(patches, x, dz, dw) } {
        add_plainly(patches, x, dz, dw);
    }
}

/// The bias sees a constant 1: to its gradient, the last row of `dw`, the sum of `dz` over all pixels is added.
pub(crate) fn convolution_bias_gradient(dz: &[f32], dw: &mut Matrix) {
    let inputs = dw.dim().0;
    if let Some(bias) = dw.rows_mut(inputs).last() {
        super::add_rows(dz, bias);
    }
}

/// The reference.
fn add_plainly(patches: Patches, x: &[f32], dz: &[f32], dw: &mut Matrix) {
    let outputs = dw.dim().1;
    for (index, dz) in dz.chunks_exact(outputs).take(patches.count()).enumerate() {
        for (row, dw) in dw.rows_mut(patches.length()).enumerate() {
            let (patch_row, tap) = (row / patches.row_length(), row % patches.row_length());
            super::add_scaled(x[patches.start(index, patch_row) + tap], dz, dw);
        }
    }
}

compiled! {
    fn add_fast(patches: Patches, x: &[f32], dz: &[f32], dw: &mut Matrix) of by_lines
}

/// Pixels, about, that are gone through before other rows of `dw` take their turn.
const RUN: usize = 56;

/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn by_lines<L: Lanes>(patches: Patches, x: &[f32], dz: &[f32], dw: &mut Matrix) {
    let [height, width] = patches.outputs();
    let length = patches.row_length();
    // Most rows of `dw` whose sums fit in the registers: on wide ones, twice, for two cache lines of outputs.
    let most = if L::WIDE { 12 } else { 6 };
    let taps = length.div_ceil(length.div_ceil(most));
    let run = RUN.div_ceil(width);
    for start in (0..height).step_by(run) {
        let lines = start..height.min(start + run);
        // One channel, as a picture has: one row of a patch would leave most registers idle.
        if L::WIDE && (patches.kernel, length) == (3, 3) {
            // SAFETY: that is the whole patch.
            unsafe { outputs::<L, 3, 3>(patches, x, dz, dw, &lines, [0, 0]) };
            continue;
        }
        let three = patches.kernel == 3 && patches.channels.is_multiple_of(CHANNELS);
        if L::WIDE && three && dw.dim().1 <= LINE {
            // SAFETY: as the caller's.
            unsafe { one_line::<L>(patches, x, dz, dw, &lines) };
            continue;
        }
        for row in 0..patches.kernel {
            for tap in (0..length).step_by(taps) {
                let at = [row, tap];
                // SAFETY: the taps end within the row of a patch, the lines within the image.
                unsafe {
                    match taps.min(length - tap) {
                        1 => outputs::<L, 1, 1>(patches, x, dz, dw, &lines, at),
                        2 => outputs::<L, 1, 2>(patches, x, dz, dw, &lines, at),
                        3 => outputs::<L, 1, 3>(patches, x, dz, dw, &lines, at),
                        4 => outputs::<L, 1, 4>(patches, x, dz, dw, &lines, at),
                        5 => outputs::<L, 1, 5>(patches, x, dz, dw, &lines, at),
                        6 => outputs::<L, 1, 6>(patches, x, dz, dw, &lines, at),
                        7 if L::WIDE => outputs::<L, 1, 7>(patches, x, dz, dw, &lines, at),
                        8 if L::WIDE => outputs::<L, 1, 8>(patches, x, dz, dw, &lines, at),
                        9 if L::WIDE => outputs::<L, 1, 9>(patches, x, dz, dw, &lines, at),
                        10 if L::WIDE => outputs::<L, 1, 10>(patches, x, dz, dw, &lines, at),
                        11 if L::WIDE => outputs::<L, 1, 11>(patches, x, dz, dw, &lines, at),
                        _ => outputs::<L, 1, 12>(patches, x, dz, dw, &lines, at),
                    }
                }
            }
        }
    }
}

/// `T` rows of `dw` in each of `R` rows of the patches, from `row` and `tap` on, for the pixels of `lines`.
///
/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn outputs<L: Lanes, const R: usize, const T: usize>(
    patches: Patches,
    x: &[f32],
    dz: &[f32],
    dw: &mut Matrix,
    lines: &Range<usize>,
    [row, tap]: [usize; 2],
) {
    let mut output = 0;
    while output < dw.dim().1 {
        // SAFETY: as the caller's.
        output += unsafe {
            if L::WIDE && dw.dim().1 - output > LINE {
                taps::<L, R, T, 2>(patches, x, dz, dw, lines, [row, tap, output])
            } else {
                taps::<L, R, T, 1>(patches, x, dz, dw, lines, [row, tap, output])
            }
        };
    }
}

/// `LINES` cache lines of them, from `output` on; how many outputs that is.
///
/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn taps<L: Lanes, const R: usize, const T: usize, const LINES: usize>(
    patches: Patches,
    x: &[f32],
    dz: &[f32],
    dw: &mut Matrix,
    lines: &Range<usize>,
    [row, tap, output]: [usize; 3],
) -> usize {
    let (stride, outputs) = (dw.stride(), dw.dim().1);
    let width = patches.outputs()[1];
    let at = |row: usize, tap: usize, line: usize| (row * patches.row_length() + tap) * stride + line * LINE;
    // SAFETY: `Patches::check` has seen to it that all patches lie in `x`, their gradients, whose rows are padded to
    // whole cache lines, in `dw`, and all pixels in `dz`, of which only the outputs that exist are read.
    unsafe {
        let mut sums = [[[L::zero(); LINES]; T]; R];
        let dw = dw.padded_mut().as_mut_ptr().add(at(row, tap, 0) + output);
        for (row, sums) in sums.iter_mut().enumerate() {
            for (tap, sums) in sums.iter_mut().enumerate() {
                for (line, sum) in sums.iter_mut().enumerate() {
                    *sum = L::load(dw.add(at(row, tap, line)));
                }
            }
        }
        for line in lines.clone() {
            let x = x.as_ptr().add(patches.start(line * width, row) + tap);
            let dz = dz.as_ptr().add(line * width * outputs + output);
            for pixel in 0..width {
                let mut numbers = [L::zero(); LINES];
                for (line, numbers) in numbers.iter_mut().enumerate() {
                    let count = outputs - output - line * LINE;
                    *numbers = L::load_first(dz.add(pixel * outputs + line * LINE), count);
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let x = x.add((row * patches.width + pixel) * patches.channels);
                    for (tap, sums) in sums.iter_mut().enumerate() {
                        let x = L::splat(*x.add(tap));
                        for (sum, numbers) in sums.iter_mut().zip(numbers) {
                            *sum = x.times_plus(numbers, *sum);
                        }
                    }
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (tap, sums) in sums.iter().enumerate() {
                for (line, sum) in sums.iter().enumerate() {
                    sum.store(dw.add(at(row, tap, line)));
                }
            }
        }
    }
    LINES * LINE
}

/// Channels whose three rows of `dw` each are in registers.
const CHANNELS: usize = 8;

/// All of `dw`, if its outputs are one cache line, for the pixels of `lines`. A number of `x` would then be loaded
/// for every addition; but it belongs to three neighbouring patches, so here it is loaded once for all of them.
///
/// # Safety
/// The processor must have the instructions, the lengths fit, the kernel be 3, and the channels a multiple of
/// [`CHANNELS`].
#[inline(always)]
unsafe fn one_line<L: Lanes>(patches: Patches, x: &[f32], dz: &[f32], dw: &mut Matrix, lines: &Range<usize>) {
    let (stride, outputs, channels) = (dw.stride(), dw.dim().1, patches.channels);
    let width = patches.outputs()[1];
    for row in 0..3 {
        for channel in (0..channels).step_by(CHANNELS) {
            // SAFETY: as in `taps`.
            unsafe {
                let mut sums = [[L::zero(); 3]; CHANNELS];
                let dw = dw.padded_mut().as_mut_ptr();
                for line in lines.clone() {
                    let x = x.as_ptr().add(patches.start(line * width, row) + channel);
                    let dz = dz.as_ptr().add(line * width * outputs);
                    // The pixel at the same place, and the two before it: none before the first, none after the last.
                    let mut behind = [L::zero(); 2];
                    for place in 0..width + 2 {
                        let mut here = L::zero();
                        if place < width {
                            here = L::load_first(dz.add(place * outputs), outputs);
                        }
                        for (index, [first, second, third]) in sums.iter_mut().enumerate() {
                            let x = L::splat(*x.add(place * channels + index));
                            *first = x.times_plus(here, *first);
                            *second = x.times_plus(behind[0], *second);
                            *third = x.times_plus(behind[1], *third);
                        }
                        behind = [here, behind[0]];
                    }
                }
                for (index, sums) in sums.iter().enumerate() {
                    for (tap, sum) in sums.iter().enumerate() {
                        let dw = dw.add(((row * 3 + tap) * channels + channel + index) * stride);
                        L::load(dw).plus(*sum).store(dw);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::patches::tests::{numbers, shapes};
    use super::super::sparse_product::tests::matrix;
    use super::*;

    /// dw of [`add_plainly`].
    pub(in super::super) fn plainly(patches: Patches, x: &[f32], dz: &[f32], outputs: usize) -> Matrix {
        let mut dw = Matrix::zeros(patches.length() + 1, outputs);
        add_plainly(patches, x, dz, &mut dw);
        dw
    }

    #[test]
    fn agrees_with_the_plain_one_in_every_shape() {
        for patches in shapes() {
            for outputs in [1, 8, 16, 24, 32, 40, 64] {
                let x = numbers(patches.image_length(), 3);
                let dz = numbers(patches.count() * outputs, 5);
                // It adds to what is there.
                let mut fast = matrix(patches.length() + 1, outputs, 7);
                let mut slow = fast.clone();
                convolution_gradient(patches, &x, &dz, &mut fast);
                add_plainly(patches, &x, &dz, &mut slow);
                for (fast, slow) in fast.view().iter().zip(&slow.view()) {
                    assert!(
                        (fast - slow).abs() < 2e-4,
                        "{patches:?} {outputs}: {fast}, not {slow}"
                    );
                }
            }
        }
    }
}
