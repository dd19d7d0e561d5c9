//! Learning curves: loss and accuracy over the epochs, of training and of validation.

use super::history::{History, Row};
use super::scale::{Scale, label, ticks};
use super::svg::{Anchor, Svg};
use super::text::percent;

/// Width and height of a panel, and its margins: left for the numbers, right for the names, above, and below for the
/// epochs.
const PANEL: [f64; 2] = [420.0, 260.0];
const LEFT: f64 = 44.0;
const RIGHT: f64 = 84.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 40.0;
/// Margin around the panels of a file.
const MARGIN: f64 = 24.0;
/// Least distance between two names: each has two lines.
const APART: f64 = 30.0;

/// What a panel shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    Loss,
    Accuracy,
}

impl Figure {
    fn title(self) -> &'static str {
        match self {
            Self::Loss => "Loss",
            Self::Accuracy => "Accuracy, %",
        }
    }

    /// The number of training, and of validation, as it is drawn.
    fn of(self, epoch: &Row) -> [Option<f64>; 2] {
        match self {
            Self::Loss => [Some(epoch.train_loss), epoch.validation_loss],
            Self::Accuracy => {
                [Some(epoch.train_accuracy), epoch.validation_accuracy].map(|share| Some(100.0 * share?))
            }
        }
    }

    fn words(self, number: f64) -> String {
        match self {
            Self::Loss => format!("{number:.4}"),
            Self::Accuracy => percent(number / 100.0),
        }
    }
}

/// A file that shows loss and accuracy side by side.
pub(crate) fn chart(history: &History) -> String {
    let size = [2.0 * PANEL[0] + 3.0 * MARGIN, PANEL[1] + 2.0 * MARGIN];
    let what = [Figure::Loss, Figure::Accuracy].map(|figure| description(history, figure));
    let mut svg = Svg::new(size, &what.join(". "));
    draw(&mut svg, [MARGIN, MARGIN], history, Figure::Loss);
    draw(
        &mut svg,
        [PANEL[0] + 2.0 * MARGIN, MARGIN],
        history,
        Figure::Accuracy,
    );
    svg.file()
}

/// One panel, for a page.
pub(super) fn panel(history: &History, figure: Figure) -> String {
    let mut svg = Svg::new(PANEL, &description(history, figure));
    draw(&mut svg, [0.0, 0.0], history, figure);
    svg.inline()
}

/// The panel in words.
fn description(history: &History, figure: Figure) -> String {
    let ends = history.last().map_or([None; 2], |epoch| figure.of(epoch));
    let ends = ["training", "validation"].into_iter().zip(ends);
    let ends: Vec<String> = ends
        .filter_map(|(name, number)| Some(format!("{name} {}", figure.words(number?))))
        .collect();
    let title = figure.title().trim_end_matches(", %");
    format!(
        "{title} over {} epochs, at the end: {}",
        history.len(),
        ends.join(", ")
    )
}

