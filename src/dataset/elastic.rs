//! Distortions of handwriting: what another hand, or another scanner, would have made of the same digit.
//!
//! Every image is turned, stretched, slanted and moved a little, and bent by a smooth random field of displacements
//! (Simard et al., 2003, *Best Practices for Convolutional Neural Networks*; here with few control points instead of
//! blurred noise). Sizes were chosen on a validation split, for convolutional networks; fully connected ones do
//! better with larger distortions.

use super::{PIXELS, SIDE};
use crate::vectorize::vectorized;
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use std::f32::consts::PI;
use std::sync::LazyLock;

/// Largest rotation in radians, either way.
const ROTATION: f32 = 10.0 * PI / 180.0;
/// Largest change of width and of height, as a share.
const SCALE: f32 = 0.1;
/// Largest slant: columns per row.
const SHEAR: f32 = 0.1;
/// Largest shift in pixels, either way.
const SHIFT: f32 = 0.7;
/// Control points of the field of displacements along each side.
const POINTS: usize = 5;
/// Standard deviation of a control point's displacement in pixels.
const BEND: f32 = 0.7;

/// Background around the image: what moves in from beyond it.
const BORDER: usize = 2;
const PADDED: usize = SIDE + 2 * BORDER;

/// One draw of everything: where each pixel of the distorted image comes from.
#[derive(Debug, Clone, Copy)]
struct Distortion {
    /// Row and column of the source are the centre plus this matrix times the place's distance from it, …
    linear: [[f32; 2]; 2],
    shift: [f32; 2],
    /// … plus the field, which these displacements of its control points span: rows, then columns.
    points: [[[f32; POINTS]; POINTS]; 2],
}

impl Distortion {
    /// A draw whose sizes are `strength` times those above.
    fn draw(strength: f32, rng: &mut impl Rng) -> Self {
        let mut within = |most: f32| rng.random_range(-strength * most..=strength * most);
        let (sin, cos) = within(ROTATION).sin_cos();
        let (tall, wide, slant) = (1.0 + within(SCALE), 1.0 + within(SCALE), within(SHEAR));
        let shift = [within(SHIFT), within(SHIFT)];
        let mut bend = || strength * BEND * Distribution::<f32>::sample(&StandardNormal, rng);
        Self {
            linear: [
                [cos * tall, sin * wide],
                [slant * cos * tall - sin * tall, slant * sin * wide + cos * wide],
            ],
            shift,
            points: [(); 2].map(|()| [(); POINTS].map(|()| [(); POINTS].map(|()| bend()))),
        }
    }
}

/// Share of each control point in the displacement of each row (or column): cubic convolution with a = −½ (Keys, 1981,
/// *Cubic Convolution Interpolation for Digital Image Processing*), end points repeated beyond the ends.
static SHARES: LazyLock<[[f32; POINTS]; SIDE]> = LazyLock::new(|| {
    let mut shares = [[0.0; POINTS]; SIDE];
    for (place, shares) in shares.iter_mut().enumerate() {
        let at = place as f32 * (POINTS - 1) as f32 / (SIDE - 1) as f32;
        for neighbour in -1..=POINTS as i32 {
            let distance = (at - neighbour as f32).abs();
            let share = match distance {
                d if d < 1.0 => 1.5 * d.powi(3) - 2.5 * d * d + 1.0,
                d if d < 2.0 => -0.5 * d.powi(3) + 2.5 * d * d - 4.0 * d + 2.0,
                _ => 0.0,
            };
            shares[neighbour.clamp(0, POINTS as i32 - 1) as usize] += share;
        }
    }
    shares
});

/// Writes an `image` (784 pixels), distorted by `strength` times the usual sizes, into `x` (784 numbers in 0..=1).
pub(super) fn fill_distorted(image: &[u8], strength: f32, rng: &mut impl Rng, x: &mut [f32]) {
    let mut padded = [0.0; PADDED * PADDED];
    for (line, pixels) in image.chunks_exact(SIDE).enumerate() {
        let start = (line + BORDER) * PADDED + BORDER;
        for (padded, &pixel) in padded[start..start + SIDE].iter_mut().zip(pixels) {
            *padded = f32::from(pixel) / 255.0;
        }
    }
    let mut places = [[0.0; PIXELS]; 2];
    sources(&Distortion::draw(strength, rng), &SHARES, &mut places);
    sample(&padded, &places, x);
}

