//! Convolution of one image: every output pixel is the article's weighted sum over the patch of inputs around it.
//!
//! | symbol | shape                  | meaning                                                        |
//! |--------|------------------------|----------------------------------------------------------------|
//! | `x`    | (H, W, I)              | an image that already has its padding                          |
//! | `w`    | (K·K·I + 1, O)         | weights by row, column and channel of the patch; last the bias |
//! | `z`    | (H − K + 1, W − K + 1, O) | weighted sums                                               |
//!
//! The channels of a pixel are neighbours in memory, so that one row of a patch is `K·I` neighbouring numbers, and
//! the next pixel's patch begins `I` further on: a row of outputs is a matrix product whose left factor overlaps
//! itself, and nothing has to be copied together first.

use super::Patches;
use super::blocks::{block_length, of_length};
use super::lanes::{Lanes, compiled};
use crate::nn::Matrix;
use crate::nn::matrix::LINE;

/// z = patches of x · w
///
/// # Panics
/// If a slice or `w` is too short for the `patches`.
pub(crate) fn convolution(patches: Patches, x: &[f32], w: &Matrix, z: &mut [f32]) {
    patches.check(x, w, z);
    // SAFETY: the lengths have been checked.
    if !unsafe { convolution_fast(patches, x, w, z) } {
        convolution_plainly(patches, x, w, z);
    }
}

/// The reference.
fn convolution_plainly(patches: Patches, x: &[f32], w: &Matrix, z: &mut [f32]) {
    let outputs = w.dim().1;
    for (index, z) in z.chunks_exact_mut(outputs).take(patches.count()).enumerate() {
        z.copy_from_slice(w.row(patches.length()));
        for row in 0..patches.kernel {
            let x = &x[patches.start(index, row)..][..patches.row_length()];
            for (tap, &x) in x.iter().enumerate() {
                super::add_scaled(x, w.row(row * patches.row_length() + tap), z);
            }
        }
    }
}

compiled! {
    fn convolution_fast(patches: Patches, x: &[f32], w: &Matrix, z: &mut [f32]) of by_rows
}

/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn by_rows<L: Lanes>(patches: Patches, x: &[f32], w: &Matrix, z: &mut [f32]) {
    let [_, columns] = patches.outputs();
    // SAFETY: every block lies within the outputs; the last one overlaps the one before if they do not divide the row.
    unsafe { of_length!(block_length::<L>(columns), rows::<L>(patches, x, w, z)) }
}

/// All outputs, in blocks of `P` neighbouring pixels.
///
/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn rows<L: Lanes, const P: usize>(patches: Patches, x: &[f32], w: &Matrix, z: &mut [f32]) {
    let outputs = w.dim().1;
    let [height, width] = patches.outputs();
    for row in 0..height {
        for block in 0..width.div_ceil(P) {
            let index = row * width + (block * P).min(width - P);
            let mut output = 0;
            while output < outputs {
                // SAFETY: the block ends within the row.
                output += unsafe {
                    if L::WIDE && outputs - output > LINE {
                        pixels::<L, P, 2>(patches, x, w, z, index, output)
                    } else {
                        pixels::<L, P, 1>(patches, x, w, z, index, output)
                    }
                };
            }
        }
    }
}

/// `LINES` cache lines of outputs, from `output` on, of `P` pixels from number `index` on; how many outputs that is.
///
/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn pixels<L: Lanes, const P: usize, const LINES: usize>(
    patches: Patches,
    x: &[f32],
    w: &Matrix,
    z: &mut [f32],
    index: usize,
    output: usize,
) -> usize {
    let (stride, outputs) = (w.stride(), w.dim().1);
    // SAFETY: `Patches::check` has seen to it that all patches lie in `x`, their weights, whose rows are padded to
    // whole cache lines, in `w`, and all pixels in `z`, of which only the outputs that exist are written.
    unsafe {
        let mut sums = [[L::zero(); LINES]; P];
        let w = w.padded().as_ptr().add(output);
        let bias = w.add(patches.length() * stride);
        for sums in &mut sums {
            for (line, sum) in sums.iter_mut().enumerate() {
                *sum = L::load(bias.add(line * LINE));
            }
        }
        for row in 0..patches.kernel {
            let x = x.as_ptr().add(patches.start(index, row));
            let w = w.add(row * patches.row_length() * stride);
            if L::WIDE && LINES == 1 && patches.kernel == 3 {
                add_three(patches.channels, x, w, stride, &mut sums);
                continue;
            }
            add_products(patches.row_length(), x, patches.channels, w, stride, &mut sums);
        }
        for (pixel, sums) in sums.iter().enumerate() {
            for (line, sum) in sums.iter().enumerate() {
                let output = output + line * LINE;
                let z = z.as_mut_ptr().add((index + pixel) * outputs + output);
                sum.store_first(z, outputs - output);
            }
        }
    }
    LINES * LINE
}

