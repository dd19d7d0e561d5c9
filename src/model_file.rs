//! Model files: a plain record of ours, encoded by bincode behind a header. The only room that names bincode.
//!
//! | bytes | content                                                  |
//! |-------|----------------------------------------------------------|
//! | 8     | magic, `DIGITS\r\n`: also catches a file mangled as text |
//! | 4     | format version, little-endian                            |
//! | 8     | length of the payload in bytes, little-endian            |
//! | 32    | SHA-256 of the payload                                   |
//! | …     | payload: the record, bincode 2, standard configuration   |
//!
//! The record is not the network's own types, so that those may change while old files keep loading; variants are only
//! ever appended. It holds no clock, path or thread count: the same training writes the same bytes.

mod record;

pub use crate::model::Model;

use crate::error::{Error, Result};
use crate::files::AtomicFile;
use record::Record;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;

const MAGIC: &[u8; 8] = b"DIGITS\r\n";
const VERSION: u32 = 1;
const HEADER_LENGTH: usize = 8 + 4 + 8 + 32;
/// The largest payload, in bytes: room for 60 million weights, and a bound on what a hostile file can make us allocate.
const MAX_PAYLOAD: usize = 256 << 20;

impl Model {
    /// The file's bytes.
    ///
    /// ```
    /// let model = digits::Recognizer::builtin()?.into_model();
    /// assert!(model.to_bytes()?.starts_with(b"DIGITS\r\n"));
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::System`] if the model is too large for the format.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let payload = bincode::serde::encode_to_vec(Record::from(self), bincode::config::standard());
        let payload = payload.map_err(|reason| Error::System {
            what: "cannot encode the model",
            reason: reason.to_string(),
        })?;
        if payload.len() > MAX_PAYLOAD {
            let reason = format!(
                "it has {} bytes, and a model file at most {MAX_PAYLOAD}",
                payload.len()
            );
            return Err(Error::System {
                what: "the model is too large",
                reason,
            });
        }
        let mut bytes = Vec::with_capacity(HEADER_LENGTH + payload.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&Sha256::digest(&payload));
        bytes.extend_from_slice(&payload);
        Ok(bytes)
    }

    /// Reads a model from the bytes of a file; `path` is for messages.
    ///
    /// ```
    /// use digits::model_file::Model;
    ///
    /// let error = Model::from_bytes(b"not a model", "a.bin".as_ref()).unwrap_err();
    /// assert!(error.to_string().starts_with("a.bin: expected a model file of digits"));
    /// ```
    ///
    /// # Errors
    /// [`Error::Model`] if they are not a whole, unchanged and consistent model of this format.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self> {
        let malformed = |expected: &str, found: String, remedy: &str| Error::Model {
            path: path.to_path_buf(),
            expected: expected.to_owned(),
            found,
            remedy: remedy.to_owned(),
        };
        let damaged = |expected: &str, found| malformed(expected, found, "copy or train the model again");
        let Some((header, payload)) = bytes
            .split_at_checked(HEADER_LENGTH)
            .filter(|(head, _)| head.starts_with(MAGIC))
        else {
            let found = format!("a file of {} bytes that does not begin like one", bytes.len());
            return Err(malformed(
                "a model file of digits",
                found,
                "make one with `digits train`",
            ));
        };
        let number = |range: std::ops::Range<usize>| {
            header[range]
                .iter()
                .rev()
                .fold(0_u64, |number, &byte| number << 8 | u64::from(byte))
        };
        let version = number(8..12);
        if version != u64::from(VERSION) {
            let remedy = "use the release of digits that wrote it, or train again";
            return Err(malformed(
                &format!("format version {VERSION}"),
                version.to_string(),
                remedy,
            ));
        }
        let length = number(12..20);
        if length != payload.len() as u64 || payload.len() > MAX_PAYLOAD {
            return Err(damaged(
                &format!("a payload of {length} bytes"),
                format!("{} bytes", payload.len()),
            ));
        }
        if Sha256::digest(payload)[..] != header[20..] {
            return Err(damaged(
                "the checksum in its header",
                "another: some byte has changed".to_owned(),
            ));
        }
        let limited = bincode::config::standard().with_limit::<MAX_PAYLOAD>();
        let (record, read): (Record, usize) = bincode::serde::decode_from_slice(payload, limited)
            .map_err(|reason| damaged("a record of a model", reason.to_string()))?;
        if read != payload.len() {
            return Err(damaged(
                "a record that fills the file",
                format!("{} bytes more", payload.len() - read),
            ));
        }
        record
            .check()
            .map_err(|problem| damaged("a consistent model", problem))
    }

    /// Loads the file at `path`.
    ///
    /// ```no_run
    /// let model = digits::model_file::Model::load("models/digits.bin".as_ref())?;
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Read`] if it cannot be read, else as [`Model::from_bytes`].
    pub fn load(path: &Path) -> Result<Self> {
        let file = std::fs::File::open(path).map_err(Error::read(path))?;
        let mut bytes = Vec::new();
        file.take((HEADER_LENGTH + MAX_PAYLOAD + 1) as u64)
            .read_to_end(&mut bytes)
            .map_err(Error::read(path))?;
        Self::from_bytes(&bytes, path)
    }

    /// Saves to `path`, atomically.
    ///
    /// ```no_run
    /// let model = digits::Recognizer::builtin()?.into_model();
    /// model.save("copy.bin".as_ref())?;
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Write`] if the system refuses; what was there before is still there then.
    pub fn save(&self, path: &Path) -> Result<()> {
        AtomicFile::create(path)?.finish(&self.to_bytes()?)
    }
}
