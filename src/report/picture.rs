//! Images inside a page: PNG files as data URIs.

use crate::error::{Error, Result};
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
    Ok(format!("data:image/png;base64,{}", base64(bytes.get_ref())))
}

/// Base 64 (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * index) & 63) as usize];
            text.push(if index <= chunk.len() { letter.into() } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10.
    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(&[251, 255, 191]), "+/+/");
    }
}
