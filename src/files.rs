//! Files that are whole or not there: written under a temporary name, synced, then renamed.

use crate::error::{Error, Result};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;
use tempfile::{NamedTempFile, TempPath};

/// How often a file is locked in vain, and how often a temporary file that is renamed or removed while we wait for
/// its lock is made again.
const TRIES: usize = 16;
/// How long to wait between two attempts to lock a file that is in use.
const PAUSE: Duration = Duration::from_millis(5);
/// How the names of unfinished files begin.
pub(crate) const UNFINISHED: &str = ".digits-";
/// Why a file cannot be written.
const NO_FILE: &str = "something that is no file is in its place";

/// A file that appears under its name only once all of it is written; dropped before that, it leaves no trace but the
/// folders it needed. (A process that is killed while it writes, or holds a lock, leaves a temporary file behind,
/// `.digits-…`.)
///
/// Made before long work, so that a place that cannot be written to is found at once. A symbolic link stays one: the
/// file it leads to is replaced. A file that nobody may write to is not. What is no file at all, a pipe or a device,
/// is written to as it is.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    /// As it was asked for.
    name: PathBuf,
    /// Where that leads.
    path: PathBuf,
    /// Those of the file that is replaced.
    permissions: Option<Permissions>,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// A file that has a temporary one when it is written.
    File,
    /// A temporary file, locked, to be renamed.
    Locked(NamedTempFile),
    /// A pipe or a device.
    Stream(File),
}

impl AtomicFile {
    /// Starts the file that will be at `name`; a missing folder is made.
    ///
    /// # Errors
    /// [`Error::Write`] if the folder does not let us, or something other than a file is in the way.
    pub(crate) fn create(name: &Path) -> Result<Self> {
        // A trailing slash asks for a folder.
        let names_folder = name.as_os_str().as_encoded_bytes().ends_with(b"/");
        let mut permissions = None;
        let refused = |kind: ErrorKind| Error::write(name)(io::Error::from(kind));
        let path = match fs::metadata(name) {
            Ok(found) if found.is_dir() => return Err(refused(ErrorKind::IsADirectory)),
            Ok(found) if !found.is_file() => {
                let file = OpenOptions::new()
                    .write(true)
                    .open(name)
                    .map_err(Error::write(name))?;
                return Ok(Self {
                    name: name.to_path_buf(),
                    path: name.to_path_buf(),
                    permissions,
                    target: Target::Stream(file),
                });
            }
            // Its folder would let it be replaced all the same.
            Ok(found) if found.permissions().readonly() => return Err(refused(ErrorKind::PermissionDenied)),
            Ok(found) => {
                permissions = Some(found.permissions());
                fs::canonicalize(name).map_err(Error::write(name))?
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::write(name)(error)),
            // A link that leads nowhere: where its file should be is for its owner to say.
            Err(_) if fs::symlink_metadata(name).is_ok() => {
                return Err(Error::write(name)(io::Error::other(
                    "it is a link that leads nowhere",
                )));
            }
            Err(_) if names_folder => return Err(refused(ErrorKind::IsADirectory)),
            Err(_) => name.to_path_buf(),
        };
        fs::create_dir_all(folder_of(&path)).map_err(Error::write(name))?;
        // Whether there can be a temporary file is seen now; it would be left behind if the process ended before it
        // is needed. Its name is the one that the next process would take over, and in use only where there can be
        // one; only if that name is taken by something else, or there are no locks, it is another.
        match locked_temporary(&path) {
            Ok(probe) => drop(probe),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => drop(private_temporary(&path).map_err(Error::write(name))?),
        }
        Ok(Self {
            name: name.to_path_buf(),
            path,
            permissions,
            target: Target::File,
        })
    }

