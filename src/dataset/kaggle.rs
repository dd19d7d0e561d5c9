//! The files of Kaggle's Digit Recognizer: CSV, an image a line.
//!
//! | file        | first line                     | other lines                           |
//! |-------------|--------------------------------|---------------------------------------|
//! | `train.csv` | `label,pixel0,pixel1,…,pixel783` | a label 0–9, 784 pixels 0–255, row by row |
//! | `test.csv`  | `pixel0,pixel1,…,pixel783`       | 784 pixels                            |
//!
//! <https://www.kaggle.com/competitions/digit-recognizer/data>. They hold whole numbers without quotes or spaces, so
//! that a table's reader takes nothing else. It goes line by line, and remembers no more than it is asked for.

use super::files::SetFiles;
use super::idx::MAX_COUNT;
use super::mnist::{FILES, Mnist, hex};
use super::{Dataset, PIXELS, SIDE};
use crate::error::{Error, Result};
use ndarray::{Array1, Array2};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// How a text in UTF-8 may begin.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// The names of the two files.
const NAMES: [&str; 2] = ["train.csv", "test.csv"];
/// Classes: the ten digits, whether images of each are there or not.
const CLASSES: usize = 10;
/// The longest line, in bytes: twice the header's.
const MAX_LINE: u64 = 16 << 10;
/// Characters of what was found that are shown.
const SHOWN: usize = 24;

/// The images of a CSV file, line by line.
///
/// ```
/// use digits::dataset::kaggle::Table;
///
/// let header: Vec<String> = (0..784).map(|pixel| format!("pixel{pixel}")).collect();
/// let file = format!("label,{}\n7{}\n", header.join(","), ",255".repeat(784));
/// let mut table = Table::new(file.as_bytes(), "train.csv".as_ref())?;
/// assert!(table.is_labelled());
/// let images = table.read(100)?;
/// assert_eq!((images.len(), images.labels[0], images.images[[0, 783]]), (1, 7, 255));
/// assert!(table.read(100)?.is_empty());
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug)]
pub struct Table<R> {
    stream: R,
    path: PathBuf,
    labelled: bool,
    /// The present line, and its number, counted from 1.
    line: Vec<u8>,
    number: usize,
}

impl Table<BufReader<File>> {
    /// The table in the file at `path`.
    ///
    /// ```
    /// assert!(digits::dataset::kaggle::Table::open("no/test.csv".as_ref()).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::Read`] if it cannot be read, [`Error::Data`] if its first line is not the right one.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(Error::read(path))?;
        Self::new(BufReader::with_capacity(1 << 16, file), path)
    }
}

impl<R: BufRead> Table<R> {
    /// The table that `stream` holds; `path` is for messages.
    ///
    /// ```
    /// use digits::dataset::kaggle::Table;
    ///
    /// let error = Table::new(&b"a,b\n1,2\n"[..], "a.csv".as_ref()).unwrap_err();
    /// assert!(error.to_string().starts_with("a.csv: expected the first line label,pixel0,"));
    /// ```
    ///
    /// # Errors
    /// As [`Table::open`].
    pub fn new(stream: R, path: &Path) -> Result<Self> {
        let mut table = Self {
            stream,
            path: path.to_path_buf(),
            labelled: false,
            line: Vec::new(),
            number: 0,
        };
        table.next_line()?;
        // Spreadsheets put a mark before the first letter.
        if table.line.starts_with(BYTE_ORDER_MARK) {
            table.line.drain(..BYTE_ORDER_MARK.len());
        }
        let mut names = table.line.split(|&byte| byte == b',').peekable();
        let labelled = names.next_if(|name| *name == b"label").is_some();
        let expected = (0..PIXELS).map(|pixel| format!("pixel{pixel}").into_bytes());
        if !names.eq(expected) {
            let expected = "the first line label,pixel0,…,pixel783 or pixel0,…,pixel783";
            return Err(table.malformed(expected.to_owned(), shown(&table.line)));
        }
        table.labelled = labelled;
        Ok(table)
    }

    /// Whether its images have labels.
    ///
    /// ```no_run
    /// assert!(!digits::dataset::kaggle::Table::open("test.csv".as_ref())?.is_labelled());
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn is_labelled(&self) -> bool {
        self.labelled
    }

