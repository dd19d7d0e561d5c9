//! The network: layers in a row, forward through all of them, backward through all of them.

use super::{Activation, Cache, Dense, Init, Layer, Loss, softmax};
use crate::error::{Error, Result};
use ndarray::{Array2, ArrayRef2, s};
use ndarray_rand::rand::Rng;

/// A feed-forward network.
///
/// ```
/// use digits::nn::{Activation, Init, Loss, Network};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(0);
/// let relu = Activation::Relu;
/// let network = Network::dense(&[784, 512, 10], relu, Loss::CrossEntropy, Init::before(relu), &mut rng)?;
/// assert_eq!(network.parameter_count(), 512 * 785 + 10 * 513);
/// let probabilities = network.probabilities(&ndarray::Array2::zeros((3, 784)));
/// assert_eq!(probabilities.dim(), (3, 10));
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    layers: Vec<Layer>,
    /// Number of inputs, then each layer's number of outputs.
    widths: Vec<usize>,
    loss: Loss,
}

impl Network {
    /// A network of the given layers, each of which fits the one before it.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a layer cannot take what the one before it gives, or if there is none.
    pub fn new(inputs: usize, layers: Vec<Layer>, loss: Loss) -> Result<Self> {
        let mut widths = vec![inputs];
        let mut width = inputs;
        for (index, layer) in layers.iter().enumerate() {
            width = layer.outputs(width).ok_or_else(|| {
                let found = format!(
                    "layer {index} with weights of shape {:?}",
                    layer.weights().map(Array2::dim)
                );
                Error::parameter(
                    "layers",
                    format!("a layer of {width} inputs and at least 1 output"),
                    found,
                )
            })?;
            widths.push(width);
        }
        if layers.is_empty() || inputs == 0 {
            return Err(Error::parameter(
                "layers",
                "at least one input and one layer",
                layers.len(),
            ));
        }
        Ok(Self { layers, widths, loss })
    }

    /// Fully connected layers of the given widths, inputs first, outputs last, as in the article's `[2, 3, 3, 2]`.
    ///
    /// Every layer but the last is followed by `activation`; the last one too if `loss` is the squared error, whose
    /// outputs are activations. Weights are drawn by `init`, those of a last layer of logits by [`Init::Xavier`]
    /// unless `init` is the article's.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are fewer than two widths, or a zero among them.
    pub fn dense(
        widths: &[usize],
        activation: Activation,
        loss: Loss,
        init: Init,
        rng: &mut impl Rng,
    ) -> Result<Self> {
        if widths.len() < 2 || widths.contains(&0) {
            return Err(Error::parameter(
                "widths",
                "two or more, each at least 1",
                format!("{widths:?}"),
            ));
        }
        let mut layers = Vec::new();
        let last = widths.len() - 2;
        for (index, pair) in widths.windows(2).enumerate() {
            let logits = index == last && loss == Loss::CrossEntropy;
            let init = if logits && init != Init::Article {
                Init::Xavier
            } else {
                init
            };
            layers.push(Layer::Dense(Dense::new(init.weights(pair[1], pair[0], rng))));
            if !logits {
                layers.push(Layer::Activation(activation));
            }
        }
        Self::new(widths[0], layers, loss)
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Number of inputs, then each layer's number of outputs.
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.widths[0]
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.widths[self.widths.len() - 1]
    }

    /// The loss that the outputs are made for: it says what they mean.
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// The weight matrices, first to last, each with the bias as its last column.
    pub fn weights(&self) -> impl Iterator<Item = &Array2<f32>> {
        self.layers.iter().filter_map(Layer::weights)
    }

    /// [`Network::weights`], to be changed.
    pub fn weights_mut(&mut self) -> impl Iterator<Item = &mut Array2<f32>> {
        self.layers.iter_mut().filter_map(Layer::weights_mut)
    }

    /// Number of learned numbers, biases included.
    pub fn parameter_count(&self) -> usize {
        self.weights().map(ndarray::ArrayBase::len).sum()
    }

    /// An array of zeros for every weight matrix, of its shape: gradients to fill, or an optimizer's memory.
    pub fn zeros(&self) -> Vec<Array2<f32>> {
        self.weights()
            .map(|weights| Array2::zeros(weights.dim()))
            .collect()
    }

    /// From the cache's inputs to its outputs, keeping every layer's input on the way.
    pub fn forward(&self, cache: &mut Cache) {
        let rows = cache.rows();
        for (index, layer) in self.layers.iter().enumerate() {
            let (before, after) = cache.x.split_at_mut(index + 1);
            layer.forward(
                &before[index].slice(s![..rows, ..]),
                &mut after[0].slice_mut(s![..rows, ..]),
            );
        }
    }

    /// From the gradient of the cache's outputs to the gradient of every weight matrix, in the order of
    /// [`Network::weights`] and overwriting what `gradients` held.
    ///
    /// # Panics
    /// If `gradients` is not of the shapes of [`Network::zeros`].
    pub fn backward(&self, cache: &mut Cache, gradients: &mut [Array2<f32>]) {
        let rows = cache.rows();
        let mut gradients = gradients.iter_mut().rev();
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (before, after) = cache.dx.split_at_mut(index + 1);
            let mut dx = (index > 0).then(|| before[index].slice_mut(s![..rows, ..]));
            layer.backward(
                &cache.x[index].slice(s![..rows, ..]),
                &cache.x[index + 1].slice(s![..rows, ..]),
                &after[0].slice(s![..rows, ..]),
                layer.weights().and_then(|_| gradients.next()),
                dx.as_deref_mut(),
            );
        }
    }

    /// Outputs (B, C) for inputs (B, I): logits after [`Loss::CrossEntropy`], activations after
    /// [`Loss::SquaredError`].
    ///
    /// # Panics
    /// If `x` has not [`Network::inputs`] columns.
    pub fn outputs(&self, x: &ArrayRef2<f32>) -> Array2<f32> {
        let mut cache = self.cache(x.nrows());
        cache.inputs_mut().assign(x);
        self.forward(&mut cache);
        cache.outputs().to_owned()
    }

    /// Probabilities (B, C) for inputs (B, I); every row sums to 1.
    ///
    /// # Panics
    /// If `x` has not [`Network::inputs`] columns.
    pub fn probabilities(&self, x: &ArrayRef2<f32>) -> Array2<f32> {
        let mut outputs = self.outputs(x);
        self.outputs_to_probabilities(&mut outputs, 1.0);
        outputs
    }

    /// Turns outputs (B, C) into probabilities, in place.
    ///
    /// Logits are divided by `temperature` (Guo et al., 2017, *On Calibration of Modern Neural Networks*) and go
    /// through softmax. Activations trained on the squared error estimate the probabilities themselves; they are
    /// clipped at 0 and scaled to sum to 1 (to 1/C each, if none is positive).
    pub fn outputs_to_probabilities(&self, outputs: &mut ArrayRef2<f32>, temperature: f32) {
        match self.loss {
            Loss::CrossEntropy => {
                outputs.mapv_inplace(|logit| logit / temperature);
                softmax(outputs);
            }
            Loss::SquaredError => {
                for mut row in outputs.outer_iter_mut() {
                    row.mapv_inplace(|y| y.max(0.0));
                    let sum = row.sum();
                    let classes = row.len() as f32;
                    row.mapv_inplace(|y| if sum > 0.0 { y / sum } else { 1.0 / classes });
                }
            }
        }
    }
}
