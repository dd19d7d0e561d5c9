//! One step of gradient descent on all weights: their gradients, and what the optimizer makes of them.
//!
//! The two go hand in hand over blocks of a weight matrix, so that a gradient is used while it is still in the cache and
//! never stored as a whole. Threads take pieces of a matrix; every sum runs over the samples of the batch in their order, so the
//! number of threads changes no bit.

use crate::nn::kernels::{prefetch, transposed_product};
use crate::nn::matrix::LINE;
use crate::nn::sparse::TILE;
use crate::nn::{Cache, Matrix, Network, gradient};
use crate::optim::{Optimizer, OptimizerState, Step, Weights};
use crate::parallel::Team;
use ndarray::{ArrayViewMut2, Axis, s};
use std::cell::RefCell;

/// Most outputs in a piece of the first layer that is one thread's work.
const PIECE: usize = 128;

/// Inputs of a later layer that are one thread's work: an eighth, but enough for a matrix product to be fast.
const SHARE: usize = 8;
const LEAST_INPUTS: usize = 64;

thread_local! {
    /// The gradient of the block that a thread is working on.
    static GRADIENT: RefCell<Matrix> = RefCell::new(Matrix::zeros(1, TILE * PIECE));
}

/// Outputs of a piece of a first layer of `outputs`: half of them if they are few, so that there is work to share, and
/// whole cache lines.
pub(super) fn piece(outputs: usize) -> usize {
    outputs.div_ceil(2).next_multiple_of(LINE).min(PIECE)
}

/// Takes one step with the gradients of a batch: `shards` have been through [`Network::backward`], and `first_dz` (B, O)
/// is ∂E/∂z of the first layer for all of them.
pub(super) fn update<'a>(
    network: &mut Network,
    optimizer: &Optimizer,
    rate: f32,
    state: &mut OptimizerState,
    first_dz: &Matrix,
    shards: &(impl Iterator<Item = &'a Cache> + Clone + Sync),
    team: &Team,
) {
    state.steps += 1;
    let step = optimizer.step(rate, state.steps);
    let moments = state.first.iter_mut().zip(&mut state.second);
    for ((layer, w), (first, second)) in network.transposed_weights_mut().zip(moments) {
        let (inputs, outputs) = w.dim();
        // The first layer is shared by outputs, as in `Network::forward_first`, the others by inputs.
        let (axis, length) = match layer {
            0 => (Axis(1), piece(outputs)),
            _ => (Axis(0), inputs.div_ceil(SHARE).max(LEAST_INPUTS)),
        };
        let (mut w, mut first, mut second) = (w.view_mut(), first.view_mut(), second.view_mut());
        let pieces = w
            .axis_chunks_iter_mut(axis, length)
            .zip(first.axis_chunks_iter_mut(axis, length))
            .zip(second.axis_chunks_iter_mut(axis, length))
            .enumerate();
        team.for_each(pieces, |(index, ((w, first), second))| {
            let start = index * length;
            let (input, output) = if layer == 0 { (0, start) } else { (start, 0) };
            let piece = Piece {
                layer,
                input,
                output,
                bias: inputs - 1,
                w,
                first,
                second,
            };
            piece.update(&step, first_dz, shards);
        });
    }
}

/// A part of a weight matrix, and what the optimizer remembers of it.
struct Piece<'a> {
    layer: usize,
    /// Where the piece begins in the whole matrix.
    input: usize,
    output: usize,
    /// The input that is the constant 1.
    bias: usize,
    w: ArrayViewMut2<'a, f32>,
    first: ArrayViewMut2<'a, f32>,
    second: ArrayViewMut2<'a, f32>,
}

impl Piece<'_> {
    /// Goes through the piece block by block.
    fn update<'a>(
        mut self,
        step: &Step,
        first_dz: &Matrix,
        shards: &(impl Iterator<Item = &'a Cache> + Clone),
    ) {
        let (inputs, outputs) = self.w.dim();
        let block = if self.layer == 0 { TILE } else { inputs };
        GRADIENT.with_borrow_mut(|buffer| {
            let stride = outputs.next_multiple_of(LINE);
            if buffer.dim().1 < block * stride {
                *buffer = Matrix::zeros(1, block * stride);
            }
            for start in (0..inputs).step_by(block) {
                let end = inputs.min(start + block);
                let numbers = &mut buffer.padded_mut()[..(end - start) * stride];
                if self.layer == 0 {
                    let inputs = shards.clone().map(Cache::sparse_inputs);
                    prefetch(&self.w.slice(s![start..end, ..]));
                    prefetch(&self.first.slice(s![start..end, ..]));
                    transposed_product(inputs, start / TILE, first_dz, self.output, numbers, stride);
                }
                let g = ArrayViewMut2::from_shape((end - start, stride), numbers);
                let mut g = g.unwrap_or_else(|_| unreachable!("the buffer has room for the block"));
                let mut g = g.slice_mut(s![.., ..outputs]);
                if self.layer > 0 {
                    gradient(self.layer, shards.clone(), self.input + start, &mut g);
                }
                // Behind the last ordinary input comes the bias, which does not decay.
                let bias = self.bias.saturating_sub(self.input).clamp(start, end);
                for (rows, decayed) in [(start..bias, true), (bias..end, false)] {
                    let here = rows.start - start..rows.end - start;
                    let weights = Weights {
                        w: self.w.slice_mut(s![rows.clone(), ..]),
                        first: self.first.slice_mut(s![rows.clone(), ..]),
                        second: self.second.slice_mut(s![rows, ..]),
                        g: g.slice(s![here, ..]),
                    };
                    step.apply(decayed, weights);
                }
            }
        });
    }
}
