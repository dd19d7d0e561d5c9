//! Every kind of picture file that is read, made by our own code: what comes out of the decoder is what went in.
#![allow(clippy::unwrap_used)]

use digits::vision::decode;
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use ndarray::Array2;
use std::io::Cursor;

/// Width and height: no multiple of eight, which JPEG's blocks and bits in bytes are.
const SIZE: (u32, u32) = (37, 23);

/// A dark diagonal on white.
fn picture() -> GrayImage {
    GrayImage::from_fn(SIZE.0, SIZE.1, |x, y| {
        Luma([if x.abs_diff(y + 7) < 4 { 0 } else { 255 }])
    })
}

fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Shades of the picture in 0..=1.
fn shades(picture: &GrayImage) -> Array2<f32> {
    Array2::from_shape_fn((SIZE.1 as usize, SIZE.0 as usize), |(y, x)| {
        f32::from(picture.get_pixel(x as u32, y as u32)[0]) / 255.0
    })
}

/// The largest difference between what is decoded and the picture.
fn difference(bytes: &[u8]) -> f32 {
    let found = decode(bytes).unwrap().grey;
    let expected = shades(&picture());
    assert_eq!(found.dim(), expected.dim());
    (found - expected)
        .iter()
        .fold(0.0, |most, off| most.max(off.abs()))
}

#[test]
fn lossless_formats_give_back_every_pixel() {
    let grey = DynamicImage::from(picture());
    let (rgb, rgba) = (
        DynamicImage::from(grey.to_rgb8()),
        DynamicImage::from(grey.to_rgba8()),
    );
    let luma16 = DynamicImage::from(grey.to_luma16());
    let rgb16 = DynamicImage::from(grey.to_rgb16());
    for (name, picture, format) in [
        ("PNG grey", &grey, ImageFormat::Png),
        ("PNG grey, 16 bits", &luma16, ImageFormat::Png),
        ("PNG colour", &rgb, ImageFormat::Png),
        ("PNG colour, 16 bits", &rgb16, ImageFormat::Png),
        ("PNG colour and alpha", &rgba, ImageFormat::Png),
        ("BMP", &rgb, ImageFormat::Bmp),
        ("BMP with alpha", &rgba, ImageFormat::Bmp),
        ("GIF", &rgb, ImageFormat::Gif),
        ("TIFF grey", &grey, ImageFormat::Tiff),
        ("TIFF grey, 16 bits", &luma16, ImageFormat::Tiff),
        ("TIFF colour", &rgb, ImageFormat::Tiff),
        ("WebP", &rgb, ImageFormat::WebP),
        ("WebP with alpha", &rgba, ImageFormat::WebP),
        ("PNM", &rgb, ImageFormat::Pnm),
    ] {
        let off = difference(&encode(picture, format));
        assert!(off < 1e-6, "{name}: {off}");
    }
}

#[test]
fn every_portable_anymap() {
    // A bitmap's 1 is black.
    let picture = picture();
    let lines = |black: &str, white: &str| -> String {
        let line = |row: image::buffer::Pixels<'_, Luma<u8>>| -> String {
            row.map(|pixel| if pixel[0] > 0 { white } else { black })
                .collect()
        };
        picture.rows().map(|row| line(row) + "\n").collect()
    };
    let (width, height) = SIZE;
    let plain_bitmap = format!("P1\n# a comment\n{width} {height}\n{}", lines("1 ", "0 "));
    let plain_greymap = format!("P2\n{width} {height}\n15\n{}", lines("0 ", "15 "));
    let plain_pixmap = format!("P3\n{width} {height}\n255\n{}", lines("0 0 0 ", "255 255 255 "));
    let bits: Vec<u8> = lines("1", "0")
        .lines()
        .flat_map(|line| {
            let bit = |byte: u8, at: usize| {
                byte | (line.as_bytes().get(at).map_or(0, |bit| bit - b'0') << (7 - at % 8))
            };
            (0..line.len())
                .step_by(8)
                .map(|start| (start..start + 8).fold(0, bit))
                .collect::<Vec<u8>>()
        })
        .collect();
    let bitmap = [format!("P4\n{width} {height}\n").into_bytes(), bits].concat();
    let greymap = [
        format!("P5\n{width} {height}\n255\n").as_bytes(),
        picture.as_raw(),
    ]
    .concat();
    for bytes in [
        plain_bitmap.into(),
        plain_greymap.into(),
        plain_pixmap.into(),
        bitmap,
        greymap,
    ] {
        let off = difference(&bytes);
        assert!(off < 1e-6, "{}: {off}", String::from_utf8_lossy(&bytes[..2]));
    }
}

