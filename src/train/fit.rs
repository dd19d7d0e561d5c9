//! A whole model: its members one after the other, and its calibration.

use super::deslanted::deslanted;
use super::{
    CheckedConfig, EpochReport, FineTuning, Next, Observer, StepReport, Trainer, fit_temperature,
    with_outliers, with_styles,
};
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::model_file::Model;
use crate::nn::{Layer, MAX_WEIGHTS, Network, Shape};
use crate::parallel::Team;
use crate::state::TrainState;
use std::borrow::Cow;

/// The name of the class of what is no digit.
const OUTLIER: &str = "none";

/// Where members come from.
#[derive(Clone, Copy)]
pub(super) enum Members<'a> {
    /// Fresh ones, which learn from these images unless they are plain ones.
    New { mixed: &'a Dataset },
    /// Those of a model that goes on learning.
    Tuned(&'a FineTuning<'a>),
}

/// What a model is to learn, and from what.
///
/// ```
/// use digits::dataset::{Dataset, PIXELS};
/// use digits::parallel::Team;
/// use digits::train::{TrainConfig, Training};
/// use ndarray::{Array1, Array2};
///
/// let data = |count| Dataset { images: Array2::zeros((count, PIXELS)), labels: Array1::zeros(count) };
/// let training = Training {
///     config: &TrainConfig { hidden: vec![4], epochs: 1, members: 2, ..Default::default() }.check()?,
///     image: [28, 28, 1].into(),
///     classes: 10,
///     train: &data(9),
///     validation: &data(0),
///     team: &Team::new(1)?,
/// };
/// assert_eq!(training.run(None, &mut ())?.members.len(), 2);
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Training<'a> {
    /// How it is to learn.
    pub config: &'a CheckedConfig,
    /// The shape of an image.
    pub image: Shape,
    /// The classes of the images, that of what is no digit apart.
    pub classes: usize,
    /// What it learns from.
    pub train: &'a Dataset,
    /// Informs, and sets the temperature, if it is not empty.
    pub validation: &'a Dataset,
    /// The threads that work on it; the result does not depend on their number.
    pub team: &'a Team,
}

