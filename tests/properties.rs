//! What holds for every image, however it is made: how ink becomes 28×28, and how training varies that.
#![allow(clippy::unwrap_used)]

mod cases;

use cases::{cases, padded, strokes};
use digits::dataset::{Augment, Dataset, PIXELS, SIDE, batch};
use digits::parallel::Team;
use digits::train::{Preset, TrainConfig, Training};
use digits::vision::{Picture, candidates, normalize, plain_ink};
use ndarray::{Array1, Array2, Axis};
use proptest::prelude::*;

/// The largest difference of two images, in steps of 255.
fn difference(a: &Array2<u8>, b: &Array2<u8>) -> u8 {
    let differences = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    differences.max().unwrap_or(0)
}

/// Every pixel as `by`×`by` of them.
fn enlarged(ink: &Array2<f32>, by: usize) -> Array2<f32> {
    let (height, width) = ink.dim();
    Array2::from_shape_fn((height * by, width * by), |(row, column)| {
        ink[[row / by, column / by]]
    })
}

/// The image of what a reader sees first.
fn read(grey: Array2<f32>) -> Array2<u8> {
    candidates(&Picture::grey(grey)).swap_remove(0).image
}

/// The image's centre of mass along an axis, where a pixel's middle is its number plus ½.
fn centre(image: &Array2<u8>, axis: usize) -> f64 {
    let ink = |line: ndarray::ArrayView1<u8>| line.iter().map(|&pixel| f64::from(pixel)).sum::<f64>();
    let lines = image.axis_iter(Axis(axis)).enumerate();
    let moments = lines.map(|(at, line)| (at as f64 + 0.5) * ink(line));
    moments.sum::<f64>() / image.iter().map(|&pixel| f64::from(pixel)).sum::<f64>()
}

/// From the first to the last line along an axis that has ink.
fn extent(image: &Array2<u8>, axis: usize) -> (usize, usize) {
    let inked: Vec<bool> = image
        .axis_iter(Axis(axis))
        .map(|line| line.iter().any(|&pixel| pixel > 0))
        .collect();
    let first = inked.iter().position(|&inked| inked).unwrap();
    (first, inked.iter().rposition(|&inked| inked).unwrap())
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn where_the_ink_is_changes_nothing(ink in strokes(), paper in prop::array::uniform4(1..60_usize)) {
        let moved = padded(&ink, paper);
        prop_assert_eq!(normalize(&moved), normalize(&ink));
        prop_assert_eq!(read(moved.mapv(|ink| 1.0 - ink)), read(ink.mapv(|ink| 1.0 - ink)));
    }

    /// Shades are no exact numbers: a pixel may be rounded the other way.
    #[test]
    fn light_on_dark_is_dark_on_light(ink in strokes(), paper in 0.5..=1.0_f32) {
        let dark = ink.mapv(|ink| paper * (1.0 - ink));
        let light = dark.mapv(|shade| 1.0 - shade);
        let images = [&dark, &light].map(|grey| normalize(&plain_ink(grey).unwrap()).unwrap());
        prop_assert!(difference(&images[0], &images[1]) <= 1);
        prop_assert!(difference(&read(dark), &read(light)) <= 1);
    }

    #[test]
    fn whole_enlargements_change_nothing(ink in strokes(), by in 2..5_usize) {
        let images = [ink.clone(), enlarged(&ink, by)].map(|ink| normalize(&ink).unwrap());
        prop_assert!(difference(&images[0], &images[1]) <= 1);
    }

    /// As MNIST's makers said: 20 pixels long, the centre of mass in the pixel behind the middle, unless the box
    /// would not fit.
    #[test]
    fn images_have_mnists_size_and_place(ink in strokes()) {
        let image = normalize(&ink).unwrap();
        let sides = [0, 1].map(|axis| extent(&image, axis));
        let lengths = sides.map(|(first, last)| last - first + 1);
        prop_assert!((19..=20).contains(&lengths[0].max(lengths[1])), "{:?}", lengths);
        for (axis, (first, last)) in sides.into_iter().enumerate() {
            let centre = centre(&image, axis);
            let placed = (13.9..=15.1).contains(&centre);
            prop_assert!(placed || first == 0 || last >= SIDE - 2, "axis {}: {}", axis, centre);
        }
    }

    /// Averaging by area keeps the ink, but for what each pixel is rounded.
    #[test]
    fn ink_is_kept_in_proportion(ink in strokes()) {
        let image = normalize(&ink).unwrap();
        let rows = ink.outer_iter().filter(|row| row.iter().any(|&ink| ink * 255.0 >= 0.5)).count();
        let columns = ink.axis_iter(Axis(1)).filter(|column| column.iter().any(|&ink| ink * 255.0 >= 0.5)).count();
        let fit = |length: usize| (20.0 * length as f64 / rows.max(columns) as f64).round().max(1.0);
        let area = fit(rows) * fit(columns);
        let expected = f64::from(ink.sum()) * area / (rows * columns) as f64;
        let found = image.iter().map(|&pixel| f64::from(pixel) / 255.0).sum::<f64>();
        prop_assert!((found - expected).abs() <= area * 0.5 / 255.0 + 1e-3, "{} for {}", found, expected);
    }

    #[test]
    fn blank_stays_blank(shade in 0.0..=1.0_f32, height in 1..200_usize, width in 1..200_usize, speck in 0.0..0.0019_f32) {
        prop_assert_eq!(normalize(&Array2::from_elem((height, width), speck)), None);
        let picture = Picture::grey(Array2::from_elem((height, width), shade));
        prop_assert!(candidates(&picture).is_empty());
    }
}

