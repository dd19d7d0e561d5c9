//! Pictures that are made in haste or by programs: cut close to the digit, small, compressed, grainy.
#![allow(clippy::unwrap_used)]

mod common;

use common::{jpeg_file, png_file, root};
use digits::Recognizer;
use digits::dataset::{Dataset, mnist};
use digits::parallel::Team;
use image::imageops::{self, FilterType};
use image::{GrayImage, Luma};
use ndarray_rand::rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Digits of each kind of picture: the last of the training images, which the built-in model knows. It is the reading
/// of pictures that is tested.
const COUNT: usize = 200;

/// How pictures of a digit are made.
#[derive(Clone, Copy)]
struct Kind {
    /// Whether no more than the box around its ink is left.
    cut: bool,
    /// The longer side in pixels.
    side: u32,
    /// Shades of paper and ink.
    shades: [f32; 2],
    /// Standard deviation of the noise, in shades of 256.
    noise: f32,
    /// What encodes them.
    file: fn(GrayImage) -> Vec<u8>,
    /// How many of [`COUNT`] must be read rightly.
    least: usize,
}

const DRAWN: Kind = Kind {
    cut: true,
    side: 64,
    shades: [255.0, 0.0],
    noise: 0.0,
    file: png_file,
    least: 196,
};
/// As white on black.
const NEGATIVE: [f32; 2] = [0.0, 255.0];
/// As pen on paper.
const PEN: [f32; 2] = [190.0, 50.0];
const KINDS: [Kind; 9] = [
    DRAWN,
    Kind {
        side: 200,
        shades: NEGATIVE,
        ..DRAWN
    },
    Kind { side: 16, ..DRAWN },
    Kind {
        side: 8,
        shades: NEGATIVE,
        least: 175,
        ..DRAWN
    },
    Kind {
        file: jpeg_file,
        ..DRAWN
    },
    Kind {
        shades: PEN,
        noise: 3.0,
        least: 190,
        ..DRAWN
    },
    Kind {
        cut: false,
        side: 28,
        file: jpeg_file,
        ..DRAWN
    },
    Kind {
        cut: false,
        side: 16,
        least: 192,
        ..DRAWN
    },
    Kind {
        cut: false,
        side: 28,
        shades: NEGATIVE,
        noise: 12.0,
        least: 190,
        ..DRAWN
    },
];

/// A picture file of the digit, as `kind` says.
fn picture(kind: &Kind, digit: &[u8], seed: u64) -> Vec<u8> {
    let all = GrayImage::from_fn(28, 28, |x, y| Luma([digit[(y * 28 + x) as usize]]));
    let inked = || all.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[0] > 0);
    let extent = |at: fn(u32, u32) -> u32| {
        let places = || inked().map(|(x, y, _)| at(x, y));
        let (first, last) = (places().min().unwrap(), places().max().unwrap());
        (first, last + 1 - first)
    };
    let (left, width) = extent(|x, _| x);
    let (top, height) = extent(|_, y| y);
    let (left, top, width, height) = if kind.cut {
        (left, top, width, height)
    } else {
        (0, 0, 28, 28)
    };
    let cut = imageops::crop_imm(&all, left, top, width, height).to_image();
    let fit = |length: u32| (length * kind.side / width.max(height)).max(1);
    let filter = FilterType::CatmullRom;
    let mut sized = imageops::resize(&cut, fit(width), fit(height), filter);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut random = || 2.0 * (rng.next_u32() as f32 / u32::MAX as f32) - 1.0;
    let [paper, ink] = kind.shades;
    for pixel in sized.pixels_mut() {
        let opacity = f32::from(pixel.0[0]) / 255.0;
        let noise: f32 = (0..4).map(|_| random()).sum::<f32>() * 0.87 * kind.noise;
        pixel.0[0] = (paper + opacity * (ink - paper) + noise).round() as u8;
    }
    (kind.file)(sized)
}

#[test]
fn small_close_and_grainy_pictures_are_read() {
    let Dataset { images, labels } = mnist::load(&root().join("data")).unwrap().train;
    let recognizer = Recognizer::builtin().unwrap();
    let mut right = [0; KINDS.len()];
    Team::new(0)
        .unwrap()
        .for_each(KINDS.iter().zip(&mut right), |(kind, right)| {
            for index in labels.len() - COUNT..labels.len() {
                let file = picture(kind, images.row(index).to_slice().unwrap(), index as u64);
                let reading = recognizer.read(&file).unwrap();
                let found = reading.guess();
                *right += usize::from(found.is_some_and(|found| found.digit == usize::from(labels[index])));
            }
        });
    let least = KINDS.map(|kind| kind.least);
    let enough = right.iter().zip(least).all(|(&right, least)| right >= least);
    assert!(enough, "right {right:?} of {COUNT}, at least {least:?}");
}
