//! Where a training begins: at the start, at its checkpoint, or not at all, because it is done.

use crate::cli::output::{message, plain};
use crate::error::{Error, Result};
use crate::model_file::{Checkpoint, Model};
use crate::train::TrainState;
use std::path::{Path, PathBuf};

/// The checkpoint of one training.
pub(super) struct CheckpointFile {
    pub(super) path: PathBuf,
    /// What decides the training's result, by flags.
    pub(super) settings: Vec<(&'static str, String)>,
}

/// Where training begins.
pub(super) enum Beginning {
    Afresh {
        /// Whether a checkpoint was looked for in vain.
        missed: bool,
    },
    Resumed(Box<Checkpoint>),
    /// The model has been trained already.
    Finished,
}

/// Where the training with the checkpoint `file` begins, which is to be `resumed` or not. Its model goes to `output` with such
/// `notes`; it has the data's `classes`, and one more behind them if it has `outliers`.
pub(super) fn beginning(
    file: Option<&CheckpointFile>,
    resumed: bool,
    output: &Path,
    (classes, outliers): (&[String], bool),
    notes: &[(String, String)],
) -> Result<Beginning> {
    if !resumed {
        return Ok(Beginning::Afresh { missed: false });
    }
    let Some(file) = file else {
        let expected = "an --output that is a file, beside which a checkpoint may lie";
        return Err(Error::parameter("resume", expected, output.display()));
    };
    match Checkpoint::load(&file.path) {
        Ok(checkpoint) => {
            file.compare(&checkpoint)?;
            Ok(Beginning::Resumed(Box::new(checkpoint)))
        }
        Err(Error::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            let finished = Model::load(output).is_ok_and(|model| {
                model.notes == notes
                    && model.class_names.starts_with(classes)
                    && model.class_names.len() == classes.len() + usize::from(outliers)
            });
            Ok(if finished {
                Beginning::Finished
            } else {
                Beginning::Afresh { missed: true }
            })
        }
        Err(error) => Err(error),
    }
}

impl Beginning {
    /// Says what it is, and what it means for the model at `output`, whose notes would be these, unless it is the
    /// usual; nothing but warnings if `quiet`.
    pub(super) fn tell(
        &self,
        file: Option<&CheckpointFile>,
        output: &Path,
        notes: &[(String, String)],
        quiet: bool,
    ) {
        let Some(path) = file.map(|file| file.path.display()) else {
            return;
        };
        if let (Self::Afresh { .. }, false) = (self, quiet)
            && let Some(what) = other_than(output, notes)
        {
            message(&format!(
                "{}, {what}, will be replaced in the end",
                output.display()
            ));
        }
        match self {
            Self::Afresh { missed: true } if !quiet => {
                message(&format!("no checkpoint at {path}: training afresh"));
            }
            Self::Afresh { missed: false } if file.is_some_and(|file| file.path.exists()) => {
                message(&format!(
                    "warning: {path} is of an interrupted training, and will be replaced by this one's first; Ctrl-C before leaves \
                     it, and --resume goes on with it"
                ));
            }
            Self::Resumed(checkpoint) if !quiet => message(&format!(
                "going on with {path}: network {}, step {}",
                checkpoint.state.members.len() + 1,
                checkpoint.state.optimizer.steps
            )),
            Self::Afresh { .. } | Self::Resumed(_) | Self::Finished => {}
        }
    }
}

/// What lies at `output`, if it is something else than the model of a training with such `notes`.
fn other_than(output: &Path, notes: &[(String, String)]) -> Option<String> {
    if !output.is_file() {
        return None;
    }
    let Ok(model) = Model::load(output) else {
        return Some("which is no model of this release".to_owned());
    };
    let told = ["preset", "epochs"].map(|wanted| {
        let note = model.notes.iter().find(|(name, _)| name == wanted);
        note.map(|(name, value)| format!("{name} {}", plain(value)))
    });
    let told: Vec<String> = told.into_iter().flatten().collect();
    (model.notes != notes).then(|| format!("of another training ({})", told.join(", ")))
}

impl CheckpointFile {
    /// The checkpoint that it is to have.
    pub(super) fn checkpoint(&self, history: String, state: TrainState) -> Checkpoint {
        let settings = self
            .settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        Checkpoint {
            settings: settings.collect(),
            history,
            state,
        }
    }

    /// Checks that `checkpoint` is of the same training: its flags and its data.
    fn compare(&self, checkpoint: &Checkpoint) -> Result<()> {
        for (name, value) in &self.settings {
            let kept = checkpoint.settings.iter().find(|(kept, _)| kept == name);
            if kept.is_none_or(|(_, kept)| kept != value) {
                let kept = kept.map_or(
                    "another release's",
                    |(_, kept)| if kept.is_empty() { "none" } else { kept },
                );
                let expected = format!("{kept} as in {}", self.path.display());
                let value = if value.is_empty() { "none" } else { value };
                let remedy = match *name {
                    "data" | "init" | "add" => {
                        &format!("name the same with --{name}, or leave out --resume to train afresh")
                    }
                    "classes" => {
                        "put the file of their names back as it was, or leave out --resume to train afresh"
                    }
                    "turned" => {
                        "call the files what they were called (those of images to be turned begin with emnist-), or leave out \
                         --resume to train afresh"
                    }
                    _ => "give the same flags as then, or leave out --resume to train afresh",
                };
                return Err(Error::parameter(name, expected, format!("{value}; {remedy}")));
            }
        }
        Ok(())
    }
}