vectorized! {
    /// The row and the column in the padded image from which each pixel comes.
    fn sources(distortion: &Distortion, shares: &[[f32; POINTS]; SIDE], places: &mut [[f32; PIXELS]; 2]) {
        let centre = (SIDE - 1) as f32 / 2.0;
        for (axis, places) in places.iter_mut().enumerate() {
            let [by_row, by_column] = distortion.linear[axis];
            let points = &distortion.points[axis];
            for (row, places) in places.as_chunks_mut::<SIDE>().0.iter_mut().enumerate() {
                // The control points, interpolated along the rows.
                let mut here = [0.0; POINTS];
                for (share, points) in shares[row].iter().zip(points) {
                    for (here, point) in here.iter_mut().zip(points) {
                        *here += share * point;
                    }
                }
                let start = centre + BORDER as f32 + distortion.shift[axis] + by_row * (row as f32 - centre);
                for (column, place) in places.iter_mut().enumerate() {
                    let mut bend = 0.0;
                    for (share, here) in shares[column].iter().zip(&here) {
                        bend += share * here;
                    }
                    // Whatever lies further out is background too.
                    *place = (start + by_column * (column as f32 - centre) + bend).clamp(0.0, (PADDED - 2) as f32 + 0.99);
                }
            }
        }
    }
}

vectorized! {
    /// The padded image between its pixels: the four around each place, by how near they are.
    fn sample(padded: &[f32; PADDED * PADDED], places: &[[f32; PIXELS]; 2], x: &mut [f32]) {
        let [rows, columns] = places;
        for ((x, &row), &column) in x.iter_mut().zip(rows).zip(columns) {
            let (down, right) = (row - row.floor(), column - column.floor());
            let at = row as usize * PADDED + column as usize;
            // In range, since places are; the remainder tells the compiler.
            let pixel = |offset: usize| padded[(at + offset) % (PADDED * PADDED)];
            let above = pixel(0) + right * (pixel(1) - pixel(0));
            let below = pixel(PADDED) + right * (pixel(PADDED + 1) - pixel(PADDED));
            *x = above + down * (below - above);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    fn image() -> Vec<u8> {
        (0..PIXELS)
            .map(|i| {
                if (8..20).contains(&(i / SIDE)) && (6..22).contains(&(i % SIDE)) {
                    (i * 37 % 256) as u8
                } else {
                    0
                }
            })
            .collect()
    }

    #[test]
    fn no_distortion_gives_the_image_itself() {
        let still = Distortion {
            linear: [[1.0, 0.0], [0.0, 1.0]],
            shift: [0.0; 2],
            points: [[[0.0; POINTS]; POINTS]; 2],
        };
        let mut places = [[0.0; PIXELS]; 2];
        sources(&still, &SHARES, &mut places);
        for (index, (row, column)) in places[0].iter().zip(&places[1]).enumerate() {
            assert!((row - (index / SIDE + BORDER) as f32).abs() < 1e-4);
            assert!((column - (index % SIDE + BORDER) as f32).abs() < 1e-4);
        }
    }

    #[test]
    fn a_field_moves_by_its_control_points() {
        // All points moved alike: a shift, whatever lies between them.
        for shares in SHARES.iter() {
            assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        assert!((SHARES[0][0] - 1.0).abs() < 1e-6 && (SHARES[27][4] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn ink_is_kept_about_and_the_same_seed_draws_the_same() {
        let image = image();
        let ink: f32 = image.iter().map(|&pixel| f32::from(pixel) / 255.0).sum();
        let mut seen = Vec::new();
        for sample in [1, 2, 1] {
            let mut x = vec![f32::NAN; PIXELS];
            fill_distorted(
                &image,
                1.0,
                &mut stream(5, Purpose::Augmentation, 0, sample),
                &mut x,
            );
            assert!(x.iter().all(|value| (0.0..=1.0).contains(value)));
            let now: f32 = x.iter().sum();
            assert!((now / ink - 1.0).abs() < 0.35, "{now} of {ink}");
            seen.push(x);
        }
        assert!(seen[0] == seen[2] && seen[0] != seen[1]);
    }
}
