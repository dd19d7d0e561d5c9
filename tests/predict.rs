//! `digits predict` on pictures of every kind that cameras, scanners and drawing programs make.
#![allow(clippy::unwrap_used)]

mod common;

use common::{digits, jpeg_file, parts, png_file, predict, root, save_png, seven};
use image::{DynamicImage, GrayImage, Luma, LumaA, Rgba, RgbaImage};
use serde_json::Value;
use std::fs;
use tempfile::tempdir;

/// Black strokes of any opacity on nothing at all.
fn transparent(grey: &GrayImage, ink: u8) -> DynamicImage {
    RgbaImage::from_fn(grey.width(), grey.height(), |x, y| {
        Rgba([ink, ink, ink, 255 - grey.get_pixel(x, y)[0]])
    })
    .into()
}

/// The picture stored so that its EXIF orientation brings it upright.
fn stored(grey: &GrayImage, orientation: u8) -> DynamicImage {
    use image::imageops::{flip_horizontal, flip_vertical, rotate90, rotate180, rotate270};
    let turned = match orientation {
        1 => grey.clone(),
        2 => flip_horizontal(grey),
        3 => rotate180(grey),
        4 => flip_vertical(grey),
        // What is shown after a turn and a mirror was stored before the mirror and the turn back.
        5 => rotate270(&flip_horizontal(grey)),
        6 => rotate270(grey),
        7 => rotate90(&flip_horizontal(grey)),
        _ => rotate90(grey),
    };
    turned.into()
}

/// EXIF data (TIFF 6.0, one directory) that holds nothing but the orientation: tag 0x0112, type 3 (short), count 1.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"MM\0\x2a\0\0\0\x08".to_vec();
    exif.extend([
        0,
        1,
        0x01,
        0x12,
        0,
        3,
        0,
        0,
        0,
        1,
        0,
        orientation,
        0,
        0,
        0,
        0,
        0,
        0,
    ]);
    exif
}

/// The picture as a JPEG with an EXIF orientation.
fn rotated_jpeg(grey: &GrayImage, orientation: u8) -> Vec<u8> {
    let jpeg = jpeg_file(stored(grey, orientation));
    let exif = [b"Exif\0\0".to_vec(), exif(orientation)].concat();
    let length = (exif.len() + 2) as u16;
    [
        &jpeg[..2],
        &[0xff, 0xe1],
        &length.to_be_bytes(),
        &exif,
        &jpeg[2..],
    ]
    .concat()
}

/// The picture as a PNG with an EXIF orientation, in a chunk right behind the header's 33 bytes.
fn rotated_png(grey: &GrayImage, orientation: u8) -> Vec<u8> {
    let png = png_file(stored(grey, orientation));
    let chunk = [b"eXIf".to_vec(), exif(orientation)].concat();
    let length = (chunk.len() - 4) as u32;
    let checksum = crc32fast::hash(&chunk);
    [
        &png[..33],
        &length.to_be_bytes(),
        &chunk,
        &checksum.to_be_bytes(),
        &png[33..],
    ]
    .concat()
}

/// The picture as a PNG with a palette of two colours.
fn palette_png(grey: &GrayImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, grey.width(), grey.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(vec![250, 240, 200, 20, 20, 90]);
    let indices: Vec<u8> = grey.pixels().map(|pixel| u8::from(pixel[0] < 128)).collect();
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&indices)
        .unwrap();
    bytes
}

#[test]
fn colour_types_polarities_rotation_and_transparency() {
    let folder = tempdir().unwrap();
    let seven = seven();
    let paper = seven.get_pixel(0, 0)[0];
    assert_eq!(paper, 255, "the example is dark on white");
    let mut inverted = seven.clone();
    image::imageops::invert(&mut inverted);
    let sixteen_bits = DynamicImage::ImageLuma8(seven.clone()).to_luma16();
    let grey_alpha = image::ImageBuffer::from_fn(seven.width(), seven.height(), |x, y| {
        LumaA([0_u8, 255 - seven.get_pixel(x, y)[0]])
    });
    for (name, bytes) in [
        ("inverted.png", png_file(inverted)),
        (
            "rgb.png",
            png_file(DynamicImage::ImageLuma8(seven.clone()).to_rgb8()),
        ),
        ("16bit.png", png_file(sixteen_bits)),
        ("dark-on-nothing.png", png_file(transparent(&seven, 0))),
        ("light-on-nothing.png", png_file(transparent(&seven, 255))),
        ("grey-on-nothing.png", png_file(grey_alpha)),
        ("palette.png", palette_png(&seven)),
        ("photo.jpg", jpeg_file(seven.clone())),
        ("-leading dash.jpg", jpeg_file(seven.clone())),
        // What counts is the content, not the name.
        ("jpeg-named.png", jpeg_file(seven.clone())),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let line = predict(folder.path(), name);
        assert_eq!(
            (&line["status"], &line["digit"]),
            (&"digit".into(), &7.into()),
            "{name}: {line}"
        );
    }
}

