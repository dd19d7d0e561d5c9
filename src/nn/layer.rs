//! One layer of a network: an enum of plain structs, matched exhaustively.

use super::{Activation, Dense, Matrix};
use ndarray::s;

/// A layer: `forward` turns inputs into outputs, `backward` turns the outputs' gradient into the inputs'.
///
/// ```
/// use digits::nn::{Activation, Dense, Layer, Loss, Network};
/// use ndarray::array;
///
/// // y = max(0, 2·x − 1)
/// let layers = vec![Layer::Dense(Dense::new(&array![[2.0, -1.0]])), Layer::Activation(Activation::Relu)];
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
                let (rows, outputs) = dense.w_transposed.dim();
                (rows == inputs + 1 && outputs > 0).then_some(outputs)
            }
            Self::Activation(_) => Some(inputs),
        }
    }

    /// The layer if it is fully connected: the kind that has weights.
    ///
    /// ```
    /// use digits::nn::{Activation, Layer};
    ///
    /// assert!(Layer::Activation(Activation::Relu).as_dense().is_none());
    /// ```
    pub fn as_dense(&self) -> Option<&Dense> {
        match self {
            Self::Dense(dense) => Some(dense),
            Self::Activation(_) => None,
        }
    }

    /// [`Layer::as_dense`], to be changed.
    pub(crate) fn as_dense_mut(&mut self) -> Option<&mut Dense> {
        match self {
            Self::Dense(dense) => Some(dense),
            Self::Activation(_) => None,
        }
    }

    /// From the first `rows` rows of the inputs `x` (B, I + 1) to outputs `y` (B, O + 1), whose column of ones is left
    /// alone.
    pub(super) fn forward(&self, rows: usize, x: &Matrix, y: &mut Matrix) {
        match self {
            Self::Dense(dense) => {
                dense.forward(
                    &x.view().slice(s![..rows, ..]),
                    &mut y.view_mut().slice_mut(s![..rows, ..]),
                );
            }
            Self::Activation(activation) => activation.forward(rows, x, y),
        }
    }

    /// From ∂E/∂y (B, O) to ∂E/∂x (B, I), given the layer's outputs `y` (B, O + 1).
    pub(super) fn backward(&self, rows: usize, y: &Matrix, dy: &Matrix, dx: &mut Matrix) {
        match self {
            Self::Dense(dense) => {
                dense.backward(
                    &dy.view().slice(s![..rows, ..]),
                    &mut dx.view_mut().slice_mut(s![..rows, ..]),
                );
            }
            Self::Activation(activation) => activation.backward(rows, y, dy, dx),
        }
    }
}
