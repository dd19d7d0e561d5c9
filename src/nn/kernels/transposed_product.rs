//! Sparse × dense with the sparse factor transposed: y = sᵀ · m, one tile of the columns of `s` at a time.
//!
//! | symbol | shape         | meaning                                     |
//! |--------|---------------|---------------------------------------------|
//! | `s`    | (R, K) sparse | inputs of a batch, in shards one below other |
//! | `m`    | (R, N)        | ∂E/∂z                                       |
//! | `y`    | (TILE, N)     | gradient of the weights of a tile of inputs |
//!
//! Every number of `s` adds a scaled row of `m` to the row of `y` that its column names. The rows of `y` of one tile stay
//! in the first-level cache, the row of `m` in registers.

use crate::nn::Matrix;
use crate::nn::matrix::LINE;
use crate::nn::sparse::{Sparse, TILE};

/// Into `y` the tile `tile` of sᵀ · m, whose factor `s` are the `shards` one below the other, and of that the columns
/// from `column` on. The rows of `y`, as many as a tile has columns, are `stride` numbers apart, and as long; `stride` is
/// a whole number of cache lines.
///
/// # Panics
/// If `m` has fewer rows than the shards, or fewer columns than asked for, or `y` is too short.
pub(crate) fn transposed_product<'a>(
    shards: impl Iterator<Item = &'a Sparse>,
    tile: usize,
    m: &Matrix,
    column: usize,
    y: &mut [f32],
    stride: usize,
) {
    y.fill(0.0);
    #[cfg(target_arch = "x86_64")]
    if crate::vectorize::has_avx512() && is_x86_feature_detected!("fma") {
        let mut first_row = 0;
        for s in shards {
            // SAFETY: the processor has the instructions.
            unsafe { avx512::add_product(s, tile, (m, first_row, column), y, stride) };
            first_row += s.rows();
        }
        return;
    }
    plain(shards, tile, m, column, y, stride);
}

/// The reference.
fn plain<'a>(
    shards: impl Iterator<Item = &'a Sparse>,
    tile: usize,
    m: &Matrix,
    column: usize,
    y: &mut [f32],
    stride: usize,
) {
    let mut first_row = 0;
    for s in shards {
        for row in 0..s.rows() {
            let (places, values) = s.tile(row, tile);
            let m = &m.padded()[(first_row + row) * m.stride() + column..][..stride];
            for (&place, &value) in places.iter().zip(values) {
                super::add_scaled(
                    value,
                    m,
                    &mut y[(place as usize - tile * TILE) * stride..][..stride],
                );
            }
        }
        first_row += s.rows();
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{LINE, Matrix, Sparse, TILE};
    use std::arch::x86_64::{
        __m512, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
    };

    /// Cache lines of a row of `m` that are kept in registers.
    const PIECE: usize = 8;

    /// Adds the product with the rows of `m` from `first_row` on, and its columns from `column` on, to `y`.
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma")]
    pub(super) fn add_product(
        s: &Sparse,
        tile: usize,
        m: (&Matrix, usize, usize),
        y: &mut [f32],
        stride: usize,
    ) {
        let mut start = 0;
        while start < stride {
            start += match (stride - start) / LINE {
                PIECE.. => piece::<PIECE>(s, tile, m, start, y, stride),
                4.. => piece::<4>(s, tile, m, start, y, stride),
                2.. => piece::<2>(s, tile, m, start, y, stride),
                _ => piece::<1>(s, tile, m, start, y, stride),
            };
        }
    }

    /// `LINES` cache lines of all rows of `y`, from the column `start` on; how many columns that is.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma")]
    fn piece<const LINES: usize>(
        s: &Sparse,
        tile: usize,
        (m, first_row, column): (&Matrix, usize, usize),
        start: usize,
        y: &mut [f32],
        stride: usize,
    ) -> usize {
        for row in 0..s.rows() {
            let (places, values) = s.tile(row, tile);
            if places.is_empty() {
                continue;
            }
            let lines = &m.padded()[(first_row + row) * m.stride() + column + start..];
            let lines = lines[..LINES * LINE].as_chunks::<LINE>().0;
            let mut kept: [__m512; LINES] = [_mm512_setzero_ps(); LINES];
            for (kept, line) in kept.iter_mut().zip(lines) {
                // SAFETY: `line` has the 16 numbers that are loaded.
                *kept = unsafe { _mm512_loadu_ps(line.as_ptr()) };
            }
            for (&place, &value) in places.iter().zip(values) {
                let scale = _mm512_set1_ps(value);
                let from = (place as usize - tile * TILE) * stride + start;
                let lines = y[from..from + LINES * LINE].as_chunks_mut::<LINE>().0;
                for (line, kept) in lines.iter_mut().zip(&kept) {
                    // SAFETY: `line` has the 16 numbers that are loaded and stored.
                    unsafe {
                        let sum = _mm512_fmadd_ps(scale, *kept, _mm512_loadu_ps(line.as_ptr()));
                        _mm512_storeu_ps(line.as_mut_ptr(), sum);
                    }
                }
            }
        }
        LINES * LINE
    }
}

#[cfg(test)]
mod tests {
    use super::super::sparse_product::tests::matrix;
    use super::*;
    use ndarray::s;

    #[test]
    fn agrees_with_the_dense_product_and_with_the_plain_one() {
        let dense = [matrix(9, 150, 1), matrix(5, 150, 2)];
        let m = matrix(14, 300, 3);
        let sparse = dense.each_ref().map(|dense| {
            let mut sparse = Sparse::with_room(9, 150);
            sparse.compress(dense, dense.dim().0);
            sparse
        });
        let (above, below) = (m.view().slice_move(s![..9, ..]), m.view().slice_move(s![9.., ..]));
        let expected = dense[0].view().t().dot(&above) + dense[1].view().t().dot(&below);
        for (column, stride) in [(0, 16), (16, 32), (0, 48), (64, 128), (0, 304), (48, 240)] {
            for tile in 0..3 {
                let rows = TILE.min(150 - tile * TILE);
                let (mut fast, mut slow) = (vec![7.0; rows * stride], vec![0.0; rows * stride]);
                transposed_product(sparse.iter(), tile, &m, column, &mut fast, stride);
                plain(sparse.iter(), tile, &m, column, &mut slow, stride);
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