#[test]
fn all_orientations_of_exif_are_brought_upright() {
    let folder = tempdir().unwrap();
    let seven = seven();
    let mut boxes = Vec::new();
    for orientation in 1..=8 {
        for (name, bytes) in [
            ("a.jpg", rotated_jpeg(&seven, orientation)),
            ("a.png", rotated_png(&seven, orientation)),
        ] {
            fs::write(folder.path().join(name), bytes).unwrap();
            let line = predict(folder.path(), name);
            assert_eq!(line["digit"], 7, "{name} {orientation}: {line}");
            if name == "a.png" {
                boxes.push(line["box"].clone());
            }
        }
    }
    // Without loss the digit must be in exactly the same place.
    assert!(boxes.iter().all(|found| *found == boxes[0]), "{boxes:?}");
}

/// Pictures of sevens at the given places (column, row, width), on white.
fn sevens(size: (u32, u32), places: &[(u32, u32, u32)]) -> GrayImage {
    let mut page = GrayImage::from_pixel(size.0, size.1, Luma([255]));
    for &(x, y, width) in places {
        let digit = image::imageops::resize(&seven(), width, width, image::imageops::FilterType::Triangle);
        image::imageops::overlay(&mut page, &digit, i64::from(x), i64::from(y));
    }
    page
}

#[test]
fn many_digits_are_read_line_by_line() {
    let folder = tempdir().unwrap();
    let places = [(250, 20, 80), (20, 25, 80), (140, 15, 80), (90, 160, 80)];
    save_png(folder.path().join("page.png"), sevens((360, 260), &places));
    let (code, stdout, _) = parts(&digits(
        folder.path(),
        &["predict", "--model", "builtin", "--many", "page.png"],
    ));
    assert_eq!((code, stdout.as_str()), (0, "777\n7\n"));
    let (_, stdout, _) = parts(&digits(
        folder.path(),
        &["predict", "--model", "builtin", "--many", "--json", "page.png"],
    ));
    let line: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (&line["status"], &line["text"]),
        (&"digits".into(), &"777\n7".into())
    );
    let lefts: Vec<u64> = line["digits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|digit| digit["box"]["left"].as_u64().unwrap())
        .collect();
    assert!(
        lefts[0] < lefts[1] && lefts[1] < lefts[2] && (90..170).contains(&lefts[3]),
        "{lefts:?}"
    );

    // Without the flag one of them is read, and the others are mentioned.
    let (code, stdout, stderr) = parts(&digits(
        folder.path(),
        &["predict", "--model", "builtin", "page.png"],
    ));
    assert!(
        code == 0 && stdout.starts_with("7 (") && stderr.contains("3 more"),
        "{stdout} {stderr}"
    );

    save_png(
        folder.path().join("white.png"),
        GrayImage::from_pixel(50, 40, Luma([255])),
    );
    let (code, stdout, _) = parts(&digits(folder.path(), &["predict", "--many", "white.png"]));
    assert_eq!((code, stdout.as_str()), (0, "blank\n"));
    // What else each picture of a folder shows would be too much to read.
    let (_, _, stderr) = parts(&digits(folder.path(), &["predict", "--model", "builtin", "."]));
    assert!(
        stderr.contains("2 pictures read") && !stderr.contains("more"),
        "{stderr}"
    );
}

