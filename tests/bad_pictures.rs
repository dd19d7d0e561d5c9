//! Files that are no pictures, or ask for too much: a clear message, the right exit code, little memory and time.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_fails, jpeg_file, parts, root};
use std::fs;
use tempfile::tempdir;

#[test]
fn pictures_that_are_none() {
    let folder = tempdir().unwrap();
    let claims_of = |side: [u8; 4]| {
        let mut png = fs::read(root().join("examples/seven.png")).unwrap();
        png[16..24].copy_from_slice(&[side, side].concat());
        let crc = crc32fast::hash(&png[12..29]);
        png[29..33].copy_from_slice(&crc.to_be_bytes());
        png
    };
    let truncated_jpeg = {
        let pixels = image::RgbImage::from_fn(400, 400, |x, y| image::Rgb([x as u8, y as u8, (x * y) as u8]));
        let jpeg = jpeg_file(pixels);
        // Most of the picture's data is there.
        jpeg[..jpeg.len() * 9 / 10].to_vec()
    };
    let whole = "give a whole PNG";
    for (name, bytes, remedy) in [
        ("text.png", b"this is not a picture".to_vec(), whole),
        ("empty.png", Vec::new(), whole),
        ("huge.png", claims_of([0, 1, 0x86, 0xa0]), "make it smaller"),
        (
            "hugest.png",
            claims_of([0x7f, 0xff, 0xff, 0xff]),
            "make it smaller",
        ),
        ("truncated.jpg", truncated_jpeg, whole),
        (
            "phone.heic",
            b"\0\0\0\x18ftypheic\0\0\0\0".to_vec(),
            "save it as PNG or JPEG",
        ),
        (
            "icon.ico",
            b"\0\0\x01\0\x01\0\0\0\0\0\0\0".to_vec(),
            "save it as PNG or JPEG",
        ),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        assert_fails(folder.path(), &["predict", name], 3, &[name, remedy]);
    }
    fs::create_dir(folder.path().join("folder.png")).unwrap();
    assert_fails(folder.path(), &["predict", "folder.png"], 3, &["folder.png"]);
    assert_fails(folder.path(), &["predict", "missing.png"], 3, &["missing.png"]);
    // Some of several: 5.
    let good = root().join("examples/seven.png");
    assert_fails(
        folder.path(),
        &["predict", good.to_str().unwrap(), "text.png"],
        5,
        &["text.png"],
    );
}

/// A few kilobytes that ask for gigabytes: refused in 512 MiB of memory and five seconds.
#[test]
#[cfg(unix)]
fn a_picture_of_too_many_pixels() {
    let folder = tempdir().unwrap();
    let mut encoder = png::Encoder::new(
        fs::File::create(folder.path().join("many.png")).unwrap(),
        20_000,
        20_000,
    );
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![0; 20_000 * 2_500]).unwrap();
    drop(writer);
    let start = std::time::Instant::now();
    let output = std::process::Command::new("sh")
        .args(["-c", "ulimit -v 524288 && exec \"$0\" predict many.png"])
        .arg(env!("CARGO_BIN_EXE_digits"))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let (code, _, stderr) = parts(&output);
    assert!(code == 3 && stderr.contains("many.png"), "{code}: {stderr}");
    assert!(seconds < 5.0, "{seconds}");
}
