//! The article's experiments, on this library: one sample, batches of one, plain gradient descent.

#![allow(clippy::print_stdout)]

use digits::nn::{Activation, Cache, Init, Loss, Network};
use ndarray::{Array2, array};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

/// A network that learns one sample.
struct OneSample {
    network: Network,
    cache: Cache,
    gradients: Vec<Array2<f32>>,
    target: Array2<f32>,
}

impl OneSample {
    fn new(hidden: usize, activation: Activation, init: Init) -> Result<Self, digits::Error> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let widths = [2, hidden, hidden, 2];
        let network = Network::dense(&widths, activation, Loss::SquaredError, init, &mut rng)?;
        let mut cache = network.cache(1);
        cache.inputs_mut().assign(&array![[0.3, 0.7]]);
        Ok(Self {
            network,
            cache,
            gradients: Vec::new(),
            target: array![[0.389, 0.135]],
        })
    }

    /// Forward and backward; the loss.
    fn gradients(&mut self) -> f64 {
        self.network.forward(&mut self.cache);
        let (y, mut dy) = self.cache.outputs_and_gradient();
        let loss = self.network.loss().forward_backward(&y, &self.target, 1, &mut dy);
        self.network.backward(&mut self.cache);
        self.gradients = self.network.gradients(&self.cache);
        loss
    }

    /// `weights -= rate · gradient`, so many times; the outputs after that.
    fn learn(&mut self, rate: f32, updates: usize) -> Vec<f32> {
        for _ in 0..updates {
            self.gradients();
            for (mut weights, gradient) in self.network.weights_mut().zip(&self.gradients) {
                weights.scaled_add(-rate, gradient);
            }
        }
        self.gradients();
        self.cache.outputs().row(0).to_vec()
    }
}

fn main() -> Result<(), digits::Error> {
    let sigmoid = Activation::Sigmoid { slope: 1.0 };
    println!("target: [0.389, 0.135]");
    for rate in [0.001, 0.1] {
        let mut small = OneSample::new(3, sigmoid, Init::Article)?;
        let before = small.learn(rate, 0);
        println!(
            "[2, 3, 3, 2], rate {rate}: {before:.4?} -> {:.4?} after 2,500 updates",
            small.learn(rate, 2_500)
        );
    }

    let mut wide = OneSample::new(1000, sigmoid, Init::Article)?;
    wide.gradients();
    let zeros = wide
        .gradients
        .iter()
        .all(|gradient| gradient.iter().all(|&g| g == 0.0));
    println!("[2, 1000, 1000, 2], sigmoid, weights in [0, 1): every gradient is 0: {zeros}");

    let flat = Activation::Sigmoid { slope: 0.01 };
    let mut cured = OneSample::new(1000, flat, Init::Article)?;
    let before = cured.learn(3.0, 0);
    println!(
        "[2, 1000, 1000, 2], sigmoid(0.01·z), rate 3: {before:.4?} -> {:.4?} after 2,500 updates",
        cured.learn(3.0, 2_500)
    );

    let leaky = Activation::LeakyRelu { leak: 0.1 };
    let mut cured = OneSample::new(1000, leaky, Init::before(leaky))?;
    let before = cured.learn(0.001, 0);
    println!(
        "[2, 1000, 1000, 2], leaky ReLU, rate 0.001: {before:.4?} -> {:.4?} after 2,500 updates",
        cured.learn(0.001, 2_500)
    );
    Ok(())
}
