//! How a picture's ink was found.

use super::Polarity;

/// How a picture's ink was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Method {
    /// What the shades are: `luma`, `red`, `green` or `blue`.
    pub channel: &'static str,
    /// Where the paper's shade was taken from.
    pub paper: Paper,
    /// Contrast above which there is ink.
    pub threshold: f32,
    /// Printed lines that were painted over.
    pub rules: usize,
}

/// Where the paper's shade was taken from.
///
/// ```
/// use digits::vision::{Paper, Picture, candidates};
/// use ndarray::Array2;
///
/// // A 7 whose strokes end where the picture ends, on paper with some grain.
/// let grey = Array2::from_shape_fn((40, 30), |(y, x)| {
///     let stroke = y < 6 || (x + y / 2).abs_diff(26) < 4;
///     if stroke { 0.1 } else { 0.8 + 0.01 * ((7 * x + 3 * y) % 5) as f32 }
/// });
/// let found = candidates(&Picture::grey(grey));
/// assert!(found.iter().any(|candidate| matches!(candidate.method.paper, Paper::Extreme(_))));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// The border of a plain picture: ink may be darker or lighter.
    Border,
    /// The surroundings of every pixel, so many pixels of the sheet in each direction.
    Around {
        /// Which of ink and paper is darker.
        polarity: Polarity,
        /// Pixels of the sheet.
        reach: usize,
    },
    /// The lightest shade of all, or for light ink the darkest: all of the picture was taken for one digit that it
    /// was cut close to.
    Extreme(Polarity),
}

impl Paper {
    /// Which of ink and paper is darker, if only one of them may be.
    ///
    /// ```
    /// use digits::vision::{Paper, Polarity};
    ///
    /// assert_eq!(Paper::Extreme(Polarity::DarkOnLight).polarity(), Some(Polarity::DarkOnLight));
    /// assert_eq!(Paper::Border.polarity(), None);
    /// ```
    pub fn polarity(self) -> Option<Polarity> {
        match self {
            Self::Border => None,
            Self::Around { polarity, .. } | Self::Extreme(polarity) => Some(polarity),
        }
    }
}
