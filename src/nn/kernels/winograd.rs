//! Convolution of one image with kernels of 3×3 pixels, with fewer multiplications than its sums have products.
//!
//! Four neighbouring outputs, a square, depend on a tile of 4×4 inputs. Summed plainly they take 36 multiplications;
//! Winograd's minimal filtering F(2×2, 3×3) takes 16, one for each number of the tile, at the price of additions
//! before and after (Lavin & Gray, 2016, *Fast Algorithms for Convolutional Neural Networks*, section 4.1). Those are
//! few where there are many channels, since every tile and every kernel is transformed once, but multiplied with all
//! of the other:
//!
//! | step | formula        | each for                                | place |
//! |------|----------------|-----------------------------------------|-------|
//! | 1    | v = Bᵀ · d · B | a tile d (4, 4) of every input channel  | v (16, T, I) |
//! | 2    | m = v · u      | a place in the tile: a matrix product   | m (16, T, O) |
//! | 3    | z = Aᵀ · m · A | a tile (4, 4) of every output, to (2, 2) | z (H, W, O)  |
//!
//! with u = G · g · Gᵀ (16, I, O), of the kernels g (3, 3). T tiles at a time take the three steps, so few that v and m
//! stay in the cache.

use super::blocks::{block_length, of_length};
use super::convolution::add_products;
use super::lanes::{Lanes, compiled};
use super::tiles::{Between, PLACES, STEP, Tiles, place_step};
use crate::nn::Matrix;
use crate::nn::matrix::LINE;
use std::ops::Range;

/// Most tiles that take the steps together: three times six, as many as the registers of AVX2 hold sums for.
const MOST_TILES: usize = 18;

/// z = patches of x · w, given the transformed weights u (16·I, O) of [`super::transform_weights`] and the bias (O).
///
/// # Panics
/// If a slice or `u` is too short for the `tiles`.
pub(crate) fn winograd(tiles: Tiles, x: &[f32], u: &Matrix, bias: &[f32], z: &mut [f32], room: &mut Between) {
    let (inputs, outputs) = u.dim();
    tiles.check(x, inputs, z, outputs);
    assert_eq!(bias.len(), outputs, "the bias");
    room.reserve(tiles.together(MOST_TILES), tiles.channels(), u.stride());
    // SAFETY: the lengths have been checked.
    let done = unsafe { in_steps(tiles, x, u, bias, z, room) };
    assert!(done, "`Tiles::are_for` found the instructions");
}

compiled! {
    fn in_steps(tiles: Tiles, x: &[f32], u: &Matrix, bias: &[f32], z: &mut [f32], room: &mut Between) of by_tiles
}

/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn by_tiles<L: Lanes>(
    tiles: Tiles,
    x: &[f32],
    u: &Matrix,
    bias: &[f32],
    z: &mut [f32],
    room: &mut Between,
) {
    let (channels, stride) = (tiles.channels(), u.stride());
    let together = tiles.together(MOST_TILES);
    let [v, m] = [&mut room.v, &mut room.m].map(|matrix| matrix.padded_mut().as_mut_ptr());
    for range in tiles.groups(together) {
        // SAFETY: as the caller's.
        unsafe {
            take_inputs::<L>(tiles, x, range.clone(), together, v);
            for place in 0..PLACES {
                let v = v.add(place * place_step(together, channels));
                let m = m.add(place * place_step(together, stride));
                products::<L>(range.len(), channels, v, u, place, m);
            }
            give_outputs::<L>(tiles, m, [together, stride], bias, range, z);
        }
    }
}

