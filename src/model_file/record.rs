//! The record that a model file holds, and what it takes to be a model.

use crate::dataset::PIXELS;
use crate::model::{MAX_MEMBERS, MAX_VIEWS, Model};
use crate::nn::{Activation, Convolution, Dense, Layer, Loss, Network, Normalization, Shape};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// The most multiplications for one image: a minute's.
const MAX_WORK: usize = 1_000_000_000_000;

/// The most layers of a network: far more than help, far fewer than would exhaust a machine.
const MAX_LAYERS: usize = 256;

/// The payload. Appending variants to the enums below keeps old files readable; anything else takes a new version.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    /// Lengths of the axes of an input: [784] for an image row by row, [28, 28, 1] for one with height, width and channels.
    input_shape: Vec<u32>,
    class_names: Vec<String>,
    temperature: f32,
    notes: Vec<(String, String)>,
    members: Vec<NetworkRecord>,
    /// Down and right, in pixels.
    views: Vec<[i8; 2]>,
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
            views: model.views.clone(),
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
    pub(super) fn check(self) -> std::result::Result<Model, String> {
        let inputs = match self.input_shape[..] {
            [inputs] => Shape::from(inputs as usize),
            [height, width, channels] => Shape::from([height, width, channels].map(|length| length as usize)),
            _ => return Err(format!("inputs of shape {:?}", self.input_shape)),
        };
        if self.members.is_empty() || self.members.len() > MAX_MEMBERS {
            return Err(format!("{} networks", self.members.len()));
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
        let still = self.views == [[0, 0]];
        if self.views.is_empty() || self.views.len() > MAX_VIEWS || (inputs.len() != PIXELS && !still) {
            return Err(format!("{} views of inputs of shape {inputs}", self.views.len()));
        }
        if let Some(view) = self
            .views
            .iter()
            .flatten()
            .find(|shift| shift.unsigned_abs() > 27)
        {
            return Err(format!("a shift by {view} pixels"));
        }
        let work: usize = members.iter().map(Network::multiplications).sum();
        if work.saturating_mul(self.views.len()) > MAX_WORK {
            return Err(format!(
                "{work} multiplications for each of {} views",
                self.views.len()
            ));
        }
        Ok(Model {
            members,
            views: self.views,
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
