//! Weather: light, fog and mud between the digit and the camera.

use super::Image;
use super::blur::gaussian;
use crate::dataset::{PIXELS, SIDE};
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use std::ops::Range;

/// What brightness adds to every pixel.
const LIGHT: f32 = 0.5;

/// How much stronger than the image the thickest fog is.
const FOG: f32 = 3.0;
/// How much weaker the fog's displacements are at half the distance.
const FOG_DECAY: f32 = 1.4 * 1.4;
/// Height and width of the fog of which the image sees a corner: a power of two.
const SKY: usize = 256;
/// Points of the sky are drawn everywhere down to half of this distance, and nearer ones only where the image is.
const COARSE: usize = 16;

/// Mean and standard deviation of the liquid on every pixel, …
const LIQUID: [f32; 2] = [0.65, 0.3];
/// … how far it runs in pixels, and how much must come together to make a drop.
const LIQUID_SIGMA: f32 = 1.0;
const DROP: f32 = 0.65;
/// How soft the drops' edges are in pixels, and how thick mud must be to be seen.
const MUD_SIGMA: f32 = 1.5;
const VISIBLE: f32 = 0.8;
/// How bright mud is.
const MUD: f32 = 63.0 / 255.0;

/// Brightness: every pixel lighter by the same.
pub(super) fn brightness(image: &Image) -> Image {
    image.map(|ink| (ink + LIGHT).min(1.0))
}

/// Fog: clouds brighter than the digit, and the sum of both brought down to the range of the image.
pub(super) fn fog(image: &Image, rng: &mut impl Rng) -> Image {
    let clouds = plasma_fractal(rng);
    let brightest = image.iter().fold(0.0, |most: f32, &ink| most.max(ink));
    std::array::from_fn(|at| (image[at] + FOG * clouds[at]) * brightest / (brightest + FOG))
}

/// The corner of a cloudy sky whose thinnest place is about 0 and its thickest about 1: the diamond–square algorithm
/// (Fournier, Fussell & Carpenter, 1982, *Computer Rendering of Stochastic Models*) on a plane whose opposite edges
/// meet.
///
/// MNIST-C draws the whole sky to find its thinnest and its thickest place. Every eighth point tells them well enough.
fn plasma_fractal(rng: &mut impl Rng) -> Image {
    let mut sky = vec![0.0; SKY * SKY];
    let (mut step, mut roughness) = (SKY, 1.0);
    while step >= COARSE {
        refine(&mut sky, step, SKY..2 * SKY, roughness, rng);
        step /= 2;
        roughness /= FOG_DECAY;
    }
    let [thinnest, thickest] = range(&sky);
    while step >= 2 {
        // The image, and a margin: what is missing beyond it would be felt a few points deep.
        refine(&mut sky, step, SKY - COARSE..SKY + 3 * COARSE, roughness, rng);
        step /= 2;
        roughness /= FOG_DECAY;
    }
    std::array::from_fn(|at| (sky[index(at / SIDE, at % SIDE)] - thinnest) / (thickest - thinnest))
}

/// Gives places halfway between points that are `step` apart the mean of the four around them, give or take
/// `roughness`. Does so in the rows and columns of `places`, a multiple of `step` that may go beyond the last, where
/// the first come again.
fn refine(sky: &mut [f32], step: usize, places: Range<usize>, roughness: f32, rng: &mut impl Rng) {
    let half = step / 2;
    // The middle of every square of points: its corners are around it.
    for row in places.clone().skip(half).step_by(step) {
        for column in places.clone().skip(half).step_by(step) {
            let corners = [row - half, row + half].map(|row| [(row, column - half), (row, column + half)]);
            sky[index(row, column)] = mean(sky, corners.as_flattened()) + within(roughness, rng);
        }
    }
    // The middle of every edge: around it are the edge's ends and the middles of two squares.
    for row in places.clone().step_by(half) {
        let first = if row % step == 0 { half } else { 0 };
        for column in places.clone().skip(first).step_by(step) {
            let around = [
                (row - half, column),
                (row + half, column),
                (row, column - half),
                (row, column + half),
            ];
            sky[index(row, column)] = mean(sky, &around) + within(roughness, rng);
        }
    }
}

/// Where the sky's thickness at a row and a column is kept.
fn index(row: usize, column: usize) -> usize {
    row % SKY * SKY + column % SKY
}

fn mean(sky: &[f32], points: &[(usize, usize)]) -> f32 {
    let sum: f32 = points.iter().map(|&(row, column)| sky[index(row, column)]).sum();
    sum / points.len() as f32
}

