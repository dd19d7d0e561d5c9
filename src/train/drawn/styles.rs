//! Digits in ways of writing that MNIST hardly has: a 1 with a flag or a foot, a 7 with a serif, an open 4.
//!
//! MNIST was written by Americans, whose 1 is a line; to a network that saw no other, a European 1 is a 7 or a 4.

use super::canvas::Canvas;
use super::{drawn_after, glyphs};
use crate::dataset::{Dataset, PIXELS};
use crate::random::{Purpose, stream};
use crate::vision::normalize;
use ndarray::Array1;
use ndarray_rand::rand::seq::IndexedRandom;

/// `digits`, whose classes are the digits, and `count` drawn ones more; the same ones for the same `seed`.
///
/// ```
/// use digits::dataset::{Dataset, PIXELS};
/// use digits::train::with_styles;
/// use ndarray::{Array1, Array2};
///
/// let digits = Dataset { images: Array2::from_elem((3, PIXELS), 9), labels: Array1::zeros(3) };
/// let all = with_styles(&digits, 5, 0);
/// assert_eq!(all.len(), 8);
/// assert!(all.labels.iter().skip(3).all(|label| [1, 3, 4, 7, 9].contains(label)));
/// ```
///
/// # Panics
/// If there are images of another number of pixels than 784, or not as many labels as images.
pub fn with_styles(digits: &Dataset, count: usize, seed: u64) -> Dataset {
    drawn_after(digits, count, |index| {
        let mut rng = stream(seed, Purpose::Styles, 0, index);
        let (glyph, label) = *glyphs::DIGITS.choose(&mut rng).unwrap_or(&("", 0));
        let mut canvas = Canvas::new();
        canvas.glyph(glyph, &mut rng);
        // A glyph always leaves ink.
        let image = normalize(canvas.ink()).map_or_else(|| Array1::zeros(PIXELS), Array1::from_iter);
        (image, label)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, s};

    #[test]
    fn styles_follow_the_seed_and_have_ink() {
        let nothing = Dataset {
            images: Array2::zeros((0, PIXELS)),
            labels: Array1::zeros(0),
        };
        let drawn = with_styles(&nothing, 100, 3);
        assert_eq!(drawn, with_styles(&nothing, 100, 3));
        assert_ne!(drawn, with_styles(&nothing, 100, 4));
        assert_eq!(
            drawn.images.slice(s![..40, ..]),
            with_styles(&nothing, 40, 3).images
        );
        for image in drawn.images.outer_iter() {
            assert!(image.iter().filter(|&&pixel| pixel > 100).count() > 15);
        }
    }
}
