//! Digits that a side of the picture cuts off: strokes that leave the picture there and come back are joined along it.

use super::Paper;
use super::components::{Area, Component, Components};
use super::grouping::{Group, is_line};
use super::normalize::BOX;
use super::sheet::Sheet;
use super::strokes::Strokes;
use ndarray::{Array2, ArrayRef2, ArrayView1, s};
use std::ops::Range;

/// Other parts of a digit have at least this share of its ink, and make it at most so many times as long.
const STROKE: f32 = 0.12;
const GROWTH: f32 = 2.5;
/// From how many sides all of a picture may be a digit that they cut off.
const CROPPED: usize = 3;
/// Ink above this, where half of it is 1, is inside a stroke.
const INSIDE: f32 = 0.5;

/// A side of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Top,
    Left,
    Bottom,
    Right,
}

impl Side {
    /// The pixels of `image` along it.
    fn line<T>(self, image: &ArrayRef2<T>) -> ArrayView1<'_, T> {
        match self {
            Self::Top => image.row(0),
            Self::Left => image.column(0),
            Self::Bottom => image.row(image.nrows() - 1),
            Self::Right => image.column(image.ncols() - 1),
        }
    }
}

/// The sides of the whole picture that an area of the sheet touches, which may show a part of it.
fn touched(sheet: &Sheet, area: &Area) -> Vec<Side> {
    let area = sheet.in_file(area);
    let (rows, columns) = sheet.file();
    let all = [
        (area.top == 0, Side::Top),
        (area.left == 0, Side::Left),
        (area.bottom == rows, Side::Bottom),
        (area.right == columns, Side::Right),
    ];
    let touched = all.into_iter().filter(|(touches, _)| *touches);
    touched.map(|(_, side)| side).collect()
}

/// From the first place on a line that is ink to the last one, if there is none at some place between.
fn returns<T>(line: &ArrayView1<T>, is_ink: impl Fn(&T) -> bool) -> Option<Range<usize>> {
    let first = line.iter().position(&is_ink)?;
    let last = line.iter().rposition(&is_ink)?;
    let gap = line.slice(s![first..last]).iter().any(|place| !is_ink(place));
    gap.then_some(first..last + 1)
}

/// Whether what touches these sides of a sheet may be a digit that they cut off.
fn may_be_cut(sheet: &Sheet, sides: &[Side]) -> bool {
    let touches = |side| sides.contains(&side);
    if matches!(sheet.method().paper, Paper::Extreme(_)) {
        let Components { labels, list } = &sheet.components;
        let (bottom, right) = (labels.nrows() - 1, labels.ncols() - 1);
        let corners = [[0, 0], [0, right], [bottom, 0], [bottom, right]];
        // Light falls off in the corners first; and where the edge of a sheet is seen, not all ink is a digit's.
        return sides.len() >= CROPPED
            && corners.into_iter().all(|corner| labels[corner] == 0)
            && !list.iter().any(is_line);
    }
    // What reaches from one side to the other is an edge or a line.
    !(touches(Side::Top) && touches(Side::Bottom) || touches(Side::Left) && touches(Side::Right))
}

/// The group, together with other strokes that touch no side but those that it touches, to be joined along these;
/// none if no ink leaves the picture and comes back.
pub(super) fn closed(sheet: &Sheet, group: &Group) -> Option<Group> {
    let Components { labels, list } = &sheet.components;
    let sides = touched(sheet, &group.area);
    if !may_be_cut(sheet, &sides) {
        return None;
    }
    let of_group = list.iter().filter(|part| group.labels.contains(&part.label));
    let mass: f32 = of_group.map(|part| part.mass).sum();
    let strokes = list.iter().filter(|part| {
        let at = touched(sheet, &part.area);
        !at.is_empty()
            && at.iter().all(|side| sides.contains(side))
            && part.mass >= STROKE * mass
            && !group.labels.contains(&part.label)
            && !sheet.is_ring(part)
    });
    let mut joined = Group {
        closed: true,
        ..group.clone()
    };
    for part in strokes {
        let area = joined.area.around(part.area);
        if area.long_side() as f32 <= GROWTH * group.area.long_side() as f32 {
            joined.labels.push(part.label);
            joined.area = area;
            joined.sides = joined.sides.max(part.sides);
        }
    }
    // A line around something else is no digit, whether that was taken for a part of it or not.
    let is_around = |line: &Component, part: &Component| {
        line.sides > 0 && joined.labels.contains(&line.label) && line.area.holds(&part.area)
    };
    let has_line_around = |part: &Component| {
        if joined.labels.contains(&part.label) {
            list.iter().any(|line| is_around(line, part))
        } else {
            joined.area.holds(&part.area)
        }
    };
    let is_inside = |part: &Component| part.sides == 0 && part.mass >= STROKE * mass && has_line_around(part);
    if list.iter().any(is_inside) {
        return None;
    }
    let comes_back = |side: &Side| {
        let line = side.line(labels);
        returns(&line, |label| joined.labels.contains(label)).is_some()
    };
    sides.iter().any(comes_back).then_some(joined)
}

