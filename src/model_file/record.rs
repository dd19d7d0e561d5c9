//! The record that a model file holds, and what it takes to be a model.

use super::limits::{at_most, numbers};
use crate::model::{MAX_MEMBERS, MAX_VIEWS, Model};
use crate::nn::matrix::LINE;
use crate::nn::{Activation, Convolution, Dense, Layer, Loss, Network, Normalization, Shape};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// The most layers of a network: far more than help, far fewer than would exhaust a machine.
pub(super) const MAX_LAYERS: usize = 256;

/// The most class names.
const MAX_CLASSES: usize = 16_384;
/// The most notes.
const MAX_NOTES: usize = 4_096;
/// The axes of an input.
const MAX_AXES: usize = 3;

/// Numbers that layers may take up in memory for each number in the file, and in any case: a row of few weights is as
/// long as a cache line there, and of kernels there is a copy, transformed. What the most networks with the narrowest
/// layers need is allowed.
const ROOM: usize = 6;
const ROOM_AT_LEAST: usize = 1 << 21;

/// The payload. Appending variants to the enums below keeps old files readable; anything else takes a new version.
#[derive(Serialize, Deserialize)]
pub(super) struct Record<'a> {
    /// Lengths of the axes of an input: [784] for an image row by row, [28, 28, 1] for one with height, width and
    /// channels.
    #[serde(deserialize_with = "at_most::<_, _, MAX_AXES>")]
    input_shape: Vec<u32>,
    #[serde(borrow, deserialize_with = "at_most::<_, _, MAX_CLASSES>")]
    class_names: Vec<&'a str>,
    temperature: f32,
    #[serde(borrow, deserialize_with = "at_most::<_, _, MAX_NOTES>")]
    notes: Vec<(&'a str, &'a str)>,
    #[serde(deserialize_with = "at_most::<_, _, MAX_MEMBERS>")]
    members: Vec<NetworkRecord>,
    /// Down and right, in pixels.
    #[serde(deserialize_with = "at_most::<_, _, MAX_VIEWS>")]
    views: Vec<[i8; 2]>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct NetworkRecord {
    loss: LossRecord,
    #[serde(deserialize_with = "at_most::<_, _, MAX_LAYERS>")]
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
        #[serde(deserialize_with = "numbers")]
        mean: Vec<f32>,
        #[serde(deserialize_with = "numbers")]
        variance: Vec<f32>,
    },
    MaxPool,
    Dropout {
        rate: f32,
    },
    Deslant,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ArrayRecord {
    shape: [u32; 2],
    #[serde(deserialize_with = "numbers")]
    values: Vec<f32>,
}

impl<'a> From<&'a Model> for Record<'a> {
    fn from(model: &'a Model) -> Self {
        let first = model.members.iter().take(1);
        Self {
            input_shape: first
                .flat_map(|member| match shape_record(member.shapes()[0]) {
                    [1, 1, channels] => vec![channels],
                    axes => axes.to_vec(),
                })
                .collect(),
            class_names: model.class_names.iter().map(String::as_str).collect(),
            temperature: model.temperature,
            notes: model
                .notes
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .collect(),
            members: model.members.iter().map(NetworkRecord::from).collect(),
            views: model.views.clone(),
        }
    }
}

/// Height, width and channels.
pub(super) fn shape_record(shape: Shape) -> [u32; 3] {
    [shape.height, shape.width, shape.channels].map(|length| length as u32)
}

/// The shape whose axes have these lengths.
pub(super) fn shape_of(axes: &[u32]) -> std::result::Result<Shape, String> {
    match *axes {
        [inputs] => Ok(Shape::from(inputs as usize)),
        [height, width, channels] => Ok(Shape::from(
            [height, width, channels].map(|length| length as usize),
        )),
        _ => Err(format!("inputs of shape {axes:?}")),
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
                border: convolution.padding() as u32,
            },
            Layer::Normalization(normalization) => Self::Normalization {
                weights: ArrayRecord::from(&normalization.weights()),
                mean: normalization.statistics().0.to_vec(),
                variance: normalization.statistics().1.to_vec(),
            },
            Layer::MaxPool => Self::MaxPool,
            Layer::Dropout { rate } => Self::Dropout { rate: *rate },
            Layer::Deslant => Self::Deslant,
            Layer::Activation(Activation::Sigmoid { slope }) => Self::Sigmoid { slope: *slope },
            Layer::Activation(Activation::LeakyRelu { leak }) => Self::LeakyRelu { leak: *leak },
            Layer::Activation(Activation::Relu) => Self::Relu,
            Layer::Activation(Activation::Tanh) => Self::Tanh,
        }
    }
}

