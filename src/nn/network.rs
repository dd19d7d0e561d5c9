//! The network: layers in a row, forward through all of them, backward through all of them.

use super::kernels::transposed_product;
use super::layer::Pass;
use super::sparse::TILE;
use super::{Cache, Dense, Layer, Loss, Matrix, Shape};
use crate::error::{Error, Result};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};
use std::ops::Range;

/// The most weights of a network, as many as a model file has room for, and the most numbers for one sample.
pub(crate) const MAX_WEIGHTS: usize = 60_000_000;

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
    pub(super) layers: Vec<Layer>,
    /// Shape of the inputs, then of each layer's outputs.
    shapes: Vec<Shape>,
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
    /// [`Error::Parameter`] if there is no input or no layer, if a layer cannot take what the one before it gives, if
    /// the number of an activation or of dropout is out of its range, if images are deslanted anywhere but first, or
    /// if the layers put out more numbers for a sample, or have more weights, than any model file has room for.
    pub fn new(inputs: impl Into<Shape>, layers: Vec<Layer>, loss: Loss) -> Result<Self> {
        let mut shape: Shape = inputs.into();
        if shape.len() > MAX_WEIGHTS || shape.height > MAX_WEIGHTS || shape.width > MAX_WEIGHTS {
            let expected = format!("at most {MAX_WEIGHTS} inputs");
            return Err(Error::parameter("layers", expected, shape));
        }
        let mut shapes = vec![shape];
        let (mut numbers, mut weights) = (shape.len(), 0_usize);
        for (index, layer) in layers.iter().enumerate() {
            if let Layer::Activation(activation) = layer {
                activation.check()?;
            }
            if let Layer::Dropout { rate } = layer
                && !(0.0..1.0).contains(rate)
            {
                return Err(Error::parameter("dropout", "a rate from 0 to below 1", rate));
            }
            if index > 0 && matches!(layer, Layer::Deslant) {
                let found = format!("deslanting as layer {index}");
                return Err(Error::parameter("layers", "deslanting as layer 0 alone", found));
            }
            let outputs = layer.outputs(shape).ok_or_else(|| {
                let weights = layer.weights().map(|weights| {
                    let (rows, columns) = weights.dim();
                    format!(" with {rows}×{columns} weights")
                });
                let found = format!("layer {index}, {layer}{}", weights.unwrap_or_default());
                Error::parameter(
                    "layers",
                    format!("a layer of {shape} inputs and at least 1 output"),
                    found,
                )
            })?;
            shape = outputs;
            shapes.push(shape);
            numbers = numbers.saturating_add(shape.len());
            weights += layer.weights().map_or(0, |weights| weights.len());
        }
        if shapes[0].len() == 0 || layers.is_empty() {
            let found = format!("{} inputs and {} layers", shapes[0], layers.len());
            return Err(Error::parameter(
                "layers",
                "at least one input and one layer",
                found,
            ));
        }
        if numbers > MAX_WEIGHTS || weights > MAX_WEIGHTS {
            let expected = format!("at most {MAX_WEIGHTS} numbers and weights");
            let found = format!("{numbers} numbers and {weights} weights");
            return Err(Error::parameter("layers", expected, found));
        }
        Ok(Self { layers, shapes, loss })
    }

    /// The layers, first to last.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert!(network.layers().len() >= 3);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Shape of the inputs, then of each layer's outputs.
    ///
    /// ```
    /// use digits::nn::Shape;
    ///
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.shapes().len(), network.layers().len() + 1);
    /// assert_eq!(network.shapes().last(), Some(&Shape::from(10)));
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// Number of inputs.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.inputs(), 784);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn inputs(&self) -> usize {
        self.shapes[0].len()
    }

    /// Number of classes.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.classes(), 10);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn classes(&self) -> usize {
        self.shapes[self.shapes.len() - 1].len()
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

    /// The weight matrices, first to last, each with the bias as its last column: see [`Layer::weights`].
    ///
    /// ```
    /// use digits::nn::{Activation, Init, Loss, Network};
    /// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
    ///
    /// let mut rng = ChaCha8Rng::seed_from_u64(0);
    /// let network = Network::dense(&[2, 3, 1], Activation::Tanh, Loss::SquaredError, Init::Xavier, &mut rng)?;
    /// assert_eq!(network.weights().map(|w| w.dim()).collect::<Vec<_>>(), [(3, 3), (1, 4)]);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn weights(&self) -> impl Iterator<Item = ArrayView2<'_, f32>> {
        self.layers.iter().filter_map(Layer::weights)
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
        let layers = self.layers.iter_mut().filter_map(Layer::w_transposed_mut);
        layers.map(|w| w.view_mut().reversed_axes())
    }

    /// The first layer, if it is fully connected.
    pub(crate) fn first_dense(&self) -> Option<&Dense> {
        match self.layers.first() {
            Some(Layer::Dense(dense)) => Some(dense),
            _ => None,
        }
    }

    /// Number of layers that are trained in panels, from inputs without their zeros: 1 if the first one is fully
    /// connected, else 0.
    pub(crate) fn panel_layers(&self) -> usize {
        usize::from(self.first_dense().is_some())
    }

    /// [`Network::first_dense`], to be changed.
    pub(crate) fn first_dense_mut(&mut self) -> Option<&mut Dense> {
        match self.layers.first_mut() {
            Some(Layer::Dense(dense)) => Some(dense),
            _ => None,
        }
    }

    /// The shapes (I + 1, O) of the weight matrices as they lie in memory, transposed.
    ///
    /// ```
    /// use digits::nn::{Activation, Init, Loss, Network};
    /// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
    ///
    /// let mut rng = ChaCha8Rng::seed_from_u64(0);
    /// let network = Network::dense(&[2, 3, 1], Activation::Tanh, Loss::SquaredError, Init::Xavier, &mut rng)?;
    /// assert_eq!(network.transposed_shapes().collect::<Vec<_>>(), [(3, 3), (4, 1)]);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn transposed_shapes(&self) -> impl Iterator<Item = (usize, usize)> {
        self.layers
            .iter()
            .filter_map(Layer::w_transposed)
            .map(Matrix::dim)
    }

    /// The weight matrices as they lie in memory, transposed, each with the index of its layer.
    pub(crate) fn transposed_weights_mut(&mut self) -> impl Iterator<Item = (usize, &mut Matrix)> {
        let layers = self.layers.iter_mut().enumerate();
        layers.filter_map(|(index, layer)| Some((index, layer.w_transposed_mut()?)))
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
    ///
    /// # Panics
    /// If the cache is that of a network of other layers.
    pub fn forward(&self, cache: &mut Cache) {
        // Upright images have as many zeros.
        let upright = usize::from(self.deslants());
        self.forward_between(0..upright, cache);
        if let (Some(Layer::Dense(dense)), true) = (self.layers.get(upright), cache.sparse.has_room()) {
            cache.sparse.compress(&cache.x[upright], cache.rows);
            let mut z = cache.x[upright + 1].view_mut();
            dense.forward_sparse(&cache.sparse, &mut z.slice_mut(s![..cache.rows, ..-1]));
            self.forward_from(upright + 1, cache);
        } else {
            self.forward_from(upright, cache);
        }
    }

    /// [`Network::forward`] once the inputs of layer `first` are in the cache.
    pub(crate) fn forward_from(&self, first: usize, cache: &mut Cache) {
        self.forward_between(first..self.layers.len(), cache);
    }

    /// Forward through some of the layers, once the inputs of their first one are in the cache.
    fn forward_between(&self, layers: Range<usize>, cache: &mut Cache) {
        self.check_cache(cache);
        for index in layers {
            let layer = &self.layers[index];
            let mut pass = Pass {
                rows: cache.rows,
                image: self.shapes[index],
                outputs: self.shapes[index + 1],
                own: &mut cache.own[index],
                room: &mut cache.room,
            };
            let rng = cache.rng.as_mut();
            let (slot, next) = (cache.slots[index], cache.slots[index + 1]);
            let (before, after) = cache.x.split_at_mut(slot + 1);
            let x = &mut before[slot];
            if slot == next {
                layer.forward_in_place(&mut pass, x, rng);
            } else {
                layer.forward(pass, x, &mut after[0], rng);
            }
        }
    }

    /// From the gradient of the cache's outputs to that of every layer's inputs: carries psi back to the first layer.
    /// A network with normalisation or dropout must have gone forward as while training: [`Cache::train_with`].
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let mut cache = network.cache(4);
    /// network.forward(&mut cache);
    /// cache.outputs_and_gradient().1.fill(1.0);
    /// network.backward(&mut cache);
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Panics
    /// If the cache is that of a network of other layers, or has not gone forward as such a network must.
    pub fn backward(&self, cache: &mut Cache) {
        self.check_cache(cache);
        let learns = |layer: &Layer| matches!(layer, Layer::Normalization(_) | Layer::Dropout { .. });
        assert!(
            cache.rng.is_some() || !self.layers.iter().any(learns),
            "a cache that has gone forward as while training: `Cache::train_with`"
        );
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let mut pass = Pass {
                rows: cache.rows,
                image: self.shapes[index],
                outputs: self.shapes[index + 1],
                own: &mut cache.own[index],
                room: &mut cache.room,
            };
            let (slot, next) = (cache.slots[index], cache.slots[index + 1]);
            let (x, y) = (&cache.x[slot], &cache.x[next]);
            if slot == next {
                layer.backward_in_place(&pass, y, &mut cache.dx[cache.places[slot]]);
                continue;
            }
            if index == 0 {
                layer.backward(&mut pass, [x, y, &cache.dx[cache.places[next]]], None);
                continue;
            }
            let Ok([dx, dy]) = cache
                .dx
                .get_disjoint_mut([cache.places[slot], cache.places[next]])
            else {
                unreachable!("neighbouring slots have their gradients in different places");
            };
            dx.reshape(dx.dim().0, self.shapes[index].len());
            layer.backward(&mut pass, [x, y, dy], Some(dx));
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
    /// // Every output has the gradient 1 in four samples, and so has its bias, the last column of the last layer.
    /// assert_eq!(gradients.last().and_then(|last| last.last()), Some(&4.0));
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Panics
    /// If the cache is that of a network of other layers.
    pub fn gradients(&self, cache: &Cache) -> Vec<Array2<f32>> {
        self.check_cache(cache);
        let mut gradients = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let Some((inputs, outputs)) = layer.w_transposed().map(Matrix::dim) else {
                continue;
            };
            let mut gradient = Matrix::zeros(inputs, outputs);
            if index == 0 && self.first_dense().is_some() {
                let stride = gradient.stride();
                for (tile, rows) in gradient.padded_mut().chunks_mut(TILE * stride).enumerate() {
                    let pair = (&cache.sparse, cache.first_gradient());
                    transposed_product(std::iter::once(pair), tile, 0, rows, stride);
                }
            } else {
                super::gradient(index, std::iter::once(cache), 0, &mut gradient.view_mut());
            }
            gradients.push(gradient.view().t().to_owned());
        }
        gradients
    }
}
