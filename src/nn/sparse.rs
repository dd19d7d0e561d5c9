//! Matrices that are mostly zero, as pictures of digits are: only what is not zero is kept.
//!
//! Four fifths of MNIST's pixels are background. A product that skips them gives the same sums with a fifth of the
//! work, which no dense product can beat.

use super::Matrix;

/// A number of a row, and its column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Entry {
    pub(crate) column: u32,
    pub(crate) value: f32,
}

/// Compressed sparse rows: the entries of all rows, one after the other (Gustavson, 1978, *Two Fast Algorithms for
/// Sparse Matrices*).
#[derive(Debug, Clone)]
pub(crate) struct Sparse {
    /// Row `r` has the entries `starts[r]..starts[r + 1]`.
    starts: Vec<u32>,
    entries: Vec<Entry>,
}

const NO_ENTRY: Entry = Entry {
    column: 0,
    value: 0.0,
};

impl Sparse {
    /// No rows yet, but room for `rows` full ones.
    pub(crate) fn with_room(rows: usize, columns: usize) -> Self {
        let mut starts = Vec::with_capacity(rows.max(columns) + 2);
        starts.push(0);
        Self {
            starts,
            // Memory that is never written to is never taken from the system.
            entries: vec![NO_ENTRY; rows * columns],
        }
    }

    /// The entries of row `row`, by rising column.
    pub(crate) fn row(&self, row: usize) -> &[Entry] {
        &self.entries[self.starts[row] as usize..self.starts[row + 1] as usize]
    }

    /// Keeps what is not zero in the first `rows` rows of `dense`.
    pub(crate) fn compress(&mut self, dense: &Matrix, rows: usize) {
        self.starts.truncate(1);
        let mut end = 0;
        for row in 0..rows {
            let mut column = 0;
            for group in dense.row(row).chunks(GROUP) {
                if group.iter().any(|&value| value != 0.0) {
                    for (column, &value) in (column..).zip(group) {
                        // Written in any case, kept only if it counts: a jump that nobody can predict costs more.
                        self.entries[end] = Entry { column, value };
                        end += usize::from(value != 0.0);
                    }
                }
                column += group.len() as u32;
            }
            self.starts.push(end as u32);
        }
    }

    /// Becomes the transpose of `other`, which has `columns` columns; the entries of each row keep `other`'s order.
    pub(crate) fn transpose(&mut self, other: &Self, columns: usize) {
        let rows = other.starts.len() - 1;
        let count = other.starts[rows] as usize;
        // A counting sort. While it runs, `starts[c + 1]` says where the next entry of column c goes.
        self.starts.clear();
        self.starts.resize(columns + 2, 0);
        for entry in &other.entries[..count] {
            self.starts[entry.column as usize + 2] += 1;
        }
        for column in 2..columns + 2 {
            self.starts[column] += self.starts[column - 1];
        }
        for row in 0..rows {
            for entry in other.row(row) {
                let next = &mut self.starts[entry.column as usize + 1];
                self.entries[*next as usize] = Entry {
                    column: row as u32,
                    value: entry.value,
                };
                *next += 1;
            }
        }
        self.starts.truncate(columns + 1);
    }
}

/// Numbers that are looked at together when zeros are skipped.
const GROUP: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_zero_is_kept_by_rows_and_by_columns() {
        let mut dense = Matrix::zeros(3, 20);
        for (row, column, value) in [(0, 0, 1.0), (0, 19, 2.0), (1, 7, 3.0), (1, 8, 4.0), (2, 7, 9.0)] {
            dense.view_mut()[[row, column]] = value;
        }
        let mut rows = Sparse::with_room(3, 20);
        rows.compress(&dense, 2);
        let entry = |column, value| Entry { column, value };
        assert_eq!(rows.row(0), [entry(0, 1.0), entry(19, 2.0)]);
        assert_eq!(rows.row(1), [entry(7, 3.0), entry(8, 4.0)]);

        let mut columns = Sparse::with_room(3, 20);
        // Twice: what an earlier use left behind must not matter.
        for _ in 0..2 {
            rows.compress(&dense, 3);
            columns.transpose(&rows, 20);
            assert_eq!(columns.row(7), [entry(1, 3.0), entry(2, 9.0)]);
            assert_eq!(columns.row(19), [entry(0, 2.0)]);
            assert!(columns.row(18).is_empty());
        }
    }
}
