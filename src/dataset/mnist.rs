//! Loads a data folder: four IDX files under MNIST's names or EMNIST's, gzipped or plain.
//!
//! Every file is checked by [`super::idx`] first. A set of MNIST's own size (60,000 and 10,000 images: MNIST,
//! Fashion-MNIST, Kuzushiji-MNIST) is then read by the `mnist` crate, which takes nothing else; sets of other sizes
//! are read by this module alone. A folder with Kaggle's files instead is read by [`super::kaggle`].

use super::cache::Cache;
use super::files::SetFiles;
use super::idx::{self, Kind};
use super::{Dataset, PIXELS, SIDE, classes, kaggle};
use crate::error::{Error, Result};
use flate2::read::MultiGzDecoder;
use ndarray::{Array1, Array2};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

/// A training and a test set, and where they come from.
///
/// ```no_run
/// let mnist = digits::dataset::mnist::load("fashion".as_ref())?;
/// println!("{} classes; {}", mnist.classes, if mnist.is_genuine() { "MNIST" } else { "another set" });
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mnist {
    /// The training set.
    pub train: Dataset,
    /// The test set.
    pub test: Dataset,
    /// Classes: as many as have names.
    pub classes: usize,
    /// The name of each class: what stands in `classes.txt` or in EMNIST's mapping beside the files, else its label.
    pub class_names: Vec<String>,
    /// Whether the images lay on their sides, as EMNIST's do, and were turned.
    pub turned: bool,
    /// SHA-256 of the four uncompressed files, in the order of [`FILES`], as lower-case hexadecimal; of Kaggle's
    /// tables, those of the files that would hold the same images and labels.
    pub checksums: [String; 4],
    /// The files that it was read from, those that would be read in place of one of them under any spelling of its
    /// name, and those that would name its classes, whether they are there or not: nothing else is to be written to
    /// these paths.
    pub files: Vec<PathBuf>,
}

/// One of MNIST's files.
///
/// ```
/// use digits::dataset::{idx::Kind, mnist::FILES};
///
/// assert_eq!(FILES[0].kind, Kind::Images);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MnistFile {
    /// Its name, without `.gz`.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// SHA-256 of its uncompressed content in MNIST, as lower-case hexadecimal.
    pub sha256: &'static str,
}

