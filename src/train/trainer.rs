//! The training loop.

use super::panel::Panel;
use super::report::{EpochReport, Next, Observer, StepReport};
use super::shard::Shard;
use super::update::update;
use super::{CheckedConfig, data, probabilities};
use crate::dataset::{Dataset, batch};
use crate::error::{Error, Result};
use crate::metrics::Metrics;
use crate::model_file::Model;
use crate::nn::{Init, Network, Shape};
use crate::optim::OptimizerState;
use crate::parallel::{Team, shard_rows};
use crate::random::{Purpose, stream};
use crate::state::EpochSums;
use std::time::Instant;

/// The most numbers that the layers of a network may put out for a batch: their buffers take a few times 4 bytes each.
const MAX_NUMBERS: usize = 200_000_000;

/// Fits a network to a training set, whose images it takes as they are: what a [`super::Training`] does before and
/// around it, such as drawing styles and outliers, deslanting and training further members, it does not.
///
/// ```
/// use digits::dataset::{Dataset, PIXELS};
/// use digits::parallel::Team;
/// use digits::train::{EpochReport, Observer, TrainConfig, Trainer};
/// use ndarray::{Array1, Array2};
///
/// struct Losses(Vec<f64>);
/// impl Observer for Losses {
///     fn epoch(&mut self, report: &EpochReport) {
///         self.0.push(report.train_loss);
///     }
/// }
///
/// // Two classes: ink everywhere, and ink nowhere.
/// let images = Array2::from_shape_fn((100, PIXELS), |(i, _)| 255 * (i % 2) as u8);
/// let labels = Array1::from_shape_fn(100, |i| (i % 2) as u8);
/// let (train, validation) = Dataset { images, labels }.split(20)?;
///
/// let config = TrainConfig { hidden: vec![8], epochs: 3, ..Default::default() }.check()?;
/// let mut losses = Losses(Vec::new());
/// let network = Trainer::new(&config, PIXELS, 2)?.run(&train, &validation, &mut losses, &Team::new(0)?)?;
/// assert_eq!((network.classes(), losses.0.len()), (2, 3));
/// # Ok::<(), digits::Error>(())
/// ```
pub struct Trainer<'a> {
    pub(super) config: &'a CheckedConfig,
    /// Its first layer is up to date between epochs only: while training goes on, the panels are.
    pub(super) network: Network,
    /// The moving average of its weights, if there is to be one.
    pub(super) average: Option<Network>,
    /// While training goes on, the panels remember for themselves.
    pub(super) optimizer: OptimizerState,
    /// Of the present epoch.
    pub(super) sums: EpochSums,
    pub(super) shards: Vec<Shard>,
    /// The first layer, if it is fully connected.
    pub(super) panels: Vec<Panel>,
}

impl<'a> Trainer<'a> {
    /// A trainer with a fresh network for images of the shape `image`, and `classes` outputs.
    ///
    /// ```
    /// let config = digits::train::TrainConfig::default().check()?;
    /// assert!(digits::train::Trainer::new(&config, 784, 10).is_ok());
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no class, or if the image is too small or the network too large.
    pub fn new(config: &'a CheckedConfig, image: impl Into<Shape>, classes: usize) -> Result<Self> {
        let c = config.get();
        let image = image.into();
        let mut rng = stream(c.seed, Purpose::Initialisation, 0, 0);
        let network = if c.conv.is_empty() {
            let hidden = c.hidden.iter().copied();
            let widths: Vec<usize> = [image.len()].into_iter().chain(hidden).chain([classes]).collect();
            let network = Network::dense(
                &widths,
                c.activation,
                c.loss,
                Init::before(c.activation),
                &mut rng,
            );
            network.map_err(|error| match error {
                // By the flag's name, and without the ends that were not chosen.
                Error::Parameter { expected, .. } if classes > 0 => {
                    Error::parameter("hidden", expected, format!("{:?}", c.hidden))
                }
                error => error,
            })?
        } else {
            Network::convolutional(
                image,
                &c.conv,
                &c.hidden,
                c.activation,
                c.dropout,
                classes,
                &mut rng,
            )?
        };
        Ok(Self::starting_from(config, network))
    }

    /// Makes the buffers for a training set of `samples` samples.
    fn prepare(&mut self, samples: usize) -> Result<()> {
        let batch_size = self.config.get().batch_size;
        let batch = batch_size.min(samples);
        let rows = shard_rows(batch_size);
        // A convolution keeps its weights, turned, and their gradient for each shard.
        let numbers = self.network.numbers() + 2 * self.network.shared_weights() / rows;
        if batch.saturating_mul(numbers) > MAX_NUMBERS {
            let expected = format!("at most {} for this network", MAX_NUMBERS / numbers);
            return Err(Error::parameter("batch-size", expected, batch_size));
        }
        let network = &self.network;
        self.shards = (0..batch.div_ceil(rows))
            .map(|_| Shard::new(network, rows.min(batch)))
            .collect();
        let moments = self.optimizer.first.first().zip(self.optimizer.second.first());
        let first = network.first_dense().zip(moments);
        self.panels = first.map_or(Vec::new(), |(layer, (first, second))| {
            Panel::split(layer, [first, second], batch)
        });
        Ok(())
    }

