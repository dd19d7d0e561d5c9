//! Which files are a data set: four of one folder, under MNIST's names or under names that end like them.
//!
//! The folder that EMNIST comes in holds several sets, whose files are called
//! `emnist-letters-train-images-idx3-ubyte.gz`, `emnist-letters-test-images-idx3-ubyte.gz` and so on. Such a set is
//! named by what its files have in common, as if that were a folder of its own: `gzip/emnist-letters`.

use super::mnist::FILES;
use crate::error::{Error, Result};
use crate::files::UNFINISHED;
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What stands between what a set is called and the rest of its files' names.
const SEPARATORS: [char; 3] = ['-', '_', '.'];

/// Where a set's files are.
pub(super) struct SetFiles {
    /// The folder that they are in.
    pub(super) folder: PathBuf,
    /// How their names begin: with nothing for MNIST's own, else like `emnist-letters-`.
    pub(super) prefix: String,
}

impl SetFiles {
    /// The set in the folder at `path`, or the one of that name in the folder above.
    pub(super) fn find(path: &Path) -> Result<Self> {
        let of = |folder: &Path, prefix: String| Self {
            folder: folder.to_path_buf(),
            prefix,
        };
        if !path.is_dir()
            && let (Some(folder), Some(name)) = (path.parent(), path.file_name())
        {
            let named = |prefix: &String| name == prefix.trim_end_matches(SEPARATORS);
            if let Some(prefix) = prefixes(folder).into_iter().find(named) {
                return Ok(of(folder, prefix));
            }
        }
        let prefixes = prefixes(path);
        // Where nothing is found, it is MNIST's own names that are missing.
        if prefixes.is_empty() || prefixes.contains("") {
            return Ok(of(path, String::new()));
        }
        let sets: Vec<&str> = prefixes
            .iter()
            .map(|prefix| prefix.trim_end_matches(SEPARATORS))
            .collect();
        if sets.len() > 1 {
            return Err(Error::Data {
                path: path.to_path_buf(),
                expected: "one data set".to_owned(),
                found: format!("{}: {}", sets.len(), sets.join(", ")),
                remedy: format!("name one of them: --data {}", path.join(sets[0]).display()),
            });
        }
        Ok(of(path, prefixes.into_iter().collect()))
    }

    /// Whether any file in `folder` is called like one of a set.
    pub(super) fn any_in(folder: &Path) -> bool {
        !prefixes(folder).is_empty()
    }

    /// Whether its images lie with rows for columns, as all of EMNIST's do.
    pub(super) fn transposed(&self) -> bool {
        self.prefix.starts_with("emnist-")
    }

    /// Where the names of its classes may stand: in a list of them, or in EMNIST's mapping.
    pub(super) fn of_names(&self) -> [PathBuf; 2] {
        ["classes.txt".to_owned(), format!("{}mapping.txt", self.prefix)].map(|name| self.folder.join(name))
    }

    /// Every path at which one of its files would be looked for, and those of their plain copies in the folder
    /// `copies`.
    pub(super) fn places(&self, copies: &Path) -> Vec<PathBuf> {
        let spelled = FILES.iter().flat_map(|file| spellings(file.name));
        let names: Vec<String> = spelled.map(|name| format!("{}{name}", self.prefix)).collect();
        let places = |name: &String| {
            let archive = self.folder.join(format!("{name}.gz"));
            [self.folder.join(name), archive, copies.join(name)]
        };
        names.iter().flat_map(places).collect()
    }

    /// The path of the file with that index in [`FILES`], and its name without `.gz`.
    ///
    /// # Errors
    /// [`Error::Data`] if there is none, [`Error::Read`] if we may not see whether there is.
    pub(super) fn file(&self, index: usize) -> Result<(PathBuf, String)> {
        for name in spellings(FILES[index].name) {
            let plain = format!("{}{name}", self.prefix);
            for name in [plain.clone(), format!("{plain}.gz")] {
                let path = self.folder.join(name);
                match path.symlink_metadata() {
                    // A link that leads nowhere is there too: it is what has to be mended.
                    Ok(_) => return Ok((path, plain)),
                    Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                        return Err(Error::read(&path)(error));
                    }
                    Err(_) => {}
                }
            }
        }
        // Files of other sets' names may be in a folder that may not be listed.
        if let Err(error) = fs::read_dir(&self.folder)
            && error.kind() == ErrorKind::PermissionDenied
        {
            return Err(Error::read(&self.folder)(error));
        }
        let name = format!("{}{}", self.prefix, FILES[index].name);
        let found = if self.folder.is_dir() {
            format!("neither {name} nor {name}.gz")
        } else {
            let there = self.folder.exists();
            if there { "a file" } else { "no folder of that name" }.to_owned()
        };
        Err(Error::Data {
            path: self.folder.clone(),
            expected:
                "the four files of MNIST or of a set like it, or train.csv of Kaggle's Digit Recognizer"
                    .to_owned(),
            found,
            remedy: "name their folder with --data or DIGITS_DATA, or get them by `digits data fetch`"
                .to_owned(),
        })
    }
}

/// MNIST's name of a file, and how others write it.
fn spellings(name: &str) -> [String; 4] {
    let test = name.replace("t10k", "test");
    [
        name.to_owned(),
        test.clone(),
        name.replace("-idx", ".idx"),
        test.replace("-idx", ".idx"),
    ]
}

/// What the files of every set in `folder` begin with.
fn prefixes(folder: &Path) -> BTreeSet<String> {
    let endings: Vec<String> = FILES.iter().flat_map(|file| spellings(file.name)).collect();
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let prefix = |name: String| {
        let plain = name.strip_suffix(".gz").unwrap_or(&name);
        let prefix = endings
            .iter()
            .find_map(|ending| plain.strip_suffix(ending.as_str()));
        prefix.map(str::to_owned)
    };
    // A file of ours that is being written has its place here, and is no data yet.
    let written = |name: &String| !name.starts_with(UNFINISHED);
    names.filter(written).filter_map(prefix).collect()
}
