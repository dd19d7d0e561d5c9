//! Fully connected layer: every output sees every input and a constant 1.
//!
//! | symbol | shape      | meaning                                              |
//! |--------|------------|------------------------------------------------------|
//! | `x`    | (B, I + 1) | inputs of a shard, last column 1 (the article's `x_s`) |
//! | `w`    | (O, I + 1) | weights, last column the bias                        |
//! | `z`    | (B, O + 1) | weighted sums, last column 1                         |
//! | `dz`   | (B, O)     | ∂E/∂z (the article's psi)                            |
//! | `dw`   | (O, I + 1) | ∂E/∂w                                                |
//! | `dx`   | (B, I)     | ∂E/∂x                                                |
//!
//! In memory, `w` lies transposed: the weights of one input are neighbours. A layer whose inputs are mostly zero (the
//! first one, which sees the pixels) then works through whole rows of memory, and leaves out those of absent ink.

use super::kernels::sparse_product;
use super::layer::Pass;
use super::sparse::Sparse;
use super::{Cache, Matrix};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayRef2, ArrayView2, ArrayViewMut2, s};

/// Fewer samples than this are multiplied without their zeros, of which there are many after rectifiers: a dense
/// product would first copy all weights, and that takes longer than using them so few times.
const FEW: usize = 8;

/// A fully connected layer: z = x · wᵀ.
///
/// ```
/// use digits::nn::Dense;
/// use ndarray::array;
///
/// // Two inputs, one output: z = 2·x₁ + 3·x₂ + 1.
/// let layer = Dense::new(&array![[2.0, 3.0, 1.0]]);
/// assert_eq!((layer.inputs(), layer.outputs()), (2, 1));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// wᵀ, shape (I + 1, O).
    pub(super) w_transposed: Matrix,
}

impl Dense {
    /// A layer of the given weights, shape (O, I + 1), last column the bias.
    ///
    /// ```
    /// use digits::nn::Dense;
    /// use ndarray::array;
    ///
    /// let layer = Dense::new(&array![[2.0, 3.0, 1.0]]);
    /// assert_eq!(layer.weights(), array![[2.0, 3.0, 1.0]]);
    /// ```
    pub fn new(weights: &Array2<f32>) -> Self {
        Self {
            w_transposed: Matrix::of(&weights.t()),
        }
    }

    /// Number of inputs I, the bias apart.
    ///
    /// ```
    /// use digits::nn::Dense;
    /// use ndarray::array;
    ///
    /// let layer = Dense::new(&array![[2.0, 3.0, 1.0]]);
    /// assert_eq!(layer.inputs(), 2);
    /// ```
    pub fn inputs(&self) -> usize {
        self.w_transposed.dim().0.saturating_sub(1)
    }

    /// Number of outputs O.
    ///
    /// ```
    /// use digits::nn::Dense;
    /// use ndarray::array;
    ///
    /// let layer = Dense::new(&array![[2.0, 3.0, 1.0]]);
    /// assert_eq!(layer.outputs(), 1);
    /// ```
    pub fn outputs(&self) -> usize {
        self.w_transposed.dim().1
    }