const VARIED: [Augment; 4] = [
    Augment::Shift,
    Augment::Elastic,
    Augment::ElasticStrong,
    Augment::Pens,
];

/// MNIST's form of some strokes, as a data set of one sample for each.
fn samples(count: usize) -> impl Strategy<Value = Dataset> {
    prop::collection::vec(strokes(), count..=count).prop_map(|strokes| {
        let mut images = Array2::zeros((strokes.len(), PIXELS));
        for (mut image, ink) in images.outer_iter_mut().zip(&strokes) {
            image.assign(&Array1::from_iter(normalize(ink).unwrap()));
        }
        let labels = Array1::from_shape_fn(strokes.len(), |index| (index % 10) as u8);
        Dataset { images, labels }
    })
}

/// The inputs (B, 784) that training makes of some samples.
fn varied(data: &Dataset, indices: &[usize], augment: Augment, seed: u64, epoch: u64) -> Array2<f32> {
    let mut x = Array2::from_elem((indices.len(), PIXELS), f32::NAN);
    batch::fill(data, indices, augment, seed, epoch, &mut x);
    x
}

/// The image moved down and right.
fn moved(image: &[u8], down: i32, right: i32) -> Vec<f32> {
    let pixel = |at: usize| {
        let (row, column) = ((at / SIDE) as i32 - down, (at % SIDE) as i32 - right);
        let inside = (0..28).contains(&row) && (0..28).contains(&column);
        if inside {
            f32::from(image[(row * 28 + column) as usize]) / 255.0
        } else {
            0.0
        }
    };
    (0..PIXELS).map(pixel).collect()
}

