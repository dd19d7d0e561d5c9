//! Outputs, every gradient and ten steps of training against PyTorch.
//!
//! The literal numbers below are what this prints (PyTorch 2.15, CPU):
//!
//! ```python
//! import torch
//! from torch.nn.functional import cross_entropy, leaky_relu, one_hot
//! def values(n, k): return torch.tensor([((i * i * 7 + i * k) % 23 - 11) / 16 for i in range(n)])
//! def net():
//!     l1, l2 = torch.nn.Linear(4, 5), torch.nn.Linear(5, 3)
//!     w1, w2 = values(25, 1).reshape(5, 5), values(18, 2).reshape(3, 6)
//!     with torch.no_grad():
//!         l1.weight.copy_(w1[:, :-1]); l1.bias.copy_(w1[:, -1])
//!         l2.weight.copy_(w2[:, :-1]); l2.bias.copy_(w2[:, -1])
//!     return l1, l2
//! def show(v): print([float(f"{a:.8g}") for a in v.flatten().tolist()])
//! def gradient(l): return torch.cat([l.weight.grad, l.bias.grad[:, None]], 1)
//! x, t = values(12, 5).reshape(3, 4), torch.tensor([0, 2, 1])
//!
//! l1, l2 = net()  # LEAKY: leaky ReLU, softmax, cross-entropy with label smoothing
//! y = l2(leaky_relu(l1(x), 0.1))
//! loss = cross_entropy(y, t, label_smoothing=0.05); loss.backward()
//! for v in (y, loss, gradient(l1), gradient(l2)): show(v)
//!
//! l1, l2 = net()  # SIGMOID: the article's squared error
//! y = torch.sigmoid(l2(torch.sigmoid(l1(x))))
//! loss = 0.5 * ((y - one_hot(t, 3).float()) ** 2).sum(1).mean(); loss.backward()
//! for v in (y, loss, gradient(l1), gradient(l2)): show(v)
//!
//! for nesterov in (True, False):  # NESTEROV, ADAMW: losses of ten steps, biases without decay
//!     l1, l2 = net()
//!     groups = [dict(params=[l1.weight, l2.weight], weight_decay=0.01), dict(params=[l1.bias, l2.bias], weight_decay=0.0)]
//!     opt = torch.optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True) if nesterov else torch.optim.AdamW(groups, lr=0.1)
//!     losses = []
//!     for _ in range(10):
//!         loss = cross_entropy(l2(leaky_relu(l1(x), 0.1)), t, label_smoothing=0.05)
//!         opt.zero_grad(); loss.backward(); opt.step(); losses.append(loss.item())
//!     show(torch.tensor(losses))
//! ```
// The literals are as PyTorch prints them.
#![allow(clippy::unwrap_used, clippy::unreadable_literal)]

use digits::nn::{Activation, Cache, Dense, Layer, Loss, Network, one_hot};
use digits::optim::{Optimizer, Weights};
use ndarray::{Array2, s};

