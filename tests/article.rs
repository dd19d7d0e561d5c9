//! The article's experiments, as tests.

use digits::nn::{Activation, Cache, Init, Loss, Network};
use ndarray::{Array2, array};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

const TARGET: [f32; 2] = [0.389, 0.135];

fn start(widths: &[usize], activation: Activation, init: Init) -> (Network, Cache) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let network = Network::dense(widths, activation, Loss::SquaredError, init, &mut rng).unwrap();
    let mut cache = network.cache(1);
    cache.inputs_mut().assign(&array![[0.3, 0.7]]);
    (network, cache)
}

fn gradients(network: &Network, cache: &mut Cache) -> Vec<Array2<f32>> {
    network.forward(cache);
    let (y, mut dy) = cache.outputs_and_gradient();
    network.loss().forward_backward(&y, &array![TARGET], 1, &mut dy);
    network.backward(cache);
    network.gradients(cache)
}

/// Largest distance of an output from its target after so many updates.
fn distance_after(network: &mut Network, cache: &mut Cache, rate: f32, updates: usize) -> f32 {
    for _ in 0..updates {
        let gradients = gradients(network, cache);
        for (mut weights, gradient) in network.weights_mut().zip(&gradients) {
            weights.scaled_add(-rate, gradient);
        }
    }
    network.forward(cache);
    cache
        .outputs()
        .iter()
        .zip(TARGET)
        .fold(0.0, |most, (y, t)| (y - t).abs().max(most))
}

#[test]
fn a_small_net_learns_one_sample_to_four_decimals() {
    let sigmoid = Activation::Sigmoid { slope: 1.0 };
    let (mut network, mut cache) = start(&[2, 3, 3, 2], sigmoid, Init::Article);
    assert!(distance_after(&mut network, &mut cache, 0.1, 2_500) < 0.5e-4);
    // The article's own rate is far from there after as many updates.
    let (mut network, mut cache) = start(&[2, 3, 3, 2], sigmoid, Init::Article);
    assert!(distance_after(&mut network, &mut cache, 0.001, 2_500) > 0.1);
}

#[test]
fn a_wide_sigmoid_net_saturates_and_every_gradient_is_zero() {
    let (network, mut cache) = start(
        &[2, 1000, 1000, 2],
        Activation::Sigmoid { slope: 1.0 },
        Init::Article,
    );
    for (gradient, weights) in gradients(&network, &mut cache).iter().zip(network.weights()) {
        assert_eq!(gradient.dim(), weights.dim());
        assert!(gradient.iter().all(|&g| g == 0.0));
    }
}

#[test]
fn both_cures_learn() {
    let flat = Activation::Sigmoid { slope: 0.01 };
    let (mut network, mut cache) = start(&[2, 1000, 1000, 2], flat, Init::Article);
    let before = distance_after(&mut network, &mut cache, 3.0, 0);
    assert!(distance_after(&mut network, &mut cache, 3.0, 500) < 0.8 * before);

    let leaky = Activation::LeakyRelu { leak: 0.1 };
    let (mut network, mut cache) = start(&[2, 1000, 1000, 2], leaky, Init::before(leaky));
    assert!(distance_after(&mut network, &mut cache, 0.001, 2_500) < 0.01);
}
