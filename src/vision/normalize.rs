//! From ink to 28×28 exactly as MNIST was made.
//!
//! The makers' words (<http://yann.lecun.com/exdb/mnist/>): size normalised to fit a 20×20 box, aspect kept, and
//! centred by the centre of mass in 28×28. Measured on MNIST itself, the offset of the box is
//! `trunc(15 − centre of mass)` in each direction, with pixel centres at i + 0.5.

use crate::dataset::SIDE;
use ndarray::{Array2, ArrayRef2, ArrayView1, ArrayView2, Axis, s};

/// The longer side of a digit's box in pixels.
pub(super) const BOX: usize = 20;
/// Where the centre of mass goes, before truncation.
const CENTRE: f64 = 15.0;

/// The 28×28 image of `ink` (height, width; 0 paper, 1 ink), 255 full ink; `None` if there is no ink.
///
/// ```
/// use ndarray::{Array2, s};
///
/// let mut ink = Array2::zeros((100, 100));
/// assert_eq!(digits::vision::normalize(&ink), None);
/// ink.slice_mut(s![10..90, 48..52]).fill(1.0);
/// let image = digits::vision::normalize(&ink).expect("a stroke");
/// assert_eq!(image.iter().filter(|&&pixel| pixel == 255).count(), 20);
/// ```
pub fn normalize(ink: &ArrayRef2<f32>) -> Option<Array2<u8>> {
    let small = scaled(&tight(ink)?, BOX);
    let (height, width) = small.dim();
    // Ink so thin that averaging leaves none of it is no ink either.
    if small.iter().all(|&value| value * 255.0 < 0.5) {
        return None;
    }

    let mass = small.sum();
    let centre = |axis: Axis| {
        let moments = small
            .axis_iter(axis)
            .enumerate()
            .map(|(i, line)| (i as f64 + 0.5) * line.sum());
        moments.sum::<f64>() / mass
    };
    // A box of at most 20 pixels, whose centre of mass lies within it, always fits once its corner is held inside.
    let place = |axis: Axis, length: usize| ((CENTRE - centre(axis)).max(0.0) as usize).min(SIDE - length);
    let (top, left) = (place(Axis(0), height), place(Axis(1), width));
    let mut image = Array2::zeros((SIDE, SIDE));
    image
        .slice_mut(s![top..top + height, left..left + width])
        .zip_mut_with(&small, |pixel, &value| {
            *pixel = (value * 255.0).round().clamp(0.0, 255.0) as u8;
        });
    Some(image)
}

/// The part of `ink` that holds all of it.
fn tight(ink: &ArrayRef2<f32>) -> Option<ArrayView2<'_, f32>> {
    // What would be less than half a step of 255 is no ink in the end.
    let inked = |line: &ArrayView1<f32>| line.iter().any(|&value| value * 255.0 >= 0.5);
    let rows: Vec<bool> = ink.outer_iter().map(|row| inked(&row)).collect();
    let columns: Vec<bool> = ink.axis_iter(Axis(1)).map(|column| inked(&column)).collect();
    let extent = |lines: &[bool]| Some(lines.iter().position(|&l| l)?..lines.iter().rposition(|&l| l)? + 1);
    Some(ink.slice(s![extent(&rows)?, extent(&columns)?]))
}

/// The ink without the paper around it, `long` pixels on its longer side, and an eighth of that as margin on every
/// side.
pub(super) fn resize(ink: &ArrayRef2<f32>, long: usize) -> Array2<f32> {
    let Some(tight) = tight(ink) else {
        return Array2::zeros((long, long));
    };
    let scaled = scaled(&tight, long);
    let (height, width) = scaled.dim();
    let margin = long / 8;
    let mut framed = Array2::zeros((height + 2 * margin, width + 2 * margin));
    framed
        .slice_mut(s![margin..margin + height, margin..margin + width])
        .zip_mut_with(&scaled, |value, &scaled| *value = scaled as f32);
    framed
}

/// `ink`, `long` pixels on its longer side: by area averaging to make it smaller, by straight lines between the
/// middles of pixels to make it larger.
fn scaled(ink: &ArrayRef2<f32>, long: usize) -> Array2<f64> {
    let from = ink.nrows().max(ink.ncols());
    let fit = |length: usize| ((length * long) as f64 / from as f64).round().max(1.0) as usize;
    let (height, width) = (fit(ink.nrows()), fit(ink.ncols()));
    let columns = if long <= from {
        average_rows(&average_rows(ink, height).t(), width)
    } else {
        interpolate_rows(&interpolate_rows(&ink.mapv(f64::from), height).t(), width)
    };
    columns.reversed_axes()
}

/// `rows` rows between the middles of the rows of `ink`.
fn interpolate_rows(ink: &ArrayRef2<f64>, rows: usize) -> Array2<f64> {
    let last = ink.nrows() - 1;
    let mut between = Array2::zeros((rows, ink.ncols()));
    for (row, mut line) in between.outer_iter_mut().enumerate() {
        let place = ((row as f64 + 0.5) * ink.nrows() as f64 / rows as f64 - 0.5).clamp(0.0, last as f64);
        let above = place as usize;
        line.scaled_add(1.0 - place.fract(), &ink.row(above));
        line.scaled_add(place.fract(), &ink.row((above + 1).min(last)));
    }
    between
}

/// Area averaging: `rows` rows, each the mean of the rows of `ink` that it covers, by how much it covers them.
fn average_rows<T: Copy + Into<f64>>(ink: &ArrayRef2<T>, rows: usize) -> Array2<f64> {
    let from = ink.nrows();
    let mut averaged = Array2::zeros((rows, ink.ncols()));
    for (row, mut average) in averaged.outer_iter_mut().enumerate() {
        // In units of 1/rows of an old row: a new row is `from` long, an old one `rows`.
        let (start, end) = (row * from, (row + 1) * from);
        for old in start / rows..end.div_ceil(rows) {
            let overlap = end.min((old + 1) * rows) - start.max(old * rows);
            let share = overlap as f64 / from as f64;
            average.zip_mut_with(&ink.row(old), |average, &value| *average += share * value.into());
        }
    }
    averaged
}
