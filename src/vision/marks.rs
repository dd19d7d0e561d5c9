//! What people draw around a digit and under it: circles, boxes and lines that are no part of it.

use super::components::{Area, Component, Components};

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

/// The circles and boxes that are drawn around other parts, and parts in the place of such `known` ones: at a higher
/// threshold, what is inside may be gone.
pub(super) fn rings(components: &Components, known: &[Area]) -> Vec<Component> {
    // Of specks there may be thousands, too many to look at in pairs.
    let tall = |part: &&Component| part.area.height() >= SHORTEST;
    let parts: Vec<&Component> = components.list.iter().filter(tall).collect();
    let encloses = |ring: &Component| {
        let mut inner = parts.iter().filter(|part| is_within(&part.area, &ring.area));
        inner.any(|part| surrounds(components, ring, &part.area))
    };
    let is_known = |ring: &Component| known.iter().any(|known| overlap(known, &ring.area) >= SAME);
    let rings = parts.iter().filter(|ring| is_known(ring) || encloses(ring));
    rings.map(|ring| **ring).collect()
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
        rings(&Components::of(&enlarged(&drawn(lines), 8), 0.5), &[]).len()
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
        assert!(rings(&components, &[]).is_empty());
        assert_eq!(rings(&components, &[area]).len(), 1);
        let elsewhere = Area {
            top: area.top + 20,
            bottom: area.bottom + 20,
            ..area
        };
        assert!(rings(&components, &[elsewhere]).is_empty());
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
