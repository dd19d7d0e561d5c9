//! What a network is made of, for people: a line per layer.

use super::{Activation, Layer, Network, Shape};
use std::fmt::{Display, Formatter, Result};

/// A layer in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LayerSummary {
    /// What it is.
    pub(crate) name: String,
    /// The shape of its outputs for one sample.
    pub(crate) output: Shape,
    /// How many numbers training has set in it.
    pub(crate) parameters: usize,
}

impl Network {
    /// A line for each layer, from the first to the last.
    pub(crate) fn summary(&self) -> Vec<LayerSummary> {
        let outputs = self.shapes().iter().skip(1);
        let lines = self
            .layers()
            .iter()
            .zip(outputs)
            .map(|(layer, &output)| LayerSummary {
                name: layer.to_string(),
                output,
                parameters: layer.weights().map_or(0, |w| w.len()),
            });
        lines.collect()
    }

    /// Neighbours in `networks` that have the same layers and inputs, as one of them and how many they are.
    pub(crate) fn kinds(networks: &[Self]) -> Vec<(&Self, usize)> {
        let same = |a: &Self, b: &Self| {
            a.shapes() == b.shapes() && a.loss() == b.loss() && a.summary() == b.summary()
        };
        networks
            .chunk_by(same)
            .map(|alike| (&alike[0], alike.len()))
            .collect()
    }
}

impl Display for Layer {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Self::Dense(_) => formatter.write_str("dense"),
            Self::Convolution(convolution) => {
                write!(formatter, "convolution {0}×{0}", convolution.kernel())
            }
            Self::Normalization(_) => formatter.write_str("batch normalisation"),
            Self::Activation(activation) => activation.fmt(formatter),
            Self::MaxPool => formatter.write_str("max pooling 2×2"),
            Self::Dropout { rate } => write!(formatter, "dropout {rate}"),
            Self::Deslant => formatter.write_str("deslanting"),
        }
    }
}

impl Display for Activation {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Self::Sigmoid { slope: 1.0 } => formatter.write_str("sigmoid"),
            Self::Sigmoid { slope } => write!(formatter, "sigmoid of {slope}·z"),
            Self::LeakyRelu { leak } => write!(formatter, "leaky ReLU {leak}"),
            Self::Relu => formatter.write_str("ReLU"),
            Self::Tanh => formatter.write_str("tanh"),
        }
    }
}
