//! Weather: light, fog and mud between the digit and the camera.

use super::Image;
use super::blur::gaussian;
use crate::dataset::{PIXELS, SIDE};
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};

/// What brightness adds to every pixel.
const LIGHT: f32 = 0.5;

/// How much stronger than the image the thickest fog is.
const FOG: f32 = 3.0;
/// How much weaker the fog's displacements are at half the distance.
const FOG_DECAY: f32 = 1.4 * 1.4;
/// Height and width of the fog of which the image sees a corner: a power of two.
const SKY: usize = 256;

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
    let sky = plasma_fractal(rng);
    let brightest = image.iter().fold(0.0, |most: f32, &ink| most.max(ink));
    std::array::from_fn(|at| {
        let cloud = sky[at / SIDE * SKY + at % SIDE];
        (image[at] + FOG * cloud) * brightest / (brightest + FOG)
    })
}

/// A cloudy sky, (256, 256) row by row, its thinnest place 0 and its thickest 1: the diamond–square algorithm (Fournier,
/// Fussell & Carpenter, 1982, *Computer Rendering of Stochastic Models*) on a plane whose opposite edges meet.
fn plasma_fractal(rng: &mut impl Rng) -> Vec<f32> {
    let mut sky = vec![0.0; SKY * SKY];
    let (mut step, mut roughness) = (SKY, 1.0);
    while step >= 2 {
        fill_squares(&mut sky, step, roughness, rng);
        fill_diamonds(&mut sky, step, roughness, rng);
        step /= 2;
        roughness /= FOG_DECAY;
    }
    let range = sky
        .iter()
        .fold([f32::INFINITY, f32::NEG_INFINITY], |[least, most], &height| {
            [least.min(height), most.max(height)]
        });
    for height in &mut sky {
        *height = (*height - range[0]) / (range[1] - range[0]);
    }
    sky
}

/// Gives the middle of every square of points `step` apart the mean of its corners, give or take `roughness`.
fn fill_squares(sky: &mut [f32], step: usize, roughness: f32, rng: &mut impl Rng) {
    let half = step / 2;
    for row in (half..SKY).step_by(step) {
        for column in (half..SKY).step_by(step) {
            let (above, below) = (row - half, wrapped(row + half));
            let (left, right) = (column - half, wrapped(column + half));
            let corners = [(above, left), (above, right), (below, left), (below, right)];
            sky[row * SKY + column] = mean(sky, corners) + within(roughness, rng);
        }
    }
}

/// Gives the middle of every edge of those squares the mean of its ends and of the squares' middles beside it, give or
/// take `roughness`.
fn fill_diamonds(sky: &mut [f32], step: usize, roughness: f32, rng: &mut impl Rng) {
    let half = step / 2;
    for row in (0..SKY).step_by(half) {
        let first = if row % step == 0 { half } else { 0 };
        for column in (first..SKY).step_by(step) {
            let (above, below) = (wrapped(row + SKY - half), wrapped(row + half));
            let (left, right) = (wrapped(column + SKY - half), wrapped(column + half));
            let around = [(above, column), (below, column), (row, left), (row, right)];
            sky[row * SKY + column] = mean(sky, around) + within(roughness, rng);
        }
    }
}

/// A row or column that may lie beyond the last, where the first comes again.
fn wrapped(place: usize) -> usize {
    place % SKY
}

fn mean(sky: &[f32], points: [(usize, usize); 4]) -> f32 {
    points
        .iter()
        .map(|(row, column)| sky[row * SKY + column])
        .sum::<f32>()
        / 4.0
}

fn within(most: f32, rng: &mut impl Rng) -> f32 {
    most * (2.0 * rng.random::<f32>() - 1.0)
}

/// Spatter: where much of a random liquid comes together, mud covers the image.
pub(super) fn spatter(image: &Image, rng: &mut impl Rng) -> Image {
    let [mean, deviation] = LIQUID;
    let liquid = [(); PIXELS].map(|()| mean + deviation * Distribution::<f32>::sample(&StandardNormal, rng));
    let drops = gaussian(&liquid, LIQUID_SIGMA).map(|liquid| f32::from(u8::from(liquid > DROP)));
    let mud = gaussian(&drops, MUD_SIGMA).map(|mud| if mud < VISIBLE { 0.0 } else { mud });
    std::array::from_fn(|at| image[at] + mud[at] * (MUD - image[at]))
}

#[cfg(test)]
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
    fn the_sky_fills_its_range_without_jumps() {
        let sky = plasma_fractal(&mut stream(1, Purpose::Corruption, 0, 0));
        let most = sky.iter().fold(0.0, |most: f32, &height| most.max(height));
        assert!(sky.contains(&0.0) && most == 1.0);
        // Opposite edges meet, so this holds from the last pixel to the first too.
        for at in 0..sky.len() {
            assert!((sky[at] - sky[(at + 1) % sky.len()]).abs() < 0.1);
        }
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
