//! Digits as programs draw them: with the thinnest pens, in colours as light as their ground, on squares, through
//! grain.
#![allow(clippy::unwrap_used)]

mod common;

use common::png_file;
use digits::{Recognizer, Status};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

/// The strokes of the ten digits, corner by corner, in percent of the picture's width and height.
const STROKES: [&[&[(f32, f32)]]; 10] = [
    &[&[
        (52.0, 20.0),
        (38.0, 26.0),
        (33.0, 45.0),
        (35.0, 66.0),
        (46.0, 78.0),
        (58.0, 75.0),
        (66.0, 58.0),
        (66.0, 38.0),
        (60.0, 24.0),
        (52.0, 20.0),
    ]],
    &[&[(54.0, 18.0), (48.0, 80.0)]],
    &[&[
        (34.0, 32.0),
        (42.0, 21.0),
        (57.0, 20.0),
        (63.0, 32.0),
        (56.0, 48.0),
        (32.0, 77.0),
        (67.0, 77.0),
    ]],
    &[&[
        (35.0, 26.0),
        (48.0, 19.0),
        (61.0, 25.0),
        (61.0, 38.0),
        (46.0, 47.0),
        (62.0, 55.0),
        (65.0, 68.0),
        (54.0, 79.0),
        (34.0, 76.0),
    ]],
    &[
        &[(40.0, 20.0), (32.0, 52.0), (68.0, 52.0)],
        &[(62.0, 22.0), (58.0, 80.0)],
    ],
    &[&[
        (63.0, 20.0),
        (40.0, 20.0),
        (37.0, 45.0),
        (54.0, 43.0),
        (64.0, 54.0),
        (62.0, 70.0),
        (50.0, 79.0),
        (34.0, 74.0),
    ]],
    &[&[
        (60.0, 18.0),
        (46.0, 32.0),
        (38.0, 52.0),
        (37.0, 68.0),
        (46.0, 79.0),
        (58.0, 76.0),
        (63.0, 64.0),
        (56.0, 54.0),
        (44.0, 57.0),
        (37.0, 67.0),
    ]],
    &[&[(32.0, 22.0), (66.0, 21.0), (58.0, 45.0), (46.0, 80.0)]],
    &[&[
        (62.0, 26.0),
        (50.0, 19.0),
        (39.0, 27.0),
        (44.0, 42.0),
        (58.0, 54.0),
        (63.0, 68.0),
        (52.0, 80.0),
        (39.0, 72.0),
        (43.0, 56.0),
        (58.0, 42.0),
        (62.0, 26.0),
    ]],
    &[&[
        (62.0, 32.0),
        (52.0, 21.0),
        (39.0, 28.0),
        (38.0, 42.0),
        (49.0, 48.0),
        (60.0, 42.0),
        (62.0, 32.0),
        (60.0, 56.0),
        (54.0, 80.0),
    ]],
];

/// The digit in `ink` with a square pen of `pen` pixels, on a ground of so many pixels on each side.
fn drawn(digit: usize, side: u32, pen: i64, ink: Rgb<u8>, ground: fn(u32, u32) -> Rgb<u8>) -> RgbImage {
    let mut picture = RgbImage::from_fn(side, side, ground);
    for corners in STROKES[digit] {
        for ends in corners.windows(2) {
            let [from, to] = [ends[0], ends[1]].map(|(x, y)| [x, y].map(|place| place / 100.0 * side as f32));
            let steps = (to[0] - from[0]).abs().max((to[1] - from[1]).abs()).ceil() as usize;
            for step in 0..=steps {
                let [x, y] = [0, 1].map(|axis| {
                    let place = from[axis] + (to[axis] - from[axis]) * step as f32 / steps as f32;
                    place.round() as i64 - pen / 2
                });
                for (down, right) in (0..pen).flat_map(|down| (0..pen).map(move |right| (down, right))) {
                    picture.put_pixel((x + right) as u32, (y + down) as u32, ink);
                }
            }
        }
    }
    picture
}

/// Asserts that all ten are read, after `changed`.
#[track_caller]
fn assert_read(
    side: u32,
    pen: i64,
    ink: [u8; 3],
    ground: fn(u32, u32) -> Rgb<u8>,
    changed: fn(RgbImage) -> RgbImage,
) {
    let recognizer = Recognizer::builtin().unwrap();
    for digit in 0..10 {
        let picture = changed(drawn(digit, side, pen, Rgb(ink), ground));
        let reading = recognizer.read(&png_file(picture)).unwrap();
        let found = reading.prediction.map(|prediction| prediction.digit);
        assert_eq!((found, reading.status), (Some(digit), Status::Digit));
    }
}

