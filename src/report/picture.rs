//! Images inside a page: PNG files as data URIs.

use crate::error::Result;
use crate::png::png;
use base64::prelude::{BASE64_STANDARD, Engine};
use image::ExtendedColorType;

/// The URI of an image of so many columns and rows of `pixels`: a shade each, or red, green and blue.
pub(super) fn uri(pixels: &[u8], size: [usize; 2], colour: ExtendedColorType) -> Result<String> {
    let text = BASE64_STANDARD.encode(png(pixels, size, colour)?);
    Ok(format!("data:image/png;base64,{text}"))
}
