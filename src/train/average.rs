//! The moving average of the weights, which a training may end in.

use super::Trainer;
use crate::nn::Network;

/// An average of the weights reaches back one part in so many of all steps, at most.
const AVERAGED: f32 = 10.0;

impl Trainer<'_> {
    /// The network that training has led to so far.
    pub(super) fn finished(&self) -> &Network {
        self.average.as_ref().unwrap_or(&self.network)
    }

    /// Moves the average, if there is one, towards the network: from its start over the first steps, then by a fixed
    /// share, but one that is no smaller than [`AVERAGED`] to all `steps` of the training.
    pub(super) fn move_average(&mut self, steps: u64) {
        if self.average.is_some() {
            self.write_back();
        }
        if let Some(average) = &mut self.average {
            let share = (1.0 - self.config.get().averaging).max(AVERAGED / steps as f32);
            average.move_towards(
                &self.network,
                share.max(1.0 / self.optimizer.steps as f32).min(1.0),
            );
        }
    }
}