impl Training<'_> {
    /// Trains a model of all the members that the configuration asks for, from the start or from `state`, which an observer of
    /// the same training has been handed. To the observer, the epochs of all members are one row of epochs.
    ///
    /// ```no_run
    /// # fn go_on(training: digits::train::Training, observer: &mut dyn digits::train::Observer) -> digits::Result<()> {
    /// let checkpoint = digits::model_file::Checkpoint::load("models/digits.bin.checkpoint".as_ref())?;
    /// let model = training.run(Some(checkpoint.state), observer)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Trainer::resume`] and [`Trainer::run`]; [`Error::Parameter`] if images of other sizes than 28×28 are to be deslanted,
    /// or if a model file has no room for so many networks of that size.
    pub fn run(&self, state: Option<TrainState>, observer: &mut dyn Observer) -> Result<Model> {
        let c = self.config.get();
        let styled = (c.styles > 0 && self.classes == 10).then(|| with_styles(self.train, c.styles, c.seed));
        let styled = styled.as_ref().unwrap_or(self.train);
        if c.outliers > 0 {
            self.run_with_outliers(styled, state, observer)
        } else {
            self.run_and_calibrate(styled, state, observer)
        }
    }

    /// Trains a model with one class more, for what is no digit. The validation images get as large a share of outliers.
    fn run_with_outliers(
        &self,
        styled: &Dataset,
        state: Option<TrainState>,
        observer: &mut dyn Observer,
    ) -> Result<Model> {
        let c = self.config.get();
        let class = u8::try_from(self.classes)
            .map_err(|_| Error::parameter("outliers", "0 for 256 classes", c.outliers))?;
        let held_out = c.outliers * self.validation.len() / styled.len().max(1);
        let all = Training {
            classes: self.classes + 1,
            validation: &with_outliers(self.validation, held_out, class, !c.seed),
            ..*self
        };
        let mixed = with_outliers(styled, c.outliers, class, c.seed);
        let mut model = all.run_and_calibrate(&mixed, state, observer)?;
        OUTLIER.clone_into(&mut model.class_names[self.classes]);
        Ok(model)
    }

    /// Trains all members, on `mixed` unless they are plain ones, and calibrates them.
    fn run_and_calibrate(
        &self,
        mixed: &Dataset,
        state: Option<TrainState>,
        observer: &mut dyn Observer,
    ) -> Result<Model> {
        let c = self.config.get();
        let mut members = self.run_members(Members::New { mixed }, state, observer)?;
        let mut model = Model {
            views: VIEWS[..c.views].to_vec(),
            ..Model::new(members.remove(0))
        };
        model.members.append(&mut members);
        model.temperature = if self.validation.is_empty() {
            c.temperature
        } else {
            fit_temperature(&model, self.validation, self.team)
        };
        Ok(model)
    }

    /// Trains all members that are not finished yet: fresh ones, or those of the model that is fine-tuned.
    pub(super) fn run_members(
        &self,
        of: Members,
        state: Option<TrainState>,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Network>> {
        let c = self.config.get();
        let (mut members, mut state) = match state {
            Some(mut state) => (std::mem::take(&mut state.members), Some(state)),
            None => (Vec::with_capacity(c.members), None),
        };
        let ends = (self.image.len(), self.classes, c.loss);
        let fit = |(number, member): (usize, &Network)| {
            let same_start = match of {
                Members::New { .. } => member.deslants() == c.deslants(number),
                Members::Tuned(tuning) => {
                    let start = tuning.model.members.get(number);
                    start.is_some_and(|start| member.deslants() == start.deslants())
                }
            };
            (member.inputs(), member.classes(), member.loss()) == ends && same_start
        };
        if members.len() >= c.members || !members.iter().enumerate().all(fit) {
            let found = format!(
                "{} finished networks, or one that is built otherwise",
                members.len()
            );
            return Err(Error::parameter(
                "resume",
                format!("the state of a training of {}", c.members),
                found,
            ));
        }
        let mut upright_validation = None;
        for member in members.len()..c.members {
            let new = matches!(of, Members::New { .. });
            let (plain, dense) = (new && member < c.plain_members, new && c.is_dense(member));
            let config = self.config.of_member(member, plain);
            let start = match of {
                Members::New { .. } => None,
                Members::Tuned(tuning) => tuning.model.members.get(member),
            };
            let deslants = start.map_or_else(|| c.deslants(member), Network::deslants);
            if deslants && Layer::Deslant.outputs(self.image).is_none() {
                let name = match start {
                    Some(_) => "init",
                    None if c.is_dense(member) => "dense-members",
                    None => "deslanted-members",
                };
                let expected = "28×28 images, or networks that do not deslant";
                return Err(Error::parameter(name, expected, self.image));
            }
            let trainer = match start {
                Some(network) if deslants => Trainer::starting_from(&config, network.behind_deslanting()?),
                Some(network) => Trainer::starting_from(&config, network.clone()),
                None => {
                    let trainer = Trainer::new(&config, self.image, self.classes)?;
                    self.check_size(&trainer.network, member)?;
                    if dense && !c.conv.is_empty() {
                        // A model's members have inputs of one shape.
                        Trainer::starting_from(&config, trainer.network.with_inputs(self.image)?)
                    } else {
                        trainer
                    }
                }
            };
            let trainer = match state.take() {
                Some(state) => trainer.go_on(state)?,
                None => trainer,
            };
            let train = match of {
                Members::New { mixed } => Cow::Borrowed(if plain || dense { self.train } else { mixed }),
                Members::Tuned(tuning) => Cow::Owned(tuning.images(config.get().seed)),
            };
            let mut later = Later {
                observer: &mut *observer,
                epochs: c.epochs_of_first(member),
                finished: &members,
            };
            members.push(if deslants {
                // Once, and not in every step: what varies the images comes after.
                let train = deslanted(&train, self.team);
                let validation =
                    upright_validation.get_or_insert_with(|| deslanted(self.validation, self.team));
                let network = trainer.run(&train, validation, &mut later, self.team)?;
                if dense {
                    // One temperature is for all members.
                    network
                        .sharpened(c.temperature / config.get().temperature)
                        .deslanting()?
                } else {
                    network.deslanting()?
                }
            } else {
                trainer.run(&train, self.validation, &mut later, self.team)?
            });
        }
        Ok(members)
    }

    /// Refuses more members than a model file has room for, of which `network` is the one of that number and those that are not dense
    /// are like it: better known before hours of training than after.
    fn check_size(&self, network: &Network, member: usize) -> Result<()> {
        let c = self.config.get();
        let (weights, last) = (network.parameter_count(), c.members - 1);
        let dense = if c.is_dense(last) && !c.is_dense(member) {
            let config = self.config.of_member(last, false);
            let trainer = Trainer::new(&config, self.image, self.classes)?;
            c.dense_members * trainer.network.parameter_count()
        } else {
            0
        };
        let others = if dense > 0 {
            c.members - c.dense_members
        } else {
            c.members
        };
        let room = MAX_WEIGHTS.saturating_sub(dense);
        if others <= room / weights {
            return Ok(());
        }
        let why = format!("a model file has room for {MAX_WEIGHTS} weights, and each has {weights}");
        let expected = format!("at most {}, or smaller networks ({why})", MAX_WEIGHTS / weights);
        Err(Error::parameter("members", expected, c.members))
    }
}

/// The image as it is, its neighbours, and its diagonal neighbours.
const VIEWS: [[i8; 2]; 9] = [
    [0, 0],
    [0, 1],
    [0, -1],
    [1, 0],
    [-1, 0],
    [1, 1],
    [1, -1],
    [-1, 1],
    [-1, -1],
];

/// Tells an observer of epochs that come after those of networks that are finished.
struct Later<'a> {
    observer: &'a mut dyn Observer,
    epochs: usize,
    finished: &'a [Network],
}

impl Observer for Later<'_> {
    fn step(&mut self, report: &StepReport) {
        self.observer.step(&StepReport {
            epoch: report.epoch + self.epochs,
            ..*report
        });
    }

    fn epoch(&mut self, report: &EpochReport) {
        self.observer.epoch(&EpochReport {
            epoch: report.epoch + self.epochs,
            ..*report
        });
    }
    fn next(&mut self, epoch_done: bool) -> Next {
        self.observer.next(epoch_done)
    }

    fn keep(&mut self, state: TrainState) -> Result<()> {
        let members = self.finished.to_vec();
        self.observer.keep(TrainState { members, ..state })
    }
}

#[cfg(test)]
mod tests;
