//! The mistakes that the model was surest of, as pictures.

use super::picture;
use super::text::{escape, grouped, percent};
use crate::dataset::{Dataset, SIDE};
use crate::error::Result;
use crate::metrics::Mistake;
use image::ExtendedColorType;
use std::fmt::Write as _;

/// Mistakes that are shown.
const SHOWN: usize = 24;

/// A picture for each of the first `mistakes` in `set`, under it what it is, what it was taken for, and how surely.
pub(super) fn gallery(mistakes: &[Mistake], set: &Dataset, names: &[String]) -> Result<String> {
    let mut html = String::from("<ul class=\"gallery\">\n");
    for mistake in mistakes.iter().take(SHOWN) {
        let [truth, prediction] = [mistake.label, mistake.prediction].map(|class| escape(&names[class]));
        let (index, probability) = (mistake.index, percent(mistake.probability.into()));
        let uri = digit(set.images.row(index).iter().copied())?;
        let _ = writeln!(
            html,
            "<li><img src=\"{uri}\" width=\"28\" height=\"28\" alt=\"Image {index}: a {truth} taken for {prediction}\">\
             <p><b>{truth} → {prediction}</b> <span>{probability}</span><br><small>image {}</small></p></li>",
            grouped(index as u64)
        );
    }
    html.push_str("</ul>\n");
    Ok(html)
}

/// The URI of an image of 28×28 pixels, its ink dark.
pub(super) fn digit(pixels: impl Iterator<Item = u8>) -> Result<String> {
    let shades: Vec<u8> = pixels.map(|ink| 255 - ink).collect();
    picture::uri(&shades, [SIDE, SIDE], ExtendedColorType::L8)
}
