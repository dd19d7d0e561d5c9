//! The networks of a model, trained one after the other.

use super::deslanted::deslanted;
use super::{CheckedConfig, EpochReport, FineTuning, Next, Observer, StepReport, Trainer, Training};
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::model_file::check_room_for;
use crate::nn::{Layer, MAX_WEIGHTS, Network};
use crate::state::TrainState;
use std::borrow::Cow;

/// Where members come from.
#[derive(Clone, Copy)]
pub(super) enum Members<'a> {
    /// Fresh ones, which learn from these images unless they are plain ones.
    New { mixed: &'a Dataset },
    /// Those of a model that goes on learning.
    Tuned(&'a FineTuning<'a>),
}

impl Training<'_> {
    /// Trains all members that are not finished yet: fresh ones, or those of the model that is fine-tuned.
    pub(super) fn run_members(
        &self,
        of: Members,
        mut state: Option<TrainState>,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Network>> {
        let c = self.config.get();
        let finished = state.as_mut().map(|state| std::mem::take(&mut state.members));
        let mut members = finished.unwrap_or_default();
        self.check_finished(of, &members)?;
        let mut upright_validation = None;
        for number in members.len()..c.members {
            let plain = matches!(of, Members::New { .. }) && number < c.plain_members;
            let config = self.config.of_member(number, plain);
            let (trainer, deslants) = self.trainer(of, number, &config)?;
            let trainer = match state.take() {
                Some(state) => trainer.go_on(state)?,
                None => trainer,
            };
            let train = match of {
                Members::New { mixed } => Cow::Borrowed(if plain { self.train } else { mixed }),
                Members::Tuned(tuning) => Cow::Owned(tuning.images(config.get().seed)),
            };
            let mut later = Later {
                observer: &mut *observer,
                epochs: number * c.epochs,
                finished: &members,
            };
            members.push(if deslants {
                // Once, and not in every step: what varies the images comes after.
                let train = deslanted(&train, self.team);
                let validation =
                    upright_validation.get_or_insert_with(|| deslanted(self.validation, self.team));
                let network = trainer.run(&train, validation, &mut later, self.team)?;
                network.deslanting()?
            } else {
                trainer.run(&train, self.validation, &mut later, self.team)?
            });
        }
        Ok(members)
    }

    /// Checks that the `finished` members may be some of this training's, and that one is left to train.
    fn check_finished(&self, of: Members, finished: &[Network]) -> Result<()> {
        let c = self.config.get();
        let kind = |network: &Network| {
            (
                network.inputs(),
                network.classes(),
                network.loss(),
                network.deslants(),
            )
        };
        let fits = |(number, member): (usize, &Network)| match of {
            Members::New { .. } => {
                let deslants = number < c.deslanted_members;
                kind(member) == (self.image.len(), self.classes, c.loss, deslants)
            }
            Members::Tuned(tuning) => {
                let start = tuning.model.members.get(number);
                start.is_some_and(|start| kind(member) == kind(start))
            }
        };
        if finished.len() < c.members && finished.iter().enumerate().all(fits) {
            return Ok(());
        }
        let found = format!(
            "{} finished networks, or one that is built otherwise",
            finished.len()
        );
        let expected = format!("the state of a training of {}", c.members);
        Err(Error::parameter("resume", expected, found))
    }

    /// What trains the member of this `number`, and whether it deslants images.
    fn trainer<'a>(
        &self,
        of: Members,
        number: usize,
        config: &'a CheckedConfig,
    ) -> Result<(Trainer<'a>, bool)> {
        let members = self.config.get().members;
        let start = match of {
            Members::New { .. } => None,
            Members::Tuned(tuning) => tuning.model.members.get(number),
        };
        let deslants = start.map_or(number < self.config.get().deslanted_members, Network::deslants);
        if deslants && Layer::Deslant.outputs(self.image).is_none() {
            let name = if start.is_some() {
                "init"
            } else {
                "deslanted-members"
            };
            let expected = "28×28 images, or networks that do not deslant";
            return Err(Error::parameter(name, expected, self.image));
        }
        let trainer = match start {
            Some(network) if deslants => Trainer::starting_from(config, network.behind_deslanting()?),
            Some(network) => Trainer::starting_from(config, network.clone()),
            None => {
                let trainer = Trainer::new(config, self.image, self.classes)?;
                check_size(&trainer.network, members)?;
                check_room_for(&trainer.network, members)?;
                trainer
            }
        };
        Ok((trainer, deslants))
    }
}

/// Refuses more `members` like `network` than a model file has room for, which is better known before hours of
/// training than after.
fn check_size(network: &Network, members: usize) -> Result<()> {
    let weights = network.parameter_count();
    let most = MAX_WEIGHTS / weights;
    if members <= most {
        return Ok(());
    }
    let why = format!("a model file has room for {MAX_WEIGHTS} weights, and each has {weights}");
    let expected = format!("at most {most}, or smaller networks ({why})");
    Err(Error::parameter("members", expected, members))
}

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
