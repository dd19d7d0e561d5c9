//! Random pictures in every format, of every kind and size: what is decoded is what a plain reference makes of their
//! samples.
#![allow(clippy::unwrap_used)]

mod cases;
mod writers;

use cases::cases;
use digits::vision::decode;
use image::codecs::{gif::GifEncoder, tiff::TiffEncoder, webp::WebPEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbaImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use ndarray::Array2;
use proptest::prelude::*;
use rand_chacha::{ChaCha8Rng, rand_core::RngCore, rand_core::SeedableRng};
use std::io::Cursor;
use writers::{Size, anymap, bitmap, directory, png, tiff};

/// What `digits::vision` promises of pictures: Rec. 709 luma, and the longest side that is worked on.
const LUMA: [f64; 3] = [0.2126, 0.7152, 0.0722];
const LONG_SIDE: usize = 1024;
/// Pictures whose colours are all that near to grey count as grey.
const GREY: f64 = 0.03;

/// Red, green, blue and opacity of every pixel, row by row, in 0..=1.
struct Pixels {
    size: Size,
    rgba: Vec<[f64; 4]>,
}

impl Pixels {
    /// Of samples up to `most`, 1 to 4 for each pixel.
    fn of(size: Size, samples: &[u16], most: u16) -> Self {
        let share = |sample: u16| f64::from(sample) / f64::from(most);
        let rgba = samples
            .chunks(samples.len() / (size.0 * size.1))
            .map(|pixel| match *pixel {
                [grey] => [share(grey), share(grey), share(grey), 1.0],
                [grey, opacity] => [share(grey), share(grey), share(grey), share(opacity)],
                [red, green, blue] => [share(red), share(green), share(blue), 1.0],
                [red, green, blue, opacity] => [red, green, blue, opacity].map(share),
                _ => unreachable!("up to four samples"),
            });
        let rgba = rgba.collect();
        Self { size, rgba }
    }

    /// Means over squares, colours multiplied by their opacity.
    fn reduced(&self) -> Self {
        let (width, height) = self.size;
        let by = width.max(height).div_ceil(LONG_SIDE);
        let size = (width.div_ceil(by), height.div_ceil(by));
        let mean = |block: usize| {
            let (row, column) = (block / size.0 * by, block % size.0 * by);
            let rows = row..(row + by).min(height);
            let columns = column..(column + by).min(width);
            let count = (rows.len() * columns.len()) as f64;
            let mut mean = [0.0; 4];
            for [red, green, blue, opacity] in
                rows.flat_map(|row| columns.clone().map(move |column| self.rgba[row * width + column]))
            {
                let pixel = [red * opacity, green * opacity, blue * opacity, opacity];
                mean.iter_mut()
                    .zip(pixel)
                    .for_each(|(mean, part)| *mean += part / count);
            }
            mean
        };
        let rgba = (0..size.0 * size.1).map(mean).collect();
        Self { size, rgba }
    }

    /// The shades of grey, upright; none if rounding decides which ground it lies on, or whether it is coloured.
    fn grey(&self, orientation: u8) -> Option<Array2<f64>> {
        let Self {
            size: (width, height),
            rgba,
        } = self.reduced();
        let luma = |rgb: &[f64]| {
            rgb.iter()
                .zip(LUMA)
                .map(|(part, share)| part * share)
                .sum::<f64>()
        };
        let count = rgba.len() as f64;
        let light = rgba.iter().map(|pixel| luma(&pixel[..3])).sum::<f64>() / count;
        let opacity = rgba.iter().map(|pixel| pixel[3]).sum::<f64>() / count;
        let see_through = rgba.iter().any(|pixel| pixel[3] < 1.0);
        if see_through && (light - 0.5 * opacity).abs() < 1e-5 {
            return None;
        }
        // Light colours lie on black, all others on white.
        let ground = if see_through && light > 0.5 * opacity {
            0.0
        } else {
            1.0
        };
        let laid = rgba
            .iter()
            .map(|pixel| [0, 1, 2].map(|part| pixel[part] + ground * (1.0 - pixel[3])));
        let laid: Vec<[f64; 3]> = laid.collect();
        let off = |rgb: &[f64; 3]| {
            rgb.iter()
                .map(|part| (part - luma(rgb)).abs())
                .fold(0.0, f64::max)
        };
        let off = laid.iter().map(off).fold(0.0, f64::max);
        if (off - GREY).abs() < 1e-4 {
            return None;
        }
        let shade = |rgb: &[f64; 3]| if off > GREY { luma(rgb) } else { rgb[1] };
        let upright = if orientation < 5 {
            (height, width)
        } else {
            (width, height)
        };
        let mut grey = Array2::from_elem(upright, f64::NAN);
        for (at, rgb) in laid.iter().enumerate() {
            let ((row, column), (bottom, right)) = ((at / width, at % width), (height - 1, width - 1));
            // Where the first row and the first column are to be seen (CIPA DC-008, *Exif 2.32*, 4.6.5.A).
            let place = match orientation {
                1 => (row, column),
                2 => (row, right - column),
                3 => (bottom - row, right - column),
                4 => (bottom - row, column),
                5 => (column, row),
                6 => (column, bottom - row),
                7 => (right - column, bottom - row),
                _ => (right - column, row),
            };
            grey[place] = shade(rgb);
        }
        Some(grey)
    }
}

/// Asserts that a file is decoded as these pixels, but for `off`.
fn check(file: &[u8], pixels: &Pixels, orientation: u8, off: f64) -> Result<(), TestCaseError> {
    let Some(expected) = pixels.grey(orientation) else {
        return Err(TestCaseError::reject("a close call"));
    };
    let found = decode(file).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(
        found.reduction,
        pixels.size.0.max(pixels.size.1).div_ceil(LONG_SIDE)
    );
    prop_assert_eq!(found.grey.dim(), expected.dim());
    let (width, height) = pixels.size;
    prop_assert_eq!(
        found.file,
        if orientation < 5 {
            (height, width)
        } else {
            (width, height)
        }
    );
    for (place, (&found, &expected)) in expected
        .indexed_iter()
        .map(|(place, _)| (place, (&found.grey[place], &expected[place])))
    {
        prop_assert!(
            (f64::from(found) - expected).abs() <= off,
            "{:?}: {} for {}",
            place,
            found,
            expected
        );
    }
    Ok(())
}

/// What rounding to an `f32` may change; and what a sample of eight bits may be off.
const EXACT: f64 = 1e-6;
const STEP: f64 = 0.5 / 255.0 + EXACT;

/// `count` samples of at most `most`: of any values, or of very few.
fn samples(count: usize, most: u16, seed: u64) -> Vec<u16> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let step = if seed.is_multiple_of(3) {
        most.div_ceil(3)
    } else {
        1
    };
    let levels = u32::from(most / step) + 1;
    let draws = std::iter::repeat_with(|| (rng.next_u32() % levels) as u16 * step);
    draws.take(count).collect()
}

