//! The IDX file format of MNIST: a magic number, sizes, then bytes.
//!
//! Format: <http://yann.lecun.com/exdb/mnist/>. All sizes are big-endian 32-bit numbers. A file is checked from its
//! header on: nothing is allocated for a size that the file does not really have.

use super::{PIXELS, SIDE};
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
    /// Unsigned bytes in three dimensions: N × 28 × 28 pixels.
    Images,
    /// Unsigned bytes in one dimension: N labels.
    Labels,
}

/// The largest number of images or labels that a file may announce: far above any set of this kind, far below what
/// would exhaust a machine.
const MAX_COUNT: usize = 2_000_000;

/// The largest label.
const MAX_LABEL: u8 = 9;

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

    /// Bytes of data for one sample.
    fn sample_length(self) -> usize {
        match self {
            Self::Images => PIXELS,
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
    let malformed = |expected: String, found: String| Error::Data {
        path: path.to_path_buf(),
        expected,
        found,
        remedy: "put the original file in its place, gzipped or not".to_owned(),
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
    let word = |index: usize| {
        let start = 4 * index;
        bytes.get(start..start + 4).map_or(0, |word| {
            word.iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
        })
    };
    if header_read >= 4 && word(0) != kind.magic() {
        let expected = format!("the magic number {:#010x} of {}", kind.magic(), kind.plural());
        return Err(malformed(expected, format!("{:#010x}", word(0))));
    }
    if header_read < bytes.len() {
        return Err(malformed(
            format!("a header of {} bytes", bytes.len()),
            format!("{header_read} bytes"),
        ));
    }
    let count = word(1) as usize;
    if count == 0 || count > MAX_COUNT {
        return Err(malformed(
            format!("a count from 1 to {MAX_COUNT}"),
            count.to_string(),
        ));
    }
    if kind == Kind::Images && (word(2), word(3)) != (SIDE as u32, SIDE as u32) {
        return Err(malformed(
            format!("images of {SIDE}×{SIDE} pixels"),
            format!("{}×{}", word(2), word(3)),
        ));
    }

    let length = bytes.len() + count * kind.sample_length();
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
            .position(|&label| label > MAX_LABEL)
    {
        let found = format!("{} at index {index}", bytes[kind.header_length() + index]);
        return Err(malformed(format!("labels from 0 to {MAX_LABEL}"), found));
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