proptest! {
    #![proptest_config(cases(400))]

    /// An image's variation is its own: whatever is in the batch beside it, and wherever in the batch it is.
    #[test]
    fn the_same_draw_gives_the_same_bytes(data in samples(3), seed: u64, epoch: u64) {
        for augment in VARIED {
            let all = varied(&data, &[0, 1, 2], augment, seed, epoch);
            let some = varied(&data, &[2, 0], augment, seed, epoch);
            prop_assert_eq!(all.row(2), some.row(0));
            prop_assert_eq!(all.row(0), some.row(1));
        }
    }

    #[test]
    fn another_draw_gives_another_image(data in samples(1), seed: u64, epoch: u64) {
        let twice = Dataset {
            images: ndarray::concatenate![Axis(0), data.images, data.images],
            labels: ndarray::concatenate![Axis(0), data.labels, data.labels],
        };
        for augment in [Augment::Elastic, Augment::ElasticStrong, Augment::Pens] {
            let here = varied(&twice, &[0], augment, seed, epoch);
            prop_assert_ne!(&here, &varied(&twice, &[1], augment, seed, epoch));
            prop_assert_ne!(&here, &varied(&twice, &[0], augment, seed, epoch ^ 1));
            prop_assert_ne!(&here, &varied(&twice, &[0], augment, seed ^ 1, epoch));
        }
        // Of nine shifts, one comes again now and then, but not fifty times.
        let shifts = (0..50).map(|by| varied(&twice, &[0], Augment::Shift, seed, epoch ^ by));
        prop_assert!(shifts.skip(1).any(|x| x != varied(&twice, &[0], Augment::Shift, seed, epoch)));
    }

    #[test]
    fn a_shift_moves_all_ink_and_loses_what_leaves(pixels in prop::collection::vec(any::<u8>(), PIXELS), seed: u64) {
        let data = Dataset { images: Array2::from_shape_vec((1, PIXELS), pixels.clone()).unwrap(), labels: Array1::zeros(1) };
        let x = varied(&data, &[0], Augment::Shift, seed, 0);
        let shifts = (-1..=1).flat_map(|down| (-1..=1).map(move |right| (down, right)));
        let fitting = shifts.filter(|&(down, right)| moved(&pixels, down, right) == x.row(0).to_vec());
        prop_assert_eq!(fitting.count(), 1);
    }

    /// At most a ninth (strongly: a sixth) taller and wider, and bent besides; a pen may treble a thin stroke, or
    /// take nearly all of it.
    #[test]
    fn distorted_ink_stays_in_range_and_in_proportion(data in samples(1), seed: u64, epoch: u64) {
        let before = data.images.iter().map(|&pixel| f32::from(pixel) / 255.0).sum::<f32>();
        for (augment, least, most) in [
            (Augment::Elastic, 0.6, 1.6),
            (Augment::ElasticStrong, 0.5, 1.9),
            (Augment::Pens, 1e-3, 3.5),
        ] {
            let x = varied(&data, &[0], augment, seed, epoch);
            prop_assert!(x.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
            let share = x.sum() / before;
            prop_assert!((least..=most).contains(&share), "{:?}: {}", augment, share);
        }
    }

    #[test]
    fn a_blank_image_stays_blank(seed: u64, epoch: u64, index in 0..5_usize) {
        let data = Dataset { images: Array2::zeros((5, PIXELS)), labels: Array1::zeros(5) };
        for augment in VARIED {
            prop_assert!(varied(&data, &[index], augment, seed, epoch).iter().all(|&pixel| pixel.to_bits() == 0));
        }
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn the_number_of_threads_changes_no_byte(
        data in samples(40),
        seed: u64,
        threads in 2..6_usize,
        batch_size in 1..50_usize,
        augment in prop::sample::select(VARIED.as_slice()),
        convolutional: bool,
    ) {
        let preset = if convolutional { Preset::Tiny } else { Preset::Mlp };
        let mut config = TrainConfig { epochs: 1, batch_size, augment, seed, ..preset.config() };
        if !convolutional {
            config.hidden = vec![20];
        }
        let config = config.check().unwrap();
        let (train, validation) = data.split(4).unwrap();
        let bytes = |threads: usize| {
            let team = Team::new(threads).unwrap();
            let training = Training {
                config: &config,
                image: [28, 28, 1].into(),
                classes: 10,
                train: &train,
                validation: &validation,
                team: &team,
            };
            training.run(None, &mut ()).unwrap().to_bytes().unwrap()
        };
        prop_assert_eq!(bytes(1), bytes(threads));
    }
}
