//! How the cost of training grows with the number of images, the width of the hidden layer, the batch size and the
//! number of threads: measures, and writes `docs/growth.csv` and `docs/growth.svg`.

#![allow(clippy::print_stdout)]

use digits::dataset::{Dataset, PIXELS, mnist};
use digits::parallel::Team;
use digits::train::{EpochReport, Observer, TrainConfig, Trainer};
use ndarray::s;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;

/// Rounds through all settings, and epochs of each in a round; the fastest counts, since whatever else the machine does
/// only adds.
const ROUNDS: usize = 4;
const EPOCHS: usize = 2;

/// One curve: what is varied, and milliseconds an epoch for each value.
struct Curve {
    name: &'static str,
    /// Whether the values double from point to point: then they stand at equal distances.
    doubling: bool,
    points: Vec<(usize, f64)>,
}

#[derive(Default)]
struct Fastest(Option<f64>);

impl Observer for Fastest {
    fn epoch(&mut self, report: &EpochReport) {
        self.0 = Some(
            self.0
                .map_or(report.seconds, |fastest| fastest.min(report.seconds)),
        );
    }
}

/// Milliseconds an epoch.
fn epoch_of(train: &Dataset, hidden: usize, batch_size: usize, threads: usize) -> Result<f64, digits::Error> {
    let config = TrainConfig {
        hidden: vec![hidden],
        batch_size,
        epochs: EPOCHS,
        // Small batches do not bear the preset's rate, and speed does not depend on it.
        rate: 0.01,
        ..TrainConfig::default()
    };
    let nothing = Dataset {
        images: train.images.slice(s![..0, ..]).to_owned(),
        labels: train.labels.slice(s![..0]).to_owned(),
    };
    let mut fastest = Fastest::default();
    let config = config.check()?;
    Trainer::new(&config, PIXELS, 10)?.run(train, &nothing, &mut fastest, &Team::new(threads)?)?;
    Ok(1e3 * fastest.0.unwrap_or_default())
}

fn first(train: &Dataset, count: usize) -> Dataset {
    Dataset {
        images: train.images.slice(s![..count, ..]).to_owned(),
        labels: train.labels.slice(s![..count]).to_owned(),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let train = mnist::load("data".as_ref())?.train;
    let curve = |name, doubling, values: &[usize]| Curve {
        name,
        doubling,
        points: values.iter().map(|&value| (value, f64::INFINITY)).collect(),
    };
    let thousands = [10_000, 20_000, 30_000, 40_000, 50_000, 60_000];
    let mut curves = [
        curve("images", false, &thousands),
        curve("hidden width", false, &[128, 256, 512, 1024, 2048]),
        curve("batch size", true, &[16, 32, 64, 128, 256, 512, 1024]),
        curve("threads", true, &[1, 2]),
    ];
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}");
        for Curve { name, points, .. } in &mut curves {
            for (value, fastest) in points {
                let milliseconds = match *name {
                    "images" => epoch_of(&first(&train, *value), 512, 128, 2)?,
                    "hidden width" => epoch_of(&train, *value, 128, 2)?,
                    "batch size" => epoch_of(&train, 512, *value, 2)?,
                    _ => epoch_of(&train, 512, 128, *value)?,
                };
                *fastest = fastest.min(milliseconds);
            }
        }
    }

    let mut csv = String::from("varied,value,milliseconds_per_epoch\n");
    for Curve { name, points, .. } in &curves {
        for (value, milliseconds) in points {
            writeln!(csv, "{name},{value},{milliseconds:.1}")?;
        }
    }
    fs::write("docs/growth.csv", csv)?;
    fs::write("docs/growth.svg", svg(&curves)?)?;
    Ok(())
}

/// Width and height of a curve's frame, and the margin around it, in pixels.
const FRAME: (f64, f64) = (240.0, 180.0);
const MARGIN: f64 = 50.0;

/// All curves side by side, axes from 0 but for values that double, which are as far apart as they double.
fn svg(curves: &[Curve]) -> Result<String, std::fmt::Error> {
    let cell = (FRAME.0 + 2.0 * MARGIN, FRAME.1 + 2.0 * MARGIN);
    let width = cell.0 * curves.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        cell.1
    );
    for (
        index,
        Curve {
            name,
            doubling,
            points,
        },
    ) in curves.iter().enumerate()
    {
        let place = |value: usize| {
            if *doubling {
                0.5 + (value as f64 / points[0].0 as f64).log2()
            } else {
                value as f64
            }
        };
        let most = points
            .iter()
            .fold((0.0, 0.0), |most: (f64, f64), &(value, cost)| {
                (most.0.max(place(value)), most.1.max(cost))
            });
        let (left, bottom) = (cell.0 * index as f64 + MARGIN, MARGIN + FRAME.1);
        let at = |(value, cost): (usize, f64)| {
            (
                left + FRAME.0 * place(value) / most.0,
                bottom - FRAME.1 * cost / (1.1 * most.1),
            )
        };
        let line: Vec<String> = points
            .iter()
            .map(|&point| at(point))
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        writeln!(
            svg,
            "<text x=\"{left}\" y=\"{}\" font-weight=\"bold\">ms an epoch, by {name}</text>",
            MARGIN - 12.0
        )?;
        writeln!(
            svg,
            "<path d=\"M{left},{MARGIN} V{bottom} H{}\" fill=\"none\" stroke=\"gray\"/>",
            left + FRAME.0
        )?;
        writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"steelblue\" stroke-width=\"2\"/>",
            line.join(" ")
        )?;
        let mut labelled = f64::NEG_INFINITY;
        for &(value, cost) in points {
            let (x, y) = at((value, cost));
            writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"steelblue\"/>"
            )?;
            // Labels that would overlap are left out.
            if x - labelled >= 34.0 {
                labelled = x;
                writeln!(
                    svg,
                    "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{cost:.0}</text>",
                    y - 8.0
                )?;
                writeln!(
                    svg,
                    "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{value}</text>",
                    bottom + 16.0
                )?;
            }
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}
