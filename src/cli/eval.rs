//! `digits eval`

mod details;
mod json;
mod outputs;
mod text;

use super::number;
use super::output::{message, plain, print};
#[cfg(feature = "report")]
use super::page;
use super::robustness::Robustness;
use super::source;
use crate::dataset::mnist::Mnist;
use crate::dataset::{Dataset, kaggle};
use crate::error::Result;
use crate::metrics::{Metrics, argmax, mistakes};
use crate::model_file::Model;
use crate::parallel::Team;
#[cfg(feature = "report")]
use crate::report;
use crate::train::probabilities;
use clap::{Args, ValueEnum};
use details::Details;
use ndarray::{Array1, Array2};
use outputs::Outputs;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to do where the test set has no labels.
const UNLABELLED: &str = "go by the validation accuracy that `digits train` reports, measure on what was trained on by `digits eval \
                          --split train`, or let Kaggle measure what `digits predict --kaggle test.csv --output submission.csv` writes";
/// Mistakes that are listed.
const LISTED_MISTAKES: usize = 10;

#[derive(Debug, Args)]
pub(super) struct EvalArgs {
    /// Model file, or `builtin` [default: models/digits.bin if it is there, else the built-in one]
    #[arg(long)]
    model: Option<PathBuf>,
    /// Folder of the data set [default: `DIGITS_DATA`, else ./data, else data beside the executable]
    #[arg(long)]
    data: Option<PathBuf>,
    /// The set to measure on
    #[arg(long, value_enum, default_value = "test")]
    split: Split,
    /// CSV file to write: index, label, prediction and the probability of every class
    #[arg(long)]
    predictions: Option<PathBuf>,
    /// Measure also under the 15 corruptions of MNIST-C: noise, blur, tilt, fog and others
    #[arg(long)]
    robustness: bool,
    /// HTML page to write: the figures as charts, the mistakes as pictures, and what they come from
    #[cfg(feature = "report")]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Threads; 0 takes one per processor
    #[arg(long, default_value_t = 0, value_parser = number::whole::<usize>)]
    threads: usize,
    /// Nothing on stderr but errors
    #[arg(long)]
    quiet: bool,
    /// One JSON object on stdout
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Split {
    Test,
    Train,
}

#[cfg(feature = "report")]
impl Split {
    fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Train => "training",
        }
    }
}

impl EvalArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let (model, name) = source::model(self.model.as_deref(), self.quiet)?;
        let outputs = Outputs::create(self, &source::behind(&name))?;
        let team = Team::new(self.threads)?;
        let data = source::data(self.data.as_deref(), self.quiet)?;
        Outputs::check(self, &data.files)?;
        if !self.quiet {
            warn_of_other_classes(&model, &name, &data.class_names);
        }
        let genuine = data.is_genuine();
        #[cfg(feature = "report")]
        let data_checksum = data.checksum();
        let set = self.set(data)?;
        let classes = model.class_names.len();
        if set.classes() > classes {
            let expected = format!("at least {} classes", set.classes());
            return Err(source::unfit(&name, &expected, classes).into());
        }

        let probabilities = probabilities(&model, &set, &team);
        let metrics = Metrics::of(&probabilities, &set.labels);
        if !metrics.loss.is_finite() {
            return Err(source::unfit(&name, "finite probabilities", metrics.loss).into());
        }
        if let Some(table) = outputs.predictions {
            table.finish(predictions_csv(&probabilities, &set.labels).as_bytes())?;
        }
        let names: Vec<String> = model.class_names.iter().map(|name| plain(name)).collect();
        let robustness = self.robustness.then(|| Robustness::measure(&model, &set, &team));
        #[cfg(feature = "report")]
        if let Some(page) = outputs.report {
            let evaluation = report::Evaluation {
                command: page::command_line(),
                model: &model,
                model_name: name.display().to_string(),
                names: &names,
                history: page::history(&name),
                data_folder: source::data_folder(self.data.as_deref()).display().to_string(),
                data_checksum,
                genuine,
                split: self.split.name(),
                set: &set,
                probabilities: &probabilities,
                metrics: &metrics,
                robustness: robustness
                    .as_ref()
                    .map(|robustness| page::corrupted(robustness, &set, &team)),
            };
            page.finish(report::page(&evaluation)?.as_bytes())?;
        }

        let details = Details::of(&probabilities, &set.labels, genuine && self.split == Split::Test);
        let mut mistakes = mistakes(&probabilities, &set.labels);
        mistakes.truncate(LISTED_MISTAKES);
        if self.json {
            let object = json::Evaluation::of(&name, &model, &metrics, &details, &mistakes, robustness);
            print(&format!("{}\n", serde_json::to_string(&object)?))?;
        } else {
            let table = robustness.map(|robustness| robustness.table(&metrics));
            let summary = text::summary(&metrics, &details, &mistakes, &names);
            print(&(summary + &table.unwrap_or_default()))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The set to measure on.
    fn set(&self, data: Mnist) -> Result<Dataset> {
        let set = match self.split {
            Split::Test => data.test,
            Split::Train => data.train,
        };
        if set.is_empty() {
            let folder = source::data_folder(self.data.as_deref());
            return Err(kaggle::unlabelled(&folder, "labels to measure by", UNLABELLED));
        }
        Ok(set)
    }
}

/// Says on stderr that the model `name` knows other classes than the data set's, if it does.
fn warn_of_other_classes(model: &Model, name: &Path, class_names: &[String]) {
    if !source::knows(model, class_names) {
        message(&format!(
            "warning: {name} knows the classes {}, the data set has {}: was it trained on data like these?",
            plain(&model.class_names.join(" ")),
            plain(&class_names.join(" ")),
            name = name.display(),
        ));
    }
}

/// One row per image: index, label, prediction, the probability of every class.
fn predictions_csv(probabilities: &Array2<f32>, labels: &Array1<u8>) -> String {
    let mut csv = String::from("index,label,prediction");
    for class in 0..probabilities.ncols() {
        let _ = write!(csv, ",p{class}");
    }
    for (index, (row, label)) in probabilities.outer_iter().zip(labels).enumerate() {
        let _ = write!(csv, "\n{index},{label},{}", argmax(&row));
        for probability in row {
            let _ = write!(csv, ",{probability}");
        }
    }
    csv.push('\n');
    csv
}
