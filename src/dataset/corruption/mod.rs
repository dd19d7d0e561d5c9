//! Corruptions of images: what makes a digit harder to read for a network, but hardly for a person.
//!
//! A network that reads clean scans well may still fail on a noisy, tilted or half-covered digit. The fifteen
//! corruptions of MNIST-C (Mu & Gilmer, 2019, *MNIST-C: A Robustness Benchmark for Computer Vision*) measure that.
//! They are written anew here, from the published definitions and with the strengths of the published generator
//! (github.com/google-research/mnist-c); random numbers differ, so single images do too, and each file says where it
//! departs from MNIST-C in anything else.

mod blur;
mod drawing;
mod edges;
mod geometry;
mod noise;
mod weather;

use super::{Dataset, PIXELS};
use crate::parallel::Team;
use crate::random::{Purpose, stream};
use ndarray_rand::rand::Rng;

/// Ink of every pixel, row by row: 0 is background, 1 full ink.
type Image = [f32; PIXELS];

/// One way to spoil an image.
///
/// ```
/// use digits::dataset::Corruption;
///
/// assert_eq!(Corruption::ALL.len(), 15);
/// assert_eq!(Corruption::ALL[0], Corruption::ShotNoise);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corruption {
    /// The grain of a picture taken with little light.
    ShotNoise,
    /// Pixels that are black or white whatever was there.
    ImpulseNoise,
    /// Seen through frosted glass.
    GlassBlur,
    /// The camera moved, in a random direction.
    MotionBlur,
    /// Slanted, to a random side.
    Shear,
    /// Smaller.
    Scale,
    /// Turned, to a random side.
    Rotate,
    /// Everything lighter.
    Brightness,
    /// Moved along a random diagonal.
    Translate,
    /// Light and dark exchanged but in the stripe in the middle.
    Stripe,
    /// Behind drifting fog.
    Fog,
    /// Splashed with mud.
    Spatter,
    /// A dotted line across.
    DottedLine,
    /// A zigzag line across.
    Zigzag,
    /// Only the outlines are left.
    CannyEdges,
}

impl Corruption {
    /// All of them, in MNIST-C's order.
    ///
    /// ```
    /// use digits::dataset::Corruption;
    ///
    /// assert!(Corruption::ALL.contains(&Corruption::Fog));
    /// ```
    pub const ALL: [Self; 15] = [
        Self::ShotNoise,
        Self::ImpulseNoise,
        Self::GlassBlur,
        Self::MotionBlur,
        Self::Shear,
        Self::Scale,
        Self::Rotate,
        Self::Brightness,
        Self::Translate,
        Self::Stripe,
        Self::Fog,
        Self::Spatter,
        Self::DottedLine,
        Self::Zigzag,
        Self::CannyEdges,
    ];

    /// Its name, as people write it.
    ///
    /// ```
    /// assert_eq!(digits::dataset::Corruption::CannyEdges.name(), "canny edges");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::ShotNoise => "shot noise",
            Self::ImpulseNoise => "impulse noise",
            Self::GlassBlur => "glass blur",
            Self::MotionBlur => "motion blur",
            Self::Shear => "shear",
            Self::Scale => "scale",
            Self::Rotate => "rotate",
            Self::Brightness => "brightness",
            Self::Translate => "translate",
            Self::Stripe => "stripe",
            Self::Fog => "fog",
            Self::Spatter => "spatter",
            Self::DottedLine => "dotted line",
            Self::Zigzag => "zigzag",
            Self::CannyEdges => "canny edges",
        }
    }

    /// A corrupted copy of `image` (784 pixels, row by row; 0 is background, 255 full ink). What is random is drawn
    /// from `rng`.
    ///
    /// ```
    /// use digits::dataset::{Corruption, PIXELS};
    /// use digits::random::{Purpose, stream};
    ///
    /// let mut rng = stream(7, Purpose::Corruption, 0, 0);
    /// let lighter = Corruption::Brightness.apply(&[0; PIXELS], &mut rng);
    /// assert_eq!(lighter, [128; PIXELS]);
    /// ```
    pub fn apply(self, image: &[u8; PIXELS], rng: &mut impl Rng) -> [u8; PIXELS] {
        let image = image.map(|pixel| f32::from(pixel) / 255.0);
        let corrupted = match self {
            Self::ShotNoise => noise::shot(&image, rng),
            Self::ImpulseNoise => noise::impulse(&image, rng),
            Self::GlassBlur => blur::glass(&image, rng),
            Self::MotionBlur => blur::motion(&image, rng),
            Self::Shear => geometry::shear(&image, rng),
            Self::Scale => geometry::scale(&image),
            Self::Rotate => geometry::rotate(&image, rng),
            Self::Brightness => weather::brightness(&image),
            Self::Translate => geometry::translate(&image, rng),
            Self::Stripe => drawing::stripe(&image),
            Self::Fog => weather::fog(&image, rng),
            Self::Spatter => weather::spatter(&image, rng),
            Self::DottedLine => drawing::dotted_line(&image, rng),
            Self::Zigzag => drawing::zigzag(&image, rng),
            Self::CannyEdges => edges::canny(&image),
        };
        corrupted.map(|ink| (255.0 * ink.clamp(0.0, 1.0)).round() as u8)
    }
}

