//! Every stage of reading a picture, as files.

use super::PredictArgs;
use super::drawing::png;
use crate::cli::output::{message, plain};
use crate::cli::source;
use crate::files::{AtomicFile, create_folder};
use crate::recognizer::{Reading, Recognizer, Status};
use crate::vision;
use std::path::{Path, PathBuf};

impl PredictArgs {
    /// Writes the stages of reading `picture` to `folder`, over none of `inputs`, and says what was decided.
    pub(super) fn explain(
        &self,
        picture: &[u8],
        reading: &Reading,
        recognizer: &Recognizer,
        (folder, inputs): (&Path, &[PathBuf]),
    ) -> anyhow::Result<()> {
        let say = |text: &str| {
            if !self.quiet {
                message(text);
            }
        };
        if reading.candidate.is_none() && reading.status != Status::Blank {
            say(
                "the picture was taken as it is, as one of those that the model learned from: there is nothing to explain",
            );
            return Ok(());
        }
        create_folder(folder)?;
        let steps = vision::explain(&vision::decode(picture)?, reading.candidate.as_ref());
        let place = |(index, step): (usize, &vision::Step)| {
            folder.join(format!("{:02}-{}.png", index + 1, step.name))
        };
        let files: Vec<PathBuf> = steps.iter().enumerate().map(place).collect();
        let kept: Vec<&PathBuf> = inputs.iter().chain(&self.save_input).collect();
        for file in &files {
            source::check_output("explain", file, &kept)?;
        }
        for (file, step) in files.iter().zip(&steps) {
            let shades = step.shades.mapv(|shade| (shade * 255.0).round() as u8);
            AtomicFile::create_within(file)?.finish(&png(&shades)?)?;
            say(&format!("{}: {}", file.display(), step.words));
        }
        if let Some(prediction) = &reading.prediction {
            let name = plain(recognizer.name_of(prediction.digit));
            let says = format!(
                "The network says {name} with {:.1} %",
                100.0 * prediction.probability
            );
            say(&if recognizer.reads_digits() {
                let (outlier, status) = (100.0 * reading.outlier, reading.status.name());
                format!("{says}; that it is no digit at all has {outlier:.1} %: {status}.")
            } else {
                format!("{says}.")
            });
        }
        Ok(())
    }
}
