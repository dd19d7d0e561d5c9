//! Fetches MNIST's files from their mirrors: where the last attempt was cut off it goes on, and only MNIST's own
//! files are kept.
//!
//! Plain HTTP will do. Each file is known by its SHA-256, whoever sends it, and there is nothing secret in asking for
//! it; TLS would take longer to compile than the whole program.

use super::idx;
use super::mnist::{MnistFile, hex};
use crate::error::{Error, Result};
use crate::files::{UNFINISHED, create_folder, open_locked, open_own};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Where MNIST's files are, under their own names and `.gz`.
///
/// ```
/// assert!(digits::dataset::fetch::MIRRORS.iter().all(|mirror| mirror.starts_with("http://")));
/// ```
pub const MIRRORS: [&str; 2] = [
    "http://ossci-datasets.s3.amazonaws.com/mnist",
    "http://storage.googleapis.com/cvdf-datasets/mnist",
];

/// How often each mirror is asked for a file.
const ATTEMPTS: usize = 3;
/// Seconds that an attempt may take; the next one goes on where it ended.
const TIMEOUT: u64 = 60;
/// The most bytes that are taken: several times MNIST's largest file.
const MAX_FILE: u64 = 64 << 20;

/// Fetches `file`, one of [`super::mnist::FILES`], into `folder`, which is made if it is missing, from the first of
/// `mirrors` that has it; whether it had to be fetched. `progress` hears how many bytes are there, and of how many if
/// that is known.
///
/// What has come of a file stays, under a name that begins with `.digits-`, until the rest comes too.
///
/// ```no_run
/// use digits::dataset::{fetch, mnist};
///
/// for file in mnist::FILES {
///     fetch::fetch(file, "data".as_ref(), &fetch::MIRRORS, &mut |_, _| {})?;
/// }
/// assert!(mnist::load("data".as_ref())?.is_genuine());
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Errors
/// [`Error::Data`] if the folder has another file of that name, or no mirror sends MNIST's; [`Error::Parameter`] if a
/// mirror's address does not begin with `http://`; [`Error::Write`] if the folder cannot be written to;
/// [`Error::System`] if another program is fetching the same file.
pub fn fetch<M: AsRef<str>>(
    file: MnistFile,
    folder: &Path,
    mirrors: &[M],
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<bool> {
    if let Some(mirror) = mirrors
        .iter()
        .map(AsRef::as_ref)
        .find(|mirror| !mirror.starts_with("http://"))
    {
        return Err(Error::parameter(
            "from",
            "an address that begins with http://",
            mirror,
        ));
    }
    create_folder(folder)?;
    if is_there(file, folder)? {
        return Ok(false);
    }
    let name = file.name;
    let path = folder.join(format!("{UNFINISHED}{name}.gz.part"));
    let mut part = part_of(name, &path)?;
    // Whoever had it locked before may have got the whole file.
    if is_there(file, folder)? {
        return fs::remove_file(&path)
            .map(|()| false)
            .map_err(Error::write(&path));
    }

    let mut problem = None;
    for mirror in std::iter::repeat_n(mirrors, ATTEMPTS).flatten() {
        let url = format!("{}/{name}.gz", mirror.as_ref().trim_end_matches('/'));
        let found = match download(&url, &mut part, &path, progress)? {
            Err(found) => found,
            Ok(()) if is_genuine(file, &mut part, &path) => {
                let archive = folder.join(format!("{name}.gz"));
                let kept = part.sync_all().and_then(|()| fs::rename(&path, &archive));
                return kept.map(|()| true).map_err(Error::write(&archive));
            }
            Ok(()) => {
                part.set_len(0).map_err(Error::write(&path))?;
                "another file, by its checksum".to_owned()
            }
        };
        problem = Some((url, found));
    }
    if part.metadata().is_ok_and(|found| found.len() == 0) {
        // It is no error if nothing more than an empty file is left behind.
        let _ = fs::remove_file(&path);
    }
    let (url, found) = problem.unwrap_or_else(|| (name.to_owned(), "no mirror".to_owned()));
    Err(Error::Data {
        path: url.into(),
        expected: "MNIST's file".to_owned(),
        found,
        remedy: "try again, which goes on where this ended, or name another mirror with --from".to_owned(),
    })
}

/// The file at `path` for what there is of `name`, made if it is not there, and kept from other programs where there
/// are locks: where there are none, two must not fetch at a time.
fn part_of(name: &str, path: &Path) -> Result<File> {
    let part = match open_locked(path) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            return Err(Error::System {
                what: "cannot fetch the data",
                reason: format!("another program is fetching {name}.gz; wait until it has"),
            });
        }
        Err(error) if error.kind() == ErrorKind::Unsupported => open_own(path),
        opened => opened,
    };
    part.map_err(Error::write(path))
}

