//! Every gradient against finite differences of a slow network in f64, written here and sharing no code with the
//! library's.

use digits::nn::{Activation, Init, Layer, Loss, Network};
use ndarray::Array2;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

/// The mean loss over a batch, in plain f64 loops.
fn reference_loss(
    weights: &[Array2<f64>],
    activation: Activation,
    loss: Loss,
    x: &Array2<f32>,
    t: &Array2<f32>,
) -> f64 {
    let act = |z: f64| match activation {
        Activation::Sigmoid { slope } => 1.0 / (1.0 + (-f64::from(slope) * z).exp()),
        Activation::LeakyRelu { leak } => {
            if z > 0.0 {
                z
            } else {
                f64::from(leak) * z
            }
        }
        Activation::Relu => z.max(0.0),
        Activation::Tanh => z.tanh(),
    };
    let mut sum = 0.0;
    for (x, t) in x.outer_iter().zip(t.outer_iter()) {
        let mut values: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
        for (index, w) in weights.iter().enumerate() {
            values.push(1.0);
            let last = index == weights.len() - 1;
            values = w
                .outer_iter()
                .map(|row| {
                    let z = row.iter().zip(&values).map(|(w, x)| w * x).sum();
                    if last && loss == Loss::CrossEntropy {
                        z
                    } else {
                        act(z)
                    }
                })
                .collect();
        }
        sum += match loss {
            Loss::SquaredError => values
                .iter()
                .zip(t)
                .map(|(y, &t)| 0.5 * (y - f64::from(t)).powi(2))
                .sum::<f64>(),
            Loss::CrossEntropy => {
                let log_sum = values.iter().map(|y| y.exp()).sum::<f64>().ln();
                values
                    .iter()
                    .zip(t)
                    .map(|(y, &t)| -f64::from(t) * (y - log_sum))
                    .sum::<f64>()
            }
        };
    }
    sum / x.nrows() as f64
}

#[test]
fn every_gradient_agrees_with_finite_differences() {
    let activations = [
        Activation::Sigmoid { slope: 1.0 },
        Activation::Sigmoid { slope: 0.5 },
        Activation::LeakyRelu { leak: 0.1 },
        Activation::Relu,
        Activation::Tanh,
    ];
    for activation in activations {
        for loss in [Loss::SquaredError, Loss::CrossEntropy] {
            let mut rng = ChaCha8Rng::seed_from_u64(3);
            let mut network =
                Network::dense(&[4, 6, 5, 3], activation, loss, Init::Xavier, &mut rng).unwrap();
            for mut weights in network.weights_mut() {
                // Biases start at zero; a test wants them to matter.
                let bias = weights.ncols() - 1;
                weights.column_mut(bias).fill(0.1);
            }
            let x = Array2::from_shape_fn((5, 4), |(i, j)| ((i * 4 + j) as f32 * 0.7).sin());
            let t = digits::nn::one_hot(&[0, 2, 1, 1, 0], 3, 0.1);

            let mut cache = network.cache(5);
            cache.inputs_mut().assign(&x);
            network.forward(&mut cache);
            let (y, mut dy) = cache.outputs_and_gradient();
            let sum = loss.forward_backward(&y, &t, 5, &mut dy);
            network.backward(&mut cache);
            let gradients = network.gradients(&cache);

            let mut weights: Vec<Array2<f64>> = network.weights().map(|w| w.mapv(f64::from)).collect();
            let expected = reference_loss(&weights, activation, loss, &x, &t);
            assert!(
                (sum / 5.0 - expected).abs() < 1e-6,
                "{activation:?} {loss:?}: {sum} {expected}"
            );
            for layer in 0..weights.len() {
                assert_eq!(gradients[layer].dim(), weights[layer].dim());
                for index in ndarray::indices(weights[layer].dim()) {
                    let at = weights[layer][index];
                    let h = 1e-6;
                    weights[layer][index] = at + h;
                    let above = reference_loss(&weights, activation, loss, &x, &t);
                    weights[layer][index] = at - h;
                    let below = reference_loss(&weights, activation, loss, &x, &t);
                    weights[layer][index] = at;
                    let difference = (above - below) / (2.0 * h);
                    let gradient = f64::from(gradients[layer][index]);
                    let close = (gradient - difference).abs() < 1e-6 + 1e-4 * difference.abs();
                    assert!(
                        close,
                        "{activation:?} {loss:?} layer {layer} {index:?}: {gradient} {difference}"
                    );
                }
            }
        }
    }
}

#[test]
fn layers_that_do_not_fit_are_refused() {
    let dense = |rows, columns| Layer::Dense(digits::nn::Dense::new(&Array2::zeros((rows, columns))));
    assert!(Network::new(2, vec![dense(3, 3), dense(2, 4)], Loss::CrossEntropy).is_ok());
    assert!(Network::new(2, vec![dense(3, 3), dense(2, 3)], Loss::CrossEntropy).is_err());
    assert!(Network::new(2, vec![dense(0, 3)], Loss::CrossEntropy).is_err());
    assert!(Network::new(2, Vec::new(), Loss::CrossEntropy).is_err());
}
