//! Helpers of the tests: running the program, and making small data sets.
#![allow(dead_code, clippy::unwrap_used)]

use image::DynamicImage;
use image::codecs::{jpeg::JpegEncoder, png::PngEncoder};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `digits` with `args` in `folder`, away from the caller's settings.
pub fn digits(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_digits"));
    command
        .args(args)
        .current_dir(folder)
        .env_remove("DIGITS_DATA")
        .output()
        .unwrap()
}

/// The exit code, stdout and stderr.
pub fn parts(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// Asserts that `digits` fails with `code`, says `words` on stderr, and does not panic.
pub fn assert_fails(folder: &Path, args: &[&str], code: i32, words: &[&str]) {
    let (found, _, stderr) = parts(&digits(folder, args));
    assert_eq!(found, code, "{args:?}: {stderr}");
    assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
    for word in words {
        assert!(stderr.contains(word), "{args:?}: no {word:?} in {stderr}");
    }
}

/// The bytes of an IDX file of images: `count` images whose ink is a block at a place that tells the class.
pub fn images(count: usize) -> Vec<u8> {
    let mut bytes = [0x0803, count as u32, 28, 28].map(u32::to_be_bytes).concat();
    for index in 0..count {
        let class = index % 10;
        for pixel in 0..784 {
            let (row, column) = (pixel / 28, pixel % 28);
            let inked = row / 5 == class / 2 && column / 14 == class % 2;
            bytes.push(if inked { 200 + (index / 10 % 50) as u8 } else { 0 });
        }
    }
    bytes
}

/// The bytes of an IDX file of the labels of [`images`].
pub fn labels(count: usize) -> Vec<u8> {
    let mut bytes = [0x0801, count as u32].map(u32::to_be_bytes).concat();
    bytes.extend((0..count).map(|index| (index % 10) as u8));
    bytes
}

/// How an IDX file begins.
pub fn header(magic: u32, sizes: &[usize]) -> Vec<u8> {
    let sizes = sizes.iter().flat_map(|&size| (size as u32).to_be_bytes());
    magic.to_be_bytes().into_iter().chain(sizes).collect()
}

/// Writes a small data set into `folder/data`.
pub fn small_data(folder: &Path) -> PathBuf {
    let data = folder.join("data");
    std::fs::create_dir_all(&data).unwrap();
    for (name, bytes) in [
        ("train-images-idx3-ubyte", images(600)),
        ("train-labels-idx1-ubyte", labels(600)),
        ("t10k-images-idx3-ubyte", images(100)),
        ("t10k-labels-idx1-ubyte", labels(100)),
    ] {
        std::fs::write(data.join(name), bytes).unwrap();
    }
    data
}

/// Asserts that every element of an HTML page or an SVG drawing is closed in its turn, and that no `<` or quote
/// stands where it would begin or end one by mistake.
pub fn assert_balanced(text: &str) {
    const VOID: [&str; 4] = ["meta", "link", "img", "br"];
    let mut open = Vec::new();
    let mut rest = text.strip_prefix("<!DOCTYPE html>").unwrap_or(text);
    while let Some((content, tag)) = rest.split_once('<') {
        assert!(
            !content.contains('>') || open.last() == Some(&"style"),
            "a stray > in {content:?}"
        );
        let (tag, after) = tag.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed by </{name}>");
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap();
        assert!(
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric()),
            "<{tag}>"
        );
        assert!(tag.matches('"').count().is_multiple_of(2), "<{tag}>");
        if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

/// The names of the files in `folder`.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The history of the model `m` in `folder` without its last column, the time.
pub fn history(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("m.csv")).unwrap();
    let lines = text
        .lines()
        .map(|line| line.rsplit_once(',').unwrap().0.to_owned());
    lines.collect()
}

/// `examples/seven.png`.
pub fn seven() -> image::GrayImage {
    open(&root().join("examples/seven.png"))
}

/// The grey picture in the file at `path`.
pub fn open(path: &Path) -> image::GrayImage {
    // `image::open` would compile every decoder anew for every test that calls it.
    image::load_from_memory(&std::fs::read(path).unwrap())
        .unwrap()
        .into_luma8()
}

/// The PNG file of a picture.
pub fn png_file(picture: impl Into<DynamicImage>) -> Vec<u8> {
    // As above: what saves in any format compiles every encoder.
    let mut file = Vec::new();
    let encoder = PngEncoder::new(&mut file);
    picture.into().write_with_encoder(encoder).unwrap();
    file
}

/// Writes it to `path`.
pub fn save_png(path: impl AsRef<Path>, picture: impl Into<DynamicImage>) {
    std::fs::write(path, png_file(picture)).unwrap();
}

/// The JPEG file of a picture.
pub fn jpeg_file(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = JpegEncoder::new(&mut file);
    picture.into().write_with_encoder(encoder).unwrap();
    file
}

/// The JSON line that `digits predict` prints for the one picture at `path`.
pub fn predict(folder: &Path, path: &str) -> serde_json::Value {
    let args = ["predict", "--model", "builtin", "--quiet", "--json", "--", path];
    let (code, stdout, stderr) = parts(&digits(folder, &args));
    assert_eq!((code, stderr.as_str()), (0, ""), "{path}");
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    serde_json::from_str(&stdout).unwrap()
}

/// Length of a model file's header: magic, version, length of the payload, checksum.
pub const HEADER: usize = 8 + 4 + 8 + 32;

/// Makes length and checksum those of the payload again.
pub fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some((header, payload)) = bytes.split_at_mut_checked(HEADER) {
        header[12..20].copy_from_slice(&(payload.len() as u64).to_le_bytes());
        header[20..].copy_from_slice(&Sha256::digest(payload));
    }
    bytes
}
