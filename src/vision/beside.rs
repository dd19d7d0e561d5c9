//! What a candidate costs beside the others: a smaller one may be part of a digit, as the loop of a 9 is.

use super::candidates::SIDE_COST;
use super::{Area, Candidate, Paper};
use crate::dataset::SIDE;
use ndarray::{Array2, s};

/// What a digit costs that is smaller than the largest one by a factor of e.
const SIZE_COST: f32 = 3.0;
/// How much larger all of a digit is than a part of it, at least; what is as large is the same digit found otherwise.
const WHOLE: f32 = 1.1;

/// How much of a part's ink is ink of the whole too.
const OWN: f32 = 0.7;

/// What each candidate's plausibility loses beside the others of its polarity, as a logarithm. `are_digits` says of
/// each whether it looks like one to the gate; if nobody has been `asked`, only whether it is no stray.
pub(crate) fn size_costs(found: &[Candidate], are_digits: &[bool], asked: bool) -> Vec<f32> {
    // Strokes that were drawn far apart, and all of a cropped picture, are larger than a digit may be: they count
    // only if they look like one.
    let counts = |&(other, &is_digit): &(&Candidate, &bool)| {
        is_digit || matches!(other.method.paper, Paper::Around { .. })
    };
    let counted = || {
        let all = found.iter().zip(are_digits);
        all.filter(counts).map(|(other, _)| other)
    };
    // What touches the picture's sides may be large without being a digit.
    let fewest = counted().map(|candidate| candidate.sides).min().unwrap_or(0);
    let beside_largest = |candidate: &Candidate| {
        let largest = counted()
            .filter(|other| is_alike(other, candidate) && other.sides == fewest)
            .map(size)
            .fold(1.0, f32::max);
        SIZE_COST * (largest / size(candidate)).ln().max(0.0)
    };
    // If it is one, nothing speaks for a part of it that only seems to end before the side: a threshold cut it off.
    let beside_whole = |candidate: &Candidate| {
        let digits = found
            .iter()
            .zip(are_digits)
            .filter(|(_, is_digit)| asked && **is_digit);
        let wholes = digits.map(|(other, _)| other).filter(|other| {
            matches!(other.method.paper, Paper::Around { .. })
                && is_alike(other, candidate)
                && other.area.holds(&candidate.area)
                && size(other) > WHOLE * size(candidate)
                && (other.closed || other.parts == 1 && has_ink_of(other, candidate))
        });
        let costs = wholes.map(|whole| {
            let sides = whole.sides.saturating_sub(candidate.sides);
            SIZE_COST * (size(whole) / size(candidate)).ln() + SIDE_COST * sides as f32
        });
        costs.fold(0.0, f32::max)
    };
    found
        .iter()
        .map(|candidate| beside_largest(candidate).max(beside_whole(candidate)))
        .collect()
}

/// Not the long side alone: part of a digit may be as long as all of it.
fn size(candidate: &Candidate) -> f32 {
    ((candidate.area.width() * candidate.area.height()) as f32).sqrt()
}

/// Whether the ink of `part`, whose area `whole` holds, is ink of the whole too, rather than something that a stroke
/// passes by.
fn has_ink_of(whole: &Candidate, part: &Candidate) -> bool {
    let (Some(in_whole), Some(in_part)) = (inked(&whole.image), inked(&part.image)) else {
        return false;
    };
    let (mut all, mut own) = (0.0, 0.0);
    for ((row, column), &ink) in part.image.indexed_iter().filter(|(_, ink)| **ink > 0) {
        let in_picture = carried((row as f32 + 0.5, column as f32 + 0.5), &in_part, &part.area);
        let (row, column) = carried(in_picture, &whole.area, &in_whole);
        // The strokes' edges depend on how their ink was found.
        let near = |at: f32| (at as usize).saturating_sub(1)..(at as usize + 2).min(SIDE);
        let there = whole.image.slice(s![near(row), near(column)]);
        all += f32::from(ink);
        own += f32::from(
            there
                .iter()
                .fold(0, |most, &of_whole| most.max(of_whole))
                .min(ink),
        );
    }
    own >= OWN * all
}

/// Where an image has ink.
fn inked(image: &Array2<u8>) -> Option<Area> {
    let places = image.indexed_iter().filter(|(_, ink)| **ink > 0);
    let areas = places.map(|((top, left), _)| Area {
        top,
        left,
        bottom: top + 1,
        right: left + 1,
    });
    areas.reduce(Area::around)
}

