//! Grey-scale morphology with squares (Serra, 1982, *Image Analysis and Mathematical Morphology*).

use crate::vectorize::vectorized;
use ndarray::{Array2, ArrayRef2};

/// The largest value within `reach` pixels of each in both directions: strokes lighter than their ground get wider.
///
/// ```
/// use ndarray::array;
///
/// let image = array![[0.0, 0.0, 0.0, 1.0]];
/// assert_eq!(digits::vision::dilate(&image, 1), array![[0.0, 0.0, 1.0, 1.0]]);
/// ```
pub fn dilate(image: &ArrayRef2<f32>, reach: usize) -> Array2<f32> {
    let down = extremes(&image.as_standard_layout(), reach);
    let across = extremes(&down.t().as_standard_layout(), reach);
    across.t().as_standard_layout().into_owned()
}

/// The smallest value within `reach` pixels of each in both directions.
///
/// ```
/// use ndarray::array;
///
/// let image = array![[0.0, 1.0, 1.0, 1.0]];
/// assert_eq!(digits::vision::erode(&image, 1), array![[0.0, 0.0, 1.0, 1.0]]);
/// ```
pub fn erode(image: &ArrayRef2<f32>, reach: usize) -> Array2<f32> {
    -dilate(&image.mapv(|value| -value), reach)
}

/// What is left if everything darker than its surroundings and narrower than 2·`reach` + 1 pixels is painted over.
///
/// ```
/// use ndarray::array;
///
/// let image = array![[0.9, 0.9, 0.2, 0.8, 0.8]];
/// assert_eq!(digits::vision::close(&image, 1), array![[0.9, 0.9, 0.8, 0.8, 0.8]]);
/// ```
pub fn close(image: &ArrayRef2<f32>, reach: usize) -> Array2<f32> {
    erode(&dilate(image, reach), reach)
}

/// The largest values within `reach` rows, of each column by itself, in a few operations a pixel whatever the reach (van Herk, 1992,
/// *A Fast Algorithm for Local Minimum and Maximum Filters on Rectangular and Octagonal Kernels*).
fn extremes(image: &ArrayRef2<f32>, reach: usize) -> Array2<f32> {
    let (rows, columns) = image.dim();
    let window = 2 * reach + 1;
    let padded = (rows + 2 * reach).div_ceil(window) * window;
    // Within each block of rows: the largest up to here, and the largest from here on.
    let mut upward = Array2::from_elem((padded, columns), f32::NEG_INFINITY);
    upward
        .slice_mut(ndarray::s![reach..reach + rows, ..])
        .assign(image);
    let mut onward = upward.clone();
    let (before, after) = (upward.as_slice_mut(), onward.as_slice_mut());
    let (Some(before), Some(after)) = (before, after) else {
        unreachable!("both were made in standard layout");
    };
    for row in (1..padded).filter(|row| row % window != 0) {
        let (earlier, line) = before.split_at_mut(row * columns);
        raise(&mut line[..columns], &earlier[(row - 1) * columns..]);
    }
    for row in (0..padded - 1).rev().filter(|row| (row + 1) % window != 0) {
        let (line, later) = after.split_at_mut((row + 1) * columns);
        raise(&mut line[row * columns..], &later[..columns]);
    }
    let mut largest = Array2::zeros((rows, columns));
    for (row, mut largest) in largest.outer_iter_mut().enumerate() {
        let Some(largest) = largest.as_slice_mut() else {
            unreachable!("made in standard layout");
        };
        largest.copy_from_slice(&after[row * columns..(row + 1) * columns]);
        raise(
            largest,
            &before[(row + 2 * reach) * columns..(row + 2 * reach + 1) * columns],
        );
    }
    largest
}

vectorized! {
    /// Raises each value to the other's.
    fn raise(values: &mut [f32], others: &[f32]) {
        for (value, &other) in values.iter_mut().zip(others) {
            *value = if *value > other { *value } else { other };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_gives_its_largest_value() {
        let image = Array2::from_shape_fn((13, 9), |(row, column)| ((row * 31 + column * 17) % 23) as f32);
        for reach in [0, 1, 2, 5, 20] {
            let found = dilate(&image, reach);
            for ((row, column), &found) in found.indexed_iter() {
                let expected = image
                    .indexed_iter()
                    .filter(|((r, c), _)| r.abs_diff(row) <= reach && c.abs_diff(column) <= reach)
                    .fold(f32::NEG_INFINITY, |most, (_, &value)| most.max(value));
                assert!((found - expected).abs() < f32::EPSILON, "{reach} {row} {column}");
            }
        }
    }
}