/// sums += x · w, for `P` rows of `x`, each `taps` long and `step` after the one before, and `LINES` cache lines of
/// `w`.
///
/// # Safety
/// The processor must have the instructions, and the rows of `x`, and `taps` rows of `w`, `stride` apart, be there.
#[inline(always)]
pub(super) unsafe fn add_products<L: Lanes, const P: usize, const LINES: usize>(
    taps: usize,
    x: *const f32,
    step: usize,
    w: *const f32,
    stride: usize,
    sums: &mut [[L; LINES]; P],
) {
    for tap in 0..taps {
        // SAFETY: as the caller's.
        unsafe {
            let mut weights = [L::zero(); LINES];
            for (line, weights) in weights.iter_mut().enumerate() {
                *weights = L::load(w.add(tap * stride + line * LINE));
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let x = L::splat(*x.add(row * step + tap));
                for (sum, weights) in sums.iter_mut().zip(weights) {
                    *sum = x.times_plus(weights, *sum);
                }
            }
        }
    }
}

/// What one row of patches of three pixels adds to the sums. With one cache line of outputs a number would be loaded
/// for every addition; but three neighbouring patches share it, so here it is loaded once for all of them.
///
/// # Safety
/// The processor must have the instructions, `x` be `P` + 2 pixels long, and `w` three pixels' weights.
#[inline(always)]
unsafe fn add_three<L: Lanes, const P: usize, const LINES: usize>(
    channels: usize,
    x: *const f32,
    w: *const f32,
    stride: usize,
    sums: &mut [[L; LINES]; P],
) {
    for channel in 0..channels {
        // SAFETY: as the caller's.
        unsafe {
            let mut weights = [L::zero(); 3];
            for (tap, weights) in weights.iter_mut().enumerate() {
                *weights = L::load(w.add((tap * channels + channel) * stride));
            }
            let x = x.add(channel);
            let (mut left, mut middle) = (L::splat(*x), L::splat(*x.add(channels)));
            for (pixel, sums) in sums.iter_mut().enumerate() {
                let right = L::splat(*x.add((pixel + 2) * channels));
                sums[0] = left.times_plus(weights[0], sums[0]);
                sums[0] = middle.times_plus(weights[1], sums[0]);
                sums[0] = right.times_plus(weights[2], sums[0]);
                (left, middle) = (middle, right);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
pub(super) mod tests {
    use super::super::patches::tests::{numbers, shapes};
    use super::super::sparse_product::tests::matrix;
    use super::*;

    /// z of [`convolution_plainly`].
    pub(in super::super) fn plainly(patches: Patches, x: &[f32], w: &Matrix) -> Vec<f32> {
        let mut z = vec![f32::NAN; patches.count() * w.dim().1];
        convolution_plainly(patches, x, w, &mut z);
        z
    }

    #[test]
    fn agrees_with_the_plain_one_in_every_shape() {
        for patches in shapes() {
            for outputs in [1, 8, 16, 24, 32, 40, 64] {
                let x = numbers(patches.image_length(), 3);
                let w = matrix(patches.length() + 1, outputs, 5);
                let mut fast = vec![f32::NAN; patches.count() * outputs];
                convolution(patches, &x, &w, &mut fast);
                let slow = plainly(patches, &x, &w);
                for (index, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
                    assert!(
                        (fast - slow).abs() < 1e-4,
                        "{patches:?} {outputs} {index}: {fast}, not {slow}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_known_sum() {
        // One channel, a 3×3 image, a 2×2 kernel 1 2 / 3 4 with the bias ½.
        let patches = Patches {
            height: 3,
            width: 3,
            channels: 1,
            kernel: 2,
        };
        let x: Vec<f32> = (1..10).map(|number| number as f32).collect();
        let w = Matrix::of(&ndarray::array![[1.0], [2.0], [3.0], [4.0], [0.5]].view());
        let mut z = [0.0; 4];
        convolution(patches, &x, &w, &mut z);
        assert_eq!(z, [37.5, 47.5, 67.5, 77.5]);
    }
}
