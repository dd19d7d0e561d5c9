//! How a picture's ink was found.

use super::Polarity;

/// How a picture's ink was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Method {
    /// What the shades are: `luma`, `red`, `green` or `blue`.
    pub channel: &'static str,
    /// Which of ink and paper is darker; none if the paper has the border's one shade, and ink may be either.
    pub polarity: Option<Polarity>,
    /// Reach of the paper's estimate in pixels of the sheet; 0 if one shade is taken for all of the paper's: the border's, or, with a
    /// polarity, the lightest or the darkest of a cropped picture.
    pub reach: usize,
    /// Contrast above which there is ink.
    pub threshold: f32,
    /// Printed lines that were painted over.
    pub rules: usize,
}

impl Method {
    /// Whether all of the picture was taken for one digit that it was cut close to: the paper's shade is then the lightest of the picture, or
    /// the darkest.
    ///
    /// ```
    /// use digits::vision::{Picture, candidates};
    /// use ndarray::Array2;
    ///
    /// // A 7 whose strokes end where the picture ends, on paper with some grain.
    /// let grey = Array2::from_shape_fn((40, 30), |(y, x)| {
    ///     let stroke = y < 6 || (x + y / 2).abs_diff(26) < 4;
    ///     if stroke { 0.1 } else { 0.8 + 0.01 * ((7 * x + 3 * y) % 5) as f32 }
    /// });
    /// assert!(candidates(&Picture::grey(grey)).iter().any(|candidate| candidate.method.is_cropped()));
    /// ```
    pub fn is_cropped(&self) -> bool {
        self.polarity.is_some() && self.reach == 0
    }
}
