//! The gradient of a convolution's weights for one image: the article's psiᵀ · x, where every output pixel is a sample.
//!
//! | symbol | shape                     | meaning                                             |
//! |--------|---------------------------|-----------------------------------------------------|
//! | `x`    | (H, W, I)                 | an image that already has its border                |
//! | `dz`   | (H − K + 1, W − K + 1, O) | ∂E/∂z                                               |
//! | `dw`   | (K·K·I + 1, O)            | ∂E/∂w, to which this image's share is added         |
//!
//! Some rows of `dw` are kept in registers (of several rows of the patches, if those are short) while the pixels of a few rows of the image, which stay in the first-level cache,
//! are gone through.

use super::Patches;
use crate::nn::Matrix;
use crate::nn::matrix::LINE;

/// dw += (patches of x)ᵀ · dz, for all rows but the bias, which [`convolution_bias_gradient`] adds.
///
/// # Panics
/// If a slice or `dw` is too short for the `patches`.
pub(crate) fn convolution_gradient(patches: Patches, x: &[f32], dz: &[f32], dw: &mut Matrix) {
    patches.check(x, dw, dz);
    #[cfg(target_arch = "x86_64")]
    if crate::vectorize::has_avx512() {
        // SAFETY: the processor has the instructions, and the lengths have been checked.
        return unsafe { avx512::convolution_gradient(patches, x, dz, dw) };
    }
    add_plainly(patches, x, dz, dw);
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

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{LINE, Matrix, Patches};
    use std::arch::x86_64::{
        _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_maskz_loadu_ps, _mm512_set1_ps,
        _mm512_setzero_ps, _mm512_storeu_ps,
    };
    use std::ops::Range;

    /// Most rows of `dw` whose sums are in registers: twice as many registers, for two cache lines of outputs.
    const TAPS: usize = 12;
    /// Pixels, about, that are gone through before other rows of `dw` take their turn.
    const RUN: usize = 56;

    /// # Safety
    /// The lengths must fit.
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma")]
    pub(super) unsafe fn convolution_gradient(patches: Patches, x: &[f32], dz: &[f32], dw: &mut Matrix) {
        let [height, width] = patches.outputs();
        let length = patches.row_length();
        let taps = length.div_ceil(length.div_ceil(TAPS));
        let run = RUN.div_ceil(width);
        for start in (0..height).step_by(run) {
            let lines = start..height.min(start + run);
            // One channel, as a picture has: one row of a patch would leave most registers idle.
            if (patches.kernel, length) == (3, 3) {
                // SAFETY: that is the whole patch.
                unsafe { outputs::<3, 3>(patches, x, dz, dw, &lines, 0, 0) };
                continue;
            }
            if dw.dim().1 <= LINE && patches.kernel == 3 && patches.channels.is_multiple_of(CHANNELS) {
                // SAFETY: as the caller's.
                unsafe { one_line(patches, x, dz, dw, &lines) };
                continue;
            }
            for row in 0..patches.kernel {
                for tap in (0..length).step_by(taps) {
                    // SAFETY: the taps end within the row of a patch, the lines within the image.
                    unsafe {
                        match taps.min(length - tap) {
                            1 => outputs::<1, 1>(patches, x, dz, dw, &lines, row, tap),
                            2 => outputs::<1, 2>(patches, x, dz, dw, &lines, row, tap),
                            3 => outputs::<1, 3>(patches, x, dz, dw, &lines, row, tap),
                            4 => outputs::<1, 4>(patches, x, dz, dw, &lines, row, tap),
                            5 => outputs::<1, 5>(patches, x, dz, dw, &lines, row, tap),
                            6 => outputs::<1, 6>(patches, x, dz, dw, &lines, row, tap),
                            7 => outputs::<1, 7>(patches, x, dz, dw, &lines, row, tap),
                            8 => outputs::<1, 8>(patches, x, dz, dw, &lines, row, tap),
                            9 => outputs::<1, 9>(patches, x, dz, dw, &lines, row, tap),
                            10 => outputs::<1, 10>(patches, x, dz, dw, &lines, row, tap),
                            11 => outputs::<1, 11>(patches, x, dz, dw, &lines, row, tap),
                            _ => outputs::<1, TAPS>(patches, x, dz, dw, &lines, row, tap),
                        }
                    }
                }
            }
        }
    }

    /// `T` rows of `dw` in each of `R` rows of the patches, from `tap` and `row` on, for the pixels of `lines`.
    ///
    /// # Safety
    /// The lengths must fit.
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma")]
    unsafe fn outputs<const R: usize, const T: usize>(
        patches: Patches,
        x: &[f32],
        dz: &[f32],
        dw: &mut Matrix,
        lines: &Range<usize>,
        row: usize,
        tap: usize,
    ) {
        let mut output = 0;
        while output < dw.dim().1 {
            // SAFETY: as the caller's.
            output += unsafe {
                if dw.dim().1 - output > LINE {
                    taps::<R, T, 2>(patches, x, dz, dw, lines, [row, tap, output])
                } else {
                    taps::<R, T, 1>(patches, x, dz, dw, lines, [row, tap, output])
                }
            };
        }
    }

    /// `LINES` cache lines of them, from `output` on; how many outputs that is.
    ///
    /// # Safety
    /// The lengths must fit.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma")]
    unsafe fn taps<const R: usize, const T: usize, const LINES: usize>(
        patches: Patches,
        x: &[f32],
        dz: &[f32],
        dw: &mut Matrix,
        lines: &Range<usize>,
        [row, tap, output]: [usize; 3],
    ) -> usize {
        let (stride, outputs) = (dw.stride(), dw.dim().1);
        let width = patches.outputs()[1];
        let masks: [_; LINES] =
            std::array::from_fn(|line| super::super::first_lanes(outputs - output - line * LINE));
        let mut sums = [[[_mm512_setzero_ps(); LINES]; T]; R];
        // SAFETY: `Patches::check` has seen to it that all patches lie in `x`, their gradients, whose rows are padded to whole
        // cache lines, in `dw`, and all pixels in `dz`, of which only the outputs that exist are read.
        unsafe {
            let dw = dw
                .padded_mut()
                .as_mut_ptr()
                .add((row * patches.row_length() + tap) * stride + output);
            let at = |row: usize, tap: usize, line: usize| {
                (row * patches.row_length() + tap) * stride + line * LINE
            };
            for (row, sums) in sums.iter_mut().enumerate() {
                for (tap, sums) in sums.iter_mut().enumerate() {
                    for (line, sum) in sums.iter_mut().enumerate() {
                        *sum = _mm512_loadu_ps(dw.add(at(row, tap, line)));
                    }
                }
            }
            for line in lines.clone() {
                let x = x.as_ptr().add(patches.start(line * width, row) + tap);
                let dz = dz.as_ptr().add(line * width * outputs + output);
                for pixel in 0..width {
                    let mut numbers = [_mm512_setzero_ps(); LINES];
                    for (line, numbers) in numbers.iter_mut().enumerate() {
                        *numbers = _mm512_maskz_loadu_ps(masks[line], dz.add(pixel * outputs + line * LINE));
                    }
                    for (row, sums) in sums.iter_mut().enumerate() {
                        let x = x.add((row * patches.width + pixel) * patches.channels);
                        for (tap, sums) in sums.iter_mut().enumerate() {
                            let x = _mm512_set1_ps(*x.add(tap));
                            for (sum, numbers) in sums.iter_mut().zip(numbers) {
                                *sum = _mm512_fmadd_ps(x, numbers, *sum);
                            }
                        }
                    }
                }
            }
            for (row, sums) in sums.iter().enumerate() {
                for (tap, sums) in sums.iter().enumerate() {
                    for (line, sum) in sums.iter().enumerate() {
                        _mm512_storeu_ps(dw.add(at(row, tap, line)), *sum);
                    }
                }
            }
        }
        LINES * LINE
    }

    /// Channels whose three rows of `dw` each are in registers.
    const CHANNELS: usize = 8;

    /// All of `dw`, if its outputs are one cache line, for the pixels of `lines`. A number of `x` would then be loaded for every
    /// addition; but it belongs to three neighbouring patches, so here it is loaded once for all of them.
    ///
    /// # Safety
    /// The lengths must fit, the kernel be 3, and the channels a multiple of [`CHANNELS`].
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma")]
    unsafe fn one_line(patches: Patches, x: &[f32], dz: &[f32], dw: &mut Matrix, lines: &Range<usize>) {
        let (stride, outputs, channels) = (dw.stride(), dw.dim().1, patches.channels);
        let width = patches.outputs()[1];
        let mask = super::super::first_lanes(outputs);
        for row in 0..3 {
            for channel in (0..channels).step_by(CHANNELS) {
                let mut sums = [[_mm512_setzero_ps(); CHANNELS]; 3];
                // SAFETY: as in `taps`.
                unsafe {
                    let dw = dw.padded_mut().as_mut_ptr();
                    let at =
                        |tap: usize, index: usize| ((row * 3 + tap) * channels + channel + index) * stride;
                    for line in lines.clone() {
                        let x = x.as_ptr().add(patches.start(line * width, row) + channel);
                        let dz = dz.as_ptr().add(line * width * outputs);
                        // The pixel at the same place, and the two before it: none before the first, none after the last.
                        let mut behind = [_mm512_setzero_ps(); 2];
                        for place in 0..width + 2 {
                            let mut here = _mm512_setzero_ps();
                            if place < width {
                                here = _mm512_maskz_loadu_ps(mask, dz.add(place * outputs));
                            }
                            let [first, second, third] = &mut sums;
                            let sums = first.iter_mut().zip(second).zip(third).enumerate();
                            for (index, ((first, second), third)) in sums {
                                let x = _mm512_set1_ps(*x.add(place * channels + index));
                                *first = _mm512_fmadd_ps(x, here, *first);
                                *second = _mm512_fmadd_ps(x, behind[0], *second);
                                *third = _mm512_fmadd_ps(x, behind[1], *third);
                            }
                            behind = [here, behind[0]];
                        }
                    }
                    for (tap, sums) in sums.iter().enumerate() {
                        for (index, sum) in sums.iter().enumerate() {
                            let dw = dw.add(at(tap, index));
                            _mm512_storeu_ps(dw, _mm512_add_ps(_mm512_loadu_ps(dw), *sum));
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::patches::tests::{numbers, shapes};
    use super::super::sparse_product::tests::matrix;
    use super::*;

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