/// A place (row, column) of one area in another that shows the same.
fn carried((row, column): (f32, f32), from: &Area, to: &Area) -> (f32, f32) {
    let by = |to: usize, from: usize| to as f32 / from as f32;
    (
        to.top as f32 + (row - from.top as f32) * by(to.height(), from.height()),
        to.left as f32 + (column - from.left as f32) * by(to.width(), from.width()),
    )
}

/// Whether both are dark, or both light: between dark strokes light ones are seen, which may be larger, so each
/// polarity has a size of its own.
fn is_alike(one: &Candidate, other: &Candidate) -> bool {
    one.method.paper.polarity() == other.method.paper.polarity()
}

#[cfg(test)]
mod tests {
    use super::super::art::drawn;
    use super::super::{Method, Polarity, normalize};
    use super::*;

    /// What the art shows, 10 pixels of the picture to one of its own, in a picture whose left side it touches, or not.
    fn candidate(lines: &[&str], polarity: Polarity, sides: usize) -> Candidate {
        let art = drawn(lines);
        let inked = inked(&art.mapv(|ink| u8::from(ink > 0.0))).expect("ink");
        Candidate {
            image: normalize(&art).expect("ink"),
            area: Area {
                top: 10 * inked.top,
                left: 10 * inked.left,
                bottom: 10 * inked.bottom,
                right: 10 * inked.right,
            },
            plausibility: 0.0,
            method: Method {
                channel: "luma",
                paper: Paper::Around { polarity, reach: 16 },
                threshold: 0.5,
                rules: 0,
            },
            sides,
            stray: false,
            parts: 1,
            closed: false,
            stroke_width: 2.0,
            widened_to: None,
            groups: 1,
            others: 0,
        }
    }

    const NINE: [&str; 8] = [
        "........", "##......", ".###....", ".#.#....", ".###....", "...#....", "...#....", "...#....",
    ];
    const LOOP: [&str; 8] = [
        "........", "........", ".###....", ".#.#....", ".###....", "........", "........", "........",
    ];
    const DARK: Polarity = Polarity::DarkOnLight;

    #[test]
    fn a_part_costs_beside_a_digit_that_is_cut_off() {
        let nine = candidate(&NINE, DARK, 1);
        let found = [nine.clone(), candidate(&LOOP, DARK, 0)];
        let costs = size_costs(&found, &[true; 2], true);
        assert!(costs[0] == 0.0 && costs[1] > 1.5, "{costs:?}");
        // Of several parts only one that strokes outside the picture join is known to be a whole.
        let joined = [
            Candidate {
                parts: 2,
                closed: true,
                ..nine.clone()
            },
            found[1].clone(),
        ];
        assert!(size_costs(&joined, &[true; 2], true)[1] > 1.5);
        // The same digit, which another threshold lets end before the side.
        let found = [nine.clone(), Candidate { sides: 0, ..nine }];
        let costs = size_costs(&found, &[true; 2], true);
        assert!(costs[1] < 0.1, "{costs:?}");
    }

    #[test]
    fn what_is_no_part_of_a_digit_that_is_cut_off_costs_nothing() {
        let (nine, part) = (candidate(&NINE, DARK, 1), candidate(&LOOP, DARK, 0));
        let pen = [
            "#.......", ".#......", "..#.....", "...#....", "....#...", ".....#..", "......#.", ".......#",
        ];
        let beside = [
            "........", "........", ".....##.", ".....##.", ".....##.", "........", "........", "........",
        ];
        let light = candidate(&LOOP, Polarity::LightOnDark, 0);
        let found = [
            // What does not look like a digit may be a shadow that comes in from the side; and if nobody was asked.
            ([nine.clone(), part.clone()], false, true),
            ([nine.clone(), part.clone()], true, false),
            // Strokes beside each other.
            (
                [
                    Candidate {
                        parts: 2,
                        ..nine.clone()
                    },
                    part,
                ],
                true,
                true,
            ),
            ([nine, light], true, true),
            // A stroke passes by the digit in its box.
            (
                [candidate(&pen, DARK, 1), candidate(&beside, DARK, 0)],
                true,
                true,
            ),
        ];
        for (found, is_digit, asked) in found {
            let costs = size_costs(&found, &[is_digit, true], asked);
            assert!(costs[1] < 0.1, "{found:?}");
        }
    }
}
