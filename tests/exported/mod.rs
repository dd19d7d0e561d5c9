//! A model of everything that there is, and the headers of safetensors files.
#![allow(dead_code, clippy::unwrap_used)]

use digits::model_file::Model;
use digits::nn::{Activation, Convolution, Dense, Layer, Loss, Network, Normalization};
use ndarray::Array2;
use serde_json::Value;

/// Weights that all differ.
pub fn weights(outputs: usize, inputs: usize) -> Array2<f32> {
    Array2::from_shape_fn((outputs, inputs + 1), |(row, column)| {
        ((row * 7919 + column * 104_729) % 1000) as f32 / 5000.0 - 0.1
    })
}

pub fn dense(outputs: usize, inputs: usize) -> Layer {
    Layer::Dense(Dense::new(&weights(outputs, inputs)))
}

pub fn convolution(outputs: usize, inputs: usize, kernel: usize, border: usize) -> Layer {
    let weights = weights(outputs, kernel * kernel * inputs);
    Layer::Convolution(Convolution::new(&weights, kernel, border).unwrap())
}

pub fn normalization(channels: usize) -> Layer {
    let numbers = |from: f32| {
        (0..channels)
            .map(|channel| from + channel as f32)
            .collect::<Vec<_>>()
    };
    Layer::Normalization(Normalization::of(&weights(channels, 1), numbers(-1.0), numbers(0.5)).unwrap())
}

/// Two members of layers of every kind, with every number that a model has other than it is at first.
pub fn everything() -> Model {
    let first = vec![
        convolution(3, 1, 5, 1),
        normalization(3),
        Layer::Activation(Activation::LeakyRelu { leak: 0.125 }),
        Layer::MaxPool,
        convolution(2, 3, 2, 0),
        Layer::Activation(Activation::Sigmoid { slope: 0.3 }),
        dense(6, 2 * 12 * 12),
        normalization(6),
        Layer::Activation(Activation::Tanh),
        Layer::Dropout { rate: 0.25 },
        dense(4, 6),
    ];
    let second = vec![Layer::Deslant, Layer::Activation(Activation::Relu), dense(4, 784)];
    let members = [(first, Loss::CrossEntropy), (second, Loss::SquaredError)];
    let members = members.map(|(layers, loss)| Network::new([28, 28, 1], layers, loss).unwrap());
    Model {
        members: members.to_vec(),
        views: vec![[0, 0], [-3, 27]],
        class_names: ["α", "b \"c\"", "", "d\n"].map(str::to_owned).to_vec(),
        temperature: 0.37,
        notes: vec![
            ("seed".to_owned(), "0".to_owned()),
            ("seed".to_owned(), "1".to_owned()),
        ],
    }
}

/// Where the header ends, and what it says.
pub fn header(bytes: &[u8]) -> (usize, Value) {
    let end = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    (end, serde_json::from_slice(&bytes[8..end]).unwrap())
}

/// The file with another header.
pub fn with_header(bytes: &[u8], change: impl Fn(&mut Value)) -> Vec<u8> {
    let (end, mut value) = header(bytes);
    change(&mut value);
    let text = serde_json::to_vec(&value).unwrap();
    [&(text.len() as u64).to_le_bytes(), &text[..], &bytes[end..]].concat()
}
