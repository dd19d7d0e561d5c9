//! `digits predict --labels`: how many of the pictures were read rightly.

use crate::cli::output::{listed, plain};
use crate::error::{Error, Result};
use crate::recognizer::{Reading, Status};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

/// The longest cell that is shown, in characters.
const SHOWN: usize = 40;

/// Where labels come from.
#[derive(Debug, Clone)]
pub(in crate::cli) enum Labels {
    /// The first characters of file names, which are names of these classes.
    Names(Vec<String>),
    /// A table: its rows by path.
    Table(HashMap<PathBuf, Row>),
}

/// What a row of a table says of its picture.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Row {
    line: u64,
    label: Option<usize>,
    group: String,
}

impl Labels {
    /// `names`, or a CSV file with the columns `path` (relative to the file's own folder), `label` and perhaps
    /// `group`. A label is the name of one of `classes`; an empty one, or `none` if no class is called so, is for
    /// what shows no digit.
    pub(in crate::cli) fn load(source: &Path, classes: &[String]) -> Result<Self> {
        if source == Path::new("names") {
            return Ok(Self::Names(classes.to_vec()));
        }
        let problem = |found: String| Error::Data {
            path: source.to_owned(),
            expected: "CSV with the columns path and label".to_owned(),
            found,
            remedy: "give such a file, or `names` for the first characters of file names".to_owned(),
        };
        let file = std::fs::File::open(source).map_err(Error::read(source))?;
        let mut reader = csv::Reader::from_reader(file);
        let headers = reader
            .headers()
            .map_err(|error| problem(error.to_string()))?
            .clone();
        let column = |name: &str| headers.iter().position(|header| header == name);
        for name in ["path", "label", "group"] {
            if headers.iter().filter(|header| *header == name).count() > 1 {
                return Err(problem(format!("several columns {name}")));
            }
        }
        let (Some(path), Some(label)) = (column("path"), column("label")) else {
            let names: Vec<&str> = headers.iter().collect();
            return Err(problem(format!("the columns {}", plain(&names.join(", ")))));
        };
        let group = column("group");
        let folder = source.parent().unwrap_or(Path::new(""));
        let mut table: HashMap<PathBuf, Row> = HashMap::new();
        for record in reader.records() {
            let record = record.map_err(|error| problem(error.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            let mismatch = |expected: String, found: &str| Error::Data {
                path: source.to_owned(),
                expected,
                found: format!("{:?}", found.chars().take(SHOWN).collect::<String>()),
                remedy: "mend that line; an empty label, or none, is for what shows no digit".to_owned(),
            };
            let row = Row {
                line,
                label: exactly(record[label].trim(), classes).map_err(|found| {
                    let names = listed(classes);
                    mismatch(format!("in line {line} one of the labels {names}"), found)
                })?,
                group: group
                    .and_then(|group| record.get(group))
                    .unwrap_or_default()
                    .trim()
                    .to_owned(),
            };
            let path = &record[path];
            let said = table
                .entry(true_path(&folder.join(path)))
                .or_insert_with(|| row.clone());
            if (said.label, &said.group) != (row.label, &row.group) {
                let expected = format!(
                    "in line {line} another picture than in line {}, or the same label and group",
                    said.line
                );
                return Err(mismatch(expected, path));
            }
        }
        Ok(Self::Table(table))
    }

    /// The label of a picture (none if it shows no digit) and its group; `None` if nothing is known of it.
    pub(in crate::cli) fn of(&self, path: &Path) -> Option<(Option<usize>, &str)> {
        match self {
            // What comes from stdin has no name.
            Self::Names(_) if path == Path::new("-") => None,
            Self::Names(classes) => Some((begun(&path.file_name()?.to_string_lossy(), classes), "")),
            Self::Table(table) => table
                .get(&true_path(path))
                .map(|row| (row.label, row.group.as_str())),
        }
    }

    /// How many rows of a table are of none of the pictures `read`, in words; `None` if each is of one.
    pub(in crate::cli) fn unread(&self, read: &[PathBuf]) -> Option<String> {
        let Self::Table(table) = self else {
            return None;
        };
        let read: HashSet<PathBuf> = read.iter().map(|path| true_path(path)).collect();
        match table.keys().filter(|path| !read.contains(*path)).count() {
            0 => None,
            1 => Some("1 row of the table names no picture that was read".to_owned()),
            rows => Some(format!("{rows} rows of the table name no picture that was read")),
        }
    }

    /// For a table that has none of the pictures `read`: the path of one of them beside that of a row.
    pub(in crate::cli) fn strangers(&self, read: &[PathBuf]) -> Option<String> {
        let Self::Table(table) = self else {
            return None;
        };
        if read.iter().any(|path| table.contains_key(&true_path(path))) {
            return None;
        }
        let shown = |path: &Path| plain(&path.to_string_lossy());
        let row = table.iter().min_by_key(|(_, row)| row.line);
        let row = row.map_or("nothing".to_owned(), |(path, row)| {
            format!("{} in line {}", shown(path), row.line)
        });
        Some(format!("has {row}, but not {}", shown(&true_path(read.first()?))))
    }
}

/// The path by which both name a picture, whatever links or dots lead to it; one that leads nowhere stays as it is.
fn true_path(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The class of such `names` that `text` is, or none if it stands for no digit; `text` itself if it is neither.
fn exactly<'a>(text: &'a str, names: &[String]) -> std::result::Result<Option<usize>, &'a str> {
    match names.iter().position(|name| name == text) {
        None if !["", "none"].contains(&text) => Err(text),
        class => Ok(class),
    }
}

/// The class of such `names` that `text` begins with: of several, the one whose name is longest.
fn begun(text: &str, names: &[String]) -> Option<usize> {
    let begun = |(_, name): &(usize, &String)| !name.is_empty() && text.starts_with(name.as_str());
    let named = names.iter().enumerate().filter(begun);
    named.max_by_key(|(_, name)| name.len()).map(|(class, _)| class)
}

/// Counts of a group of pictures.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    pictures: usize,
    right: usize,
    /// Of which it is in doubt whether they are digits.
    uncertain: usize,
    /// Blank ones among them.
    refused: usize,
}

