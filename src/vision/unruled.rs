//! What is left without printed lines, and where they were.

use super::median;
use super::rules::{Line, reach};
use ndarray::{Array2, ArrayRef2, ArrayView1, s};
use std::ops::Range;

/// Share of the length of a known line along which there must be ink: perhaps other contrasts showed it better.
const STILL_COVERED: f32 = 0.4;
/// Share of the picture's length along which, at both of its ends, a printed line is mostly inked.
const AT_END: f32 = 0.02;

/// What is left without printed lines.
#[derive(Debug, PartialEq)]
pub(super) struct Unruled {
    /// The contrasts, lines painted over.
    pub(super) contrast: Array2<f32>,
    /// The contrast of every line, of nearly horizontal ones and of nearly vertical ones.
    pub(super) lines: [Vec<f32>; 2],
    /// Where those are that run from one side of the picture to the other: bands as wide as a line may be.
    pub(super) bands: Array2<bool>,
}

impl Unruled {
    /// How many lines there were.
    pub(super) fn count(&self) -> usize {
        self.lines.iter().map(Vec::len).sum()
    }
}

/// Paints printed lines over, as far as there is ink above `threshold` along enough of them: with the fainter of what
/// lies on their two sides, but for where they are wider than usual, so that strokes that cross them, or go along
/// them, go on.
pub(super) fn without_rules(contrast: &ArrayRef2<f32>, threshold: f32, lines: &[Vec<Line>; 2]) -> Unruled {
    let turned = |inked: &Array2<bool>| inked.t().as_standard_layout().into_owned();
    let mut inked = contrast.mapv(|value| value > threshold);
    let mut contrast = contrast.to_owned();
    let mut bands = Array2::from_elem(contrast.dim(), false);
    let lines = lines.each_ref().map(|lines| {
        let erased = erase(&mut contrast, &mut bands, (threshold, &inked), lines);
        contrast = contrast.t().as_standard_layout().into_owned();
        (bands, inked) = (turned(&bands), turned(&inked));
        erased
    });
    Unruled {
        contrast,
        lines,
        bands,
    }
}

/// Erases nearly horizontal lines of what is above `threshold`, which `all` was before those of the other direction
/// went; the contrast of each.
fn erase(
    contrast: &mut Array2<f32>,
    bands: &mut Array2<bool>,
    (threshold, all): (f32, &Array2<bool>),
    lines: &[Line],
) -> Vec<f32> {
    let columns = contrast.ncols();
    let before = contrast.clone();
    let inked = before.mapv(|value| value > threshold);
    let reach = reach(contrast.dim());
    let mut erased = Vec::new();
    for line in lines {
        let at = |column: usize| line.at(column, columns).round() as isize;
        let runs: Vec<Option<Range<usize>>> = (0..columns)
            .map(|column| across(&inked, at(column), column, reach))
            .collect();
        if (runs.iter().flatten().count() as f32) < STILL_COVERED * columns as f32 {
            continue;
        }
        let Some((usual, are_alone)) = are_alone(&runs, &before) else {
            continue;
        };
        erased.push(usual);
        for (column, run) in runs.iter().enumerate() {
            let Some(run) = run.clone().filter(|_| are_alone[column]) else {
                continue;
            };
            let at = |row: usize| contrast.get([row, column]).copied().unwrap_or(0.0);
            let fainter = run.start.checked_sub(1).map_or(0.0, at).min(at(run.end));
            contrast.slice_mut(s![run, column]).fill(fainter);
        }
        if is_inked_at_ends(all, at) {
            for (column, _) in are_alone.iter().enumerate().filter(|(_, alone)| **alone) {
                mark(bands, at(column), column, reach);
            }
        }
    }
    erased
}