/// Whether the file is in `folder`, gzipped or not. Another of its name is an error: it is somebody's.
fn is_there(file: MnistFile, folder: &Path) -> Result<bool> {
    let MnistFile { name, kind, sha256 } = file;
    for path in [folder.join(name), folder.join(format!("{name}.gz"))] {
        let mut found = match File::open(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::read(&path)(error)),
        };
        let is_plain =
            || idx::read(BufReader::new(&found), kind, &path).is_ok_and(|bytes| sum(&bytes) == sha256);
        if is_plain() || is_genuine(file, &mut found, &path) {
            return Ok(true);
        }
        return Err(Error::Data {
            path,
            expected: "MNIST's own file, or none".to_owned(),
            found: "another, by its checksum".to_owned(),
            remedy: "move it away, or name another folder with --data".to_owned(),
        });
    }
    Ok(false)
}

/// Whether an archive holds MNIST's file.
fn is_genuine(file: MnistFile, archive: &mut File, path: &Path) -> bool {
    let content = archive
        .rewind()
        .map_err(Error::read(path))
        .and_then(|()| idx::read(MultiGzDecoder::new(BufReader::new(archive)), file.kind, path));
    content.is_ok_and(|bytes| sum(&bytes) == file.sha256)
}

fn sum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Adds to `part` what it lacks of the file at `url`, or says what came instead.
fn download(
    url: &str,
    part: &mut File,
    path: &Path,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<std::result::Result<(), String>> {
    let mut done = part.seek(SeekFrom::End(0)).map_err(Error::write(path))?;
    let mut request = minreq::get(url).with_timeout(TIMEOUT);
    if done > 0 {
        request = request.with_header("Range", format!("bytes={done}-"));
    }
    let mut response = match request.send_lazy() {
        Ok(response) => response,
        Err(reason) => return Ok(Err(reason.to_string())),
    };
    let header = |wanted: &str| {
        let mut headers = response.headers.iter();
        let found = headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str())
    };
    let range = header("Content-Range").and_then(|range| range.strip_prefix("bytes ")?.split_once('/'));
    let total = match (response.status_code, range) {
        (206, Some((places, total))) if places.starts_with(&format!("{done}-")) => total.parse().ok(),
        (200, _) => {
            part.set_len(0).map_err(Error::write(path))?;
            done = part.seek(SeekFrom::Start(0)).map_err(Error::write(path))?;
            header("Content-Length").and_then(|length| length.parse().ok())
        }
        // Nothing lies beyond what is there: it is whole, or of something else.
        (416, _) => return Ok(Ok(())),
        (status, _) => return Ok(Err(format!("the status {status} {}", response.reason_phrase))),
    };
    let mut buffer = vec![0; 1 << 16];
    loop {
        progress(done, total);
        let read = match response.read(&mut buffer) {
            Ok(read) => read,
            Err(reason) => return Ok(Err(format!("{reason}, after {done} bytes"))),
        };
        if read == 0 {
            break;
        }
        part.write_all(&buffer[..read]).map_err(Error::write(path))?;
        done += read as u64;
        if done > MAX_FILE {
            part.set_len(0).map_err(Error::write(path))?;
            return Ok(Err(format!("more than {MAX_FILE} bytes")));
        }
    }
    match total {
        Some(total) if done < total => Ok(Err(format!("the end after {done} of {total} bytes"))),
        _ => Ok(Ok(())),
    }
}
