//! The page of an evaluation: one HTML file that needs nothing else.

use super::curves::{self, Figure};
use super::filters::Filters;
use super::gallery::gallery;
use super::tables::{self, Corrupted};
use super::text::{escape, grouped, percent};
use super::{History, confusion, provenance, reliability, svg};
use crate::columns::shortened;
use crate::dataset::{Dataset, PIXELS};
use crate::error::Result;
use crate::metrics::{self, Metrics};
use crate::model_file::Model;
use ndarray::Array2;

/// The most columns of letters that a class name takes.
const LETTERS: usize = 24;
/// The most classes whose confusion matrix is readable in a column.
const NARROW: usize = 12;

/// What a page tells of.
pub(crate) struct Evaluation<'a> {
    /// The command line.
    pub(crate) command: String,
    pub(crate) model: &'a Model,
    /// The model's file.
    pub(crate) model_name: String,
    /// The name of each class.
    pub(crate) names: &'a [String],
    /// The training's history, or why there is none.
    pub(crate) history: std::result::Result<History, String>,
    pub(crate) data_folder: String,
    pub(crate) data_checksum: String,
    /// Whether the data are MNIST's own.
    pub(crate) genuine: bool,
    /// The name of the set, and its images.
    pub(crate) split: &'static str,
    pub(crate) set: &'a Dataset,
    /// What the model says of them, shape (N, C).
    pub(crate) probabilities: &'a Array2<f32>,
    pub(crate) metrics: &'a Metrics,
    /// What it did under every corruption, if that was measured.
    pub(crate) robustness: Option<Vec<Corrupted>>,
}

/// The page.
pub(crate) fn page(evaluation: &Evaluation) -> Result<String> {
    let metrics = evaluation.metrics;
    let names: Vec<String> = evaluation
        .names
        .iter()
        .map(|name| shortened(name, LETTERS))
        .collect();
    let labels = &evaluation.set.labels;
    let error = metrics::calibration_error(evaluation.probabilities, labels);
    let bins = metrics::reliability(evaluation.probabilities, labels);
    let mistakes = metrics::mistakes(evaluation.probabilities, labels);

    let mut body = header(evaluation, error);
    body += &learning(&evaluation.history);
    let map = confusion::heat_map(metrics, &names);
    // A matrix of many classes is wider than a column, in which it scrolls.
    let least = if names.len() > NARROW {
        confusion::side(names.len())
    } else {
        0.0
    };
    let confusion = format!(
        "<div class=\"columns\"><figure class=\"wide\" style=\"--least:{least:.0}px\">{map}</figure>\n{}</div>\n",
        tables::pairs(metrics, &names)
    );
    body += &section(
        "What is taken for what",
        "Rows are true classes, columns predicted ones. The stronger the shade of a mistake, the larger its share of the row.",
        &confusion,
    );
    body += &section(
        "Each class",
        "Recall: of the images of a class, the share that is read as it. Precision: of those read as it, the share that is \
         of the class. F1 is their harmonic mean.",
        &tables::classes(metrics, &names),
    );
    let diagram = format!(
        "<div class=\"columns\"><figure>{}</figure>\n<details open><summary>In numbers</summary>\n{}</details></div>\n",
        reliability::diagram(&bins, error),
        tables::bins(&bins)
    );
    body += &section(
        "Does it know what it does not know?",
        "Each dot is a bin of predictions: how many are right, over how sure the model was. Lines are 95 % intervals; hollow dots \
         have fewer than 30 images. The bars count them, on a logarithmic scale.",
        &diagram,
    );
    if !mistakes.is_empty() {
        body += &section(
            "The most confident mistakes",
            "Truth → prediction, with its probability.",
            &gallery(&mistakes, evaluation.set, &names)?,
        );
    }
    if let Some(network) = evaluation.model.members.first()
        && let Some(filters) = Filters::of(network)?
    {
        let which = if evaluation.model.members.len() > 1 {
            "The first network. "
        } else {
            ""
        };
        body += &section(
            "What it looks for",
            &format!("{which}{}", filters.words),
            &filters.html,
        );
    }
    if let Some(corrupted) = &evaluation.robustness {
        let example: Vec<u8> = evaluation.set.images.iter().take(PIXELS).copied().collect();
        body += &section(
            "Under corruption",
            "The same images, spoiled in fifteen ways after MNIST-C (Mu &amp; Gilmer, 2019).",
            &tables::corruptions(corrupted, metrics, &example)?,
        );
    }
    body += &section("Where this comes from", "", &provenance::provenance(evaluation)?);
    let title = format!(
        "{}: {}",
        escape(&evaluation.model_name),
        percent(metrics.accuracy)
    );
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{}{}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        svg::STYLE,
        include_str!("page.css")
    ))
}

/// A part of the page; `words` and `body` are HTML.
fn section(title: &str, words: &str, body: &str) -> String {
    let words = if words.is_empty() {
        String::new()
    } else {
        format!("<p class=\"how\">{words}</p>\n")
    };
    format!("<section>\n<h2>{title}</h2>\n{words}{body}</section>\n")
}

/// What counts most, in large letters.
fn header(evaluation: &Evaluation, error: f64) -> String {
    let metrics = evaluation.metrics;
    let [low, high] = metrics.interval().map(|end| format!("{:.2}", 100.0 * end));
    let right = metrics.confusion.diag().sum();
    let figures = [
        (
            "Accuracy",
            percent(metrics.accuracy),
            format!("{low} to {high} % with 95 % confidence"),
        ),
        (
            "Mistakes",
            grouped(metrics.count as u64 - right),
            format!("of {} images", grouped(metrics.count as u64)),
        ),
        (
            "Loss",
            format!("{:.4}", metrics.loss),
            "mean of −ln p, p the true class’s probability".to_owned(),
        ),
        (
            "Calibration error",
            format!("{error:.4}"),
            "expected, over 15 bins of confidence".to_owned(),
        ),
    ];
    let figures = figures.map(|(name, value, note)| {
        format!("<div><dt>{name}</dt><dd><strong>{value}</strong> <small>{note}</small></dd></div>\n")
    });
    format!(
        "<header>\n<p class=\"kicker\">How well it reads the {} set of <code>{}</code></p>\n<h1>{}</h1>\n\
         <dl class=\"figures\">\n{}</dl>\n</header>\n",
        evaluation.split,
        escape(&evaluation.data_folder),
        escape(&evaluation.model_name),
        figures.concat()
    )
}

/// The learning curves, or why there are none.
fn learning(history: &std::result::Result<History, String>) -> String {
    let title = "How it learned";
    match history {
        Ok(history) => {
            let panels = [Figure::Loss, Figure::Accuracy].map(|figure| curves::panel(history, figure));
            let figures = panels.map(|panel| format!("<figure>{panel}</figure>\n"));
            section(
                title,
                "Training is measured while it goes on, on images that may be varied and with labels that may be smoothed; \
                 validation on images held out, after each epoch.",
                &format!("<div class=\"columns\">\n{}</div>\n", figures.concat()),
            )
        }
        Err(reason) => section(title, &escape(reason), ""),
    }
}
