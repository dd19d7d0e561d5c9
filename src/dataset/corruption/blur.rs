//! Blur: ink that spreads over its neighbours.
//!
//! MNIST-C rounds to whole grey levels between the steps of glass blur; here only the result is rounded.

use super::Image;
use crate::dataset::{PIXELS, SIDE};
use ndarray_rand::rand::Rng;
use std::f32::consts::FRAC_PI_4;

/// Standard deviation of the blur before and after glass, in pixels.
const GLASS_SIGMA: f32 = 0.7;
/// How often glass shuffles the pixels.
const GLASS_ROUNDS: usize = 2;
/// How many pixels a moving camera smears, and the standard deviation of their weights.
const SMEAR: usize = 21;
const SMEAR_SIGMA: f32 = 3.0;
/// Largest angle between the movement and the rows, either way.
const SMEAR_ANGLE: f32 = FRAC_PI_4;

/// Neighbours on either side that share in a blurred pixel: four standard deviations of the widest blur.
const REACH: usize = 6;
const TAPS: usize = 2 * REACH + 1;

/// Glass blur: pixels change places with neighbours, between two blurs that make the grain soft.
pub(super) fn glass(image: &Image, rng: &mut impl Rng) -> Image {
    let mut image = gaussian(image, GLASS_SIGMA);
    for _ in 0..GLASS_ROUNDS {
        // From the last pixel to the first, but for the first lines, which have no neighbour to change with.
        for row in (2..SIDE).rev() {
            for column in (2..SIDE).rev() {
                if rng.random() {
                    let (up, left) = (rng.random_range(0..=1), rng.random_range(0..=1));
                    image.swap(row * SIDE + column, (row - up) * SIDE + column - left);
                }
            }
        }
    }
    gaussian(&image, GLASS_SIGMA)
}

/// Motion blur: every pixel is the mean of those along a line that starts at it, the far ones weighing less. What lies
/// beyond the border is as the border is.
pub(super) fn motion(image: &Image, rng: &mut impl Rng) -> Image {
    let (sin, cos) = rng.random_range(-SMEAR_ANGLE..=SMEAR_ANGLE).sin_cos();
    let weights: [f32; SMEAR] = std::array::from_fn(|step| bell(step as f32, SMEAR_SIGMA));
    let total: f32 = weights.iter().sum();
    let mut blurred = [0.0; PIXELS];
    for (step, weight) in weights.iter().enumerate() {
        let [down, right] = [sin, cos].map(|part| (part * step as f32).round() as isize);
        for (at, blurred) in blurred.iter_mut().enumerate() {
            let row = (at / SIDE).saturating_add_signed(down).min(SIDE - 1);
            let column = (at % SIDE).saturating_add_signed(right).min(SIDE - 1);
            *blurred += weight / total * image[row * SIDE + column];
        }
    }
    blurred
}

/// Gaussian blur with a standard deviation of `sigma` pixels, at most 1.5. What lies beyond the border is as the border
/// is.
pub(super) fn gaussian(image: &Image, sigma: f32) -> Image {
    let mut weights: [f32; TAPS] = std::array::from_fn(|tap| bell(tap as f32 - REACH as f32, sigma));
    let total: f32 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= total;
    }
    // The bell of two dimensions is the product of one along the rows and one along the columns.
    let along_rows = blur_rows(image, &weights);
    transposed(&blur_rows(&transposed(&along_rows), &weights))
}

/// The bell curve, 1 in its middle.
fn bell(distance: f32, sigma: f32) -> f32 {
    (-0.5 * (distance / sigma).powi(2)).exp()
}

fn blur_rows(image: &Image, weights: &[f32; TAPS]) -> Image {
    let mut blurred = [0.0; PIXELS];
    for (row, blurred) in image
        .as_chunks::<SIDE>()
        .0
        .iter()
        .zip(blurred.as_chunks_mut::<SIDE>().0)
    {
        let mut padded = [row[0]; SIDE + 2 * REACH];
        padded[REACH..REACH + SIDE].copy_from_slice(row);
        padded[REACH + SIDE..].fill(row[SIDE - 1]);
        for (tap, weight) in weights.iter().enumerate() {
            for (blurred, pixel) in blurred.iter_mut().zip(&padded[tap..]) {
                *blurred += weight * pixel;
            }
        }
    }
    blurred
}

/// Rows and columns exchanged.
fn transposed(image: &Image) -> Image {
    std::array::from_fn(|at| image[at % SIDE * SIDE + at / SIDE])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    fn dot() -> Image {
        let mut image = [0.0; PIXELS];
        image[14 * SIDE + 14] = 1.0;
        image
    }

    #[test]
    fn a_blurred_dot_is_the_bell() {
        let blurred = gaussian(&dot(), 1.5);
        assert!((blurred.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        // 1 / (2π · 1.5²), and e^(−½ · (2² + 1²) / 1.5²) of it.
        assert!((blurred[14 * SIDE + 14] - 0.070_74).abs() < 1e-4);
        assert!((blurred[16 * SIDE + 13] - 0.070_74 * 0.329_2).abs() < 1e-4);
        // A flat image stays flat, up to its borders.
        assert!(
            gaussian(&[0.3; PIXELS], 1.0)
                .iter()
                .all(|ink| (ink - 0.3).abs() < 1e-6)
        );
    }

    #[test]
    fn glass_keeps_the_ink() {
        let blurred = glass(&dot(), &mut stream(1, Purpose::Corruption, 0, 0));
        assert!((blurred.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        assert!(blurred.iter().all(|&ink| ink < 0.3));
    }

    #[test]
    fn motion_smears_along_one_line() {
        let blurred = motion(&dot(), &mut stream(1, Purpose::Corruption, 0, 0));
        assert!((blurred.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        let inked: Vec<usize> = (0..PIXELS).filter(|&at| blurred[at] > 0.0).collect();
        // The dot is at the end of the line for the pixels left of it, one per step to the border, and steps of a
        // slanting line may fall into one column.
        assert!(inked.iter().all(|at| at % SIDE <= 14));
        assert!((14..=20).contains(&inked.len()), "{}", inked.len());
    }
}