/// A 7 in a black frame, on a card on nothing, in a box on a page, and with black bars around a photo-like grey.
#[test]
fn frames_and_cards_are_looked_into() {
    let folder = tempdir().unwrap();
    let page = sevens((200, 200), &[(50, 50, 100)]);
    let around = |shade: u8, by: u32, inner: &GrayImage| {
        let (width, height) = inner.dimensions();
        let mut outer = GrayImage::from_pixel(width + 2 * by, height + 2 * by, Luma([shade]));
        image::imageops::overlay(&mut outer, inner, i64::from(by), i64::from(by));
        outer
    };
    let frame = around(0, 3, &page);
    let in_a_box = around(255, 40, &frame);
    let uneven = GrayImage::from_fn(200, 200, |x, y| {
        let light = 200 - x / 4 + (x * 31 + y * 17) % 7;
        Luma([(u32::from(page.get_pixel(x, y)[0]) * light / 255) as u8])
    });
    let mut card = RgbaImage::from_pixel(280, 280, Rgba([0, 0, 0, 0]));
    for (x, y, shade) in page.enumerate_pixels() {
        card.put_pixel(x + 40, y + 40, Rgba([shade[0], shade[0], shade[0], 255]));
    }
    for (name, picture) in [
        ("frame.png", DynamicImage::from(frame)),
        ("box.png", DynamicImage::from(in_a_box)),
        ("bars.png", DynamicImage::from(around(0, 50, &uneven))),
        ("card.png", DynamicImage::from(card)),
    ] {
        save_png(folder.path().join(name), picture);
        let line = predict(folder.path(), name);
        assert_eq!(
            (&line["status"], &line["digit"]),
            (&"digit".into(), &7.into()),
            "{name}: {line}"
        );
    }
}

/// Two digits that together are no wider than one is tall; something that is no digit, with `--many`.
#[test]
fn neighbours_are_not_one_digit() {
    let folder = tempdir().unwrap();
    let many = |name: &str| {
        let args = ["predict", "--model", "builtin", "--quiet", "--many", name];
        parts(&digits(folder.path(), &args)).1
    };
    let mut two = GrayImage::from_pixel(280, 280, Luma([255]));
    for (x, y) in (0..280_u32).flat_map(|x| (56..224).map(move |y| (x, y))) {
        if x.abs_diff(90) < 10 || x.abs_diff(190) < 10 {
            two.put_pixel(x, y, Luma([0]));
        }
    }
    save_png(folder.path().join("eleven.png"), two);
    assert_eq!(many("eleven.png"), "11\n");
    let line = predict(folder.path(), "eleven.png");
    assert_eq!(
        (&line["digit"], &line["others"]),
        (&1.into(), &1.into()),
        "{line}"
    );
    // A model that nothing tells what is one of its classes may take both for one; that they are two is said.
    let gate = root().join("models/gate.bin");
    let args = [
        "predict",
        "--model",
        gate.to_str().unwrap(),
        "--quiet",
        "--json",
        "eleven.png",
    ];
    let (_, stdout, _) = parts(&digits(folder.path(), &args));
    assert!(stdout.contains("\"others\":1"), "{stdout}");
    // Two strokes far apart, of one digit: neither is another one. (A 4 whose lines do not touch.)
    let mut four = GrayImage::from_pixel(280, 280, Luma([255]));
    for (x, y) in (0..280_u32).flat_map(|x| (0..280_u32).map(move |y| (x, y))) {
        let corner =
            (x.abs_diff(80) < 9 && (40..170).contains(&y)) || (y.abs_diff(160) < 9 && (72..160).contains(&x));
        if corner || (x.abs_diff(200) < 9 && (40..240).contains(&y)) {
            four.put_pixel(x, y, Luma([0]));
        }
    }
    save_png(folder.path().join("four.png"), four);
    let line = predict(folder.path(), "four.png");
    assert_eq!(
        (&line["digit"], &line["others"]),
        (&4.into(), &0.into()),
        "{line}"
    );
    save_png(
        folder.path().join("board.png"),
        GrayImage::from_fn(200, 200, |x, y| {
            Luma([
                if x / 25 % 2 == y / 25 % 2 && x.abs_diff(100) < 76 && y.abs_diff(100) < 76 {
                    0
                } else {
                    255
                },
            ])
        }),
    );
    assert_eq!(many("board.png"), "not-a-digit\n");
}
