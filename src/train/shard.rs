//! One shard of a batch: the samples that one thread takes from their pixels to the gradients of their activations.

use super::TrainConfig;
use super::panel::Panel;
use crate::dataset::{Dataset, batch};
use crate::metrics::argmax;
use crate::nn::{Cache, Network, one_hot_into};
use crate::random::{Purpose, stream};
use ndarray::{Array2, s};

/// The buffers of a shard, and what it yields.
pub(super) struct Shard {
    pub(super) cache: Cache,
    /// Targets (rows, C).
    targets: Array2<f32>,
    labels: Vec<u8>,
    /// Sum of the samples' losses.
    pub(super) loss: f64,
    /// Samples that were classified rightly.
    pub(super) right: usize,
}

impl Shard {
    /// A shard of at most `rows` samples.
    pub(super) fn new(network: &Network, rows: usize) -> Self {
        Self {
            cache: network.cache(rows),
            targets: Array2::zeros((rows, network.classes())),
            labels: Vec::with_capacity(rows),
            loss: 0.0,
            right: 0,
        }
    }

    /// Fills in the inputs and targets of `samples`.
    pub(super) fn load(&mut self, config: &TrainConfig, train: &Dataset, samples: &[usize], epoch: usize) {
        self.cache.set_rows(samples.len());
        // A sample leads a shard but once in an epoch.
        let leader = samples.first().map_or(0, |&sample| sample as u64);
        self.cache
            .train_with(stream(config.seed, Purpose::Dropout, epoch as u64, leader));
        batch::fill(
            train,
            samples,
            config.augment,
            config.seed,
            epoch as u64,
            &mut self.cache.inputs_mut(),
        );
        self.labels.clear();
        self.labels
            .extend(samples.iter().map(|&sample| train.labels[sample]));
        one_hot_into(&self.labels, config.label_smoothing, &mut self.targets);
        self.cache.leave_out_zeros();
    }

    /// Takes over what the first layer's `panels` have put out for the samples from number `first` of the batch on.
    pub(super) fn take_first_outputs(&mut self, panels: &[Panel], first: usize) {
        let mut outputs = self.cache.first_outputs_mut();
        for (output, z) in panels.iter().map(|panel| panel.outputs(first)) {
            let z = z.slice(s![..outputs.nrows(), ..]);
            outputs.slice_mut(s![.., output..output + z.ncols()]).assign(&z);
        }
    }

    /// The rest of forward, loss and backward, all but the gradients of weights; `batch` is the size of the whole
    /// batch.
    pub(super) fn forward_backward(&mut self, network: &Network, batch: usize) {
        network.forward_from(network.panel_layers(), &mut self.cache);
        let (outputs, mut gradient) = self.cache.outputs_and_gradient();
        let targets = self.targets.slice(s![..self.labels.len(), ..]);
        self.loss = network
            .loss()
            .forward_backward(&outputs, &targets, batch, &mut gradient);
        let rows = outputs.outer_iter().zip(&self.labels);
        self.right = rows
            .filter(|(row, label)| argmax(row) == usize::from(**label))
            .count();
        network.backward(&mut self.cache);
    }
}
