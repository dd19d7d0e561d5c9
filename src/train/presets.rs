//! Named configurations.

use super::TrainConfig;
use crate::dataset::Augment;
use crate::nn::Stage::{Convolution, MaxPool};
use crate::nn::{Activation, Loss, Stage};
use crate::optim::{Optimizer, Schedule};

/// Images in other ways of writing, where there are any: about one to twenty of MNIST's.
const STYLES: usize = 3_000;

/// A named configuration with nothing left to tune.
///
/// ```
/// use digits::nn::Loss;
/// use digits::train::Preset;
///
/// assert_eq!(Preset::Article.config().loss, Loss::SquaredError);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// The article's own means: sigmoid, squared error, plain gradient descent.
    Article,
    /// One hidden layer of 512 rectifiers, softmax, Nesterov momentum, one cycle of the rate, images deslanted and
    /// shifted.
    Mlp,
    /// Two networks of two hidden layers, trained by Adam on images strongly distorted, anew each time; one deslants
    /// an image first, and both look at it five times.
    MlpElastic,
    /// Five convolutions, in a minute or two.
    Cnn,
    /// Four networks like [`Preset::Cnn`], trained for longer, half of them on images as if from other pens too.
    CnnBest,
    /// A convolutional network of less than 10,000 parameters.
    Tiny,
    /// A small convolutional network that tells digits from all else: see [`super::with_outliers`].
    Gate,
}

impl Preset {
    /// The preset's configuration.
    ///
    /// ```
    /// use digits::train::Preset;
    ///
    /// assert_eq!(Preset::Mlp.config().hidden, [512]);
    /// ```
    pub fn config(self) -> TrainConfig {
        match self {
            Self::Article => article(),
            Self::Mlp => TrainConfig {
                conv: Vec::new(),
                hidden: vec![512],
                activation: Activation::Relu,
                loss: Loss::CrossEntropy,
                optimizer: Optimizer::Sgd {
                    momentum: 0.9,
                    nesterov: true,
                    weight_decay: 0.0,
                },
                rate: 0.3,
                schedule: Schedule::OneCycle { warm_up: 0.2 },
                batch_size: 128,
                epochs: 12,
                augment: Augment::Shift,
                deslanted_members: 1,
                temperature: 0.52,
                label_smoothing: 0.05,
                ..Self::Article.config()
            },
            Self::MlpElastic => TrainConfig {
                hidden: vec![1024, 512],
                optimizer: Optimizer::Adam { weight_decay: 0.0 },
                rate: 0.002,
                batch_size: 512,
                epochs: 120,
                augment: Augment::ElasticStrong,
                members: 2,
                deslanted_members: 1,
                views: 5,
                temperature: 0.52,
                ..Self::Mlp.config()
            },
            Self::Cnn => TrainConfig {
                conv: [&[Convolution(16), MaxPool][..], &twice(32), &twice(64)].concat(),
                hidden: vec![128],
                optimizer: Optimizer::Sgd {
                    momentum: 0.9,
                    nesterov: true,
                    weight_decay: 1e-3,
                },
                rate: 0.05,
                batch_size: 64,
                epochs: 7,
                augment: Augment::Elastic,
                deslanted_members: 0,
                averaging: 0.998,
                label_smoothing: 0.0,
                temperature: 1.0,
                ..Self::Mlp.config()
            },
            Self::CnnBest => TrainConfig {
                epochs: 48,
                augment: Augment::Pens,
                averaging: 0.9995,
                styles: STYLES,
                members: 4,
                plain_members: 2,
                temperature: 0.9,
                ..Self::Cnn.config()
            },
            Self::Tiny => TrainConfig {
                conv: [
                    &[Convolution(16), MaxPool][..],
                    &twice(16),
                    &[Convolution(20), MaxPool],
                ]
                .concat(),
                hidden: Vec::new(),
                optimizer: Self::Mlp.config().optimizer,
                epochs: 40,
                averaging: 0.0,
                temperature: 1.0,
                ..Self::Cnn.config()
            },
            Self::Gate => TrainConfig {
                conv: [16, 32, 32]
                    .map(|channels| [Convolution(channels), MaxPool])
                    .concat(),
                hidden: vec![64],
                optimizer: Self::Mlp.config().optimizer,
                epochs: 10,
                averaging: 0.0,
                augment: Augment::Pens,
                temperature: 1.0,
                outliers: 60_000,
                styles: 2 * STYLES,
                ..Self::Cnn.config()
            },
        }
    }
}

/// [`Preset::Article`], on which the others are built.
fn article() -> TrainConfig {
    TrainConfig {
        conv: Vec::new(),
        hidden: vec![128],
        activation: Activation::Sigmoid { slope: 1.0 },
        loss: Loss::SquaredError,
        optimizer: Optimizer::Sgd {
            momentum: 0.0,
            nesterov: false,
            weight_decay: 0.0,
        },
        rate: 2.0,
        schedule: Schedule::Constant,
        batch_size: 10,
        epochs: 10,
        validation: 5_000,
        augment: Augment::None,
        dropout: 0.0,
        averaging: 0.0,
        members: 1,
        plain_members: 0,
        deslanted_members: 0,
        views: 1,
        temperature: 1.0,
        outliers: 0,
        styles: 0,
        label_smoothing: 0.0,
        seed: 0,
    }
}

/// Two convolutions of `channels` channels, then pooling.
fn twice(channels: usize) -> [Stage; 3] {
    [Convolution(channels), Convolution(channels), MaxPool]
}
