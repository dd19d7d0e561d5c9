//! Which files `digits predict` reads.

use crate::cli::output::counted;
use crate::error::{Error, Result};
use crate::files::UNFINISHED;
use std::fs::DirEntry;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest picture file that is read, in bytes.
const MAX_FILE: u64 = 256 << 20;
/// Names of pictures in a folder end in one of these.
const EXTENSIONS: [&str; 13] = [
    "png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "pnm", "pbm", "pgm", "ppm", "jpe",
];

/// What is in the folders that were named, and what else was.
#[derive(Default)]
pub(in crate::cli) struct Found {
    /// What is to be read: those of folders (and of folders in them) in the order of their names.
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Files in folders that were left out since their names are not those of pictures.
    pub(in crate::cli) skipped: usize,
    /// Folders, or files in them, that cannot be looked at; and folders without pictures.
    pub(in crate::cli) unread: Vec<Error>,
}

/// The pictures that `paths` name.
pub(in crate::cli) fn expand(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for path in paths {
        if path.is_dir() {
            let before = (found.files.len(), found.skipped, found.unread.len());
            found.walk(path);
            if (found.files.len(), found.unread.len()) == (before.0, before.2) {
                found.unread.push(Error::Data {
                    path: path.clone(),
                    expected: "a folder of pictures".to_owned(),
                    found: format!("no picture among {}", counted(found.skipped - before.1, "file")),
                    remedy: format!("name pictures so that they end in {}", EXTENSIONS.join(", ")),
                });
            }
        } else {
            found.files.push(path.clone());
        }
    }
    found
}

impl Found {
    /// Adds what is in `folder`.
    fn walk(&mut self, folder: &Path) {
        let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        match entries {
            Ok(mut entries) => {
                entries.sort_by_key(DirEntry::file_name);
                for entry in &entries {
                    self.add(entry);
                }
            }
            Err(error) => self.unread.push(Error::read(folder)(error)),
        }
    }

    /// Adds an entry of a folder.
    fn add(&mut self, entry: &DirEntry) {
        let path = entry.path();
        match entry.file_type() {
            Err(error) => self.unread.push(Error::read(&path)(error)),
            // A link to a folder may lead back here, so only real folders are entered.
            Ok(kind) if kind.is_dir() => self.walk(&path),
            Ok(_) if entry.file_name().to_string_lossy().starts_with(UNFINISHED) => {}
            // What cannot be looked at will be an error; a pipe or a link to a folder is no picture.
            Ok(_) if is_picture(&path) && path.metadata().map_or(true, |found| found.is_file()) => {
                self.files.push(path);
            }
            Ok(_) => self.skipped += 1,
        }
    }
}

fn is_picture(path: &Path) -> bool {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    EXTENSIONS.contains(&extension.as_str())
}

/// The bytes of a picture file, or of stdin for `-`.
pub(in crate::cli) fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(MAX_FILE + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
    };
    read.map_err(Error::read(path))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Error::Picture {
            problem: format!("expected at most {MAX_FILE} bytes, found more"),
            remedy: "make it smaller".to_owned(),
        });
    }
    Ok(bytes)
}
