//! Files that are whole or not there: written under a temporary name, synced, then renamed.

use crate::error::{Error, Result};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file that appears under its name only once all of it is written; dropped before that, it leaves no trace.
///
/// Opened before long work, so that a place that cannot be written to is found at once.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl AtomicFile {
    /// Starts the file that will be at `path`; a missing folder is made.
    ///
    /// # Errors
    /// [`Error::Write`] if the folder does not let us, or something other than a file is in the way.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Err(Error::write(path)(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(Error::write(path))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".digits-");
        // A temporary file is private by default; ours becomes an ordinary one, under the user's umask.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).map_err(Error::write(path))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
        })
    }

    /// Writes `bytes` as the whole content, syncs and renames.
    ///
    /// # Errors
    /// [`Error::Write`] if the system refuses; what was at the path before is still there then.
    pub(crate) fn finish(mut self, bytes: &[u8]) -> Result<()> {
        let write = |file: &mut NamedTempFile| -> io::Result<()> {
            file.write_all(bytes)?;
            file.as_file().sync_all()
        };
        write(&mut self.file).map_err(Error::write(&self.path))?;
        self.file
            .persist(&self.path)
            .map_err(|error| Error::write(&self.path)(error.error))?;
        Ok(())
    }
}
