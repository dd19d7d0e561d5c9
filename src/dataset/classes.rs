//! What the classes of a data set are called: a text file beside its images.
//!
//! `classes.txt` has a name in each line, that of label 0 first; EMNIST's own `emnist-letters-mapping.txt` has a
//! label and the code points of its characters in each line, of which the first is the name. Without either a class
//! is called by its label.

use super::files::SetFiles;
use super::{Dataset, MAX_CLASSES};
use crate::error::{Error, Result};
use crate::letters::is_unseen;
use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The longest file that is read, in bytes, and the longest name, in characters.
const MAX_FILE: u64 = 64 << 10;
const MAX_NAME: usize = 64;

/// A name, the label that it is for, and the line in which it stands, from 1 on.
struct Entry {
    line: usize,
    label: usize,
    name: String,
}

/// The names of the classes of `set`, whose samples are `parts`: one for each label up to the largest at least.
///
/// # Errors
/// [`Error::Data`] if there is a file of names, and it is not one, or not for these labels; [`Error::Read`] if it
/// cannot be read.
pub(super) fn names(set: &SetFiles, parts: &[&Dataset]) -> Result<Vec<String>> {
    let classes = parts.iter().map(|part| part.classes()).max().unwrap_or(0);
    let mut used = vec![false; classes];
    for &label in parts.iter().flat_map(|part| &part.labels) {
        used[usize::from(label)] = true;
    }
    let [list, mapping] = set.of_names();
    if list.symlink_metadata().is_ok() {
        NamesFile::read(list)?.list(&used)
    } else if mapping.symlink_metadata().is_ok() {
        NamesFile::read(mapping)?.mapping(&used)
    } else {
        Ok((0..classes).map(|label| label.to_string()).collect())
    }
}

/// A file of names.
struct NamesFile {
    path: PathBuf,
    text: String,
}

impl NamesFile {
    fn read(path: PathBuf) -> Result<Self> {
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes));
        read.map_err(Error::read(&path))?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(malformed(
                &path,
                format!("at most {MAX_FILE} bytes of names"),
                "more",
            ));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { path, text }),
            Err(error) => {
                let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = valid.split(|&byte| byte == b'\n').count();
                Err(malformed(&path, format!("UTF-8 in line {line}"), "other bytes"))
            }
        }
    }

    fn problem(&self, expected: impl Into<String>, found: impl Into<String>) -> Error {
        malformed(&self.path, expected, found)
    }

    /// Its lines, from 1 on, without white space around them, and without empty ones at the end.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let text = self.text.trim_start_matches('\u{feff}').trim_end();
        text.lines()
            .map(str::trim)
            .zip(1..)
            .map(|(text, line)| (line, text))
    }

    /// The names of a list of them.
    fn list(&self, used: &[bool]) -> Result<Vec<String>> {
        let count = self.lines().count();
        let first = match (count, used.first()) {
            (count, _) if count >= used.len() => 0,
            // Labels that begin with 1, as those of letters like to.
            (count, Some(false)) if count + 1 == used.len() => 1,
            _ => {
                let last = used.len().saturating_sub(1);
                let expected = format!("{} names, one for each label from 0 to {last}", used.len());
                return Err(self.problem(expected, count.to_string()));
            }
        };
        let entries = self.lines().zip(first..).map(|((line, name), label)| Entry {
            line,
            label,
            name: name.to_owned(),
        });
        self.check(entries.collect(), used)
    }

    /// The names of EMNIST's mapping.
    fn mapping(&self, used: &[bool]) -> Result<Vec<String>> {
        let mut entries = Vec::new();
        for (line, text) in self.lines() {
            let numbers: Option<Vec<u32>> = text.split_whitespace().map(|word| word.parse().ok()).collect();
            let entry = numbers.as_deref().and_then(|numbers| {
                let (&label, points) = numbers.split_first()?;
                let characters: Option<Vec<char>> =
                    points.iter().map(|&point| char::from_u32(point)).collect();
                Some((label as usize, characters?.first()?.to_string()))
            });
            let Some((label, name)) = entry else {
                let expected = format!("a label and the code points of its characters in line {line}");
                return Err(self.problem(expected, shown(text)));
            };
            entries.push(Entry { line, label, name });
        }
        self.check(entries, used)
    }

    /// The names in the order of their labels, each another; one without samples that has no name is called by its
    /// label.
    fn check(&self, entries: Vec<Entry>, used: &[bool]) -> Result<Vec<String>> {
        let labels = entries
            .iter()
            .map(|entry| entry.label.saturating_add(1))
            .max()
            .unwrap_or(0);
        let mut names: Vec<Option<Entry>> = Vec::new();
        names.resize_with(labels.max(used.len()).min(MAX_CLASSES), || None);
        for entry in entries {
            let Entry { line, label, name } = &entry;
            if name.contains(is_unseen) {
                let expected = format!("a name without control or invisible characters in line {line}");
                return Err(self.problem(expected, shown(name)));
            }
            if name.trim().is_empty() {
                return Err(self.problem(format!("a name in line {line}"), shown(name)));
            }
            if name.chars().count() > MAX_NAME {
                let expected = format!("a name of 1 to {MAX_NAME} characters in line {line}");
                let found = format!("{} characters: {}…", name.chars().count(), shown(name));
                return Err(self.problem(expected, found));
            }
            let same = |other: &&Entry| other.name == *name || other.label == *label;
            if let Some(other) = names.iter().flatten().find(same) {
                let expected = format!(
                    "another name and label than those of line {} in line {line}",
                    other.line
                );
                return Err(self.problem(expected, format!("label {label}, {}", shown(name))));
            }
            let Some(place) = names.get_mut(*label) else {
                let expected = format!("labels from 0 to {} in line {line}", MAX_CLASSES - 1);
                return Err(self.problem(expected, label.to_string()));
            };
            *place = Some(entry);
        }
        let given: HashSet<String> = names.iter().flatten().map(|entry| entry.name.clone()).collect();
        let name = |(label, entry): (usize, Option<Entry>)| match entry {
            Some(entry) => Ok(entry.name),
            None if used.get(label) == Some(&true) => {
                Err(self.problem(format!("a name for label {label}, which has images"), "none"))
            }
            // Another class may be called by this one's number, or even by what it is called instead.
            None => [label.to_string(), format!("label {label}")]
                .into_iter()
                .find(|name| !given.contains(name))
                .ok_or_else(|| {
                    let expected = format!("at most one of the names {label} and label {label}");
                    self.problem(expected, "both, and no name for that label")
                }),
        };
        names.into_iter().enumerate().map(name).collect()
    }
}

/// What was found in a line, cut to a length that can be shown.
fn shown(text: &str) -> String {
    if text.is_empty() {
        return "an empty line".to_owned();
    }
    let start: String = text.chars().take(MAX_NAME).collect();
    format!("{start:?}")
}

/// The error of a file of names.
fn malformed(path: &Path, expected: impl Into<String>, found: impl Into<String>) -> Error {
    Error::Data {
        path: path.to_path_buf(),
        expected: expected.into(),
        found: found.into(),
        remedy: "mend that file, or move it away to call classes by their labels".to_owned(),
    }
}
