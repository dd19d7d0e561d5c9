//! The confusion matrix as a heat map.

use super::svg::{Anchor, Svg};
use crate::columns::shortened;
use crate::metrics::Metrics;

/// Side of a cell that holds a count, and the space for the names of the classes.
const CELL: f64 = 36.0;
const NAMES: f64 = 58.0;
/// The most columns of letters that a class name has room for.
const LETTERS: usize = 5;
/// The strongest and the faintest shade of a mistake: dark letters stay readable on all between.
const STRONGEST: f64 = 0.7;
const FAINTEST: f64 = 0.12;

/// Width and height of the map of so many classes.
pub(super) fn side(classes: usize) -> f64 {
    NAMES + CELL * classes as f64 + 2.0
}

/// Rows are true classes, columns predicted ones. Mistakes are shaded by their share of the row, by its square root,
/// so that the rare ones show; what is right has a shade of its own, or nothing else would be seen.
pub(super) fn heat_map(metrics: &Metrics, names: &[String]) -> String {
    let side = CELL * names.len() as f64;
    let whole = self::side(names.len());
    let wrong = metrics.count as u64 - metrics.confusion.diag().sum();
    let label = format!(
        "Confusion matrix of {0} by {0} classes: {1} images on the diagonal are right, {wrong} beside it are mistakes",
        names.len(),
        metrics.count as u64 - wrong
    );
    let mut svg = Svg::new([whole, whole], &label);
    let at = |class: usize| NAMES + CELL * class as f64;
    let middle = |class: usize| at(class) + CELL / 2.0;
    svg.text(
        [NAMES + side / 2.0, 16.0],
        Anchor::Middle,
        "quiet",
        "predicted class",
    );
    svg.text_upwards([14.0, NAMES + side / 2.0], Anchor::Middle, "quiet", "true class");
    for (class, name) in names.iter().enumerate() {
        let name = shortened(name, LETTERS);
        svg.text([middle(class), NAMES - 10.0], Anchor::Middle, "strong", &name);
        svg.text([NAMES - 10.0, middle(class) + 4.0], Anchor::End, "strong", &name);
    }
    let share = |row: usize, count: u64| (count as f64 / metrics.confusion.row(row).sum() as f64).sqrt();
    let wrong = metrics
        .confusion
        .indexed_iter()
        .filter(|((row, column), _)| row != column);
    let most = wrong.fold(0.0, |most: f64, ((row, _), &count)| most.max(share(row, count)));
    for ((row, column), &count) in metrics.confusion.indexed_iter() {
        if count == 0 && row != column {
            continue;
        }
        let (class, opacity) = if row == column {
            ("right", 1.0)
        } else {
            (
                "wrong",
                FAINTEST + (STRONGEST - FAINTEST) * share(row, count) / most,
            )
        };
        svg.rectangle(
            [at(column) + 1.0, at(row) + 1.0],
            [CELL - 2.0, CELL - 2.0],
            class,
            opacity,
        );
        let class = if row == column {
            "numbers strong small"
        } else {
            "numbers small"
        };
        svg.text(
            [middle(column), middle(row) + 4.0],
            Anchor::Middle,
            class,
            &count.to_string(),
        );
    }
    for class in 0..=names.len() {
        svg.line(&[[NAMES, at(class)], [NAMES + side, at(class)]], "grid");
        svg.line(&[[at(class), NAMES], [at(class), NAMES + side]], "grid");
    }
    svg.inline()
}
