//! The table and the learning curves of all runs: from `docs/runs.csv` and `docs/curves.csv`, which `scripts/runs`
//! fills, makes `docs/results.md` and `docs/curves.svg`.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;

/// The rows of a CSV file without its head, cut into cells.
fn rows(path: &str) -> Result<Vec<Vec<String>>, std::io::Error> {
    let text = fs::read_to_string(path)?;
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    Ok(text.lines().skip(1).map(cells).collect())
}

/// The presets in the order in which they first occur.
fn presets(rows: &[Vec<String>]) -> Vec<&str> {
    let mut presets = Vec::new();
    for row in rows {
        if !presets.contains(&row[0].as_str()) {
            presets.push(&row[0]);
        }
    }
    presets
}

/// Mean and standard deviation (of a sample; 0 of one number).
fn mean_and_deviation(numbers: &[f64]) -> (f64, f64) {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0).max(1.0)).sqrt())
}

fn main() -> Result<(), Box<dyn Error>> {
    let runs = rows("docs/runs.csv")?;
    let mut table = String::from(
        "| preset | parameters | test accuracy, mean ± sd | each seed, % | NLL | ECE | halves, % | without disputed, % | training |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for preset in presets(&runs) {
        let own: Vec<&Vec<String>> = runs.iter().filter(|row| row[0] == preset).collect();
        let column = |index: usize| -> Result<Vec<f64>, std::num::ParseFloatError> {
            own.iter().map(|row| row[index].parse()).collect()
        };
        let mean = |index| column(index).map(|numbers| mean_and_deviation(&numbers).0);
        let percent: Vec<f64> = column(3)?.iter().map(|accuracy| 100.0 * accuracy).collect();
        let (accuracy, deviation) = mean_and_deviation(&percent);
        let each: Vec<String> = percent.iter().map(|accuracy| format!("{accuracy:.2}")).collect();
        let spread = match percent.len() {
            1 => String::new(),
            _ => format!(" ± {deviation:.2}"),
        };
        writeln!(
            table,
            "| `{preset}` | {} | **{accuracy:.2}{spread} %** | {} | {:.4} | {:.4} | {:.2}, {:.2} | {:.2} | {:.0} s |",
            own[0][2],
            each.join(" "),
            mean(4)?,
            mean(5)?,
            100.0 * mean(6)?,
            100.0 * mean(7)?,
            100.0 * mean(8)?,
            mean(9)?,
        )?;
    }
    fs::write("docs/results.md", &table)?;
    fs::write("docs/curves.svg", curves(&rows("docs/curves.csv")?)?)?;
    Ok(())
}

/// Width and height of the frame, and the margin around it, in pixels.
const FRAME: (f64, f64) = (640.0, 320.0);
const MARGIN: f64 = 60.0;
/// Seconds at the ends of the first axis, and shares of errors at those of the second: both logarithmic.
const SECONDS: (f64, f64) = (0.2, 3000.0);
const ERRORS: (f64, f64) = (0.3, 0.001);
const COLOURS: [&str; 6] = [
    "gray",
    "steelblue",
    "seagreen",
    "darkorange",
    "firebrick",
    "rebeccapurple",
];

/// The share of training images that were taken for another digit, over the seconds of training: seed 0 of every
/// preset, of several members all one after the other.
fn curves(rows: &[Vec<String>]) -> Result<String, Box<dyn Error>> {
    let scale = |value: f64, (from, to): (f64, f64)| (value / from).ln() / (to / from).ln();
    let at = |seconds: f64, error: f64| {
        (
            MARGIN + FRAME.0 * scale(seconds, SECONDS),
            MARGIN + FRAME.1 * scale(error, ERRORS),
        )
    };
    let size = (FRAME.0 + 2.0 * MARGIN, FRAME.1 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{MARGIN}\" y=\"{}\" font-weight=\"bold\">training images misread (varied anew each time), by seconds of training\
         </text>\n",
        size.0,
        size.1,
        MARGIN - 20.0
    );
    for seconds in [1.0, 10.0, 100.0, 1000.0] {
        let (x, y) = at(seconds, ERRORS.1);
        writeln!(svg, "<path d=\"M{x:.1},{MARGIN} V{y:.1}\" stroke=\"gainsboro\"/>")?;
        writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{seconds} s</text>",
            y + 18.0
        )?;
    }
    for error in [0.1, 0.01, 0.001] {
        let (x, y) = at(SECONDS.0, error);
        writeln!(
            svg,
            "<path d=\"M{x:.1},{y:.1} h{}\" stroke=\"gainsboro\"/>",
            FRAME.0
        )?;
        writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{} %</text>",
            x - 6.0,
            y + 4.0,
            100.0 * error
        )?;
    }
    for (preset, colour) in presets(rows).into_iter().zip(COLOURS) {
        let (mut seconds, mut line, mut last) = (0.0, String::new(), (MARGIN, MARGIN));
        for row in rows.iter().filter(|row| row[0] == preset && row[1] == "0") {
            seconds += row[3].parse::<f64>()?;
            last = at(seconds, (1.0 - row[5].parse::<f64>()?).clamp(ERRORS.1, ERRORS.0));
            write!(line, "{:.1},{:.1} ", last.0, last.1)?;
        }
        writeln!(
            svg,
            "<polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
        )?;
        writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{preset}</text>",
            last.0 + 5.0,
            last.1 + 4.0
        )?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}
