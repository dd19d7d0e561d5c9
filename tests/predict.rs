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
    let args = ["predict", "--model", "builtin", "--quiet", "--json", "--", path];
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
    let jpeg = encode(&stored(grey, orientation), ImageFormat::Jpeg);
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
    let png = encode(&stored(grey, orientation), ImageFormat::Png);
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
        (
            "-leading dash.jpg",
            encode(&DynamicImage::from(seven.clone()), ImageFormat::Jpeg),
        ),
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
    sevens((360, 260), &places)
        .save(folder.path().join("page.png"))
        .unwrap();
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

    GrayImage::from_pixel(50, 40, Luma([255]))
        .save(folder.path().join("white.png"))
        .unwrap();
    let (code, stdout, _) = parts(&digits(folder.path(), &["predict", "--many", "white.png"]));
    assert_eq!((code, stdout.as_str()), (0, "blank\n"));
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
        picture.save(folder.path().join(name)).unwrap();
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
    two.save(folder.path().join("eleven.png")).unwrap();
    assert_eq!(many("eleven.png"), "11\n");
    let line = predict(folder.path(), "eleven.png");
    assert_eq!(
        (&line["digit"], &line["others"]),
        (&1.into(), &1.into()),
        "{line}"
    );
    GrayImage::from_fn(200, 200, |x, y| {
        Luma([
            if x / 25 % 2 == y / 25 % 2 && x.abs_diff(100) < 76 && y.abs_diff(100) < 76 {
                0
            } else {
                255
            },
        ])
    })
    .save(folder.path().join("board.png"))
    .unwrap();
    assert_eq!(many("board.png"), "not-a-digit\n");
}

/// Ten rows of ten of MNIST's test images, as one picture in each polarity.
#[test]
fn a_sheet_of_a_hundred_digits() {
    let folder = tempdir().unwrap();
    let mnist = digits::dataset::mnist::load(&root().join("data")).unwrap();
    let mut sheet = GrayImage::from_pixel(10 * 40 + 20, 10 * 40 + 20, Luma([0]));
    for (index, image) in mnist.test.images.outer_iter().take(100).enumerate() {
        for (pixel, &ink) in image.iter().enumerate() {
            let (x, y) = (index % 10 * 40 + pixel % 28, index / 10 * 40 + pixel / 28);
            sheet.put_pixel(x as u32 + 16, y as u32 + 16, Luma([ink]));
        }
    }
    for name in ["white-on-black.png", "black-on-white.png"] {
        sheet.save(folder.path().join(name)).unwrap();
        image::imageops::invert(&mut sheet);
        let (code, stdout, stderr) = parts(&digits(
            folder.path(),
            &["predict", "--model", "builtin", "--many", "--json", name],
        ));
        assert_eq!(code, 0, "{name}: {stderr}");
        let line: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(line["text"].as_str().unwrap().lines().count(), 10, "{name}");
        let right = line["digits"].as_array().unwrap().iter().filter(|digit| {
            let middle = |from: &str, length: &str| {
                let number = |name: &str| digit["box"][name].as_u64().unwrap() as usize;
                (number(from) + number(length) / 2 - 10) / 40
            };
            let index = 10 * middle("top", "height") + middle("left", "width");
            digit["digit"] == mnist.test.labels[index]
        });
        // Number 33, a 4 like a triangle on a stick, is taken for no digit.
        assert!(right.count() >= 99, "{name}: {stdout}");
    }
}

