//! `digits predict`

mod drawing;
mod explain;
pub(super) mod files;
mod json;
mod kaggle;
pub(super) mod labels;
mod stream;
mod unbroken;

use self::drawing::{drawing, png};
use self::labels::{Labels, Score};
use self::unbroken::unbroken;
use super::number;
use super::output::{counted, message, plain, print};
use super::source;
use crate::answer::{Answer, status_of, text};
use crate::error::{Error, Result};
use crate::files::AtomicFile;
use crate::parallel::Team;
use crate::recognizer::{Reading, Recognizer, Status};
use clap::Args;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

/// Pictures that are read before the first of them is printed.
const AT_ONCE: usize = 32;
/// Runner-ups that are named.
const RUNNER_UPS: usize = 2;

// Every switch of a command line is a bool.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Args)]
pub(super) struct PredictArgs {
    /// Pictures (PNG, JPEG, WebP, GIF, BMP, TIFF, PNM), or folders of them; `-` reads a picture from stdin
    #[arg(required_unless_present_any = ["jsonl", "kaggle"], value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Answer records {"id": …, "path": …} or {"id": …, "png": Base64}, one in each line of a file or of stdin (`-`),
    /// with JSON lines
    #[arg(long, value_name = "FILE", conflicts_with_all = ["images", "labels", "explain", "save_input", "show"])]
    jsonl: Option<PathBuf>,
    /// Classify the images of test.csv of Kaggle's Digit Recognizer, or of stdin (`-`); writes a submission: their
    /// numbers and labels as CSV
    #[arg(long, value_name = "FILE", conflicts_with_all = ["images", "jsonl", "many", "min_confidence", "labels", "explain", "show", "save_input", "json"])]
    kaggle: Option<PathBuf>,
    /// Submission to write, with --kaggle [default: stdout]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Read every digit of a picture, line by line; of what is no digit, what is as tall becomes a `?`, and points,
    /// dashes and the like are left out
    #[arg(long, conflicts_with_all = ["labels", "explain", "save_input", "show"])]
    many: bool,
    /// Exit with 4 if a picture is no digit (or class), or its probability is less than this
    #[arg(long, value_name = "PROBABILITY", value_parser = number::decimal::<f32>)]
    min_confidence: Option<f32>,
    /// Count what was read rightly: `names` if file names begin with the digit (or class), or a CSV file with the
    /// columns path (from the CSV file's own folder), label (such a name, or nothing for what shows none) and perhaps
    /// group
    #[arg(long, value_name = "names|FILE")]
    labels: Option<PathBuf>,
    /// Folder to write every stage of reading the picture to, as numbered PNG files; says what was decided
    #[arg(long, value_name = "FOLDER")]
    explain: Option<PathBuf>,
    /// Model file, or `builtin` [default: models/digits.bin if it is there, else the built-in one]
    #[arg(long)]
    model: Option<PathBuf>,
    /// Draw what the network saw
    #[arg(long, conflicts_with = "json")]
    show: bool,
    /// PNG file to write: what the network saw
    #[arg(long, value_name = "FILE")]
    save_input: Option<PathBuf>,
    /// Nothing on stderr but errors and, with --json, the table of --labels
    #[arg(long)]
    quiet: bool,
    /// One JSON line per picture on stdout
    #[arg(long)]
    json: bool,
}

/// Why not all of an answer are digits, each with at least the probability `least`; none if they are.
fn doubt(answer: &Answer, least: f32) -> Option<String> {
    let readings = answer.readings();
    if readings.is_empty() {
        return Some(Status::Blank.name().to_owned());
    }
    let doubt = |reading: &Reading| match (reading.status, &reading.prediction) {
        (Status::Digit, Some(prediction)) => (prediction.probability < least)
            .then(|| format!("a probability of {}, below {least}", prediction.probability)),
        (status, _) => Some(status.name().to_owned()),
    };
    readings.into_iter().find_map(doubt)
}