/// A copy of `data` whose images are corrupted; labels stay. The same `seed` makes the same copy, whatever the `team`:
/// every image has random numbers of its own.
///
/// ```
/// use digits::dataset::{Corruption, Dataset, PIXELS, corrupted};
/// use digits::parallel::Team;
/// use ndarray::{Array1, Array2};
///
/// let data = Dataset { images: Array2::zeros((2, PIXELS)), labels: Array1::zeros(2) };
/// let noisy = corrupted(&data, Corruption::ImpulseNoise, 7, &Team::new(2)?);
/// assert_eq!(noisy.labels, data.labels);
/// assert_ne!(noisy.images.row(0), noisy.images.row(1));
/// # Ok::<(), digits::Error>(())
/// ```
pub fn corrupted(data: &Dataset, corruption: Corruption, seed: u64, team: &Team) -> Dataset {
    let mut images = data.images.as_standard_layout().into_owned();
    let Some(pixels) = images.as_slice_mut() else {
        unreachable!("an array in standard layout is one slice");
    };
    let each = pixels.as_chunks_mut::<PIXELS>().0.iter_mut().enumerate();
    team.for_each(each, |(index, image)| {
        let mut rng = stream(seed, Purpose::Corruption, corruption as u64, index as u64);
        *image = corruption.apply(image, &mut rng);
    });
    Dataset {
        images,
        labels: data.labels.clone(),
    }
}

/// 1 or −1, each as likely.
fn sign(rng: &mut impl Rng) -> f32 {
    if rng.random() { 1.0 } else { -1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::SIDE;
    use ndarray::{Array1, Array2};

    /// A block of ink, 10 rows by 6 columns, left of the middle.
    fn digit() -> [u8; PIXELS] {
        std::array::from_fn(|at| {
            let inked = (9..19).contains(&(at / SIDE)) && (8..14).contains(&(at % SIDE));
            if inked { 200 } else { 0 }
        })
    }

    fn with_seed(corruption: Corruption, image: &[u8; PIXELS], seed: u64) -> [u8; PIXELS] {
        corruption.apply(image, &mut stream(seed, Purpose::Corruption, 0, 0))
    }

    #[test]
    fn the_same_seed_spoils_alike_and_another_one_differently() {
        let fixed = [
            Corruption::Scale,
            Corruption::Brightness,
            Corruption::Stripe,
            Corruption::CannyEdges,
        ];
        for corruption in Corruption::ALL {
            let spoilt: Vec<_> = (0..10)
                .map(|seed| with_seed(corruption, &digit(), seed))
                .collect();
            let name = corruption.name();
            assert!(spoilt.iter().all(|image| *image != digit()), "{name}");
            assert_eq!(spoilt[1], with_seed(corruption, &digit(), 1), "{name}");
            let differs = spoilt.iter().any(|image| *image != spoilt[0]);
            assert_eq!(differs, !fixed.contains(&corruption), "{name}");
        }
    }

    #[test]
    fn neither_blank_nor_full_images_are_a_problem() {
        for corruption in Corruption::ALL {
            for ink in [0, 255] {
                for seed in 0..50 {
                    with_seed(corruption, &[ink; PIXELS], seed);
                }
            }
        }
    }

    #[test]
    fn a_corrupted_set_does_not_depend_on_threads() {
        let data = Dataset {
            images: Array2::from_shape_fn((40, PIXELS), |(_, at)| digit()[at]),
            labels: Array1::from_iter(0..40),
        };
        for corruption in Corruption::ALL {
            let [one, three] = [1, 3].map(|threads| {
                let team = Team::new(threads).unwrap();
                corrupted(&data, corruption, 7, &team)
            });
            assert_eq!(one, three, "{}", corruption.name());
            assert_eq!(one.labels, data.labels);
        }
    }

    #[test]
    fn names_differ() {
        let mut names = Corruption::ALL.map(Corruption::name).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Corruption::ALL.len());
    }
}
