//! What the model file and the checkpoint say of a training.

use super::TrainArgs;
use super::tuning::Tuning;
use crate::dataset::mnist::Mnist;
use crate::train::CheckedConfig;
use clap::ValueEnum;

/// What decides a training's result of its data.
pub(super) struct AboutData {
    /// Of its files.
    checksum: String,
    /// What the classes are called, in a form in which no two lists are the same.
    names: String,
    /// Whether images were turned, as the files' names have it.
    turned: bool,
}

impl AboutData {
    pub(super) fn of(data: &Mnist) -> Self {
        Self {
            checksum: data.checksum(),
            names: format!("{:?}", data.class_names),
            turned: data.turned,
        }
    }
}

impl TrainArgs {
    /// What the model file says of its training.
    pub(super) fn notes(
        &self,
        config: &CheckedConfig,
        data: &AboutData,
        images: usize,
        tuning: Option<&Tuning>,
    ) -> Vec<(String, String)> {
        let mut notes = vec![
            ("preset".to_owned(), self.preset_name()),
            ("data SHA-256".to_owned(), data.checksum.clone()),
            ("training images".to_owned(), images.to_string()),
        ];
        if data.turned {
            notes.push(("turned upright".to_owned(), "yes".to_owned()));
        }
        match tuning {
            Some(tuning) => notes.extend(tuning.notes(config)),
            None => notes.extend(config.get().notes()),
        }
        notes
    }

    /// All that decides the result, by flags.
    pub(super) fn settings(
        &self,
        config: &CheckedConfig,
        data: AboutData,
        tuning: Option<&Tuning>,
    ) -> Vec<(&'static str, String)> {
        let mut settings = vec![("preset", self.preset_name())];
        settings.extend(tuning.map_or_else(Vec::new, Tuning::settings));
        // Other data explains other settings that follow from it, so it comes before them.
        settings.extend([
            ("data", data.checksum),
            ("classes", data.names),
            ("turned", if data.turned { "upright" } else { "" }.to_owned()),
        ]);
        settings.extend(config.get().settings());
        settings
    }

    /// The name of the configuration that the flags change.
    pub(super) fn preset_name(&self) -> String {
        if self.init.is_some() {
            return "fine-tuned".to_owned();
        }
        let value = self.preset.to_possible_value();
        value.map_or(String::new(), |value| value.get_name().to_owned())
    }
}
