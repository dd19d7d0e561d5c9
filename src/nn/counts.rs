//! How much there is of a network: numbers, weights, work.

use super::{Layer, Network, Shape};

impl Network {
    /// Numbers that all layers together put out for one sample, its own included.
    pub(crate) fn numbers(&self) -> usize {
        self.shapes().iter().map(|shape| shape.len()).sum()
    }

    /// Multiplications that one sample takes.
    pub(crate) fn multiplications(&self) -> usize {
        let layers = self.layers().iter().zip(&self.shapes()[1..]);
        let of = |(layer, outputs): (&Layer, &Shape)| {
            layer.weights().map_or(0, |weights| {
                weights.len().saturating_mul(outputs.height * outputs.width)
            })
        };
        layers.map(of).fold(0, usize::saturating_add)
    }

    /// Number of weights that the pixels of a sample share.
    pub(crate) fn shared_weights(&self) -> usize {
        let shared = self
            .layers()
            .iter()
            .filter(|layer| !matches!(layer, Layer::Dense(_)));
        shared
            .filter_map(Layer::weights)
            .map(|weights| weights.len())
            .sum()
    }

    /// Number of learned numbers, biases included.
    ///
    /// ```
    /// use digits::nn::{Activation, Init, Loss, Network};
    /// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
    ///
    /// let mut rng = ChaCha8Rng::seed_from_u64(0);
    /// let network = Network::dense(&[2, 3, 1], Activation::Tanh, Loss::SquaredError, Init::Xavier, &mut rng)?;
    /// assert_eq!(network.parameter_count(), 3 * 3 + 4);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn parameter_count(&self) -> usize {
        self.weights().map(|weights| weights.len()).sum()
    }
}
