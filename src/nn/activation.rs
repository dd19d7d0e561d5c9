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

use ndarray::{ArrayRef2, Zip, s};

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
        /// The factor `c` before `z`; greater than 0.
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
    /// f(z) of one weighted sum.
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

    /// y = f(z), leaving the column of ones alone.
    pub(super) fn forward(self, z: &ArrayRef2<f32>, y: &mut ArrayRef2<f32>) {
        let z = z.slice(s![.., ..-1]);
        Zip::from(y.slice_mut(s![.., ..-1]))
            .and(&z)
            .for_each(|y, &z| *y = self.apply(z));
    }

    /// dz = dy · f′(z)
    pub(super) fn backward(self, y: &ArrayRef2<f32>, dy: &ArrayRef2<f32>, dz: &mut ArrayRef2<f32>) {
        let y = y.slice(s![.., ..-1]);
        Zip::from(dz)
            .and(dy)
            .and(&y)
            .for_each(|dz, &dy, &y| *dz = dy * self.derivative(y));
    }
}
