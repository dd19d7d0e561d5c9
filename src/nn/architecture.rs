//! Networks of the usual kinds, with fresh weights.

use super::network::MAX_WEIGHTS;
use super::{Activation, Convolution, Dense, Init, Layer, Loss, Network, Normalization, Shape};
use crate::error::{Error, Result};
use ndarray_rand::rand::Rng;

/// Rows, and columns, of the patches of a convolution.
const KERNEL: usize = 3;

/// The most channels of a convolution.
pub(crate) const MAX_CHANNELS: usize = 1024;

/// A part of a network that still sees an image.
///
/// ```
/// use digits::nn::Stage;
///
/// assert_eq!("pool".parse(), Ok(Stage::MaxPool));
/// assert_eq!("16".parse(), Ok(Stage::Convolution(16)));
/// assert!("0".parse::<Stage>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A convolution of 3×3 pixels to so many channels, 1 to 1024, batch normalisation, and the activation.
    Convolution(usize),
    /// Half the height and width.
    MaxPool,
}

impl std::str::FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text == "pool" {
            return Ok(Self::MaxPool);
        }
        match text.parse() {
            Ok(channels @ 1..=MAX_CHANNELS) => Ok(Self::Convolution(channels)),
            _ => Err(format!(
                "expected a number of channels from 1 to {MAX_CHANNELS}, or `pool`"
            )),
        }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Convolution(channels) => write!(formatter, "{channels}"),
            Self::MaxPool => formatter.write_str("pool"),
        }
    }
}

impl Network {
    /// Fully connected layers of the given widths, inputs first, outputs last, as in the article's `[2, 3, 3, 2]`.
    ///
    /// Every layer but the last is followed by `activation`; the last one too if `loss` is the squared error, whose
    /// outputs are activations. Weights are drawn by `init`, those of a last layer of logits by [`Init::Xavier`]
    /// unless `init` is the article's.
    ///
    /// ```
    /// use digits::nn::{Activation, Init, Loss, Network};
    /// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
    ///
    /// let mut rng = ChaCha8Rng::seed_from_u64(1);
    /// let network = Network::dense(&[2, 3, 3, 2], Activation::Tanh, Loss::SquaredError, Init::Article, &mut rng)?;
    /// assert_eq!(network.weights().map(|w| w.dim()).collect::<Vec<_>>(), [(3, 3), (3, 4), (2, 4)]);
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are fewer than two widths, or a zero among them, or so many weights that no
    /// model file could keep them; or if the number of the activation or of `init` is out of its range.
    pub fn dense(
        widths: &[usize],
        activation: Activation,
        loss: Loss,
        init: Init,
        rng: &mut impl Rng,
    ) -> Result<Self> {
        activation.check()?;
        if let Init::He { leak } = init
            && !leak.is_finite()
        {
            return Err(Error::parameter("leak", "a finite number", leak));
        }
        if widths.len() < 2 || widths.contains(&0) {
            return Err(Error::parameter(
                "widths",
                "two or more, each at least 1",
                format!("{widths:?}"),
            ));
        }
        let weights = weights_of(widths[0].into(), &[], &widths[1..]);
        if weights.is_none_or(|weights| weights > MAX_WEIGHTS) {
            let expected = format!("layers of at most {MAX_WEIGHTS} weights in all");
            return Err(Error::parameter("widths", expected, format!("{widths:?}")));
        }
        let mut layers = Vec::new();
        let last = widths.len() - 2;
        for (index, pair) in widths.windows(2).enumerate() {
            let logits = index == last && loss == Loss::CrossEntropy;
            let init = if logits && init != Init::Article {
                Init::Xavier
            } else {
                init
            };
            layers.push(Layer::Dense(Dense::new(&init.weights(pair[1], pair[0], rng))));
            if !logits {
                layers.push(Layer::Activation(activation));
            }
        }
        Self::new(widths[0], layers, loss)
    }

