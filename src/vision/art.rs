//! Small pictures in letters, for the tests of the stages.

use ndarray::Array2;

/// The ink of a picture whose lines are `lines`: 1 for `#`, a half for `+`, 0 for anything else.
pub(super) fn drawn(lines: &[&str]) -> Array2<f32> {
    let ink = |place: (usize, usize)| match lines[place.0].as_bytes()[place.1] {
        b'#' => 1.0,
        b'+' => 0.5,
        _ => 0.0,
    };
    Array2::from_shape_fn((lines.len(), lines[0].len()), ink)
}

/// The picture with every pixel as a square of `by`² ones.
pub(super) fn enlarged(picture: &Array2<f32>, by: usize) -> Array2<f32> {
    let (rows, columns) = picture.dim();
    Array2::from_shape_fn((rows * by, columns * by), |(row, column)| {
        picture[[row / by, column / by]]
    })
}
