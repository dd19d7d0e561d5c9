//! What people draw around a digit and under it: circles, boxes and lines that are no part of it.

use super::components::{Area, Component, Components};
use ndarray::{Array2, s};

/// How tall what is enclosed must be beside what is around it: the dot and the dash in a 0 are smaller.
const ENCLOSED: f32 = 0.3;
/// Shorter parts, in pixels, are no digits that anything could be drawn around.
const SHORTEST: usize = 6;
/// Directions in which one looks from the middle of what may be enclosed, and in how many of them there must be
/// something around it: what is drawn by hand may not close.
const DIRECTIONS: usize = 16;
const CLOSED: usize = 13;
/// Share of two areas that must be the same where a ring is the same.
const SAME: f32 = 0.8;
/// Pixels from one look to the next.
const STEP: f32 = 0.5;
/// A line under a digit is that many times as wide as tall, and at least that wide beside the digit's height: wider
/// than the base of a 1.
const FLAT: usize = 5;
const WIDE: f32 = 0.7;

/// A side of a box that has come apart is that many times as long as wide.
const SLENDER: usize = 4;
/// Soft edges of a stroke reach less far beyond its end, in pixels.
const BEYOND: isize = 3;

/// The circles and boxes that are drawn around other parts, and what is left of such `known` ones: at a higher
/// threshold, what is inside may be gone, or a box has come apart.
pub(super) fn rings(components: &Components, known: &Known) -> Vec<Component> {
    // Of specks there may be thousands, too many to look at in pairs.
    let tall = |part: &&Component| part.area.height() >= SHORTEST;
    let parts: Vec<&Component> = components.list.iter().filter(tall).collect();
    let encloses = |ring: &Component| {
        let mut inner = parts.iter().filter(|part| is_within(&part.area, &ring.area));
        inner.any(|part| surrounds(components, ring, &part.area))
    };
    let is_ring =
        |ring: &Component| known.is_again(ring) || known.is_side(components, ring) || encloses(ring);
    let rings = parts.iter().filter(|ring| is_ring(ring));
    rings.map(|ring| **ring).collect()
}

/// The rings that lower thresholds have shown in the same contrasts.
#[derive(Debug, Default)]
pub(super) struct Known {
    areas: Vec<Area>,
    /// Whether a pixel is of a ring. Empty without rings.
    ink: Array2<bool>,
}

impl Known {
    /// Takes note of the `rings` of a threshold.
    pub(super) fn extend(&mut self, components: &Components, rings: &[Component]) {
        if self.areas.is_empty() && !rings.is_empty() {
            self.ink = Array2::from_elem(components.labels.dim(), false);
        }
        for ring in rings {
            self.areas.push(ring.area);
            let Area {
                top,
                left,
                bottom,
                right,
            } = ring.area;
            let place = s![top..bottom, left..right];
            let labels = components.labels.slice(place);
            let mut ink = self.ink.slice_mut(place);
            ink.zip_mut_with(&labels, |ink, &label| *ink |= label == ring.label);
        }
    }

    /// Whether a part is where a ring is.
    fn is_again(&self, part: &Component) -> bool {
        self.areas.iter().any(|area| overlap(area, &part.area) >= SAME)
    }

    /// Whether a part is a side of a box, or what stands between two boxes of a row: it is straight, and all of it
    /// belonged to a ring, which goes on at both of its ends. (A 1 that touches a box does so with one.)
    fn is_side(&self, components: &Components, part: &Component) -> bool {
        let (height, width) = (part.area.height(), part.area.width());
        if self.areas.is_empty() || height.max(width) < SLENDER * height.min(width) {
            return false;
        }
        // At a higher threshold parts come apart, but never together: one pixel speaks for all.
        let Area {
            top,
            left,
            bottom,
            right,
        } = part.area;
        let place = |row: usize| (left..right).find(|&column| components.labels[[row, column]] == part.label);
        let (Some(above), Some(below)) = (place(top), place(bottom - 1)) else {
            return false;
        };
        // Straight on, or into the side that it stands on.
        let goes_on = |row: usize, column: usize, down: isize| {
            let inked = |by: isize, reach: usize| {
                let row = row.checked_add_signed(down * by);
                let row = row.filter(|&row| row < self.ink.nrows());
                let columns = column.saturating_sub(reach)..(column + reach + 1).min(self.ink.ncols());
                row.map_or(0, |row| columns.filter(|&column| self.ink[[row, column]]).count())
            };
            let straight_on = (BEYOND..=BEYOND.max(height as isize / 6)).any(|by| inked(by, 2) > 0);
            let wide = height / 5 + 2;
            straight_on || (-BEYOND..=BEYOND).any(|by| inked(by, height / 3) > wide)
        };
        // What lies is no digit anyway.
        let lies = width > height;
        self.ink[[top, above]] && (lies || goes_on(top, above, -1) && goes_on(bottom - 1, below, 1))
    }
}

/// The area of what both areas share, as a share of what they cover together.
fn overlap(one: &Area, other: &Area) -> f32 {
    let shared = |from: usize, to: usize| to.saturating_sub(from);
    let rows = shared(one.top.max(other.top), one.bottom.min(other.bottom));
    let columns = shared(one.left.max(other.left), one.right.min(other.right));
    let size = |area: &Area| area.height() * area.width();
    (rows * columns) as f32 / (size(one) + size(other) - rows * columns) as f32
}

