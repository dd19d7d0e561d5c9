//! Fine-tuning: a finished model goes on learning, from pictures of somebody's own among the images that it knows.
//!
//! A network that sees new pictures alone forgets the old ones (`McCloskey` and Cohen, 1989, *Catastrophic
//! Interference in Connectionist Networks*). So of five images that it sees, one is new and four are of the kind that
//! it learned from; the new ones are few, and come again and again, distorted anew each time.

use super::members::Members;
use super::{CheckedConfig, Observer, TrainConfig, Trainer, Training, data};
use crate::dataset::{Augment, Dataset, PIXELS};
use crate::error::{Error, Result};
use crate::model_file::Model;
use crate::nn::{Loss, Network};
use crate::optim::{OptimizerState, Schedule};
use crate::random::{Purpose, stream};
use crate::state::{EpochSums, TrainState};
use ndarray::{Array1, Array2};
use ndarray_rand::rand::seq::SliceRandom;

/// Usual images to one added.
const USUAL: usize = 4;
/// Added images of an epoch, repetitions included, unless there are more of them.
const ADDED: usize = 2_000;
/// How often an added image comes in an epoch at the most: beyond that it would be learned by heart.
const REPETITIONS: usize = 40;

/// What a model is to learn in addition, and from what.
///
/// ```
/// use digits::dataset::{Dataset, PIXELS};
/// use digits::parallel::Team;
/// use digits::train::{FineTuning, TrainConfig, Training};
/// use ndarray::{Array1, Array2};
///
/// let data = |count| Dataset { images: Array2::zeros((count, PIXELS)), labels: Array1::zeros(count) };
/// let model = digits::Recognizer::builtin()?.into_model();
/// let tuning = FineTuning {
///     training: Training {
///         config: &TrainConfig { epochs: 1, ..TrainConfig::fine_tuning(&model) }.check()?,
///         image: model.members[0].shapes()[0],
///         classes: 10,
///         train: &data(9),
///         validation: &data(0),
///         team: &Team::new(1)?,
///     },
///     model: &model,
///     added: &data(2),
/// };
/// assert_eq!(tuning.images_per_epoch(), 9 + 40 * 2);
/// let tuned = tuning.run(None, &mut ())?;
/// assert!(tuned != model && tuned.class_names == model.class_names);
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct FineTuning<'a> {
    /// How it is to learn, and the usual images; of the configuration, what says how networks are built, and what is
    /// drawn, is not looked at. Its validation images inform alone: the temperature stays the model's.
    pub training: Training<'a>,
    /// Where it starts: networks, class names, views and temperature.
    pub model: &'a Model,
    /// What it is to learn in addition; without any, it goes on with all of the usual images.
    pub added: &'a Dataset,
}

