//! What `digits eval --json` prints; the names are what scripts rely on.

use super::details::Details;
use crate::cli::robustness::Robustness;
use crate::metrics::{Metrics, Mistake};
use crate::model_file::Model;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
pub(super) struct Evaluation<'a> {
    model: String,
    accuracy: f64,
    standard_error: f64,
    loss: f64,
    count: usize,
    expected_calibration_error: f64,
    /// None of a half without images.
    first_half_accuracy: Option<f64>,
    second_half_accuracy: Option<f64>,
    /// Only on MNIST's own test set.
    accuracy_without_disputed_labels: Option<f64>,
    classes: Vec<Class<'a>>,
    /// A row for each class, a column for each that it was taken for, both in the order of `classes`.
    confusion: Vec<Vec<u64>>,
    /// Those that the model was surest of.
    mistakes: Vec<Mistaken<'a>>,
    /// Only if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    robustness: Option<Robustness>,
}

/// Precision, recall and F1 are none of a class without images.
#[derive(Serialize)]
struct Class<'a> {
    name: &'a str,
    count: u64,
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
}

/// The classes by their names.
#[derive(Serialize)]
struct Mistaken<'a> {
    index: usize,
    label: &'a str,
    prediction: &'a str,
    probability: f32,
}

impl<'a> Evaluation<'a> {
    pub(super) fn of(
        name: &Path,
        model: &'a Model,
        metrics: &Metrics,
        details: &Details,
        mistakes: &[Mistake],
        robustness: Option<Robustness>,
    ) -> Self {
        let names = &model.class_names;
        let classes = names.iter().zip(metrics.classes());
        Self {
            model: name.display().to_string(),
            accuracy: metrics.accuracy,
            standard_error: metrics.standard_error(),
            loss: metrics.loss,
            count: metrics.count,
            expected_calibration_error: details.calibration_error,
            first_half_accuracy: details.halves[0],
            second_half_accuracy: details.halves[1],
            accuracy_without_disputed_labels: details.without_disputed,
            classes: classes
                .map(|(name, class)| {
                    let measured = |figure: f64| (class.support > 0).then_some(figure);
                    Class {
                        name,
                        count: class.support,
                        precision: measured(class.precision),
                        recall: measured(class.recall),
                        f1: measured(class.f1),
                    }
                })
                .collect(),
            confusion: metrics.confusion.outer_iter().map(|row| row.to_vec()).collect(),
            mistakes: mistakes
                .iter()
                .map(|mistake| Mistaken {
                    index: mistake.index,
                    label: &names[mistake.label],
                    prediction: &names[mistake.prediction],
                    probability: mistake.probability,
                })
                .collect(),
            robustness,
        }
    }
}
