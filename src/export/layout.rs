//! Layers as named tensors, in the order of PyTorch and ONNX, and weights back from them.
//!
//! | layer           | here                            | there                                                         |
//! |-----------------|---------------------------------|---------------------------------------------------------------|
//! | fully connected | (O, H·W·C + 1), last the bias   | `weight` (O, C·H·W), `bias` (O)                               |
//! | convolutional   | (O, K·K·C + 1), last the bias   | `weight` (O, C, K, K), `bias` (O)                             |
//! | normalisation   | (C, 2), statistics              | `weight`, `bias`, `running_mean`, `running_var`, each (C)     |
//!
//! A patch of a convolution is an image too, of K×K pixels: both kinds of weights change their order in the same way.

use crate::nn::{Layer, Network, Shape};
use ndarray::{Array2, ArrayView2};

/// Numbers with a name and a shape, the last axis' neighbours in memory.
#[derive(Debug)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

impl Tensor {
    fn new(name: String, shape: &[usize], values: Vec<f32>) -> Self {
        Self {
            name,
            shape: shape.to_vec(),
            values,
        }
    }
}

/// Names layers as PyTorch names the modules of a list: by what they are, and how many of that came before.
#[derive(Debug)]
pub(super) struct Names {
    member: usize,
    dense: usize,
    convolutions: usize,
    normalizations: usize,
}

impl Names {
    /// Of the layers of member number `member`.
    pub(super) fn new(member: usize) -> Self {
        Self {
            member,
            dense: 0,
            convolutions: 0,
            normalizations: 0,
        }
    }

    pub(super) fn dense(&mut self) -> String {
        next(self.member, "dense", &mut self.dense)
    }

    pub(super) fn convolution(&mut self) -> String {
        next(self.member, "conv", &mut self.convolutions)
    }

    pub(super) fn normalization(&mut self) -> String {
        next(self.member, "norm", &mut self.normalizations)
    }
}

fn next(member: usize, kind: &str, count: &mut usize) -> String {
    let name = format!("members.{member}.{kind}.{count}");
    *count += 1;
    name
}

/// The tensors of each layer of `network`, which is member number `member`.
pub(super) fn tensors(member: usize, network: &Network) -> Vec<Vec<Tensor>> {
    let mut names = Names::new(member);
    let layers = network.layers().iter().zip(network.shapes());
    let of = |(layer, &image): (&Layer, &Shape)| match layer {
        Layer::Dense(dense) => {
            let shape = [dense.outputs(), dense.inputs()];
            weight_and_bias(&names.dense(), &shape, image, &dense.weights())
        }
        Layer::Convolution(convolution) => {
            let kernel = convolution.kernel();
            let patch = Shape::from([kernel, kernel, image.channels]);
            let weights = convolution.weights();
            let shape = [weights.nrows(), image.channels, kernel, kernel];
            weight_and_bias(&names.convolution(), &shape, patch, &weights)
        }
        Layer::Normalization(normalization) => {
            let name = names.normalization();
            let (weights, (mean, variance)) = (normalization.weights(), normalization.statistics());
            [
                ("weight", weights.column(0).to_vec()),
                ("bias", weights.column(1).to_vec()),
                ("running_mean", mean.to_vec()),
                ("running_var", variance.to_vec()),
            ]
            .map(|(part, values)| Tensor::new(format!("{name}.{part}"), &[values.len()], values))
            .into()
        }
        Layer::Activation(_) | Layer::MaxPool | Layer::Dropout { .. } | Layer::Deslant => Vec::new(),
    };
    layers.map(of).collect()
}

/// The weights (O, I + 1) of images (or patches) of the shape `image`, with I numbers, as two tensors.
fn weight_and_bias(name: &str, shape: &[usize], image: Shape, weights: &ArrayView2<f32>) -> Vec<Tensor> {
    let mut values = Vec::with_capacity(weights.len());
    for row in weights.outer_iter() {
        values.extend(places(image).map(|place| row[place]));
    }
    let bias = weights.column(image.len()).to_vec();
    vec![
        Tensor::new(format!("{name}.weight"), shape, values),
        Tensor::new(format!("{name}.bias"), &[bias.len()], bias),
    ]
}

/// The weights (O, I + 1) whose tensors are `weight`, O·I numbers, and `bias`, O numbers.
pub(super) fn weights(image: Shape, weight: &[f32], bias: &[f32]) -> Array2<f32> {
    let mut weights = Array2::zeros((bias.len(), image.len() + 1));
    let rows = weights.outer_iter_mut().zip(weight.chunks_exact(image.len()));
    for ((mut row, weight), &bias) in rows.zip(bias) {
        for (place, &weight) in places(image).zip(weight) {
            row[place] = weight;
        }
        row[image.len()] = bias;
    }
    weights
}

/// Where each number of an image is here, for all of them in the order that they have there: channels, rows, columns.
fn places(image: Shape) -> impl Iterator<Item = usize> {
    let pixels = image.height * image.width;
    let of_channel = move |channel| (0..pixels).map(move |pixel| pixel * image.channels + channel);
    (0..image.channels).flat_map(of_channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_come_first_there_and_last_here() {
        // Two pixels of three channels.
        let image = Shape::from([1, 2, 3]);
        assert_eq!(places(image).collect::<Vec<_>>(), [0, 3, 1, 4, 2, 5]);
        let ours = Array2::from_shape_fn((2, 7), |(row, column)| (row * 7 + column) as f32);
        let tensors = weight_and_bias("layer", &[2, 6], image, &ours.view());
        let expected = [0, 3, 1, 4, 2, 5, 7, 10, 8, 11, 9, 12].map(|value| value as f32);
        assert_eq!(tensors[0].values, expected);
        assert_eq!(tensors[1].values, [6.0, 13.0]);
        assert_eq!(weights(image, &tensors[0].values, &tensors[1].values), ours);
    }
}
