//! What layers are called, for people.

use super::{Activation, Layer};
use std::fmt::{Display, Formatter, Result};

impl Display for Layer {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Self::Dense(_) => formatter.write_str("dense"),
            Self::Convolution(convolution) => {
                write!(formatter, "convolution {0}×{0}", convolution.kernel())
            }
            Self::Normalization(_) => formatter.write_str("batch normalisation"),
            Self::Activation(activation) => activation.fmt(formatter),
            Self::MaxPool => formatter.write_str("max pooling 2×2"),
            Self::Dropout { rate } => write!(formatter, "dropout {rate}"),
            Self::Deslant => formatter.write_str("deslanting"),
        }
    }
}

impl Display for Activation {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Self::Sigmoid { slope: 1.0 } => formatter.write_str("sigmoid"),
            Self::Sigmoid { slope } => write!(formatter, "sigmoid of {slope}·z"),
            Self::LeakyRelu { leak } => write!(formatter, "leaky ReLU {leak}"),
            Self::Relu => formatter.write_str("ReLU"),
            Self::Tanh => formatter.write_str("tanh"),
        }
    }
}
