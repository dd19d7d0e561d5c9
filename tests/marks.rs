//! Digits with a circle or a box around them, or a line under them, as on lists, forms and corrected papers. What is
//! asked for is a little less than what is reached.
#![allow(clippy::unwrap_used)]

mod common;

use common::{jpeg_file, root};
use digits::Recognizer;
use digits::dataset::mnist;
use digits::parallel::Team;
use image::imageops::{self, FilterType};
use image::{GrayImage, Luma};

/// Digits with each kind of mark: the last of the training images, which the built-in model knows. It is the reading
/// of pictures that is tested.
const COUNT: usize = 100;
/// Length of the digit's image, and of the picture.
const DIGIT: u32 = 112;
const PICTURE: u32 = 240;

/// Whether there is ink of the mark at a distance right of the middle and below it.
type Mark = fn(f32, f32) -> bool;

/// A picture file of the digit with the mark, as pen on paper with uneven light.
fn picture(digit: &[u8], mark: Mark) -> Vec<u8> {
    let small = GrayImage::from_fn(28, 28, |x, y| Luma([digit[(y * 28 + x) as usize]]));
    let digit = imageops::resize(&small, DIGIT, DIGIT, FilterType::CatmullRom);
    let start = (PICTURE - DIGIT) / 2;
    let page = GrayImage::from_fn(PICTURE, PICTURE, |x, y| {
        let [right, down] = [x, y].map(|place| place as f32 - PICTURE as f32 / 2.0);
        let (of_digit_x, of_digit_y) = (x.wrapping_sub(start), y.wrapping_sub(start));
        let of_digit = digit
            .get_pixel_checked(of_digit_x, of_digit_y)
            .map_or(0, |pixel| pixel.0[0]);
        let ink = if mark(right, down) { 255 } else { of_digit };
        let paper = 210.0 - 0.2 * x as f32;
        Luma([(paper * (1.0 - 0.8 * f32::from(ink) / 255.0)) as u8])
    });
    jpeg_file(page)
}

#[test]
fn what_is_drawn_around_digits_and_under_them_is_left_out() {
    let training = mnist::load(&root().join("data")).unwrap().train;
    let recognizer = Recognizer::builtin().unwrap();
    let team = Team::new(0).unwrap();
    let circle: Mark = |right, down| (right.hypot(1.1 * down) - 78.0).abs() < 3.0;
    // The gap of a circle that does not quite close.
    let open: Mark =
        |right, down| (right.hypot(down) - 74.0).abs() < 3.0 && !(right > 0.0 && (0.0..14.0).contains(&down));
    let boxed: Mark = |right, down| (right.abs().max(down.abs()) - 64.0).abs() < 2.5;
    let underlined: Mark = |right, down| right.abs() < 46.0 && (down - 54.0 - 0.05 * right).abs() < 2.5;
    for (name, mark, least) in [
        ("nothing", (|_, _| false) as Mark, 97),
        ("a circle", circle, 90),
        ("an open circle", open, 89),
        ("a box", boxed, 95),
        ("a line", underlined, 83),
    ] {
        let from = training.len() - COUNT;
        let mut right = [false; COUNT];
        team.for_each(right.iter_mut().enumerate(), |(index, right)| {
            let digit: Vec<u8> = training.images.row(from + index).to_vec();
            let reading = recognizer.read(&picture(&digit, mark)).unwrap();
            *right = reading
                .guess()
                .is_some_and(|found| found.digit == usize::from(training.labels[from + index]));
        });
        let count = right.iter().filter(|right| **right).count();
        assert!(count >= least, "with {name}: {count} of {COUNT}");
    }
}
