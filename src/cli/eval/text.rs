//! What `digits eval` prints for people. (Writing to a string cannot fail.)

use super::details::Details;
use crate::cli::output::percent;
use crate::columns::{right, shortened, widest};
use crate::dataset::mnist;
use crate::metrics::{Metrics, Mistake};
use std::fmt::Write as _;

/// The most classes whose confusion matrix fits a terminal, and the confused pairs that are listed in its place.
const MATRIX: usize = 20;
const LISTED_PAIRS: usize = 20;
/// Columns of a count in that matrix, and of the name above it.
const COUNT: usize = 6;

/// All of it but the table of corruptions.
pub(super) fn summary(
    metrics: &Metrics,
    details: &Details,
    mistakes: &[Mistake],
    names: &[String],
) -> String {
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
