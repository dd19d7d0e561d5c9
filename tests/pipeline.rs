//! MNIST's own test images as picture files: reading pictures costs next to no accuracy.
#![allow(clippy::unwrap_used)]

mod common;

use common::{png_file, root};
use digits::dataset::mnist;
use digits::parallel::Team;
use digits::{Recognizer, train};
use image::{GrayImage, Luma};

/// Largest difference to the accuracy on arrays, as a share of the images.
const BEARABLE: f64 = 0.0005;
/// The largest bearable share of digits that are refused.
const REFUSED: f64 = 0.002;

/// The image as a PNG file, enlarged by repetition and with a border of so many of its pixels, dark on light or light
/// on dark.
fn png(image: &[u8], enlarged: u32, border: u32, inverted: bool) -> Vec<u8> {
    let side = (28 + 2 * border) * enlarged;
    let picture = GrayImage::from_fn(side, side, |x, y| {
        let [row, column] = [y, x].map(|at| (at / enlarged).checked_sub(border).filter(|&at| at < 28));
        let ink = match (row, column) {
            (Some(row), Some(column)) => image[(row * 28 + column) as usize],
            _ => 0,
        };
        Luma([if inverted { 255 - ink } else { ink }])
    });
    png_file(picture)
}

#[test]
fn pictures_of_the_test_set_are_read_as_its_arrays_are() {
    let mnist = mnist::load(&root().join("data")).unwrap();
    let recognizer = Recognizer::builtin().unwrap();
    let team = Team::new(0).unwrap();
    let indices: Vec<usize> = (0..mnist.test.len()).collect();
    let probabilities = train::probabilities(recognizer.model(), &mnist.test, &team);
    let label = |index: usize| usize::from(mnist.test.labels[index]);
    let right = |index: usize| {
        let row = probabilities.row(index);
        let most = row.iter().copied().fold(0.0, f32::max);
        row[label(index)] >= most
    };
    let expected = indices.iter().filter(|&&index| right(index)).count();
    for (enlarged, border, inverted) in [(1, 0, false), (1, 0, true), (8, 4, false), (8, 4, true)] {
        // Whether it was read rightly, and whether it was refused as no digit: the gate's error, and not the
        // pipeline's.
        let mut found = vec![(false, false); indices.len()];
        team.for_each(indices.iter().zip(&mut found), |(&index, found)| {
            let image = mnist.test.images.row(index);
            let picture = png(image.to_slice().unwrap(), enlarged, border, inverted);
            let reading = recognizer.read(&picture).unwrap();
            let is_right = reading.prediction.as_ref().unwrap().digit == label(index);
            *found = (is_right, reading.guess().is_none());
        });
        let refused = found.iter().filter(|(_, refused)| *refused).count();
        let found = found.iter().filter(|(right, _)| *right).count();
        let off = found.abs_diff(expected) as f64 / indices.len() as f64;
        assert!(
            off <= BEARABLE,
            "{enlarged} times, inverted {inverted}: {found} of {} right, as arrays {expected}",
            indices.len()
        );
        assert!(
            refused as f64 <= REFUSED * indices.len() as f64,
            "{enlarged} times, inverted {inverted}: {refused} refused"
        );
    }
}
