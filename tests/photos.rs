//! Photos made from MNIST's test digits: squared and ruled paper, shadow, faint pencil, chalk, coloured ink, noise; of
//! digits that a side of the photo cuts off, and of digits beside a pen that comes in from a side.
#![allow(clippy::unwrap_used)]

mod common;

use common::{jpeg_file, root};
use digits::Recognizer;
use digits::dataset::mnist;
use digits::parallel::Team;
use image::{Rgb, RgbImage};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Width and height of the photos.
const SIDE: u32 = 640;
/// Digits of each kind of photo.
const COUNT: usize = 60;

/// What a photo is like: shades in 0..=1.
struct Scene {
    name: &'static str,
    paper: [f32; 3],
    ink: [f32; 3],
    /// Pixels between printed lines, across and down, how much darker they are, and how much they lean.
    rules: Option<(u32, Option<u32>, f32, f32)>,
    /// Shade of what a hand keeps from the light.
    shadow: f32,
    /// Standard deviation of the noise.
    noise: f32,
    /// Side of the digit's 28×28 pixels in the photo.
    digit: u32,
    /// How many of [`COUNT`] must be read rightly.
    least: usize,
}

const PLAIN: Scene = Scene {
    name: "pen on paper",
    paper: [0.75, 0.74, 0.7],
    ink: [0.2, 0.2, 0.25],
    rules: None,
    shadow: 1.0,
    noise: 0.01,
    digit: 420,
    least: 58,
};

const SCENES: [Scene; 9] = [
    PLAIN,
    Scene {
        name: "small",
        digit: 130,
        least: 58,
        ..PLAIN
    },
    Scene {
        name: "blue pen on squared paper",
        ink: [0.25, 0.3, 0.6],
        rules: Some((32, Some(32), 0.15, 0.02)),
        least: 56,
        ..PLAIN
    },
    Scene {
        name: "pencil on squared paper",
        ink: [0.45, 0.45, 0.45],
        rules: Some((40, Some(40), 0.2, -0.03)),
        digit: 300,
        least: 54,
        ..PLAIN
    },
    Scene {
        name: "ruled paper",
        rules: Some((60, None, 0.3, 0.04)),
        least: 57,
        ..PLAIN
    },
    Scene {
        name: "faint pencil in a hand's shadow",
        ink: [0.6, 0.6, 0.58],
        shadow: 0.5,
        digit: 200,
        least: 56,
        ..PLAIN
    },
    Scene {
        name: "chalk on a board",
        paper: [0.15, 0.25, 0.2],
        ink: [0.85, 0.85, 0.85],
        least: 58,
        ..PLAIN
    },
    Scene {
        name: "ink seen in one colour only",
        paper: [0.8, 0.75, 0.6],
        ink: [0.8, 0.75, 0.2],
        least: 57,
        ..PLAIN
    },
    Scene {
        name: "grainy",
        noise: 0.05,
        least: 57,
        ..PLAIN
    },
];

/// The photo of a digit, as a JPEG file.
fn photo(scene: &Scene, digit: &[u8], seed: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut random = |from: f32, to: f32| from + (to - from) * (rng.next_u32() as f32 / u32::MAX as f32);
    let free = (SIDE - scene.digit) as f32;
    let (left, top) = (random(0.3, 0.7) * free, random(0.3, 0.7) * free);
    let (phase, edge) = (random(0.0, 30.0), random(0.3, 0.7) * SIDE as f32);
    let picture = RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let place = |at: f32, start: f32| (at - start) / scene.digit as f32 * 28.0 - 0.5;
        let opacity = between(digit, place(y, top), place(x, left));
        let mut shade = 1.0;
        if let Some((across, down, contrast, lean)) = scene.rules {
            let near = |at: f32, step: u32| (at + phase).rem_euclid(step as f32) < 2.0;
            if near(y + lean * x, across) || down.is_some_and(|step| near(x - lean * y, step)) {
                shade -= contrast;
            }
        }
        // The shadow's edge is as wide as a finger.
        let light = 1.0 - (1.0 - scene.shadow) * ((x + 0.3 * y - edge) / 60.0).clamp(0.0, 1.0);
        let vignette = 1.0 - 0.25 * ((x / SIDE as f32 - 0.5).powi(2) + (y / SIDE as f32 - 0.5).powi(2));
        let noise: f32 = (0..4).map(|_| random(-1.0, 1.0)).sum::<f32>() * 0.87 * scene.noise;
        Rgb([0, 1, 2].map(|channel| {
            let paper = scene.paper[channel] * shade;
            let value = (paper + opacity * (scene.ink[channel] - paper)) * light * vignette + noise;
            (value * 255.0).round().clamp(0.0, 255.0) as u8
        }))
    });
    jpeg_file(picture)
}

/// The digit's ink between its pixels, in 0..=1.
fn between(digit: &[u8], row: f32, column: f32) -> f32 {
    let at = |row: f32, column: f32| {
        let inside = (0.0..28.0).contains(&row) && (0.0..28.0).contains(&column);
        if inside {
            f32::from(digit[row as usize * 28 + column as usize]) / 255.0
        } else {
            0.0
        }
    };
    let (top, left) = (row.floor(), column.floor());
    let along = |row: f32| at(row, left) + (column - left) * (at(row, left + 1.0) - at(row, left));
    let ink = along(top) + (row - top) * (along(top + 1.0) - along(top));
    // Pens have sharper edges than MNIST's pixels.
    (3.0 * ink - 1.0).clamp(0.0, 1.0)
}

