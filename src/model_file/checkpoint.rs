//! Checkpoints: what it takes to go on with a training, in a file like a model's.

use super::envelope::{Envelope, MAX_PAYLOAD};
use super::limits::at_most;
use super::record::{ArrayRecord, NetworkRecord, check_room, shape_of, shape_record};
use crate::error::{Error, Result};
use crate::files::AtomicFile;
use crate::model::MAX_MEMBERS;
use crate::nn::Matrix;
use crate::optim::OptimizerState;
use crate::state::{EpochSums, TrainState};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The most settings.
const MAX_SETTINGS: usize = 256;
/// The most weight matrices of a network, as many as it has layers.
const MAX_MATRICES: usize = super::record::MAX_LAYERS;

/// What the optimizer remembers of the network that learns takes as much room as it, so many times.
const MOMENTS: usize = 2;
/// What takes as much room as the network that learns, beside it: its average, and the moments.
pub(super) const BESIDE_NETWORK: usize = 1 + MOMENTS;

const CHECKPOINT: Envelope = Envelope {
    magic: Checkpoint::MAGIC,
    version: 1,
    // A network, its average, and what an optimizer remembers of each weight: twice as much. Then the finished
    // networks.
    most: MAX_PAYLOAD,
    name: "checkpoint",
    source: "one is made by `digits train`; leave out --resume to train afresh",
    cure: "leave out --resume to train afresh",
};

/// A training that is not at its end: where it stands, and what it is of.
///
/// ```no_run
/// let checkpoint = digits::model_file::Checkpoint::load("models/digits.bin.checkpoint".as_ref())?;
/// println!("{} steps", checkpoint.state.optimizer.steps);
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// What decides the training's result, as names and values: only a training of the same may go on from here.
    pub settings: Vec<(String, String)>,
    /// The history so far, as it will be written.
    pub history: String,
    /// Where the training stands.
    pub state: TrainState,
}

/// The payload.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    #[serde(borrow, deserialize_with = "at_most::<_, _, MAX_SETTINGS>")]
    settings: Vec<(&'a str, &'a str)>,
    history: &'a str,
    input_shape: [u32; 3],
    #[serde(deserialize_with = "at_most::<_, _, MAX_MEMBERS>")]
    members: Vec<NetworkRecord>,
    network: NetworkRecord,
    average: Option<NetworkRecord>,
    steps: u64,
    /// Of every weight matrix, as it lies in memory, transposed.
    #[serde(deserialize_with = "at_most::<_, _, MAX_MATRICES>")]
    first: Vec<ArrayRecord>,
    /// None at all if all are 0.
    #[serde(deserialize_with = "at_most::<_, _, MAX_MATRICES>")]
    second: Vec<ArrayRecord>,
    loss: f64,
    right: u64,
    seconds: f64,
}

impl Checkpoint {
    /// What every such file begins with.
    pub(crate) const MAGIC: &[u8; 8] = b"DIGCHK\r\n";

