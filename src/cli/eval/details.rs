//! What accuracy and loss leave open.

use crate::dataset::mnist;
use crate::metrics::{accuracy_where, calibration_error};
use ndarray::{Array1, Array2};

/// Figures beside accuracy and loss.
pub(super) struct Details {
    pub(super) calibration_error: f64,
    /// Accuracies of the two halves: those of MNIST's test set come from different collections of writers.
    /// That of one image has nothing in its first half.
    pub(super) halves: [Option<f64>; 2],
    /// Only of MNIST's own test set.
    pub(super) without_disputed: Option<f64>,
}

impl Details {
    pub(super) fn of(probabilities: &Array2<f32>, labels: &Array1<u8>, genuine_test: bool) -> Self {
        let middle = labels.len() / 2;
        let without_disputed = || {
            accuracy_where(probabilities, labels, |index| {
                !mnist::DISPUTED_TEST_LABELS.contains(&index)
            })
        };
        Self {
            calibration_error: calibration_error(probabilities, labels),
            halves: [
                (middle > 0).then(|| accuracy_where(probabilities, labels, |index| index < middle)),
                Some(accuracy_where(probabilities, labels, |index| index >= middle)),
            ],
            without_disputed: genuine_test.then(without_disputed),
        }
    }
}
