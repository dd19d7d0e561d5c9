//! One layer of a network: an enum of plain structs, matched exhaustively.

use super::{Activation, Dense};
use ndarray::{Array2, ArrayRef2};

/// A layer: `forward` turns inputs into outputs, `backward` turns the outputs' gradient into the inputs'.
///
/// ```
/// use digits::nn::{Activation, Dense, Layer, Loss, Network};
/// use ndarray::array;
///
/// // y = max(0, 2·x − 1)
/// let layers = vec![Layer::Dense(Dense::new(array![[2.0, -1.0]])), Layer::Activation(Activation::Relu)];
/// let network = Network::new(1, layers, Loss::SquaredError)?;
/// assert_eq!(network.outputs(&array![[0.0], [3.0]]), array![[0.0], [5.0]]);
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// Weighted sums of all inputs.
    Dense(Dense),
    /// A function of each element.
    Activation(Activation),
}

impl Layer {
    /// Number of outputs, the column of ones apart, for `inputs` inputs; `None` if the layer cannot take them.
    pub(super) fn outputs(&self, inputs: usize) -> Option<usize> {
        match self {
            Self::Dense(dense) => {
                (dense.w.ncols() == inputs + 1 && dense.outputs() > 0).then_some(dense.outputs())
            }
            Self::Activation(_) => Some(inputs),
        }
    }

    /// The layer's weights, last column the bias; `None` if it has nothing to learn.
    pub fn weights(&self) -> Option<&Array2<f32>> {
        match self {
            Self::Dense(dense) => Some(&dense.w),
            Self::Activation(_) => None,
        }
    }

    /// [`Layer::weights`], to be changed.
    pub fn weights_mut(&mut self) -> Option<&mut Array2<f32>> {
        match self {
            Self::Dense(dense) => Some(&mut dense.w),
            Self::Activation(_) => None,
        }
    }

    /// From inputs `x` (B, I + 1) to outputs `y` (B, O + 1), whose column of ones is left alone.
    pub(super) fn forward(&self, x: &ArrayRef2<f32>, y: &mut ArrayRef2<f32>) {
        match self {
            Self::Dense(dense) => dense.forward(x, y),
            Self::Activation(activation) => activation.forward(x, y),
        }
    }

    /// From ∂E/∂y (B, O) to ∂E/∂x (B, I), where somebody wants it, and the gradient of the weights, if there are any.
    pub(super) fn backward(
        &self,
        x: &ArrayRef2<f32>,
        y: &ArrayRef2<f32>,
        dy: &ArrayRef2<f32>,
        dw: Option<&mut Array2<f32>>,
        dx: Option<&mut ArrayRef2<f32>>,
    ) {
        match self {
            Self::Dense(dense) => {
                if let Some(dw) = dw {
                    dense.backward(x, dy, dw, dx);
                }
            }
            Self::Activation(activation) => {
                if let Some(dx) = dx {
                    activation.backward(y, dy, dx);
                }
            }
        }
    }
}