    /// Trains on `train` for all epochs, or for those that are left, and returns the network of the last step;
    /// `validation` only informs.
    ///
    /// ```
    /// use digits::dataset::{Dataset, PIXELS};
    /// use digits::parallel::Team;
    /// use digits::train::{TrainConfig, Trainer};
    /// use ndarray::{Array1, Array2};
    ///
    /// let data = |count| Dataset { images: Array2::zeros((count, PIXELS)), labels: Array1::zeros(count) };
    /// let config = TrainConfig { hidden: vec![4], epochs: 1, ..Default::default() }.check()?;
    /// let network = Trainer::new(&config, PIXELS, 2)?.run(&data(9), &data(0), &mut (), &Team::new(1)?)?;
    /// assert_eq!(network.classes(), 2);
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is nothing to train on, if images or labels are not those that the network is
    /// for, or if the batches are too large for its width; [`Error::Diverged`] if the loss or a weight stops being a
    /// finite number; [`Error::Stopped`], or its own error, if the observer says so.
    pub fn run(
        mut self,
        train: &Dataset,
        validation: &Dataset,
        observer: &mut dyn Observer,
        team: &Team,
    ) -> Result<Network> {
        data::check([train, validation], self.network.inputs(), self.network.classes())?;
        self.prepare(train.len())?;
        let config = self.config.get();
        let batches = train.len().div_ceil(config.batch_size) as u64;
        let steps = batches * config.epochs as u64;
        // None is left if all epochs were done before.
        let mut rate = config.rate;
        while self.optimizer.steps < steps {
            let epoch = (self.optimizer.steps / batches) as usize;
            rate = self.finish_epoch(train, [batches, steps], observer, team)?;
            self.write_back();
            if !self.network.is_finite() {
                return Err(self.diverged(f64::INFINITY, rate));
            }
            let validation = (!validation.is_empty()).then(|| {
                let metrics = Metrics::of(
                    &probabilities(&Model::new(self.finished().clone()), validation, team),
                    &validation.labels,
                );
                (metrics.loss, metrics.accuracy)
            });
            let EpochSums { loss, right, seconds } = std::mem::take(&mut self.sums);
            let images = train.len() as f64;
            observer.epoch(&EpochReport {
                epoch: epoch + 1,
                step: self.optimizer.steps,
                rate,
                train_loss: loss / images,
                train_accuracy: right as f64 / images,
                validation,
                seconds,
                images_per_second: images / seconds,
            });
            self.obey(observer.next(true), rate, observer)?;
        }
        let network = self.finished().folded();
        if network.is_finite() {
            Ok(network)
        } else {
            Err(self.diverged(f64::INFINITY, rate))
        }
    }

    /// The steps that are left of the present epoch, which has so many `batches`, and all epochs so many `steps`; the
    /// last step's rate.
    fn finish_epoch(
        &mut self,
        train: &Dataset,
        [batches, steps]: [u64; 2],
        observer: &mut dyn Observer,
        team: &Team,
    ) -> Result<f32> {
        let config = self.config.get();
        let (epoch, done) = (self.optimizer.steps / batches, self.optimizer.steps % batches);
        let order = batch::order(train.len(), config.seed, epoch);
        let mut images = done as usize * config.batch_size;
        let mut start = Instant::now();
        let mut rate = config.rate;
        for indices in order.chunks(config.batch_size).skip(done as usize) {
            rate = config.schedule.rate(config.rate, self.optimizer.steps, steps);
            let (loss, right) = self.step(train, indices, epoch as usize, rate, team);
            self.move_average(steps);
            if !loss.is_finite() {
                return Err(self.diverged(loss / indices.len() as f64, rate));
            }
            self.sums.loss += loss;
            self.sums.right += right as u64;
            images += indices.len();
            let per_image = 1.0 / images as f64;
            observer.step(&StepReport {
                epoch: epoch as usize + 1,
                images,
                images_per_epoch: train.len(),
                loss: self.sums.loss * per_image,
                accuracy: self.sums.right as f64 * per_image,
            });
            // After the last step, the epoch's report comes first.
            if images < train.len() {
                let next = observer.next(false);
                if next != Next::GoOn {
                    self.sums.seconds += start.elapsed().as_secs_f64();
                    self.obey(next, rate, observer)?;
                    start = Instant::now();
                }
            }
        }
        self.sums.seconds += start.elapsed().as_secs_f64();
        Ok(rate)
    }

