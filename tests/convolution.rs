//! Convolution, batch normalisation and max pooling: every gradient against finite differences of a slow network in
//! f64, which shares no code with the library's, and against PyTorch; and what a finished network leaves out.
//!
//! The literal numbers below are what this prints (PyTorch 2.15, CPU):
//!
//! ```python
//! import torch
//! from torch.nn.functional import batch_norm, conv2d, cross_entropy, linear, max_pool2d, relu
//! def values(n, k): return torch.tensor([((i * i * 7 + i * k) % 23 - 11) / 16 for i in range(n)])
//! def kernels(w, i): return w[:, :-1].reshape(len(w), 3, 3, i).permute(0, 3, 1, 2), w[:, -1]
//! def norm(z, w): return batch_norm(z, None, None, *w.T.contiguous(), training=True)
//! x = values(3 * 36, 5).reshape(3, 6, 6, 1).permute(0, 3, 1, 2)
//! w = [(values(n * m, k).reshape(n, m) / (1, 2)[m == 2] + (m == 2)).requires_grad_() for k, n, m in [(1, 2, 10), (2, 2, 2), (3, 3, 19), (4, 3, 2), (6, 3, 28)]]
//! y = relu(max_pool2d(norm(conv2d(x, *kernels(w[0], 1), padding=1), w[1]), 2))
//! y = relu(norm(conv2d(y, *kernels(w[2], 2), padding=1), w[3]))
//! y = linear(y.permute(0, 2, 3, 1).flatten(1), w[4][:, :-1], w[4][:, -1])
//! loss = cross_entropy(y, torch.tensor([0, 2, 1])); loss.backward()
//! for v in [y, loss] + [v.grad for v in w]: print([float(f"{a:.8g}") for a in v.flatten().tolist()])
//! ```
// The literals are as PyTorch prints them.
#![allow(clippy::unwrap_used, clippy::unreadable_literal, clippy::excessive_precision)]

use digits::nn::{Activation, Convolution, Dense, Layer, Loss, Network, Normalization, Stage, one_hot};
use digits::random::{Purpose, stream};
use ndarray::{Array2, Array4, s};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

#[rustfmt::skip]
const OUTPUTS: &[f64] = &[
    3.7043829, 2.0877597, 3.469286, 4.43506, 1.0926304, 2.7689421, 5.134306, 1.2544713, 2.9965243,
];
const LOSS: f64 = 2.1885941;
#[rustfmt::skip]
const GRADIENTS: [&[f64]; 5] = [
    &[
        -0.50872958, -0.65401804, -0.057397615, 0.37001252, -0.14799646, -0.66724408, 0.68041748, -0.59932858,
        -0.84666169, 1.7881393e-07, -0.0093369782, -0.46261024, 0.43430346, 0.41470194, -0.40819481, -0.50796872,
        0.33555937, -0.59373438, 0.022222161, 1.1920929e-07,
    ],
    &[
        -0.066224381, -0.17394397, 0.05261486, 0.23957494,
    ],
    &[
        0.19094455, -0.068165943, -0.068005085, 0.36737996, 0.58094794, 0.4022775, 0.12060896, 0.20112677, -0.1828537,
        0.079179294, 0.52250654, 0.16740394, -0.12696451, -0.12436779, -0.010033831, -0.26190805, -0.042083133,
        -0.15565962, -2.6077032e-08, 0.27964413, -0.17990136, -0.79483783, -0.13274023, 0.28989124, -0.31550568,
        1.0150627, 0.41954309, -1.0903585, 0.45727515, 1.3639232, 1.3528252, 0.25075084, 0.4263953, -0.70632684,
        -0.7404089, 0.99454045, 0.71178919, -5.5879354e-08, -0.30943292, -0.37747094, -0.29512426, -0.88665354,
        -0.020204872, 0.33394277, -0.091869198, -0.52876878, -0.32264078, 0.40394014, 0.3677485, 0.36971173,
        -0.12055653, -0.23218352, -0.33443367, -0.41301334, 0.73916072, 0.55727929, 0.0,
    ],
    &[
        0.60989696, -0.864654, 0.7622813, 0.16043511, 0.39632776, 0.17279616,
    ],
    &[
        0.33717608, 1.1089609, 0.60791707, 0.35241067, 0.52647048, 0.78034282, 0.94201839, 0.15112287, 0.59315008,
        0.059727222, -0.038057543, 0.79178143, 0.011219317, 0.094392873, 0.79359609, 0.41857576, 0.37289241,
        -0.078088507, 0.46520671, 1.0360744, 0.085379899, 0.50576741, -0.19858101, 0.0, 0.7271564, 0.0, 0.25557718,
        0.39927232, -0.1097398, -0.65379161, -0.52266932, -0.24294125, -0.5907923, -0.68457586, -0.6030277,
        -0.31952885, -0.33990237, -0.052979786, -0.18856478, -0.36892447, -0.021871964, 0.015453665, -0.6443283,
        -0.31301942, -0.36461705, 0.049453907, -0.24360982, -0.58083397, -0.15933581, -0.37096912, 0.03986793, 0.0,
        -0.54381835, 0.0, -0.08075238, -0.28438526, -0.22743626, -0.45516917, -0.085247688, -0.10946938, 0.064321883,
        -0.095766872, -0.3389906, 0.16840599, -0.25324765, -0.0067474255, 0.22662231, -0.42285687, 0.010652647,
        -0.10984652, -0.14926773, -0.10555628, -0.0082752984, 0.0286346, -0.22159684, -0.45524034, 0.073955923,
        -0.13479823, 0.15871306, 0.0, -0.18333791, 0.0, -0.17482476, -0.11488703,
    ],
];

