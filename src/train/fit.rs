//! A whole model: its members one after the other, and its calibration.

use super::{
    CheckedConfig, EpochReport, Observer, StepReport, Trainer, fit_temperature, with_outliers, with_styles,
};
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::model_file::Model;
use crate::nn::Shape;
use crate::parallel::Team;

/// The name of the class of what is no digit.
const OUTLIER: &str = "none";

/// Where the seeds of further members begin: beyond those that people choose.
const SEEDS_APART: u64 = 1 << 32;

/// Trains a model of all the members that `config` asks for on `train`, images of the shape `image` in `classes` classes.
/// `validation` informs, and sets the temperature, if it is not empty. To the observer, the epochs of all members are one row of epochs.
///
/// ```
/// use digits::dataset::{Dataset, PIXELS};
/// use digits::parallel::Team;
/// use digits::train::{Observer, TrainConfig, fit};
/// use ndarray::{Array1, Array2};
///
/// struct Silent;
/// impl Observer for Silent {}
///
/// let data = |count| Dataset { images: Array2::zeros((count, PIXELS)), labels: Array1::zeros(count) };
/// let config = TrainConfig { hidden: vec![4], epochs: 1, members: 2, ..Default::default() }.check()?;
/// let model = fit(&config, [28, 28, 1], 10, &data(9), &data(0), &mut Silent, &Team::new(1)?)?;
/// assert_eq!(model.members.len(), 2);
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Errors
/// As [`Trainer::new`] and [`Trainer::run`].
pub fn fit(
    config: &CheckedConfig,
    image: impl Into<Shape>,
    classes: usize,
    train: &Dataset,
    validation: &Dataset,
    observer: &mut dyn Observer,
    team: &Team,
) -> Result<Model> {
    let image = image.into();
    let c = config.get();
    let styled = (c.styles > 0 && classes == 10).then(|| with_styles(train, c.styles, c.seed));
    let train = styled.as_ref().unwrap_or(train);
    if c.outliers > 0 {
        return fit_with_outliers(config, image, classes, [train, validation], observer, team);
    }
    fit_members(config, image, classes, [train, validation], observer, team)
}

/// Trains a model with one class more, for what is no digit. The validation images get as large a share of outliers.
fn fit_with_outliers(
    config: &CheckedConfig,
    image: Shape,
    classes: usize,
    [train, validation]: [&Dataset; 2],
    observer: &mut dyn Observer,
    team: &Team,
) -> Result<Model> {
    let c = config.get();
    let class =
        u8::try_from(classes).map_err(|_| Error::parameter("outliers", "0 for 256 classes", c.outliers))?;
    let held_out = c.outliers * validation.len() / train.len().max(1);
    let train = with_outliers(train, c.outliers, class, c.seed);
    let validation = with_outliers(validation, held_out, class, !c.seed);
    let mut model = fit_members(config, image, classes + 1, [&train, &validation], observer, team)?;
    OUTLIER.clone_into(&mut model.class_names[classes]);
    Ok(model)
}

/// Trains all members, and calibrates them.
fn fit_members(
    config: &CheckedConfig,
    image: Shape,
    classes: usize,
    [train, validation]: [&Dataset; 2],
    observer: &mut dyn Observer,
    team: &Team,
) -> Result<Model> {
    let c = config.get();
    let mut members = Vec::with_capacity(c.members);
    for member in 0..c.members {
        let config = config.with_seed(c.seed.wrapping_add(member as u64 * SEEDS_APART));
        let mut later = Later {
            observer: &mut *observer,
            epochs: member * c.epochs,
        };
        members.push(Trainer::new(&config, image, classes)?.run(train, validation, &mut later, team)?);
    }
    let mut model = Model {
        views: VIEWS[..c.views].to_vec(),
        ..Model::new(members.remove(0))
    };
    model.members.append(&mut members);
    model.temperature = if validation.is_empty() {
        c.temperature
    } else {
        fit_temperature(&model, validation, team)
    };
    Ok(model)
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

/// Tells an observer of epochs that come after others.
struct Later<'a> {
    observer: &'a mut dyn Observer,
    epochs: usize,
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
}