impl PredictArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let least = self.min_confidence.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&least) {
            return Err(Error::parameter("min-confidence", "a probability from 0 to 1", least).into());
        }
        match (&self.kaggle, &self.output) {
            (Some(table), _) => return self.submit(table),
            (None, Some(output)) => {
                let expected = "it only with --kaggle, whose submission it is";
                return Err(Error::parameter("output", expected, output.display()).into());
            }
            (None, None) => {}
        }
        if let Some(source) = &self.jsonl {
            return self.answer_records(source, least);
        }
        let found = files::expand(&self.images);
        let (files, skipped, unread) = (found.files, found.skipped, found.unread);
        for error in &unread {
            message(&format!("error: {error}"));
        }
        if files.is_empty() {
            return Ok(ExitCode::from(3));
        }
        self.check_count(files.len())?;
        let (model, name) = source::model(self.model.as_deref(), self.quiet)?;
        let inputs = self.inputs(&files, &name);
        let mut save_input = self.input_file(&inputs)?;
        let recognizer = Recognizer::new(model)?;
        let names = &recognizer.model().class_names;
        let labels = self.labels.as_deref().map(|source| Labels::load(source, names));
        let mut score = labels.transpose()?.map(|labels| Score::new(labels, &files));
        let team = Team::new(usize::from(files.len() == 1))?;
        let (mut failed, mut doubted) = (unread.len(), 0);
        let explained = OnceLock::new();
        for files in files.chunks(AT_ONCE) {
            let mut answers: Vec<Option<Result<Answer>>> = files.iter().map(|_| None).collect();
            team.for_each(files.iter().zip(&mut answers), |(path, answer)| {
                *answer = Some(files::read(path).and_then(|bytes| {
                    let answer = unbroken(|| Answer::of(&recognizer, &bytes, self.many))?;
                    // There is one picture then, which stdin would not give twice.
                    if self.explain.is_some() {
                        let _ = explained.set(bytes);
                    }
                    Ok(answer)
                }));
            });
            for (path, answer) in files.iter().zip(answers.into_iter().flatten()) {
                self.print_answer(path, &answer, &recognizer)?;
                match &answer {
                    Ok(answer) => {
                        doubted += usize::from(self.is_doubted(path, answer));
                        if let Answer::One(reading) = answer {
                            self.one_more(path, reading, &mut save_input, score.as_mut())?;
                            if let (Some(folder), Some(bytes)) = (&self.explain, explained.get()) {
                                self.explain(bytes, reading, &recognizer, (folder, &inputs))?;
                            }
                        }
                    }
                    Err(error) => {
                        failed += 1;
                        if let Some(score) = &mut score {
                            score.count(path, None);
                        }
                        message(&format!("error: {}", named(path, error)));
                    }
                }
            }
        }
        if let (Some(output), true) = (&self.save_input, save_input.is_some() && failed == unread.len()) {
            self.tell_unsaved(output);
        }
        self.print_score(score.as_ref())?;
        let named = files.len() + unread.len();
        if !self.quiet && (named > 1 || skipped > 0) {
            let (read, skipped) = (counted(named - failed, "picture"), counted(skipped, "other file"));
            message(&format!("{read} read, {failed} not, {skipped} skipped"));
        }
        Ok(match failed {
            0 if doubted > 0 => ExitCode::from(4),
            0 => ExitCode::SUCCESS,
            failed if failed == named => ExitCode::from(3),
            _ => ExitCode::from(5),
        })
    }

    /// Refuses what can be written of one picture only, if there are as many as this.
    fn check_count(&self, count: usize) -> Result<()> {
        for (flag, given) in [
            ("save-input", self.save_input.is_some()),
            ("explain", self.explain.is_some()),
        ] {
            if given && count != 1 {
                return Err(Error::parameter(flag, "one picture", count));
            }
        }
        Ok(())
    }

    /// The file for what the network saw, if that is wanted: none of the `inputs`.
    fn input_file(&self, inputs: &[PathBuf]) -> Result<Option<AtomicFile>> {
        let Some(output) = &self.save_input else {
            return Ok(None);
        };
        let ending = output.extension().map(OsStr::to_ascii_lowercase);
        if ending.is_some_and(|ending| ending != "png") {
            let expected = "a name that ends in .png, which is what is written";
            return Err(Error::parameter("save-input", expected, output.display()));
        }
        source::check_output("save-input", output, inputs)?;
        AtomicFile::create(output).map(Some)
    }

    /// Prints the table of what was read rightly, if that is wanted: beside JSON lines for people only.
    fn print_score(&self, score: Option<&Score>) -> anyhow::Result<()> {
        match score.map(Score::table) {
            Some(table) if self.json => message(table.trim_end()),
            Some(table) => print(&table)?,
            None => {}
        }
        Ok(())
    }

    /// Whether `--min-confidence` asks for a surer answer; says why.
    fn is_doubted(&self, path: &Path, answer: &Answer) -> bool {
        let doubt = self.min_confidence.and_then(|least| doubt(answer, least));
        if let (Some(doubt), false) = (&doubt, self.quiet) {
            message(&format!("{}: not sure enough: {doubt}", path.display()));
        }
        doubt.is_some()
    }

    /// What is read, and so not written over: `files`, the model of that `name`, and the table of labels.
    fn inputs(&self, files: &[PathBuf], name: &Path) -> Vec<PathBuf> {
        let files = files.iter().cloned();
        files
            .chain(source::behind(name))
            .chain(self.labels.clone())
            .collect()
    }

    fn print_answer(
        &self,
        path: &Path,
        answer: &Result<Answer>,
        recognizer: &Recognizer,
    ) -> anyhow::Result<()> {
        let several = self.images.len() > 1 || path != self.images[0];
        let text = if self.json {
            format!("{}\n", json::line(None, Some(path), answer, recognizer)?)
        } else {
            self.lines(path, answer, recognizer, several)
        };
        print(&text)
    }

    /// What else was asked for with a picture of one digit.
    fn one_more(
        &self,
        path: &Path,
        reading: &Reading,
        save_input: &mut Option<AtomicFile>,
        score: Option<&mut Score>,
    ) -> anyhow::Result<()> {
        if let Some(prediction) = &reading.prediction
            && let Some(file) = save_input.take()
        {
            file.finish(&png(&prediction.image)?)?;
        }
        if let Some(score) = score {
            score.count(path, Some(reading));
        }
        // Of a folder's pictures, many may show more: nobody wants to be told each time.
        let is_alone = self.images == [path];
        if reading.others > 0 && is_alone && !self.quiet && self.labels.is_none() {
            message(&format!(
                "{}: {} more; --many reads all",
                path.display(),
                reading.others
            ));
        }
        Ok(())
    }

    /// Says why what the network saw is not at `output`.
    fn tell_unsaved(&self, output: &Path) {
        if !self.quiet {
            let output = output.display();
            message(&format!(
                "{output}: not written, for the network has seen nothing"
            ));
        }
    }

    /// What people read of one picture.
    fn lines(&self, path: &Path, answer: &Result<Answer>, recognizer: &Recognizer, several: bool) -> String {
        let name = if several {
            format!("{}: ", plain(&path.to_string_lossy()))
        } else {
            String::new()
        };
        match answer {
            Err(_) => String::new(),
            Ok(Answer::Many(lines)) => {
                // Names may come from anywhere, lines are ours.
                let text = text(lines, recognizer);
                let lines_of_text = text.lines().map(plain).collect::<Vec<_>>();
                match (text.is_empty(), several) {
                    (true, _) => format!("{name}{}\n", status_of(lines, recognizer)),
                    (false, true) => format!("{name}{}\n", lines_of_text.join(" ")),
                    (false, false) => lines_of_text.join("\n") + "\n",
                }
            }
            Ok(Answer::One(reading)) => {
                let mut line = format!("{name}{}\n", words(reading, recognizer));
                if self.show
                    && let Some(prediction) = &reading.prediction
                {
                    line += &drawing(prediction);
                }
                line
            }
        }
    }
}

/// A reading in words.
fn words(reading: &Reading, recognizer: &Recognizer) -> String {
    let Some(prediction) = reading.guess() else {
        return reading.status.name().to_owned();
    };
    let mut ranked: Vec<(usize, f32)> = prediction.probabilities.iter().copied().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let named = |class, probability| {
        let name = plain(recognizer.name_of(class));
        format!("{name} ({:.2} %)", 100.0 * probability)
    };
    let mut text = named(prediction.digit, prediction.probability);
    for &(class, probability) in ranked.iter().skip(1).take(RUNNER_UPS) {
        let _ = write!(text, ", {}", named(class, probability));
    }
    if reading.status == Status::Uncertain {
        text.push_str(", uncertain");
    }
    text
}

/// The message of `error` with the picture's name, unless it has one.
fn named(path: &Path, error: &Error) -> String {
    match error {
        Error::Picture { .. } => format!("{}: {error}", path.display()),
        _ => error.to_string(),
    }
}
