//! `digits train --add`: pictures of somebody's own, as the network will see them.

use crate::cli::output::{message, plain};
use crate::cli::predict::files::{self, Found};
use crate::cli::predict::labels::Labels;
use crate::dataset::mnist::hex;
use crate::dataset::{Dataset, PIXELS};
use crate::error::{Error, Result};
use crate::parallel::Team;
use crate::recognizer::{Recognizer, Status};
use crate::train::hold_out;
use crate::vision::{self, Candidate};
use ndarray::{Array1, Array2};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::path::Path;

/// Skipped pictures that are named.
const NAMED: usize = 20;
/// With fewer pictures, fewer of a digit, or fewer held out, not much can be learned, or said.
const FEW: usize = 100;
const FEW_OF_A_DIGIT: usize = 5;
const FEW_HELD_OUT: usize = 30;

/// A picture, and what it shows.
pub(super) struct Example {
    /// How it is called in messages.
    name: String,
    label: u8,
    group: String,
    /// Its readings, between which a model chooses.
    candidates: Vec<Candidate>,
    /// What the first model has chosen, or why it takes that for no digit.
    image: std::result::Result<Array2<u8>, &'static str>,
}

/// The pictures of a folder.
pub(super) struct Added {
    /// What is learned from.
    pub(super) learned: Dataset,
    /// What is only measured by.
    held_out: Vec<Example>,
    /// Whether some pictures of a group are learned from, and others held out.
    divided: bool,
    /// SHA-256 of all that is known of them.
    pub(super) checksum: String,
}

