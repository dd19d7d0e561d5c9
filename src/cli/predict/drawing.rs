//! What the network saw, for people: in the terminal, and as a PNG file.

use crate::error::Result;
use crate::recognizer::Prediction;
use ndarray::Array2;

/// The network's input in the terminal, two characters a pixel.
pub(super) fn drawing(prediction: &Prediction) -> String {
    let mut text = String::new();
    for row in prediction.image.outer_iter() {
        for &pixel in row {
            text.push_str(["  ", "░░", "▒▒", "▓▓", "██"][usize::from(pixel).div_ceil(64)]);
        }
        text.push('\n');
    }
    text
}

/// The image as a PNG file.
pub(super) fn png(image: &Array2<u8>) -> Result<Vec<u8>> {
    let shades: Vec<u8> = image.iter().copied().collect();
    crate::png::png(
        &shades,
        [image.ncols(), image.nrows()],
        image::ExtendedColorType::L8,
    )
}
