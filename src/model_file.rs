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

use crate::error::{Error, Result};
use crate::files::AtomicFile;
use crate::nn::{Activation, Convolution, Dense, Layer, Loss, Network, Normalization, Shape};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;

const MAGIC: &[u8; 8] = b"DIGITS\r\n";
const VERSION: u32 = 1;
const HEADER_LENGTH: usize = 8 + 4 + 8 + 32;
/// The largest payload, in bytes: room for 60 million weights, and a bound on what a hostile file can make us allocate.
const MAX_PAYLOAD: usize = 256 << 20;

/// What a model file holds: one network, or several whose probabilities are averaged.
///
/// ```
/// use digits::model_file::Model;
/// use digits::nn::{Activation, Init, Loss, Network};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(0);
/// let network = Network::dense(&[784, 10], Activation::Relu, Loss::CrossEntropy, Init::Xavier, &mut rng)?;
/// let model = Model::new(network);
/// let bytes = model.to_bytes()?;
/// assert_eq!(Model::from_bytes(&bytes, "a.bin".as_ref())?, model);
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The networks, at least one, all with the same numbers of inputs and classes.
    pub members: Vec<Network>,
    /// The name of each class.
    pub class_names: Vec<String>,
    /// What logits are divided by before softmax, 0.001 to 1000; 1 if nothing was calibrated.
    pub temperature: f32,
    /// Where the model comes from, as names and values: preset, seed, data checksum, …
    pub notes: Vec<(String, String)>,
}

impl Model {
    /// A model of one network, whose classes are named by their numbers.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(digits::model_file::Model::new(network).class_names[9], "9");
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn new(network: Network) -> Self {
        let class_names = (0..network.classes()).map(|class| class.to_string()).collect();
        Self {
            members: vec![network],
            class_names,
            temperature: 1.0,
            notes: Vec::new(),
        }
    }

