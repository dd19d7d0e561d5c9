//! Pictures as PNG files.

use crate::error::{Error, Result};
use image::{ExtendedColorType, ImageFormat, write_buffer_with_format};
use std::io::Cursor;

/// The file of a picture of so many columns and rows: `pixels` row by row, of one byte for a shade or three for a
/// colour.
///
/// # Errors
/// [`Error::System`] if there is no memory for it.
pub(crate) fn png(pixels: &[u8], [width, height]: [usize; 2], colour: ExtendedColorType) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    write_buffer_with_format(
        &mut bytes,
        pixels,
        width as u32,
        height as u32,
        colour,
        ImageFormat::Png,
    )
    .map_err(|reason| Error::System {
        what: "cannot encode a picture",
        reason: reason.to_string(),
    })?;
    Ok(bytes.into_inner())
}
