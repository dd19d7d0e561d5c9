//! Initial weights, drawn through `ndarray-rand` from a generator that the caller hands in.

use super::Activation;
use ndarray::{Array2, s};
use ndarray_rand::RandomExt;
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::{Normal, Uniform};

/// How the weights of a layer are drawn.
///
/// ```
/// use digits::nn::{Activation, Init};
///
/// assert_eq!(Init::before(Activation::LeakyRelu { leak: 0.1 }), Init::He { leak: 0.1 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// Normal with variance 2 / (I·(1 + leak²)), biases 0: keeps the size of signals through rectifiers (He et al.,
    /// 2015, *Delving Deep into Rectifiers*).
    He {
        /// The negative slope of the rectifier that follows: 0 for ReLU.
        leak: f32,
    },
    /// Normal with variance 2 / (I + O), biases 0: for sigmoid, tanh and linear outputs (Glorot & Bengio, 2010,
    /// *Understanding the difficulty of training deep feedforward neural networks*).
    Xavier,
    /// Uniform in [0, 1), biases too: the article's first choice, which saturates a wide sigmoid net.
    Article,
}

impl Init {
    /// The usual choice before `activation`.
    ///
    /// ```
    /// use digits::nn::{Activation, Init};
    ///
    /// assert_eq!(Init::before(Activation::Relu), Init::He { leak: 0.0 });
    /// assert_eq!(Init::before(Activation::Tanh), Init::Xavier);
    /// ```
    pub fn before(activation: Activation) -> Self {
        match activation {
            Activation::Relu => Self::He { leak: 0.0 },
            Activation::LeakyRelu { leak } => Self::He { leak },
            Activation::Sigmoid { .. } | Activation::Tanh => Self::Xavier,
        }
    }

    /// Weights of shape (`outputs`, `inputs` + 1), last column the bias.
    ///
    /// ```
    /// use digits::nn::Init;
    /// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
    ///
    /// let weights = Init::Xavier.weights(3, 2, &mut ChaCha8Rng::seed_from_u64(0));
    /// assert_eq!(weights.dim(), (3, 3));
    /// assert_eq!(weights.column(2).to_vec(), [0.0; 3]);
    /// ```
    ///
    /// # Panics
    /// If the leak of [`Init::He`] is not a finite number.
    pub fn weights(self, outputs: usize, inputs: usize, rng: &mut impl Rng) -> Array2<f32> {
        let shape = (outputs, inputs + 1);
        let variance = match self {
            Self::He { leak } => {
                assert!(leak.is_finite(), "a leak that is a finite number");
                2.0 / (inputs.max(1) as f32 * (1.0 + leak * leak))
            }
            Self::Xavier => 2.0 / (inputs + outputs).max(1) as f32,
            Self::Article => {
                let unit = Uniform::new(0.0, 1.0).unwrap_or_else(|_| unreachable!("0 is below 1"));
                return Array2::random_using(shape, unit, rng);
            }
        };
        let normal =
            Normal::new(0.0, variance.sqrt()).unwrap_or_else(|_| unreachable!("the variance is finite"));
        let mut weights = Array2::random_using(shape, normal, rng);
        weights.slice_mut(s![.., -1]).fill(0.0);
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    /// Mean and variance of all weights but the biases.
    fn moments(init: Init, outputs: usize, inputs: usize) -> (f32, f32) {
        let weights = init.weights(outputs, inputs, &mut ChaCha8Rng::seed_from_u64(7));
        let weights = weights.slice(s![.., ..-1]);
        (weights.mean().unwrap(), weights.var(0.0))
    }

    #[test]
    fn variances_are_those_of_the_papers() {
        for (init, expected) in [
            (Init::He { leak: 0.0 }, 2.0_f32 / 400.0),
            (Init::He { leak: 0.5 }, 2.0 / (400.0 * 1.25)),
            (Init::Xavier, 2.0 / 1000.0),
        ] {
            let (mean, variance) = moments(init, 600, 400);
            // 240,000 draws: the mean's standard error is 0.002 sd, the variance's 0.3 %.
            assert!(mean.abs() < 0.01 * expected.sqrt(), "{init:?}: mean {mean}");
            assert!(
                (variance / expected - 1.0).abs() < 0.015,
                "{init:?}: variance {variance}, not {expected}"
            );
        }
        let (mean, variance) = moments(Init::Article, 600, 400);
        assert!(
            (mean - 0.5).abs() < 0.005 && (variance - 1.0 / 12.0).abs() < 0.002,
            "{mean} {variance}"
        );
    }
}
