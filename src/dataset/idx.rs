//! The IDX file format of MNIST: a magic number, sizes, then bytes.
//!
//! Format: <http://yann.lecun.com/exdb/mnist/>. All sizes are big-endian 32-bit numbers. A file is checked from its
//! header on: nothing is allocated for a size that the file does not really have.

use super::{MAX_CLASSES, PIXELS, SIDE};
use crate::error::{Error, Result};
use std::io::{self, Read};
use std::path::Path;

/// The two kinds of IDX file that MNIST consists of.
///
/// ```
/// use digits::dataset::idx::Kind;
///
/// assert_eq!((Kind::Images.magic(), Kind::Images.header_length()), (0x0803, 16));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Unsigned bytes in three dimensions: N images of up to 28 × 28 pixels.
    Images,
    /// Unsigned bytes in one dimension: N labels.
    Labels,
}

/// The largest number of images or labels that a file may announce: far above any set of this kind, far below what
/// would exhaust a machine.
pub(super) const MAX_COUNT: usize = 2_000_000;

impl Kind {
    /// The first four bytes of a file of this kind.
    ///
    /// ```
    /// assert_eq!(digits::dataset::idx::Kind::Labels.magic(), 0x0801);
    /// ```
    pub fn magic(self) -> u32 {
        match self {
            Self::Images => 0x0803,
            Self::Labels => 0x0801,
        }
    }

    /// Bytes before the data.
    ///
    /// ```
    /// assert_eq!(digits::dataset::idx::Kind::Labels.header_length(), 8);
    /// ```
    pub fn header_length(self) -> usize {
        match self {
            Self::Images => 16,
            Self::Labels => 8,
        }
    }

    /// What a file of this kind holds, for messages.
    fn plural(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Labels => "labels",
        }
    }

    /// Bytes of data for one sample of a file that begins with `header`.
    fn sample_length(self, header: &[u8]) -> usize {
        match self {
            Self::Images => size(header).into_iter().product(),
            Self::Labels => 1,
        }
    }
}

/// Reads and checks one whole file from `stream`: header and data. `path` is for messages.
///
/// ```
/// use digits::dataset::idx::{Kind, read};
///
/// let file = [0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1];
/// assert_eq!(read(&file[..], Kind::Labels, "labels".as_ref())?, file);
/// let error = read(&file[..10], Kind::Labels, "labels".as_ref()).unwrap_err();
/// assert!(error.to_string().starts_with("labels: expected 3 labels (11 bytes), found 10 bytes"));
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Errors
/// [`Error::Data`] if the magic number, the count, the dimensions, the length or a label is not as it should be;
/// [`Error::Read`] if the stream fails.
pub fn read(mut stream: impl Read, kind: Kind, path: &Path) -> Result<Vec<u8>> {
    let problem = |expected: String, found: String, remedy: &str| Error::Data {
        path: path.to_path_buf(),
        expected,
        found,
        remedy: remedy.to_owned(),
    };
    let malformed = |expected, found| {
        problem(
            expected,
            found,
            "put the original file in its place, gzipped or not",
        )
    };

    let unreadable = |source: io::Error| match source.kind() {
        // What a gzip decoder says of a stream that is cut off or damaged.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => malformed(
            "a whole gzip file".to_owned(),
            format!("one that is cut off or damaged ({source})"),
        ),
        _ => Error::read(path)(source),
    };

    let mut bytes = vec![0; kind.header_length()];
    let header_read = read_up_to(&mut stream, &mut bytes).map_err(unreadable)?;
    let magic = word(&bytes, 0);
    if header_read >= 4 && magic != kind.magic() {
        let expected = format!("the magic number {:#010x} of {}", kind.magic(), kind.plural());
        return Err(malformed(expected, format!("{magic:#010x}")));
    }
    if header_read < bytes.len() {
        return Err(malformed(
            format!("a header of {} bytes", bytes.len()),
            format!("{header_read} bytes"),
        ));
    }
    let count = count(&bytes);
    if count == 0 || count > MAX_COUNT {
        return Err(malformed(
            format!("a count from 1 to {MAX_COUNT}"),
            count.to_string(),
        ));
    }
    if kind == Kind::Images {
        let [height, width] = size(&bytes);
        if height == 0 || width == 0 {
            return Err(malformed(
                format!("images of at least one pixel and at most {SIDE}×{SIDE}"),
                format!("{height}×{width}"),
            ));
        }
        if height > SIDE || width > SIDE {
            return Err(problem(
                format!("images of at most {SIDE}×{SIDE} pixels"),
                format!("{height}×{width}"),
                "scale them down to that size",
            ));
        }
    }

    let length = bytes.len() + count * kind.sample_length(&bytes);
    // One byte more than announced, so that a longer file is noticed without being read to its end. The vector grows
    // with what is really there, not with what the header says.
    let rest = (length + 1 - bytes.len()) as u64;
    stream.take(rest).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() != length {
        let found = if bytes.len() > length {
            "more bytes".to_owned()
        } else {
            format!("{} bytes", bytes.len())
        };
        return Err(malformed(
            format!("{count} {} ({length} bytes)", kind.plural()),
            found,
        ));
    }
    if kind == Kind::Labels
        && let Some(index) = bytes[kind.header_length()..]
            .iter()
            .position(|&label| usize::from(label) >= MAX_CLASSES)
    {
        let found = format!("{} at index {index}", bytes[kind.header_length() + index]);
        return Err(problem(
            format!("labels from 0 to {}", MAX_CLASSES - 1),
            found,
            &format!(
                "there can be at most {MAX_CLASSES} classes, so leave out or number anew what has larger labels"
            ),
        ));
    }
    Ok(bytes)
}

