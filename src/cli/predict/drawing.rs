//! What the network saw, for people: in the terminal, and as a PNG file.

use crate::error::{Error, Result};
use crate::recognizer::Prediction;
use ndarray::Array2;
use std::io::Cursor;

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
    let (height, width) = (image.nrows() as u32, image.ncols() as u32);
    let mut bytes = Cursor::new(Vec::new());
    let pixels: Vec<u8> = image.iter().copied().collect();
    image::write_buffer_with_format(
        &mut bytes,
        &pixels,
        width,
        height,
        image::ExtendedColorType::L8,
        image::ImageFormat::Png,
    )
    .map_err(|reason| Error::System {
        what: "cannot encode the picture",
        reason: reason.to_string(),
    })?;
    Ok(bytes.into_inner())
}