impl Record<'_> {
    /// The model, or what is wrong with it.
    pub(super) fn check(self) -> std::result::Result<Model, String> {
        let inputs = shape_of(&self.input_shape)?;
        check_room(self.members.iter())?;
        let members = self.members.into_iter().map(|member| member.check(inputs));
        let model = Model {
            members: members.collect::<std::result::Result<_, _>>()?,
            views: self.views,
            class_names: self.class_names.into_iter().map(str::to_owned).collect(),
            temperature: self.temperature,
            notes: self
                .notes
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        };
        model.inconsistency().map_or(Ok(model), Err)
    }
}

impl Record<'_> {
    /// Whether it can be read again, or what is in the way.
    pub(super) fn check_lengths(&self) -> std::result::Result<(), String> {
        for (what, length, most) in [
            ("class names", self.class_names.len(), MAX_CLASSES),
            ("notes", self.notes.len(), MAX_NOTES),
        ] {
            if length > most {
                return Err(format!("{length} {what}, where {most} have room"));
            }
        }
        self.members.iter().try_for_each(NetworkRecord::check_length)?;
        check_room(self.members.iter())
    }
}

impl NetworkRecord {
    /// Whether so many layers can be read again.
    pub(super) fn check_length(&self) -> std::result::Result<(), String> {
        let layers = self.layers.len();
        if layers > MAX_LAYERS {
            return Err(format!("{layers} layers, where {MAX_LAYERS} have room"));
        }
        Ok(())
    }

    /// The network for such inputs, or what is wrong with it.
    pub(super) fn check(self, inputs: Shape) -> std::result::Result<Network, String> {
        let loss = match self.loss {
            LossRecord::SquaredError => Loss::SquaredError,
            LossRecord::CrossEntropy => Loss::CrossEntropy,
        };
        let layers: std::result::Result<Vec<_>, _> =
            self.layers.into_iter().map(LayerRecord::check).collect();
        Network::new(inputs, layers?, loss).map_err(|error| error.to_string())
    }
}

/// Checks that `networks` take up little more room in memory than in the file.
pub(super) fn check_room<'a>(
    networks: impl Iterator<Item = &'a NetworkRecord> + Clone,
) -> std::result::Result<(), String> {
    let layers = networks.flat_map(|network| &network.layers);
    let arrays = layers.clone().filter_map(LayerRecord::array);
    let numbers: usize = arrays.map(|array| array.values.len()).sum();
    let room = layers.map(LayerRecord::room).fold(0, usize::saturating_add);
    if room > ROOM_AT_LEAST.max(numbers.saturating_mul(ROOM)) {
        return Err(format!("{numbers} weights that would take up the room of {room}"));
    }
    Ok(())
}

impl LayerRecord {
    /// Its weights.
    fn array(&self) -> Option<&ArrayRecord> {
        match self {
            Self::Dense(weights)
            | Self::Convolution { weights, .. }
            | Self::Normalization { weights, .. } => Some(weights),
            _ => None,
        }
    }

    /// How many numbers its weights take up in memory: with a copy for the Winograd transform, where 9 of a kernel
    /// become 16.
    fn room(&self) -> usize {
        let room = self.array().map_or(0, ArrayRecord::room);
        match self {
            Self::Convolution { kernel: 3, .. } => room.saturating_add(room.saturating_mul(16) / 9),
            _ => room,
        }
    }

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
            Self::Deslant => return Ok(Layer::Deslant),
            Self::Sigmoid { slope } => Activation::Sigmoid { slope },
            Self::LeakyRelu { leak } => Activation::LeakyRelu { leak },
            Self::Relu => Activation::Relu,
            Self::Tanh => Activation::Tanh,
        };
        Ok(Layer::Activation(activation))
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
    /// Rows and columns, as they are claimed to be.
    pub(super) fn shape(&self) -> [u32; 2] {
        self.shape
    }

    /// How many numbers the weights take up in memory, where each input's start on a cache line.
    fn room(&self) -> usize {
        let [outputs, inputs] = self.shape.map(|length| length as usize);
        outputs.next_multiple_of(LINE).saturating_mul(inputs)
    }

    /// The array of finite numbers.
    fn check(self) -> std::result::Result<Array2<f32>, String> {
        match self.values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(format!("a weight that is {value}")),
            None => self.array(),
        }
    }

    /// The array, of any numbers.
    pub(super) fn array(self) -> std::result::Result<Array2<f32>, String> {
        let [rows, columns] = self.shape.map(|length| length as usize);
        let length = self.values.len();
        if length == 0 || rows.checked_mul(columns) != Some(length) {
            return Err(format!("{length} values for {rows}×{columns} weights"));
        }
        Array2::from_shape_vec((rows, columns), self.values).map_err(|error| error.to_string())
    }
}
