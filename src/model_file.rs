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
//!
//! A [`Checkpoint`] is another record behind a header of the same form, which begins `DIGCHK\r\n`.
//!
//! Whatever the bytes are, reading them does not panic, and allocates at most in proportion to their number: lists
//! whose items are larger in memory than in the file have a greatest length (`limits`).

mod checkpoint;
mod envelope;
mod limits;
mod record;

pub use crate::model::Model;
pub use checkpoint::Checkpoint;

use crate::error::{Error, Result};
use crate::files::AtomicFile;
use crate::nn::Network;
use envelope::Envelope;
use record::{NetworkRecord, Record, check_room};
use std::path::Path;

/// The largest payload, in bytes: room for 60 million weights.
const MAX_MODEL: usize = 256 << 20;

const MODEL: Envelope = Envelope {
    magic: b"DIGITS\r\n",
    version: 1,
    most: MAX_MODEL,
    name: "model",
    source: "make one with `digits train`",
    cure: "copy or train the model again",
};

/// What is expected of a model, or of a training, that is to be saved.
const HAS_ROOM: &str = "fewer or wider layers, for which a file has room";

/// Checks that a training of so many `members` like `network`, and the model that it makes, can be saved and read
/// again, which is better known before hours of training than after.
pub(crate) fn check_room_for(network: &Network, members: usize) -> Result<()> {
    // While it learns there are its average and two moments of each weight beside it.
    let while_learning = checkpoint::BESIDE_NETWORK + members;
    for (network, copies) in [(network, while_learning), (&network.folded(), members)] {
        let record = NetworkRecord::from(network);
        record
            .check_length()
            .and_then(|()| check_room(std::iter::repeat_n(&record, copies)))
            .map_err(|problem| Error::parameter("hidden", HAS_ROOM, problem))?;
    }
    Ok(())
}

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
    /// [`Error::Parameter`] if the model's parts do not go together or are too many, so that no program could read
    /// the file; [`Error::System`] if it is too large for the format.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        // (What is read from a file has been looked at number by number.)
        let not_finite = || {
            let odd = !self.members.iter().all(Network::is_finite);
            odd.then(|| "weights that are no finite numbers".to_owned())
        };
        if let Some(problem) = self.inconsistency().or_else(not_finite) {
            return Err(Error::parameter("model", "a consistent model", problem));
        }
        let record = Record::from(self);
        record
            .check_lengths()
            .map_err(|problem| Error::parameter("model", HAS_ROOM, problem))?;
        MODEL.seal(&record)
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
    /// [`Error::Model`](crate::Error::Model) if they are not a whole, unchanged and consistent model of this format.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self> {
        let record: Record = MODEL.open(bytes, path)?;
        record
            .check()
            .map_err(|problem| MODEL.damaged(path, "a consistent model", problem))
    }

    /// Loads the file at `path`.
    ///
    /// ```no_run
    /// let model = digits::model_file::Model::load("models/digits.bin".as_ref())?;
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Read`](crate::Error::Read) if it cannot be read, else as [`Model::from_bytes`].
    pub fn load(path: &Path) -> Result<Self> {
        Self::from_bytes(&MODEL.read(path)?, path)
    }

    /// Saves to `path`, atomically; a missing folder is made.
    ///
    /// ```no_run
    /// let model = digits::Recognizer::builtin()?.into_model();
    /// model.save("copy.bin".as_ref())?;
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Write`](crate::Error::Write) if the system refuses; what was there before is still there then. Else as
    /// [`Model::to_bytes`].
    pub fn save(&self, path: &Path) -> Result<()> {
        AtomicFile::create(path)?.finish(&self.to_bytes()?)
    }
}
