//! One step of gradient descent on all weights: their gradients, and what the optimizer makes of them.
//!
//! The two go hand in hand over blocks of a weight matrix, so that a gradient is used while it is still in the cache and
//! never stored as a whole. Threads take blocks; every sum runs over the samples of the batch in their order, so the
//! number of threads changes no bit.

use crate::nn::{Cache, Matrix, Network, gradient};
use crate::optim::{Optimizer, OptimizerState, Step};
use rayon::prelude::*;
use std::cell::RefCell;

/// Numbers in a block: its gradient, its weights and its velocities fit into a core's second-level cache.
const BLOCK: usize = 16_384;

thread_local! {
    /// The gradient of the block that a thread is working on.
    static GRADIENT: RefCell<Matrix> = RefCell::new(Matrix::zeros(1, BLOCK));
}

/// A weight matrix and what the optimizer remembers of it.
struct Weights<'a> {
    layer: usize,
    w: &'a mut Matrix,
    first: &'a mut Matrix,
    second: &'a mut Matrix,
}

/// Takes one step with the gradients of the batch whose shards have been through [`Network::backward`].
///
/// ```
/// use digits::nn::{Activation, Init, Loss, Network, one_hot};
/// use digits::optim::{Optimizer, OptimizerState};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(0);
/// let mut network = Network::dense(&[4, 8, 2], Activation::Tanh, Loss::CrossEntropy, Init::Xavier, &mut rng)?;
/// let sgd = Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
/// let mut state = OptimizerState::new(network.transposed_shapes());
/// let mut cache = network.cache(3);
/// cache.inputs_mut().fill(0.5);
/// let mut losses = Vec::new();
/// for _ in 0..2 {
///     network.forward(&mut cache);
///     let (y, mut dy) = cache.outputs_and_gradient();
///     losses.push(network.loss().forward_backward(&y, &one_hot(&[0, 1, 1], 2, 0.0), 3, &mut dy));
///     network.backward(&mut cache);
///     digits::train::update(&mut network, &sgd, 0.1, &mut state, &std::iter::once(&cache));
/// }
/// assert!(losses[1] < losses[0]);
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Panics
/// If `state` or a shard was made for a network of other shapes.
pub fn update<'a>(
    network: &mut Network,
    optimizer: &Optimizer,
    rate: f32,
    state: &mut OptimizerState,
    shards: &(impl Iterator<Item = &'a Cache> + Clone + Send + Sync),
) {
    state.steps += 1;
    let step = optimizer.step(rate, state.steps);
    let moments = state.first.iter_mut().zip(&mut state.second);
    let weights = network
        .transposed_weights_mut()
        .zip(moments)
        .map(|((layer, w), (first, second))| Weights {
            layer,
            w,
            first,
            second,
        });
    update_all(weights, step, shards);
}

/// All of `weights` at once, as far as there are threads.
fn update_all<'a, 'b>(
    mut weights: impl Iterator<Item = Weights<'b>> + Send,
    step: Step,
    shards: &(impl Iterator<Item = &'a Cache> + Clone + Send + Sync),
) {
    if let Some(first) = weights.next() {
        rayon::join(
            || update_one(first, step, shards),
            || update_all(weights, step, shards),
        );
    }
}

/// One weight matrix, block by block.
fn update_one<'a>(
    Weights {
        layer,
        w,
        first,
        second,
    }: Weights,
    step: Step,
    shards: &(impl Iterator<Item = &'a Cache> + Clone + Send + Sync),
) {
    let (inputs, outputs) = w.dim();
    let stride = w.stride();
    let rows = (BLOCK / stride).max(1);
    let block = rows * stride;
    w.padded_mut()
        .par_chunks_mut(block)
        .zip(first.padded_mut().par_chunks_mut(block))
        .zip(second.padded_mut().par_chunks_mut(block))
        .enumerate()
        .for_each(|(index, ((w, first), second))| {
            let start = index * rows;
            let end = inputs.min(start + rows);
            GRADIENT.with_borrow_mut(|buffer| {
                if buffer.dim().1 < block {
                    *buffer = Matrix::zeros(1, block);
                }
                let g = &mut buffer.padded_mut()[..(end - start) * stride];
                gradient(layer, shards.clone(), start..end, g, stride);
                let moments = first.chunks_mut(stride).zip(second.chunks_mut(stride));
                for (row, ((w, g), (first, second))) in w
                    .chunks_mut(stride)
                    .zip(g.chunks(stride))
                    .zip(moments)
                    .enumerate()
                {
                    let is_bias = start + row + 1 == inputs;
                    step.apply(
                        !is_bias,
                        &mut w[..outputs],
                        &mut first[..outputs],
                        &mut second[..outputs],
                        &g[..outputs],
                    );
                }
            });
        });
}
