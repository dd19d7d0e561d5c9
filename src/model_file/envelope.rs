//! What our binary files have in common: a header that tells whether the payload behind it is whole, and unchanged.

use crate::error::{Error, Result};
use bincode::error::DecodeError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;

const HEADER_LENGTH: usize = 8 + 4 + 8 + 32;

/// The largest payload of any kind of file, in bytes.
pub(super) const MAX_PAYLOAD: usize = 5 * super::MAX_MODEL;

/// A kind of file.
pub(super) struct Envelope {
    /// How it begins.
    pub(super) magic: &'static [u8; 8],
    pub(super) version: u32,
    /// The largest payload in bytes: a bound on what a hostile file can make us allocate.
    pub(super) most: usize,
    /// What it is called: "model".
    pub(super) name: &'static str,
    /// How to get one.
    pub(super) source: &'static str,
    /// What to do about a damaged one.
    pub(super) cure: &'static str,
}

impl Envelope {
    /// The file whose payload is `record`.
    pub(super) fn seal(&self, record: &impl Serialize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; HEADER_LENGTH];
        bincode::serde::encode_into_std_write(record, &mut bytes, bincode::config::standard()).map_err(
            |reason| Error::System {
                what: "cannot encode what is to be saved",
                reason: format!("the {}: {reason}", self.name),
            },
        )?;
        let (header, payload) = bytes.split_at_mut(HEADER_LENGTH);
        if payload.len() > self.most {
            let (name, length, most) = (self.name, payload.len(), self.most);
            return Err(Error::System {
                what: "too large to be saved",
                reason: format!("the {name} has {length} bytes, and its file at most {most}"),
            });
        }
        header[..8].copy_from_slice(self.magic);
        header[8..12].copy_from_slice(&self.version.to_le_bytes());
        header[12..20].copy_from_slice(&(payload.len() as u64).to_le_bytes());
        header[20..].copy_from_slice(&Sha256::digest(payload));
        Ok(bytes)
    }

    /// The record in the file that consists of `bytes`; `path` is for messages.
    pub(super) fn open<'a, R: Deserialize<'a>>(&self, bytes: &'a [u8], path: &Path) -> Result<R> {
        let malformed = |expected: String, found: String, remedy: &str| Error::Model {
            path: path.to_path_buf(),
            expected,
            found,
            remedy: remedy.to_owned(),
        };
        let Some((header, payload)) = bytes
            .split_at_checked(HEADER_LENGTH)
            .filter(|(head, _)| head.starts_with(self.magic))
        else {
            let length = bytes.len();
            let found = if bytes.starts_with(self.magic) {
                format!("the first {length} bytes of one")
            } else {
                "a file that does not begin like one".to_owned()
            };
            return Err(malformed(
                format!("a {} file of digits", self.name),
                found,
                self.source,
            ));
        };
        let number = |range: std::ops::Range<usize>| {
            header[range]
                .iter()
                .rev()
                .fold(0_u64, |number, &byte| number << 8 | u64::from(byte))
        };
        let version = number(8..12);
        if version != u64::from(self.version) {
            let expected = format!("format version {}", self.version);
            let remedy = "use the release of digits that wrote it, or train again";
            return Err(malformed(expected, version.to_string(), remedy));
        }
        let length = number(12..20);
        if length != payload.len() as u64 || payload.len() > self.most {
            let found = format!("{} bytes", payload.len());
            return Err(self.damaged(path, &format!("a payload of {length} bytes"), found));
        }
        if Sha256::digest(payload)[..] != header[20..] {
            let found = "another: some byte has changed".to_owned();
            return Err(self.damaged(path, "the checksum in its header", found));
        }
        let limited = bincode::config::standard().with_limit::<MAX_PAYLOAD>();
        let (record, read) =
            bincode::serde::borrow_decode_from_slice(payload, limited).map_err(|reason| {
                let found = match reason {
                    // In words of ours, which the decoder shows in quotes and by another name.
                    DecodeError::OtherString(words) => words,
                    reason => reason.to_string(),
                };
                self.damaged(path, &format!("a record of a {}", self.name), found)
            })?;
        if read != payload.len() {
            let found = format!("{} bytes more", payload.len() - read);
            return Err(self.damaged(path, "a record that fills the file", found));
        }
        Ok(record)
    }

    /// The error of a file that is not as it was written.
    pub(super) fn damaged(&self, path: &Path, expected: &str, found: String) -> Error {
        Error::Model {
            path: path.to_path_buf(),
            expected: expected.to_owned(),
            found,
            remedy: self.cure.to_owned(),
        }
    }

    /// The bytes of the file at `path`, as many as such a file may have, and one more.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>> {
        let file = std::fs::File::open(path).map_err(Error::read(path))?;
        let mut bytes = Vec::new();
        file.take((HEADER_LENGTH + self.most + 1) as u64)
            .read_to_end(&mut bytes)
            .map_err(Error::read(path))?;
        Ok(bytes)
    }
}
