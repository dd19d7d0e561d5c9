//! Files that are whole or not there: written under a temporary name, synced, then renamed.

use crate::error::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file that appears under its name only once all of it is written; dropped before that, it leaves no trace but the
/// folders it needed. (A process that is killed leaves its temporary file behind, `.digits-…`.)
///
/// Opened before long work, so that a place that cannot be written to is found at once. A symbolic link stays one: the
/// file it leads to is replaced. What is no file at all, a pipe or a device, is written to as it is.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    path: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// A temporary file, to be renamed.
    Temporary(NamedTempFile),
    /// A pipe or a device.
    Stream(File),
}

impl AtomicFile {
    /// Starts the file that will be at `path`; a missing folder is made.
    ///
    /// # Errors
    /// [`Error::Write`] if the folder does not let us, or something other than a file is in the way.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        // A trailing slash asks for a folder.
        let names_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        // Those of a file that is replaced.
        let mut permissions = None;
        let refused = |kind: ErrorKind| Error::write(path)(io::Error::from(kind));
        let path = match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(refused(ErrorKind::IsADirectory)),
            Ok(found) if !found.is_file() => {
                let file = OpenOptions::new()
                    .write(true)
                    .open(path)
                    .map_err(Error::write(path))?;
                return Ok(Self {
                    path: path.to_path_buf(),
                    target: Target::Stream(file),
                });
            }
            Ok(found) => {
                permissions = Some(found.permissions());
                fs::canonicalize(path).map_err(Error::write(path))?
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::write(path)(error)),
            // A link that leads nowhere: where its file should be is for its owner to say.
            Err(error) if fs::symlink_metadata(path).is_ok() => return Err(Error::write(path)(error)),
            Err(_) if names_folder => return Err(refused(ErrorKind::IsADirectory)),
            Err(_) => path.to_path_buf(),
        };
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(Error::write(&path))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".digits-");
        // A temporary file is private by default; ours becomes an ordinary one, under the user's umask.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // The temporary file's own name would only confuse.
        let temporary = builder
            .tempfile_in(folder)
            .map_err(|error| Error::write(&path)(error.kind().into()))?;
        if let Some(permissions) = permissions {
            temporary
                .as_file()
                .set_permissions(permissions)
                .map_err(Error::write(&path))?;
        }
        Ok(Self {
            path,
            target: Target::Temporary(temporary),
        })
    }

    /// Whether it is a file, and not a pipe or a device.
    #[cfg(feature = "cli")]
    pub(crate) fn is_file(&self) -> bool {
        matches!(self.target, Target::Temporary(_))
    }

    /// Writes `bytes` as the whole content, syncs and renames.
    ///
    /// # Errors
    /// [`Error::Write`] if the system refuses; what was at the path before is still there then.
    pub(crate) fn finish(self, bytes: &[u8]) -> Result<()> {
        let written = match self.target {
            Target::Stream(mut stream) => stream.write_all(bytes),
            Target::Temporary(mut file) => file
                .write_all(bytes)
                .and_then(|()| file.as_file().sync_all())
                .and_then(|()| Ok(file.persist(&self.path).map(drop)?)),
        };
        written.map_err(Error::write(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_a_link_and_a_folder_or_an_impossible_name_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("old"), "old").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("old"), at("link")).unwrap();
            AtomicFile::create(&at("link")).unwrap().finish(b"new").unwrap();
            assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
            assert_eq!(fs::read(at("old")).unwrap(), b"new");
            std::os::unix::fs::symlink(at("nowhere"), at("dangling")).unwrap();
            assert!(AtomicFile::create(&at("dangling")).is_err());
            fs::remove_file(at("dangling")).unwrap();
            AtomicFile::create(Path::new("/dev/null"))
                .unwrap()
                .finish(b"nothing")
                .unwrap();
            assert!(!fs::metadata("/dev/null").unwrap().is_file());
        }
        for name in ["", "sub/", "old/below", &"n".repeat(300)] {
            assert!(
                matches!(AtomicFile::create(&at(name)), Err(Error::Write { .. })),
                "{name}"
            );
        }
        // Given up, it leaves nothing behind.
        drop(AtomicFile::create(&at("other")).unwrap());
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            if cfg!(unix) { 2 } else { 1 }
        );
    }
}
