//! The article's gradient descent in its own words: one sample, a loop forward, a loop backward, a step.
//!
//! | symbol | shape            | meaning                                                        |
//! |--------|------------------|----------------------------------------------------------------|
//! | `w`    | (next, this + 1) | weights from one layer to the next, last column the bias       |
//! | `x_s`  | (this + 1) each  | every layer's input, a 1 appended                              |
//! | `psi`  | (next)           | ∂E/∂x · ∂x/∂z, of the outputs x = f(z) of a layer's sums z      |
//! | `E`    | 1                | ½·Σ(y − t)², of the outputs y and their targets t              |
//!
//! It is here to be read, and to hold [`super::Network`] to it, which does the same for batches, and is fast:
//! `tests/article.rs` compares the two.

use super::{Activation, Init};
use ndarray::{Array1, Array2, Axis, s};
use ndarray_rand::rand::Rng;

/// A network of fully connected layers, each followed by the same activation, that learns one sample at a time.
///
/// ```
/// use digits::nn::{Activation, ArticleNetwork, Init};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(1);
/// let sigmoid = Activation::Sigmoid { slope: 1.0 };
/// let mut network = ArticleNetwork::new(&[2, 3, 3, 2], sigmoid, Init::Article, &mut rng);
/// let (input, target) = ([0.3, 0.7], [0.389, 0.135]);
/// for _ in 0..2_500 {
///     let gradients = network.gradients(&input, &target);
///     network.descend(0.1, &gradients);
/// }
/// let outputs = network.forward(&input).1;
/// assert!((outputs[0] - 0.389).abs() < 1e-4 && (outputs[1] - 0.135).abs() < 1e-4);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ArticleNetwork {
    /// Shape (next, this + 1) each, first layer to last, the last column the bias.
    pub weights: Vec<Array2<f32>>,
    /// What follows every layer, the last one too.
    pub activation: Activation,
}

impl ArticleNetwork {
    /// A network of the given widths, inputs first, outputs last, whose weights are drawn by `init`.
    ///
    /// ```
    /// use digits::nn::{Activation, ArticleNetwork, Init};
    /// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
    ///
    /// let mut rng = ChaCha8Rng::seed_from_u64(1);
    /// let network = ArticleNetwork::new(&[2, 3, 2], Activation::Tanh, Init::Xavier, &mut rng);
    /// assert_eq!(network.weights.iter().map(|w| w.dim()).collect::<Vec<_>>(), [(3, 3), (2, 4)]);
    /// ```
    ///
    /// # Panics
    /// As [`Init::weights`].
    pub fn new(widths: &[usize], activation: Activation, init: Init, rng: &mut impl Rng) -> Self {
        let layers = widths.windows(2);
        Self {
            weights: layers.map(|pair| init.weights(pair[1], pair[0], rng)).collect(),
            activation,
        }
    }

    /// Every layer's input with its 1, the article's `x_s`; and the outputs.
    ///
    /// # Panics
    /// If `input` has not the length of the first layer's inputs, or the weights of one layer do not fit the next.
    pub fn forward(&self, input: &[f32]) -> (Vec<Array1<f32>>, Array1<f32>) {
        let mut x_s = Vec::new();
        let mut x = Array1::from(input.to_vec());
        for w in &self.weights {
            let mut with_one = x.into_raw_vec_and_offset().0;
            with_one.push(1.0);
            let with_one = Array1::from(with_one);
            x = w.dot(&with_one).mapv(|z| self.activation.apply(z));
            x_s.push(with_one);
        }
        (x_s, x)
    }

    /// ∂E/∂w of every weight matrix, in the order and shapes of [`ArticleNetwork::weights`].
    ///
    /// # Panics
    /// As [`ArticleNetwork::forward`], and if `target` has not the length of the outputs.
    pub fn gradients(&self, input: &[f32], target: &[f32]) -> Vec<Array2<f32>> {
        let (x_s, y) = self.forward(input);
        let derivative = |x: &Array1<f32>| x.mapv(|x| self.activation.derivative(x));
        let mut gradients = Vec::new();
        let mut psi = (&y - &Array1::from(target.to_vec())) * derivative(&y);
        for (w, x) in self.weights.iter().zip(&x_s).rev() {
            gradients.push(
                psi.view()
                    .insert_axis(Axis(1))
                    .dot(&x.view().insert_axis(Axis(0))),
            );
            // Nothing flows back into the 1. (What comes out for the first layer's input is of no use, nor used.)
            let x = x.slice(s![..-1]).to_owned();
            psi = w.slice(s![.., ..-1]).t().dot(&psi) * derivative(&x);
        }
        gradients.reverse();
        gradients
    }

    /// `weights -= rate · gradient`
    ///
    /// # Panics
    /// If a gradient has not the shape of its weights.
    pub fn descend(&mut self, rate: f32, gradients: &[Array2<f32>]) {
        for (w, gradient) in self.weights.iter_mut().zip(gradients) {
            *w -= &(gradient * rate);
        }
    }
}
