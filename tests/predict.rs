//! `digits predict` on pictures of every kind that cameras, scanners and drawing programs make.
#![allow(clippy::unwrap_used)]

mod common;

use common::{digits, parts, root};
use image::{DynamicImage, GrayImage, ImageFormat, Luma, LumaA, Rgba, RgbaImage};
use serde_json::Value;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::tempdir;

/// `examples/seven.png`.
fn seven() -> GrayImage {
    image::open(root().join("examples/seven.png")).unwrap().to_luma8()
}

fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The JSON line that `digits predict` prints for the one picture at `path`.
fn predict(folder: &Path, path: &str) -> Value {
    let args = ["predict", "--model", "builtin", "--quiet", "--json", path];
    let (code, stdout, stderr) = parts(&digits(folder, &args));
    assert_eq!((code, stderr.as_str()), (0, ""), "{path}");
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    serde_json::from_str(&stdout).unwrap()
}

/// Black strokes of any opacity on nothing at all.
fn transparent(grey: &GrayImage, ink: u8) -> DynamicImage {
    RgbaImage::from_fn(grey.width(), grey.height(), |x, y| {
        Rgba([ink, ink, ink, 255 - grey.get_pixel(x, y)[0]])
    })
    .into()
}

/// The picture as a JPEG whose EXIF block says that it lies on its side.
fn rotated_jpeg(grey: &GrayImage) -> Vec<u8> {
    // Orientation 6: "rotate by 90° clockwise to show", so the stored picture is turned the other way.
    let jpeg = encode(
        &DynamicImage::from(image::imageops::rotate270(grey)),
        ImageFormat::Jpeg,
    );
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08".to_vec();
    exif.extend([0, 1]);
    // Tag 0x0112, type 3 (short), count 1, value 6; no next directory.
    exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]);
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
        ("inverted.png", encode(&inverted.into(), ImageFormat::Png)),
        (
            "rgb.png",
            encode(
                &DynamicImage::ImageLuma8(seven.clone()).to_rgb8().into(),
                ImageFormat::Png,
            ),
        ),
        ("16bit.png", encode(&sixteen_bits.into(), ImageFormat::Png)),
        (
            "dark-on-nothing.png",
            encode(&transparent(&seven, 0), ImageFormat::Png),
        ),
        (
            "light-on-nothing.png",
            encode(&transparent(&seven, 255), ImageFormat::Png),
        ),
        (
            "grey-on-nothing.png",
            encode(&grey_alpha.into(), ImageFormat::Png),
        ),
        ("palette.png", palette_png(&seven)),
        (
            "photo.jpg",
            encode(&DynamicImage::from(seven.clone()), ImageFormat::Jpeg),
        ),
        ("rotated.jpg", rotated_jpeg(&seven)),
        // What counts is the content, not the name.
        (
            "jpeg-named.png",
            encode(&DynamicImage::from(seven.clone()), ImageFormat::Jpeg),
        ),
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
fn blank_pictures_are_no_digit() {
    let folder = tempdir().unwrap();
    for (name, picture) in [
        ("white.png", GrayImage::from_pixel(50, 40, Luma([255]))),
        ("black.png", GrayImage::from_pixel(50, 40, Luma([0]))),
        ("dot.png", GrayImage::from_pixel(1, 1, Luma([7]))),
    ] {
        picture.save(folder.path().join(name)).unwrap();
        let line = predict(folder.path(), name);
        assert_eq!(line["status"], "blank", "{name}");
        assert!(
            line["digit"].is_null() && line["probability"].is_null(),
            "{name}: {line}"
        );
        let (code, stdout, _) = parts(&digits(folder.path(), &["predict", name]));
        assert_eq!((code, stdout.as_str()), (0, "blank\n"));
    }
}

#[test]
fn lines_for_people_and_for_programs() {
    let seven = root().join("examples/seven.png");
    let seven = seven.to_str().unwrap();
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("text.png"), "no picture").unwrap();

    // A run in a folder without a trained model takes the built-in one, and says so.
    let (code, stdout, stderr) = parts(&digits(folder.path(), &["predict", "--show", seven]));
    assert_eq!(code, 0);
    assert!(stderr.contains("model: builtin"), "{stderr}");
    assert!(stdout.starts_with("7 (") && stdout.contains('█'), "{stdout}");
    assert_eq!(stdout.lines().count(), 29);

    let (code, stdout, stderr) = parts(&digits(folder.path(), &["predict", "--json", seven, "text.png"]));
    assert_eq!(code, 5);
    assert!(stderr.contains("text.png"), "{stderr}");
    let lines: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&lines[0]["file"], &lines[0]["digit"]),
        (&seven.into(), &7.into())
    );
    let sum: f64 = lines[0]["probabilities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p.as_f64().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-5);
    assert_eq!(
        (&lines[1]["file"], &lines[1]["status"]),
        (&"text.png".into(), &"error".into())
    );
    assert!(lines[1]["digit"].is_null() && lines[1]["error"].as_str().unwrap().contains("text.png"));
}

#[test]
fn what_the_network_saw_can_be_kept_and_read_again() {
    let folder = tempdir().unwrap();
    let seven = root().join("examples/seven.png");
    let args = [
        "predict",
        "--save-input",
        "seen.png",
        "--json",
        "--quiet",
        seven.to_str().unwrap(),
    ];
    let (code, before, _) = parts(&digits(folder.path(), &args));
    assert_eq!(code, 0);
    let seen = image::open(folder.path().join("seen.png")).unwrap();
    assert_eq!((seen.width(), seen.height()), (28, 28));
    let before: Value = serde_json::from_str(&before).unwrap();
    assert_eq!(
        predict(folder.path(), "seen.png")["probabilities"],
        before["probabilities"]
    );

    // A blank picture leaves nothing to keep, and several pictures are too many for one file.
    GrayImage::new(9, 9)
        .save(folder.path().join("blank.png"))
        .unwrap();
    let (code, _, _) = parts(&digits(
        folder.path(),
        &["predict", "--save-input", "none.png", "blank.png"],
    ));
    assert_eq!((code, folder.path().join("none.png").exists()), (0, false));
    common::assert_fails(
        folder.path(),
        &["predict", "--save-input", "x.png", "blank.png", "blank.png"],
        2,
        &["save-input"],
    );
    common::assert_fails(
        folder.path(),
        &["predict", "--save-input", "blank.png/x.png", "seen.png"],
        1,
        &["blank.png/x.png"],
    );
}

#[test]
fn a_dash_reads_stdin() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(["predict", "--model", "builtin", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let picture = fs::read(root().join("examples/seven.png")).unwrap();
    child.stdin.take().unwrap().write_all(&picture).unwrap();
    let line: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((&line["file"], &line["digit"]), (&"-".into(), &7.into()));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let seven = root().join("examples/seven.png");
    let mut child = Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(["predict", "--quiet", "--show", "--model", "builtin"])
        .args(vec![seven; 200])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let (code, _, stderr) = parts(&output);
    assert_eq!((code, stderr.as_str()), (0, ""));
}
