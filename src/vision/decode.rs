//! From the bytes of a picture file to a [`Picture`].

use super::jpeg;
use super::picture::Picture;
use crate::error::{Error, Result};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use ndarray::Array2;
use std::io::Cursor;
use std::sync::{Mutex, PoisonError};

/// Shades of grey, shape (height, width); 0 is black, 1 white.
///
/// ```
/// let grey: digits::vision::Grey = ndarray::array![[1.0, 0.0, 1.0]];
/// ```
pub type Grey = Array2<f32>;

/// The most pixels of a picture: more than a phone's photo has, and few enough to hold in memory several times over.
pub(super) const MAX_PIXELS: u64 = 64_000_000;
/// A picture of more pixels is large: a photo of a good camera.
const MANY_PIXELS: u64 = 16_000_000;
/// Whose turn it is to decode a large picture.
static TURN: Mutex<()> = Mutex::new(());
/// What to do about a file that is no picture.
const REMEDY: &str = "give a whole PNG, JPEG, WebP, GIF, BMP, TIFF or PNM file";
/// Memory that a decoder may take, in bytes: some count the pixels themselves, some only what they need beside them.
const MAX_MEMORY: u64 = 512 << 20;

/// The error of a file that begins like a picture, of so many pixels (width×height) if that is known, and is not read.
fn refused(error: &ImageError, pixels: Option<(u32, u32)>) -> Error {
    let (problem, remedy) = match error {
        ImageError::Limits(_) => {
            let most = MAX_MEMORY >> 20;
            let found = pixels.map_or("more".to_owned(), |(width, height)| {
                format!("{width}×{height} pixels that need more")
            });
            (
                format!("expected a picture that is decoded in {most} MB of memory, found {found}"),
                "make it smaller, or save it with 8 bits a sample",
            )
        }
        ImageError::Unsupported(reason) => (reason.to_string(), "save it as PNG or JPEG"),
        error => (error.to_string(), REMEDY),
    };
    Error::Picture {
        problem,
        remedy: remedy.to_owned(),
    }
}

/// Decodes PNG, JPEG, WebP, GIF (the first frame), BMP, TIFF (the first page) or PNM, whatever the file is called.
///
/// Colours become Rec. 709 luma; 16-bit samples, palettes and EXIF orientation are respected. Transparent pictures are
/// laid over black if what can be seen of them is light, else over white.
///
/// ```
/// let picture = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/seven.png"));
/// let picture = digits::vision::decode(picture)?;
/// assert!(picture.grey.iter().all(|shade| (0.0..=1.0).contains(shade)));
/// assert!(digits::vision::decode(b"not a picture").is_err());
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Errors
/// [`Error::Picture`] if the bytes are not a whole picture of a known format and a bearable size.
pub fn decode(bytes: &[u8]) -> Result<Picture> {
    let problem = |problem: String| Error::Picture {
        problem,
        remedy: REMEDY.to_owned(),
    };
    if bytes.is_empty() {
        return Err(problem("expected a picture, found an empty file".to_owned()));
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| problem(error.to_string()))?;
    // The box that such files begin with has its own length before its name.
    if bytes.get(4..8) == Some(b"ftyp") {
        return Err(Error::Picture {
            problem: "expected a picture of a format that is read, found HEIC, AVIF or a video".to_owned(),
            remedy: "save it as PNG or JPEG".to_owned(),
        });
    }
    if reader.format().is_none() {
        return Err(problem(
            "expected the bytes of a picture, found others".to_owned(),
        ));
    }
    if reader.format() == Some(ImageFormat::Jpeg) && !jpeg::has_end(bytes) {
        return Err(problem(
            "expected a whole JPEG file, found one that is cut off".to_owned(),
        ));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| refused(&error, None))?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(problem(format!(
            "expected at least one pixel, found {width}×{height}"
        )));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Error::Picture {
            problem: format!("expected at most {MAX_PIXELS} pixels, found {width}×{height}"),
            remedy: "make it smaller".to_owned(),
        });
    }
    let orientation = decoder
        .orientation()
        .unwrap_or(image::metadata::Orientation::NoTransforms);
    // Large ones take turns, so that many at a time need no more memory than one.
    let large = u64::from(width) * u64::from(height) > MANY_PIXELS;
    let _turn = large.then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner));
    let picture =
        DynamicImage::from_decoder(decoder).map_err(|error| refused(&error, Some((width, height))))?;
    Ok(Picture::of(&picture, orientation))
}
