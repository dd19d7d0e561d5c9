//! What a model is beside its weights, as JSON: the metadata `architecture` of a safetensors file.
//!
//! Names of layers and fields are what `integrations/pytorch/model.py` builds from.

use super::layout::{Names, weights};
use crate::model_file::Model;
use crate::nn::{Activation, Convolution, Dense, Layer, Loss, Network, Normalization, Shape};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// A model without its weights.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Architecture {
    /// Height, width and channels.
    input: [usize; 3],
    classes: Vec<String>,
    temperature: f32,
    /// Down and right, in pixels.
    views: Vec<[i8; 2]>,
    members: Vec<Member>,
    notes: Vec<(String, String)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Member {
    loss: LossKind,
    layers: Vec<Kind>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LossKind {
    SquaredError,
    CrossEntropy,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Kind {
    Dense {
        inputs: usize,
        outputs: usize,
    },
    Convolution {
        inputs: usize,
        outputs: usize,
        kernel: usize,
        border: usize,
    },
    Normalization {
        channels: usize,
    },
    Sigmoid {
        slope: f32,
    },
    LeakyRelu {
        leak: f32,
    },
    Relu,
    Tanh,
    MaxPool,
    Dropout {
        rate: f32,
    },
    Deslant,
}

impl Architecture {
    /// That of `model`.
    pub(super) fn of(model: &Model) -> Self {
        let image = model
            .members
            .first()
            .map_or(0.into(), |member| member.shapes()[0]);
        let member = |network: &Network| {
            let layers = network.layers().iter().zip(network.shapes());
            Member {
                loss: match network.loss() {
                    Loss::SquaredError => LossKind::SquaredError,
                    Loss::CrossEntropy => LossKind::CrossEntropy,
                },
                layers: layers.map(|(layer, &image)| Kind::of(layer, image)).collect(),
            }
        };
        Self {
            input: [image.height, image.width, image.channels],
            classes: model.class_names.clone(),
            temperature: model.temperature,
            views: model.views.clone(),
            members: model.members.iter().map(member).collect(),
            notes: model.notes.clone(),
        }
    }

    /// The model with the tensors that `take` gives for a name and a shape, or what is wrong.
    pub(super) fn build(
        self,
        mut take: impl FnMut(&str, &[usize]) -> Result<Vec<f32>, String>,
    ) -> Result<Model, String> {
        let mut members = Vec::with_capacity(self.members.len());
        for (index, member) in self.members.into_iter().enumerate() {
            let mut names = Names::new(index);
            let mut layers = Vec::with_capacity(member.layers.len());
            let loss = match member.loss {
                LossKind::SquaredError => Loss::SquaredError,
                LossKind::CrossEntropy => Loss::CrossEntropy,
            };
            // The order of a layer's weights depends on the shape of what comes in, which the layers so far decide.
            let mut image = Shape::from(self.input);
            for kind in member.layers {
                let layer = kind.build(image, &mut names, &mut take)?;
                let outputs = layer.outputs(image);
                image = outputs
                    .ok_or_else(|| format!("members.{index}: {kind:?} after a layer that gives {image}"))?;
                layers.push(layer);
            }
            members.push(Network::new(self.input, layers, loss).map_err(|error| error.to_string())?);
        }
        Ok(Model {
            members,
            views: self.views,
            class_names: self.classes,
            temperature: self.temperature,
            notes: self.notes,
        })
    }
}

impl Kind {
    fn of(layer: &Layer, image: Shape) -> Self {
        match layer {
            Layer::Dense(dense) => Self::Dense {
                inputs: dense.inputs(),
                outputs: dense.outputs(),
            },
            Layer::Convolution(convolution) => Self::Convolution {
                inputs: image.channels,
                outputs: convolution.weights().nrows(),
                kernel: convolution.kernel(),
                border: convolution.padding(),
            },
            Layer::Normalization(_) => Self::Normalization {
                channels: image.channels,
            },
            Layer::Activation(Activation::Sigmoid { slope }) => Self::Sigmoid { slope: *slope },
            Layer::Activation(Activation::LeakyRelu { leak }) => Self::LeakyRelu { leak: *leak },
            Layer::Activation(Activation::Relu) => Self::Relu,
            Layer::Activation(Activation::Tanh) => Self::Tanh,
            Layer::MaxPool => Self::MaxPool,
            Layer::Dropout { rate } => Self::Dropout { rate: *rate },
            Layer::Deslant => Self::Deslant,
        }
    }

    /// The layer for inputs of the shape `image`.
    fn build(
        &self,
        image: Shape,
        names: &mut Names,
        take: &mut impl FnMut(&str, &[usize]) -> Result<Vec<f32>, String>,
    ) -> Result<Layer, String> {
        let expected = |what: &str, here: usize, found: usize| {
            if here == found {
                Ok(())
            } else {
                Err(format!("a {what} of {found} after a layer that gives {image}"))
            }
        };
        Ok(match *self {
            Self::Dense { inputs, outputs } => {
                expected("dense layer", image.len(), inputs)?;
                let name = names.dense();
                let weight = take(&format!("{name}.weight"), &[outputs, inputs])?;
                let bias = take(&format!("{name}.bias"), &[outputs])?;
                Layer::Dense(Dense::new(&weights(image, &weight, &bias)))
            }
            Self::Convolution {
                inputs,
                outputs,
                kernel,
                border,
            } => {
                expected("convolution", image.channels, inputs)?;
                let name = names.convolution();
                let weight = take(&format!("{name}.weight"), &[outputs, inputs, kernel, kernel])?;
                let bias = take(&format!("{name}.bias"), &[outputs])?;
                let weights = weights(Shape::from([kernel, kernel, inputs]), &weight, &bias);
                let convolution = Convolution::new(&weights, kernel, border);
                let problem = || format!("a convolution of {kernel} pixels with a border of {border}");
                Layer::Convolution(convolution.ok_or_else(problem)?)
            }
            Self::Normalization { channels } => {
                expected("normalization", image.channels, channels)?;
                let name = names.normalization();
                let mut part = |part: &str| take(&format!("{name}.{part}"), &[channels]);
                let (weight, bias) = (part("weight")?, part("bias")?);
                let (mean, variance) = (part("running_mean")?, part("running_var")?);
                let weights =
                    Array2::from_shape_fn((channels, 2), |(row, column)| [weight[row], bias[row]][column]);
                let normalization = Normalization::of(&weights, mean, variance);
                let problem = || format!("{name}.running_var that is negative");
                Layer::Normalization(normalization.ok_or_else(problem)?)
            }
            Self::Sigmoid { slope } => Layer::Activation(Activation::Sigmoid { slope }),
            Self::LeakyRelu { leak } => Layer::Activation(Activation::LeakyRelu { leak }),
            Self::Relu => Layer::Activation(Activation::Relu),
            Self::Tanh => Layer::Activation(Activation::Tanh),
            Self::MaxPool => Layer::MaxPool,
            Self::Dropout { rate } => Layer::Dropout { rate },
            Self::Deslant => Layer::Deslant,
        })
    }
}
