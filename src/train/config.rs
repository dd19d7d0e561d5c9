//! What to train, and how, and a check of every value.

use super::Preset;
use crate::dataset::Augment;
use crate::error::{Error, Result};
use crate::model::MAX_MEMBERS;
use crate::nn::{Activation, Loss, MAX_CHANNELS, Stage};
use crate::optim::{Optimizer, Schedule};

/// The most images that are drawn.
const MAX_DRAWN: usize = 1_000_000;
/// Where the seeds of further members begin: beyond those that people choose.
const SEEDS_APART: u64 = 1 << 32;

/// All that decides a training's result, but for the data.
///
/// ```
/// use digits::train::{Preset, TrainConfig};
///
/// let config = TrainConfig { hidden: vec![256, 128], epochs: 20, ..Preset::Mlp.config() };
/// assert!(config.check().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TrainConfig {
    /// What comes before the hidden layers, if the network is convolutional: at most 64 stages.
    pub conv: Vec<Stage>,
    /// Widths of the hidden layers, at most 64, each from 1 to 65,536; none is allowed.
    pub hidden: Vec<usize>,
    /// The activation after every hidden layer, and after the last one under the squared error.
    pub activation: Activation,
    /// The loss to minimise.
    pub loss: Loss,
    /// How gradients change weights.
    pub optimizer: Optimizer,
    /// The schedule's peak learning rate, greater than 0.
    pub rate: f32,
    /// How the rate goes over all steps.
    pub schedule: Schedule,
    /// Samples in a batch, 1 to 65,536; the last batch of an epoch takes what is left.
    pub batch_size: usize,
    /// Times that every training image is seen, 1 to 1,000,000.
    pub epochs: usize,
    /// Images held out from the end of the training set: they inform, and calibrate. `digits train` does it; a
    /// [`super::Training`] has both sets given ([`crate::dataset::Dataset::split`] makes them).
    pub validation: usize,
    /// How images are varied.
    pub augment: Augment,
    /// Probability with which numbers before the last layer are left out while training, in [0, 1); only in
    /// convolutional networks.
    pub dropout: f32,
    /// How much of the moving average of the weights stays in each step, in [0, 1); 0 takes the last weights
    /// themselves. In a short training less stays, so that what was learned in its last tenth always has most of the
    /// say.
    pub averaging: f32,
    /// Networks whose probabilities are averaged, 1 to 64, each with a seed of its own.
    pub members: usize,
    /// How many of the members, the first ones, see the set's own images alone, at most bent, and no more than usual
    /// ([`Augment::Elastic`]): no other pens, nothing that is drawn. Members that learned from unlike images err on
    /// unlike ones. Without outliers only, and not when a model is fine-tuned.
    pub plain_members: usize,
    /// How many of the members, the first ones, deslant images: before these are varied and learned from, and in the
    /// finished model before it looks at them, [`crate::nn::Layer::Deslant`]. Only for images of 28×28 pixels. A
    /// [`super::Training`] does it, a [`super::Trainer`] alone takes images as they are; and a model that is
    /// fine-tuned goes on as it has learned, whatever is said here.
    pub deslanted_members: usize,
    /// Looks that the finished model takes at an image: 1, 5 for all shifts by one pixel too, 9 for diagonal ones
    /// besides.
    pub views: usize,
    /// What logits are divided by before softmax if no images are held out to set it by, 0.001 to 1000.
    pub temperature: f32,
    /// Images of what is no digit that are added as a class of their own, the last; 0 adds no such class.
    pub outliers: usize,
    /// Images of digits in other ways of writing that are added if there are ten classes; see [`super::with_styles`].
    /// For ten that are no digits, as Fashion-MNIST's, it must be 0.
    pub styles: usize,
    /// Share of a target's 1 that is spread over all classes, in [0, 1).
    pub label_smoothing: f32,
    /// The seed of every random stream.
    pub seed: u64,
}

impl Default for TrainConfig {
    /// [`Preset::Mlp`].
    fn default() -> Self {
        Preset::Mlp.config()
    }
}

/// A configuration whose every value is in its range.
///
/// ```
/// use digits::train::TrainConfig;
///
/// let checked = TrainConfig::default().check()?;
/// assert_eq!(checked.get().hidden, [512]);
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedConfig(TrainConfig);

impl CheckedConfig {
    /// The values.
    ///
    /// ```
    /// let checked = digits::train::TrainConfig::default().check()?;
    /// assert_eq!(checked.get().batch_size, 128);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn get(&self) -> &TrainConfig {
        &self.0
    }

    /// What holds for the network number `member` alone, a `plain` one or not.
    pub(super) fn of_member(&self, member: usize, plain: bool) -> Self {
        Self(TrainConfig {
            seed: self.0.seed.wrapping_add(member as u64 * SEEDS_APART),
            augment: match self.0.augment {
                Augment::ElasticStrong | Augment::Pens if plain => Augment::Elastic,
                augment => augment,
            },
            ..self.0.clone()
        })
    }
}