    /// Makes it a file that only one process at a time may be about to write: until this one is finished or dropped,
    /// or its process ends in any way, others are refused.
    ///
    /// The lock is the system's, on a temporary file whose name follows from the path. So a killed process leaves no
    /// lock, and what it leaves of its temporary file is taken over by the next one. To be called when long
    /// preparations are over.
    ///
    /// # Errors
    /// [`Error::Busy`] if another process is about to write it, [`Error::Write`] if the folder does not let us.
    pub(crate) fn lock(self) -> Result<Self> {
        if !self.is_file() {
            return Ok(self);
        }
        for left in (0..TRIES).rev() {
            match locked_temporary(&self.path) {
                Ok(temporary) => {
                    return Ok(Self {
                        target: Target::Locked(temporary),
                        ..self
                    });
                }
                Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(self),
                // Another process may only be looking whether there can be such a file.
                Err(error) if error.kind() == ErrorKind::WouldBlock && left > 0 => sleep(PAUSE),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(Error::write(&self.name)(error)),
            }
        }
        Err(Error::Busy { path: self.name })
    }

    /// [`AtomicFile::create`] of a file whose name is ours, beside or in what was asked for: a pipe or a device in
    /// its place is refused, for nobody need be at its other end.
    ///
    /// # Errors
    /// [`Error::Write`] if something that is no file is in its place, else as [`AtomicFile::create`].
    #[cfg(feature = "cli")]
    pub(crate) fn create_within(path: &Path) -> Result<Self> {
        refuse_stream(path)?;
        Self::create(path)
    }

    /// Whether it is a file, and not a pipe or a device.
    pub(crate) fn is_file(&self) -> bool {
        !matches!(self.target, Target::Stream(_))
    }

    /// Writes `bytes` as the whole content, syncs and renames.
    ///
    /// # Errors
    /// [`Error::Write`] if the system refuses; what was at the path before is still there then.
    pub(crate) fn finish(self, bytes: &[u8]) -> Result<()> {
        let written = match self.target {
            Target::Stream(mut stream) => stream.write_all(bytes),
            Target::Locked(file) => replace(file, &self.path, self.permissions, bytes),
            Target::File => private_temporary(&self.path)
                .and_then(|file| replace(file, &self.path, self.permissions, bytes)),
        };
        written.map_err(Error::write(&self.name))
    }
}

/// Makes the folder at `path`, and those above it, unless they are there.
///
/// # Errors
/// [`Error::Write`] if the system refuses, or something else is in its place.
#[cfg(any(feature = "cli", feature = "fetch"))]
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_dir()) {
        let taken = "it is no folder, which it should be";
        return Err(Error::write(path)(io::Error::other(taken)));
    }
    fs::create_dir_all(path).map_err(Error::write(path))
}

/// Refuses what is there and no file.
#[cfg(feature = "cli")]
fn refuse_stream(path: &Path) -> Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(Error::write(path)(io::Error::other(NO_FILE)));
    }
    Ok(())
}

/// The folder that `path` is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A temporary file beside `path` of a name that nobody else has.
fn private_temporary(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    // A temporary file is private by default; ours becomes an ordinary one, under the user's umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
        .tempfile_in(folder_of(path))
        .map_err(|error| error.kind().into())
}

/// The temporary file beside `path` that every process would make for it, locked: [`ErrorKind::WouldBlock`] if it is
/// in use, [`ErrorKind::Unsupported`] where there are no locks.
fn locked_temporary(path: &Path) -> io::Result<NamedTempFile> {
    let mut name = OsString::from(UNFINISHED);
    name.push(path.file_name().ok_or(ErrorKind::InvalidFilename)?);
    let name = path.with_file_name(name);
    match open_locked(&name) {
        Ok(file) => Ok(NamedTempFile::from_parts(file, TempPath::try_from_path(name)?)),
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            // Nobody else has use for that name then. Another process that found the same may have removed it.
            let _ = fs::remove_file(&name);
            Err(error)
        }
        Err(error) if error.kind() == ErrorKind::Other => {
            let name = name.display();
            Err(io::Error::other(format!("its temporary file {name}: {error}")))
        }
        Err(error) => Err(error),
    }
}