/// The least and the greatest of the points that were filled everywhere.
fn range(sky: &[f32]) -> [f32; 2] {
    let places = || (0..SKY).step_by(COARSE / 2);
    let thickness = places().flat_map(|row| places().map(move |column| sky[index(row, column)]));
    thickness.fold([f32::INFINITY, f32::NEG_INFINITY], |[least, most], point| {
        [least.min(point), most.max(point)]
    })
}

fn within(most: f32, rng: &mut impl Rng) -> f32 {
    most * (2.0 * rng.random::<f32>() - 1.0)
}

/// Spatter: where much of a random liquid comes together, mud covers the image.
pub(super) fn spatter(image: &Image, rng: &mut impl Rng) -> Image {
    let [middle, deviation] = LIQUID;
    let liquid =
        [(); PIXELS].map(|()| middle + deviation * Distribution::<f32>::sample(&StandardNormal, rng));
    let drops = gaussian(&liquid, LIQUID_SIGMA).map(|liquid| f32::from(u8::from(liquid > DROP)));
    let mud = gaussian(&drops, MUD_SIGMA).map(|mud| if mud < VISIBLE { 0.0 } else { mud });
    std::array::from_fn(|at| image[at] + mud[at] * (MUD - image[at]))
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn brightness_adds_light_up_to_white() {
        let mut image = [0.25; PIXELS];
        image[5] = 0.75;
        let lighter = brightness(&image);
        assert_eq!((lighter[4], lighter[5]), (0.75, 1.0));
    }

    #[test]
    fn clouds_are_smooth_and_of_middling_thickness() {
        let mut sum = 0.0;
        for seed in 0..100 {
            let clouds = plasma_fractal(&mut stream(seed, Purpose::Corruption, 0, 0));
            sum += clouds.iter().sum::<f32>() / PIXELS as f32;
            for at in 0..PIXELS - SIDE {
                let right = if at % SIDE == SIDE - 1 { at } else { at + 1 };
                for next in [right, at + SIDE] {
                    assert!((clouds[at] - clouds[next]).abs() < 0.1, "{at} and {next}");
                }
            }
            assert!(clouds.iter().all(|thickness| (-0.1..=1.1).contains(thickness)));
        }
        assert!((sum / 100.0 - 0.5).abs() < 0.1, "{sum}");
    }

    #[test]
    fn every_point_of_a_refined_sky_is_the_mean_of_those_around_it() {
        let mut sky = vec![0.0; SKY * SKY];
        sky[index(0, 0)] = 4.0;
        let mut rng = stream(1, Purpose::Corruption, 0, 0);
        // Opposite edges meet, so the first point is at all four corners and at both ends of every edge.
        refine(&mut sky, SKY, SKY..2 * SKY, 0.0, &mut rng);
        for (row, column) in [(128, 128), (0, 128), (128, 0)] {
            assert_eq!(sky[index(row, column)], 4.0);
        }
        refine(&mut sky, SKY / 2, SKY..2 * SKY, 0.0, &mut rng);
        let filled = sky.iter().filter(|point| **point == 4.0).count();
        assert_eq!(filled, 16);
    }

    #[test]
    fn what_is_missing_beyond_the_margin_is_not_felt_in_the_image() {
        let coarse = |place: usize| place.is_multiple_of(COARSE / 2);
        let drawn = |at: usize| f32::from(u8::from(coarse(at / SKY) && coarse(at % SKY)));
        let mut sky: Vec<f32> = (0..SKY * SKY).map(drawn).collect();
        for step in [8, 4, 2] {
            let mut rng = stream(1, Purpose::Corruption, 0, 0);
            refine(&mut sky, step, SKY - COARSE..SKY + 3 * COARSE, 0.0, &mut rng);
        }
        assert!((0..PIXELS).all(|at| sky[index(at / SIDE, at % SIDE)] == 1.0));
    }

    #[test]
    fn fog_leaves_a_quarter_of_the_contrast() {
        let mut image = [0.0; PIXELS];
        image[400] = 1.0;
        let foggy = |image: &Image| fog(image, &mut stream(1, Purpose::Corruption, 0, 0));
        let mut other = image;
        other[390] = 1.0;
        assert!((foggy(&other)[390] - foggy(&image)[390] - 0.25).abs() < 1e-6);
    }

    #[test]
    fn mud_covers_some_of_the_image_and_leaves_the_rest() {
        let image = [1.0; PIXELS];
        let spattered = spatter(&image, &mut stream(2, Purpose::Corruption, 0, 0));
        let clean = spattered.iter().filter(|ink| **ink == 1.0).count();
        assert!((400..PIXELS).contains(&clean), "{clean}");
        assert!(
            spattered
                .iter()
                .all(|&ink| ink == 1.0 || (MUD..=0.4).contains(&ink))
        );
    }
}
