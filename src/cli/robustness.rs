//! `digits eval --robustness`: how much of the accuracy is left when the images are corrupted.

use super::output::percent;
use crate::dataset::{Corruption, Dataset, corrupted};
use crate::metrics::Metrics;
use crate::model_file::Model;
use crate::parallel::Team;
use crate::train::probabilities;
use serde::{Serialize, Serializer};
use std::fmt::Write as _;

/// Every model is measured on the same corrupted images.
const SEED: u64 = 0;

/// What a model did on a set under every corruption.
pub(super) struct Robustness(Vec<(Corruption, Metrics)>);

impl Robustness {
    pub(super) fn measure(model: &Model, set: &Dataset, team: &Team) -> Self {
        let measure = |corruption| {
            let set = Self::images(set, corruption, team);
            let metrics = Metrics::of(&probabilities(model, &set, team), &set.labels);
            (corruption, metrics)
        };
        Self(Corruption::ALL.map(measure).to_vec())
    }

    /// A corrupted copy of `set`, always the same one.
    pub(super) fn images(set: &Dataset, corruption: Corruption, team: &Team) -> Dataset {
        corrupted(set, corruption, SEED, team)
    }

    /// What `of` makes of every corruption and what the model did under it.
    #[cfg(feature = "report")]
    pub(super) fn each<T>(&self, of: impl Fn(Corruption, &Metrics) -> T) -> Vec<T> {
        self.0
            .iter()
            .map(|(corruption, metrics)| of(*corruption, metrics))
            .collect()
    }

    /// Mean accuracy over the corruptions, in 0..=1.
    fn mean(&self) -> f64 {
        let sum: f64 = self.0.iter().map(|(_, metrics)| metrics.accuracy).sum();
        sum / self.0.len() as f64
    }

    /// What people read, beside what the model did on the `clean` set. (Writing to a string cannot fail.)
    pub(super) fn table(&self, clean: &Metrics) -> String {
        let mut text = String::from("\ncorruption          accuracy\n");
        let mut line = |name: &str, accuracy: &str| {
            let _ = writeln!(text, "{name:<13} {accuracy:>16}");
        };
        for (corruption, metrics) in &self.0 {
            line(corruption.name(), &accuracy(metrics));
        }
        // The images are the same ones fifteen times: the mean's standard error is not that of independent accuracies.
        line("mean", &format!("{:.2} %", 100.0 * self.mean()));
        line("clean", &accuracy(clean));
        text
    }
}

fn accuracy(metrics: &Metrics) -> String {
    percent(metrics.accuracy, metrics.standard_error())
}

/// An object: the accuracy under every corruption by its name, and their mean.
impl Serialize for Robustness {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let each = self
            .0
            .iter()
            .map(|(corruption, metrics)| (corruption.name(), metrics.accuracy));
        serializer.collect_map(each.chain([("mean", self.mean())]))
    }
}
