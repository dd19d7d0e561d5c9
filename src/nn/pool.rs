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

/// dx from dy, given x and y, for the first `rows` images.
pub(super) fn backward(rows: usize, image: Shape, [x, y, dy]: [&Matrix; 3], dx: &mut Matrix) {
    for (row, dx) in dx.rows_mut(rows).enumerate() {
        pass_back(image, x.row(row), y.row(row), dy.row(row), dx);
    }
}

vectorized! {
    fn largest(image: Shape, x: &[f32], y: &mut [f32]) {
        let (line, channels) = (image.width * image.channels, image.channels);
        let y_line = image.width / 2 * channels;
        let x_pairs = x.chunks_exact(2 * line);
        for (x, y) in x_pairs.zip(y.chunks_exact_mut(y_line)) {
            let (above, below) = x.split_at(line);
            let pixels = above.chunks_exact(2 * channels).zip(below.chunks_exact(2 * channels));
            for ((above, below), y) in pixels.zip(y.chunks_exact_mut(channels)) {
                let (a, b) = above.split_at(channels);
                let (c, d) = below.split_at(channels);
                for ((((y, a), b), c), d) in y.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    *y = a.max(*b).max(c.max(*d));
                }
            }
        }
    }
}

vectorized! {
    fn pass_back(image: Shape, x: &[f32], y: &[f32], dy: &[f32], dx: &mut [f32]) {
        let (line, channels) = (image.width * image.channels, image.channels);
        let y_line = image.width / 2 * channels;
        // An odd last row or column has had no say.
        if !image.height.is_multiple_of(2) || !image.width.is_multiple_of(2) {
            dx.fill(0.0);
        }
        let lines = y.chunks_exact(y_line).zip(dy.chunks_exact(y_line));
        for (row, (y, dy)) in lines.take(image.height / 2).enumerate() {
            for (column, (y, dy)) in y.chunks_exact(channels).zip(dy.chunks_exact(channels)).enumerate() {
                let start = 2 * row * line + 2 * column * channels;
                for channel in 0..channels {
                    let (y, mut left) = (y[channel], dy[channel]);
                    for offset in [0, channels, line, line + channels] {
                        let at = start + offset + channel;
                        let share = if x[at] == y { left } else { 0.0 };
                        dx[at] = share;
                        left -= share;
                    }
                }
            }
        }
    }
}
