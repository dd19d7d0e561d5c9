//! The article's experiments: one sample, plain gradient descent.

#![allow(clippy::print_stdout)]

use digits::nn::{Activation, ArticleNetwork, Init};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

const INPUT: [f32; 2] = [0.3, 0.7];
const TARGET: [f32; 2] = [0.389, 0.135];

/// A network with two hidden layers of one width.
fn network(hidden: usize, activation: Activation, init: Init) -> ArticleNetwork {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    ArticleNetwork::new(&[2, hidden, hidden, 2], activation, init, &mut rng)
}

/// Prints what the network puts out before and after 2,500 updates.
fn learn(what: &str, mut network: ArticleNetwork, rate: f32) {
    let before = network.forward(&INPUT).1;
    for _ in 0..2_500 {
        let gradients = network.gradients(&INPUT, &TARGET);
        network.descend(rate, &gradients);
    }
    let after = network.forward(&INPUT).1;
    println!("{what}, rate {rate}: {before:.4} -> {after:.4} after 2,500 updates");
}

fn main() {
    let sigmoid = Activation::Sigmoid { slope: 1.0 };
    println!("target: {TARGET:?}");
    for rate in [0.001, 0.1] {
        learn("[2, 3, 3, 2]", network(3, sigmoid, Init::Article), rate);
    }

    let gradients = network(1000, sigmoid, Init::Article).gradients(&INPUT, &TARGET);
    let zeros = gradients
        .iter()
        .all(|gradient| gradient.iter().all(|&g| g == 0.0));
    println!("[2, 1000, 1000, 2], sigmoid, weights in [0, 1): every gradient is 0: {zeros}");

    let flat = Activation::Sigmoid { slope: 0.01 };
    let cured = network(1000, flat, Init::Article);
    learn("[2, 1000, 1000, 2], sigmoid(0.01·z)", cured, 3.0);

    let leaky = Activation::LeakyRelu { leak: 0.1 };
    let cured = network(1000, leaky, Init::before(leaky));
    learn("[2, 1000, 1000, 2], leaky ReLU", cured, 0.001);
}
