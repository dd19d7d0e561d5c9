//! The gradient of 3×3 kernels with as few multiplications as [`super::winograd`] takes for the convolution itself.
//!
//! There z = Aᵀ · m · A with m = v · u in every place of a tile. So the way back leads dz to dm = A · dz · Aᵀ, and u
//! gets, as the weights of any layer do, the inputs times that, summed over all tiles: du = vᵀ · dm. What the kernels
//! themselves get of it is [`super::winograd_weights::gather_gradient`]'s concern.
//!
//! | step | formula         | each for                               | place           |
//! |------|-----------------|----------------------------------------|-----------------|
//! | 1    | v = Bᵀ · d · B  | a tile d (4, 4) of every input channel | v (16, T, I)    |
//! | 2    | dm = A · dz · Aᵀ | a tile (2, 2) of every output, to (4, 4) | dm (16, T, O)   |
//! | 3    | du += vᵀ · dm   | a place in the tile: a matrix product  | du (16, I, O)   |

use super::lanes::{Lanes, compiled};
use super::tiles::{Between, PLACES, STEP, Tiles, place_step};
use super::winograd::take_inputs;
use crate::nn::Matrix;
use crate::nn::matrix::LINE;
use std::ops::Range;

/// Most tiles that take the steps together: so many that `du`, which is loaded and stored each time, takes little of
/// it, and so few that what is between the steps stays in the second-level cache.
const MOST_TILES: usize = 49;

/// du += vᵀ · dm (16·I, O) of one image `x`, padded as [`super::winograd`] takes it, and its `dz`.
///
/// # Panics
/// If a slice or `du` is too short for the `tiles`.
pub(crate) fn winograd_gradient(tiles: Tiles, x: &[f32], dz: &[f32], du: &mut Matrix, room: &mut Between) {
    let (inputs, outputs) = du.dim();
    tiles.check(x, inputs, dz, outputs);
    room.reserve(tiles.together(MOST_TILES), tiles.channels(), du.stride());
    // SAFETY: the lengths have been checked.
    let done = unsafe { in_steps(tiles, x, dz, du, room) };
    assert!(done, "`Tiles::are_for` found the instructions");
}

compiled! {
    fn in_steps(tiles: Tiles, x: &[f32], dz: &[f32], du: &mut Matrix, room: &mut Between) of by_tiles
}

/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn by_tiles<L: Lanes>(tiles: Tiles, x: &[f32], dz: &[f32], du: &mut Matrix, room: &mut Between) {
    let (channels, outputs, stride) = (tiles.channels(), du.dim().1, du.stride());
    let together = tiles.together(MOST_TILES);
    let [v, dm] = [&mut room.v, &mut room.m].map(|matrix| matrix.padded_mut().as_mut_ptr());
    for range in tiles.groups(together) {
        // SAFETY: as the caller's.
        unsafe {
            take_inputs::<L>(tiles, x, range.clone(), together, v);
            take_gradients::<L>(tiles, dz, outputs, range.clone(), together, dm);
            for place in 0..PLACES {
                let v = v.add(place * place_step(together, channels));
                let dm = dm.add(place * place_step(together, stride));
                let du = du.padded_mut().as_mut_ptr().add(place * channels * stride);
                products::<L>(range.len(), [channels, stride], [v, dm], du);
            }
        }
    }
}

/// Step 2 for the tiles in `range`: dm = A · dz · Aᵀ. Where a tile reaches beyond the outputs, dz is 0.
///
/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn take_gradients<L: Lanes>(
    tiles: Tiles,
    dz: &[f32],
    outputs: usize,
    range: Range<usize>,
    together: usize,
    dm: *mut f32,
) {
    let [height, width] = tiles.outputs();
    let columns = tiles.counts()[1];
    let stride = outputs.next_multiple_of(LINE);
    let apart = place_step(together, stride);
    for (index, tile) in range.enumerate() {
        let [top, left] = [tile / columns * STEP, tile % columns * STEP];
        for output in (0..outputs).step_by(LINE) {
            // SAFETY: only outputs that exist are read, and every tile has its place in `dm`.
            unsafe {
                let mut half = [[L::zero(); STEP]; 4];
                for column in 0..STEP.min(width - left) {
                    let mut numbers = [L::zero(); STEP];
                    for (row, numbers) in numbers.iter_mut().enumerate().take(height - top) {
                        let pixel = (top + row) * width + left + column;
                        let dz = dz.as_ptr().add(pixel * outputs + output);
                        *numbers = L::load_first(dz, outputs - output);
                    }
                    for (half, number) in half.iter_mut().zip(scatter(numbers)) {
                        half[column] = number;
                    }
                }
                for (row, half) in half.into_iter().enumerate() {
                    for (column, number) in scatter(half).into_iter().enumerate() {
                        let place = (row * 4 + column) * apart;
                        number.store(dm.add(place + index * stride + output));
                    }
                }
            }
        }
    }
}