/// The file of our own at `name`, made if it is not there, to be read and written.
pub(crate) fn open_own(name: &Path) -> io::Result<File> {
    // A link would lead elsewhere, and a pipe be waited for.
    if fs::symlink_metadata(name).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other(NO_FILE));
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(name)
}

/// [`open_own`], locked until it is closed: [`ErrorKind::WouldBlock`] if it is in use, [`ErrorKind::Unsupported`]
/// where there are no locks, which not every file system has.
pub(crate) fn open_locked(name: &Path) -> io::Result<File> {
    for _ in 0..TRIES {
        let file = open_own(name)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => ErrorKind::WouldBlock,
            TryLockError::Error(_) => ErrorKind::Unsupported,
        })?;
        // Between our opening and locking, its last owner may have renamed or removed it.
        if is_named(&file, name)? {
            return Ok(file);
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Whether `file` is what stands at `name`, itself and not behind a link.
#[cfg(unix)]
fn is_named(file: &File, name: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let own = file.metadata()?;
    match fs::symlink_metadata(name) {
        Ok(there) => Ok((own.dev(), own.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether `file` is what stands at `name`: where files have no numbers, an open one cannot be replaced.
#[cfg(not(unix))]
fn is_named(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

/// Writes `bytes` into `file` and gives it the name `path`.
fn replace(
    mut file: NamedTempFile,
    path: &Path,
    permissions: Option<Permissions>,
    bytes: &[u8],
) -> io::Result<()> {
    // A killed process may have left something in it.
    file.as_file().set_len(0)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    // By itself the temporary file would add its own name to an error.
    file.as_file_mut().write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(folder_of(path));
    Ok(())
}

/// Brings the new name to the disk too. The file is whole and in its place by now, and not every file system can sync
/// a folder: so a refusal is no failure.
#[cfg(unix)]
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Elsewhere a folder cannot be opened as a file.
#[cfg(not(unix))]
fn sync_folder(_: &Path) {}

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
        #[cfg(unix)]
        {
            let mut protected = fs::metadata(at("old")).unwrap().permissions();
            protected.set_readonly(true);
            fs::set_permissions(at("old"), protected).unwrap();
            assert!(matches!(AtomicFile::create(&at("old")), Err(Error::Write { .. })));
        }
        // Given up, it leaves nothing behind; nor while it waits.
        let waits = AtomicFile::create(&at("waits")).unwrap();
        let names = fs::read_dir(folder.path()).unwrap();
        let unfinished = |name: &OsString| name.to_string_lossy().starts_with(".digits-");
        assert!(!names.flatten().any(|entry| unfinished(&entry.file_name())));
        drop(waits);
        drop(AtomicFile::create(&at("other")).unwrap());
        drop(AtomicFile::create(&at("other")).unwrap().lock().unwrap());
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            if cfg!(unix) { 2 } else { 1 }
        );
    }
    #[test]
    fn one_process_at_a_time_and_what_a_killed_one_leaves_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at(".digits-m"), "half of something that was longer").unwrap();
        let locked = |name| AtomicFile::create(&at(name)).and_then(AtomicFile::lock);
        let first = locked("m").unwrap();
        assert!(matches!(locked("m"), Err(Error::Busy { .. })));
        first.finish(b"whole").unwrap();
        assert_eq!(fs::read(at("m")).unwrap(), b"whole");
        drop(locked("m").unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

        // A link under the temporary name leads nowhere where we would write.
        #[cfg(unix)]
        {
            fs::write(at("precious"), "kept").unwrap();
            std::os::unix::fs::symlink(at("precious"), at(".digits-m")).unwrap();
            assert!(matches!(locked("m"), Err(Error::Write { .. })));
            assert_eq!(fs::read(at("precious")).unwrap(), b"kept");
        }
    }
}
