//! Geometry: the whole digit slanted, shrunk, turned or moved about the middle of the image.

use super::{Image, sign};
use crate::dataset::SIDE;
use ndarray_rand::rand::Rng;

/// Angle of the slant, in radians.
const SHEAR: f32 = 0.4;
/// Size of the shrunk digit, as a share.
const SCALE: f32 = 0.7;
/// Angle of the turn, in radians.
const ROTATION: f32 = 0.4;
/// Rows and columns moved.
const SHIFT: f32 = 3.0;

/// The matrix that changes nothing.
const IDENTITY: [[f32; 2]; 2] = [[1.0, 0.0], [0.0, 1.0]];

/// Shear: upright lines lean to one side; the digit grows taller by 1 / cos of the angle, as it does in MNIST-C.
pub(super) fn shear(image: &Image, rng: &mut impl Rng) -> Image {
    let (sin, cos) = (sign(rng) * SHEAR).sin_cos();
    warp(image, [[cos, 0.0], [-sin, 1.0]], [0.0; 2])
}

/// Scale: smaller in both directions.
pub(super) fn scale(image: &Image) -> Image {
    warp(
        image,
        IDENTITY.map(|row| row.map(|entry| entry / SCALE)),
        [0.0; 2],
    )
}

/// Rotation, to one side.
pub(super) fn rotate(image: &Image, rng: &mut impl Rng) -> Image {
    let (sin, cos) = (sign(rng) * ROTATION).sin_cos();
    warp(image, [[cos, sin], [-sin, cos]], [0.0; 2])
}

/// Translation along one of the four diagonals.
pub(super) fn translate(image: &Image, rng: &mut impl Rng) -> Image {
    warp(image, IDENTITY, [SHIFT * sign(rng), SHIFT * sign(rng)])
}

/// Moves the image by the inverse of a map: row and column of a pixel's source are the middle, plus `linear` times the
/// pixel's distance from it, plus `shift`. Background comes in from outside.
fn warp(image: &Image, linear: [[f32; 2]; 2], shift: [f32; 2]) -> Image {
    let middle = (SIDE - 1) as f32 / 2.0;
    std::array::from_fn(|at| {
        let from_middle = [at / SIDE, at % SIDE].map(|place| place as f32 - middle);
        let source = |axis: usize| {
            let [by_row, by_column] = linear[axis];
            middle + by_row * from_middle[0] + by_column * from_middle[1] + shift[axis]
        };
        interpolated(image, source(0), source(1))
    })
}

/// The image between its pixels (bilinear interpolation): the four around the place, by how near they are.
fn interpolated(image: &Image, row: f32, column: f32) -> f32 {
    let (down, right) = (row - row.floor(), column - column.floor());
    let [row, column] = [row, column].map(|place| place.floor() as isize);
    let pixel = |row: isize, column: isize| {
        let inside = 0..SIDE as isize;
        if inside.contains(&row) && inside.contains(&column) {
            image[row as usize * SIDE + column as usize]
        } else {
            0.0
        }
    };
    let above = (1.0 - right) * pixel(row, column) + right * pixel(row, column + 1);
    let below = (1.0 - right) * pixel(row + 1, column) + right * pixel(row + 1, column + 1);
    (1.0 - down) * above + down * below
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::PIXELS;
    use crate::random::{Purpose, stream};
    use rand_chacha::ChaCha8Rng;

    fn rng(seed: u64) -> ChaCha8Rng {
        stream(seed, Purpose::Corruption, 0, 0)
    }

    fn dot(row: usize, column: usize) -> Image {
        let mut image = [0.0; PIXELS];
        image[row * SIDE + column] = 1.0;
        image
    }

    /// Row and column of the middle of the ink, from the middle of the image.
    fn centre(image: &Image) -> [f32; 2] {
        let ink: f32 = image.iter().sum();
        [|at| at / SIDE, |at: usize| at % SIDE].map(|place| {
            let sum: f32 = (0..PIXELS).map(|at| image[at] * (place(at) as f32 - 13.5)).sum();
            sum / ink
        })
    }

    #[test]
    fn translation_moves_a_dot_by_three_rows_and_columns() {
        let mut found: Vec<Image> = (0..40)
            .map(|seed| translate(&dot(10, 12), &mut rng(seed)))
            .collect();
        found.sort_by(|a, b| b.partial_cmp(a).unwrap());
        found.dedup();
        assert_eq!(found, [dot(7, 9), dot(7, 15), dot(13, 9), dot(13, 15)]);
    }

    #[test]
    fn scaling_brings_a_dot_nearer_to_the_middle() {
        let [row, column] = centre(&scale(&dot(4, 20)));
        assert!((row - 0.7 * -9.5).abs() < 0.3, "{row}");
        assert!((column - 0.7 * 6.5).abs() < 0.3, "{column}");
    }

    #[test]
    fn rotation_turns_a_dot_about_the_middle_to_either_side() {
        let mut sides = Vec::new();
        for seed in 0..10 {
            let [row, column] = centre(&rotate(&dot(4, 13), &mut rng(seed)));
            assert!((row.hypot(column) - 9.5_f32.hypot(0.5)).abs() < 0.3);
            let turned = f32::atan2(row, column) - f32::atan2(-9.5, -0.5);
            assert!((turned.abs() - 0.4).abs() < 0.04, "{turned}");
            sides.push(turned > 0.0);
        }
        assert!(sides.contains(&true) && sides.contains(&false));
    }

    #[test]
    fn shear_moves_what_is_above_to_one_side_and_what_is_below_to_the_other() {
        let [above, below] = [4, 23].map(|row| centre(&shear(&dot(row, 13), &mut rng(3))));
        assert!(((above[1] - below[1]).abs() - 0.4_f32.tan() * 19.0).abs() < 0.6);
        assert!((below[0] - 9.5 / 0.4_f32.cos()).abs() < 0.3);
    }
}
