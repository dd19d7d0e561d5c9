//! Writes checkpoints while training goes on, and ends it when somebody wants that.
//!
//! A disk takes its time to say that a file is safe; training does not wait for it, but for the checkpoint before.

use super::interrupt::INTERRUPTED;
use super::start::CheckpointFile;
use crate::cli::output::message;
use crate::cli::reporter::Reporter;
use crate::cli::shell;
use crate::error::{Error, Result};
use crate::train::{EpochReport, Next, Observer, StepReport, TrainState};
use std::io::ErrorKind;
use std::panic::resume_unwind;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A [`Reporter`] that keeps checkpoints besides.
pub(super) struct Keeper {
    pub(super) reporter: Reporter,
    /// None beside a pipe or a device.
    file: Option<CheckpointFile>,
    /// Whether another training's checkpoint is in its place, which stays until an interval or an epoch is over.
    spares_another: bool,
    /// Whether training is to end.
    stop: Arc<AtomicBool>,
    /// Whether a step was wanted, so that a checkpoint has something to keep.
    worth_keeping: bool,
    /// Time between two checkpoints of one epoch, if there are to be several.
    every: Option<Duration>,
    last: Instant,
    /// The last checkpoint, which is being written.
    writing: Option<JoinHandle<Result<()>>>,
    /// Where it left training.
    step: u64,
    /// Whether the one before could not be written.
    failed: bool,
}

impl Keeper {
    /// One that writes to `file` `every` so often, and after every epoch; and stops training once `stop` is set. It
    /// goes on with the checkpoint there if training is `resumed`.
    pub(super) fn new(
        reporter: Reporter,
        file: Option<CheckpointFile>,
        resumed: bool,
        stop: Arc<AtomicBool>,
        every: Option<Duration>,
    ) -> Self {
        Self {
            reporter,
            spares_another: !resumed && file.as_ref().is_some_and(|file| file.path.exists()),
            file,
            stop,
            worth_keeping: false,
            every,
            last: Instant::now(),
            writing: None,
            step: 0,
            failed: false,
        }
    }

    /// Whether somebody has asked for the end of training, or nobody listens any more.
    fn is_to_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.reporter.failed.is_some()
    }

    /// Waits until the last checkpoint is written.
    fn settle(&mut self) -> Result<()> {
        match self.writing.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(written)) => written,
            Some(Err(panic)) => resume_unwind(panic),
        }
    }

    /// Says, once, that checkpoints cannot be written. There may be room again the next time.
    fn note(&mut self, written: &Result<()>) {
        if let (Err(error), false) = (written, self.failed) {
            let text = format!("warning: {error}; training goes on without a new checkpoint");
            self.reporter.bar.suspend(|| message(&text));
        }
        self.failed = written.is_err();
    }

    /// To be called when training is over, in whatever way.
    pub(super) fn finish(&mut self) {
        let written = self.settle();
        self.note(&written);
        self.reporter.bar.finish_and_clear();
    }

    /// What to do once training has stopped: says how to go on with it.
    pub(super) fn stopped(self, quiet: bool) -> anyhow::Result<ExitCode> {
        if let Some(error) = self.reporter.failed {
            return Err(error);
        }
        if !quiet {
            let path = self.file.as_ref().map(|file| file.path.display());
            match path {
                None => message(
                    "stopped; nothing was written, for there can be no checkpoint beside this --output",
                ),
                Some(path) if self.spares_another => message(&format!(
                    "stopped; {path} is still of the training before; to go on with that, give its flags and --resume"
                )),
                Some(_) if self.step == 0 => message("stopped before the next step; nothing was written"),
                Some(path) => message(&format!(
                    "stopped after step {}; {path} has it all; to go on:\n  {}",
                    self.step,
                    resuming_command()
                )),
            }
        }
        Ok(ExitCode::from(INTERRUPTED))
    }

    /// Removes the checkpoint of a training whose model is written.
    pub(super) fn remove(&self) -> Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        match std::fs::remove_file(&file.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::write(&file.path)(error)),
            _ => Ok(()),
        }
    }
}

impl Observer for Keeper {
    fn step(&mut self, report: &StepReport) {
        self.reporter.step(report);
    }

    fn epoch(&mut self, report: &EpochReport) {
        self.reporter.epoch(report);
    }

    fn next(&mut self, epoch_done: bool) -> Next {
        let is_time = || self.every.is_some_and(|every| self.last.elapsed() >= every);
        // Who has waited for an end since before the first step has not waited for that one.
        let kept = std::mem::replace(&mut self.worth_keeping, true);
        if self.is_to_stop() {
            self.worth_keeping = kept && !self.spares_another;
            Next::Stop
        } else if self.file.is_some() && (epoch_done || is_time()) {
            Next::Keep
        } else {
            Next::GoOn
        }
    }

    fn keep(&mut self, state: TrainState) -> Result<()> {
        let Some(file) = self.file.as_ref().filter(|_| self.worth_keeping) else {
            return Ok(());
        };
        self.spares_another = false;
        self.step = state.optimizer.steps;
        let checkpoint = file.checkpoint(self.reporter.history.clone(), state);
        let path = file.path.clone();
        let before = self.settle();
        self.note(&before);
        self.last = Instant::now();
        let writer = thread::Builder::new().name("checkpoint".to_owned());
        match writer.spawn(move || checkpoint.save(&path)) {
            Ok(writing) => self.writing = Some(writing),
            Err(reason) => self.note(&Err(Error::System {
                what: "cannot write a checkpoint",
                reason: reason.to_string(),
            })),
        }
        // Of the last one, training's end depends on whether it was written.
        if self.is_to_stop() { self.settle() } else { Ok(()) }
    }
}

/// The time between two checkpoints of one epoch, if there are to be several.
pub(super) fn interval(seconds: f64) -> Result<Option<Duration>> {
    let expected = "a number of seconds from 0 to 1.8e19";
    let interval = Duration::try_from_secs_f64(seconds)
        .map_err(|_| Error::parameter("checkpoint-every", expected, seconds))?;
    Ok((!interval.is_zero()).then_some(interval))
}

/// The command line that goes on with this training.
fn resuming_command() -> String {
    let resumes = std::env::args_os().any(|word| word == "--resume");
    shell::command_line(std::env::args_os().chain((!resumes).then(|| "--resume".into())))
}