#[test]
fn photos_are_read() {
    let mnist = mnist::load(&root().join("data")).unwrap();
    let recognizer = Recognizer::builtin().unwrap();
    let mut failures = [const { String::new() }; SCENES.len()];
    Team::new(0)
        .unwrap()
        .for_each(SCENES.iter().zip(&mut failures), |(scene, failure)| {
            let mut wrong = Vec::new();
            for index in 0..COUNT {
                let image = mnist.test.images.row(index);
                let photo = photo(scene, image.to_slice().unwrap(), index as u64);
                let reading = recognizer.read(&photo).unwrap();
                let label = usize::from(mnist.test.labels[index]);
                let found = reading
                    .guess()
                    .map(|prediction| (prediction.digit, prediction.probability));
                if found.map(|found| found.0) != Some(label) {
                    wrong.push((index, label, found));
                }
            }
            let right = COUNT - wrong.len();
            if right < scene.least {
                *failure = format!("{}: {right} of {COUNT}, wrong {wrong:?}", scene.name);
            }
        });
    let failures: Vec<&String> = failures.iter().filter(|failure| !failure.is_empty()).collect();
    assert!(failures.is_empty(), "{failures:?}");
}

/// A pen's way, as places (x, y) in a square of side 1.
type Way = Vec<(f32, f32)>;

/// Part of an ellipse around (x, y), from one angle to another, in shares of a full turn, clockwise from the right.
fn arc((x, y): (f32, f32), (across, down): (f32, f32), (from, to): (f32, f32)) -> Way {
    (0..=40)
        .map(|step| from + (to - from) * step as f32 / 40.0)
        .map(|turn| turn * std::f32::consts::TAU)
        .map(|angle| (x + across * angle.cos(), y + down * angle.sin()))
        .collect()
}

fn zero() -> Vec<Way> {
    vec![arc((0.5, 0.5), (0.22, 0.35), (0.0, 1.0))]
}

fn three() -> Vec<Way> {
    vec![
        arc((0.5, 0.34), (0.2, 0.17), (0.6, 1.2)),
        arc((0.5, 0.67), (0.22, 0.18), (-0.2, 0.42)),
    ]
}

fn nine() -> Vec<Way> {
    vec![
        arc((0.48, 0.36), (0.2, 0.19), (0.0, 1.0)),
        vec![(0.68, 0.36), (0.67, 0.6), (0.6, 0.8), (0.45, 0.86), (0.36, 0.82)],
    ]
}

/// A photo of thin strokes of which the share `cut` of its width is missing at the right, or at the left.
fn strokes(ways: &[Way], cut: f32, at_left: bool) -> Vec<u8> {
    const WIDTH: f32 = 500.0;
    let lines = || ways.iter().flat_map(|way| way.windows(2));
    let distance = |x: f32, y: f32| {
        let to = |line: &[(f32, f32)]| {
            let [(ax, ay), (bx, by)] = [line[0], line[1]].map(|(x, y)| (x * WIDTH, y * WIDTH));
            let (dx, dy) = (bx - ax, by - ay);
            let along = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
            (x - ax - along * dx).hypot(y - ay - along * dy)
        };
        lines().map(to).fold(f32::MAX, f32::min)
    };
    let from = if at_left { cut * WIDTH } else { 0.0 };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let photo = RgbImage::from_fn((WIDTH * (1.0 - cut)) as u32, WIDTH as u32, |x, y| {
        let (x, y) = (x as f32 + from, y as f32);
        let ink = (4.5 - distance(x, y)).clamp(0.0, 1.0);
        let grain = 4.0 * rng.next_u32() as f32 / u32::MAX as f32;
        let shade = (190.0 - 0.05 * (x + y)) * (1.0 - 0.6 * ink) + grain;
        Rgb([shade as u8; 3])
    });
    jpeg_file(photo)
}

#[test]
fn strokes_that_leave_a_photo_and_come_back_are_one_digit() {
    let recognizer = Recognizer::builtin().unwrap();
    let cases = [
        (0, zero(), 0.33, false),
        (0, zero(), 0.3, true),
        (3, three(), 0.33, false),
        (9, nine(), 0.36, false),
    ];
    for (digit, ways, cut, at_left) in cases {
        let reading = recognizer.read(&strokes(&ways, cut, at_left)).unwrap();
        let found = reading.guess().map(|found| found.digit);
        assert_eq!(found, Some(digit), "cut by {cut}, at the left: {at_left}");
    }
}

#[test]
fn a_digit_beside_a_pen_that_comes_in_from_a_side_is_read() {
    let smaller = |way: &Way| {
        way.iter()
            .map(|&(x, y)| (0.5 + 0.3 * x, 0.55 + 0.3 * y))
            .collect()
    };
    let pen = vec![(0.1, 1.05), (0.9, 0.3)];
    let recognizer = Recognizer::builtin().unwrap();
    for (digit, ways) in [(0, zero()), (3, three()), (9, nine())] {
        let mut ways: Vec<Way> = ways.iter().map(smaller).collect();
        ways.push(pen.clone());
        let reading = recognizer.read(&strokes(&ways, 0.0, false)).unwrap();
        let found = reading.guess().map(|found| found.digit);
        assert_eq!(found, Some(digit));
    }
}