#[test]
fn folders_are_read_in_order_and_scored() {
    let folder = tempdir().unwrap();
    let inside = folder.path().join("a b");
    fs::create_dir(&inside).unwrap();
    seven().save(inside.join("7 second.png")).unwrap();
    seven().save(inside.join("1 first.PNG")).unwrap();
    GrayImage::from_pixel(50, 40, Luma([255]))
        .save(inside.join("blank.png"))
        .unwrap();
    fs::write(inside.join("notes.txt"), "no picture").unwrap();
    fs::write(inside.join("3.jpg"), "no picture").unwrap();
    let args = [
        "predict", "--model", "builtin", "--json", "--labels", "names", ".",
    ];
    let (code, stdout, stderr) = parts(&digits(folder.path(), &args));
    assert_eq!(code, 5, "{stderr}");
    let lines: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let statuses: Vec<&str> = lines
        .iter()
        .map(|line| line["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["digit", "error", "digit", "blank"]);
    assert!(
        stderr.contains("3 pictures read, 1 not, 1 other files skipped"),
        "{stderr}"
    );
    // The label 1 is wrong, and so is what could not be read; the blank picture, which shows no digit, is rightly refused.
    assert!(stderr.contains("50.00"), "{stderr}");

    fs::write(
        folder.path().join("labels.csv"),
        "label,path,group\n7,a b/1 first.PNG,x\n7,a b/7 second.png,y\n",
    )
    .unwrap();
    let args = [
        "predict",
        "--model",
        "builtin",
        "--quiet",
        "--labels",
        "labels.csv",
        "a b/1 first.PNG",
        "a b/7 second.png",
    ];
    let (code, stdout, _) = parts(&digits(folder.path(), &args));
    assert!(
        code == 0 && stdout.contains("a b, mean of 2 groups") && stdout.contains("100.00"),
        "{stdout}"
    );
    common::assert_fails(
        folder.path(),
        &["predict", "--labels", "nothing.csv", "a b"],
        3,
        &["nothing.csv"],
    );
    fs::write(folder.path().join("bad.csv"), "picture\n1\n").unwrap();
    common::assert_fails(
        folder.path(),
        &["predict", "--labels", "bad.csv", "a b"],
        3,
        &["bad.csv", "path and label"],
    );
}

#[test]
fn certainty_can_be_demanded_and_decisions_explained() {
    let folder = tempdir().unwrap();
    seven().save(folder.path().join("seven.png")).unwrap();
    GrayImage::from_pixel(50, 40, Luma([255]))
        .save(folder.path().join("white.png"))
        .unwrap();
    let code = |args: &[&str]| parts(&digits(folder.path(), args)).0;
    assert_eq!(
        code(&[
            "predict",
            "--model",
            "builtin",
            "--min-confidence",
            "0.5",
            "seven.png"
        ]),
        0
    );
    assert_eq!(
        code(&[
            "predict",
            "--model",
            "builtin",
            "--min-confidence",
            "1",
            "seven.png"
        ]),
        4
    );
    assert_eq!(code(&["predict", "--min-confidence", "0", "white.png"]), 4);
    common::assert_fails(
        folder.path(),
        &["predict", "--min-confidence", "1.5", "seven.png"],
        2,
        &["min-confidence", "1.5"],
    );

    let (code, _, stderr) = parts(&digits(
        folder.path(),
        &[
            "predict",
            "--model",
            "builtin",
            "--explain",
            "stages",
            "seven.png",
        ],
    ));
    assert!(
        code == 0 && stderr.contains("one shade") && stderr.contains("28×28"),
        "{stderr}"
    );
    let mut names: Vec<_> = fs::read_dir(folder.path().join("stages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert!(names.len() >= 6 && names[0] == "01-picture.png", "{names:?}");
    let last = folder.path().join("stages").join(&names[names.len() - 1]);
    assert_eq!(image::open(last).unwrap().width(), 28);
    common::assert_fails(
        folder.path(),
        &["predict", "--explain", "stages", "seven.png", "white.png"],
        2,
        &["explain"],
    );
    common::assert_fails(
        folder.path(),
        &["predict", "--explain", "seven.png/stages", "seven.png"],
        1,
        &["seven.png/stages"],
    );
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
    let folder = tempdir().unwrap();
    let stages = folder.path().join("stages");
    let mut child = Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(["predict", "--model", "builtin", "--json", "-", "--explain"])
        .arg(&stages)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let picture = fs::read(root().join("examples/seven.png")).unwrap();
    child.stdin.take().unwrap().write_all(&picture).unwrap();
    let line: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((&line["file"], &line["digit"]), (&"-".into(), &7.into()));
    assert!(stages.join("01-picture.png").is_file());
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