impl TrainConfig {
    /// Checks every value.
    ///
    /// ```
    /// use digits::train::TrainConfig;
    ///
    /// assert!(TrainConfig { rate: f32::NAN, ..TrainConfig::default() }.check().is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first value that is out of its range.
    pub fn check(self) -> Result<CheckedConfig> {
        if self.hidden.iter().any(|width| !(1..=65_536).contains(width)) || self.hidden.len() > 64 {
            let expected = "at most 64 widths from 1 to 65536";
            return Err(Error::parameter("hidden", expected, format!("{:?}", self.hidden)));
        }
        count("epochs", self.epochs, 1_000_000)?;
        for (name, drawn) in [("outliers", self.outliers), ("styles", self.styles)] {
            if drawn > MAX_DRAWN {
                return Err(Error::parameter(name, format!("at most {MAX_DRAWN}"), drawn));
            }
        }
        let allowed = |temperature: f32| (1e-3..=1e3).contains(&temperature);
        number(
            "temperature",
            self.temperature,
            "a number from 0.001 to 1000",
            allowed,
        )?;
        count("members", self.members, MAX_MEMBERS)?;
        let most = if self.outliers > 0 { 0 } else { self.members };
        if self.plain_members > most {
            let expected = if most == 0 {
                "0 with outliers".to_owned()
            } else {
                of_members(most)
            };
            return Err(Error::parameter("plain-members", expected, self.plain_members));
        }
        if self.deslanted_members > self.members {
            let expected = of_members(self.members);
            let name = "deslanted-members";
            return Err(Error::parameter(name, expected, self.deslanted_members));
        }
        if ![1, 5, 9].contains(&self.views) {
            return Err(Error::parameter("views", "1, 5 or 9", self.views));
        }
        count("batch-size", self.batch_size, 65_536)?;
        if self.conv.len() > 64 {
            return Err(Error::parameter("conv", "at most 64 stages", self.conv.len()));
        }
        let channels = self.conv.iter().filter_map(|stage| match stage {
            Stage::Convolution(channels) => Some(*channels),
            Stage::MaxPool => None,
        });
        for channels in channels {
            count("conv", channels, MAX_CHANNELS)?;
        }
        share("dropout", self.dropout)?;
        share("averaging", self.averaging)?;
        if self.conv.is_empty() && self.dropout > 0.0 {
            return Err(Error::parameter(
                "dropout",
                "0 without convolutions",
                self.dropout,
            ));
        }
        if !self.conv.is_empty() && self.loss != Loss::CrossEntropy {
            let found = format!("{:?}", self.loss);
            return Err(Error::parameter(
                "loss",
                "cross-entropy for a convolutional network",
                found,
            ));
        }
        number("lr", self.rate, "a finite number above 0", |rate| rate > 0.0)?;
        share("label-smoothing", self.label_smoothing)?;
        let (momentum, weight_decay) = match self.optimizer {
            Optimizer::Sgd {
                momentum,
                weight_decay,
                ..
            } => (momentum, weight_decay),
            Optimizer::Adam { weight_decay } => (0.0, weight_decay),
        };
        share("momentum", momentum)?;
        number(
            "weight-decay",
            weight_decay,
            "a finite number of at least 0",
            |decay| decay >= 0.0,
        )?;
        if let Schedule::OneCycle { warm_up } = self.schedule {
            number("warm-up", warm_up, "a share between 0 and 1", |share| {
                share > 0.0 && share < 1.0
            })?;
        }
        self.activation.check()?;
        Ok(CheckedConfig(self))
    }
}

/// What is expected of a number of some of all `members`.
fn of_members(members: usize) -> String {
    format!("at most {members}, for there are no more networks (--members)")
}

fn count(name: &'static str, value: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&value) {
        Ok(())
    } else {
        Err(Error::parameter(
            name,
            format!("a whole number from 1 to {most}"),
            value,
        ))
    }
}

fn share(name: &'static str, value: f32) -> Result<()> {
    number(name, value, "a number from 0 to below 1", |share| {
        (0.0..1.0).contains(&share)
    })
}

fn number(name: &'static str, value: f32, expected: &str, holds: impl Fn(f32) -> bool) -> Result<()> {
    if value.is_finite() && holds(value) {
        Ok(())
    } else {
        Err(Error::parameter(name, expected, value))
    }
}
