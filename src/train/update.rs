//! One step of gradient descent on all weights: their gradients, and what the optimizer makes of them.
//!
//! The two go hand in hand over blocks of a weight matrix, so that a gradient is used while it is still in the cache and
//! never stored as a whole. Threads take pieces of the outputs; every sum runs over the samples of the batch in their order, so the
//! number of threads changes no bit.

use crate::nn::matrix::LINE;
use crate::nn::{Cache, Matrix, Network, gradient};
use crate::optim::{Optimizer, OptimizerState, Step, Weights};
use ndarray::parallel::prelude::*;
use ndarray::{ArrayViewMut2, Axis, s};
use std::cell::RefCell;

/// Numbers in a block: its gradient stays in a core's first-level cache.
const BLOCK: usize = 8_192;

/// Most columns in a piece of a weight matrix that is one thread's work.
const PIECE: usize = 128;

thread_local! {
    /// The gradient of the block that a thread is working on.
    static GRADIENT: RefCell<Matrix> = RefCell::new(Matrix::zeros(1, BLOCK));
}

/// Columns of a piece of a matrix of `outputs` columns: half of them if they are few, so that there is work to share,
/// and whole cache lines.
pub(super) fn piece(outputs: usize) -> usize {
    outputs.div_ceil(2).next_multiple_of(LINE).min(PIECE)
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
    update_all(network.transposed_weights_mut().zip(moments), step, shards);
}

/// A weight matrix with the index of its layer, and what the optimizer remembers of it.
type Layer<'a> = ((usize, &'a mut Matrix), (&'a mut Matrix, &'a mut Matrix));

/// All of `layers` at once, as far as there are threads.
fn update_all<'a, 'b>(
    mut layers: impl Iterator<Item = Layer<'b>> + Send,
    step: Step,
    shards: &(impl Iterator<Item = &'a Cache> + Clone + Send + Sync),
) {
    if let Some(first) = layers.next() {
        rayon::join(
            || update_one(first, step, shards),
            || update_all(layers, step, shards),
        );
    }
}

/// One weight matrix: threads take pieces of its outputs, as in [`Network::forward_first`], and go through them block by
/// block.
fn update_one<'a>(
    ((layer, w), (first, second)): Layer,
    step: Step,
    shards: &(impl Iterator<Item = &'a Cache> + Clone + Send + Sync),
) {
    let (inputs, outputs) = w.dim();
    let width = piece(outputs);
    let rows = BLOCK / width;
    let (mut w, mut first, mut second) = (w.view_mut(), first.view_mut(), second.view_mut());
    w.axis_chunks_iter_mut(Axis(1), width)
        .into_par_iter()
        .zip(first.axis_chunks_iter_mut(Axis(1), width))
        .zip(second.axis_chunks_iter_mut(Axis(1), width))
        .enumerate()
        .for_each(|(index, ((mut w, mut first), mut second))| {
            GRADIENT.with_borrow_mut(|buffer| {
                for start in (0..inputs).step_by(rows) {
                    let end = inputs.min(start + rows);
                    let g = &mut buffer.padded_mut()[..(end - start) * w.ncols()];
                    let g = ArrayViewMut2::from_shape((end - start, w.ncols()), g);
                    let mut g = g.unwrap_or_else(|_| unreachable!("a block has room for its gradient"));
                    gradient(layer, shards.clone(), start, index * width, &mut g);
                    // The last row is the bias, which does not decay.
                    let bias = (inputs - 1).clamp(start, end);
                    for (range, decayed) in [(start..bias, true), (bias..end, false)] {
                        let here = range.start - start..range.end - start;
                        step.apply(
                            decayed,
                            Weights {
                                w: w.slice_mut(s![range.clone(), ..]),
                                first: first.slice_mut(s![range.clone(), ..]),
                                second: second.slice_mut(s![range, ..]),
                                g: g.slice(s![here, ..]),
                            },
                        );
                    }
                }
            });
        });
}