/// A · d
///
/// # Safety
/// The processor must have the instructions.
#[inline(always)]
unsafe fn scatter<L: Lanes>([d0, d1]: [L; STEP]) -> [L; 4] {
    // SAFETY: as the caller's.
    unsafe { [d0, d0.plus(d1), d0.minus(d1), L::zero().minus(d1)] }
}

/// Step 3 for `count` tiles and one place in them: du += vᵀ · dm.
///
/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn products<L: Lanes>(
    count: usize,
    [channels, stride]: [usize; 2],
    [v, dm]: [*const f32; 2],
    du: *mut f32,
) {
    for channel in (0..channels).step_by(LINE) {
        let mut output = 0;
        while output < stride {
            // SAFETY: channels and outputs come in whole cache lines.
            output += unsafe {
                let dm = dm.add(output);
                let part = |first: usize| {
                    (
                        v.add(channel + first),
                        du.add((channel + first) * stride + output),
                    )
                };
                let sizes = [channels, stride];
                // Of the wide ones' 32 registers 16 hold sums.
                if L::WIDE && stride - output > LINE {
                    sums::<L, 8, 2>(count, sizes, part(0), dm);
                    sums::<L, 8, 2>(count, sizes, part(8), dm)
                } else if L::WIDE {
                    sums::<L, 16, 1>(count, sizes, part(0), dm)
                } else {
                    // Of AVX2's 16 registers up to 12 hold sums, 2 gradients and 1 an input: 16 inputs are 6, 5 and 5.
                    sums::<L, 6, 1>(count, sizes, part(0), dm);
                    sums::<L, 5, 1>(count, sizes, part(6), dm);
                    sums::<L, 5, 1>(count, sizes, part(11), dm)
                }
            };
        }
    }
}

/// Step 3 for `P` inputs and `LINES` cache lines of outputs; how many outputs that is.
///
/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn sums<L: Lanes, const P: usize, const LINES: usize>(
    count: usize,
    [channels, stride]: [usize; 2],
    (v, du): (*const f32, *mut f32),
    dm: *const f32,
) -> usize {
    // SAFETY: as the caller's.
    unsafe {
        let mut sums = [[L::zero(); LINES]; P];
        for (input, sums) in sums.iter_mut().enumerate() {
            for (line, sum) in sums.iter_mut().enumerate() {
                *sum = L::load(du.add(input * stride + line * LINE));
            }
        }
        for tile in 0..count {
            let mut gradients = [L::zero(); LINES];
            for (line, gradient) in gradients.iter_mut().enumerate() {
                *gradient = L::load(dm.add(tile * stride + line * LINE));
            }
            let v = v.add(tile * channels);
            for (input, sums) in sums.iter_mut().enumerate() {
                let v = L::splat(*v.add(input));
                for (sum, gradient) in sums.iter_mut().zip(gradients) {
                    *sum = v.times_plus(gradient, *sum);
                }
            }
        }
        for (input, sums) in sums.iter().enumerate() {
            for (line, sum) in sums.iter().enumerate() {
                sum.store(du.add(input * stride + line * LINE));
            }
        }
    }
    LINES * LINE
}

#[cfg(test)]
mod tests {
    use super::super::convolution_gradient::tests::plainly;
    use super::super::patches::tests::numbers;
    use super::super::winograd::tests::for_every_shape;
    use super::super::winograd_weights::gather_gradient;
    use super::*;

    #[test]
    fn agrees_with_the_plain_gradient_in_every_shape() {
        for_every_shape(|tiles, larger, patches, x, outputs| {
            let dz = numbers(patches.count() * outputs, 5);
            let slow = plainly(patches, x, &dz, outputs);
            let mut du = Matrix::zeros(tiles.weights(), outputs);
            let mut fast = Matrix::zeros(patches.length() + 1, outputs);
            winograd_gradient(tiles, larger, &dz, &mut du, &mut Between::default());
            gather_gradient(&du, &mut fast);
            for (fast, slow) in fast.view().iter().zip(&slow.view()) {
                assert!(
                    (fast - slow).abs() < 1e-3,
                    "{tiles:?} {outputs}: {fast}, not {slow}"
                );
            }
        });
    }
}
