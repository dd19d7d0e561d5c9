//! A matrix whose rows each start on a cache line.
//!
//! A vector load that straddles two cache lines costs two loads. So every row here starts on a cache line; the numbers
//! between a row's end and the next row are padding.

use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};

/// Numbers in a cache line of 64 bytes.
pub(crate) const LINE: usize = 16;

/// A matrix of shape (rows, columns), all zeros at first.
///
/// ```
/// use digits::nn::Matrix;
///
/// let mut matrix = Matrix::zeros(2, 10);
/// matrix.view_mut().row_mut(1).fill(3.0);
/// assert_eq!(matrix.view().sum(), 30.0);
/// ```
#[derive(Debug)]
pub struct Matrix {
    numbers: Vec<f32>,
    /// Where the first row starts: the first cache line of the allocation.
    offset: usize,
    rows: usize,
    columns: usize,
    stride: usize,
}

impl Matrix {
    /// Zeros of shape (`rows`, `columns`).
    ///
    /// ```
    /// use digits::nn::Matrix;
    ///
    /// assert_eq!(Matrix::zeros(2, 3).view().sum(), 0.0);
    /// ```
    ///
    /// # Panics
    /// If no memory could hold so many numbers.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        let stride = columns.checked_next_multiple_of(LINE).unwrap_or(usize::MAX);
        let numbers = vec![0.0_f32; rows.saturating_mul(stride).saturating_add(LINE)];
        // The allocation aligns its numbers to 4 bytes at least, so the next line begins within `LINE` of them.
        let offset = numbers.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        Self {
            numbers,
            offset,
            rows,
            columns,
            stride,
        }
    }

    /// From here on a matrix of so many rows and columns, whose numbers, padding included, are whatever they were.
    /// Makes room only if there never was as much.
    pub(crate) fn reshape(&mut self, rows: usize, columns: usize) {
        let stride = columns.next_multiple_of(LINE);
        if rows * stride + LINE > self.numbers.len() {
            *self = Self::zeros(rows, columns);
        }
        (self.rows, self.columns, self.stride) = (rows, columns, stride);
    }

    /// Takes over the first `rows` rows of a matrix of as many columns.
    pub(super) fn copy_rows(&mut self, other: &Self, rows: usize) {
        for (row, numbers) in self.rows_mut(rows).enumerate() {
            numbers.copy_from_slice(other.row(row));
        }
    }

    /// A copy of `array`.
    ///
    /// ```
    /// use digits::nn::Matrix;
    ///
    /// let array = ndarray::array![[1.0, 2.0]];
    /// assert_eq!(Matrix::of(&array.view()).view(), array);
    /// ```
    pub fn of(array: &ArrayView2<f32>) -> Self {
        let mut matrix = Self::zeros(array.nrows(), array.ncols());
        matrix.view_mut().assign(array);
        matrix
    }

    /// (rows, columns)
    ///
    /// ```
    /// use digits::nn::Matrix;
    ///
    /// assert_eq!(Matrix::zeros(2, 3).dim(), (2, 3));
    /// ```
    #[inline]
    pub fn dim(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// Numbers from the start of a row to that of the next.
    #[inline]
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// All rows with their padding, one after the other.
    #[inline]
    pub(crate) fn padded(&self) -> &[f32] {
        &self.numbers[self.offset..self.offset + self.rows * self.stride]
    }

    /// [`Matrix::padded`], to be changed. Padding that is zero should stay so.
    pub(crate) fn padded_mut(&mut self) -> &mut [f32] {
        &mut self.numbers[self.offset..self.offset + self.rows * self.stride]
    }

    /// The numbers of row `index`.
    #[inline]
    pub(crate) fn row(&self, index: usize) -> &[f32] {
        &self.padded()[index * self.stride..][..self.columns]
    }

    /// The first `rows` rows, without their padding.
    pub(crate) fn rows_mut(&mut self, rows: usize) -> impl Iterator<Item = &mut [f32]> {
        let (stride, columns) = (self.stride, self.columns);
        self.padded_mut()
            .chunks_exact_mut(stride)
            .take(rows)
            .map(move |row| &mut row[..columns])
    }

    /// The matrix as an array.
    ///
    /// ```
    /// use digits::nn::Matrix;
    ///
    /// assert_eq!(Matrix::zeros(2, 3).view().dim(), (2, 3));
    /// ```
    pub fn view(&self) -> ArrayView2<'_, f32> {
        ArrayView2::from_shape(self.layout(), self.padded())
            .unwrap_or_else(|_| unreachable!("the rows are there"))
    }

    /// The matrix as an array, to be changed.
    ///
    /// ```
    /// use digits::nn::Matrix;
    ///
    /// let mut matrix = Matrix::zeros(2, 3);
    /// matrix.view_mut()[[1, 2]] = 5.0;
    /// assert_eq!(matrix.view().sum(), 5.0);
    /// ```
    pub fn view_mut(&mut self) -> ArrayViewMut2<'_, f32> {
        let layout = self.layout();
        ArrayViewMut2::from_shape(layout, self.padded_mut())
            .unwrap_or_else(|_| unreachable!("the rows are there"))
    }

    /// Moves every number towards that of `other`, a matrix of the same shape, by `share` of the way.
    pub(crate) fn move_towards(&mut self, other: &Self, share: f32) {
        for (own, other) in self.padded_mut().iter_mut().zip(other.padded()) {
            *own += share * (other - *own);
        }
    }

    fn layout(&self) -> ndarray::StrideShape<ndarray::Ix2> {
        let shape = (self.rows, self.columns);
        // An array without numbers must not have strides of its own.
        if self.rows == 0 || self.columns == 0 {
            return shape.into();
        }
        shape.strides((self.stride, 1))
    }
}

impl Clone for Matrix {
    /// Another allocation starts its first cache line elsewhere, so the rows are copied one by one.
    fn clone(&self) -> Self {
        Self::of(&self.view())
    }
}

impl PartialEq for Matrix {
    fn eq(&self, other: &Self) -> bool {
        self.view() == other.view()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_start_on_cache_lines() {
        assert_eq!(Matrix::zeros(0, 5).view().dim(), (0, 5));
        assert_eq!(Matrix::zeros(5, 0).view().dim(), (5, 0));
        for columns in [1, 10, 16, 17, 512, 513] {
            let matrix = Matrix::zeros(3, columns).clone();
            assert_eq!(matrix.padded().as_ptr().align_offset(64), 0);
            assert!(matrix.stride() >= columns && matrix.stride().is_multiple_of(LINE));
        }
    }
}
