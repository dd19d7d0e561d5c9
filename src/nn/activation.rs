//! Activation functions: each bends a weighted sum, element by element.
//!
//! | symbol | shape      | meaning                              |
//! |--------|------------|--------------------------------------|
//! | `z`    | (B, N + 1) | weighted sums, last column 1         |
//! | `y`    | (B, N + 1) | activations f(z), last column 1      |
//! | `dy`   | (B, N)     | ∂E/∂y                                |
//! | `dz`   | (B, N)     | ∂E/∂z = ∂E/∂y · f′(z)                |
//!
//! Every derivative here is a function of the activation's own output, so that backward needs no `z`.

use super::Matrix;
use crate::error::{Error, Result};
use crate::vectorize::vectorized;

/// An activation function.
///
/// ```
/// use digits::nn::Activation;
///
/// let sigmoid = Activation::Sigmoid { slope: 1.0 };
/// assert_eq!(sigmoid.apply(0.0), 0.5);
/// assert_eq!(sigmoid.derivative(0.5), 0.25);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// 1 / (1 + e^(−slope·z)), in (0, 1). The article's cure for a saturated net is a slope of 0.01.
    Sigmoid {
        /// The factor `c` before `z`, above 0, at most 1000.
        slope: f32,
    },
    /// `z` where it is positive, `leak·z` elsewhere: its gradient never dies (Maas et al., 2013, *Rectifier
    /// Nonlinearities Improve Neural Network Acoustic Models*).
    LeakyRelu {
        /// The slope of the negative side, in (0, 1).
        leak: f32,
    },
    /// `z` where it is positive, 0 elsewhere.
    Relu,
    /// The hyperbolic tangent, in (−1, 1).
    Tanh,
}

impl Activation {
    /// Checks the activation's own number.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is out of its range.
    pub(crate) fn check(self) -> Result<()> {
        match self {
            Self::Sigmoid { slope } if !(slope > 0.0 && slope <= 1000.0) => {
                Err(Error::parameter("slope", "a number above 0, at most 1000", slope))
            }
            Self::LeakyRelu { leak } if !(leak > 0.0 && leak < 1.0) => {
                Err(Error::parameter("leak", "a number between 0 and 1", leak))
            }
            _ => Ok(()),
        }
    }

    /// f(z) of one weighted sum.
    ///
    /// ```
    /// use digits::nn::Activation;
    ///
    /// assert_eq!(Activation::LeakyRelu { leak: 0.25 }.apply(-2.0), -0.5);
    /// ```
    #[inline]
    pub fn apply(self, z: f32) -> f32 {
        match self {
            Self::Sigmoid { slope } => 1.0 / (1.0 + (-slope * z).exp()),
            Self::LeakyRelu { leak } => z.max(leak * z),
            Self::Relu => z.max(0.0),
            Self::Tanh => z.tanh(),
        }
    }

    /// f′(z), given `y` = f(z).
    ///
    /// The derivative of sigmoid(c·z) is c·y·(1 − y). The article writes y·(1 − y) there: without its factor c, every
    /// gradient comes out 1/c too large *per layer it passes*, so that with c = 0.01 a rate of 0.1 on the article's
    /// gradient acts in the last layer like a rate of 10 on the true one. Here the derivative is the true one.
    ///
    /// ```
    /// use digits::nn::Activation;
    ///
    /// assert_eq!(Activation::Relu.derivative(3.0), 1.0);
    /// assert_eq!(Activation::Tanh.derivative(0.5), 0.75);
    /// ```
    #[inline]
    pub fn derivative(self, y: f32) -> f32 {
        match self {
            Self::Sigmoid { slope } => slope * y * (1.0 - y),
            Self::LeakyRelu { leak } => {
                if y > 0.0 {
                    1.0
                } else {
                    leak
                }
            }
            Self::Relu => {
                if y > 0.0 {
                    1.0
                } else {
                    0.0
                }
            }
            Self::Tanh => 1.0 - y * y,
        }
    }

    /// y = f(z) for the first `rows` rows, in place of z, leaving the column of ones alone.
    pub(super) fn forward(self, rows: usize, z: &mut Matrix) {
        for z in z.rows_mut(rows) {
            let width = z.len() - 1;
            apply_all(self, &mut z[..width]);
        }
    }

    /// dz = dy · f′(z) for the first `rows` rows, in place of dy.
    pub(super) fn backward(self, rows: usize, y: &Matrix, dy: &mut Matrix) {
        for (row, dy) in dy.rows_mut(rows).enumerate() {
            derive_all(self, y.row(row), dy);
        }
    }
}

vectorized! {
    /// z ← f(z)
    fn apply_all(activation: Activation, z: &mut [f32]) {
        // The common case gets a loop without a choice in it.
        if activation == Activation::Relu {
            for z in z {
                *z = Activation::Relu.apply(*z);
            }
        } else {
            for z in z {
                *z = activation.apply(*z);
            }
        }
    }
}

vectorized! {
    /// dy ← dy · f′(z), given y = f(z)
    fn derive_all(activation: Activation, y: &[f32], dy: &mut [f32]) {
        let numbers = dy.iter_mut().zip(y);
        if activation == Activation::Relu {
            numbers.for_each(|(dy, &y)| *dy *= Activation::Relu.derivative(y));
        } else {
            numbers.for_each(|(dy, &y)| *dy *= activation.derivative(y));
        }
    }
}