    /// One step on the samples `indices`: sum of their losses, and how many were classified rightly.
    fn step(
        &mut self,
        train: &Dataset,
        indices: &[usize],
        epoch: usize,
        rate: f32,
        team: &Team,
    ) -> (f64, usize) {
        let config = self.config.get();
        let network = &self.network;
        let rows = shard_rows(config.batch_size);
        let shards = &mut self.shards[..indices.len().div_ceil(rows)];
        team.for_each(shards.iter_mut().enumerate(), |(index, shard)| {
            let start = index * rows;
            let samples = &indices[start..indices.len().min(start + rows)];
            shard.load(config, train, samples, epoch);
        });
        let caches = shards.iter().map(|shard| &shard.cache);
        team.for_each(self.panels.iter_mut(), |panel| panel.forward(caches.clone()));
        let panels = &self.panels;
        team.for_each(shards.iter_mut().enumerate(), |(index, shard)| {
            shard.take_first_outputs(panels, index * rows);
            shard.forward_backward(network, indices.len());
        });
        self.optimizer.steps += 1;
        let step = config.optimizer.step(rate, self.optimizer.steps);
        let caches = shards.iter().map(|shard| &shard.cache);
        team.for_each(self.panels.iter_mut(), |panel| {
            panel.update(&step, &caches);
        });
        update(&mut self.network, &step, &mut self.optimizer, &caches, team);
        self.network.update_statistics(&caches);
        let loss = shards.iter().map(|shard| shard.loss).sum();
        let right = shards.iter().map(|shard| shard.right).sum();
        (loss, right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Augment, PIXELS};
    use crate::metrics::argmax;
    use crate::optim::{Optimizer, Weights};
    use crate::train::TrainConfig;
    use ndarray::{Array2, s};

    /// Panels, shards and threads do what the network's plain functions do, for every optimizer.
    #[test]
    fn a_step_agrees_with_the_plain_formulas() {
        let images = Array2::from_shape_fn((70, PIXELS), |(i, j)| {
            if (i * 7 + j) % 5 == 0 {
                (i * j % 256) as u8
            } else {
                0
            }
        });
        let data = Dataset {
            images,
            labels: (0..70).map(|i| i % 3).collect(),
        };
        let nesterov = Optimizer::Sgd {
            momentum: 0.9,
            nesterov: true,
            weight_decay: 0.01,
        };
        for optimizer in [nesterov, Optimizer::Adam { weight_decay: 0.01 }] {
            let config = TrainConfig {
                hidden: vec![200, 30],
                optimizer,
                batch_size: 70,
                augment: Augment::None,
                ..TrainConfig::default()
            };
            let checked = config.check().unwrap();
            let config = checked.get();
            let mut trainer = Trainer::new(&checked, PIXELS, 3).unwrap();
            trainer.prepare(data.len()).unwrap();
            let mut network = trainer.network.clone();
            let zeros: Vec<_> = network
                .weights()
                .map(|w| Array2::<f32>::zeros((w.ncols(), w.nrows())))
                .collect();
            let (mut first, mut second) = (zeros.clone(), zeros);
            let indices: Vec<usize> = (0..70).rev().collect();
            let mut cache = network.cache(70);
            let team = Team::new(3).unwrap();
            for step in 1..=3 {
                let (loss, right) = trainer.step(&data, &indices, 0, 0.01, &team);

                batch::fill(&data, &indices, Augment::None, 0, 0, &mut cache.inputs_mut());
                network.forward(&mut cache);
                let labels: Vec<u8> = indices.iter().map(|&index| data.labels[index]).collect();
                let targets = crate::nn::one_hot(&labels, 3, config.label_smoothing);
                let (y, mut dy) = cache.outputs_and_gradient();
                let expected = config.loss.forward_backward(&y, &targets, 70, &mut dy);
                let expected_right = y
                    .outer_iter()
                    .zip(&labels)
                    .filter(|(y, l)| argmax(y) == usize::from(**l))
                    .count();
                assert!(
                    (loss - expected).abs() < 1e-3 && right == expected_right,
                    "{loss} {expected}"
                );
                network.backward(&mut cache);
                let gradients = network.gradients(&cache);
                let moments = first.iter_mut().zip(&mut second);
                for ((w, g), (first, second)) in network.weights_mut().zip(gradients).zip(moments) {
                    let (mut w, g) = (
                        w.reversed_axes(),
                        g.reversed_axes().as_standard_layout().to_owned(),
                    );
                    let bias = w.nrows() - 1;
                    for (rows, decayed) in [(0..bias, true), (bias..bias + 1, false)] {
                        let weights = Weights {
                            w: w.slice_mut(s![rows.clone(), ..]),
                            first: first.slice_mut(s![rows.clone(), ..]),
                            second: second.slice_mut(s![rows.clone(), ..]),
                            g: g.slice(s![rows, ..]),
                        };
                        optimizer.step(0.01, step).apply(decayed, weights);
                    }
                }
            }
            trainer.write_back();
            for (found, expected) in trainer.network.weights().zip(network.weights()) {
                let difference = (&found - &expected)
                    .mapv(f32::abs)
                    .fold(0.0, |most: f32, &d| most.max(d));
                assert!(difference < 1e-4, "{optimizer:?}: {difference}");
            }
        }
    }
}
