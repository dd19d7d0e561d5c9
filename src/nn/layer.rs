//! One layer of a network: an enum of plain structs, matched exhaustively.

use super::cache::Own;
use super::room::Room;
use super::{Activation, Convolution, Dense, Matrix, Normalization, Shape, deslant, dropout, pool};
use ndarray::{ArrayView2, s};
use rand_chacha::ChaCha8Rng;

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
    /// Weighted sums of the inputs around each pixel.
    Convolution(Convolution),
    /// Every channel to a learned mean and spread.
    Normalization(Normalization),
    /// A function of each element.
    Activation(Activation),
    /// The largest of every 2×2 pixels.
    MaxPool,
    /// Leaves out numbers by chance while training.
    Dropout {
        /// Probability of being left out, in [0, 1).
        rate: f32,
    },
    /// Images of 28×28 pixels sheared so that their ink leans to neither side; a network's first layer alone may be
    /// one.
    Deslant,
}

impl Layer {
    /// The shape of its outputs; `None` if it cannot take such inputs.
    pub(crate) fn outputs(&self, inputs: Shape) -> Option<Shape> {
        match self {
            Self::Dense(dense) => {
                let (rows, outputs) = dense.w_transposed.dim();
                (rows == inputs.len() + 1 && outputs > 0).then_some(outputs.into())
            }
            Self::Convolution(convolution) => convolution.outputs(inputs),
            Self::Normalization(normalization) => {
                (normalization.channels() == inputs.channels).then_some(inputs)
            }
            Self::Activation(_) | Self::Dropout { .. } => Some(inputs),
            Self::MaxPool => pool::outputs(inputs),
            Self::Deslant => deslant::outputs(inputs),
        }
    }