/// The snippet's `values`, as weights of a normalisation moved to where they let every channel through.
fn values(shape: (usize, usize), k: usize) -> Array2<f32> {
    let values = Array2::from_shape_fn(shape, |(row, column)| {
        let i = row * shape.1 + column;
        ((i * i * 7 + i * k) % 23) as f32 / 16.0 - 11.0 / 16.0
    });
    if shape.1 == 2 { values / 2.0 + 1.0 } else { values }
}

/// The snippet's network.
fn network() -> Network {
    let convolution = |shape, k| Layer::Convolution(Convolution::new(&values(shape, k), 3, 1).unwrap());
    let normalization = |channels, k| {
        let layer = Normalization::of(
            &values((channels, 2), k),
            vec![0.1; channels],
            vec![0.7; channels],
        );
        Layer::Normalization(layer.unwrap())
    };
    let layers = vec![
        convolution((2, 10), 1),
        normalization(2, 2),
        Layer::MaxPool,
        Layer::Activation(Activation::Relu),
        convolution((3, 19), 3),
        normalization(3, 4),
        Layer::Activation(Activation::Relu),
        Layer::Dense(Dense::new(&values((3, 28), 6))),
    ];
    Network::new([6, 6, 1], layers, Loss::CrossEntropy).unwrap()
}

fn inputs() -> Array2<f32> {
    values((3, 36), 5)
}

/// The mean loss and every gradient, by the library.
fn forward_backward(network: &Network) -> (Array2<f32>, f64, Vec<Array2<f32>>) {
    let mut cache = network.cache(3);
    cache.train_with(stream(0, Purpose::Dropout, 0, 0));
    cache.inputs_mut().assign(&inputs());
    network.forward(&mut cache);
    let (y, mut dy) = cache.outputs_and_gradient();
    let outputs = y.to_owned();
    let loss = network
        .loss()
        .forward_backward(&y, &one_hot(&[0, 2, 1], 3, 0.0), 3, &mut dy);
    network.backward(&mut cache);
    (outputs, loss / 3.0, network.gradients(&cache))
}

#[test]
fn outputs_loss_and_every_gradient_are_those_of_pytorch() {
    let (outputs, loss, gradients) = forward_backward(&network());
    let close =
        |found: f32, expected: f64| (f64::from(found) - expected).abs() < 1e-6 + 1e-5 * expected.abs();
    assert!(
        outputs
            .iter()
            .zip(OUTPUTS)
            .all(|(&found, &expected)| close(found, expected)),
        "{outputs}"
    );
    assert!((loss - LOSS).abs() < 1e-6, "{loss}");
    for (layer, (found, expected)) in gradients.iter().zip(GRADIENTS).enumerate() {
        assert_eq!(found.len(), expected.len());
        for (&found, &expected) in found.iter().zip(expected) {
            assert!(close(found, expected), "layer {layer}: {found}, not {expected}");
        }
    }
}

/// A batch of images (B, H, W, C) in f64, and what the layers do to it, written as the formulas are.
type Images = Array4<f64>;

fn convolve(x: &Images, w: &Array2<f64>) -> Images {
    let (batch, height, width, channels) = x.dim();
    Images::from_shape_fn((batch, height, width, w.nrows()), |(b, row, column, output)| {
        let mut sum = w[[output, 9 * channels]];
        for (place, (down, right)) in (0..9).map(|place| (place, (place / 3, place % 3))) {
            let (from_row, from_column) = ((row + down).wrapping_sub(1), (column + right).wrapping_sub(1));
            if from_row < height && from_column < width {
                for channel in 0..channels {
                    sum += x[[b, from_row, from_column, channel]] * w[[output, place * channels + channel]];
                }
            }
        }
        sum
    })
}

