//! What makes a finished network of one in training: averages, and layers merged into others.

use super::{Cache, Convolution, Dense, Layer, Network};
use crate::error::Result;
use ndarray::Array2;

impl Network {
    /// Moves the running averages of layers that keep some towards the statistics of a batch, whose `shards` have
    /// been through [`Network::forward`] while training.
    pub(crate) fn update_statistics<'a>(&mut self, shards: &(impl Iterator<Item = &'a Cache> + Clone)) {
        for (index, layer) in self.layers.iter_mut().enumerate() {
            if let Layer::Normalization(normalization) = layer {
                normalization
                    .update_statistics(&shards.clone().map(|shard| (shard.rows, &shard.own[index].kept)));
            }
        }
    }

    /// Moves every number towards that of a network `other` of the same layers, by `share` of the way: repeated after
    /// every step, an exponential moving average (Polyak & Juditsky, 1992, *Acceleration of Stochastic Approximation
    /// by Averaging*).
    pub(crate) fn move_towards(&mut self, other: &Self, share: f32) {
        for (layer, other) in self.layers.iter_mut().zip(&other.layers) {
            if let (Some(w), Some(other)) = (layer.w_transposed_mut(), other.w_transposed()) {
                w.move_towards(other, share);
            }
            if let (Layer::Normalization(own), Layer::Normalization(other)) = (layer, other) {
                own.move_towards(other, share);
            }
        }
    }

    /// The same function in fewer layers: normalisations are merged into the weights before them, and dropout, which
    /// does nothing any more, goes. For use, not for more training.
    ///
    /// ```
    /// use digits::nn::{Activation, Network, Stage};
    /// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
    ///
    /// let mut rng = ChaCha8Rng::seed_from_u64(0);
    /// let relu = Activation::Relu;
    /// let network = Network::convolutional([4, 4, 1], &[Stage::Convolution(2)], &[], relu, 0.5, 10, &mut rng)?;
    /// assert_eq!((network.layers().len(), network.folded().layers().len()), (5, 3));
    /// # Ok::<(), digits::Error>(())
    /// ```
    #[must_use]
    pub fn folded(&self) -> Self {
        let mut layers: Vec<Layer> = Vec::new();
        for layer in &self.layers {
            match (layer, layers.last_mut()) {
                (Layer::Dropout { .. }, _) => {}
                (Layer::Normalization(normalization), Some(before)) => {
                    match before.scaled(&normalization.factors()) {
                        Some(merged) => *before = merged,
                        None => layers.push(layer.clone()),
                    }
                }
                (Layer::Convolution(convolution), _) => {
                    layers.push(Layer::Convolution(convolution.clone().finished()));
                }
                _ => layers.push(layer.clone()),
            }
        }
        // Nothing is left of dropout alone; otherwise every layer still gets what it got.
        Self::new(self.shapes()[0], layers, self.loss()).unwrap_or_else(|_| self.clone())
    }

    /// The network that deslants images before it does what this one does: for one that has learned from deslanted
    /// images.
    ///
    /// ```
    /// use digits::nn::{Layer, Network};
    ///
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0).deslanting()?;
    /// assert_eq!(network.layers()[0], Layer::Deslant);
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if its inputs are not images of 28×28 pixels, or if it deslants
    /// them already.
    pub fn deslanting(self) -> Result<Self> {
        let (inputs, loss) = (self.shapes()[0], self.loss());
        let layers = std::iter::once(Layer::Deslant).chain(self.layers).collect();
        Self::new(inputs, layers, loss)
    }

    /// Whether it deslants images before all else.
    pub(crate) fn deslants(&self) -> bool {
        matches!(self.layers.first(), Some(Layer::Deslant))
    }

    /// The network that does to deslanted images what this one, which deslants, does to all.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if it does nothing else.
    pub(crate) fn behind_deslanting(&self) -> Result<Self> {
        Self::new(self.shapes()[0], self.layers[1..].to_vec(), self.loss())
    }
}

impl Layer {
    /// The layer whose outputs are factor·y + summand, where this one's are y; `None` if it has no weights to merge
    /// that into.
    fn scaled(&self, factors: &[[f32; 2]]) -> Option<Self> {
        let merge = |weights: ndarray::ArrayView2<f32>| -> Array2<f32> {
            let mut weights = weights.to_owned();
            let bias = weights.ncols() - 1;
            for (mut weights, [factor, summand]) in weights.outer_iter_mut().zip(factors) {
                weights *= *factor;
                weights[bias] += summand;
            }
            weights
        };
        match self {
            Self::Dense(dense) => Some(Self::Dense(Dense::new(&merge(dense.weights())))),
            Self::Convolution(convolution) => {
                let merged = merge(convolution.weights());
                Convolution::new(&merged, convolution.kernel(), convolution.padding()).map(Self::Convolution)
            }
            Self::Normalization(_)
            | Self::Activation(_)
            | Self::MaxPool
            | Self::Dropout { .. }
            | Self::Deslant => None,
        }
    }
}