/// The median of a line's strongest contrasts, column by column; and for each column, whether there is nothing but the
/// line: where its `runs` are wider than usual, a stroke goes along it.
fn are_alone(runs: &[Option<Range<usize>>], contrast: &ArrayRef2<f32>) -> Option<(f32, Vec<bool>)> {
    let inks: Vec<Option<ArrayView1<f32>>> = (0..)
        .zip(runs)
        .map(|(column, run)| Some(contrast.slice(s![run.clone()?, column])))
        .collect();
    let peaks = inks
        .iter()
        .flatten()
        .map(|ink| ink.fold(0.0, |most: f32, &ink| most.max(ink)));
    let usual = median(peaks.collect())?;
    // Compressed files have faint ink beside a line.
    let width = |ink: &ArrayView1<f32>| ink.iter().filter(|&&ink| ink > 0.5 * usual).count() as f32;
    let widest = median(inks.iter().flatten().map(width).collect())? + 1.0;
    let is_alone = |ink: &Option<ArrayView1<f32>>| ink.as_ref().is_none_or(|ink| width(ink) <= widest);
    Some((usual, inks.iter().map(is_alone).collect()))
}

/// Whether a line whose row in each column is `at` goes from side to side: a long straight stroke is covered as well as
/// a line is, but ends within the picture. (A line of the other direction along a side goes over its end.)
fn is_inked_at_ends(inked: &Array2<bool>, at: impl Fn(usize) -> isize) -> bool {
    let columns = inked.ncols();
    let end = (AT_END * columns as f32).ceil() as usize;
    let is_inked = |column: &usize| {
        let rows = (at(*column) - 1..=at(*column) + 1).filter_map(|row| usize::try_from(row).ok());
        let mut pixels = rows.filter_map(|row| inked.get([row, *column]));
        pixels.any(|&inked| inked)
    };
    let mostly_inked = |part: Range<usize>| 2 * part.clone().filter(is_inked).count() > part.len();
    mostly_inked(0..end) && mostly_inked(columns - end..columns)
}

/// Marks the band around a row in one column.
fn mark(bands: &mut Array2<bool>, row: isize, column: usize, reach: usize) {
    let beside = reach as isize / 2;
    for row in row - beside..=row + beside {
        let row = usize::try_from(row).ok();
        if let Some(band) = row.and_then(|row| bands.get_mut([row, column])) {
            *band = true;
        }
    }
}

/// The rows of the run of ink around (`row`, `column`), unless it is longer than a line is wide.
fn across(inked: &ArrayRef2<bool>, row: isize, column: usize, reach: usize) -> Option<Range<usize>> {
    let is_ink = |row: usize| inked.get([row, column]) == Some(&true);
    let near = [row, row - 1, row + 1].into_iter();
    let start = near
        .filter_map(|row| usize::try_from(row).ok())
        .find(|&row| is_ink(row))?;
    let (mut top, mut bottom) = (start, start);
    while top > 0 && is_ink(top - 1) && start - top <= reach {
        top -= 1;
    }
    while is_ink(bottom + 1) && bottom - start <= reach {
        bottom += 1;
    }
    (bottom - top < reach).then_some(top..bottom + 1)
}

#[cfg(test)]
mod tests {
    use super::super::rules::rules;
    use super::*;

    fn unruled(contrast: &Array2<f32>, threshold: f32) -> Unruled {
        without_rules(contrast, threshold, &rules(contrast, threshold))
    }

