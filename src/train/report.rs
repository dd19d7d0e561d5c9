//! What is told of a training while it goes on, and what it is told.

use crate::error::Result;
use crate::state::TrainState;

/// What an observer hears after every step.
///
/// ```
/// use digits::train::StepReport;
///
/// let report = StepReport { epoch: 1, images: 128, images_per_epoch: 512, loss: 2.3, accuracy: 0.1 };
/// assert_eq!(report.images as f64 / report.images_per_epoch as f64, 0.25);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepReport {
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// Images of this epoch seen so far.
    pub images: usize,
    /// Images of an epoch.
    pub images_per_epoch: usize,
    /// Mean loss of this epoch so far.
    pub loss: f64,
    /// Accuracy of this epoch so far on the varied images, in 0..=1.
    pub accuracy: f64,
}

/// What an observer hears after every epoch.
///
/// ```
/// use digits::train::EpochReport;
///
/// fn line(report: &EpochReport) -> String {
///     let validation = report.validation.map_or(String::new(), |(_, accuracy)| format!(", {accuracy}"));
///     format!("epoch {}: loss {}{validation}", report.epoch, report.train_loss)
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochReport {
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// Steps of the present network so far.
    pub step: u64,
    /// Learning rate of the epoch's last step.
    pub rate: f32,
    /// Mean loss over the epoch, each batch before its own step.
    pub train_loss: f64,
    /// Accuracy over the epoch on the varied images, each batch before its own step.
    pub train_accuracy: f64,
    /// Loss and accuracy on the validation set after the epoch; `None` without one.
    pub validation: Option<(f64, f64)>,
    /// Seconds of training, the validation left out.
    pub seconds: f64,
    /// Training images per second.
    pub images_per_second: f64,
}

/// What is to happen between two steps.
///
/// ```
/// assert_ne!(digits::train::Next::GoOn, digits::train::Next::Stop);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The next step.
    GoOn,
    /// The observer gets the state, then comes the next step.
    Keep,
    /// The observer gets the state, and training ends with [`crate::Error::Stopped`].
    Stop,
}

/// Hears how training goes, and says whether it goes on. `()` hears nothing, and lets it go on.
///
/// ```
/// use digits::train::{Observer, StepReport};
///
/// /// Remembers the last loss.
/// struct Loss(f64);
/// impl Observer for Loss {
///     fn step(&mut self, report: &StepReport) {
///         self.0 = report.loss;
///     }
/// }
/// ```
pub trait Observer: Send {
    /// After every step.
    fn step(&mut self, _report: &StepReport) {}
    /// After every epoch.
    fn epoch(&mut self, _report: &EpochReport) {}
    /// Between two steps, and after an epoch's report: what is to happen.
    fn next(&mut self, _epoch_done: bool) -> Next {
        Next::GoOn
    }

    /// Gets the state that it has asked for. All its weights are finite numbers.
    ///
    /// # Errors
    /// Whatever it likes: training ends with that error.
    fn keep(&mut self, _state: TrainState) -> Result<()> {
        Ok(())
    }
}

impl Observer for () {}
