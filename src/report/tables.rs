//! Tables with bars: a row a class, a confused pair, a corruption.

use super::gallery::digit;
use super::text::{escape, grouped, percent};
use crate::error::Result;
use crate::metrics::{Bin, Metrics};
use std::fmt::Write as _;

/// Confused pairs that are listed.
const PAIRS: usize = 12;

/// What a model did on a corrupted copy of the set.
pub(crate) struct Corrupted {
    /// The corruption's name.
    pub(crate) name: &'static str,
    /// What came out.
    pub(crate) metrics: Metrics,
    /// The first image of the copy, 784 pixels.
    pub(crate) example: Vec<u8>,
}

/// A table: the head's cells, then each row's, the first of which names it.
pub(super) fn table(caption: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut html = format!("<div class=\"wide\"><table>\n<caption>{caption}</caption>\n<thead><tr>");
    for cell in head {
        let _ = write!(html, "<th scope=\"col\">{cell}</th>");
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for (index, cell) in row.iter().enumerate() {
            let _ = match index {
                0 => write!(html, "<th scope=\"row\">{cell}</th>"),
                _ => write!(html, "<td>{cell}</td>"),
            };
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
    html
}

/// A bar of a share, 0..=1, of its cell's width; what it stands for is written beside it.
fn bar(class: &str, share: f64) -> String {
    let width = 100.0
        * if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        };
    format!(
        "<svg class=\"meter\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect width=\"100\" height=\"6\" class=\"track\"/><rect width=\"{width:.2}\" height=\"6\" class=\"{class}\"/></svg>"
    )
}

/// Precision, recall and F1 of every class, dashes for those without images; bars show what is missing to 100 %.
pub(super) fn classes(metrics: &Metrics, names: &[String]) -> String {
    let classes = metrics.classes();
    let seen = classes.iter().filter(|class| class.support > 0);
    let missing = seen.flat_map(|class| [1.0 - class.recall, 1.0 - class.precision]);
    let most = missing.fold(0.0, f64::max);
    let cell = |share: f64| format!("{}{}", percent(share), bar("wrong", (1.0 - share) / most));
    let caption = if most > 0.0 {
        format!(
            "Bars show what is missing to 100 %: a full one {}.",
            percent(most)
        )
    } else {
        "Nothing is missing.".to_owned()
    };
    let rows = names.iter().zip(&classes).map(|(name, class)| {
        let figures = if class.support > 0 {
            [cell(class.recall), cell(class.precision), percent(class.f1)]
        } else {
            ["–"; 3].map(str::to_owned)
        };
        let head = [escape(name), grouped(class.support)];
        head.into_iter().chain(figures).collect()
    });
    table(&caption, &["class", "images", "recall", "precision", "F1"], rows)
}

/// The pairs of classes that were confused most often.
pub(super) fn pairs(metrics: &Metrics, names: &[String]) -> String {
    let pairs = metrics.confusions();
    let most = pairs.first().map_or(1, |pair| pair.1);
    let caption = format!("The most frequent of {} kinds of mistakes.", pairs.len());
    let rows = pairs.into_iter().take(PAIRS).map(|([row, column], count)| {
        let of = metrics.confusion.row(row).sum();
        let share = percent(count as f64 / of as f64);
        let count = format!("{}{}", grouped(count), bar("wrong", count as f64 / most as f64));
        vec![
            format!("{} → {}", escape(&names[row]), escape(&names[column])),
            count,
            share,
        ]
    });
    table(&caption, &["truth → prediction", "images", "of the class"], rows)
}

/// Accuracies under every corruption, the highest first, and without any.
pub(super) fn corruptions(corrupted: &[Corrupted], clean: &Metrics, example: &[u8]) -> Result<String> {
    let mut order: Vec<&Corrupted> = corrupted.iter().collect();
    order.sort_by(|a, b| b.metrics.accuracy.total_cmp(&a.metrics.accuracy));
    let row = |name: &str, pixels: &[u8], metrics: &Metrics| -> Result<Vec<String>> {
        let [low, high] = metrics.interval().map(|end| format!("{:.2}", 100.0 * end));
        let picture = format!(
            "<img class=\"digit\" src=\"{}\" width=\"28\" height=\"28\" alt=\"\">",
            digit(pixels.iter().copied())?
        );
        let accuracy = format!("{}{}", percent(metrics.accuracy), bar("bar", metrics.accuracy));
        Ok(vec![name.to_owned(), picture, accuracy, format!("{low}–{high}")])
    };
    let mut rows = vec![row("none", example, clean)?];
    for corrupted in order {
        rows.push(row(corrupted.name, &corrupted.example, &corrupted.metrics)?);
    }
    let sum: f64 = corrupted.iter().map(|corrupted| corrupted.metrics.accuracy).sum();
    let caption = format!(
        "{} on average over the {} corruptions; the pictures show what each does to the first image.",
        percent(sum / corrupted.len().max(1) as f64),
        corrupted.len()
    );
    let head = ["corruption", "example", "accuracy", "95 % interval, %"];
    Ok(table(&caption, &head, rows.into_iter()))
}

/// What the reliability diagram shows, in numbers.
pub(super) fn bins(bins: &[Bin]) -> String {
    let width = 100.0 / bins.len() as f64;
    let rows = bins.iter().enumerate().map(|(index, bin)| {
        let share = |share: Option<f64>| share.map_or("–".to_owned(), percent);
        let range = format!("{:.1}–{:.1} %", width * index as f64, width * (index + 1) as f64);
        vec![
            range,
            grouped(bin.count),
            share(bin.confidence()),
            share(bin.accuracy()),
        ]
    });
    let caption = "Predictions by the probability of their class.";
    table(caption, &["confidence", "images", "mean", "accuracy"], rows)
}