fn normalize(x: &Images, w: &Array2<f64>) -> Images {
    let mut y = x.clone();
    for (channel, w) in w.outer_iter().enumerate() {
        let mut y = y.slice_mut(s![.., .., .., channel]);
        let (mean, variance) = (y.mean().unwrap(), y.var(0.0));
        y.mapv_inplace(|x| w[0] * (x - mean) / (variance + 1e-5).sqrt() + w[1]);
    }
    y
}

fn pool(x: &Images) -> Images {
    let (batch, height, width, channels) = x.dim();
    Images::from_shape_fn(
        (batch, height / 2, width / 2, channels),
        |(b, row, column, channel)| {
            let square = s![b, 2 * row..2 * row + 2, 2 * column..2 * column + 2, channel];
            x.slice(square).fold(f64::NEG_INFINITY, |most, &x| most.max(x))
        },
    )
}

fn rectify(x: Images) -> Images {
    x.mapv_into(|x| x.max(0.0))
}

/// The mean loss of the snippet's network.
fn reference_loss(w: &[Array2<f64>]) -> f64 {
    let x = inputs()
        .mapv(f64::from)
        .into_shape_with_order((3, 6, 6, 1))
        .unwrap();
    let x = rectify(pool(&normalize(&convolve(&x, &w[0]), &w[1])));
    let x = rectify(normalize(&convolve(&x, &w[2]), &w[3]));
    let mut sum = 0.0;
    for (x, label) in x.outer_iter().zip([0, 2, 1]) {
        let logits = w[4]
            .outer_iter()
            .map(|w| x.iter().chain(&[1.0]).zip(w).map(|(x, w)| x * w).sum());
        let logits: Vec<f64> = logits.collect();
        sum += logits.iter().map(|y| y.exp()).sum::<f64>().ln() - logits[label];
    }
    sum / 3.0
}

#[test]
fn every_gradient_agrees_with_finite_differences() {
    let network = network();
    let (_, loss, gradients) = forward_backward(&network);
    let mut weights: Vec<Array2<f64>> = network.weights().map(|w| w.mapv(f64::from)).collect();
    assert!((loss - reference_loss(&weights)).abs() < 1e-6, "{loss}");
    for layer in 0..weights.len() {
        for index in ndarray::indices(weights[layer].dim()) {
            let at = weights[layer][index];
            let h = 1e-6;
            weights[layer][index] = at + h;
            let above = reference_loss(&weights);
            weights[layer][index] = at - h;
            let below = reference_loss(&weights);
            weights[layer][index] = at;
            let difference = (above - below) / (2.0 * h);
            let gradient = f64::from(gradients[layer][index]);
            let close = (gradient - difference).abs() < 1e-6 + 1e-4 * difference.abs();
            assert!(close, "layer {layer} {index:?}: {gradient}, not {difference}");
        }
    }
}

#[test]
fn a_folded_network_is_the_same_function() {
    let network = network();
    let folded = network.folded();
    assert_eq!(folded.layers().len(), network.layers().len() - 2);
    let (before, after) = (network.outputs(&inputs()), folded.outputs(&inputs()));
    let most = (&before - &after).fold(0.0, |most: f32, difference| most.max(difference.abs()));
    assert!(most < 1e-5, "{before} {after}");
    // By the running statistics, not by those of the batch.
    assert!(
        (&before - &forward_backward(&network).0)
            .iter()
            .any(|difference| difference.abs() > 0.1)
    );
}

#[test]
fn dropout_leaves_out_its_share_while_training_and_nothing_afterwards() {
    let mut dense = Array2::zeros((1, 1001));
    dense.fill(1.0);
    let layers = vec![Layer::Dropout { rate: 0.25 }, Layer::Dense(Dense::new(&dense))];
    let network = Network::new(1000, layers, Loss::SquaredError).unwrap();
    let x = Array2::ones((8, 1000));
    assert_eq!(network.outputs(&x), Array2::from_elem((8, 1), 1001.0));

    let mut cache = network.cache(8);
    let mut seen = Vec::new();
    for seed in [1, 2, 1] {
        cache.train_with(stream(seed, Purpose::Dropout, 0, 0));
        cache.inputs_mut().assign(&x);
        network.forward(&mut cache);
        let sum = cache.outputs().to_owned();
        // Each of 1000 stays with the probability ¾ and then counts 4/3: the standard deviation of their sum is 18.
        assert!(sum.iter().all(|sum| (sum - 1001.0).abs() < 100.0), "{sum}");
        seen.push(sum);
    }
    assert!(seen[0] == seen[2] && seen[0] != seen[1]);
}