/// What was right so far, by folder and group.
#[derive(Debug)]
pub(super) struct Score {
    labels: Labels,
    /// By the folder's path and the group.
    groups: BTreeMap<(PathBuf, String), Count>,
    unknown: usize,
    /// What rows of the labels are of no picture.
    unread: Option<String>,
}

impl Score {
    /// Of the pictures at `paths`, nothing so far.
    pub(super) fn new(labels: Labels, paths: &[PathBuf]) -> Self {
        Self {
            unread: labels.unread(paths),
            labels,
            groups: BTreeMap::new(),
            unknown: 0,
        }
    }

    /// Takes up one picture, of which there is no reading if it could not be read. Right is the digit that was
    /// answered, though it be uncertain; what shows no digit is right if it is refused, or uncertain.
    pub(super) fn count(&mut self, path: &Path, reading: Option<&Reading>) {
        let Some((label, group)) = self.labels.of(path) else {
            self.unknown += 1;
            return;
        };
        // As many spellings as there are for it, it is one folder.
        let folder = path.parent().unwrap_or(Path::new(""));
        let folder: PathBuf = folder
            .components()
            .filter(|part| *part != Component::CurDir)
            .collect();
        let count = self.groups.entry((folder, group.to_owned())).or_default();
        let status = reading.map(|reading| reading.status);
        let uncertain = status == Some(Status::Uncertain);
        let refused = matches!(status, Some(Status::NotADigit | Status::Blank));
        let found = reading
            .and_then(Reading::guess)
            .map(|prediction| prediction.digit);
        count.pictures += 1;
        count.uncertain += usize::from(uncertain);
        count.refused += usize::from(refused);
        count.right += usize::from(match label {
            Some(_) => found == label,
            None => refused || uncertain,
        });
    }

    /// What a folder is called in the table: by its own name, or by its path if another folder there has the same name.
    fn name(&self, folder: &Path) -> String {
        let alike =
            |(other, _): &&(PathBuf, String)| other != folder && other.file_name() == folder.file_name();
        match folder.file_name() {
            Some(name) if !self.groups.keys().any(|key| alike(&key)) => name.to_string_lossy().into_owned(),
            _ if folder.as_os_str().is_empty() => ".".to_owned(),
            _ => folder.display().to_string(),
        }
    }

    /// A table of all groups, then of all folders, as the mean over their groups.
    pub(super) fn table(&self) -> String {
        let mut text = format!(
            "{:<40} {:>8} {:>6} {:>8} {:>9} {:>8}\n",
            "folder, group", "pictures", "right", "right %", "uncertain", "refused"
        );
        let mut folders: BTreeMap<&Path, Vec<Count>> = BTreeMap::new();
        for ((folder, group), count) in &self.groups {
            if !group.is_empty() {
                let folder = self.name(folder);
                row(&mut text, &format!("{folder}, {group}"), count, share(count));
            }
            folders.entry(folder).or_default().push(*count);
        }
        for (folder, counts) in folders {
            let sum = |of: fn(&Count) -> usize| counts.iter().map(of).sum();
            let total = Count {
                pictures: sum(|c| c.pictures),
                right: sum(|c| c.right),
                uncertain: sum(|c| c.uncertain),
                refused: sum(|c| c.refused),
            };
            let mean = counts.iter().map(share).sum::<f64>() / counts.len() as f64;
            let folder = self.name(folder);
            let name = if counts.len() > 1 {
                format!("{folder}, mean of {} groups", counts.len())
            } else {
                folder
            };
            row(&mut text, &name, &total, mean);
        }
        if self.unknown > 0 {
            let _ = writeln!(text, "pictures without a label: {}", self.unknown);
        }
        if let Some(unread) = &self.unread {
            let _ = writeln!(text, "{unread}");
        }
        text
    }
}

/// The share of the pictures in which the right was answered.
fn share(count: &Count) -> f64 {
    count.right as f64 / count.pictures as f64
}

fn row(text: &mut String, name: &str, count: &Count, share: f64) {
    let Count {
        pictures,
        right,
        uncertain,
        refused,
    } = count;
    let _ = writeln!(
        text,
        "{name:<40} {pictures:>8} {right:>6} {:>8.2} {uncertain:>9} {refused:>8}",
        100.0 * share
    );
}