    /// The next images, at most `most` of them; none at the end. Where the table has no labels, they are 0.
    ///
    /// ```no_run
    /// let mut table = digits::dataset::kaggle::Table::open("test.csv".as_ref())?;
    /// println!("{} images", table.read(1_000)?.len());
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Data`] if a line has not the right number of columns, or a cell not the right kind of number;
    /// [`Error::Read`] if the stream fails.
    pub fn read(&mut self, most: usize) -> Result<Dataset> {
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        while labels.len() < most && self.next_line()? {
            labels.push(self.cells(&mut pixels)?);
        }
        let images = Array2::from_shape_vec((labels.len(), PIXELS), pixels)
            .unwrap_or_else(|_| unreachable!("every line has as many pixels"));
        Ok(Dataset {
            images,
            labels: Array1::from(labels),
        })
    }

    /// Goes to the next line; whether there is one.
    fn next_line(&mut self) -> Result<bool> {
        self.line.clear();
        self.number += 1;
        let mut stream = self.stream.by_ref().take(MAX_LINE);
        let read = stream
            .read_until(b'\n', &mut self.line)
            .map_err(Error::read(&self.path))?;
        if read as u64 == MAX_LINE {
            let expected = format!("less than {MAX_LINE} bytes in line {}", self.number);
            return Err(self.malformed(expected, "more".to_owned()));
        }
        for end in [b'\n', b'\r'] {
            self.line.pop_if(|last| *last == end);
        }
        Ok(read > 0)
    }

    /// The label of the present line, whose pixels go behind `pixels`.
    fn cells(&self, pixels: &mut Vec<u8>) -> Result<u8> {
        let mut cells = self.line.split(|&byte| byte == b',');
        let mut next = |name: &dyn Fn() -> String, most: u8| {
            let cell = cells.next().ok_or_else(|| self.uneven())?;
            number(cell).filter(|&number| number <= most).ok_or_else(|| {
                let (line, column) = (self.number, name());
                let expected = format!("a whole number from 0 to {most} in line {line}, column {column}");
                self.malformed(expected, shown(cell))
            })
        };
        let label = if self.labelled {
            next(&|| "label".to_owned(), 9)?
        } else {
            0
        };
        for pixel in 0..PIXELS {
            pixels.push(next(&|| format!("pixel{pixel}"), u8::MAX)?);
        }
        match cells.next() {
            None => Ok(label),
            Some(_) => Err(self.uneven()),
        }
    }

    /// The error of a line with more or fewer columns than the first one.
    fn uneven(&self) -> Error {
        let columns = self.line.split(|&byte| byte == b',').count();
        let expected = format!(
            "{} columns in line {}",
            PIXELS + usize::from(self.labelled),
            self.number
        );
        self.malformed(expected, columns.to_string())
    }

    fn malformed(&self, expected: String, found: String) -> Error {
        Error::Data {
            path: self.path.clone(),
            expected,
            found,
            remedy: "put the original file of Kaggle's Digit Recognizer in its place".to_owned(),
        }
    }
}

/// The number that `cell` holds.
fn number(cell: &[u8]) -> Option<u8> {
    if cell.is_empty() || cell.len() > 3 || !cell.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = cell
        .iter()
        .fold(0, |number, byte| 10 * number + u16::from(byte - b'0'));
    u8::try_from(number).ok()
}

/// What was found, so that it can be shown.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]);
    let more = if bytes.len() > SHOWN { "…" } else { "" };
    format!("{text:?}{more}")
}

/// Whether `folder` holds Kaggle's files, and no set of IDX files by whatever name.
pub(super) fn is_in(folder: &Path) -> bool {
    folder.join(NAMES[0]).symlink_metadata().is_ok() && !SetFiles::any_in(folder)
}

/// Loads `train.csv`, and `test.csv` if its images have labels: otherwise the test set is empty. The checksums are
/// those of the IDX files that would hold the same, so that the same images are the same set in either form.
///
/// # Errors
/// As [`Table::open`] and [`Table::read`]; [`Error::Data`] if the training set is empty, or has no labels.
pub(super) fn load(folder: &Path) -> Result<Mnist> {
    let path = folder.join(NAMES[0]);
    let mut table = Table::open(&path)?;
    if !table.is_labelled() {
        return Err(table.malformed(
            "the column label, and then the pixels".to_owned(),
            "no labels".to_owned(),
        ));
    }
    let train = all(&mut table)?;
    let test = load_test(folder)?.unwrap_or_else(|| Dataset {
        images: Array2::zeros((0, PIXELS)),
        labels: Array1::zeros(0),
    });
    // Beside files of those names, it would not be taken for Kaggle's any more.
    let mut files = SetFiles::find(folder)?.places(&folder.join("cache"));
    files.extend(NAMES.map(|name| folder.join(name)));
    let ([train_images, train_labels], [test_images, test_labels]) = (checksums(&train), checksums(&test));
    Ok(Mnist {
        classes: CLASSES,
        class_names: (0..CLASSES).map(|class| class.to_string()).collect(),
        turned: false,
        train,
        test,
        checksums: [train_images, train_labels, test_images, test_labels],
        files,
    })
}

/// The images of `test.csv`, if it is there, and they have labels.
pub(super) fn load_test(folder: &Path) -> Result<Option<Dataset>> {
    let path = folder.join(NAMES[1]);
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let mut table = Table::open(&path)?;
    table.is_labelled().then(|| all(&mut table)).transpose()
}

/// The error of a use of the test set in `folder` that needs its labels, as they are `expected`: it has none.
pub(crate) fn unlabelled(folder: &Path, expected: &str, remedy: &str) -> Error {
    let path = folder.join(NAMES[1]);
    let found = if path.exists() { "none" } else { "no such file" };
    Error::Data {
        path,
        expected: expected.to_owned(),
        found: found.to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// All images of a table.
fn all(table: &mut Table<impl BufRead>) -> Result<Dataset> {
    let data = table.read(MAX_COUNT + 1)?;
    if data.is_empty() || data.len() > MAX_COUNT {
        let found = if data.is_empty() { "none" } else { "more" };
        return Err(table.malformed(format!("1 to {MAX_COUNT} images"), found.to_owned()));
    }
    Ok(data)
}

/// SHA-256 of the IDX files that would hold the images and the labels.
fn checksums(data: &Dataset) -> [String; 2] {
    let (count, side) = (data.len() as u32, SIDE as u32);
    let [images, labels, ..] = FILES.map(|file| file.kind);
    let checksum = |sizes: &[u32], bytes: &mut dyn Iterator<Item = &[u8]>| {
        let mut hash = Sha256::new();
        for size in sizes {
            hash.update(size.to_be_bytes());
        }
        for bytes in bytes {
            hash.update(bytes);
        }
        hex(&hash.finalize())
    };
    [
        checksum(
            &[images.magic(), count, side, side],
            &mut data.images.as_slice().into_iter(),
        ),
        checksum(&[labels.magic(), count], &mut data.labels.as_slice().into_iter()),
    ]
}
