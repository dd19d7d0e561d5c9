//! Images inside a page: PNG files as data URIs.

use crate::error::{Error, Result};
use base64::prelude::{BASE64_STANDARD, Engine};
use image::ExtendedColorType;
use std::io::Cursor;

/// The URI of an image of so many columns and rows of `pixels`: a shade each, or red, green and blue.
pub(super) fn uri(pixels: &[u8], [width, height]: [usize; 2], colour: ExtendedColorType) -> Result<String> {
    let mut bytes = Cursor::new(Vec::new());
    let written = image::write_buffer_with_format(
        &mut bytes,
        pixels,
        width as u32,
        height as u32,
        colour,
        image::ImageFormat::Png,
    );
    written.map_err(|reason| Error::System {
        what: "cannot encode a picture of the report",
        reason: reason.to_string(),
    })?;
    let text = BASE64_STANDARD.encode(bytes.get_ref());
    Ok(format!("data:image/png;base64,{text}"))
}
