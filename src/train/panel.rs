//! The first layer while it is trained: cut into panels of outputs, each one thread's own.
//!
//! Nearly all weights of a small network belong to its first layer, and nearly all inputs are background. So this
//! layer works on the inputs that are not zero, and threads share it by its outputs, not by the samples: a thread
//! then uses the same weights in every step, forward and backward, and they stay in its core's cache. Each panel's
//! weights and velocities lie together in memory; while training goes on they are here and not in the network.
//!
//! | symbol | shape      | meaning                                               |
//! |--------|------------|-------------------------------------------------------|
//! | `x`    | (B, I + 1) | inputs of the batch, in shards that leave out zeros   |
//! | `w`    | (P, I + 1) | weights of the panel's P outputs; transposed in memory |
//! | `z`    | (B, P)     | weighted sums                                         |
//! | `dz`   | (B, O)     | ∂E/∂z of all outputs, in shards                       |
//! | `dw`   | (P, I + 1) | ∂E/∂w, a tile of inputs at a time; transposed         |

use crate::nn::kernels::{sparse_product, transposed_product};
use crate::nn::matrix::LINE;
use crate::nn::sparse::TILE;
use crate::nn::{Cache, Dense, Matrix};
use crate::optim::{Step, Weights};
use ndarray::{ArrayView2, s};

/// Most outputs of a panel: as many sums as a core has registers for.
const WIDTH: usize = 128;

/// Some of the outputs of a first layer.
#[derive(Debug)]
pub(super) struct Panel {
    /// Its first output.
    output: usize,
    w: Matrix,
    /// What the optimizer remembers of the weights.
    first: Matrix,
    second: Matrix,
    z: Matrix,
    /// The gradient of the present tile.
    dw: Matrix,
}

impl Panel {
    /// The panels of `layer`, of whose weights the optimizer remembers `moments`, for batches of at most `batch`
    /// samples: two at least if that makes whole cache lines, so that there is work to share.
    pub(super) fn split(layer: &Dense, moments: [&Matrix; 2], batch: usize) -> Vec<Self> {
        let width = layer.outputs().div_ceil(2).next_multiple_of(LINE).min(WIDTH);
        let weights = layer.weights();
        let panels = weights.outer_iter().step_by(width).enumerate();
        panels
            .map(|(index, _)| {
                let output = index * width;
                let end = layer.outputs().min(output + width);
                let [first, second] =
                    moments.map(|moments| Matrix::of(&moments.view().slice_move(s![.., output..end])));
                Self {
                    output,
                    w: Matrix::of(&weights.slice(s![output..end, ..]).t()),
                    first,
                    second,
                    z: Matrix::zeros(batch, end - output),
                    dw: Matrix::zeros(TILE, end - output),
                }
            })
            .collect()
    }

    /// Writes the weights back to where they come from.
    pub(super) fn write_back(&self, layer: &mut Dense) {
        let (inputs, outputs) = self.w.dim();
        let mut weights = layer.weights_mut();
        let mut weights = weights.slice_mut(s![self.output..self.output + outputs, ..inputs]);
        weights.assign(&self.w.view().t());
    }

    /// Writes what the optimizer remembers back to where it comes from.
    pub(super) fn write_back_moments(&self, moments: [&mut Matrix; 2]) {
        for (moments, own) in moments.into_iter().zip([&self.first, &self.second]) {
            let (inputs, outputs) = own.dim();
            let mut moments = moments.view_mut();
            let mut moments = moments.slice_mut(s![..inputs, self.output..self.output + outputs]);
            moments.assign(&own.view());
        }
    }

    /// z = x · wᵀ
    pub(super) fn forward<'a>(&mut self, shards: impl Iterator<Item = &'a Cache>) {
        let mut row = 0;
        for shard in shards {
            let mut z = self.z.view_mut();
            let mut z = z.slice_mut(s![row..row + shard.rows(), ..]);
            sparse_product(shard.sparse_inputs(), &self.w, &mut z);
            row += shard.rows();
        }
    }

    /// The panel's first output, and the outputs of the samples from `row` on.
    pub(super) fn outputs(&self, row: usize) -> (usize, ArrayView2<'_, f32>) {
        (self.output, self.z.view().slice_move(s![row.., ..]))
    }

    /// dw = dzᵀ · x tile by tile, and at once the step that it asks for: a gradient is used while it is in the cache,
    /// and never stored as a whole.
    pub(super) fn update<'a>(&mut self, step: &Step, shards: &(impl Iterator<Item = &'a Cache> + Clone)) {
        let stride = self.dw.stride();
        // The last input is the constant 1, and its weights are biases, which do not decay.
        let bias = self.w.dim().0 - 1;
        for (tile, start) in (0..=bias).step_by(TILE).enumerate() {
            let end = (start + TILE).min(bias + 1);
            let factors = shards
                .clone()
                .map(|shard| (shard.sparse_inputs(), shard.first_gradient()));
            let dw = &mut self.dw.padded_mut()[..(end - start) * stride];
            transposed_product(factors, tile, self.output, dw, stride);
            let biases = bias.clamp(start, end);
            for (rows, decayed) in [(start..biases, true), (biases..end, false)] {
                let tile_rows = rows.start - start..rows.end - start;
                let weights = Weights {
                    w: self.w.view_mut().slice_move(s![rows.clone(), ..]),
                    first: self.first.view_mut().slice_move(s![rows.clone(), ..]),
                    second: self.second.view_mut().slice_move(s![rows, ..]),
                    g: self.dw.view().slice_move(s![tile_rows, ..]),
                };
                step.apply(decayed, weights);
            }
        }
    }
}
