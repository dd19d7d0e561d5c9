//! Grey-scale morphology with squares (Serra, 1982, *Image Analysis and Mathematical Morphology*).

use crate::vectorize::vectorized;
use ndarray::{Array2, ArrayRef2};

/// The largest value within `reach` pixels of each in both directions: strokes lighter than their ground get wider.
pub(super) fn dilate(image: &ArrayRef2<f32>, reach: usize) -> Array2<f32> {
    square(image, reach, LARGEST)
}

/// What is left if everything darker than its surroundings and narrower than 2·`reach` + 1 pixels is painted over.
pub(super) fn close(image: &ArrayRef2<f32>, reach: usize) -> Array2<f32> {
    squares(image, reach, LARGEST, SMALLEST)
}

/// What is left if everything lighter than its surroundings and narrower than 2·`reach` + 1 pixels is painted over.
pub(super) fn open(image: &ArrayRef2<f32>, reach: usize) -> Array2<f32> {
    squares(image, reach, SMALLEST, LARGEST)
}

/// Which of several values is looked for: what any of them replaces, and how a row takes over those of another one.
#[derive(Clone, Copy)]
struct Extreme {
    none: f32,
    take: fn(&mut [f32], &[f32]),
}

const LARGEST: Extreme = Extreme {
    none: f32::NEG_INFINITY,
    take: raise,
};
const SMALLEST: Extreme = Extreme {
    none: f32::INFINITY,
    take: lower,
};

/// The extreme of each square.
fn square(image: &ArrayRef2<f32>, reach: usize, extreme: Extreme) -> Array2<f32> {
    let down = extremes(&image.as_standard_layout(), reach, extreme);
    turned(&extremes(&turned(&down), reach, extreme))
}

/// The second extreme of each square of first extremes. The directions may come in any order, so two turns are enough.
fn squares(image: &ArrayRef2<f32>, reach: usize, first: Extreme, second: Extreme) -> Array2<f32> {
    let down = extremes(&image.as_standard_layout(), reach, first);
    let across = extremes(&turned(&down), reach, first);
    let across = extremes(&across, reach, second);
    extremes(&turned(&across), reach, second)
}

fn turned(image: &ArrayRef2<f32>) -> Array2<f32> {
    image.t().as_standard_layout().into_owned()
}

/// The extreme values within `reach` rows, of each column by itself, in a few operations a pixel whatever the reach
/// (van Herk, 1992, *A Fast Algorithm for Local Minimum and Maximum Filters on Rectangular and Octagonal Kernels*).
fn extremes(image: &ArrayRef2<f32>, reach: usize, extreme: Extreme) -> Array2<f32> {
    let Extreme { none, take } = extreme;
    let (rows, columns) = image.dim();
    if image.is_empty() {
        return Array2::zeros((rows, columns));
    }
    let window = 2 * reach + 1;
    let padded = (rows + 2 * reach).div_ceil(window) * window;
    // Within each block of rows: the extreme up to here, and the extreme from here on.
    let mut upward = Array2::from_elem((padded, columns), none);
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
        take(&mut line[..columns], &earlier[(row - 1) * columns..]);
    }
    for row in (0..padded - 1).rev().filter(|row| (row + 1) % window != 0) {
        let (line, later) = after.split_at_mut((row + 1) * columns);
        take(&mut line[row * columns..], &later[..columns]);
    }
    let mut found = Array2::zeros((rows, columns));
    for (row, mut found) in found.outer_iter_mut().enumerate() {
        let Some(found) = found.as_slice_mut() else {
            unreachable!("made in standard layout");
        };
        found.copy_from_slice(&after[row * columns..(row + 1) * columns]);
        take(
            found,
            &before[(row + 2 * reach) * columns..(row + 2 * reach + 1) * columns],
        );
    }
    found
}

vectorized! {
    /// Lowers each value to the other's.
    fn lower(values: &mut [f32], others: &[f32]) {
        for (value, &other) in values.iter_mut().zip(others) {
            *value = if *value < other { *value } else { other };
        }
    }
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
    use ndarray::array;

    #[test]
    fn what_is_narrow_is_painted_over() {
        let dark = array![[0.9, 0.9, 0.2, 0.8, 0.8]];
        assert_eq!(close(&dark, 1), array![[0.9, 0.9, 0.8, 0.8, 0.8]]);
        let light = array![[0.1, 0.1, 0.8, 0.2, 0.2]];
        assert_eq!(open(&light, 1), array![[0.1, 0.1, 0.2, 0.2, 0.2]]);
    }

    #[test]
    fn every_window_gives_its_largest_value() {
        let image = Array2::from_shape_fn((13, 9), |(row, column)| ((row * 31 + column * 17) % 23) as f32);
        for reach in [0, 1, 2, 5, 20] {
            let found = dilate(&image, reach);
            let erode = |image: &Array2<f32>| -dilate(&-image, reach);
            assert_eq!(close(&image, reach), erode(&found));
            assert_eq!(open(&image, reach), dilate(&erode(&image), reach));
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
