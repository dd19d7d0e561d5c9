//! Sparse × dense with the sparse factor transposed: y = sᵀ · m, one tile of the columns of `s` at a time.
//!
//! | symbol | shape         | meaning                                     |
//! |--------|---------------|---------------------------------------------|
//! | `s`    | (R, K) sparse | inputs of a shard                           |
//! | `m`    | (R, N)        | ∂E/∂z                                       |
//! | `y`    | (TILE, N)     | gradient of the weights of a tile of inputs |
//!
//! Every number of `s` adds a scaled row of `m` to the row of `y` that its column names. The rows of `y` of one tile
//! stay in the first-level cache, the row of `m` in registers.

use super::lanes::{Lanes, compiled};
use crate::nn::Matrix;
use crate::nn::matrix::LINE;
use crate::nn::sparse::{Sparse, TILE};

/// Into `y` the tile `tile` of Σ sᵀ · m over the pairs (s, m) of `shards`, and of that the columns from `column` on.
/// The rows of `y`, as many as a tile has columns, are `stride` numbers long, a whole number of cache lines; what
/// lies behind the columns of `m` comes from its padding, or is 0 where that has ended too.
///
/// # Panics
/// If an `m` has fewer rows than its `s`, or ends, padding and all, before `column`, or `y` is too short.
pub(crate) fn transposed_product<'a>(
    shards: impl Iterator<Item = (&'a Sparse, &'a Matrix)>,
    tile: usize,
    column: usize,
    y: &mut [f32],
    stride: usize,
) {
    y.fill(0.0);
    for (s, m) in shards {
        // SAFETY: it asks for nothing but the instructions whose presence is found out.
        if !unsafe { add_product_fast(s, m, tile, column, y, stride) } {
            add_product(s, m, tile, column, y, stride);
        }
    }
}

/// The reference.
fn add_product(s: &Sparse, m: &Matrix, tile: usize, column: usize, y: &mut [f32], stride: usize) {
    for row in 0..s.rows() {
        let (places, values) = s.tile(row, tile);
        let length = stride.min(m.stride() - column);
        let m = &m.padded()[row * m.stride() + column..][..length];
        for (&place, &value) in places.iter().zip(values) {
            super::add_scaled(
                value,
                m,
                &mut y[(place as usize - tile * TILE) * stride..][..length],
            );
        }
    }
}

compiled! {
    fn add_product_fast(s: &Sparse, m: &Matrix, tile: usize, column: usize, y: &mut [f32], stride: usize) of by_pieces
}

/// # Safety
/// The processor must have the instructions.
#[inline(always)]
unsafe fn by_pieces<L: Lanes>(
    s: &Sparse,
    m: &Matrix,
    tile: usize,
    column: usize,
    y: &mut [f32],
    stride: usize,
) {
    // The rows of `m` may end, padding and all, before those of `y`, which are then padding too.
    let end = stride.min(m.stride() - column);
    let mut start = 0;
    while start < end {
        let at = [column, start];
        // SAFETY: as the caller's.
        start += unsafe {
            match (end - start) / LINE {
                8.. if L::WIDE => piece::<L, 8>(s, m, tile, at, y, stride),
                4.. => piece::<L, 4>(s, m, tile, at, y, stride),
                2.. => piece::<L, 2>(s, m, tile, at, y, stride),
                _ => piece::<L, 1>(s, m, tile, at, y, stride),
            }
        };
    }
}

/// `LINES` cache lines of all rows of `y`, from the column `start` on; how many columns that is. So many of a row of
/// `m` are kept in registers.
///
/// # Safety
/// The processor must have the instructions.
#[inline(always)]
unsafe fn piece<L: Lanes, const LINES: usize>(
    s: &Sparse,
    m: &Matrix,
    tile: usize,
    [column, start]: [usize; 2],
    y: &mut [f32],
    stride: usize,
) -> usize {
    for row in 0..s.rows() {
        let (places, values) = s.tile(row, tile);
        if places.is_empty() {
            continue;
        }
        let lines = &m.padded()[row * m.stride() + column + start..];
        let lines = lines[..LINES * LINE].as_chunks::<LINE>().0;
        // SAFETY: every line has the 16 numbers that are loaded and stored.
        unsafe {
            let mut kept = [L::zero(); LINES];
            for (kept, line) in kept.iter_mut().zip(lines) {
                *kept = L::load(line.as_ptr());
            }
            for (&place, &value) in places.iter().zip(values) {
                let scale = L::splat(value);
                let from = (place as usize - tile * TILE) * stride + start;
                let lines = y[from..from + LINES * LINE].as_chunks_mut::<LINE>().0;
                for (line, kept) in lines.iter_mut().zip(&kept) {
                    let sum = scale.times_plus(*kept, L::load(line.as_ptr()));
                    sum.store(line.as_mut_ptr());
                }
            }
        }
    }
    LINES * LINE
}

#[cfg(test)]
mod tests {
    use super::super::sparse_product::tests::matrix;
    use super::*;

    #[test]
    fn agrees_with_the_dense_product_and_with_the_plain_one() {
        let dense = [matrix(9, 150, 1), matrix(5, 150, 2)];
        let m = [matrix(9, 300, 3), matrix(5, 300, 4)];
        let sparse = dense.each_ref().map(|dense| {
            let mut sparse = Sparse::with_room(9, 150);
            sparse.compress(dense, dense.dim().0);
            sparse
        });
        let expected = dense[0].view().t().dot(&m[0].view()) + dense[1].view().t().dot(&m[1].view());
        for (column, stride) in [(0, 16), (16, 48), (64, 144), (0, 304), (256, 144)] {
            for tile in 0..3 {
                let rows = TILE.min(150 - tile * TILE);
                let (mut fast, mut slow) = (vec![7.0; rows * stride], vec![0.0; rows * stride]);
                transposed_product(sparse.iter().zip(&m), tile, column, &mut fast, stride);
                for (s, m) in sparse.iter().zip(&m) {
                    add_product(s, m, tile, column, &mut slow, stride);
                }
                for row in 0..rows {
                    for at in 0..stride.min(300 - column) {
                        let expected = expected[[tile * TILE + row, column + at]];
                        for found in [fast[row * stride + at], slow[row * stride + at]] {
                            assert!(
                                (found - expected).abs() < 1e-4,
                                "{tile} {row} {at}: {found}, not {expected}"
                            );
                        }
                    }
                }
            }
        }
    }
}