    /// The weights, shape (O, I + 1), last column the bias.
    ///
    /// ```
    /// use digits::nn::Dense;
    /// use ndarray::array;
    ///
    /// let layer = Dense::new(&array![[2.0, 3.0, 1.0]]);
    /// assert_eq!(layer.weights()[[0, 2]], 1.0);
    /// ```
    pub fn weights(&self) -> ArrayView2<'_, f32> {
        self.w_transposed.view().reversed_axes()
    }

    /// [`Dense::weights`], to be changed.
    ///
    /// ```
    /// use digits::nn::Dense;
    /// use ndarray::array;
    ///
    /// let mut layer = Dense::new(&array![[2.0, 3.0, 1.0]]);
    /// layer.weights_mut()[[0, 2]] = 0.0;
    /// assert_eq!(layer.weights(), array![[2.0, 3.0, 0.0]]);
    /// ```
    pub fn weights_mut(&mut self) -> ArrayViewMut2<'_, f32> {
        self.w_transposed.view_mut().reversed_axes()
    }

    /// z = x · wᵀ, of the rows in use.
    pub(super) fn forward(&self, pass: &mut Pass, x: &Matrix, z: &mut Matrix) {
        let (rows, few) = (pass.rows, &mut pass.room.few);
        if rows < FEW {
            few.reshape(FEW.min(x.dim().0), x.dim().1);
            few.compress(x, rows);
            self.forward_sparse(few, &mut z.view_mut().slice_mut(s![..rows, ..-1]));
            return;
        }
        general_mat_mul(
            1.0,
            &x.view().slice(s![..rows, ..]),
            &self.w_transposed.view(),
            0.0,
            &mut z.view_mut().slice_mut(s![..rows, ..-1]),
        );
    }

    /// [`Dense::forward`] of inputs whose zeros are left out.
    pub(super) fn forward_sparse(&self, x: &Sparse, z: &mut ArrayRef2<f32>) {
        sparse_product(x, &self.w_transposed, z);
    }

    /// dx = dz · w without its bias column: the bias input is constant, nothing flows back into it.
    pub(super) fn backward(&self, dz: &ArrayRef2<f32>, dx: &mut ArrayRef2<f32>) {
        let w = self.weights();
        general_mat_mul(1.0, dz, &w.slice(s![.., ..-1]), 0.0, dx);
    }
}

/// dw of layer `layer` of a network, not the first if that is fully connected, summed over `shards` in their order:
/// into `dw` the gradient of the weights of the inputs from `input` on, transposed as the weights are, as many as it
/// has rows.
///
/// Of a fully connected layer that is dzᵀ · x; other layers have worked it out on the way back.
pub(crate) fn gradient<'a>(
    layer: usize,
    shards: impl Iterator<Item = &'a Cache>,
    input: usize,
    dw: &mut ArrayRef2<f32>,
) {
    for (index, shard) in shards.enumerate() {
        let own = shard.own[layer].dw.view();
        if !own.is_empty() {
            let own = own.slice_move(s![input..input + dw.nrows(), ..]);
            if index == 0 {
                dw.assign(&own);
            } else {
                dw.zip_mut_with(&own, |dw, own| *dw += own);
            }
            continue;
        }
        let slot = shard.slots[layer];
        let (x, dz) = (shard.x[slot].view(), shard.dx[shard.places[slot + 1]].view());
        let x = x.slice(s![..shard.rows, input..input + dw.nrows()]);
        let sum_so_far = if index == 0 { 0.0 } else { 1.0 };
        general_mat_mul(1.0, &x.t(), &dz.slice(s![..shard.rows, ..]), sum_so_far, dw);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Layer;
    use super::super::room::Room;
    use super::*;

    #[test]
    fn few_samples_and_many_get_the_same_sums_and_keep_their_ones() {
        let mut room = Room::default();
        // Wide inputs after narrow ones and narrow ones after wide ones, in the same room.
        for rows in 0..=2 * FEW {
            for inputs in [77, 300] {
                check(rows, inputs, &mut room);
            }
        }
    }

    /// Of whole numbers, so that the sums are exact in any order.
    fn check(rows: usize, inputs: usize, room: &mut Room) {
        let x = Array2::from_shape_fn((2 * FEW, inputs + 1), |(row, column)| {
            (((row * 31 + column * 17) % 7) as f32 - 3.0).max(0.0)
        });
        let weights = Array2::from_shape_fn((40, inputs + 1), |(row, column)| {
            ((row * 13 + column * 5) % 11) as f32 - 5.0
        });
        let (layer, expected) = (Dense::new(&weights), x.dot(&weights.t()));
        let mut own = Layer::Dense(layer.clone()).own(0, inputs.into(), None);
        let mut z = Matrix::zeros(2 * FEW, 41);
        z.view_mut().fill(1.0);
        let mut pass = Pass {
            rows,
            image: inputs.into(),
            outputs: 40.into(),
            own: &mut own,
            room,
        };
        layer.forward(&mut pass, &Matrix::of(&x.view()), &mut z);
        for ((row, column), z) in z.view().indexed_iter() {
            let summed = row < rows && column < 40;
            let expected = if summed { expected[[row, column]] } else { 1.0 };
            assert!((z - expected).abs() < 1e-6, "{rows}, {inputs}: {row} {column}");
        }
    }
}