#[test]
fn layers_and_images_that_do_not_fit_are_refused() {
    let rng = &mut ChaCha8Rng::seed_from_u64(0);
    let mut build = |image: [usize; 3], stages: &[Stage], dropout| {
        Network::convolutional(image, stages, &[4], Activation::Relu, dropout, 10, rng)
    };
    let (conv, pool) = (Stage::Convolution(4), Stage::MaxPool);
    assert!(build([5, 7, 2], &[conv, pool, conv, pool], 0.5).is_ok());
    assert!(build([5, 7, 2], &[conv, pool, pool, pool], 0.0).is_err());
    assert!(build([5, 7, 2], &[conv], 1.0).is_err());
    assert!(build([0, 7, 2], &[conv], 0.0).is_err());
    // Three channels in, two in the normalisation.
    let layers = vec![Layer::Normalization(Normalization::new(2))];
    assert!(Network::new([4, 4, 3], layers, Loss::CrossEntropy).is_err());
}

/// Layers that follow each other in unusual ways, against the loss's own differences, which f32 gives to about a
/// hundredth.
#[test]
fn gradients_are_right_in_any_order_of_layers() {
    let dense =
        |outputs: usize, inputs: usize, k| Layer::Dense(Dense::new(&values((outputs, inputs + 1), k)));
    let (tanh, relu) = (
        Layer::Activation(Activation::Tanh),
        Layer::Activation(Activation::Relu),
    );
    let sigmoid = Layer::Activation(Activation::Sigmoid { slope: 1.0 });
    let dropout = Layer::Dropout { rate: 0.4 };
    let convolution = Layer::Convolution(Convolution::new(&values((2, 5), 1), 2, 1).unwrap());
    let wide = Layer::Convolution(Convolution::new(&values((2, 51), 7), 5, 0).unwrap());
    let orders = [
        vec![dense(5, 36, 1), tanh.clone(), dropout.clone(), dense(3, 5, 3)],
        vec![
            dense(5, 36, 1),
            relu,
            sigmoid.clone(),
            tanh.clone(),
            dense(3, 5, 3),
        ],
        vec![tanh.clone(), dropout.clone(), dense(3, 36, 3), sigmoid],
        vec![
            dropout.clone(),
            convolution.clone(),
            tanh.clone(),
            dense(3, 98, 3),
            dropout,
        ],
        vec![Layer::MaxPool, convolution.clone(), dense(3, 32, 3)],
        vec![convolution, wide, tanh, dense(3, 18, 3)],
    ];
    for layers in orders {
        let mut network = Network::new([6, 6, 1], layers, Loss::CrossEntropy).unwrap();
        let (_, _, gradients) = forward_backward(&network);
        for (layer, gradient) in gradients.iter().enumerate() {
            // A direction in which every weight has its part.
            let direction = gradient.mapv(|g| g.signum() * (0.5 + g.abs().min(0.5)));
            let mut loss_at = |step: f32| {
                let mut moved = network.weights_mut().nth(layer).unwrap();
                moved.scaled_add(step, &direction);
                let loss = forward_backward(&network).1;
                network
                    .weights_mut()
                    .nth(layer)
                    .unwrap()
                    .scaled_add(-step, &direction);
                loss
            };
            let step = 1e-3;
            let difference = (loss_at(step) - loss_at(-step)) / (2.0 * f64::from(step));
            let expected = f64::from((gradient * &direction).sum());
            assert!(
                (difference - expected).abs() < 1e-3 + 0.02 * expected.abs(),
                "{:?}, weights {layer}: {difference}, not {expected}",
                network.layers()
            );
        }
    }
}

#[test]
fn architectures_too_large_for_any_machine_are_refused_before_they_are_built() {
    let rng = &mut ChaCha8Rng::seed_from_u64(0);
    let stages = [Stage::Convolution(1024)];
    let refused = Network::convolutional([28, 28, 1], &stages, &[65_536], Activation::Relu, 0.0, 10, rng);
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("at most 60000000 weights")
    );
    let refused = Network::convolutional([28, 28, 1], &stages, &[], Activation::Relu, f32::NAN, 10, rng);
    assert!(refused.is_err());
    assert!(Network::new([usize::MAX; 3], vec![Layer::MaxPool], Loss::CrossEntropy).is_err());
}

#[test]
fn only_the_first_layer_deslants_and_only_images_of_28_by_28() {
    let network = |inputs: [usize; 3], layers| Network::new(inputs, layers, Loss::CrossEntropy);
    let dropout = Layer::Dropout { rate: 0.5 };
    assert!(network([28, 28, 1], vec![Layer::Deslant, dropout.clone()]).is_ok());
    assert!(network([28, 28, 1], vec![dropout.clone(), Layer::Deslant]).is_err());
    let twice = network([28, 28, 1], vec![Layer::Deslant, dropout.clone()]).and_then(Network::deslanting);
    assert!(twice.unwrap_err().to_string().contains("deslanting as layer 1"));
    assert!(network([28, 28, 2], vec![Layer::Deslant, dropout]).is_err());
}
