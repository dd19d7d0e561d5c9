//! What a network is made of, for people: a line per layer.

use super::{Network, Shape};

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
        networks
            .chunk_by(Self::is_like)
            .map(|alike| (&alike[0], alike.len()))
            .collect()
    }
}