impl FineTuning<'_> {
    /// Images of an epoch: added ones, each as often as it comes, and four times as many usual ones, as far as there
    /// are so many.
    ///
    /// ```no_run
    /// # fn images(tuning: digits::train::FineTuning) -> usize {
    /// tuning.images_per_epoch()
    /// # }
    /// ```
    pub fn images_per_epoch(&self) -> usize {
        let [usual, repetitions] = self.shares();
        usual + repetitions * self.added.len()
    }

    /// The model that has learned it, from the start or from `state`, as [`Training::run`].
    ///
    /// ```no_run
    /// # fn go_on(tuning: digits::train::FineTuning, observer: &mut dyn digits::train::Observer) -> digits::Result<()> {
    /// let checkpoint = digits::model_file::Checkpoint::load("mine.bin.checkpoint".as_ref())?;
    /// let model = tuning.run(Some(checkpoint.state), observer)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if the model has other classes or inputs than the images, or not as many members as the
    /// configuration says; as [`Training::run`].
    pub fn run(&self, state: Option<TrainState>, observer: &mut dyn Observer) -> Result<Model> {
        let classes = self.model.class_names.len();
        if classes != self.training.classes {
            let expected = format!("a model of {} classes, as the images", self.training.classes);
            return Err(Error::parameter("init", expected, classes));
        }
        let pixels = self.training.image.len();
        data::check([self.training.train, self.training.validation], pixels, classes)?;
        data::check_set("added", self.added, pixels, classes)?;
        if let Some(other) = self.model.members.iter().find(|member| member.inputs() != pixels) {
            let expected = format!("a model of {pixels} inputs, as the images have pixels");
            return Err(Error::parameter("init", expected, other.inputs()));
        }
        let members = self.model.members.len();
        if members != self.training.config.get().members {
            return Err(Error::parameter(
                "members",
                format!("the model's {members}"),
                self.training.config.get().members,
            ));
        }
        Ok(Model {
            members: self.training.run_members(Members::Tuned(self), state, observer)?,
            notes: Vec::new(),
            ..self.model.clone()
        })
    }

    /// How many of the usual images an epoch has, and how often each of the added ones comes.
    fn shares(&self) -> [usize; 2] {
        let (all, added) = (self.training.train.len(), self.added.len());
        if added == 0 {
            return [all, 0];
        }
        let repetitions = (ADDED / added).clamp(1, REPETITIONS);
        [all.min(USUAL * repetitions * added), repetitions]
    }

    /// What a member of such a `seed` learns from: usual images that it draws, and the added ones behind them.
    pub(super) fn images(&self, seed: u64) -> Dataset {
        let (usual, added) = (self.training.train, self.added);
        let [drawn, repetitions] = self.shares();
        let mut order: Vec<usize> = (0..usual.len()).collect();
        order.shuffle(&mut stream(seed, Purpose::Mixing, 0, 0));
        let rows = order.into_iter().take(drawn).map(|row| (usual, row));
        let rows = rows.chain((0..repetitions).flat_map(|_| (0..added.len()).map(|row| (added, row))));

        let count = self.images_per_epoch();
        let (mut images, mut labels) = (Array2::zeros((count, PIXELS)), Array1::zeros(count));
        for ((mut image, label), (from, row)) in images.outer_iter_mut().zip(&mut labels).zip(rows) {
            image.assign(&from.images.row(row));
            *label = from.labels[row];
        }
        Dataset { images, labels }
    }
}

impl TrainConfig {
    /// The configuration for fine-tuning `model`: few epochs at a low rate, in which nothing is left to tune.
    ///
    /// ```
    /// let model = digits::Recognizer::builtin()?.into_model();
    /// assert_eq!(digits::train::TrainConfig::fine_tuning(&model).members, 4);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn fine_tuning(model: &Model) -> Self {
        let loss = model.members.first().map_or(Loss::CrossEntropy, Network::loss);
        Self {
            conv: Vec::new(),
            hidden: Vec::new(),
            loss,
            rate: match loss {
                Loss::CrossEntropy => 0.01,
                // Whose gradients are that much smaller.
                Loss::SquaredError => 0.2,
            },
            schedule: Schedule::OneCycle { warm_up: 0.2 },
            batch_size: 64,
            epochs: 3,
            augment: Augment::Pens,
            members: model.members.len(),
            deslanted_members: 0,
            temperature: model.temperature,
            label_smoothing: 0.0,
            ..Self::default()
        }
    }
}

impl<'a> Trainer<'a> {
    /// A trainer that starts from `network`, however that is built: of the configuration, what says how is not looked
    /// at.
    ///
    /// ```
    /// use digits::train::{TrainConfig, Trainer};
    ///
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let config = TrainConfig { rate: 0.001, ..Default::default() }.check()?;
    /// let trainer = Trainer::starting_from(&config, network);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn starting_from(config: &'a CheckedConfig, network: Network) -> Self {
        Self {
            config,
            average: (config.get().averaging > 0.0).then(|| network.clone()),
            optimizer: OptimizerState::new(network.transposed_shapes()),
            network,
            sums: EpochSums::default(),
            shards: Vec::new(),
            panels: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Activation, Init};
    use crate::parallel::Team;
    use crate::train::deslanted::deslanted;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    /// `count` images, each of one shade, which tells where it comes from.
    fn data(count: usize, shade: usize) -> Dataset {
        Dataset {
            images: Array2::from_shape_fn((count, PIXELS), |(row, _)| (shade + row % 100) as u8),
            labels: Array1::from_shape_fn(count, |row| (row % 10) as u8),
        }
    }

