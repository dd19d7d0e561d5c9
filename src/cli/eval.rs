//! `digits eval`

mod json;

use super::number;
use super::output::{message, percent, plain, print};
#[cfg(feature = "report")]
use super::page;
use super::robustness::Robustness;
use super::source;
use crate::columns::{right, shortened, widest};
use crate::dataset::{kaggle, mnist};
use crate::files::AtomicFile;
use crate::metrics::{Metrics, Mistake, accuracy_where, argmax, calibration_error, mistakes};
use crate::parallel::Team;
#[cfg(feature = "report")]
use crate::report;
use crate::train::probabilities;
use clap::{Args, ValueEnum};
use ndarray::{Array1, Array2};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do where the test set has no labels.
const UNLABELLED: &str = "go by the validation accuracy that `digits train` reports, measure on what was trained on by `digits eval \
                          --split train`, or let Kaggle measure what `digits predict --kaggle test.csv --output submission.csv` writes";
/// Mistakes that are listed.
const LISTED_MISTAKES: usize = 10;
/// The most classes whose confusion matrix fits a terminal, and the confused pairs that are listed in its place.
const MATRIX: usize = 20;
const LISTED_PAIRS: usize = 20;
/// Columns of a count in that matrix, and of the name above it.
const COUNT: usize = 6;

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
        let behind = source::behind(&name);
        if let Some(table) = &self.predictions {
            source::check_output("predictions", table, &behind)?;
        }
        let table = self.predictions.as_deref().map(AtomicFile::create).transpose()?;
        #[cfg(feature = "report")]
        if let Some(page) = &self.report {
            // By now the table's folder is there, which may be the page's.
            let taken: Vec<&PathBuf> = behind.iter().chain(&self.predictions).collect();
            source::check_output("report", page, &taken)?;
        }
        #[cfg(feature = "report")]
        let page = self.report.as_deref().map(AtomicFile::create).transpose()?;
        let team = Team::new(self.threads)?;
        let data = source::data(self.data.as_deref(), self.quiet)?;
        if let Some(table) = &self.predictions {
            source::check_output("predictions", table, &data.files)?;
        }
        #[cfg(feature = "report")]
        if let Some(page) = &self.report {
            source::check_output("report", page, &data.files)?;
        }
        if !self.quiet && !source::knows(&model, &data.class_names) {
            message(&format!(
                "warning: {name} knows the classes {}, the data set has {}: was it trained on data like these?",
                plain(&model.class_names.join(" ")),
                plain(&data.class_names.join(" ")),
                name = name.display(),
            ));
        }
        let genuine = data.is_genuine();
        #[cfg(feature = "report")]
        let data_checksum = data.checksum();
        let set = if self.split == Split::Test {
            data.test
        } else {
            data.train
        };
        if set.is_empty() {
            let folder = source::data_folder(self.data.as_deref());
            return Err(kaggle::unlabelled(&folder, "labels to measure by", UNLABELLED).into());
        }
        let classes = model.class_names.len();
        if set.classes() > classes {
            let expected = format!("at least {} classes", set.classes());
            return Err(source::unfit(&name, &expected, classes).into());
        }
        let genuine_test = genuine && self.split == Split::Test;
        let probabilities = probabilities(&model, &set, &team);
        let metrics = Metrics::of(&probabilities, &set.labels);
        if !metrics.loss.is_finite() {
            return Err(source::unfit(&name, "finite probabilities", metrics.loss).into());
        }
        let names: Vec<String> = model.class_names.iter().map(|name| plain(name)).collect();
        let details = Details::of(&probabilities, &set.labels, genuine_test);
        if let Some(table) = table {
            table.finish(predictions_csv(&probabilities, &set.labels).as_bytes())?;
        }
        let robustness = self.robustness.then(|| Robustness::measure(&model, &set, &team));
        #[cfg(feature = "report")]
        if let Some(page) = page {
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
        let mut mistakes = mistakes(&probabilities, &set.labels);
        mistakes.truncate(LISTED_MISTAKES);
        let text = if self.json {
            let object = json::Evaluation::of(&name, &model, &metrics, &details, &mistakes, robustness);
            format!("{}\n", serde_json::to_string(&object)?)
        } else {
            let table = robustness.map(|robustness| robustness.table(&metrics));
            summary(&metrics, &details, &mistakes, &names) + &table.unwrap_or_default()
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What accuracy and loss leave open.
struct Details {
    calibration_error: f64,
    /// Accuracies of the two halves: those of MNIST's test set come from different collections of writers.
    /// That of one image has nothing in its first half.
    halves: [Option<f64>; 2],
    without_disputed: Option<f64>,
}

impl Details {
    fn of(probabilities: &Array2<f32>, labels: &Array1<u8>, genuine_test: bool) -> Self {
        let middle = labels.len() / 2;
        let without_disputed = || {
            accuracy_where(probabilities, labels, |index| {
                !mnist::DISPUTED_TEST_LABELS.contains(&index)
            })
        };
        Self {
            calibration_error: calibration_error(probabilities, labels),
            halves: [
                (middle > 0).then(|| accuracy_where(probabilities, labels, |index| index < middle)),
                Some(accuracy_where(probabilities, labels, |index| index >= middle)),
            ],
            without_disputed: genuine_test.then(without_disputed),
        }
    }
}

/// What people read. (Writing to a string cannot fail.)
fn summary(metrics: &Metrics, details: &Details, mistakes: &[Mistake], names: &[String]) -> String {
    let [first, second] = details.halves.map(|accuracy| {
        accuracy.map_or("without images".to_owned(), |accuracy| {
            format!("{:.2} %", 100.0 * accuracy)
        })
    });
    let mut text = format!(
        "accuracy {} ({} of {} images), loss {:.4}, expected calibration error {:.4}\n\
         first half {first}, second half {second}",
        percent(metrics.accuracy, metrics.standard_error()),
        metrics.confusion.diag().sum(),
        metrics.count,
        metrics.loss,
        details.calibration_error,
    );
    if let Some(accuracy) = details.without_disputed {
        let count = mnist::DISPUTED_TEST_LABELS.len();
        let _ = write!(
            text,
            "; without {count} disputed labels {:.2} %",
            100.0 * accuracy
        );
    }
    let columns = widest(names, "class".len());
    let _ = writeln!(
        text,
        "\n\n{}  precision  recall      F1  images",
        right("class", columns)
    );
    for (name, class) in names.iter().zip(metrics.classes()) {
        let (name, count) = (right(name, columns), class.support);
        let _ = if count == 0 {
            // Of what is not in the set nothing can be said.
            writeln!(text, "{name}  {0:>9} {0:>8} {0:>7}  {count:6}", "·")
        } else {
            let [precision, recall, f1] =
                [class.precision, class.recall, class.f1].map(|share| 100.0 * share);
            writeln!(
                text,
                "{name}  {precision:7.2} % {recall:6.2} % {f1:5.2} %  {count:6}"
            )
        };
    }
    text += &if names.len() > MATRIX {
        confused_pairs(metrics, names, columns)
    } else {
        confusion_matrix(metrics, names, columns)
    };

    let predicted = columns.max("predicted".len() + 1);
    let _ = writeln!(
        text,
        "\nmost confident mistakes\n  index {} {}  probability",
        right("true", columns),
        right("predicted", predicted)
    );
    for mistake in mistakes {
        let [label, prediction] = [(mistake.label, columns), (mistake.prediction, predicted)]
            .map(|(class, columns)| right(&names[class], columns));
        let _ = writeln!(
            text,
            "{:>7} {label} {prediction} {:>10.2} %",
            mistake.index,
            100.0 * mistake.probability
        );
    }
    text
}

/// What was taken for what, how often.
fn confusion_matrix(metrics: &Metrics, names: &[String], columns: usize) -> String {
    let mut text = String::from("\nconfusion (rows: true class, columns: predicted)\n");
    text += &" ".repeat(columns);
    for name in names {
        text += &right(&shortened(name, COUNT - 1), COUNT);
    }
    for (name, row) in names.iter().zip(metrics.confusion.outer_iter()) {
        let _ = write!(text, "\n{}", right(name, columns));
        for &count in row {
            // A zero is nothing to read: a dot lets the others stand out.
            let _ = if count == 0 {
                write!(text, "{:>COUNT$}", "·")
            } else {
                write!(text, "{count:>COUNT$}")
            };
        }
    }
    text.push('\n');
    text
}

/// The most frequent of the mistakes that a matrix of many classes would show.
fn confused_pairs(metrics: &Metrics, names: &[String], columns: usize) -> String {
    let predicted = columns.max("predicted".len() + 1);
    let mut text = format!(
        "\nmost frequent mistakes (the whole confusion matrix: --json)\n{} {}  images  of the class\n",
        right("true", columns),
        right("predicted", predicted)
    );
    for ([label, prediction], count) in metrics.confusions().into_iter().take(LISTED_PAIRS) {
        let share = count as f64 / metrics.confusion.row(label).sum() as f64;
        let [label, prediction] =
            [(label, columns), (prediction, predicted)].map(|(class, columns)| right(&names[class], columns));
        let _ = writeln!(text, "{label} {prediction} {count:>7} {:>11.2} %", 100.0 * share);
    }
    text
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
