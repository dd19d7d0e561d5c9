//! Event files, which TensorBoard draws while training goes on.
//!
//! A file is a row of records, each framed by its length and checksums; a record is an `Event` in protocol buffers'
//! encoding. Sources, in TensorFlow's repository: `core/lib/io/record_writer.cc` and `core/lib/hash/crc32c.h` for the
//! frame and its masked CRC-32C, `core/util/event.proto` and `core/framework/summary.proto` for what a record says.
//!
//! | bytes | content                                   |
//! |-------|-------------------------------------------|
//! | 8     | length of the record, little-endian       |
//! | 4     | masked CRC-32C of these 8 bytes           |
//! | …     | the record                                |
//! | 4     | masked CRC-32C of the record              |

use crate::error::{Error, Result};
use crate::files::create_folder;
use crate::train::EpochReport;
use prost::Message;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The first record of every file.
const FILE_VERSION: &str = "brain.Event:2";

/// An event file that grows by every epoch.
pub(crate) struct EventFile {
    file: File,
    path: PathBuf,
}

impl EventFile {
    /// A new file in `folder`, which is made if it is missing. TensorBoard puts the files of a folder together in the
    /// order of their names, so that these begin with the time.
    ///
    /// # Errors
    /// [`Error::Write`] if the system refuses.
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        create_folder(folder)?;
        let (seconds, process) = (now() as u64, std::process::id());
        let path = folder.join(format!("events.out.tfevents.{seconds:010}.digits.{process}"));
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(Error::write(&path))?;
        let mut events = Self { file, path };
        events.append(&Event {
            wall_time: now(),
            file_version: Some(FILE_VERSION.to_owned()),
            ..Event::default()
        })?;
        Ok(events)
    }

    /// Appends the figures of an epoch, at once for everybody to read.
    ///
    /// # Errors
    /// [`Error::Write`] if the system refuses.
    pub(crate) fn epoch(&mut self, report: &EpochReport) -> Result<()> {
        let mut scalars = vec![
            ("loss/train", report.train_loss),
            ("accuracy/train", report.train_accuracy),
            ("learning_rate", report.rate.into()),
        ];
        if let Some((loss, accuracy)) = report.validation {
            scalars.extend([("loss/validation", loss), ("accuracy/validation", accuracy)]);
        }
        let value = scalars.into_iter().map(|(tag, number)| Value {
            tag: tag.to_owned(),
            simple_value: Some(number as f32),
        });
        self.append(&Event {
            wall_time: now(),
            step: report.epoch as i64,
            file_version: None,
            summary: Some(Summary {
                value: value.collect(),
            }),
        })
    }

    fn append(&mut self, event: &Event) -> Result<()> {
        self.file
            .write_all(&framed(&event.encode_to_vec()))
            .map_err(|error: io::Error| Error::write(&self.path)(error))
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |time| time.as_secs_f64())
}

/// A record, with its names and field numbers of `event.proto`.
#[derive(Clone, PartialEq, Message)]
struct Event {
    /// In seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

/// As in `summary.proto`.
#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

/// A record in its frame.
fn framed(record: &[u8]) -> Vec<u8> {
    let length = (record.len() as u64).to_le_bytes();
    let mut bytes = length.to_vec();
    bytes.extend(masked(crc32c(&length)).to_le_bytes());
    bytes.extend(record);
    bytes.extend(masked(crc32c(record)).to_le_bytes());
    bytes
}

/// A checksum is masked, so that checksums of data that hold checksums are no trouble.
fn masked(checksum: u32) -> u32 {
    checksum.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C, Castagnoli's polynomial (RFC 3720, section 12.1), bit by bit: records are short.
fn crc32c(bytes: &[u8]) -> u32 {
    let rest = bytes.iter().fold(!0_u32, |rest, &byte| {
        (0..8).fold(rest ^ u32::from(byte), |rest, _| {
            let polynomial = if rest & 1 == 1 { 0x82f6_3b78 } else { 0 };
            rest >> 1 ^ polynomial
        })
    });
    !rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3720, section B.4, and the check value of the CRC catalogue.
    #[test]
    fn checksums_are_the_published_ones() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        let rising: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&rising), 0x46dd_794e);
    }

    /// `tensorboard.compat.proto.event_pb2.Event(wall_time=1.5, step=300,
    /// summary=Summary(value=[Summary.Value(tag="a", simple_value=0.5)])).SerializeToString().hex()`, and
    /// `masked_crc32c` of `tensorboard.compat.tensorflow_stub.pywrap_tensorflow`.
    #[test]
    fn an_event_has_the_bytes_that_tensorboard_would_write() {
        let hex = |bytes: &[u8]| {
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<Vec<_>>()
                .concat()
        };
        let value = Value {
            tag: "a".to_owned(),
            simple_value: Some(0.5),
        };
        let event = Event {
            wall_time: 1.5,
            step: 300,
            file_version: None,
            summary: Some(Summary { value: vec![value] }),
        };
        let event = event.encode_to_vec();
        assert_eq!(hex(&event), "09000000000000f83f10ac022a0a0a080a0161150000003f");
        let framed = framed(&event);
        assert_eq!(hex(&framed[8..12]), "a37f4b22");
        assert_eq!(hex(&framed[framed.len() - 4..]), "64076a3f");
    }
}
