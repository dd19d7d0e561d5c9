//! Pictures as PNG files.

use crate::error::{Error, Result};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

/// The file of a picture of so many columns and rows: `pixels` row by row, of one byte for a shade or three for a
/// colour.
///
/// # Errors
/// [`Error::System`] if there is no memory for it.
pub(crate) fn png(pixels: &[u8], [width, height]: [usize; 2], colour: ExtendedColorType) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(pixels, width as u32, height as u32, colour)
        .map_err(|reason| Error::System {
            what: "cannot encode a picture",
            reason: reason.to_string(),
        })?;
    Ok(bytes)
}