/// Small ones, of all sizes; and some that are too long to be worked on as they are.
fn sizes() -> impl Strategy<Value = Size> {
    prop_oneof![
        8 => (1..40_usize, 1..40_usize),
        1 => (1020..2100_usize, 1..6_usize),
        1 => (1..6_usize, 1020..2100_usize),
    ]
}

fn of_depth(depth: usize) -> u16 {
    ((1_u32 << depth) - 1) as u16
}

fn eight(samples: &[u16]) -> Vec<u8> {
    samples.iter().map(|&sample| sample as u8).collect()
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn png_of_every_kind(size in sizes(), interlaced: bool, seed: u64, orientation in 1..=8_u8, big_endian: bool) {
        let exif = (b"eXIf", directory(big_endian, &[(0x0112, vec![orientation.into()])]));
        let count = size.0 * size.1;
        let kinds = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (4, 8), (4, 16), (6, 8), (6, 16)];
        for (colour, depth) in kinds {
            let channels = match colour { 0 => 1, 2 => 3, 4 => 2, _ => 4 };
            let samples = samples(count * channels, of_depth(depth), seed);
            let file = png(size, (colour, depth), interlaced, std::slice::from_ref(&exif), &samples);
            check(&file, &Pixels::of(size, &samples, of_depth(depth)), orientation, EXACT)?;
            if colour == 0 || colour == 2 {
                // One shade, or colour, is no paint at all.
                let clear = samples[..channels].to_vec();
                let mark = (b"tRNS", clear.iter().flat_map(|sample| sample.to_be_bytes()).collect());
                let file = png(size, (colour, depth), interlaced, &[mark], &samples);
                let mut pixels = Pixels::of(size, &samples, of_depth(depth));
                for (pixel, samples) in pixels.rgba.iter_mut().zip(samples.chunks(channels)) {
                    pixel[3] = if samples == clear { 0.0 } else { 1.0 };
                }
                check(&file, &pixels, 1, EXACT)?;
            }
        }
    }

    #[test]
    fn png_with_a_palette(size in sizes(), depth in prop::sample::select(vec![1_usize, 2, 4, 8]), interlaced: bool, clear: bool, seed: u64) {
        let colours = samples(4 << depth, 255, !seed);
        let mut chunks = vec![(b"PLTE", Vec::new()), (b"tRNS", Vec::new())];
        for colour in colours.chunks(4) {
            chunks[0].1.extend(eight(&colour[..3]));
            chunks[1].1.push(colour[3] as u8);
        }
        if !clear {
            chunks.pop();
        }
        let numbers = samples(size.0 * size.1, of_depth(depth), seed);
        let rgba: Vec<u16> = numbers
            .iter()
            .flat_map(|&number| {
                let at = 4 * usize::from(number);
                [colours[at], colours[at + 1], colours[at + 2], if clear { colours[at + 3] } else { 255 }]
            })
            .collect();
        let file = png(size, (3, depth), interlaced, &chunks, &numbers);
        check(&file, &Pixels::of(size, &rgba, 255), 1, EXACT)?;
    }

    #[test]
    fn anymaps_of_every_kind(size in sizes(), kind in 1..=6_u8, most in prop_oneof![Just(255_u16), Just(65_535), 1..65_535_u16], seed: u64) {
        let is_bitmap = kind == 1 || kind == 4;
        let most = if is_bitmap { 1 } else { most };
        let channels = if kind == 3 || kind == 6 { 3 } else { 1 };
        let samples = samples(size.0 * size.1 * channels, most, seed);
        let file = anymap(size, kind, most, &samples);
        // A bitmap's 1 is black.
        let shades: Vec<u16> = samples.iter().map(|&sample| if is_bitmap { 1 - sample } else { sample }).collect();
        let off = if most == 255 || most == 65_535 { EXACT } else { STEP };
        check(&file, &Pixels::of(size, &shades, most), 1, off)?;
    }

    #[test]
    fn bitmaps_of_every_kind(size in sizes(), bits in prop::sample::select(vec![1_usize, 4, 8, 24, 32]), upside_down: bool, seed: u64) {
        let count = size.0 * size.1;
        let (file, rgb) = if bits > 8 {
            let samples = samples(3 * count, 255, seed);
            (bitmap(size, bits, &[], upside_down, &samples), samples)
        } else {
            let numbers = samples(count, of_depth(bits), seed);
            let colours = samples(3 << bits, 255, !seed);
            let palette: Vec<[u8; 3]> = eight(&colours).as_chunks::<3>().0.to_vec();
            let rgb = numbers.iter().flat_map(|&number| palette[usize::from(number)].map(u16::from));
            (bitmap(size, bits, &palette, upside_down, &numbers), rgb.collect())
        };
        check(&file, &Pixels::of(size, &rgb, 255), 1, EXACT)?;
    }

    #[test]
    fn tiff_of_every_kind(size in sizes(), big_endian: bool, orientation in 1..=8_u8, seed: u64) {
        for (photometric, depth) in [(0, 1), (1, 1), (0, 8), (1, 8), (1, 16), (2, 8), (2, 16)] {
            let channels = if photometric == 2 { 3 } else { 1 };
            let most = of_depth(depth);
            let samples = samples(size.0 * size.1 * channels, most, seed);
            let file = tiff(big_endian, size, (photometric, depth), orientation, &samples);
            let shades: Vec<u16> = samples.iter().map(|&sample| if photometric == 0 { most - sample } else { sample }).collect();
            check(&file, &Pixels::of(size, &shades, most), orientation, EXACT)?;
        }
        let samples = samples(size.0 * size.1 * 4, 255, seed);
        let mut file = Cursor::new(Vec::new());
        TiffEncoder::new(&mut file)
            .write_image(&eight(&samples), size.0 as u32, size.1 as u32, ExtendedColorType::Rgba8)
            .unwrap();
        check(file.get_ref(), &Pixels::of(size, &samples, 255), 1, EXACT)?;
    }

    #[test]
    fn webp_of_every_kind(size in sizes(), orientation in 1..=8_u8, big_endian: bool, seed: u64) {
        for (channels, colour) in [
            (1, ExtendedColorType::L8),
            (2, ExtendedColorType::La8),
            (3, ExtendedColorType::Rgb8),
            (4, ExtendedColorType::Rgba8),
        ] {
            let samples = samples(size.0 * size.1 * channels, 255, seed);
            let mut file = Vec::new();
            let mut encoder = WebPEncoder::new_lossless(&mut file);
            encoder.set_exif_metadata(directory(big_endian, &[(0x0112, vec![orientation.into()])])).unwrap();
            encoder.write_image(&eight(&samples), size.0 as u32, size.1 as u32, colour).unwrap();
            check(&file, &Pixels::of(size, &samples, 255), orientation, EXACT)?;
        }
    }

    /// Of up to 200 colours, so that none is approximated; what is clear is so altogether.
    #[test]
    fn gif_with_and_without_clear_pixels(size in sizes(), clear: bool, seed: u64) {
        let colours = samples(3 * 200, 255, !seed);
        let mut rgba = Vec::new();
        for number in samples(size.0 * size.1, 199, seed) {
            rgba.extend_from_slice(&colours[3 * usize::from(number)..][..3]);
            rgba.push(if clear && number < 60 { 0 } else { 255 });
        }
        let mut file = Vec::new();
        let frame = RgbaImage::from_raw(size.0 as u32, size.1 as u32, eight(&rgba)).unwrap();
        GifEncoder::new(&mut file).encode_frame(image::Frame::new(frame)).unwrap();
        check(&file, &Pixels::of(size, &rgba, 255), 1, EXACT)?;
    }

    /// At the best quality, a sample is off by what rounding does in three places.
    #[test]
    fn jpeg_in_every_orientation(
        size in sizes(),
        colour: bool,
        progressive: bool,
        restart in 0..5_u16,
        orientation in 1..=8_u8,
        big_endian: bool,
        seed: u64,
    ) {
        let channels = if colour { 3 } else { 1 };
        let samples = samples(size.0 * size.1 * channels, 255, seed);
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 100);
        encoder.set_progressive(progressive);
        encoder.set_restart_interval(restart);
        encoder.set_sampling_factor(SamplingFactor::F_1_1);
        encoder.add_exif_metadata(&directory(big_endian, &[(0x0112, vec![orientation.into()])])).unwrap();
        let kind = if colour { ColorType::Rgb } else { ColorType::Luma };
        encoder.encode(&eight(&samples), size.0 as u16, size.1 as u16, kind).unwrap();
        check(&file, &Pixels::of(size, &samples, 255), orientation, 4.0 / 255.0)?;
    }
}
