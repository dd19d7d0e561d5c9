//! `digits predict --many`: the digits of a whole sheet, lines that lie askew, and what stands among digits but is
//! none.

mod common;

use common::{digits, parts, root, save_png};
use digits::dataset::Dataset;
use image::{GrayImage, Luma};
use ndarray::{Array2, s};
use serde_json::Value;
use std::path::Path;
use tempfile::tempdir;

fn mnist_test() -> Dataset {
    digits::dataset::mnist::load(&root().join("data")).unwrap().test
}

/// Exit code and answer to the picture `page`, read with more `flags`.
fn many(page: &GrayImage, flags: &[&str], folder: &Path) -> (i32, Value) {
    save_png(folder.join("page.png"), page.clone());
    let args = ["predict", "--model", "builtin", "--many", "--json", "page.png"];
    let (code, stdout, _) = parts(&digits(folder, &[&args, flags].concat()));
    (code, serde_json::from_str(&stdout).unwrap())
}

/// Test images that show these digits, the first of each, three times as large, in lines 96 pixels apart that fall by
/// `slope` rows a column.
fn written(lines: &[&str], slope: f32) -> GrayImage {
    let set = mnist_test();
    let mut page = Array2::<u8>::zeros((700, 1100));
    for (line, text) in lines.iter().enumerate() {
        for (place, digit) in text.bytes().enumerate() {
            let index = set
                .labels
                .iter()
                .position(|&label| label == digit - b'0')
                .unwrap();
            let left = 60 + 84 * place;
            let top = (200.0 + 96.0 * line as f32 + slope * (left as f32 - 500.0)) as usize;
            for (pixel, &ink) in set.images.row(index).iter().enumerate() {
                let (row, column) = (top + pixel / 28 * 3, left + pixel % 28 * 3);
                let mut square = page.slice_mut(s![row..row + 3, column..column + 3]);
                square.mapv_inplace(|before| before.max(ink));
            }
        }
    }
    GrayImage::from_fn(1100, 700, |x, y| Luma([255 - page[[y as usize, x as usize]]]))
}

#[test]
fn lines_may_lie_askew() {
    let folder = tempdir().unwrap();
    let lines = ["120456721045", "540127654021", "210"];
    // Up to 15 degrees: their ends are further apart than the lines.
    for degrees in [-12.0_f32, -4.0, 0.0, 2.0, 4.0, 12.0] {
        let page = written(&lines, degrees.to_radians().tan());
        let text = many(&page, &[], folder.path()).1["text"].clone();
        assert_eq!(text, lines.join("\n"), "{degrees} degrees");
    }
}

#[test]
fn what_is_refused_among_digits_keeps_its_place() {
    let folder = tempdir().unwrap();
    let mut page = written(&["710"], 0.0);
    let (code, line) = many(&page, &["--min-confidence", "0.5"], folder.path());
    assert_eq!((code, &line["text"]), (0, &"710".into()));
    // A piece of a chess board in the place of the 1, and some dirt below, which is no digit in a line of them.
    for (x, y) in (150..222).flat_map(|x| (204..276).map(move |y| (x, y))) {
        page.put_pixel(x, y, Luma([if x / 12 % 2 == y / 12 % 2 { 0 } else { 255 }]));
    }
    for (x, y) in (400..500).flat_map(|x| (500..520).map(move |y| (x, y))) {
        page.put_pixel(x, y, Luma([if x / 10 % 2 == y / 10 % 2 { 0 } else { 255 }]));
    }
    let (code, line) = many(&page, &["--min-confidence", "0.5"], folder.path());
    assert_eq!((code, &line["text"]), (4, &"7?0".into()), "{line}");
    let refused = &line["digits"][1];
    assert_eq!(
        (&refused["status"], &refused["digit"]),
        (&"not-a-digit".into(), &Value::Null)
    );
    assert!(
        refused["box"]["left"].as_u64().unwrap().abs_diff(150) < 12,
        "{refused}"
    );
}

/// Ten rows of ten of MNIST's test images, as one picture in each polarity.
#[test]
fn a_sheet_of_a_hundred_digits() {
    let folder = tempdir().unwrap();
    let test = mnist_test();
    let mut sheet = GrayImage::from_pixel(10 * 40 + 20, 10 * 40 + 20, Luma([0]));
    for (index, image) in test.images.outer_iter().take(100).enumerate() {
        for (pixel, &ink) in image.iter().enumerate() {
            let (x, y) = (index % 10 * 40 + pixel % 28, index / 10 * 40 + pixel / 28);
            sheet.put_pixel(x as u32 + 16, y as u32 + 16, Luma([ink]));
        }
    }
    for name in ["white on black", "black on white"] {
        let (code, line) = many(&sheet, &[], folder.path());
        image::imageops::invert(&mut sheet);
        assert_eq!(code, 0, "{name}");
        assert_eq!(line["text"].as_str().unwrap().lines().count(), 10, "{name}");
        let right = line["digits"].as_array().unwrap().iter().filter(|digit| {
            let middle = |from: &str, length: &str| {
                let number = |name: &str| digit["box"][name].as_u64().unwrap() as usize;
                (number(from) + number(length) / 2 - 10) / 40
            };
            let index = 10 * middle("top", "height") + middle("left", "width");
            digit["digit"] == test.labels[index]
        });
        // Number 33, a 4 like a triangle on a stick, is taken for no digit.
        assert!(right.count() >= 99, "{name}: {line}");
    }
}
