//! What a candidate costs beside the others: a smaller one may be part of a digit, as the loop of a 9 is.

use super::candidates::SIDE_COST;
use super::{Candidate, Paper};

/// What a digit costs that is smaller than the largest one by a factor of e.
const SIZE_COST: f32 = 3.0;
/// How much larger all of a digit is than a part of it, at least; what is as large is the same digit found otherwise.
const WHOLE: f32 = 1.1;

/// What each candidate's plausibility loses beside the others of its polarity, as a logarithm; `are_digits` says of
/// each whether it looks like a digit, if anybody can tell.
pub(crate) fn size_costs(found: &[Candidate], are_digits: Option<&[bool]>) -> Vec<f32> {
    // Strokes that were drawn far apart, and all of a cropped picture, are larger than a digit may be: they count
    // only if they look like one.
    let counts = |&(place, other): &(usize, &Candidate)| {
        let is_digit = are_digits.is_none_or(|known| known[place]);
        is_digit || matches!(other.method.paper, Paper::Around { .. })
    };
    let counted = || {
        let all = found.iter().enumerate();
        all.filter(counts).map(|(_, other)| other)
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
        let known = are_digits.into_iter().flatten();
        let digits = found.iter().zip(known).filter(|(_, is_digit)| **is_digit);
        let wholes = digits.map(|(other, _)| other).filter(|other| {
            matches!(other.method.paper, Paper::Around { .. })
                && is_alike(other, candidate)
                && other.area.holds(&candidate.area)
                && size(other) > WHOLE * size(candidate)
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

/// Whether both are dark, or both light: between dark strokes light ones are seen, which may be larger, so each
/// polarity has a size of its own.
fn is_alike(one: &Candidate, other: &Candidate) -> bool {
    one.method.paper.polarity() == other.method.paper.polarity()
}

#[cfg(test)]
mod tests {
    use super::super::{Area, Method, Polarity};
    use super::*;
    use ndarray::Array2;

    /// A candidate of so many columns from the picture's left side on, which it touches or not.
    fn candidate(width: usize, sides: usize) -> Candidate {
        Candidate {
            image: Array2::zeros((28, 28)),
            area: Area {
                top: 10,
                left: 1 - sides,
                bottom: 110,
                right: width,
            },
            plausibility: 0.0,
            method: Method {
                channel: "luma",
                paper: Paper::Around {
                    polarity: Polarity::DarkOnLight,
                    reach: 16,
                },
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

    #[test]
    fn a_part_costs_beside_a_digit_that_is_cut_off_and_beside_nothing_else() {
        let found = [candidate(100, 1), candidate(60, 0), candidate(98, 0)];
        let costs = size_costs(&found, Some(&[true; 3]));
        assert!(costs[0] == 0.0 && costs[1] > 1.5, "{costs:?}");
        // The same digit, which another threshold lets end before the side.
        assert!(costs[2] < 0.1, "{costs:?}");
        // What does not look like a digit may be a shadow that comes in from the side.
        for are_digits in [Some([false, true].as_slice()), None] {
            let beside_shadow = size_costs(&found[..2], are_digits);
            assert!(beside_shadow[1] < 0.1, "{are_digits:?}: {beside_shadow:?}");
        }
    }
}
