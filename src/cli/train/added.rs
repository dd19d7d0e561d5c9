//! `digits train --add`: pictures of somebody's own, as the network will see them.

use crate::cli::output::{message, plain};
use crate::cli::predict::files;
use crate::cli::predict::labels::Labels;
use crate::dataset::mnist::hex;
use crate::dataset::{Dataset, PIXELS};
use crate::error::{Error, Result};
use crate::parallel::Team;
use crate::recognizer::Recognizer;
use crate::train::hold_out;
use crate::vision::{self, Candidate};
use ndarray::{Array1, Array2};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Probability from which on a picture is taken for no digit.
const NO_DIGIT: f32 = 0.5;
/// Skipped pictures that are named.
const NAMED: usize = 20;
/// With fewer pictures, fewer of a digit, or fewer held out, not much can be learned, or said.
const FEW: usize = 100;
const FEW_OF_A_DIGIT: usize = 5;
const FEW_HELD_OUT: usize = 30;

/// A picture, and what it shows.
pub(super) struct Example {
    label: u8,
    group: String,
    /// Its readings, between which a model chooses.
    candidates: Vec<Candidate>,
    /// The one that the first model has chosen.
    image: Array2<u8>,
}

/// The pictures of a folder.
pub(super) struct Added {
    /// What is learned from.
    pub(super) learned: Dataset,
    /// What is only measured by.
    held_out: Vec<Example>,
    /// SHA-256 of all that is known of them.
    pub(super) checksum: String,
}

impl Added {
    /// Reads `folder`, whose pictures `labels` tells of, as `recognizer` does; what cannot be used is named, unless `quiet`, and left
    /// out. `seed` decides which pictures are held out.
    pub(super) fn read(
        folder: &Path,
        labels: &Path,
        recognizer: &Recognizer,
        (seed, quiet): (u64, bool),
        team: &Team,
    ) -> Result<Self> {
        if !folder.is_dir() {
            return Err(unusable(
                folder,
                if folder.exists() { "a file" } else { "nothing" }.to_owned(),
            ));
        }
        let labels = Labels::load(labels, &recognizer.model().class_names)?;
        let (files, _) = files::expand(&[folder.to_owned()])?;
        let mut looks: Vec<Option<std::result::Result<Example, String>>> =
            files.iter().map(|_| None).collect();
        team.for_each(files.iter().zip(&mut looks), |(path, look)| {
            *look = Some(look_at(path, &labels, recognizer));
        });
        let (mut examples, mut skipped) = (Vec::new(), Vec::new());
        for (path, look) in files.iter().zip(looks.into_iter().flatten()) {
            match look {
                Ok(example) => examples.push(example),
                Err(reason) => skipped.push(format!("skipped {}: {reason}", plain(&path.to_string_lossy()))),
            }
        }
        if !quiet {
            skipped.iter().take(NAMED).for_each(|skipped| message(skipped));
            if skipped.len() > NAMED {
                message(&format!("skipped {} more", skipped.len() - NAMED));
            }
        }
        if examples.is_empty() {
            let found = format!("{} pictures, none of which can be used", files.len());
            return Err(unusable(folder, found));
        }
        let added = Self::split(examples, seed);
        if !quiet {
            let (learned, held_out) = (added.learned.len(), added.held_out.len());
            message(&format!(
                "your pictures: {learned} to learn, {held_out} held out, {} skipped",
                skipped.len()
            ));
            added
                .warnings()
                .iter()
                .for_each(|text| message(&format!("warning: {text}")));
        }
        Ok(added)
    }

