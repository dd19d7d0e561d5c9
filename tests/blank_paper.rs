//! Photos of paper with nothing on it: what light, dust, holes and the paper's own sides leave there is no digit.
//! And digits beside such things, which are.
#![allow(clippy::unwrap_used)]

mod common;

use common::jpeg_file;
use digits::{Recognizer, Status};
use image::{GrayImage, Luma};

/// Pictures of each kind, and their sides.
const COUNT: u32 = 20;
const WIDTH: u32 = 300;
const HEIGHT: u32 = 400;

/// The shade at a place, right and down from the picture's middle, of the picture with a number.
type Shade = fn(f32, f32, u32) -> f32;

/// Grain of a camera, the same whenever it is asked for: the hash of `SplitMix64`.
fn grain(x: u32, y: u32, number: u32) -> f32 {
    let mut hash = u64::from(x) << 40 | u64::from(y) << 20 | u64::from(number);
    for (shift, factor) in [(30, 0xbf58_476d_1ce4_e5b9), (27, 0x94d0_49bb_1331_11eb)] {
        hash = (hash ^ hash >> shift).wrapping_mul(factor);
    }
    ((hash ^ hash >> 31) % 1000) as f32 / 1000.0 - 0.5
}

/// How many of the pictures are read as digits.
fn read_as_digits(shade: Shade) -> usize {
    let recognizer = Recognizer::builtin().unwrap();
    let is_read = |number: &u32| {
        let picture = GrayImage::from_fn(WIDTH, HEIGHT, |x, y| {
            let [right, down] = [(x, WIDTH), (y, HEIGHT)].map(|(at, side)| at as f32 - side as f32 / 2.0);
            let light = 1.0 - 0.0004 * (right + down);
            Luma([(light * shade(right, down, *number) + 6.0 * grain(x, y, *number)) as u8])
        });
        recognizer.read(&jpeg_file(picture)).unwrap().status == Status::Digit
    };
    (0..COUNT).filter(is_read).count()
}

/// A direction for each number.
fn direction(number: u32) -> (f32, f32) {
    (number as f32 * 0.7 + 0.1).sin_cos()
}

#[test]
fn shadows_with_hard_edges() {
    let found = read_as_digits(|right, down, number| {
        let (sin, cos) = direction(number);
        if right * cos + down * sin > 40.0 {
            110.0
        } else {
            205.0
        }
    });
    assert_eq!(found, 0);
}

#[test]
fn a_sheet_on_a_table() {
    let found = read_as_digits(|right, down, number| {
        let (sin, cos) = (number as f32 * 0.03 - 0.3).sin_cos();
        let (across, along) = (right * cos + down * sin, down * cos - right * sin);
        // Seen from the side: it narrows towards the top.
        let inside = across.abs() < 85.0 + 0.12 * along && along.abs() < 130.0;
        if inside { 205.0 } else { 80.0 }
    });
    assert_eq!(found, 0);
}

#[test]
fn a_speck_near_a_side() {
    let found = read_as_digits(|right, down, number| {
        let place = (number as f32 * 12.0 - 120.0, 185.0 - number as f32 % 7.0);
        if (right - place.0).hypot(down - place.1) < 5.0 {
            60.0
        } else {
            205.0
        }
    });
    assert_eq!(found, 0);
}

#[test]
fn punched_holes() {
    let found = read_as_digits(|right, down, number| {
        let along = (down + 3.0 * number as f32).rem_euclid(130.0) - 65.0;
        let across = right + 128.0 - 0.5 * number as f32;
        if across.hypot(along) < 9.0 { 50.0 } else { 205.0 }
    });
    assert_eq!(found, 0);
}

/// What the others must not take along: a stroke that is nearly as long as the picture, and a 7 among the lines of a
/// margin and of a shadow.
#[test]
fn strokes_stay() {
    let found = read_as_digits(|right, down, number| {
        let lean = 0.015 * (number as f32 - 10.0);
        let stroke = (right - lean * down).abs() < 2.5 && down.abs() < 160.0 + number as f32;
        if stroke { 60.0 } else { 205.0 }
    });
    assert!(found >= 19, "{found} of {COUNT}");
    let found = read_as_digits(|right, down, number| {
        let bar = (down + 60.0).abs() < 5.0 && right.abs() < 45.0;
        let leg = (right - 20.0 + 0.45 * down).abs() < 5.0 && (-60.0..70.0).contains(&down);
        let line = (right + 110.0 + 0.01 * down).abs() < 1.2;
        let shadow = if right + down > 150.0 + number as f32 {
            0.6
        } else {
            1.0
        };
        let shade = if bar || leg {
            60.0
        } else if line {
            140.0
        } else {
            205.0
        };
        shadow * shade
    });
    assert!(found >= 19, "{found} of {COUNT}");
}
