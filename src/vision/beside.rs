//! What a candidate costs beside the others: a smaller one may be part of a digit, as the loop of a 9 is.

use super::candidates::SIDE_COST;
use super::{Candidate, Paper};

/// What a digit costs that is smaller than the largest one by a factor of e.
const SIZE_COST: f32 = 3.0;

/// What each candidate's plausibility loses beside the others of its polarity, as a logarithm; `are_digits` says of
/// each whether it looks like a digit.
pub(crate) fn size_costs(found: &[Candidate], are_digits: &[bool]) -> Vec<f32> {
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
        let digits = found.iter().zip(are_digits).filter(|(_, is_digit)| **is_digit);
        let wholes = digits.map(|(other, _)| other).filter(|other| {
            matches!(other.method.paper, Paper::Around { .. })
                && is_alike(other, candidate)
                && other.area.holds(&candidate.area)
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
