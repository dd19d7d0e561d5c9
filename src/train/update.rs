//! One step of all layers but those in panels: their gradients, and what the optimizer makes of them.
//!
//! The two go hand in hand over parts of a weight matrix, so that a gradient is used while it is still in the cache.
//! Threads take parts; every sum runs over the samples of the batch in their order, so the number of threads changes no
//! bit.

use crate::nn::{Cache, Matrix, Network, gradient};
use crate::optim::{OptimizerState, Step, Weights};
use crate::parallel::Team;
use ndarray::{ArrayViewMut2, Axis, s};
use std::cell::RefCell;

/// Inputs of a part: an eighth of all, but enough for a matrix product to be fast.
const SHARE: usize = 8;
const LEAST_INPUTS: usize = 64;

thread_local! {
    /// The gradient of the part that a thread is working on.
    static GRADIENT: RefCell<Matrix> = RefCell::new(Matrix::zeros(0, 0));
}

/// Takes `step` with the gradients of the batch whose `shards` have been through [`Network::backward`]. A fully
/// connected first layer is left out: its [`super::panel::Panel`]s update themselves.
pub(super) fn update<'a>(
    network: &mut Network,
    step: &Step,
    optimizer: &mut OptimizerState,
    shards: &(impl Iterator<Item = &'a Cache> + Clone + Sync),
    team: &Team,
) {
    let moments = optimizer.first.iter_mut().zip(&mut optimizer.second);
    let in_panels = network.panel_layers();
    let weights = network.transposed_weights_mut().zip(moments);
    for ((layer, w), (first, second)) in weights.skip(in_panels) {
        let bias = w.dim().0 - 1;
        let length = w.dim().0.div_ceil(SHARE).max(LEAST_INPUTS);
        let (mut w, mut first, mut second) = (w.view_mut(), first.view_mut(), second.view_mut());
        let parts = w
            .axis_chunks_iter_mut(Axis(0), length)
            .zip(first.axis_chunks_iter_mut(Axis(0), length))
            .zip(second.axis_chunks_iter_mut(Axis(0), length))
            .enumerate();
        team.for_each(parts, |(index, ((w, first), second))| {
            let start = index * length;
            with_room(w.dim(), |mut g| {
                gradient(layer, shards.clone(), start, &mut g);
                // The last input is the constant 1, and its weights are biases, which do not decay.
                let decayed = bias.saturating_sub(start).min(w.nrows());
                let (w, w_bias) = w.split_at(Axis(0), decayed);
                let (first, first_bias) = first.split_at(Axis(0), decayed);
                let (second, second_bias) = second.split_at(Axis(0), decayed);
                let (g, g_bias) = g.view().split_at(Axis(0), decayed);
                step.apply(true, Weights { w, first, second, g });
                let biases = Weights {
                    w: w_bias,
                    first: first_bias,
                    second: second_bias,
                    g: g_bias,
                };
                step.apply(false, biases);
            });
        });
    }
}

/// Calls `work` with room for a gradient of shape (`rows`, `columns`), which the thread keeps for the next time.
fn with_room((rows, columns): (usize, usize), work: impl FnOnce(ArrayViewMut2<f32>)) {
    GRADIENT.with_borrow_mut(|kept| {
        if kept.dim().0 < rows || kept.dim().1 < columns {
            *kept = Matrix::zeros(rows.max(kept.dim().0), columns.max(kept.dim().1));
        }
        work(kept.view_mut().slice_move(s![..rows, ..columns]));
    });
}
