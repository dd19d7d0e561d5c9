//! Sparse × dense: y = s · m.
//!
//! | symbol | shape         | meaning             |
//! |--------|---------------|---------------------|
//! | `s`    | (R, K) sparse | inputs of a shard   |
//! | `m`    | (K, N)        | weights, transposed |
//! | `y`    | (R, N)        | weighted sums       |
//!
//! Every row of `y` is a sum of rows of `m`, scaled. The fast kernel takes a piece of the columns of `m` and a tile
//! of its rows, which the first-level cache holds, and goes through all rows of `y` with them, their sums in
//! registers, before it takes the next tile.

use super::lanes::{Lanes, compiled};
use crate::nn::Matrix;
use crate::nn::matrix::LINE;
use crate::nn::sparse::Sparse;
use ndarray::ArrayRef2;

/// Into `y` the product s · m.
///
/// # Panics
/// If a row of `s` names a row that `m` has not, or the rows of `y` are scattered in memory, or longer than those of
/// `m`.
pub(crate) fn sparse_product(s: &Sparse, m: &Matrix, y: &mut ArrayRef2<f32>) {
    assert!(y.ncols() <= m.dim().1, "columns of a product");
    // SAFETY: it asks for nothing but the instructions whose presence is found out.
    if !unsafe { product(s, m, y) } {
        plain(s, m, y);
    }
}

/// The rows of `y`, each as the neighbours in memory that it must consist of.
fn rows_of(y: &mut ArrayRef2<f32>) -> impl Iterator<Item = &mut [f32]> {
    y.outer_iter_mut().map(|row| {
        row.into_slice()
            .unwrap_or_else(|| unreachable!("rows are not scattered"))
    })
}

/// The reference: scaled rows of `m` added to the row of `y`.
fn plain(s: &Sparse, m: &Matrix, y: &mut ArrayRef2<f32>) {
    for (row, y) in rows_of(y).enumerate() {
        y.fill(0.0);
        for tile in 0..s.tiles() {
            let (places, values) = s.tile(row, tile);
            for (&place, &value) in places.iter().zip(values) {
                super::add_scaled(value, m.row(place as usize), y);
            }
        }
    }
}

compiled! {
    fn product(s: &Sparse, m: &Matrix, y: &mut ArrayRef2<f32>) of by_pieces
}

/// In pieces of as many sums as it takes to hide the latency of a multiplication twice over, if there are the
/// registers.
///
/// # Safety
/// The processor must have the instructions.
#[inline(always)]
unsafe fn by_pieces<L: Lanes>(s: &Sparse, m: &Matrix, y: &mut ArrayRef2<f32>) {
    let columns = y.ncols();
    let mut start = 0;
    while start < columns {
        let lines = (columns - start).div_ceil(LINE);
        // SAFETY: as the caller's.
        start += unsafe {
            match lines {
                8.. if L::WIDE => piece::<L, 8>(s, m, start, y),
                4.. => piece::<L, 4>(s, m, start, y),
                2.. => piece::<L, 2>(s, m, start, y),
                _ => piece::<L, 1>(s, m, start, y),
            }
        };
    }
}

/// At most `LINES` cache lines of all rows, from the column `start` of `y` on; how many columns that is.
///
/// # Safety
/// The processor must have the instructions.
#[inline(always)]
unsafe fn piece<L: Lanes, const LINES: usize>(
    s: &Sparse,
    m: &Matrix,
    start: usize,
    y: &mut ArrayRef2<f32>,
) -> usize {
    let columns = start..y.ncols().min(start + LINES * LINE);
    let (m, m_stride) = (m.padded(), m.stride());
    for tile in 0..s.tiles() {
        for (row, y) in rows_of(y).enumerate() {
            let (places, values) = s.tile(row, tile);
            if tile > 0 && places.is_empty() {
                continue;
            }
            // Only what belongs to the row is read and written: a constant 1 may stand behind it.
            let y = &mut y[columns.clone()];
            // SAFETY: no more numbers are loaded from `y` and stored to it than there are.
            unsafe {
                let mut sums = [L::zero(); LINES];
                if tile > 0 {
                    for (sum, y) in sums.iter_mut().zip(y.chunks(LINE)) {
                        *sum = L::load_first(y.as_ptr(), y.len());
                    }
                }
                for (&place, &value) in places.iter().zip(values) {
                    let scale = L::splat(value);
                    // A row has padding up to a whole cache line, so whole lines may be read at its end.
                    let from = place as usize * m_stride + start;
                    let lines = m[from..from + LINES * LINE].as_chunks::<LINE>().0;
                    for (sum, line) in sums.iter_mut().zip(lines) {
                        *sum = scale.times_plus(L::load(line.as_ptr()), *sum);
                    }
                }
                for (sum, y) in sums.iter().zip(y.chunks_mut(LINE)) {
                    sum.store_first(y.as_mut_ptr(), y.len());
                }
            }
        }
    }
    columns.len()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Numbers of which two thirds are zero.
    pub(in super::super) fn matrix(rows: usize, columns: usize, seed: usize) -> Matrix {
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
            let (dense, m) = (matrix(9, 150, 1), matrix(150, columns, 3));
            let mut sparse = Sparse::with_room(9, 150);
            sparse.compress(&dense, 9);
            let expected = dense.view().dot(&m.view());

            let (mut fast, mut slow) = (Matrix::zeros(9, columns), Matrix::zeros(9, columns));
            sparse_product(&sparse, &m, &mut fast.view_mut());
            plain(&sparse, &m, &mut slow.view_mut());
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
