//! Sparse × dense: y = Σ s · m over pairs of factors.
//!
//! | symbol | shape         | meaning                                                 |
//! |--------|---------------|---------------------------------------------------------|
//! | `s`    | (R, K) sparse | forward: inputs of a shard; backward: their transpose   |
//! | `m`    | (K, N)        | forward: weights, transposed; backward: ∂E/∂z           |
//! | `y`    | (R, N)        | forward: weighted sums; backward: gradient of weights   |
//!
//! Every row of `y` is a sum of rows of `m`, scaled. The fast kernel takes a piece of the columns of `m` and a tile of its
//! rows, which the first-level cache holds, and goes through all rows of `y` with them, their sums in registers, before it
//! takes the next tile.

use crate::nn::Matrix;
use crate::nn::sparse::Sparse;
use ndarray::ArrayRef2;
use std::ops::Range;

/// A pair of factors.
#[derive(Clone, Copy)]
pub(crate) struct Factors<'a> {
    pub(crate) s: &'a Sparse,
    pub(crate) m: &'a Matrix,
}

/// Into `y` the rows `rows` and the columns from `column` on of Σ s · m, in the order of `pairs`.
///
/// # Panics
/// If a row of `s` names a row that `m` has not, or the rows of `y` are scattered in memory, or go beyond those of `m`.
pub(crate) fn sparse_product<'a>(
    pairs: &(impl Iterator<Item = Factors<'a>> + Clone),
    rows: Range<usize>,
    column: usize,
    y: &mut ArrayRef2<f32>,
) {
    #[cfg(target_arch = "x86_64")]
    if crate::vectorize::has_avx512() && is_x86_feature_detected!("fma") {
        // SAFETY: the processor has the instructions.
        return unsafe { avx512::product(pairs, rows, column, y) };
    }
    plain(pairs, rows, column, y);
}

/// The rows of `y`, each as the neighbours in memory that it must consist of.
fn rows_of(y: &mut ArrayRef2<f32>) -> impl Iterator<Item = &mut [f32]> {
    y.outer_iter_mut().map(|row| {
        row.into_slice()
            .unwrap_or_else(|| unreachable!("rows are not scattered"))
    })
}

/// The reference: scaled rows of `m` added to the row of `y`.
fn plain<'a>(
    pairs: &(impl Iterator<Item = Factors<'a>> + Clone),
    rows: Range<usize>,
    column: usize,
    y: &mut ArrayRef2<f32>,
) {
    for (row, y) in rows.zip(rows_of(y)) {
        y.fill(0.0);
        for Factors { s, m } in pairs.clone() {
            for tile in 0..s.tiles() {
                let (places, values) = s.tile(row, tile);
                for (&place, &value) in places.iter().zip(values) {
                    add_scaled(value, &m.row(place as usize)[column..], y);
                }
            }
        }
    }
}