impl Added {
    /// Reads `folder`, whose pictures `labels` tells of, as `recognizer` does; what cannot be used is named, unless
    /// `quiet`, and left out. `seed` decides which pictures are held out. What is taken for no digit is not learned
    /// from, but may be held out: that it is refused is a mistake, which has to count.
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
        let Found { files, unread, .. } = files::expand(&[folder.to_owned()]);
        if let Some(error) = unread.into_iter().next() {
            return Err(error);
        }
        if let Some(strangers) = labels.strangers(&files) {
            return Err(unusable(folder, format!("none in the table, which {strangers}")));
        }
        let mut looks: Vec<Option<std::result::Result<Example, String>>> =
            files.iter().map(|_| None).collect();
        team.for_each(files.iter().zip(&mut looks), |(path, look)| {
            *look = Some(look_at(path, &labels, recognizer));
        });
        let (mut examples, mut skipped) = (Vec::new(), Vec::new());
        for look in looks.into_iter().flatten() {
            match look {
                Ok(example) => examples.push(example),
                Err(reason) => skipped.push(format!("skipped {reason}")),
            }
        }
        let (added, refused) = Self::split(examples, seed);
        skipped.extend(refused.iter().map(|reason| format!("skipped {reason}")));
        if !quiet {
            skipped.iter().take(NAMED).for_each(|skipped| message(skipped));
            if skipped.len() > NAMED {
                message(&format!("skipped {} more", skipped.len() - NAMED));
            }
        }
        if added.learned.is_empty() {
            let found = match files.len() {
                1 => "1 picture, which cannot be used".to_owned(),
                pictures => format!("{pictures} pictures, none of which can be used"),
            };
            return Err(unusable(folder, found));
        }
        if !quiet {
            added.tell(skipped.len());
            labels.unread(&files).iter().for_each(|text| message(text));
        }
        for text in added.warnings() {
            message(&format!("warning: {text}"));
        }
        Ok(added)
    }

    /// Holds out some of the examples; and which of the others are not learned from, with the reasons.
    fn split(examples: Vec<Example>, seed: u64) -> (Self, Vec<String>) {
        let mut hash = Sha256::new();
        for example in &examples {
            hash.update([example.label]);
            if let Ok(image) = &example.image {
                hash.update(image.iter().copied().collect::<Vec<u8>>());
            }
            hash.update(Sha256::digest(&example.group));
        }
        let labels: Vec<u8> = examples.iter().map(|example| example.label).collect();
        let groups: Vec<&str> = examples.iter().map(|example| example.group.as_str()).collect();
        let held_out = hold_out(&labels, &groups, seed);
        let side = |side: bool| -> HashSet<&str> {
            let groups = groups
                .iter()
                .zip(&held_out)
                .filter(|(_, held_out)| **held_out == side);
            groups.map(|(group, _)| *group).collect()
        };
        let divided = (&side(false) & &side(true)).iter().any(|group| !group.is_empty());
        let (mut measured, mut learned, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (example, held_out) in examples.into_iter().zip(held_out) {
            match example.image {
                _ if held_out => measured.push(example),
                Ok(image) => learned.push((example.label, image)),
                Err(reason) => refused.push(format!("{}: {reason}", example.name)),
            }
        }
        let mut images = Array2::zeros((learned.len(), PIXELS));
        for (mut row, (_, image)) in images.outer_iter_mut().zip(&learned) {
            row.iter_mut().zip(image).for_each(|(to, from)| *to = *from);
        }
        let labels: Array1<u8> = learned.iter().map(|(label, _)| *label).collect();
        let added = Self {
            learned: Dataset { images, labels },
            held_out: measured,
            divided,
            checksum: hex(&hash.finalize()),
        };
        (added, refused)
    }

    /// Says how many pictures there are for what, besides so many `skipped` ones.
    fn tell(&self, skipped: usize) {
        let (learned, held_out) = (self.learned.len(), self.held_out.len());
        message(&format!(
            "your pictures: {learned} to learn, {held_out} held out, {skipped} skipped"
        ));
        let refused = self
            .held_out
            .iter()
            .filter_map(|example| Some((example, example.image.as_ref().err()?)));
        for (Example { name, .. }, reason) in refused.clone().take(NAMED) {
            message(&format!("held out, {name}: {reason}"));
        }
        match refused.count() {
            0 => {}
            1 => message("1 of those held out is refused, which counts as wrong"),
            refused => message(&format!(
                "{refused} of those held out are refused, which counts as wrong"
            )),
        }
    }

    /// What there is too little of.
    fn warnings(&self) -> Vec<String> {
        let (learned, held_out) = (self.learned.len(), self.held_out.len());
        let mut warnings = Vec::new();
        if learned + held_out < FEW {
            let few = match learned + held_out {
                1 => "1 picture is".to_owned(),
                pictures => format!("{pictures} pictures are"),
            };
            warnings.push(format!(
                "{few} few to learn from: {FEW} or more, written on different days, do better"
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
            let few = match held_out {
                1 => "1 picture held out is".to_owned(),
                pictures => format!("{pictures} pictures held out are"),
            };
            warnings.push(format!("{few} too few to tell whether fine-tuning helps"));
        }
        if self.divided {
            warnings.push(
                "no whole groups make up a tenth to a third of the pictures: some of a group are learned, others held out"
                    .to_owned(),
            );
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
            *answer = recognizer.choose_one(example.candidates.clone()).map(|reading| {
                reading
                    .guess()
                    .is_some_and(|prediction| prediction.digit == usize::from(example.label))
            });
        });
        answers
            .into_iter()
            .try_fold(0, |right, answer| Ok(right + usize::from(answer?)))
    }
}

/// The picture at `path`, or its name and why it cannot be used.
fn look_at(path: &Path, labels: &Labels, recognizer: &Recognizer) -> std::result::Result<Example, String> {
    let name = plain(&path.to_string_lossy());
    let unusable = |reason: &str| format!("{name}: {reason}");
    let failed = |error: Error| match &error {
        // Which names the file itself.
        Error::Read { .. } => plain(&error.to_string()),
        _ => unusable(&error.to_string()),
    };
    let (label, group) = labels
        .of(path)
        .ok_or_else(|| unusable("the table of labels does not have it"))?;
    let label = label.ok_or_else(|| unusable("no digit is its label, nor begins its name"))?;
    let candidates = files::read(path)
        .and_then(|bytes| vision::decode(&bytes))
        .map(|picture| vision::candidates(&picture))
        .map_err(failed)?;
    let reading = recognizer.choose_one(candidates.clone()).map_err(failed)?;
    let image = match reading.prediction {
        None => Err("nothing is written there"),
        Some(_) if reading.status == Status::NotADigit => Err("what is written there looks like no digit"),
        Some(prediction) => Ok(prediction.image),
    };
    Ok(Example {
        label: label as u8,
        group: group.to_owned(),
        candidates,
        image,
        name,
    })
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
