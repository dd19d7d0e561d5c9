//! How `digits train` tells of its epochs.

use super::output::{message, print, progress_bar};
#[cfg(feature = "report")]
use crate::report::EventFile;
use crate::train::{EpochReport, Observer, StepReport};
use indicatif::ProgressBar;
use serde::Serialize;
use std::fmt::Write as _;

/// An epoch in `--json`; the names are what scripts rely on.
#[derive(Serialize)]
struct JsonLine {
    epoch: usize,
    seconds: f64,
    images_per_second: f64,
    train_loss: f64,
    train_accuracy: f64,
    validation_loss: Option<f64>,
    validation_accuracy: Option<f64>,
}

/// By how much a model's accuracy is higher than by guessing if it has hardly learned anything.
const BARELY: f64 = 0.05;

/// The first line of a history.
pub(super) const COLUMNS: &str =
    "epoch,step,rate,train_loss,train_accuracy,validation_loss,validation_accuracy,seconds";

/// Shows training as it goes, and keeps its history.
pub(super) struct Reporter {
    pub(super) bar: ProgressBar,
    quiet: bool,
    json: bool,
    epochs: usize,
    /// Of which each network has so many.
    of_network: usize,
    /// CSV, a row per epoch.
    pub(super) history: String,
    /// The accuracy on training images in the last epoch, if there was one.
    accuracy: Option<f64>,
    /// What went wrong in printing or writing.
    pub(super) failed: Option<anyhow::Error>,
    /// What TensorBoard reads, if that is wanted.
    #[cfg(feature = "report")]
    pub(super) events: Option<EventFile>,
}

impl Reporter {
    /// For `members` networks that have `of_network` epochs of `images` images each.
    pub(super) fn new(quiet: bool, json: bool, images: usize, [members, of_network]: [usize; 2]) -> Self {
        let epochs = members * of_network;
        Self {
            bar: progress_bar((images * epochs) as u64, !quiet),
            quiet,
            json,
            epochs,
            of_network,
            history: format!("{COLUMNS}\n"),
            accuracy: None,
            failed: None,
            #[cfg(feature = "report")]
            events: None,
        }
    }
}

impl Reporter {
    /// Warns if in the end so many classes were told apart hardly better than by guessing.
    pub(super) fn warn_of_guessing(&self, classes: usize) {
        let guessed = 1.0 / classes as f64 + BARELY;
        let Some(accuracy) = self
            .accuracy
            .filter(|&accuracy| classes > 1 && accuracy <= guessed)
        else {
            return;
        };
        let percent = 100.0 * accuracy;
        message(&format!(
            "warning: {percent:.2} % of the training images are hardly more than guesses; try another --lr"
        ));
    }
}

impl Observer for Reporter {
    fn step(&mut self, report: &StepReport) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar
            .set_prefix(format!("epoch {}/{}", report.epoch, self.epochs));
        self.bar.set_message(format!(
            "loss {:.4}, accuracy {:.2} %",
            report.loss,
            100.0 * report.accuracy
        ));
        self.bar
            .set_position(((report.epoch - 1) * report.images_per_epoch + report.images) as u64);
    }

    fn epoch(&mut self, report: &EpochReport) {
        let validation = report.validation;
        self.accuracy = Some(report.train_accuracy);
        let cell = |number: Option<f64>| number.map_or(String::new(), |number| number.to_string());
        let _ = writeln!(
            self.history,
            "{},{},{},{},{},{},{},{:.3}",
            report.epoch,
            report.step,
            report.rate,
            report.train_loss,
            report.train_accuracy,
            cell(validation.map(|(loss, _)| loss)),
            cell(validation.map(|(_, accuracy)| accuracy)),
            report.seconds,
        );
        if self.json {
            let line = JsonLine {
                epoch: report.epoch,
                seconds: report.seconds,
                images_per_second: report.images_per_second,
                train_loss: report.train_loss,
                train_accuracy: report.train_accuracy,
                validation_loss: validation.map(|(loss, _)| loss),
                validation_accuracy: validation.map(|(_, accuracy)| accuracy),
            };
            let printed = serde_json::to_string(&line)
                .map_err(anyhow::Error::from)
                .and_then(|line| print(&format!("{line}\n")));
            self.failed = self.failed.take().or(printed.err());
        }
        #[cfg(feature = "report")]
        if let Some(Err(error)) = self.events.as_mut().map(|events| events.epoch(report)) {
            self.failed = self.failed.take().or(Some(error.into()));
        }
        if !self.quiet {
            let validation = validation.map_or(String::new(), |(loss, accuracy)| {
                format!(", validation loss {loss:.4} accuracy {:.2} %", 100.0 * accuracy)
            });
            let (network, epoch) = match report.epoch - 1 {
                _ if self.epochs == self.of_network => (String::new(), report.epoch),
                before => (
                    format!("network {}, ", before / self.of_network + 1),
                    before % self.of_network + 1,
                ),
            };
            let line = format!(
                "{network}epoch {epoch:2}: train loss {:.4} accuracy {:.2} %{validation}, {:.2} s, {:.0} images/s",
                report.train_loss,
                100.0 * report.train_accuracy,
                report.seconds,
                report.images_per_second,
            );
            self.bar.suspend(|| message(&line));
        }
    }
}
