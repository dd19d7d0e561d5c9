//! Printed lines: ruled and squared paper, told from strokes by running through the whole picture.

use crate::vectorize::vectorized;
use ndarray::ArrayRef2;

/// Share of a line's length along which there must be ink.
const COVERED: f32 = 0.75;
/// Smaller pictures, in pixels of the shorter side, are not looked through.
const SMALLEST: usize = 32;
/// Steepest line that is looked for, and the steps between: rows per column (or the other way).
const STEEPEST: f32 = 0.16;
const STEPS: i32 = 16;
/// Widest line, as a share of the picture's long side.
const WIDEST: f32 = 0.015;

/// So many parallel lines are a paper's: fewer may be strokes that run from side to side.
pub(super) const SEVERAL: usize = 3;

/// A straight line: its row in the middle column, or its column in the middle row, and its slope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    slope: f32,
    middle: f32,
}

impl Line {
    /// Its row in a `column` of so many.
    pub(super) fn at(self, column: usize, columns: usize) -> f32 {
        self.middle + self.slope * (column as f32 - columns as f32 / 2.0)
    }
}

/// The nearly horizontal printed lines, and the nearly vertical ones.
///
/// A line is straight and covered by ink along most of the way through the picture (the Radon transform of what is
/// above `threshold`).
pub(super) fn rules(contrast: &ArrayRef2<f32>, threshold: f32) -> [Vec<Line>; 2] {
    let inked = contrast.mapv(|value| value > threshold);
    if inked.nrows().min(inked.ncols()) < SMALLEST {
        return [Vec::new(), Vec::new()];
    }
    let turned = inked.t().as_standard_layout().into_owned();
    [inked, turned].map(|inked| distinct(lines(&inked), reach(inked.dim())))
}

/// The first of all lines that cross the middle within `reach` of each other: the others are the same one at another
/// slope.
pub(super) fn distinct(lines: Vec<Line>, reach: usize) -> Vec<Line> {
    let mut kept: Vec<Line> = Vec::new();
    for line in lines {
        if kept
            .iter()
            .all(|other| (other.middle - line.middle).abs() > reach as f32)
        {
            kept.push(line);
        }
    }
    kept
}

/// The widest line in a picture of so many rows and columns, in pixels.
pub(super) fn reach((rows, columns): (usize, usize)) -> usize {
    (WIDEST * rows.max(columns) as f32).ceil() as usize
}

/// All nearly horizontal lines, those with most ink first.
fn lines(inked: &ArrayRef2<bool>) -> Vec<Line> {
    let (rows, columns) = inked.dim();
    // A pixel beside the line counts too: paper is not flat.
    let mut near = inked.to_owned();
    for row in 0..rows {
        for other in [row.saturating_sub(1), (row + 1).min(rows - 1)] {
            let other = inked.row(other);
            near.row_mut(row)
                .zip_mut_with(&other, |near, &inked| *near |= inked);
        }
    }
    // Neighbours in a column become neighbours in memory.
    let near = near.reversed_axes().as_standard_layout().into_owned();
    let mut found = Vec::new();
    for step in -STEPS..=STEPS {
        let slope = STEEPEST * step as f32 / STEPS as f32;
        let mut sums = vec![0_u16; rows];
        for column in 0..columns {
            let shift = Line { slope, middle: 0.0 }.at(column, columns).round() as isize;
            // Of a long strip a steep line leaves through its long sides.
            if shift.unsigned_abs() >= rows {
                continue;
            }
            let from = shift.max(0) as usize..rows.min(rows.saturating_add_signed(shift));
            let to = (-shift).max(0) as usize;
            let line = near.row(column);
            if let Some(line) = line.as_slice() {
                count(&mut sums[to..], &line[from]);
            }
        }
        found.extend(
            sums.iter()
                .enumerate()
                .filter(|&(_, &sum)| sum as f32 >= COVERED * columns as f32)
                .map(|(row, &sum)| {
                    let middle = row as f32;
                    (sum, Line { slope, middle })
                }),
        );
    }
    // The line itself has more ink than what is beside it.
    for (sum, line) in &mut found {
        let on = (0..columns).filter(|&column| {
            let row = line.at(column, columns);
            row > -0.5 && inked.get([row.round() as usize, column]) == Some(&true)
        });
        *sum += on.count() as u16;
    }
    found.sort_by_key(|found| std::cmp::Reverse(found.0));
    found.into_iter().map(|(_, line)| line).collect()
}

vectorized! {
    /// Adds one to each sum where there is ink.
    fn count(sums: &mut [u16], inked: &[bool]) {
        for (sum, &inked) in sums.iter_mut().zip(inked) {
            *sum += u16::from(inked);
        }
    }
}