    /// Its weights, shape (O, I + 1), last column the bias: of all inputs if it is fully connected, of a patch if it is
    /// convolutional, scale and shift of each channel if it normalises.
    ///
    /// ```
    /// use digits::nn::{Dense, Layer};
    ///
    /// assert!(Layer::MaxPool.weights().is_none());
    /// let dense = Layer::Dense(Dense::new(&ndarray::Array2::zeros((10, 785))));
    /// assert_eq!(dense.weights().unwrap().dim(), (10, 785));
    /// ```
    pub fn weights(&self) -> Option<ArrayView2<'_, f32>> {
        self.w_transposed().map(|w| w.view().reversed_axes())
    }

    /// The weights as they lie in memory.
    pub(super) fn w_transposed(&self) -> Option<&Matrix> {
        match self {
            Self::Dense(dense) => Some(&dense.w_transposed),
            Self::Convolution(convolution) => Some(convolution.w_transposed()),
            Self::Normalization(normalization) => Some(&normalization.w_transposed),
            Self::Activation(_) | Self::MaxPool | Self::Dropout { .. } | Self::Deslant => None,
        }
    }

    /// [`Layer::w_transposed`], to be changed.
    pub(super) fn w_transposed_mut(&mut self) -> Option<&mut Matrix> {
        match self {
            Self::Dense(dense) => Some(&mut dense.w_transposed),
            Self::Convolution(convolution) => Some(convolution.w_transposed_mut()),
            Self::Normalization(normalization) => Some(&mut normalization.w_transposed),
            Self::Activation(_) | Self::MaxPool | Self::Dropout { .. } | Self::Deslant => None,
        }
    }

    /// Room for what the layer itself keeps for a shard of which at most `rows` rows go back, and for the gradient of
    /// weights that the pixels share; `next` is the layer after it.
    pub(super) fn own(&self, rows: usize, inputs: Shape, next: Option<&Self>) -> Own {
        let normalized_next = matches!(next, Some(Self::Normalization(_)));
        let nothing = || Matrix::zeros(0, 0);
        let gradient = || {
            self.w_transposed()
                .map_or_else(nothing, |w| Matrix::zeros(w.dim().0, w.dim().1))
        };
        let (kept, dw) = match self {
            Self::Convolution(_) if rows == 0 => (nothing(), nothing()),
            Self::Convolution(convolution) => (convolution.kept(), gradient()),
            Self::Normalization(normalization) => (normalization.kept(), gradient()),
            Self::Dropout { .. } => (Matrix::zeros(rows, inputs.len()), nothing()),
            Self::Dense(_) | Self::Activation(_) | Self::MaxPool | Self::Deslant => (nothing(), nothing()),
        };
        Own {
            kept,
            dw,
            normalized_next,
        }
    }

    /// Whether it changes each number for itself: then its outputs may take the place of its inputs.
    pub(super) fn is_elementwise(&self) -> bool {
        match self {
            Self::Activation(_) | Self::Dropout { .. } => true,
            Self::Dense(_)
            | Self::Convolution(_)
            | Self::Normalization(_)
            | Self::MaxPool
            | Self::Deslant => false,
        }
    }

    /// From the inputs `x` (B, I + 1) to outputs `y` (B, O + 1), whose column of ones is left alone. `rng` is
    /// there only while training.
    pub(super) fn forward(&self, mut pass: Pass, x: &Matrix, y: &mut Matrix, rng: Option<&mut ChaCha8Rng>) {
        let rows = pass.rows;
        match self {
            Self::Dense(dense) => dense.forward(&mut pass, x, y),
            Self::Convolution(convolution) => convolution.forward(&mut pass, x, y),
            Self::Normalization(layer) if rng.is_some() => {
                layer.forward_training(rows, x, y, &mut pass.own.kept);
            }
            Self::Normalization(layer) => layer.forward(rows, x, y, &mut pass.own.kept),
            Self::MaxPool => pool::forward(rows, pass.image, x, y),
            Self::Deslant => deslant::forward(rows, x, y),
            Self::Activation(_) | Self::Dropout { .. } => {
                y.copy_rows(x, rows);
                self.forward_in_place(&mut pass, y, rng);
            }
        }
    }

    /// [`Layer::forward`] of an elementwise layer.
    pub(super) fn forward_in_place(&self, pass: &mut Pass, x: &mut Matrix, rng: Option<&mut ChaCha8Rng>) {
        match (self, rng) {
            (Self::Activation(activation), _) => activation.forward(pass.rows, x),
            (Self::Dropout { rate }, Some(rng)) => {
                dropout::draw(*rate, pass.rows, rng, &mut pass.own.kept);
                dropout::multiply(pass.rows, &pass.own.kept, x);
            }
            // A finished network leaves out nothing; the others are not elementwise.
            (Self::Dropout { .. }, None)
            | (
                Self::Dense(_)
                | Self::Convolution(_)
                | Self::Normalization(_)
                | Self::MaxPool
                | Self::Deslant,
                _,
            ) => {}
        }
    }

    /// From ∂E/∂y (B, O) to ∂E/∂x (B, I), if somebody needs it, given the layer's inputs and outputs; and for layers
    /// whose weights are shared, to the gradient of the weights.
    pub(super) fn backward(&self, pass: &mut Pass, [x, y, dy]: [&Matrix; 3], dx: Option<&mut Matrix>) {
        let rows = pass.rows;
        match (self, dx) {
            (Self::Convolution(convolution), dx) => {
                convolution.gradient(pass, [x, dy]);
                if let Some(dx) = dx {
                    convolution.backward(pass, dy, dx);
                }
            }
            (Self::Normalization(layer), dx) => {
                layer.backward(rows, [x, dy], dx, &mut pass.own.kept, &mut pass.own.dw);
            }
            // Deslanting comes first, and nobody changes the pixels.
            (_, None) | (Self::Deslant, _) => {}
            (Self::Dense(dense), Some(dx)) => dense.backward(
                &dy.view().slice(s![..rows, ..]),
                &mut dx.view_mut().slice_mut(s![..rows, ..]),
            ),
            (Self::MaxPool, Some(dx)) => pool::backward(rows, pass.image, [x, dy], dx),
            (Self::Activation(_) | Self::Dropout { .. }, Some(dx)) => {
                dx.copy_rows(dy, rows);
                self.backward_in_place(pass, y, dx);
            }
        }
    }

    /// [`Layer::backward`] of an elementwise layer, given its outputs.
    pub(super) fn backward_in_place(&self, pass: &Pass, y: &Matrix, dy: &mut Matrix) {
        match self {
            Self::Activation(activation) => activation.backward(pass.rows, y, dy),
            Self::Dropout { .. } => dropout::multiply(pass.rows, &pass.own.kept, dy),
            Self::Dense(_)
            | Self::Convolution(_)
            | Self::Normalization(_)
            | Self::MaxPool
            | Self::Deslant => {}
        }
    }
}

/// What a layer needs beside its inputs.
pub(super) struct Pass<'a> {
    /// Rows of inputs that are in use.
    pub(super) rows: usize,
    /// Their shape.
    pub(super) image: Shape,
    /// That of the outputs.
    pub(super) outputs: Shape,
    /// What the layer keeps for itself.
    pub(super) own: &'a mut Own,
    /// What layers work with.
    pub(super) room: &'a mut Room,
}
