//! How many random cases a property is tried with, and which.
#![allow(dead_code)]

use ndarray::{Array2, s};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// `count` cases, or twenty times as many with `DIGITS_LONG_TESTS`: the same ones each time. So a case that fails,
/// fails again, and no file has to remember it; what was wrong then gets a test of its own.
pub fn cases(count: u32) -> ProptestConfig {
    let long = std::env::var_os("DIGITS_LONG_TESTS").is_some();
    ProptestConfig {
        cases: if long { 20 * count } else { count },
        rng_seed: RngSeed::Fixed(28),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A line through some points, the first above all and the second below all, as a pen draws it: ink in 0..=1, none of
/// it on the outermost pixels.
pub fn strokes() -> impl Strategy<Value = Array2<f32>> {
    let points = vec((0.0..=1.0_f32, 0.0..=1.0_f32), 2..6);
    (24..80_usize, 24..80_usize, points, 1.5..4.0_f32, 0.3..=1.0_f32).prop_map(
        |(height, width, mut points, reach, strength)| {
            (points[0].0, points[1].0) = (0.0, 1.0);
            let margin = reach + 1.5;
            let place = |share: f32, length: usize| margin + share * (length as f32 - 1.0 - 2.0 * margin);
            let points: Vec<[f32; 2]> = points
                .iter()
                .map(|&(row, column)| [place(row, height), place(column, width)])
                .collect();
            Array2::from_shape_fn((height, width), |(row, column)| {
                let here = [row as f32, column as f32];
                let off = points.windows(2).map(|ends| distance(here, ends[0], ends[1]));
                strength * (reach + 0.5 - off.fold(f32::INFINITY, f32::min)).clamp(0.0, 1.0)
            })
        },
    )
}

/// From a point to the line between two others.
fn distance(point: [f32; 2], from: [f32; 2], to: [f32; 2]) -> f32 {
    let minus = |a: [f32; 2], b: [f32; 2]| [a[0] - b[0], a[1] - b[1]];
    let dot = |a: [f32; 2], b: [f32; 2]| a[0] * b[0] + a[1] * b[1];
    let (along, off) = (minus(to, from), minus(point, from));
    let share = (dot(off, along) / dot(along, along).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
    let rest = minus(off, [share * along[0], share * along[1]]);
    dot(rest, rest).sqrt()
}

/// `ink` with so many pixels of paper above, below, to its left and to its right.
pub fn padded(ink: &Array2<f32>, [above, below, left, right]: [usize; 4]) -> Array2<f32> {
    let (height, width) = ink.dim();
    let mut padded = Array2::zeros((above + height + below, left + width + right));
    padded
        .slice_mut(s![above..above + height, left..left + width])
        .assign(ink);
    padded
}
