//! Plain copies of gzipped data files, for the reader that wants plain ones.
//!
//! A copy is taken for the archive's content only if its length and CRC-32 are those that the archive's own trailer
//! names (RFC 1952, section 2.3.1), so a copy never outlives a change of its archive.

use super::idx::{self, Kind};
use crate::error::{Error, Result};
use crate::files::AtomicFile;
use flate2::CrcReader;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where plain copies are kept: `cache` in the data folder if that can be written to, else a private folder for the
/// time of one load.
pub(super) struct Cache {
    pub(super) folder: PathBuf,
    /// Keeps the private folder alive, and removes it in the end.
    private: Option<tempfile::TempDir>,
}

impl Cache {
    /// The cache of the data folder `data`.
    pub(super) fn of(data: &Path) -> Self {
        Self {
            folder: data.join("cache"),
            private: None,
        }
    }

    /// Where the kept copy of the archive at `archive` is, and the copy, if there is one with the archive's content,
    /// and that is a whole file of its `kind`.
    pub(super) fn copy_of(&self, archive: &Path, name: &str, kind: Kind) -> Option<(PathBuf, Vec<u8>)> {
        let mut file = File::open(archive).ok()?;
        let mut trailer = [0; 8];
        file.seek(SeekFrom::End(-8)).ok()?;
        file.read_exact(&mut trailer).ok()?;
        let [c0, c1, c2, c3, l0, l1, l2, l3] = trailer;
        let (crc, length) = (
            u32::from_le_bytes([c0, c1, c2, c3]),
            u32::from_le_bytes([l0, l1, l2, l3]),
        );

        let copy = self.folder.join(name);
        if fs::metadata(&copy).ok()?.len() != u64::from(length) {
            return None;
        }
        let mut file = CrcReader::new(File::open(&copy).ok()?);
        let bytes = idx::read(&mut file, kind, &copy).ok()?;
        (file.crc().sum() == crc).then_some((copy, bytes))
    }

    /// Keeps `bytes` as `name`, atomically; where they are. It is in a private folder if the data folder's name is
    /// not text, which the reader of plain files wants, or if it is read-only, or full, or has something else in the
    /// place of a copy.
    pub(super) fn keep(&mut self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let file = self.folder.join(name);
        let written = match self.folder.to_str() {
            Some(_) if is_itself(&self.folder) && is_itself(&file) => {
                // Locked, so that what is left of an interrupted one is taken over by the next.
                AtomicFile::create(&file)
                    .and_then(AtomicFile::lock)
                    .and_then(|file| file.finish(bytes))
            }
            _ => Err(Error::write(&file)(std::io::ErrorKind::InvalidFilename.into())),
        };
        match written {
            Ok(()) => Ok(file),
            Err(error) if self.private.is_some() => Err(error),
            Err(_) => {
                let private = tempfile::tempdir().map_err(Error::write(&std::env::temp_dir()))?;
                self.folder = private.path().to_path_buf();
                self.private = Some(private);
                self.keep(name, bytes)
            }
        }
    }
}

/// Whether `path` is a file or a folder itself, or nothing yet. A data folder may be a stranger's: a link in it may
/// lead to any file of ours, and a pipe may have nobody at its other end.
fn is_itself(path: &Path) -> bool {
    fs::symlink_metadata(path).map_or(true, |found| found.is_file() || found.is_dir())
}
