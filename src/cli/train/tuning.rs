//! `digits train --init`: the model to start from, what is added, and what came of it.

use super::TrainArgs;
use super::added::Added;
use crate::cli::output::plain;
use crate::cli::predict::files;
use crate::cli::source;
use crate::dataset::mnist::hex;
use crate::dataset::{Dataset, PIXELS};
use crate::error::{Error, Result};
use crate::metrics::argmax;
use crate::model_file::Model;
use crate::recognizer::Recognizer;
use crate::train::{FineTuning, Training, probabilities};
use ndarray::{Array1, Array2};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Where a fine-tuning starts.
pub(super) struct Tuning {
    recognizer: Recognizer,
    name: PathBuf,
    /// SHA-256 of the model's file.
    checksum: String,
    added: Option<Added>,
    /// What is added to, if nothing is.
    nothing: Dataset,
}

impl TrainArgs {
    /// Refuses flags that mean something only beside others. (To `clap`, what conflicts with a flag that is given is
    /// not missing.)
    pub(super) fn check_adding(&self) -> Result<()> {
        match (&self.init, &self.add, &self.labels) {
            (None, Some(folder), _) => {
                let expected = "it only with --init, which names the model to start from: builtin, or a file";
                Err(Error::parameter("add", expected, folder.display()))
            }
            (_, None, Some(labels)) => {
                let expected = "it only with --add, which names the folder of pictures";
                Err(Error::parameter("labels", expected, labels.display()))
            }
            _ => Ok(()),
        }
    }

    /// The model to start from: an input, and so none of the outputs; nor is the table of labels.
    pub(super) fn tuning(&self, init: &Path) -> Result<Tuning> {
        let table = self
            .labels
            .as_deref()
            .filter(|labels| *labels != Path::new("names"));
        self.check_outputs(table.as_slice())?;
        let (model, name) = source::model(Some(init), self.quiet)?;
        if !source::is_builtin(&name) {
            self.check_outputs(&source::files_of(init))?;
        }
        Ok(Tuning {
            checksum: hex(&Sha256::digest(model.to_bytes()?)),
            recognizer: Recognizer::new(model)?,
            name,
            added: None,
            nothing: Dataset {
                images: Array2::zeros((0, PIXELS)),
                labels: Array1::zeros(0),
            },
        })
    }
}

impl Tuning {
    /// The model to start from.
    pub(super) fn model(&self) -> &Model {
        self.recognizer.model()
    }

    /// Reads what is to be added to `training`, once the model is known to have its classes.
    pub(super) fn prepare(
        &mut self,
        args: &TrainArgs,
        training: &Training,
        classes: &[String],
    ) -> Result<()> {
        let names = &self.model().class_names;
        let found = || format!("{} classes: {}", names.len(), plain(&names.join(" ")));
        if names != classes {
            let (count, listed) = (classes.len(), plain(&classes.join(" ")));
            let remedy = if names.starts_with(classes) {
                "a model with a class for what is no digit cannot be fine-tuned: train a new one with --outliers"
            } else {
                "name the data set that it was trained on with --data, or train a new model without --init"
            };
            return Err(Error::Model {
                path: self.name.clone(),
                expected: format!("a model of the {count} classes of the data set: {listed}"),
                found: found(),
                remedy: remedy.to_owned(),
            });
        }
        let Some(folder) = &args.add else {
            return Ok(());
        };
        if !self.recognizer.reads_digits() {
            return Err(source::unfit(&self.name, "the ten digits", found()));
        }
        args.check_outputs(&files::expand(std::slice::from_ref(folder)).files)?;
        let added = Added::read(
            folder,
            args.labels.as_deref().unwrap_or(Path::new("names")),
            &self.recognizer,
            (args.seed, args.quiet),
            training.team,
        )?;
        self.added = Some(added);
        Ok(())
    }

    /// The fine-tuning with the configuration and the images of `training`.
    pub(super) fn of<'a>(&'a self, training: Training<'a>) -> FineTuning<'a> {
        FineTuning {
            training,
            model: self.model(),
            added: self.added.as_ref().map_or(&self.nothing, |added| &added.learned),
        }
    }

    /// What the flags of fine-tuning say of the result.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        let added = self.added.as_ref();
        vec![
            ("init", self.checksum.clone()),
            ("add", added.map_or(String::new(), |added| added.checksum.clone())),
        ]
    }

    /// What the tuned model's file says besides.
    pub(super) fn notes(&self) -> Vec<(&'static str, String)> {
        let mut notes = Vec::new();
        if let Some((_, preset)) = self.model().notes.iter().find(|(name, _)| name == "preset") {
            notes.push(("init-preset", preset.clone()));
        }
        if let Some(added) = &self.added {
            notes.push(("added-pictures", added.learned.len().to_string()));
        }
        notes
    }

    /// What the model reads rightly before and after, of what it has not been `tuned` with.
    pub(super) fn compare(&self, tuned: &Model, training: &Training) -> Result<Comparison> {
        let pictures = match &self.added {
            Some(added) if added.held_out() > 0 => Some(BeforeAndAfter {
                count: added.held_out(),
                right_before: added.right(&self.recognizer, training.team)?,
                right_after: added.right(&Recognizer::new(tuned.clone())?, training.team)?,
            }),
            _ => None,
        };
        let right = |model| {
            let probabilities = probabilities(model, training.validation, training.team);
            let labels = training.validation.labels.iter();
            let rows = probabilities.outer_iter().zip(labels);
            rows.filter(|(row, label)| argmax(row) == usize::from(**label))
                .count()
        };
        let validation = (!training.validation.is_empty()).then(|| BeforeAndAfter {
            count: training.validation.len(),
            right_before: right(self.model()),
            right_after: right(tuned),
        });
        Ok(Comparison { pictures, validation })
    }
}

/// What is right of images that were held out; the names are what scripts rely on.
#[derive(Serialize)]
struct BeforeAndAfter {
    count: usize,
    right_before: usize,
    right_after: usize,
}

/// What came of a fine-tuning.
#[derive(Serialize)]
pub(super) struct Comparison {
    pictures: Option<BeforeAndAfter>,
    validation: Option<BeforeAndAfter>,
}

impl Comparison {
    /// In words, or as a line of JSON.
    pub(super) fn told(&self, json: bool) -> anyhow::Result<String> {
        if json {
            return Ok(serde_json::to_string(self)? + "\n");
        }
        let line = |what: &str, part: &Option<BeforeAndAfter>| {
            part.as_ref().map_or(String::new(), |part| {
                let BeforeAndAfter {
                    count,
                    right_before,
                    right_after,
                } = part;
                format!("{what}: {right_before} of {count} right before, {right_after} after\n")
            })
        };
        Ok(line("your pictures held out", &self.pictures) + &line("validation images", &self.validation))
    }
}