    /// The file's bytes.
    ///
    /// ```
    /// use digits::model_file::Checkpoint;
    /// use digits::optim::OptimizerState;
    /// use digits::train::{EpochSums, TrainState};
    ///
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let optimizer = OptimizerState::new(network.transposed_shapes());
    /// let state = TrainState { members: Vec::new(), network, average: None, optimizer, epoch: EpochSums::default() };
    /// let checkpoint = Checkpoint { settings: Vec::new(), history: String::new(), state };
    /// let bytes = checkpoint.to_bytes()?;
    /// assert_eq!(Checkpoint::from_bytes(&bytes, "a.checkpoint".as_ref())?, checkpoint);
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if no program could read the file, since it has too many parts or too narrow ones;
    /// [`Error::System`] if the networks are too large for the format.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let TrainState {
            members,
            network,
            average,
            optimizer,
            epoch,
        } = &self.state;
        let arrays = |moments: &[Matrix]| -> Vec<ArrayRecord> {
            moments
                .iter()
                .map(|moments| ArrayRecord::from(&moments.view()))
                .collect()
        };
        let unused = optimizer
            .second
            .iter()
            .all(|second| second.view().iter().all(|&number| number == 0.0));
        let record = Record {
            settings: self
                .settings
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .collect(),
            history: &self.history,
            input_shape: shape_record(network.shapes()[0]),
            members: members.iter().map(NetworkRecord::from).collect(),
            network: network.into(),
            average: average.as_ref().map(NetworkRecord::from),
            steps: optimizer.steps,
            first: arrays(&optimizer.first),
            second: if unused {
                Vec::new()
            } else {
                arrays(&optimizer.second)
            },
            loss: epoch.loss,
            right: epoch.right,
            seconds: epoch.seconds,
        };
        record
            .check_lengths()
            .map_err(|problem| Error::parameter("checkpoint", super::HAS_ROOM, problem))?;
        CHECKPOINT.seal(&record)
    }

    /// Reads a checkpoint from the bytes of a file; `path` is for messages.
    ///
    /// ```
    /// use digits::model_file::Checkpoint;
    ///
    /// let error = Checkpoint::from_bytes(b"none", "a.checkpoint".as_ref()).unwrap_err();
    /// assert!(error.to_string().starts_with("a.checkpoint: expected a checkpoint file of digits"));
    /// ```
    ///
    /// # Errors
    /// [`Error::Model`](crate::Error::Model) if they are not a whole, unchanged and consistent checkpoint of this
    /// format.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self> {
        let record: Record = CHECKPOINT.open(bytes, path)?;
        record
            .check()
            .map_err(|problem| CHECKPOINT.damaged(path, "a consistent checkpoint", problem))
    }

    /// Loads the file at `path`.
    ///
    /// ```no_run
    /// let checkpoint = digits::model_file::Checkpoint::load("models/digits.bin.checkpoint".as_ref())?;
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Read`](crate::Error::Read) if it cannot be read, else as [`Checkpoint::from_bytes`].
    pub fn load(path: &Path) -> Result<Self> {
        Self::from_bytes(&CHECKPOINT.read(path)?, path)
    }

    /// Saves to `path`, atomically.
    ///
    /// ```no_run
    /// let path = "models/digits.bin.checkpoint".as_ref();
    /// digits::model_file::Checkpoint::load(path)?.save(path)?;
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Write`](crate::Error::Write) if the system refuses; what was there before is still there then.
    pub fn save(&self, path: &Path) -> Result<()> {
        AtomicFile::create(path)?.lock()?.finish(&self.to_bytes()?)
    }
}

impl Record<'_> {
    /// Whether it is such that it can be read again, and takes up little more room in memory than in a file, or what
    /// is in the way.
    fn check_lengths(&self) -> std::result::Result<(), String> {
        let settings = self.settings.len();
        if settings > MAX_SETTINGS {
            return Err(format!("{settings} settings, where {MAX_SETTINGS} have room"));
        }
        let others = self.members.iter().chain(&self.average);
        others
            .clone()
            .chain([&self.network])
            .try_for_each(NetworkRecord::check_length)?;
        check_room(others.chain(std::iter::repeat_n(&self.network, 1 + MOMENTS)))
    }

    /// The checkpoint, or what is wrong with it.
    fn check(self) -> std::result::Result<Checkpoint, String> {
        let inputs = shape_of(&self.input_shape)?;
        self.check_lengths()?;
        let network = self.network.check(inputs)?;
        let moments = |records: Vec<ArrayRecord>| -> std::result::Result<Vec<Matrix>, String> {
            let matrices = records
                .into_iter()
                .map(|record| Ok(Matrix::of(&record.array()?.view())));
            matrices.collect()
        };
        let shapes = || {
            network
                .transposed_shapes()
                .map(|(rows, columns)| [rows as u32, columns as u32])
        };
        if !self.first.iter().map(ArrayRecord::shape).eq(shapes()) {
            return Err("an optimizer of other weights".to_owned());
        }
        let first = moments(self.first)?;
        let second = if self.second.is_empty() {
            first
                .iter()
                .map(|first| Matrix::zeros(first.dim().0, first.dim().1))
                .collect()
        } else if self.second.iter().map(ArrayRecord::shape).eq(shapes()) {
            moments(self.second)?
        } else {
            return Err("an optimizer of other weights".to_owned());
        };
        let members = self.members.into_iter().map(|member| member.check(inputs));
        let state = TrainState {
            members: members.collect::<std::result::Result<_, _>>()?,
            average: self.average.map(|average| average.check(inputs)).transpose()?,
            network,
            optimizer: OptimizerState {
                steps: self.steps,
                first,
                second,
            },
            epoch: EpochSums {
                loss: self.loss,
                right: self.right,
                seconds: self.seconds,
            },
        };
        state.check()?;
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(Checkpoint {
            settings: self.settings.into_iter().map(owned).collect(),
            history: self.history.to_owned(),
            state,
        })
    }
}