    /// Probabilities (B, C) for inputs (B, I): the mean of all members'.
    ///
    /// ```
    /// let model = digits::Recognizer::builtin()?.into_model();
    /// let probabilities = model.probabilities(&ndarray::Array2::zeros((2, 784)));
    /// assert_eq!(probabilities.dim(), (2, 10));
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Panics
    /// If `x` has not as many columns as the members have inputs.
    pub fn probabilities(&self, x: &ndarray::ArrayRef2<f32>) -> Array2<f32> {
        let mut sum = Array2::zeros((x.nrows(), self.class_names.len()));
        for member in &self.members {
            let mut outputs = member.outputs(x);
            member.outputs_to_probabilities(&mut outputs, self.temperature);
            sum += &outputs;
        }
        sum / self.members.len() as f32
    }

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

/// The most layers of a network: far more than help, far fewer than would exhaust a machine.
const MAX_LAYERS: usize = 256;

/// The payload. Appending variants to the enums below keeps old files readable; anything else takes a new version.
#[derive(Serialize, Deserialize)]
struct Record {
    /// Lengths of the axes of an input: [784] for an image row by row, [28, 28, 1] for one with height, width and channels.
    input_shape: Vec<u32>,
    class_names: Vec<String>,
    temperature: f32,
    notes: Vec<(String, String)>,
    members: Vec<NetworkRecord>,
}

#[derive(Serialize, Deserialize)]
struct NetworkRecord {
    loss: LossRecord,
    layers: Vec<LayerRecord>,
}

#[derive(Serialize, Deserialize)]
enum LossRecord {
    SquaredError,
    CrossEntropy,
}

#[derive(Serialize, Deserialize)]
enum LayerRecord {
    Dense(ArrayRecord),
    Sigmoid {
        slope: f32,
    },
    LeakyRelu {
        leak: f32,
    },
    Relu,
    Tanh,
    Convolution {
        weights: ArrayRecord,
        kernel: u32,
        border: u32,
    },
    Normalization {
        weights: ArrayRecord,
        mean: Vec<f32>,
        variance: Vec<f32>,
    },
    MaxPool,
    Dropout {
        rate: f32,
    },
}

#[derive(Serialize, Deserialize)]
struct ArrayRecord {
    shape: [u32; 2],
    values: Vec<f32>,
}

impl From<&Model> for Record {
    fn from(model: &Model) -> Self {
        Self {
            input_shape: model
                .members
                .iter()
                .take(1)
                .flat_map(|member| match member.shapes()[0] {
                    Shape {
                        height: 1,
                        width: 1,
                        channels,
                    } => vec![channels as u32],
                    Shape {
                        height,
                        width,
                        channels,
                    } => vec![height as u32, width as u32, channels as u32],
                })
                .collect(),
            class_names: model.class_names.clone(),
            temperature: model.temperature,
            notes: model.notes.clone(),
            members: model.members.iter().map(NetworkRecord::from).collect(),
        }
    }
}

impl From<&Network> for NetworkRecord {
    fn from(network: &Network) -> Self {
        let loss = match network.loss() {
            Loss::SquaredError => LossRecord::SquaredError,
            Loss::CrossEntropy => LossRecord::CrossEntropy,
        };
        Self {
            loss,
            layers: network.layers().iter().map(LayerRecord::from).collect(),
        }
    }
}

impl From<&Layer> for LayerRecord {
    fn from(layer: &Layer) -> Self {
        match layer {
            Layer::Dense(dense) => Self::Dense(ArrayRecord::from(&dense.weights())),
            Layer::Convolution(convolution) => Self::Convolution {
                weights: ArrayRecord::from(&convolution.weights()),
                kernel: convolution.kernel() as u32,
                border: convolution.border() as u32,
            },
            Layer::Normalization(normalization) => Self::Normalization {
                weights: ArrayRecord::from(&normalization.weights()),
                mean: normalization.statistics().0.to_vec(),
                variance: normalization.statistics().1.to_vec(),
            },
            Layer::MaxPool => Self::MaxPool,
            Layer::Dropout { rate } => Self::Dropout { rate: *rate },
            Layer::Activation(Activation::Sigmoid { slope }) => Self::Sigmoid { slope: *slope },
            Layer::Activation(Activation::LeakyRelu { leak }) => Self::LeakyRelu { leak: *leak },
            Layer::Activation(Activation::Relu) => Self::Relu,
            Layer::Activation(Activation::Tanh) => Self::Tanh,
        }
    }
}

impl Record {
    /// The model, or what is wrong with it.
    fn check(self) -> std::result::Result<Model, String> {
        let inputs = match self.input_shape[..] {
            [inputs] => Shape::from(inputs as usize),
            [height, width, channels] => Shape::from([height, width, channels].map(|length| length as usize)),
            _ => return Err(format!("inputs of shape {:?}", self.input_shape)),
        };
        if self.members.is_empty() {
            return Err("no network".to_owned());
        }
        if !(1e-3..=1e3).contains(&self.temperature) {
            return Err(format!("temperature {}", self.temperature));
        }
        let mut members = Vec::with_capacity(self.members.len());
        for member in self.members {
            let member = member.check(inputs)?;
            if member.classes() != self.class_names.len() {
                return Err(format!(
                    "{} class names for {} classes",
                    self.class_names.len(),
                    member.classes()
                ));
            }
            members.push(member);
        }
        Ok(Model {
            members,
            class_names: self.class_names,
            temperature: self.temperature,
            notes: self.notes,
        })
    }
}

impl NetworkRecord {
    fn check(self, inputs: Shape) -> std::result::Result<Network, String> {
        let loss = match self.loss {
            LossRecord::SquaredError => Loss::SquaredError,
            LossRecord::CrossEntropy => Loss::CrossEntropy,
        };
        if self.layers.len() > MAX_LAYERS {
            return Err(format!("{} layers", self.layers.len()));
        }
        let layers: std::result::Result<Vec<_>, _> =
            self.layers.into_iter().map(LayerRecord::check).collect();
        Network::new(inputs, layers?, loss).map_err(|error| error.to_string())
    }
}

impl LayerRecord {
    fn check(self) -> std::result::Result<Layer, String> {
        let activation = match self {
            Self::Dense(array) => return Ok(Layer::Dense(Dense::new(&array.check()?))),
            Self::Convolution {
                weights,
                kernel,
                border,
            } => {
                let layer = Convolution::new(&weights.check()?, kernel as usize, border as usize);
                let problem = || format!("a convolution of {kernel} pixels with a border of {border}");
                return layer.map(Layer::Convolution).ok_or_else(problem);
            }
            Self::Normalization {
                weights,
                mean,
                variance,
            } => {
                let layer = Normalization::of(&weights.check()?, mean, variance);
                return layer
                    .map(Layer::Normalization)
                    .ok_or_else(|| "a normalization that is not one".to_owned());
            }
            Self::MaxPool => return Ok(Layer::MaxPool),
            Self::Dropout { rate } => return Ok(Layer::Dropout { rate }),
            Self::Sigmoid { slope } => Activation::Sigmoid { slope },
            Self::LeakyRelu { leak } => Activation::LeakyRelu { leak },
            Self::Relu => Activation::Relu,
            Self::Tanh => Activation::Tanh,
        };
        match activation.check() {
            Ok(()) => Ok(Layer::Activation(activation)),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl From<&ArrayView2<'_, f32>> for ArrayRecord {
    fn from(array: &ArrayView2<f32>) -> Self {
        Self {
            shape: [array.nrows() as u32, array.ncols() as u32],
            values: array.iter().copied().collect(),
        }
    }
}

impl ArrayRecord {
    fn check(self) -> std::result::Result<Array2<f32>, String> {
        let [rows, columns] = self.shape.map(|length| length as usize);
        let length = self.values.len();
        if let Some(value) = self.values.iter().find(|value| !value.is_finite()) {
            return Err(format!("a weight that is {value}"));
        }
        if length == 0 || rows.checked_mul(columns) != Some(length) {
            return Err(format!("{length} values for {rows}×{columns} weights"));
        }
        Array2::from_shape_vec((rows, columns), self.values).map_err(|error| error.to_string())
    }
}