    /// A stroke that crosses the printed lines of squared paper, some of them not quite level.
    #[test]
    fn printed_lines_go_and_strokes_stay() {
        let stroke = s![30..170, 95..105];
        for lean in [0.0, 0.03, -0.05] {
            let mut page = Array2::<f32>::zeros((200, 200));
            for ((row, column), ink) in page.indexed_iter_mut() {
                let near = |at: f32, across: f32| (at + lean * across).rem_euclid(50.0) < 2.0;
                if near(row as f32 + 30.0, column as f32) || near(column as f32 + 30.0, -(row as f32)) {
                    *ink = 0.5;
                }
            }
            page.slice_mut(stroke).fill(0.9);
            let found = unruled(&page, 0.2);
            let (rules, left, bands) = (found.count(), found.contrast, found.bands);
            let lines = page.indexed_iter().filter(|(_, ink)| **ink > 0.0 && **ink < 0.9);
            let (in_bands, all) = lines.fold((0, 0), |(in_bands, all), (place, _)| {
                (in_bands + usize::from(bands[place]), all + 1)
            });
            assert!(in_bands as f32 > 0.9 * all as f32, "{lean}: {in_bands} of {all}");
            let of_stroke = bands.slice(stroke).iter().filter(|&&band| band).count();
            assert!(of_stroke < 700, "{lean}: {of_stroke} of 1400");
            assert!((6..=9).contains(&rules), "{lean}: {rules} lines");
            let inked = |part: ndarray::ArrayView2<f32>| part.iter().filter(|&&ink| ink > 0.2).count();
            let in_stroke = inked(left.slice(stroke));
            let beside = inked(left.view()) - in_stroke;
            assert!(
                in_stroke > 1330 && beside < 200,
                "{lean}: {in_stroke} of 1400, {beside} beside"
            );
        }
        let mut page = Array2::<f32>::zeros((200, 200));
        page.slice_mut(stroke).fill(0.9);
        let none = Unruled {
            bands: Array2::from_elem(page.dim(), false),
            contrast: page.clone(),
            lines: [Vec::new(), Vec::new()],
        };
        assert_eq!(unruled(&page, 0.2), none);
    }

    /// The last lines of squared paper, along the picture's lower side and its right one.
    #[test]
    fn a_line_that_ends_in_another_along_the_side_goes_from_side_to_side() {
        let mut page = Array2::<f32>::zeros((200, 200));
        for lines in [
            s![99..101, ..],
            s![196..200, ..],
            s![.., 99..101],
            s![.., 196..200],
        ] {
            page.slice_mut(lines).fill(0.5);
        }
        let bands = unruled(&page, 0.2).bands;
        assert!(bands[[50, 100]] && bands[[100, 50]] && !bands[[50, 50]]);
    }

    /// A line as compressed files have it, not quite at one of the slopes looked for: beside a third of it there is
    /// more faint ink.
    #[test]
    fn faint_ink_beside_a_line_is_the_lines() {
        let mut page = Array2::<f32>::zeros((200, 400));
        for column in 0..400 {
            let row = (100.0 + 0.015 * column as f32) as usize;
            let halo = if column / 20 % 3 == 0 { 2 } else { 1 };
            page.slice_mut(s![row - halo..row + halo + 2, column]).fill(0.2);
            page.slice_mut(s![row..row + 2, column]).fill(0.8);
        }
        for page in [
            page.clone(),
            page.reversed_axes().as_standard_layout().into_owned(),
        ] {
            let Unruled {
                contrast,
                lines,
                bands,
            } = unruled(&page, 0.1);
            assert_eq!(
                (lines.concat().len(), contrast.iter().any(|&ink| ink > 0.1)),
                (1, false)
            );
            let outside = page
                .iter()
                .zip(&bands)
                .filter(|&(&ink, &band)| ink > 0.5 && !band);
            assert_eq!(outside.count(), 0);
        }
    }

    /// The steepest line that is looked for is steeper than a strip's diagonal.
    #[test]
    fn a_line_goes_through_the_longest_strip() {
        for (length, width) in [(400, 32), (512, 32), (512, 40)] {
            let mut strip = Array2::<f32>::zeros((width, length));
            strip.slice_mut(s![10..12, ..]).fill(0.5);
            let digit = s![5..28, 200..204];
            strip.slice_mut(digit).fill(0.9);
            for strip in [
                strip.clone(),
                strip.reversed_axes().as_standard_layout().into_owned(),
            ] {
                let found = unruled(&strip, 0.2);
                let (rules, left) = (found.count(), found.contrast);
                let ink = left.iter().filter(|&&ink| ink > 0.2).count();
                assert!(
                    rules == 1 && (84..=100).contains(&ink),
                    "{length}×{width}: {rules}, {ink}"
                );
            }
        }
    }
}