    /// A convolutional network: `stages` on images of the shape `image`, then fully connected layers of the widths
    /// `hidden`, each with the activation, dropout at the rate `dropout` in [0, 1), and logits of `classes` classes.
    ///
    /// ```
    /// use digits::nn::{Activation, Network, Stage};
    /// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
    ///
    /// let stages = [Stage::Convolution(8), Stage::MaxPool, Stage::Convolution(16), Stage::MaxPool];
    /// let mut rng = ChaCha8Rng::seed_from_u64(0);
    /// let network = Network::convolutional([28, 28, 1], &stages, &[64], Activation::Relu, 0.2, 10, &mut rng)?;
    /// assert_eq!((network.inputs(), network.classes()), (784, 10));
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if an image is too small for so many poolings, or as [`Network::new`].
    pub fn convolutional(
        image: impl Into<Shape>,
        stages: &[Stage],
        hidden: &[usize],
        activation: Activation,
        dropout: f32,
        classes: usize,
        rng: &mut impl Rng,
    ) -> Result<Self> {
        activation.check()?;
        let image = image.into();
        let weights = weights_of(image, stages, &[hidden, &[classes]].concat());
        if weights.is_none_or(|weights| weights > MAX_WEIGHTS) {
            let expected = format!("layers of at most {MAX_WEIGHTS} weights in all");
            return Err(Error::parameter(
                "conv",
                expected,
                format!("{stages:?}, then {hidden:?}"),
            ));
        }
        let mut shape = image;
        let mut layers = Vec::new();
        for (index, stage) in stages.iter().enumerate() {
            match *stage {
                Stage::Convolution(channels) => {
                    let weights =
                        Init::before(activation).weights(channels, KERNEL * KERNEL * shape.channels, rng);
                    let Some(convolution) = Convolution::new(&weights, KERNEL, KERNEL / 2) else {
                        return Err(Error::parameter("conv", "at least 1 channel", channels));
                    };
                    layers.push(Layer::Convolution(convolution));
                    layers.push(Layer::Normalization(Normalization::new(channels)));
                    shape.channels = channels;
                    // The activations rise, so that the largest may as well be taken first: fewer are left to do.
                    if stages.get(index + 1) != Some(&Stage::MaxPool) {
                        layers.push(Layer::Activation(activation));
                    }
                }
                Stage::MaxPool => {
                    if shape.height < 2 || shape.width < 2 {
                        let expected =
                            format!("at most as many poolings as an image of {image} has room for");
                        return Err(Error::parameter(
                            "conv",
                            expected,
                            format!("{} stages", stages.len()),
                        ));
                    }
                    layers.push(Layer::MaxPool);
                    (shape.height, shape.width) = (shape.height / 2, shape.width / 2);
                    if index > 0 && stages[index - 1] != Stage::MaxPool {
                        layers.push(Layer::Activation(activation));
                    }
                }
            }
        }
        let mut inputs = shape.len();
        for &width in hidden {
            layers.push(Layer::Dense(Dense::new(
                &Init::before(activation).weights(width, inputs, rng),
            )));
            layers.push(Layer::Activation(activation));
            inputs = width;
        }
        if dropout != 0.0 {
            layers.push(Layer::Dropout { rate: dropout });
        }
        layers.push(Layer::Dense(Dense::new(
            &Init::Xavier.weights(classes, inputs, rng),
        )));
        Self::new(image, layers, Loss::CrossEntropy)
    }
}

/// How many weights, biases included, convolutions and then fully connected layers of these widths would have, before
/// any is drawn; `None` for more than can be counted.
fn weights_of(image: Shape, stages: &[Stage], widths: &[usize]) -> Option<usize> {
    let (mut sum, mut shape) = (0_usize, image);
    let mut add = |inputs: usize, outputs: usize| {
        sum = sum.checked_add(inputs.checked_add(1)?.checked_mul(outputs)?)?;
        Some(())
    };
    for stage in stages {
        match *stage {
            Stage::Convolution(channels) => {
                add(shape.channels.checked_mul(KERNEL * KERNEL)?, channels)?;
                shape.channels = channels;
            }
            Stage::MaxPool => (shape.height, shape.width) = (shape.height / 2, shape.width / 2),
        }
    }
    let mut inputs = shape.len();
    for &width in widths {
        add(inputs, width)?;
        inputs = width;
    }
    Some(sum)
}