/// MNIST's files: training images and their labels, test images and their labels.
///
/// ```
/// let names = digits::dataset::mnist::FILES.map(|file| file.name);
/// assert_eq!(names[2], "t10k-images-idx3-ubyte");
/// ```
pub const FILES: [MnistFile; 4] = [
    MnistFile {
        name: "train-images-idx3-ubyte",
        kind: Kind::Images,
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    },
    MnistFile {
        name: "train-labels-idx1-ubyte",
        kind: Kind::Labels,
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    },
    MnistFile {
        name: "t10k-images-idx3-ubyte",
        kind: Kind::Images,
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    },
    MnistFile {
        name: "t10k-labels-idx1-ubyte",
        kind: Kind::Labels,
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
];

/// Test images, by index, whose labels most human raters reject (Northcutt, Athalye and Mueller, 2021, *Pervasive Label
/// Errors in Test Sets Destabilize Machine Learning Benchmarks*): a score above about 99.85 % fits them.
///
/// ```
/// assert!(digits::dataset::mnist::DISPUTED_TEST_LABELS.contains(&9729));
/// ```
pub const DISPUTED_TEST_LABELS: [usize; 15] = [
    947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729,
];

/// How a gzip file begins (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The sizes of MNIST's two sets: the only ones that the `mnist` crate reads.
const MNIST_LENGTHS: [usize; 2] = [60_000, 10_000];

impl Mnist {
    /// Whether the files are those of MNIST itself, by their checksums.
    ///
    /// ```no_run
    /// assert!(digits::dataset::mnist::load("data".as_ref())?.is_genuine());
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn is_genuine(&self) -> bool {
        self.checksums
            .iter()
            .zip(FILES)
            .all(|(found, file)| found == file.sha256)
    }

    /// One checksum over all four files: SHA-256 of their checksums, concatenated.
    ///
    /// ```no_run
    /// println!("{}", digits::dataset::mnist::load("data".as_ref())?.checksum());
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn checksum(&self) -> String {
        hex(&Sha256::digest(self.checksums.concat()))
    }
}

/// Loads the data folder `folder`; or, where a folder holds several sets as EMNIST's does, that folder joined with
/// what the files of one begin with: `gzip/emnist-letters`. A folder with Kaggle's files instead is loaded by
/// [`super::kaggle`]; its test set is empty unless it has labels.
///
/// Images smaller than 28×28 lie in the middle of background. Images of files whose names begin with `emnist-` are
/// turned upright. Labels go from 0 to 61; classes are named, one in each line from label 0 on, by `classes.txt`
/// beside the files, or by EMNIST's mapping. (A list that lacks one name begins with label 1, if there is no label
/// 0.)
///
/// ```no_run
/// let mnist = digits::dataset::mnist::load("data".as_ref())?;
/// assert_eq!((mnist.train.len(), mnist.test.len(), mnist.classes), (60_000, 10_000, 10));
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Errors
/// [`Error::Data`] if a file is missing or malformed, [`Error::Read`] if one cannot be read, [`Error::Write`] if the
/// system grants no place for plain copies.
pub fn load(folder: &Path) -> Result<Mnist> {
    if kaggle::is_in(folder) {
        return kaggle::load(folder);
    }
    let set = SetFiles::find(folder)?;
    let mut cache = Cache::of(&set.folder);
    let mut files = Vec::with_capacity(FILES.len());
    for index in 0..FILES.len() {
        files.push(read(&set, index, &cache)?);
    }
    let paths = set.places(&cache.folder).into_iter().chain(set.of_names());
    let paths = paths.collect();
    let checksums = [0, 1, 2, 3].map(|index| hex(&Sha256::digest(&files[index].bytes)));
    let counts = [check_pair(&files[..2])?, check_pair(&files[2..])?];

    let turned = set.transposed();
    let of_mnists_size = counts == MNIST_LENGTHS
        && [0, 2].map(|index| idx::size(&files[index].bytes)) == [[SIDE, SIDE]; 2]
        && !turned;
    let (train, test) = if of_mnists_size {
        read_with_mnist_crate(&set.folder, files, &mut cache)?
    } else {
        let test = files.split_off(2);
        (of_pair(files, turned), of_pair(test, turned))
    };
    let class_names = classes::names(&set, &[&train, &test])?;
    Ok(Mnist {
        train,
        test,
        classes: class_names.len(),
        class_names,
        turned,
        checksums,
        files: paths,
    })
}

/// Loads the test set of the data folder `folder` alone, as samples to show.
///
/// ```no_run
/// assert_eq!(digits::dataset::mnist::load_test("data".as_ref())?.len(), 10_000);
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Errors
/// As [`load`], but for plain copies, which are not made.
pub fn load_test(folder: &Path) -> Result<Dataset> {
    if kaggle::is_in(folder) {
        let remedy = "name a folder whose test images have labels with --data, such as MNIST's own, or leave --data out";
        let unlabelled = || kaggle::unlabelled(folder, "labels of the digits to show", remedy);
        return kaggle::load_test(folder)?.ok_or_else(unlabelled);
    }
    let set = SetFiles::find(folder)?;
    let cache = Cache::of(&set.folder);
    let files = [2, 3].map(|index| read(&set, index, &cache));
    let files = files.into_iter().collect::<Result<Vec<_>>>()?;
    check_pair(&files)?;
    Ok(of_pair(files, set.transposed()))
}

/// The number of samples in files of images and of their labels.
fn check_pair(files: &[FileContent]) -> Result<usize> {
    let [images, labels] = [0, 1].map(|index| idx::count(&files[index].bytes));
    if images == labels {
        return Ok(images);
    }
    Err(Error::Data {
        path: files[1].path.clone(),
        expected: format!("{images} labels, one for each image"),
        found: labels.to_string(),
        remedy: "take both files from the same set".to_owned(),
    })
}

/// The samples of files of images, which may lie `transposed`, and of as many labels.
fn of_pair(mut files: Vec<FileContent>, transposed: bool) -> Dataset {
    let [images, mut labels] = [0, 1].map(|index| std::mem::take(&mut files[index].bytes));
    labels.drain(..Kind::Labels.header_length());
    dataset(idx::pixels(images, transposed), labels)
}

/// A checked file.
struct FileContent {
    /// Where it was found.
    path: PathBuf,
    /// Its name without `.gz`.
    name: String,
    /// Its uncompressed content, header included.
    bytes: Vec<u8>,
    /// A file of this content that is not gzipped, if there is one: itself, or the copy that was kept.
    plain: Option<PathBuf>,
}

/// Finds, reads and checks the file of `set` with that index in [`FILES`].
fn read(set: &SetFiles, index: usize, cache: &Cache) -> Result<FileContent> {
    let (path, name) = set.file(index)?;
    let kind = FILES[index].kind;
    let file = File::open(&path).map_err(Error::read(&path))?;
    let mut file = io::BufReader::new(file);
    // What counts is how the content begins, not the name.
    let gzipped = file
        .fill_buf()
        .map_err(Error::read(&path))?
        .starts_with(&GZIP_MAGIC);
    let (plain, bytes) = if !gzipped {
        (Some(path.clone()), idx::read(file, kind, &path)?)
    } else if let Some((copy, bytes)) = cache.copy_of(&path, &name, kind) {
        (Some(copy), bytes)
    } else {
        (None, idx::read(MultiGzDecoder::new(file), kind, &path)?)
    };
    Ok(FileContent {
        path,
        name,
        bytes,
        plain,
    })
}

/// Lets the `mnist` crate read four files that have been found to be well-formed and of MNIST's size.
fn read_with_mnist_crate(
    folder: &Path,
    files: Vec<FileContent>,
    cache: &mut Cache,
) -> Result<(Dataset, Dataset)> {
    let mut plain = Vec::with_capacity(files.len());
    for file in files {
        // The crate wants plain files, under paths that are text.
        let path = match file.plain {
            Some(path) if path.to_str().is_some() => path,
            _ => cache.keep(&file.name, &file.bytes)?,
        };
        let Some(path) = path.to_str() else {
            return Err(Error::Data {
                path: folder.to_path_buf(),
                expected: "a folder whose name is UTF-8, here or for temporary files".to_owned(),
                found: "none".to_owned(),
                remedy: "give either another name".to_owned(),
            });
        };
        plain.push(path.to_owned());
    }
    // The crate panics on everything unexpected. All of that has been ruled out above, but for a file that somebody
    // changes or takes away between our look and the crate's: that must not end us.
    let read = std::panic::catch_unwind(|| {
        ::mnist::MnistBuilder::new()
            .base_path("")
            .training_images_filename(&plain[0])
            .training_labels_filename(&plain[1])
            .test_images_filename(&plain[2])
            .test_labels_filename(&plain[3])
            .finalize()
    });
    let read = read.map_err(|_| Error::Data {
        path: folder.to_path_buf(),
        expected: "files that stay as they are while they are read".to_owned(),
        found: "a change".to_owned(),
        remedy: "try again".to_owned(),
    })?;
    Ok((
        dataset(read.trn_img, read.trn_lbl),
        dataset(read.tst_img, read.tst_lbl),
    ))
}

/// Pixels and labels of equally many samples as a [`Dataset`].
fn dataset(images: Vec<u8>, labels: Vec<u8>) -> Dataset {
    let images = Array2::from_shape_vec((labels.len(), PIXELS), images)
        .unwrap_or_else(|_| unreachable!("the counts of images and labels were compared"));
    Dataset {
        images,
        labels: Array1::from(labels),
    }
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `mnist` crate and our own reader agree on every byte of the real files.
    #[test]
    fn the_mnist_crate_reads_what_we_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let mnist = load(&folder).unwrap();
        assert!(mnist.is_genuine());
        let set = SetFiles::find(&folder).unwrap();
        let cache = Cache::of(Path::new("/nonexistent"));
        let pair = |first| {
            of_pair(
                [first, first + 1]
                    .map(|index| read(&set, index, &cache).unwrap())
                    .into(),
                false,
            )
        };
        assert_eq!(pair(0), mnist.train);
        assert_eq!(pair(2), mnist.test);
    }
}
