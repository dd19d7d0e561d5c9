//! What can be asked of a network whatever its weights are: whether another is built alike, and whether they are
//! numbers.

use super::{Layer, Network};

impl Network {
    /// Whether `other` has the same layers, but for the values of their weights.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let mut layers = self.layers().iter().zip(other.layers());
        self.shapes() == other.shapes()
            && self.layers().len() == other.layers().len()
            && self.loss() == other.loss()
            && layers.all(|(own, other)| own.is_like(other))
    }

    /// Whether all weights and statistics are finite numbers.
    pub(crate) fn is_finite(&self) -> bool {
        let statistics = self.layers().iter().all(|layer| match layer {
            Layer::Normalization(layer) => {
                let (mean, variance) = layer.statistics();
                mean.iter().chain(variance).all(|number| number.is_finite())
            }
            _ => true,
        });
        statistics
            && self
                .weights()
                .all(|weights| weights.iter().all(|weight| weight.is_finite()))
    }
}

impl Layer {
    fn is_like(&self, other: &Self) -> bool {
        let weights = |layer: &Self| layer.weights().map(|weights| weights.dim());
        let kinds = match (self, other) {
            (Self::Convolution(own), Self::Convolution(other)) => {
                (own.kernel(), own.padding()) == (other.kernel(), other.padding())
            }
            (Self::Dense(_), Self::Dense(_))
            | (Self::Normalization(_), Self::Normalization(_))
            | (Self::MaxPool, Self::MaxPool)
            | (Self::Deslant, Self::Deslant) => true,
            (Self::Activation(own), Self::Activation(other)) => own == other,
            (Self::Dropout { rate: own }, Self::Dropout { rate: other }) => own.to_bits() == other.to_bits(),
            _ => false,
        };
        kinds && weights(self) == weights(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Activation, Init, Loss, Stage};
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    #[test]
    fn only_weights_may_differ() {
        let dense = |widths: &[usize], activation, seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            Network::dense(widths, activation, Loss::CrossEntropy, Init::Xavier, &mut rng).unwrap()
        };
        let convolutional = |channels, dropout| {
            let (stages, mut rng) = ([Stage::Convolution(channels)], ChaCha8Rng::seed_from_u64(0));
            let relu = Activation::Relu;
            Network::convolutional([4, 4, 1], &stages, &[5], relu, dropout, 10, &mut rng).unwrap()
        };
        let network = dense(&[16, 5, 10], Activation::Relu, 1);
        assert!(network.is_like(&dense(&[16, 5, 10], Activation::Relu, 2)));
        assert!(!network.is_like(&dense(&[16, 6, 10], Activation::Relu, 1)));
        assert!(!network.is_like(&dense(&[16, 5, 10], Activation::Tanh, 1)));
        let network = dense(&[784, 5, 10], Activation::Relu, 1);
        let deslanting = network.clone().deslanting().unwrap();
        assert!(deslanting.is_like(&deslanting.clone()) && !deslanting.is_like(&network));
        let network = convolutional(2, 0.5);
        assert!(network.is_like(&network.clone()) && network.is_finite());
        assert!(!network.is_like(&convolutional(3, 0.5)));
        assert!(!network.is_like(&convolutional(2, 0.25)));
        let mut network = network;
        network.weights_mut().last().unwrap()[[0, 0]] = f32::NAN;
        assert!(!network.is_finite());
    }
}