    /// Holds out some of the examples.
    fn split(examples: Vec<Example>, seed: u64) -> Self {
        let mut hash = Sha256::new();
        for example in &examples {
            hash.update([example.label]);
            hash.update(example.image.iter().copied().collect::<Vec<u8>>());
            hash.update(Sha256::digest(&example.group));
        }
        let labels: Vec<u8> = examples.iter().map(|example| example.label).collect();
        let groups: Vec<&str> = examples.iter().map(|example| example.group.as_str()).collect();
        let held_out = hold_out(&labels, &groups, seed);
        let (held_out, learned): (Vec<_>, Vec<_>) = examples
            .into_iter()
            .zip(held_out)
            .partition(|(_, held_out)| *held_out);
        let mut images = Array2::zeros((learned.len(), PIXELS));
        for (mut row, (example, _)) in images.outer_iter_mut().zip(&learned) {
            row.iter_mut()
                .zip(&example.image)
                .for_each(|(to, from)| *to = *from);
        }
        let labels: Array1<u8> = learned.iter().map(|(example, _)| example.label).collect();
        Self {
            learned: Dataset { images, labels },
            held_out: held_out.into_iter().map(|(example, _)| example).collect(),
            checksum: hex(&hash.finalize()),
        }
    }

    /// What there is too little of.
    fn warnings(&self) -> Vec<String> {
        let (learned, held_out) = (self.learned.len(), self.held_out.len());
        let mut warnings = Vec::new();
        if learned + held_out < FEW {
            warnings.push(format!(
                "{} pictures are few to learn from: {FEW} or more, written on different days, do better",
                learned + held_out
            ));
        }
        let rare: Vec<String> = (0..10)
            .filter(|&digit| {
                self.learned
                    .labels
                    .iter()
                    .filter(|&&label| label == digit)
                    .count()
                    < FEW_OF_A_DIGIT
            })
            .map(|digit: u8| digit.to_string())
            .collect();
        if !rare.is_empty() {
            warnings.push(format!(
                "fewer than {FEW_OF_A_DIGIT} pictures to learn from of: {}",
                rare.join(" ")
            ));
        }
        if held_out < FEW_HELD_OUT {
            warnings.push(format!(
                "{held_out} pictures held out are too few to tell whether fine-tuning helps"
            ));
        }
        warnings
    }

    /// How many pictures are held out.
    pub(super) fn held_out(&self) -> usize {
        self.held_out.len()
    }

    /// How many of those `recognizer` reads rightly.
    pub(super) fn right(&self, recognizer: &Recognizer, team: &Team) -> Result<usize> {
        let mut answers: Vec<Result<bool>> = self.held_out.iter().map(|_| Ok(false)).collect();
        team.for_each(self.held_out.iter().zip(&mut answers), |(example, answer)| {
            *answer = recognizer.choose(example.candidates.clone()).map(|reading| {
                crate::answer::seen(&reading)
                    .is_some_and(|prediction| prediction.digit == usize::from(example.label))
            });
        });
        answers
            .into_iter()
            .try_fold(0, |right, answer| Ok(right + usize::from(answer?)))
    }
}

/// The picture at `path`, or why it cannot be used.
fn look_at(path: &Path, labels: &Labels, recognizer: &Recognizer) -> std::result::Result<Example, String> {
    let (label, group) = labels.of(path).ok_or("the table of labels does not have it")?;
    let label = label.ok_or("no digit is its label, nor begins its name")?;
    let candidates = files::read(path)
        .and_then(|bytes| vision::decode(&bytes))
        .map(|picture| vision::candidates(&picture))
        .map_err(|error| error.to_string())?;
    let reading = recognizer
        .choose(candidates.clone())
        .map_err(|error| error.to_string())?;
    match reading.prediction {
        None => Err("nothing is written there".to_owned()),
        Some(_) if reading.outlier >= NO_DIGIT => Err("what is written there looks like no digit".to_owned()),
        Some(prediction) => Ok(Example {
            label: label as u8,
            group: group.to_owned(),
            candidates,
            image: prediction.image,
        }),
    }
}

/// The error of a folder in which there is `found`, and nothing to learn from.
fn unusable(folder: &Path, found: String) -> Error {
    Error::Data {
        path: folder.to_owned(),
        expected: "a folder of pictures of digits".to_owned(),
        found,
        remedy: "name each by the digit that it shows (7-first.png), or give a CSV file with --labels; \
                 `digits serve --collect` makes such a folder"
            .to_owned(),
    }
}
