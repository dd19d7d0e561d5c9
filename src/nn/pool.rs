//! Max pooling: of every 2×2 pixels, each channel keeps its largest number.
//!
//! | symbol | shape                 | meaning                                                            |
//! |--------|-----------------------|--------------------------------------------------------------------|
//! | `x`    | (B, H·W·C + 1)        | images, last column 1                                              |
//! | `y`    | (B, H/2·W/2·C + 1)    | images of half the height and width, rounded down; last column 1   |
//! | `dy`   | (B, H/2·W/2·C)        | ∂E/∂y                                                              |
//! | `dx`   | (B, H·W·C)            | ∂E/∂x: `dy` where the largest number was, the first of equal ones  |

use super::{Matrix, Shape};
use crate::vectorize::vectorized;

/// What pooling makes of an image; `None` if it has fewer than 2×2 pixels.
pub(super) fn outputs(image: Shape) -> Option<Shape> {
    (image.height > 1 && image.width > 1).then_some(Shape {
        height: image.height / 2,
        width: image.width / 2,
        channels: image.channels,
    })
}

/// y from x, for the first `rows` images.
pub(super) fn forward(rows: usize, image: Shape, x: &Matrix, y: &mut Matrix) {
    for (row, y) in y.rows_mut(rows).enumerate() {
        largest(image, x.row(row), y);
    }
}

/// dx from dy, given x, for the first `rows` images.
pub(super) fn backward(rows: usize, image: Shape, [x, dy]: [&Matrix; 2], dx: &mut Matrix) {
    for (row, dx) in dx.rows_mut(rows).enumerate() {
        // An odd last row or column has had no say.
        if !image.height.is_multiple_of(2) || !image.width.is_multiple_of(2) {
            dx.fill(0.0);
        }
        pass_back(image, x.row(row), dy.row(row), dx);
    }
}

vectorized! {
    fn largest(image: Shape, x: &[f32], y: &mut [f32]) {
        let (line, channels) = (image.width * image.channels, image.channels);
        for (x, y) in x.chunks_exact(2 * line).zip(y.chunks_exact_mut(image.width / 2 * channels)) {
            let (above, below) = x.split_at(line);
            let pixels = above.chunks_exact(2 * channels).zip(below.chunks_exact(2 * channels));
            for ((above, below), y) in pixels.zip(y.chunks_exact_mut(channels)) {
                let ((a, b), (c, d)) = (above.split_at(channels), below.split_at(channels));
                for ((((y, a), b), c), d) in y.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    *y = a.max(*b).max(c.max(*d));
                }
            }
        }
    }
}

vectorized! {
    fn pass_back(image: Shape, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        let (line, channels) = (image.width * image.channels, image.channels);
        let lines = x.chunks_exact(2 * line).zip(dx.chunks_exact_mut(2 * line));
        for ((x, dx), dy) in lines.zip(dy.chunks_exact(image.width / 2 * channels)) {
            let ((x_above, x_below), (above, below)) = (x.split_at(line), dx.split_at_mut(line));
            let x_pixels = x_above.chunks_exact(2 * channels).zip(x_below.chunks_exact(2 * channels));
            let pixels = above.chunks_exact_mut(2 * channels).zip(below.chunks_exact_mut(2 * channels));
            for ((x, (above, below)), dy) in x_pixels.zip(pixels).zip(dy.chunks_exact(channels)) {
                let ((a, b), (c, d)) = (x.0.split_at(channels), x.1.split_at(channels));
                let ((da, db), (dc, dd)) = (above.split_at_mut(channels), below.split_at_mut(channels));
                let x = a.iter().zip(b).zip(c).zip(d);
                let dx = da.iter_mut().zip(db).zip(dc).zip(dd);
                for (((((a, b), c), d), (((da, db), dc), dd)), &dy) in x.zip(dx).zip(dy) {
                    // By choices between two numbers alone, which vectors can make too: what one does not get, the
                    // other gets.
                    let upper = if a.max(*b) >= c.max(*d) { dy } else { 0.0 };
                    let lower = dy - upper;
                    *da = if a >= b { upper } else { 0.0 };
                    *db = upper - *da;
                    *dc = if c >= d { lower } else { 0.0 };
                    *dd = lower - *dc;
                }
            }
        }
    }
}
