//! Matrices that are mostly zero, as pictures of digits are: only what is not zero is kept.
//!
//! Four fifths of MNIST's pixels are background. A product that skips them gives the same sums with a fifth of the
//! work, which no dense product can beat.

use super::Matrix;
use super::kernels::{ROOM, compress};

/// Columns of a tile: so many rows of a product's other factor stay in a core's first-level cache while all rows of
/// this one are gone through.
pub(crate) const TILE: usize = 64;

/// Compressed sparse rows (Gustavson, 1978, *Two Fast Algorithms for Sparse Matrices*): the numbers of all rows that
/// are not zero, one row after the other, each with its column; and where each row's every tile starts.
#[derive(Debug, Clone)]
pub(crate) struct Sparse {
    /// Tile `t` of row `r` has the numbers `starts[r · tiles + t]..starts[r · tiles + t + 1]`.
    starts: Vec<u32>,
    tiles: usize,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl Sparse {
    /// No rows yet, but room for `rows` full ones of `columns` columns.
    pub(crate) fn with_room(rows: usize, columns: usize) -> Self {
        let tiles = columns.div_ceil(TILE);
        // Memory that is never written to is never taken from the system.
        let room = rows * columns + ROOM;
        Self {
            starts: Vec::with_capacity(rows * tiles + 1),
            tiles,
            columns: vec![0; room],
            values: vec![0.0; room],
        }
    }

    /// From here on it has rows of so many columns, none yet. Makes room for `rows` full ones only if there never was
    /// as much.
    pub(crate) fn reshape(&mut self, rows: usize, columns: usize) {
        if rows * columns + ROOM > self.columns.len() {
            *self = Self::with_room(rows, columns);
        }
        self.tiles = columns.div_ceil(TILE);
        self.starts.clear();
        self.starts.reserve(rows * self.tiles + 1);
    }

    /// Whether there is room for any number.
    pub(crate) fn has_room(&self) -> bool {
        self.tiles > 0
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.starts.len().saturating_sub(1) / self.tiles
    }

    /// Number of tiles of a row.
    #[inline]
    pub(crate) fn tiles(&self) -> usize {
        self.tiles
    }

    /// The columns and values of a row's tile, by rising column.
    #[inline]
    pub(crate) fn tile(&self, row: usize, tile: usize) -> (&[u32], &[f32]) {
        let index = row * self.tiles + tile;
        let numbers = self.starts[index] as usize..self.starts[index + 1] as usize;
        (&self.columns[numbers.clone()], &self.values[numbers])
    }

    /// Keeps what is not zero in the first `rows` rows of `dense`.
    pub(crate) fn compress(&mut self, dense: &Matrix, rows: usize) {
        self.starts.clear();
        self.starts.push(0);
        let mut end = 0;
        for row in 0..rows {
            for (tile, numbers) in dense.row(row).chunks(TILE).enumerate() {
                let (columns, values) = (&mut self.columns[end..], &mut self.values[end..]);
                end += compress(numbers, (tile * TILE) as u32, columns, values);
                self.starts.push(end as u32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_zero_is_kept() {
        let mut dense = Matrix::zeros(3, 70);
        for (row, column, value) in [(0, 0, 1.0), (0, 69, 2.0), (1, 7, 3.0), (1, 8, 4.0), (2, 7, 9.0)] {
            dense.view_mut()[[row, column]] = value;
        }
        let mut rows = Sparse::with_room(3, 70);
        rows.compress(&dense, 2);
        assert_eq!(rows.tiles(), 2);
        assert_eq!(rows.tile(0, 0), (&[0][..], &[1.0][..]));
        assert_eq!(rows.tile(0, 1), (&[69][..], &[2.0][..]));
        assert_eq!(rows.tile(1, 0), (&[7, 8][..], &[3.0, 4.0][..]));
        assert_eq!(rows.tile(1, 1), (&[][..], &[][..]));
    }
}