/// Step 1 for the tiles in `range`: v = Bᵀ · d · B.
///
/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
pub(super) unsafe fn take_inputs<L: Lanes>(
    tiles: Tiles,
    x: &[f32],
    range: Range<usize>,
    together: usize,
    v: *mut f32,
) {
    let channels = tiles.channels();
    let line = tiles.size()[1] * channels;
    let columns = tiles.counts()[1];
    let apart = place_step(together, channels);
    for (index, tile) in range.enumerate() {
        let start = (tile / columns) * STEP * line + (tile % columns) * STEP * channels;
        for channel in (0..channels).step_by(LINE) {
            // SAFETY: the tile lies within the image, and `v` has room for all channels of all tiles.
            unsafe {
                let x = x.as_ptr().add(start + channel);
                let v = v.add(index * channels + channel);
                let mut half = [[L::zero(); 4]; 4];
                for (column, half) in half.iter_mut().enumerate() {
                    let x = x.add(column * channels);
                    *half = spread([
                        L::load(x),
                        L::load(x.add(line)),
                        L::load(x.add(2 * line)),
                        L::load(x.add(3 * line)),
                    ]);
                }
                for row in 0..4 {
                    let whole = spread(half.map(|column| column[row]));
                    for (column, number) in whole.into_iter().enumerate() {
                        number.store(v.add((row * 4 + column) * apart));
                    }
                }
            }
        }
    }
}

/// Bᵀ · d
///
/// # Safety
/// The processor must have the instructions.
#[inline(always)]
unsafe fn spread<L: Lanes>([d0, d1, d2, d3]: [L; 4]) -> [L; 4] {
    // SAFETY: as the caller's.
    unsafe { [d0.minus(d2), d1.plus(d2), d2.minus(d1), d1.minus(d3)] }
}

/// Step 2 for `count` tiles and one `place` in them: m = v · u.
///
/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn products<L: Lanes>(
    count: usize,
    channels: usize,
    v: *const f32,
    u: &Matrix,
    place: usize,
    m: *mut f32,
) {
    let mut tile = 0;
    while tile < count {
        // SAFETY: the tiles are there.
        tile += unsafe {
            let (v, m) = (v.add(tile * channels), m.add(tile * u.stride()));
            of_length!(
                block_length::<L>(count - tile),
                some_products::<L>(channels, v, u, place, m)
            )
        };
    }
}

/// Step 2 for `P` tiles; how many that is.
///
/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn some_products<L: Lanes, const P: usize>(
    channels: usize,
    v: *const f32,
    u: &Matrix,
    place: usize,
    m: *mut f32,
) -> usize {
    let mut output = 0;
    while output < u.stride() {
        // SAFETY: as the caller's.
        output += unsafe {
            if L::WIDE && u.stride() - output > LINE {
                lines::<L, P, 2>(channels, v, u, place, output, m)
            } else {
                lines::<L, P, 1>(channels, v, u, place, output, m)
            }
        };
    }
    P
}

/// Step 2 for `P` tiles and `LINES` cache lines of outputs, from `output` on; how many outputs that is.
///
/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn lines<L: Lanes, const P: usize, const LINES: usize>(
    channels: usize,
    v: *const f32,
    u: &Matrix,
    place: usize,
    output: usize,
    m: *mut f32,
) -> usize {
    // SAFETY: as the caller's.
    unsafe {
        let mut sums = [[L::zero(); LINES]; P];
        let u_of_place = u.padded().as_ptr().add(place * channels * u.stride() + output);
        add_products(channels, v, channels, u_of_place, u.stride(), &mut sums);
        for (tile, sums) in sums.iter().enumerate() {
            for (line, sum) in sums.iter().enumerate() {
                sum.store(m.add(tile * u.stride() + output + line * LINE));
            }
        }
    }
    LINES * LINE
}

