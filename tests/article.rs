//! The article's algorithm and experiments, as tests.

use digits::nn::{Activation, ArticleNetwork, Cache, Init, Loss, Network};
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

/// The gradients of a batch are the mean of those of its samples, by the article's code, which shares none with the
/// network's.
#[test]
fn a_batch_has_the_mean_of_its_samples_gradients() {
    let activations = [
        Activation::Sigmoid { slope: 0.5 },
        Activation::LeakyRelu { leak: 0.1 },
        Activation::Tanh,
    ];
    // Few samples and many, few inputs and many take different ways through the products.
    for (activation, widths, batch) in activations.into_iter().flat_map(|activation| {
        [
            (activation, [2, 3, 3, 2], 1),
            (activation, [70, 40, 30, 5], 7),
            (activation, [300, 150, 20, 10], 33),
        ]
    }) {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let network =
            Network::dense(&widths, activation, Loss::SquaredError, Init::Xavier, &mut rng).unwrap();
        let article = ArticleNetwork {
            weights: network.weights().map(|w| w.to_owned()).collect(),
            activation,
        };
        // Most inputs are 0, as pixels are.
        let inputs = Array2::from_shape_fn((batch, widths[0]), |(row, column)| {
            ((row * 7 + column * 3) % 5).saturating_sub(2) as f32 * 0.4
        });
        let targets = Array2::from_shape_fn((batch, widths[3]), |(row, column)| {
            ((row + column) % 3) as f32 * 0.5
        });

        let mut cache = network.cache(batch);
        cache.inputs_mut().assign(&inputs);
        network.forward(&mut cache);
        let (y, mut dy) = cache.outputs_and_gradient();
        network.loss().forward_backward(&y, &targets, batch, &mut dy);
        for (row, output) in y.outer_iter().enumerate() {
            let expected = article.forward(inputs.row(row).as_slice().unwrap()).1;
            assert!(output.iter().zip(&expected).all(|(y, e)| (y - e).abs() < 1e-5));
        }
        network.backward(&mut cache);

        let mut expected: Vec<Array2<f32>> = article.weights.iter().map(|w| w * 0.0).collect();
        for (input, target) in inputs.outer_iter().zip(targets.outer_iter()) {
            let gradients = article.gradients(input.as_slice().unwrap(), target.as_slice().unwrap());
            for (sum, gradient) in expected.iter_mut().zip(gradients) {
                *sum += &(gradient / batch as f32);
            }
        }
        for (found, expected) in network.gradients(&cache).iter().zip(&expected) {
            let largest = expected.iter().fold(0.0, |most: f32, g| most.max(g.abs()));
            assert!(largest > 1e-4, "{activation:?}, {widths:?}: nothing to compare");
            for (g, e) in found.iter().zip(expected) {
                assert!(
                    (g - e).abs() < 1e-5 + 1e-4 * largest,
                    "{activation:?}, {widths:?}: {g} {e}"
                );
            }
        }
    }
}