/// What PyTorch says of one network.
struct Oracle {
    outputs: &'static [f64],
    loss: f64,
    gradients: [&'static [f64]; 2],
}

#[rustfmt::skip]
const LEAKY: Oracle = Oracle {
    outputs: &[
        -1.0927246,
        0.42077637,
        0.21018067,
        -0.61586916,
        0.43544921,
        -0.078955077,
        -0.99572754,
        0.40935057,
        0.15063477,
    ],
    loss: 1.3618299,
    gradients: [
        &[
            -0.026159396,
            -0.0025178555,
            0.01257614,
            -0.0040201372,
            0.015195641,
            -0.0051722699,
            -0.00034240057,
            0.0023075542,
            -0.0006605658,
            0.0038754037,
            -0.015211024,
            -0.0036109872,
            0.0097853681,
            -0.0041926405,
            -0.0031934557,
            -0.23536006,
            -0.022459231,
            0.11292565,
            -0.036001906,
            0.13780612,
            -0.0025488781,
            -7.0468755e-05,
            0.0010239806,
            -0.00024061889,
            0.0024603736,
        ],
        &[
            0.0013080814,
            0.026320398,
            0.017692519,
            -0.19041321,
            0.0084685516,
            -0.19682992,
            -0.0092251534,
            -0.0080739632,
            -0.0065557933,
            0.035784051,
            -0.0051988424,
            0.16725518,
            0.0079170726,
            -0.01824644,
            -0.011136729,
            0.15462917,
            -0.0032697099,
            0.029574797,
        ],
    ],
};
#[rustfmt::skip]
const SIGMOID: Oracle = Oracle {
    outputs: &[
        0.16589928, 0.53953034, 0.64368016, 0.18739362, 0.52545857, 0.62970227, 0.17296764, 0.52874494,
        0.63721317,
    ],
    loss: 0.41792074,
    gradients: [
        &[
            -0.01270345,
            0.00029129349,
            0.0056948089,
            -0.0032116692,
            0.013495516,
            -0.0020941722,
            9.6495838e-05,
            0.00087226799,
            -0.00046693609,
            0.0025153705,
            -0.0093808379,
            -0.0006769863,
            0.0055576926,
            -0.0037691011,
            0.0043896409,
            -0.01033308,
            -0.00031764572,
            0.0049290191,
            -0.002432181,
            0.0084778117,
            0.0013505197,
            -0.00096456276,
            -0.00024245243,
            0.00090844504,
            -0.0053994539,
        ],
        &[
            -0.010839529,
            -0.0036045222,
            -0.0049889497,
            -0.015848242,
            -0.0077481326,
            -0.020713778,
            0.018350527,
            0.018088404,
            0.019848309,
            0.027686127,
            0.020886462,
            0.049213067,
            0.029380251,
            0.012663051,
            0.023090864,
            0.05063998,
            0.029712066,
            0.069531031,
        ],
    ],
};
#[rustfmt::skip]
const NESTEROV: [f64; 10] = [
    1.3618299, 1.3210385, 1.272292, 1.2232308, 1.1793427, 1.1436658, 1.1170968, 1.0989914, 1.0877812,
    1.0847769,
];
#[rustfmt::skip]
const ADAMW: [f64; 10] = [
    1.3618299, 1.2050455, 1.0778352, 0.97305989, 0.88639915, 0.81801385, 0.76749456, 0.72184849, 0.67826778,
    0.6420815,
];

/// The snippet's `values`.
fn values(shape: (usize, usize), k: usize) -> Array2<f32> {
    Array2::from_shape_fn(shape, |(row, column)| {
        let i = row * shape.1 + column;
        ((i * i * 7 + i * k) % 23) as f32 / 16.0 - 11.0 / 16.0
    })
}

fn network(activation: Activation, loss: Loss) -> Network {
    let dense = |shape, k| Layer::Dense(Dense::new(&values(shape, k)));
    let mut layers = vec![dense((5, 5), 1), Layer::Activation(activation), dense((3, 6), 2)];
    if loss == Loss::SquaredError {
        layers.push(Layer::Activation(activation));
    }
    Network::new(4, layers, loss).unwrap()
}

/// Forward and backward on the snippet's three samples; the mean loss.
fn forward_backward(network: &Network, smoothing: f32, cache: &mut Cache) -> f64 {
    cache.inputs_mut().assign(&values((3, 4), 5));
    network.forward(cache);
    let (y, mut dy) = cache.outputs_and_gradient();
    let sum = network
        .loss()
        .forward_backward(&y, &one_hot(&[0, 2, 1], 3, smoothing), 3, &mut dy);
    network.backward(cache);
    sum / 3.0
}

fn assert_close<'a>(found: impl Iterator<Item = &'a f32>, expected: &[f64]) {
    let found: Vec<f64> = found.map(|&number| f64::from(number)).collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() < 1e-7 + 1e-5 * expected.abs(),
            "{found}, not {expected}"
        );
    }
}

fn check(network: &Network, smoothing: f32, oracle: &Oracle) {
    let mut cache = network.cache(3);
    let loss = forward_backward(network, smoothing, &mut cache);
    assert_close(cache.outputs().iter(), oracle.outputs);
    assert!((loss - oracle.loss).abs() < 1e-6, "{loss}");
    for (found, expected) in network.gradients(&cache).iter().zip(oracle.gradients) {
        assert_close(found.iter(), expected);
    }
}

#[test]
fn outputs_loss_and_every_gradient() {
    check(
        &network(Activation::LeakyRelu { leak: 0.1 }, Loss::CrossEntropy),
        0.05,
        &LEAKY,
    );
    check(
        &network(Activation::Sigmoid { slope: 1.0 }, Loss::SquaredError),
        0.0,
        &SIGMOID,
    );
}

/// One step of all weights at the rate 0.1.
fn take_step(
    network: &mut Network,
    optimizer: Optimizer,
    number: u64,
    cache: &Cache,
    moments: &mut [[Array2<f32>; 2]],
) {
    let gradients = network.gradients(cache);
    for ((w, g), [first, second]) in network.weights_mut().zip(gradients).zip(moments) {
        // As the weights lie in memory: the weights of one input are neighbours, and the last row has the biases.
        let mut w = w.reversed_axes();
        let g = g.reversed_axes().as_standard_layout().to_owned();
        let bias = w.nrows() - 1;
        for (rows, decayed) in [(0..bias, true), (bias..bias + 1, false)] {
            let weights = Weights {
                w: w.slice_mut(s![rows.clone(), ..]),
                first: first.slice_mut(s![rows.clone(), ..]),
                second: second.slice_mut(s![rows.clone(), ..]),
                g: g.slice(s![rows, ..]),
            };
            optimizer.step(0.1, number).apply(decayed, weights);
        }
    }
}

#[test]
fn the_losses_of_ten_steps() {
    let nesterov = Optimizer::Sgd {
        momentum: 0.9,
        nesterov: true,
        weight_decay: 0.01,
    };
    for (optimizer, expected) in [
        (nesterov, NESTEROV),
        (Optimizer::Adam { weight_decay: 0.01 }, ADAMW),
    ] {
        let mut network = network(Activation::LeakyRelu { leak: 0.1 }, Loss::CrossEntropy);
        let mut cache = network.cache(3);
        let mut moments: Vec<[Array2<f32>; 2]> = network
            .weights()
            .map(|w| [(); 2].map(|()| Array2::zeros((w.ncols(), w.nrows()))))
            .collect();
        for (number, expected) in (1..).zip(expected) {
            let loss = forward_backward(&network, 0.05, &mut cache);
            assert!(
                (loss - expected).abs() < 2e-6,
                "{optimizer:?}: {loss}, not {expected}"
            );
            take_step(&mut network, optimizer, number, &cache, &mut moments);
        }
    }
}