/// Step 3 for the tiles in `range`: z = Aᵀ · m · A + bias.
///
/// # Safety
/// The processor must have the instructions, and the lengths must fit.
#[inline(always)]
unsafe fn give_outputs<L: Lanes>(
    tiles: Tiles,
    m: *const f32,
    [together, stride]: [usize; 2],
    bias: &[f32],
    range: Range<usize>,
    z: &mut [f32],
) {
    let outputs = bias.len();
    let [height, width] = tiles.outputs();
    let columns = tiles.counts()[1];
    let apart = place_step(together, stride);
    for output in (0..outputs).step_by(LINE) {
        // SAFETY: every tile has its place in `m`, and only outputs that exist are written.
        unsafe {
            let bias = L::load_first(bias.as_ptr().add(output), outputs - output);
            for (index, tile) in range.clone().enumerate() {
                let m = m.add(index * stride + output);
                let mut half = [[L::zero(); STEP]; 4];
                for (column, half) in half.iter_mut().enumerate() {
                    let m = m.add(column * apart);
                    *half = gather([
                        L::load(m),
                        L::load(m.add(4 * apart)),
                        L::load(m.add(8 * apart)),
                        L::load(m.add(12 * apart)),
                    ]);
                }
                let [top, left] = [tile / columns * STEP, tile % columns * STEP];
                for row in 0..STEP.min(height - top) {
                    let sums = gather(half.map(|column| column[row]));
                    for (column, sum) in sums.into_iter().enumerate().take(width - left) {
                        let pixel = (top + row) * width + left + column;
                        let z = z.as_mut_ptr().add(pixel * outputs + output);
                        sum.plus(bias).store_first(z, outputs - output);
                    }
                }
            }
        }
    }
}

/// Aᵀ · m
///
/// # Safety
/// The processor must have the instructions.
#[inline(always)]
unsafe fn gather<L: Lanes>([m0, m1, m2, m3]: [L; 4]) -> [L; STEP] {
    // SAFETY: as the caller's.
    unsafe { [m0.plus(m1).plus(m2), m1.minus(m2).minus(m3)] }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Patches;
    use super::super::convolution::tests::plainly;
    use super::super::patches::tests::numbers;
    use super::super::sparse_product::tests::matrix;
    use super::super::winograd_weights::transform_weights;
    use super::*;

    /// Calls `check` with images of many shapes, as they are and as large as tiles need them, and a number of outputs.
    pub(in super::super) fn for_every_shape(check: impl Fn(Tiles, &[f32], Patches, &[f32], usize)) {
        // One row of as many tiles as take the steps together, so that blocks have every length that this processor's
        // registers allow; and other images.
        let rows = (1..=MOST_TILES).map(|tiles| (1, STEP * tiles));
        for (height, width) in rows.chain([(1, 1), (3, 5), (7, 7), (14, 14), (9, 28)]) {
            for channels in [16, 32, 64] {
                let patches = Patches {
                    height: height + 2,
                    width: width + 2,
                    channels,
                    kernel: 3,
                };
                let Some(tiles) = Tiles::of(patches) else { return };
                let [rows, columns] = tiles.size();
                let x = numbers(patches.image_length(), 3);
                // What lies beyond the patches has no say.
                let mut larger = vec![0.5; rows * columns * channels];
                let lines = larger.chunks_mut(columns * channels);
                for (larger, x) in lines.zip(x.chunks((width + 2) * channels)) {
                    larger[..x.len()].copy_from_slice(x);
                }
                for outputs in [1, 8, 16, 20, 32, 40, 64] {
                    check(tiles, &larger, patches, &x, outputs);
                }
            }
        }
    }

    #[test]
    fn agrees_with_the_plain_convolution_in_every_shape() {
        for_every_shape(|tiles, larger, patches, x, outputs| {
            let w = matrix(patches.length() + 1, outputs, 5);
            let mut u = Matrix::zeros(0, 0);
            transform_weights(&w, &mut u);
            let slow = plainly(patches, x, &w);
            let mut fast = vec![f32::NAN; patches.count() * outputs];
            let bias = w.row(patches.length());
            winograd(tiles, larger, &u, bias, &mut fast, &mut Between::default());
            for (index, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
                assert!(
                    (fast - slow).abs() < 1e-3,
                    "{tiles:?} {outputs} {index}: {fast}, not {slow}"
                );
            }
        });
    }
}