#[test]
fn every_bit_depth_of_a_png() {
    for (depth, bits) in [
        (png::BitDepth::One, 1),
        (png::BitDepth::Two, 2),
        (png::BitDepth::Four, 4),
        (png::BitDepth::Eight, 8),
    ] {
        for palette in [false, true] {
            let mut bytes = Vec::new();
            let mut encoder = png::Encoder::new(&mut bytes, SIZE.0, SIZE.1);
            encoder.set_depth(depth);
            encoder.set_color(if palette {
                png::ColorType::Indexed
            } else {
                png::ColorType::Grayscale
            });
            if palette {
                encoder.set_palette(vec![0, 0, 0, 255, 255, 255]);
            }
            // Full ink is 0; paper is the largest number, or number 1 of the palette.
            let paper = if palette { 1 } else { u8::MAX >> (8 - bits) };
            let rows = picture();
            let packed: Vec<u8> = rows
                .rows()
                .flat_map(|row| {
                    let samples: Vec<u8> = row.map(|pixel| if pixel[0] > 0 { paper } else { 0 }).collect();
                    let pack = |samples: &[u8]| {
                        let shifted = samples.iter().enumerate();
                        shifted.fold(0_u8, |byte, (at, sample)| byte | sample << (8 - bits - bits * at))
                    };
                    samples.chunks(8 / bits).map(pack).collect::<Vec<u8>>()
                })
                .collect();
            encoder.write_header().unwrap().write_image_data(&packed).unwrap();
            let off = difference(&bytes);
            assert!(off < 1e-6, "{bits} bits, palette {palette}: {off}");
        }
    }
}

/// A JPEG file of the picture in any of JPEG's colours.
fn jpeg(colour: ColorType, progressive: bool) -> Vec<u8> {
    let picture = picture();
    let samples: Vec<u8> = picture
        .pixels()
        .flat_map(|pixel| {
            let shade = pixel[0];
            match colour {
                ColorType::Luma => vec![shade],
                ColorType::Rgb => vec![shade; 3],
                // No colour, and as much black as the shade is dark.
                _ => vec![0, 0, 0, 255 - shade],
            }
        })
        .collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    encoder.set_progressive(progressive);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    encoder
        .encode(&samples, SIZE.0 as u16, SIZE.1 as u16, colour)
        .unwrap();
    bytes
}

#[test]
fn every_kind_of_jpeg() {
    for progressive in [false, true] {
        for colour in [
            ColorType::Luma,
            ColorType::Rgb,
            ColorType::Cmyk,
            ColorType::CmykAsYcck,
        ] {
            let off = difference(&jpeg(colour, progressive));
            assert!(off < 0.15, "{colour:?}, progressive {progressive}: {off}");
        }
    }
}

#[test]
fn of_several_pictures_in_a_jpeg_the_first_is_read() {
    // A phone puts a second, smaller one behind the first (CIPA DC-007, Multi-Picture Format).
    let several = [jpeg(ColorType::Luma, false), jpeg(ColorType::Rgb, true)].concat();
    assert!(difference(&several) < 0.15);
}

#[test]
fn of_a_moving_picture_the_first_frame_is_read() {
    let mut bytes = Vec::new();
    let first = DynamicImage::from(picture()).to_rgba8();
    let mut second = first.clone();
    image::imageops::invert(&mut second);
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    encoder
        .encode_frames([first, second].map(image::Frame::new))
        .unwrap();
    drop(encoder);
    assert!(difference(&bytes) < 1e-6);
}

#[test]
fn damaged_files_are_errors_or_pictures() {
    let grey = DynamicImage::from(picture());
    let rgb = DynamicImage::from(grey.to_rgb8());
    let mut files: Vec<(&str, Vec<u8>)> = [
        ("PNG", ImageFormat::Png),
        ("BMP", ImageFormat::Bmp),
        ("GIF", ImageFormat::Gif),
        ("TIFF", ImageFormat::Tiff),
        ("WebP", ImageFormat::WebP),
        ("PNM", ImageFormat::Pnm),
    ]
    .map(|(name, format)| (name, encode(&rgb, format)))
    .into();
    files.push(("JPEG", jpeg(ColorType::Rgb, false)));
    files.push(("progressive JPEG", jpeg(ColorType::Rgb, true)));
    for (name, bytes) in &files {
        // Cut off before its data is complete, a file is an error; GIF and WebP may end in bytes that nothing needs.
        for length in [0, 1, 8, 20, bytes.len() / 3, bytes.len() / 2] {
            assert!(
                decode(&bytes[..length]).is_err(),
                "{name} cut to {length} of {}",
                bytes.len()
            );
        }
        // Whatever one byte says, there is an answer, and what is a picture is a bearable one.
        for at in 0..bytes.len() {
            for value in [0, 0x7f, 0xff, bytes[at] ^ 1, bytes[at] ^ 0x80] {
                let mut changed = bytes.clone();
                changed[at] = value;
                if let Ok(picture) = decode(&changed) {
                    assert!(
                        picture.grey.len() <= 1024 * 1024,
                        "{name}: byte {at} set to {value}"
                    );
                    assert!(picture.grey.iter().all(|shade| (0.0..=1.0).contains(shade)));
                }
            }
        }
    }
}
