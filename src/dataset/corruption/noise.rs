//! Noise: every pixel spoilt on its own.

use super::Image;
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::{Distribution, Poisson};

/// Photons that a pixel of full ink sends on average.
const PHOTONS: f32 = 3.0;
/// Share of pixels that impulse noise replaces.
const IMPULSES: f64 = 0.17;

/// Shot noise: light comes in photons, so the brightness of a pixel is a Poisson-distributed count.
pub(super) fn shot(image: &Image, rng: &mut impl Rng) -> Image {
    image.map(|ink| {
        // A pixel without ink has no distribution: it sends nothing.
        let photons = Poisson::new(PHOTONS * ink).map_or(0.0, |count| count.sample(rng));
        photons / PHOTONS
    })
}

/// Impulse noise, or salt and pepper: some pixels become white or black, each as often.
pub(super) fn impulse(image: &Image, rng: &mut impl Rng) -> Image {
    image.map(|ink| {
        if rng.random_bool(IMPULSES) {
            f32::from(u8::from(rng.random::<bool>()))
        } else {
            ink
        }
    })
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;
    use crate::dataset::PIXELS;
    use crate::random::{Purpose, stream};

    #[test]
    fn shot_noise_keeps_the_mean_and_the_background() {
        let mut rng = stream(1, Purpose::Corruption, 0, 0);
        let noisy = shot(&[0.4; PIXELS], &mut rng);
        let mean = noisy.iter().sum::<f32>() / PIXELS as f32;
        // Standard error: √(0.4 / 3 / 784) ≈ 0.013.
        assert!((mean - 0.4).abs() < 0.05, "{mean}");
        assert_eq!(shot(&[0.0; PIXELS], &mut rng), [0.0; PIXELS]);
    }

    #[test]
    fn impulses_hit_their_share_half_of_them_white() {
        let noisy = impulse(&[0.5; PIXELS], &mut stream(1, Purpose::Corruption, 0, 0));
        let share = |ink: f32| noisy.iter().filter(|pixel| **pixel == ink).count() as f32 / PIXELS as f32;
        assert!((share(0.0) - 0.085).abs() < 0.04 && (share(1.0) - 0.085).abs() < 0.04);
        assert!((share(0.0) + share(1.0) + share(0.5) - 1.0).abs() < 1e-6);
    }
}