    #[test]
    fn one_of_five_images_is_new_and_what_is_tuned_starts_from_the_model() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let relu = Activation::Relu;
        let network =
            Network::dense(&[PIXELS, 4, 10], relu, Loss::CrossEntropy, Init::Xavier, &mut rng).unwrap();
        let mut model = Model::new(network);
        model.temperature = 0.7;
        let config = TrainConfig {
            rate: 1e-9,
            epochs: 1,
            ..TrainConfig::fine_tuning(&model)
        };
        let (config, team, nothing) = (config.check().unwrap(), Team::new(2).unwrap(), data(0, 0));
        let tuning = |train, added| FineTuning {
            training: Training {
                config: &config,
                image: PIXELS.into(),
                classes: 10,
                train,
                validation: &nothing,
                team: &team,
            },
            model: &model,
            added,
        };
        let (usual, few, many) = (data(20_000, 0), data(3, 200), data(4_500, 100));
        for (added, expected) in [(&few, 120), (&many, 4_500)] {
            let images = tuning(&usual, added).images(0);
            let new = images.images.outer_iter().filter(|image| image[0] >= 100).count();
            assert_eq!((new, images.len()), (expected, 5 * expected));
            assert_ne!(images, tuning(&usual, added).images(1));
        }
        assert_eq!(tuning(&usual, &nothing).images_per_epoch(), 20_000);

        let thirty = data(30, 0);
        let tuned = tuning(&thirty, &few).run(None, &mut ()).unwrap();
        assert!((tuned.temperature - 0.7).abs() < 1e-9 && tuned.members != model.members);
        for (found, expected) in tuned.members[0].weights().zip(model.members[0].weights()) {
            assert!(
                (&found - &expected)
                    .iter()
                    .all(|difference| difference.abs() < 1e-5)
            );
        }
        // A network that deslants goes on with upright images, and one beside it with others.
        let leaning = |(row, pixel): (usize, usize)| match (pixel % 28).abs_diff(pixel / 28) {
            0..3 => 50 + row as u8,
            _ => 0,
        };
        let leaning = Dataset {
            images: Array2::from_shape_fn((30, PIXELS), leaning),
            ..thirty.clone()
        };
        let mixed = Model {
            members: vec![
                model.members[0].clone().deslanting().unwrap(),
                model.members[0].clone(),
            ],
            ..model.clone()
        };
        let two = TrainConfig {
            members: 2,
            ..config.get().clone()
        };
        let two = two.check().unwrap();
        let of_mixed = tuning(&leaning, &few);
        let of_mixed = FineTuning {
            training: Training {
                config: &two,
                ..of_mixed.training
            },
            model: &mixed,
            ..of_mixed
        };
        let found = of_mixed.run(None, &mut ()).unwrap();
        let images = deslanted(&of_mixed.images(0), &team);
        let upright = Trainer::starting_from(&config, model.members[0].clone())
            .run(&images, &nothing, &mut (), &team)
            .unwrap();
        let slanted = tuning(&leaning, &few).run(None, &mut ()).unwrap();
        assert_ne!(upright, slanted.members[0]);
        assert!(found.members[0] == upright.deslanting().unwrap() && !found.members[1].deslants());

        let mut other = tuning(&usual, &few);
        other.training.classes = 9;
        assert!(other.run(None, &mut ()).is_err());
    }
}