/// `ink` with a stroke beyond each side at which it leaves the picture and comes back, from the first place there to the
/// last.
pub(super) fn close(sheet: &Sheet, group: &Group, ink: &Array2<f32>) -> Array2<f32> {
    let (rows, columns) = ink.dim();
    let width = Strokes::of(ink, false).width() * rows.max(columns) as f32 / BOX as f32;
    let by = (width.round() as usize).max(1);
    let mut larger = Array2::zeros((rows + 2 * by, columns + 2 * by));
    larger.slice_mut(s![by..by + rows, by..by + columns]).assign(ink);
    for side in touched(sheet, &group.area) {
        let Some(extent) = returns(&side.line(ink), |ink| *ink > INSIDE) else {
            continue;
        };
        let along = extent.start + by..extent.end + by;
        let mut beyond = match side {
            Side::Top => larger.slice_mut(s![..by, along]),
            Side::Left => larger.slice_mut(s![along, ..by]),
            Side::Bottom => larger.slice_mut(s![rows + by.., along]),
            Side::Right => larger.slice_mut(s![along, columns + by..]),
        };
        beyond.fill(1.0);
    }
    larger
}

#[cfg(test)]
mod tests {
    use super::super::art::{drawn, enlarged};
    use super::super::{Candidate, Picture, Polarity, candidates};
    use super::*;

    /// Readings of dark ink on shaded paper in which strokes were joined.
    fn joined(lines: &[&str]) -> Vec<Candidate> {
        let ink = enlarged(&drawn(lines), 10);
        let shade = |(row, column)| 0.8 - 0.001 * (row + 2 * column) as f32 - 0.5 * ink[[row, column]];
        let mut found = candidates(&Picture::grey(Array2::from_shape_fn(ink.dim(), shade)));
        found.retain(|candidate| {
            candidate.closed && candidate.method.paper.polarity() == Some(Polarity::DarkOnLight)
        });
        found
    }

    #[test]
    fn strokes_that_leave_the_picture_and_come_back_are_joined() {
        let nine = [
            "................",
            ".............###",
            "............#...",
            "............#...",
            ".............###",
            "................",
            "................",
            "................",
            "...............#",
            "............###.",
            "................",
        ];
        let found = joined(&nine);
        let whole = Area {
            top: 10,
            left: 120,
            bottom: 100,
            right: 160,
        };
        let all = found.iter().find(|candidate| candidate.area == whole);
        let image = &all.expect("both parts, joined").image;
        // The stroke beyond the picture is the longest one: a column of full ink over the digit's whole height.
        let longest = image
            .columns()
            .into_iter()
            .map(|column| column.iter().filter(|&&ink| ink > 127).count());
        let longest = longest.max();
        assert!(longest >= Some(BOX - 2), "{longest:?}");
    }

    #[test]
    fn what_touches_a_side_once_or_reaches_across_or_is_around_ink_is_left_as_it_is() {
        let seven = [
            "................",
            "..........######",
            "..............#.",
            ".............#..",
            "............#...",
            "............#...",
            "................",
        ];
        assert_eq!(joined(&seven), []);
        let ring = [
            "................",
            ".........######.",
            ".......##......#",
            "......#.........",
            ".....#..........",
            ".....#..........",
            ".....#..........",
            ".....#..........",
            ".....#..........",
            "......#.........",
            ".......##......#",
            ".........######.",
            "................",
            "................",
        ];
        assert!(!joined(&ring).is_empty());
        let mut around_seven = ring;
        around_seven[4] = ".....#...###....";
        around_seven[5] = ".....#.....#....";
        around_seven[6] = ".....#.....#....";
        around_seven[7] = ".....#.....#....";
        around_seven[8] = ".....#.....#....";
        assert_eq!(joined(&around_seven), []);
        let edge = [
            "................",
            "################",
            "...........#....",
            "............####",
            "................",
            "................",
            "................",
            "................",
        ];
        // What a higher threshold leaves of it at the right is no edge any more.
        let across = joined(&edge)
            .into_iter()
            .find(|candidate| candidate.area.width() == 160);
        assert_eq!(across, None);
    }
}