/// Whether `inner` lies inside of `outer`, and is tall enough.
fn is_within(inner: &Area, outer: &Area) -> bool {
    inner.top > outer.top
        && inner.left > outer.left
        && inner.bottom < outer.bottom
        && inner.right < outer.right
        && inner.height() as f32 >= ENCLOSED * outer.height() as f32
}

/// Whether from the middle of `inner` the ring is seen nearly all around.
fn surrounds(components: &Components, ring: &Component, inner: &Area) -> bool {
    let middle = [inner.top + inner.bottom, inner.left + inner.right].map(|sum| sum as f32 / 2.0);
    let long = ring.area.long_side() as f32;
    let is_seen = |direction: &usize| {
        let (down, right) = (*direction as f32 * std::f32::consts::TAU / DIRECTIONS as f32).sin_cos();
        let places = (0..(long / STEP) as usize).map(|step| {
            let distance = step as f32 * STEP;
            [middle[0] + distance * down, middle[1] + distance * right]
        });
        let inside = places.take_while(|place| place.iter().all(|&at| at >= 0.0));
        let mut labels =
            inside.map_while(|[row, column]| components.labels.get([row as usize, column as usize]));
        labels.any(|&label| label == ring.label)
    };
    (0..DIRECTIONS).filter(is_seen).count() >= CLOSED
}

/// Whether `line` is one that is drawn under the `digit`.
pub(super) fn underlines(line: &Area, digit: &Area) -> bool {
    line.top >= digit.bottom
        && line.width() >= FLAT * line.height()
        && line.width() as f32 >= WIDE * digit.height() as f32
}

#[cfg(test)]
mod tests {
    use super::super::art::{drawn, enlarged};
    use super::*;
    use crate::vision::{Picture, candidates};

    /// How many rings there are in a drawing.
    fn count(lines: &[&str]) -> usize {
        rings(
            &Components::of(&enlarged(&drawn(lines), 8), 0.5),
            &Known::default(),
        )
        .len()
    }

    #[test]
    fn circles_around_digits_are_rings_and_zeros_are_none() {
        let circled = [".####.", "#....#", "#.#..#", "#.#..#", "#....#", ".####."];
        assert_eq!(count(&circled), 1);
        let not_quite = [".####.", "#....#", "#.#..#", "#.#...", "#....#", ".####."];
        assert_eq!(count(&not_quite), 1);
        let dotted = [
            ".####.", "#....#", "#....#", "#.#..#", "#....#", "#....#", ".####.",
        ];
        assert_eq!(count(&dotted), 0);
        let broken = ["#..#..", "#..#..", "#..#..", "##.###", "...#..", "...#.."];
        assert_eq!(count(&broken), 0);
    }

    /// At a high threshold the digit is gone, and what is left of the ring is in its place; a 0 elsewhere is no ring.
    #[test]
    fn a_ring_is_known_again() {
        let alone = [".####.", "#....#", "#....#", "#....#", "#....#", ".####."];
        let components = Components::of(&enlarged(&drawn(&alone), 8), 0.5);
        let area = components.list[0].area;
        let known = |area| Known {
            areas: vec![area],
            ink: Array2::from_elem(components.labels.dim(), false),
        };
        assert!(rings(&components, &Known::default()).is_empty());
        assert_eq!(rings(&components, &known(area)).len(), 1);
        let elsewhere = Area {
            top: area.top + 20,
            bottom: area.bottom + 20,
            ..area
        };
        assert!(rings(&components, &known(elsewhere)).is_empty());
    }

    /// Two boxes of a row, whose sides come apart at a higher threshold, and a 1 in each.
    #[test]
    fn the_sides_of_a_box_are_no_digits() {
        let boxes = [
            "#############",
            "#.....#.....#",
            "#..#..#..#..#",
            "#..#..#..#..#",
            "#..#..#..#..#",
            "#.....#.....#",
            "#############",
        ];
        let whole = Components::of(&enlarged(&drawn(&boxes), 8), 0.5);
        let mut known = Known::default();
        known.extend(&whole, &rings(&whole, &known));
        let apart = [
            "##.#.###.#.##",
            "#...........#",
            "#..#..#..#..#",
            "#..#..#..#..#",
            "#..#..#..#..#",
            "#.....#.....#",
            ".............",
        ];
        let apart = Components::of(&enlarged(&drawn(&apart), 8), 0.5);
        let left = |known: &Known| {
            let rings = rings(&apart, known);
            let tall = apart
                .list
                .iter()
                .filter(|part| part.area.height() > 16 && !rings.contains(part));
            tall.map(|part| part.area.left / 8).collect::<Vec<_>>()
        };
        assert_eq!(left(&Known::default()), [0, 11, 3, 6, 9]);
        assert_eq!(left(&known), [0, 11, 3, 9]);
    }

    #[test]
    fn a_line_under_a_digit_is_no_part_of_it() {
        let seven = [
            "..####..", ".....#..", "....#...", "....#...", "....#...", "........",
        ];
        let heights = |last: &str| {
            let ink = enlarged(&drawn(&[&seven[..], &[last, "........"]].concat()), 8);
            let found = candidates(&Picture::grey(1.0 - ink));
            found
                .iter()
                .map(|candidate| candidate.area.height())
                .collect::<Vec<_>>()
        };
        assert_eq!(heights("........")[0], 40);
        assert!(heights(".######.").contains(&40));
    }
}