fn white(_: u32, _: u32) -> Rgb<u8> {
    Rgb([255; 3])
}

#[test]
fn the_thinnest_pens_are_enough_in_large_drawings() {
    for (side, pen) in [(100, 1), (400, 1), (800, 2), (1600, 3)] {
        assert_read(side, pen, [0; 3], white, |picture| picture);
    }
}

#[test]
fn hair_lines_whose_pixels_were_made_soft_hold_together() {
    assert_read(300, 1, [0; 3], white, |picture| {
        imageops::resize(&picture, 410, 410, FilterType::Triangle)
    });
}

#[test]
fn ink_that_is_as_light_as_the_ground_is_seen_by_its_colour() {
    // Both have the luma 0.45 of white.
    assert_read(
        300,
        20,
        [230, 90, 40],
        |_, _| Rgb([40, 140, 90]),
        |picture| picture,
    );
}

#[test]
fn the_checkerboard_of_an_editor_is_no_ink() {
    let checkers = |x: u32, y: u32| {
        Rgb([if (x / 8 + y / 8).is_multiple_of(2) {
            255
        } else {
            204
        }; 3])
    };
    assert_read(320, 22, [0; 3], checkers, |picture| picture);
}

/// Cut to the box around its ink.
fn cut(picture: &RgbImage) -> RgbImage {
    let inked = || {
        picture
            .enumerate_pixels()
            .filter(|(_, _, pixel)| pixel.0[0] < 128)
    };
    let extent = |at: fn(u32, u32) -> u32| {
        let places = || inked().map(|(x, y, _)| at(x, y));
        let (first, last) = (places().min().unwrap(), places().max().unwrap());
        (first, last + 1 - first)
    };
    let ((left, width), (top, height)) = (extent(|x, _| x), extent(|_, y| y));
    imageops::crop_imm(picture, left, top, width, height).to_image()
}

#[test]
fn strokes_from_side_to_side_are_no_printed_lines() {
    for (side, pen) in [(300, 3), (800, 4)] {
        assert_read(side, pen, [0; 3], white, |picture| cut(&picture));
    }
}

/// A page with the digit, which was drawn on white, amid it.
fn amid(mut page: RgbImage, digit: &RgbImage) -> RgbImage {
    let [left, top] = [page.width() - digit.width(), page.height() - digit.height()].map(|space| space / 2);
    for (x, y, ink) in digit.enumerate_pixels() {
        let shades = &mut page.get_pixel_mut(x + left, y + top).0;
        for (shade, ink) in shades.iter_mut().zip(ink.0) {
            *shade = ink.min(*shade);
        }
    }
    page
}

#[test]
fn squared_paper_that_was_drawn_is_no_ink() {
    assert_read(120, 4, [20; 3], white, |digit| {
        let page = RgbImage::from_fn(400, 400, |x, y| {
            Rgb(if x % 25 == 12 || y % 25 == 12 {
                [170, 190, 230]
            } else {
                [255; 3]
            })
        });
        amid(page, &digit)
    });
}

/// The picture with grain whose standard deviation is this, of 255.
fn grainy(picture: &RgbImage, deviation: f32) -> RgbImage {
    let mut state = 1_u32;
    let mut uniform = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        // Four of them have the variance of a third of one.
        let sum = uniform() + uniform() + uniform() + uniform();
        let grain = deviation * (sum - 2.0) * 3.0_f32.sqrt();
        Rgb(picture
            .get_pixel(x, y)
            .0
            .map(|shade| (f32::from(shade) + grain).round() as u8))
    })
}

#[test]
fn grain_on_a_dark_board_hides_no_chalk() {
    assert_read(
        480,
        16,
        [210; 3],
        |_, _| Rgb([60; 3]),
        |picture| grainy(&picture, 10.0),
    );
}

#[test]
fn small_digits_on_squared_paper_are_no_lines() {
    assert_read(100, 4, [60; 3], white, |digit| {
        let page = RgbImage::from_fn(900, 700, |x, y| {
            let light = 235 - (x / 18) as u8;
            let line = x % 45 < 2 || y % 45 < 2;
            Rgb([if line { light / 2 } else { light }; 3])
        });
        grainy(&amid(page, &digit), 5.0)
    });
}
