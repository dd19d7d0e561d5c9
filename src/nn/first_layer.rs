//! The first layer on a whole batch.
//!
//! Nearly all weights of a small network belong to its first layer, and nearly all inputs are background. So this layer
//! works on what is not zero, and threads share it by its outputs and not by the samples: each thread then always uses
//! the same weights, which stay in its core's cache from step to step.
//!
//! | symbol | shape          | meaning                                    |
//! |--------|----------------|--------------------------------------------|
//! | `x`    | (B, I + 1)     | inputs of the batch, as its shards' sparse |
//! | `z`    | (B, O)         | weighted sums                              |
//! | `dz`   | (B, O)         | ∂E/∂z                                      |

use super::{Cache, Layer, Matrix, Network};
use ndarray::{ArrayRef2, s};

/// The buffers of the first layer for batches of a certain size.
#[derive(Debug)]
pub(crate) struct FirstLayer {
    pub(crate) z: Matrix,
    pub(crate) dz: Matrix,
}

impl FirstLayer {
    /// Buffers for the first layer of `network` and batches of at most `batch` samples.
    pub(crate) fn new(network: &Network, batch: usize) -> Self {
        let outputs = network.widths()[1];
        Self {
            z: Matrix::zeros(batch, outputs),
            dz: Matrix::zeros(batch, outputs),
        }
    }
}

impl Network {
    /// Into `z` (B, outputs) the outputs of the first layer from the output `output` on, as many as `z` has columns, for
    /// all shards of a batch, whose zeros have been left out.
    pub(crate) fn forward_first<'a>(
        &self,
        shards: impl Iterator<Item = &'a Cache>,
        output: usize,
        z: &mut ArrayRef2<f32>,
    ) {
        let mut row = 0;
        for cache in shards {
            if let Some(Layer::Dense(dense)) = self.layers().first() {
                let mut z = z.slice_mut(s![row..row + cache.rows, ..]);
                dense.forward_sparse(&cache.sparse, output, &mut z);
            }
            row += cache.rows;
        }
    }
}
