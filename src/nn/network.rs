//! The network: layers in a row, forward through all of them, backward through all of them.

use super::kernels::transposed_product;
use super::sparse::TILE;
use super::{Activation, Cache, Dense, Init, Layer, Loss, Matrix, softmax};
use crate::error::{Error, Result};
use ndarray::{Array2, ArrayRef2, ArrayView2, ArrayViewMut2, s};
use ndarray_rand::rand::Rng;

/// The most weights of a network: as many as a model file has room for.
const MAX_WEIGHTS: usize = 60_000_000;

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
    /// ```
    /// use digits::nn::{Dense, Layer, Loss, Network};
    /// use ndarray::array;
    ///
    /// let dense = || Layer::Dense(Dense::new(&array![[1.0, 2.0, 0.0]]));
    /// assert!(Network::new(2, vec![dense()], Loss::CrossEntropy).is_ok());
    /// assert!(Network::new(3, vec![dense()], Loss::CrossEntropy).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if a layer cannot take what the one before it gives, or if the first is not a dense one.
    pub fn new(inputs: usize, layers: Vec<Layer>, loss: Loss) -> Result<Self> {
        let mut widths = vec![inputs];
        let mut width = inputs;
        for (index, layer) in layers.iter().enumerate() {
            width = layer.outputs(width).ok_or_else(|| {
                let found = format!(
                    "layer {index} with weights of shape {:?}",
                    layer.as_dense().map(|dense| dense.weights().dim())
                );
                Error::parameter(
                    "layers",
                    format!("a layer of {width} inputs and at least 1 output"),
                    found,
                )
            })?;
            widths.push(width);
        }
        if inputs == 0 || !matches!(layers.first(), Some(Layer::Dense(_))) {
            let expected = "at least one input, and a dense layer first";
            return Err(Error::parameter("layers", expected, format!("{inputs} inputs")));
        }
        Ok(Self { layers, widths, loss })
    }

    /// Fully connected layers of the given widths, inputs first, outputs last, as in the article's `[2, 3, 3, 2]`.
    ///
    /// Every layer but the last is followed by `activation`; the last one too if `loss` is the squared error, whose
    /// outputs are activations. Weights are drawn by `init`, those of a last layer of logits by [`Init::Xavier`]
    /// unless `init` is the article's.
    ///
    /// ```
    /// use digits::nn::{Activation, Init, Loss, Network};
    /// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
    ///
    /// let mut rng = ChaCha8Rng::seed_from_u64(1);
    /// let network = Network::dense(&[2, 3, 3, 2], Activation::Tanh, Loss::SquaredError, Init::Article, &mut rng)?;
    /// assert_eq!(network.weights().map(|w| w.dim()).collect::<Vec<_>>(), [(3, 3), (3, 4), (2, 4)]);
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are fewer than two widths, or a zero among them, or so many weights that no
    /// model file could keep them.
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
        let weights = widths.windows(2).try_fold(0_usize, |sum, pair| {
            sum.checked_add(pair[0].checked_add(1)?.checked_mul(pair[1])?)
        });
        if weights.is_none_or(|weights| weights > MAX_WEIGHTS) {
            let expected = format!("layers of at most {MAX_WEIGHTS} weights in all");
            return Err(Error::parameter("widths", expected, format!("{widths:?}")));
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
            layers.push(Layer::Dense(Dense::new(&init.weights(pair[1], pair[0], rng))));
            if !logits {
                layers.push(Layer::Activation(activation));
            }
        }
        Self::new(widths[0], layers, loss)
    }

    /// The layers, first to last.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.layers().len(), 3);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Number of inputs, then each layer's number of outputs.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.widths(), [784, 512, 512, 10]);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// Number of inputs.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.inputs(), 784);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn inputs(&self) -> usize {
        self.widths[0]
    }

    /// Number of classes.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.classes(), 10);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn classes(&self) -> usize {
        self.widths[self.widths.len() - 1]
    }

    /// The loss that the outputs are made for: it says what they mean.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.loss(), digits::nn::Loss::CrossEntropy);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// The fully connected layers, first to last: those with weights.
    fn dense_layers(&self) -> impl Iterator<Item = &Dense> {
        self.layers.iter().filter_map(Layer::as_dense)
    }

    /// The weight matrices, first to last, each with the bias as its last column.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.weights().map(|w| w.dim()).collect::<Vec<_>>(), [(512, 785), (10, 513)]);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn weights(&self) -> impl Iterator<Item = ArrayView2<'_, f32>> {
        self.dense_layers().map(Dense::weights)
    }

    /// [`Network::weights`], to be changed.
    ///
    /// ```
    /// let mut network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// network.weights_mut().for_each(|mut weights| weights.fill(0.0));
    /// assert!(network.weights().all(|weights| weights.sum() == 0.0));
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn weights_mut(&mut self) -> impl Iterator<Item = ArrayViewMut2<'_, f32>> {
        self.layers
            .iter_mut()
            .filter_map(Layer::as_dense_mut)
            .map(Dense::weights_mut)
    }

    /// The first layer, which sees the inputs.
    pub(crate) fn first_dense(&self) -> Option<&Dense> {
        self.layers.first().and_then(Layer::as_dense)
    }

    /// [`Network::first_dense`], to be changed.
    pub(crate) fn first_dense_mut(&mut self) -> Option<&mut Dense> {
        self.layers.first_mut().and_then(Layer::as_dense_mut)
    }

    /// The shapes (I + 1, O) of the weight matrices as they lie in memory, transposed.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.transposed_shapes().collect::<Vec<_>>(), [(785, 512), (513, 10)]);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn transposed_shapes(&self) -> impl Iterator<Item = (usize, usize)> {
        self.dense_layers().map(|dense| dense.w_transposed.dim())
    }

    /// The weight matrices as they lie in memory, transposed, each with the index of its layer.
    pub(crate) fn transposed_weights_mut(&mut self) -> impl Iterator<Item = (usize, &mut Matrix)> {
        let layers = self.layers.iter_mut().enumerate();
        layers.filter_map(|(index, layer)| Some((index, &mut layer.as_dense_mut()?.w_transposed)))
    }

    /// Number of learned numbers, biases included.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.parameter_count(), 407_050);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn parameter_count(&self) -> usize {
        self.weights().map(|weights| weights.len()).sum()
    }

    /// From the cache's inputs to its outputs, keeping every layer's input on the way.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let mut cache = network.cache(4);
    /// cache.inputs_mut().fill(0.5);
    /// network.forward(&mut cache);
    /// assert!(cache.outputs().iter().all(|output| output.is_finite()));
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn forward(&self, cache: &mut Cache) {
        cache.leave_out_zeros();
        if let Some(Layer::Dense(dense)) = self.layers.first() {
            let mut z = cache.x[1].view_mut();
            dense.forward_sparse(&cache.sparse, &mut z.slice_mut(s![..cache.rows, ..-1]));
        }
        self.forward_from_second(cache);
    }

    /// [`Network::forward`] once the outputs of the first layer are in the cache.
    pub(crate) fn forward_from_second(&self, cache: &mut Cache) {
        // The first layer of every network is a dense one.
        for (index, layer) in self.layers.iter().enumerate().skip(1) {
            let (before, after) = cache.x.split_at_mut(index + 1);
            layer.forward(cache.rows, &before[index], &mut after[0]);
        }
    }

    /// From the gradient of the cache's outputs to that of every layer's inputs: carries psi back to the first layer.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let mut cache = network.cache(4);
    /// network.forward(&mut cache);
    /// cache.outputs_and_gradient().1.fill(1.0);
    /// network.backward(&mut cache);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn backward(&self, cache: &mut Cache) {
        for (index, layer) in self.layers.iter().enumerate().skip(1).rev() {
            let (before, after) = cache.dx.split_at_mut(index + 1);
            layer.backward(cache.rows, &cache.x[index + 1], &after[0], &mut before[index]);
        }
    }

    /// The gradient of every weight matrix, psiᵀ · `x_s`, in the order and shapes of [`Network::weights`], after
    /// [`Network::backward`] of this cache.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let mut cache = network.cache(4);
    /// network.forward(&mut cache);
    /// cache.outputs_and_gradient().1.fill(1.0);
    /// network.backward(&mut cache);
    /// let gradients = network.gradients(&cache);
    /// // Every output has the gradient 1 in four samples, and so has its bias.
    /// assert_eq!(gradients[1][[9, 512]], 4.0);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn gradients(&self, cache: &Cache) -> Vec<Array2<f32>> {
        let mut gradients = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let Some(dense) = layer.as_dense() else { continue };
            let mut gradient = Matrix::zeros(dense.w_transposed.dim().0, dense.outputs());
            if index == 0 {
                let stride = gradient.stride();
                for (tile, rows) in gradient.padded_mut().chunks_mut(TILE * stride).enumerate() {
                    let pair = (&cache.sparse, &cache.dx[1]);
                    transposed_product(std::iter::once(pair), tile, 0, rows, stride);
                }
            } else {
                super::gradient(index, std::iter::once(cache), 0, &mut gradient.view_mut());
            }
            gradients.push(gradient.view().t().to_owned());
        }
        gradients
    }

    /// Outputs (B, C) for inputs (B, I): logits after [`Loss::CrossEntropy`], activations after
    /// [`Loss::SquaredError`].
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.outputs(&ndarray::Array2::zeros((3, 784))).dim(), (3, 10));
    /// # Ok::<(), digits::Error>(())
    /// ```
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
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let sum = network.probabilities(&ndarray::Array2::zeros((1, 784))).sum();
    /// assert!((sum - 1.0).abs() < 1e-5);
    /// # Ok::<(), digits::Error>(())
    /// ```
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
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let mut outputs = ndarray::Array2::zeros((1, 10));
    /// network.outputs_to_probabilities(&mut outputs, 2.0);
    /// assert!(outputs.iter().all(|&probability| probability == 0.1));
    /// # Ok::<(), digits::Error>(())
    /// ```
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
