//! What people marked as right or wrong, kept as a picture and a JSON file beside it.
//!
//! The picture's name begins with the digit that it shows, so that the folder is one that `digits predict --labels
//! names` and others understand.

use super::routes::Shared;
use crate::dataset::mnist::hex;
use crate::error::{Error, Result};
use crate::files::AtomicFile;
use crate::recognizer::Status;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::PoisonError;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes of a picture's checksum in its name: enough that no two pictures share one.
const NAME: usize = 8;

/// What was kept.
#[derive(Debug, Serialize)]
pub(super) struct Mark {
    /// The picture's name in the folder.
    file: String,
    /// What the person says that it is.
    label: usize,
    /// What the model said, as far as it said a digit.
    digit: Option<usize>,
    probability: Option<f32>,
    status: &'static str,
    right: bool,
    model: String,
    /// Seconds since 1970.
    time: u64,
}

/// Keeps a picture of the digit `label` in `folder`: once, and no longer as another digit, should it have been taken
/// for one.
pub(super) fn keep(folder: &Path, shared: &Shared, label: Option<&str>, picture: &[u8]) -> Result<Mark> {
    let digit = label
        .filter(|label| label.len() == 1)
        .and_then(|label| label.parse::<usize>().ok())
        .filter(|&digit| digit < 10);
    let label = digit.ok_or_else(|| {
        Error::parameter(
            "label",
            "a digit, as in label=7",
            label.filter(|label| !label.is_empty()).unwrap_or("nothing"),
        )
    })?;
    let extension = match image::guess_format(picture) {
        Ok(format) => format.extensions_str().first().copied().unwrap_or("png"),
        Err(_) => "png",
    };
    // Only what can be read is kept.
    let reading = shared.recognizer.read(picture)?;
    if reading.status == Status::Blank {
        return Err(Error::parameter("picture", "one of a digit", "nothing written"));
    }
    let sum = hex(&Sha256::digest(picture)[..NAME]);
    let name = format!("{label}-{sum}");
    let prediction = reading.guess();
    let mark = Mark {
        file: format!("{name}.{extension}"),
        label,
        digit: prediction.map(|prediction| prediction.digit),
        probability: prediction.map(|prediction| prediction.probability),
        status: reading.status.name(),
        right: prediction.is_some_and(|prediction| prediction.digit == label),
        model: shared.model.clone(),
        time: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs()),
    };
    let text = serde_json::to_vec(&mark).map_err(|reason| Error::System {
        what: "cannot write JSON",
        reason: reason.to_string(),
    })?;
    let _turn = shared.marking.lock().unwrap_or_else(PoisonError::into_inner);
    AtomicFile::create_within(&folder.join(&mark.file))?.finish(picture)?;
    AtomicFile::create_within(&folder.join(format!("{name}.json")))?.finish(&text)?;
    // Who marks a picture again takes back what was said before.
    for other in (0..10).filter(|&other| other != label) {
        for ending in [extension, "json"] {
            let file = folder.join(format!("{other}-{sum}.{ending}"));
            match fs::remove_file(&file) {
                Err(reason) if reason.kind() != ErrorKind::NotFound => {
                    return Err(Error::write(&file)(reason));
                }
                _ => {}
            }
        }
    }
    Ok(mark)
}
