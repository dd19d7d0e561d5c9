//! Contrast with the paper: how much darker than its surroundings every pixel is, whatever the light.

use super::{Grey, close, open};
use ndarray::{Array2, Zip};

/// Shades darker than this count as this, lest the noise of deep shadow become ink.
pub(super) const DARKEST: f32 = 0.15;

/// Which of ink and paper is the darker one.
///
/// ```
/// assert_ne!(digits::vision::Polarity::DarkOnLight, digits::vision::Polarity::LightOnDark);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// Pencil on paper.
    DarkOnLight,
    /// Chalk on a board.
    LightOnDark,
}

/// How much every pixel differs from the paper around it, as a share of the lighter of both, in 0..=1.
///
/// The paper is what a closing leaves, which paints over everything dark that is narrower than 2·`reach` + 1 pixels;
/// what it painted over is the bottom hat (Meyer, 1979, *Iterative Image Transformations for an Automatic Screening
/// of Cervical Smears*). Light ink is found on the negative.
pub(super) fn contrast(grey: &Grey, polarity: Polarity, reach: usize) -> Array2<f32> {
    // Both ways the contrast is a share of the lighter of the two, which the strength of the light does not change.
    let mut paper = match polarity {
        Polarity::DarkOnLight => close(grey, reach),
        Polarity::LightOnDark => open(grey, reach),
    };
    Zip::from(&mut paper).and(grey).for_each(|paper, &shade| {
        let difference = match polarity {
            Polarity::DarkOnLight => *paper - shade,
            Polarity::LightOnDark => shade - *paper,
        };
        *paper = (difference / paper.max(shade).max(DARKEST)).clamp(0.0, 1.0);
    });
    paper
}

/// By how much a shade differs from its paper, in 0..=1, of which it has this [`contrast`].
pub(super) fn difference(shade: f32, contrast: f32, polarity: Polarity) -> f32 {
    match polarity {
        // A contrast of 1 says nothing about how light the paper is, but that it is not darker than white.
        Polarity::DarkOnLight => {
            let paper = (shade / (1.0 - contrast).max(f32::MIN_POSITIVE)).min(1.0);
            if paper > DARKEST {
                paper - shade
            } else {
                contrast * DARKEST
            }
        }
        Polarity::LightOnDark => contrast * shade.max(DARKEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// Strokes that take half of the paper's light, or give half as much again, on paper that fades to a fifth.
    #[test]
    fn ink_in_shadow_differs_as_much_as_ink_in_the_light() {
        let is_ink = |column: usize| column % 20 < 3;
        for (polarity, share, expected) in [
            (Polarity::DarkOnLight, 0.5, 0.5),
            (Polarity::LightOnDark, 1.5, 1.0 / 3.0),
        ] {
            let grey = Array2::from_shape_fn((40, 200), |(_, column)| {
                let light = 0.6 - 0.48 * column as f32 / 200.0;
                if is_ink(column) { light * share } else { light }
            });
            for ((_, column), &found) in contrast(&grey, polarity, 4).indexed_iter() {
                let expected = if is_ink(column) { expected } else { 0.0 };
                assert!(
                    (found - expected).abs() < 0.1,
                    "{polarity:?} {column}: {found}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn the_difference_is_what_the_contrast_was_made_of() {
        let grey = array![[0.8, 0.8, 0.3, 0.7, 0.5, 0.1, 0.05, 0.1, 0.9, 0.9, 0.4, 0.4]];
        for (polarity, paper) in [
            (Polarity::DarkOnLight, close(&grey, 1)),
            (Polarity::LightOnDark, open(&grey, 1)),
        ] {
            let contrast = contrast(&grey, polarity, 1);
            for ((&shade, &contrast), &paper) in grey.iter().zip(&contrast).zip(&paper) {
                let found = difference(shade, contrast, polarity);
                assert!(
                    (found - (paper - shade).abs()).abs() < 1e-5,
                    "{polarity:?} {shade}"
                );
            }
        }
    }
}