/// Fills `buffer` as far as the stream goes; how far that was.
fn read_up_to(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// A number of a header, by its place; 0 if the header is not that long.
fn word(header: &[u8], index: usize) -> u32 {
    let bytes = header.iter().skip(4 * index).take(4);
    bytes.fold(0, |number, &byte| number << 8 | u32::from(byte))
}

/// The number of samples that a file announces.
pub(super) fn count(header: &[u8]) -> usize {
    word(header, 1) as usize
}

/// Height and width of the images that a file announces.
pub(super) fn size(header: &[u8]) -> [usize; 2] {
    [2, 3].map(|index| word(header, index) as usize)
}

/// The images of a file that [`read`] has checked, 784 pixels each: in the middle of background if they are smaller,
/// and with rows for columns if they lie `transposed`.
pub(super) fn pixels(file: Vec<u8>, transposed: bool) -> Vec<u8> {
    let [height, width] = size(&file);
    let mut images = file;
    images.drain(..Kind::Images.header_length());
    if [height, width] == [SIDE, SIDE] && !transposed {
        return images;
    }
    let [top, left] = [height, width].map(|length| (SIDE - length) / 2);
    let steps = if transposed { [1, SIDE] } else { [SIDE, 1] };
    let mut pixels = vec![0; images.len() / (height * width) * PIXELS];
    for (image, pixels) in images
        .chunks_exact(height * width)
        .zip(pixels.chunks_exact_mut(PIXELS))
    {
        for (row, line) in image.chunks_exact(width).enumerate() {
            for (column, &pixel) in line.iter().enumerate() {
                pixels[steps[0] * (top + row) + steps[1] * (left + column)] = pixel;
            }
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_images_lie_in_the_middle_and_transposed_ones_are_turned() {
        // One image of two rows and three columns.
        let file = [
            &[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3][..],
            &[1, 2, 3, 4, 5, 6],
        ]
        .concat();
        let ink = |transposed| {
            let pixels = pixels(file.clone(), transposed);
            assert_eq!(pixels.len(), PIXELS);
            let inked = pixels.into_iter().enumerate().filter(|&(_, pixel)| pixel > 0);
            inked
                .map(|(at, pixel)| (at / SIDE, at % SIDE, pixel))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            ink(false),
            [
                (13, 12, 1),
                (13, 13, 2),
                (13, 14, 3),
                (14, 12, 4),
                (14, 13, 5),
                (14, 14, 6)
            ]
        );
        assert_eq!(
            ink(true),
            [
                (12, 13, 1),
                (12, 14, 4),
                (13, 13, 2),
                (13, 14, 5),
                (14, 13, 3),
                (14, 14, 6)
            ]
        );
    }
}