/// Draws a panel with its upper left corner at `corner`.
fn draw(svg: &mut Svg, [left, top]: [f64; 2], history: &History, figure: Figure) {
    let series = [0, 1].map(|index| history.curves(|epoch| figure.of(epoch)[index]));
    let points = || series.iter().flatten().flatten();
    let extent = |axis: usize| {
        let numbers = points().map(|point| point[axis]);
        numbers.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], number| {
            [low.min(number), high.max(number)]
        })
    };
    let ([first, last], [low, high]) = (extent(0), extent(1));
    svg.text([left, top + 12.0], Anchor::Start, "strong", figure.title());
    if points().next().is_none() {
        svg.text([left, top + 40.0], Anchor::Start, "quiet", "no number to draw");
        return;
    }
    // Losses stand on 0; accuracies, which all come close to 100 %, reach up to it.
    let marks = match figure {
        Figure::Loss => ticks(low.min(0.0), high, 4),
        Figure::Accuracy => ticks(low, 100.0, 4),
    };
    let (end, bottom) = (left + PANEL[0] - RIGHT, top + PANEL[1] - BOTTOM);
    let x = Scale {
        domain: [first, last],
        range: [left + LEFT, end],
    };
    let y = Scale {
        domain: [marks[0], marks[marks.len() - 1]],
        range: [bottom, top + TOP],
    };
    for &mark in &marks {
        let place = y.at(mark);
        svg.line(&[[left + LEFT, place], [end, place]], "grid");
        let text = label(mark, marks[1] - marks[0]);
        svg.text(
            [left + LEFT - 8.0, place + 4.0],
            Anchor::End,
            "quiet numbers",
            &text,
        );
    }
    svg.line(&[[left + LEFT, bottom], [end, bottom]], "axis");
    let epochs = ticks(first, last, 5);
    let step = (epochs[1] - epochs[0]).max(1.0);
    for epoch in epochs
        .into_iter()
        .filter(|epoch| (first..=last).contains(epoch) && epoch.fract() == 0.0)
    {
        svg.line(&[[x.at(epoch), bottom], [x.at(epoch), bottom + 4.0]], "axis");
        svg.text(
            [x.at(epoch), bottom + 18.0],
            Anchor::Middle,
            "quiet numbers",
            &label(epoch, step),
        );
    }
    svg.text(
        [(left + LEFT + end) / 2.0, bottom + 34.0],
        Anchor::Middle,
        "quiet",
        "epoch",
    );
    // Where members follow one another.
    for curve in series[0].iter().skip(1) {
        let place = x.at(curve[0][0] - 0.5);
        svg.line(&[[place, top + TOP], [place, bottom]], "grid");
    }
    // Validation is drawn last, so that it lies on top.
    let mut ends = Vec::new();
    for (index, (name, class)) in [("training", "second"), ("validation", "first")]
        .into_iter()
        .enumerate()
    {
        for curve in &series[index] {
            let places: Vec<[f64; 2]> = curve
                .iter()
                .map(|point| [x.at(point[0]), y.at(point[1])])
                .collect();
            svg.line(&places, class);
        }
        if let Some(&[_, number]) = series[index].last().and_then(|curve| curve.last()) {
            ends.push((y.at(number), name, class, number));
        }
    }
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut above = f64::NEG_INFINITY;
    // The last name's second line stays above the axis.
    let room = bottom - 12.0 - APART * (ends.len() as f64 - 1.0);
    for (index, (place, name, class, number)) in ends.into_iter().enumerate() {
        let place = place.min(room + APART * index as f64).max(above + APART);
        above = place;
        svg.text(
            [end + 8.0, place + 2.0],
            Anchor::Start,
            &format!("{class} strong"),
            name,
        );
        svg.text(
            [end + 8.0, place + 16.0],
            Anchor::Start,
            &format!("{class} numbers"),
            &figure.words(number),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_its_axes_and_ends_and_draws_each_member_apart() {
        let text = "epoch,step,train_loss,train_accuracy,validation_loss,validation_accuracy\n\
                    1,5,2.5,0.1,2,0.3\n2,10,1.5,0.5,1,0.625\n3,5,2.25,0.2,2.1,0.2\n4,10,1.25,0.4,1.125,0.5\n";
        let svg = chart(&History::parse(text).unwrap());
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" "));
        for words in [
            "<title>Loss over 4 epochs",
            ">epoch<",
            ">Accuracy, %<",
            ">1.2500<",
            ">50.00 %<",
        ] {
            assert!(svg.contains(words), "{words}");
        }
        for class in ["first", "second"] {
            assert_eq!(
                svg.matches(&format!("\" class=\"{class}\"/>")).count(),
                4,
                "{class}"
            );
        }
    }

    #[test]
    fn a_single_epoch_is_a_dot_and_no_number_no_panic() {
        let head = "epoch,step,train_loss,train_accuracy,validation_loss,validation_accuracy\n";
        let svg = chart(&History::parse(&format!("{head}1,5,2.5,0.1,,\n")).unwrap());
        assert_eq!(svg.matches("<circle").count(), 2);
        let svg = chart(&History::parse(&format!("{head}1,5,NaN,inf,,\n")).unwrap());
        assert_eq!(svg.matches("no number to draw").count(), 2);
    }
}
