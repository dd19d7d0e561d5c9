//! Fully connected layer: every output sees every input and a constant 1.
//!
//! | symbol | shape      | meaning                                              |
//! |--------|------------|------------------------------------------------------|
//! | `x`    | (B, I + 1) | inputs of a shard, last column 1 (the article's x_s) |
//! | `w`    | (O, I + 1) | weights, last column the bias                        |
//! | `z`    | (B, O + 1) | weighted sums, last column 1                         |
//! | `dz`   | (B, O)     | ∂E/∂z (the article's psi)                            |
//! | `dw`   | (O, I + 1) | ∂E/∂w                                                |
//! | `dx`   | (B, I)     | ∂E/∂x                                                |

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayRef2, s};

/// A fully connected layer: z = x · wᵀ.
///
/// ```
/// use digits::nn::Dense;
/// use ndarray::array;
///
/// // Two inputs, one output: z = 2·x₁ + 3·x₂ + 1.
/// let layer = Dense::new(array![[2.0, 3.0, 1.0]]);
/// assert_eq!((layer.inputs(), layer.outputs()), (2, 1));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    pub(super) w: Array2<f32>,
}

impl Dense {
    /// A layer of the given weights, shape (O, I + 1), last column the bias.
    pub fn new(weights: Array2<f32>) -> Self {
        Self { w: weights }
    }

    /// Number of inputs I, the bias apart.
    pub fn inputs(&self) -> usize {
        self.w.ncols().saturating_sub(1)
    }

    /// Number of outputs O.
    pub fn outputs(&self) -> usize {
        self.w.nrows()
    }

    /// The weights, shape (O, I + 1), last column the bias.
    pub fn weights(&self) -> &Array2<f32> {
        &self.w
    }

    /// z = x · wᵀ
    pub(super) fn forward(&self, x: &ArrayRef2<f32>, z: &mut ArrayRef2<f32>) {
        general_mat_mul(1.0, x, &self.w.t(), 0.0, &mut z.slice_mut(s![.., ..-1]));
    }

    /// dw = dzᵀ · x, and dx = dz · w without its bias column: the bias input is constant, nothing flows back into it.
    pub(super) fn backward(
        &self,
        x: &ArrayRef2<f32>,
        dz: &ArrayRef2<f32>,
        dw: &mut ArrayRef2<f32>,
        dx: Option<&mut ArrayRef2<f32>>,
    ) {
        general_mat_mul(1.0, &dz.t(), x, 0.0, dw);
        if let Some(dx) = dx {
            general_mat_mul(1.0, dz, &self.w.slice(s![.., ..-1]), 0.0, dx);
        }
    }
}
