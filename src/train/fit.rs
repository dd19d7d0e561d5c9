//! A whole model: its members one after the other, and its calibration.

use super::members::Members;
use super::{CheckedConfig, Observer, data, fit_temperature, with_outliers, with_styles};
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::model_file::Model;
use crate::nn::Shape;
use crate::parallel::Team;
use crate::state::TrainState;

/// The name of the class of what is no digit.
const OUTLIER: &str = "none";

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
    /// The shape of an image, [28, 28, 1].
    pub image: Shape,
    /// The classes of the images, that of what is no digit apart. If there are ten, they are taken for those of the
    /// digits where the configuration has [`styles`](super::TrainConfig::styles).
    pub classes: usize,
    /// What it learns from.
    pub train: &'a Dataset,
    /// Informs, and sets the temperature, if it is not empty.
    pub validation: &'a Dataset,
    /// The threads that work on it; the result does not depend on their number.
    pub team: &'a Team,
}

impl Training<'_> {
    /// Trains a model of all the members that the configuration asks for, from the start or from `state`, which an
    /// observer of the same training has been handed. To the observer, the epochs of all members are one row of
    /// epochs.
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
    /// As [`super::Trainer::resume`] and [`super::Trainer::run`]; [`Error::Parameter`] if a model file has no room for so many
    /// networks of that size, or for layers that are so many or so narrow.
    pub fn run(&self, state: Option<TrainState>, observer: &mut dyn Observer) -> Result<Model> {
        let c = self.config.get();
        data::check([self.train, self.validation], self.image.len(), self.classes)?;
        let is_styled = c.styles > 0 && self.classes == 10;
        let styled = is_styled.then(|| with_styles(self.train, c.styles, c.seed));
        let styled = styled.as_ref().unwrap_or(self.train);
        if c.outliers > 0 {
            self.run_with_outliers(styled, state, observer)
        } else {
            self.run_and_calibrate(styled, state, observer)
        }
    }

    /// Trains a model with one class more, for what is no digit. The validation images get as large a share of
    /// outliers.
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::dataset::{Augment, PIXELS};
    use crate::train::TrainConfig;
    use crate::train::deslanted::deslanted;
    use ndarray::{Array1, Array2};

    #[test]
    fn members_that_deslant_have_learned_from_deslanted_images() {
        let train = Dataset {
            images: Array2::from_shape_fn((30, PIXELS), |(row, column)| ((row * 7 + column) % 200) as u8),
            labels: Array1::from_shape_fn(30, |row| (row % 10) as u8),
        };
        let upright = deslanted(&train, &Team::new(1).unwrap());
        let run = |train: &Dataset, image: [usize; 3], deslanted_members| {
            let config = TrainConfig {
                hidden: vec![4],
                epochs: 1,
                members: 2,
                deslanted_members,
                ..TrainConfig::default()
            };
            let training = Training {
                config: &config.check().unwrap(),
                image: image.into(),
                classes: 10,
                train,
                validation: train,
                team: &Team::new(1).unwrap(),
            };
            training.run(None, &mut ())
        };
        let model = run(&train, [28, 28, 1], 1).unwrap();
        let slanted = run(&train, [28, 28, 1], 0).unwrap();
        let learned = run(&upright, [28, 28, 1], 0).unwrap();
        let deslanting = learned.members[0].clone().deslanting().unwrap();
        assert!(model.members[0] == deslanting && model.members[1] == slanted.members[1]);
        assert!(run(&train, [14, 56, 1], 1).is_err());
    }

    #[test]
    fn plain_members_see_neither_pens_nor_drawn_images_nor_strong_distortions() {
        let train = Dataset {
            images: Array2::from_shape_fn((30, PIXELS), |(row, column)| ((row * 7 + column) % 200) as u8),
            labels: Array1::from_shape_fn(30, |row| (row % 10) as u8),
        };
        let members = |members, plain_members, augment, styles| {
            let config = TrainConfig {
                hidden: vec![4],
                epochs: 1,
                members,
                plain_members,
                augment,
                styles,
                ..TrainConfig::default()
            };
            let training = Training {
                config: &config.check().unwrap(),
                image: [28, 28, 1].into(),
                classes: 10,
                train: &train,
                validation: &train,
                team: &Team::new(1).unwrap(),
            };
            training.run(None, &mut ()).unwrap().members
        };
        let half = members(2, 1, Augment::Pens, 20);
        let none = members(2, 0, Augment::Pens, 20);
        assert!(half[0] == members(1, 0, Augment::Elastic, 0)[0] && half[0] != none[0]);
        assert!(half[1] == none[1]);
        let strong = members(2, 1, Augment::ElasticStrong, 0);
        assert!(strong[0] == half[0] && strong[1] == members(2, 0, Augment::ElasticStrong, 0)[1]);
    }
}
