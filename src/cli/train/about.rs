//! What the model file and the checkpoint say of a training.

use super::tuning::Tuning;
use super::{TrainArgs, is_of_new_models};
use crate::dataset::mnist::Mnist;
use crate::train::CheckedConfig;
use clap::ValueEnum;

/// The setting of the classes' names.
const CLASSES: &str = "classes";

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
            (CLASSES, data.names),
            ("turned", if data.turned { "upright" } else { "" }.to_owned()),
        ]);
        let of_config = config.get().settings().into_iter();
        // A model that was there already has its own way of saying what it is.
        settings.extend(of_config.filter(|(name, _)| tuning.is_none() || !is_of_new_models(name)));
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

/// What a model file says of its training: the `settings`, but for the classes, which it has itself, and what there is
/// none of; the number of `images` learned from; and what `tuning` adds.
pub(super) fn notes(
    settings: &[(&'static str, String)],
    images: usize,
    tuning: Option<&Tuning>,
) -> Vec<(String, String)> {
    let told = settings
        .iter()
        .filter(|(name, value)| *name != CLASSES && !value.is_empty());
    let more = tuning.map_or_else(Vec::new, Tuning::notes);
    told.cloned()
        .chain([("training-images", images.to_string())])
        .chain(more)
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