crate::vectorize::vectorized! {
    /// y += scale · x
    fn add_scaled(scale: f32, x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += scale * x;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{Factors, Range, rows_of};
    use crate::nn::matrix::LINE;
    use ndarray::ArrayRef2;
    use std::arch::x86_64::{
        __mmask16, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps,
        _mm512_set1_ps, _mm512_setzero_ps,
    };

    /// Cache lines of a piece: as many sums as it takes to hide the latency of a multiplication twice over.
    const PIECE: usize = 8;

    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma")]
    pub(super) fn product<'a>(
        pairs: &(impl Iterator<Item = Factors<'a>> + Clone),
        rows: Range<usize>,
        column: usize,
        y: &mut ArrayRef2<f32>,
    ) {
        let columns = y.ncols();
        let mut start = 0;
        while start < columns {
            let lines = (columns - start).div_ceil(LINE);
            start += match lines {
                PIECE.. => piece::<PIECE>(pairs, rows.clone(), column, start, y),
                4.. => piece::<4>(pairs, rows.clone(), column, start, y),
                2.. => piece::<2>(pairs, rows.clone(), column, start, y),
                _ => piece::<1>(pairs, rows.clone(), column, start, y),
            };
        }
    }

    /// At most `LINES` cache lines of all rows, from the column `start` of `y` on; how many columns that is.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma")]
    fn piece<'a, const LINES: usize>(
        pairs: &(impl Iterator<Item = Factors<'a>> + Clone),
        rows: Range<usize>,
        column: usize,
        start: usize,
        y: &mut ArrayRef2<f32>,
    ) -> usize {
        let columns = start..y.ncols().min(start + LINES * LINE);
        let tiles = pairs.clone().map(|pair| pair.s.tiles()).max().unwrap_or(0);
        for tile in 0..tiles {
            for (row, y) in rows.clone().zip(rows_of(y)) {
                let y = &mut y[columns.clone()];
                // Only what belongs to the row is read and written: a constant 1 may stand behind it.
                let width = y.len();
                let mask = |line: usize| __mmask16::MAX >> (LINE - LINE.min(width - line * LINE));
                let mut sums = [_mm512_setzero_ps(); LINES];
                if tile > 0 {
                    for (line, sum) in sums.iter_mut().enumerate() {
                        // SAFETY: the mask lets no more numbers be loaded than `y` has.
                        *sum = unsafe { _mm512_maskz_loadu_ps(mask(line), y[line * LINE..].as_ptr()) };
                    }
                }
                for Factors { s, m } in pairs.clone() {
                    if tile >= s.tiles() {
                        continue;
                    }
                    let (m, m_stride) = (m.padded(), m.stride());
                    let (places, values) = s.tile(row, tile);
                    for (&place, &value) in places.iter().zip(values) {
                        let scale = _mm512_set1_ps(value);
                        // A row has padding up to a whole cache line, so whole lines may be read at its end.
                        let from = place as usize * m_stride + column + start;
                        let lines = m[from..from + LINES * LINE].as_chunks::<LINE>().0;
                        for (sum, line) in sums.iter_mut().zip(lines) {
                            // SAFETY: `line` has the 16 numbers that are loaded.
                            let line = unsafe { _mm512_loadu_ps(line.as_ptr()) };
                            *sum = _mm512_fmadd_ps(scale, line, *sum);
                        }
                    }
                }
                for (line, sum) in sums.iter().enumerate() {
                    // SAFETY: the mask lets no more numbers be stored than `y` has.
                    unsafe { _mm512_mask_storeu_ps(y[line * LINE..].as_mut_ptr(), mask(line), *sum) };
                }
            }
        }
        columns.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::matrix::LINE;
    use ndarray::s;

    /// Numbers of which two thirds are zero.
    fn matrix(rows: usize, columns: usize, seed: usize) -> Matrix {
        let mut matrix = Matrix::zeros(rows, columns);
        for ((row, column), value) in matrix.view_mut().indexed_iter_mut() {
            let number = (row * 31 + column * 17 + seed) * 7919 % 1009;
            *value = if number.is_multiple_of(3) {
                number as f32 / 1009.0 - 0.5
            } else {
                0.0
            };
        }
        matrix
    }

    #[test]
    fn agrees_with_the_dense_product_and_with_the_plain_one() {
        for columns in [1, 10, 16, 64, 65, 100, 193, 300] {
            let (first, second) = (matrix(9, 150, 1), matrix(9, 150, 2));
            let (m, n) = (matrix(150, columns, 3), matrix(150, columns, 4));
            let mut sparse = [Sparse::with_room(9, 150), Sparse::with_room(9, 150)];
            sparse[0].compress(&first, 9);
            sparse[1].compress(&second, 9);
            let pairs = [Factors { s: &sparse[0], m: &m }, Factors { s: &sparse[1], m: &n }];
            let expected = first.view().dot(&m.view()) + second.view().dot(&n.view());

            let (mut fast, mut slow) = (Matrix::zeros(9, columns), Matrix::zeros(9, columns));
            // In four parts, as threads would.
            let cut = columns / 2 / LINE * LINE;
            for (rows, start, end) in [
                (0..4, 0, cut),
                (4..9, 0, cut),
                (0..4, cut, columns),
                (4..9, cut, columns),
            ] {
                let mut y = fast.view_mut();
                let mut y = y.slice_mut(s![rows.clone(), start..end]);
                sparse_product(&pairs.iter().copied(), rows, start, &mut y);
            }
            plain(&pairs.iter().copied(), 0..9, 0, &mut slow.view_mut());
            for ((row, column), &expected) in expected.indexed_iter() {
                for found in [fast.view()[[row, column]], slow.view()[[row, column]]] {
                    assert!(
                        (found - expected).abs() < 1e-4,
                        "{columns}: {found}, not {expected}"
                    );
                }
            }
        }
    }
}
