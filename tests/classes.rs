//! Sets of other classes than the ten digits, and all that is done with them. EMNIST itself is not here: its file
//! names, its mapping and its turned images are imitated.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_balanced, assert_fails, digits, header, parts, save_png};
use digits::dataset::mnist;
use image::{GrayImage, Luma};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// Side of a glyph in pixels: five blocks of four.
const SIDE: usize = 20;
const CLASSES: usize = 62;

/// Pixels of the `sample`th glyph of a class: a cross, and around its middle six pairs of opposite blocks that tell
/// the class.
fn glyph(class: usize, sample: usize) -> Vec<u8> {
    let code = (class * 37 + 5) % 64;
    let bits = [1, 3, 5, 6, 8, 9];
    let pixel = |at: usize| {
        let block = at / SIDE / 4 * 5 + at % SIDE / 4;
        let told = bits.iter().position(|&bit| bit == block.min(24 - block));
        let inked = block / 5 == 2 || block % 5 == 2 || told.is_some_and(|bit| code >> bit & 1 == 1);
        // Ink and paper that are never quite the same.
        let noise = (at * 31 + sample * 17 + class * 7) % 40;
        if inked {
            215 + noise
        } else {
            noise / 8 * usize::from(noise > 30)
        }
    };
    (0..SIDE * SIDE).map(|at| pixel(at) as u8).collect()
}

/// Writes a set of `classes` classes, whose labels begin with `first`, into `folder`, under names that begin with
/// `prefix`.
fn write_set(folder: &Path, prefix: &str, classes: usize, first: usize, transposed: bool) {
    fs::create_dir_all(folder).unwrap();
    let test = if prefix.is_empty() { "t10k" } else { "test" };
    for (part, each) in [("train", 40), (test, 5)] {
        let mut images = header(0x0803, &[classes * each, SIDE, SIDE]);
        let mut labels = header(0x0801, &[classes * each]);
        for index in 0..classes * each {
            let image = glyph(index % classes, index / classes);
            if transposed {
                images.extend((0..SIDE * SIDE).map(|at| image[at % SIDE * SIDE + at / SIDE]));
            } else {
                images.extend(image);
            }
            labels.push((index % classes + first) as u8);
        }
        fs::write(folder.join(format!("{prefix}{part}-images-idx3-ubyte")), images).unwrap();
        fs::write(folder.join(format!("{prefix}{part}-labels-idx1-ubyte")), labels).unwrap();
    }
}

/// Names that are long, wide, and begin like each other.
fn class_names() -> Vec<String> {
    let letters = ('A'..='Z').chain('a'..='z').map(String::from);
    let more = [
        "Ankle boot",
        "すき",
        "ま",
        "é",
        "T",
        "T-shirt",
        "0",
        "1",
        "naïve <b>",
        "x",
    ];
    let mut names: Vec<String> = more.map(str::to_owned).into();
    names.extend(letters.filter(|letter| !["T", "x"].contains(&letter.as_str())));
    names.extend(["2", "3"].map(str::to_owned));
    assert_eq!(names.len(), CLASSES);
    names
}

/// A glyph as a picture file, every pixel `enlarged` times, on a sheet of that of 28×28.
fn picture(path: &Path, class: usize, enlarged: u32) {
    let image = glyph(class, 3);
    let side = 28 * enlarged;
    let picture = GrayImage::from_fn(side, side, |x, y| {
        let place = [y, x].map(|at| (at / enlarged).checked_sub(4).filter(|&at| at < 20));
        match place {
            [Some(row), Some(column)] => Luma([image[row as usize * SIDE + column as usize]]),
            _ => Luma([0]),
        }
    });
    save_png(path, picture);
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

const TRAIN: [&str; 7] = [
    "train",
    "--validation=0",
    "--threads=1",
    "--hidden=64",
    "--epochs=12",
    "--batch-size=32",
    "--quiet",
];

#[test]
fn sixty_two_classes_from_training_to_the_report() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    let run = |args: &[&str]| {
        let (code, stdout, stderr) = parts(&digits(at, args));
        assert_eq!(code, 0, "{args:?}: {stderr}");
        (stdout, stderr)
    };
    write_set(&at.join("data"), "", CLASSES, 0, false);
    let names = class_names();
    // As other systems write text: with a mark at its start, and lines that end in two characters.
    fs::write(
        at.join("data/classes.txt"),
        format!("\u{feff}{}\r\n\r\n", names.join("\r\n")),
    )
    .unwrap();
    run(&TRAIN);

    let (stdout, stderr) = run(&["eval", "--json", "--report=r.html", "--predictions=p.csv"]);
    assert!(
        stderr.contains("not MNIST, by its checksums; 62 classes)"),
        "{stderr}"
    );
    let result = json(&stdout);
    assert!(result["accuracy"].as_f64().unwrap() > 0.98, "{stdout}");
    let rows = result["confusion"].as_array().unwrap();
    assert!(rows.len() == CLASSES && rows.iter().all(|row| row.as_array().unwrap().len() == CLASSES));
    let last = &result["classes"][CLASSES - 1];
    assert!(
        last["name"].is_string() && last["count"].is_u64() && result["mistakes"].is_array(),
        "{last}"
    );
    let page = fs::read_to_string(at.join("r.html")).unwrap();
    assert_balanced(&page);
    for part in [
        "Confusion matrix of 62 by 62 classes",
        "Ankle boot",
        "すき",
        "naïve &lt;b&gt;",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let table = fs::read_to_string(at.join("p.csv")).unwrap();
    assert!(
        table.starts_with("index,label,prediction,p0,") && table.lines().next().unwrap().ends_with(",p61")
    );

    // On a terminal a matrix of 62 columns would be no matrix; a line of its own for every class is fine.
    let (text, _) = run(&["eval", "--split=train"]);
    assert!(
        text.contains("most frequent mistakes (the whole confusion matrix: --json)\n"),
        "{text}"
    );
    assert!(
        text.lines().skip(1).all(|line| line.chars().count() <= 80),
        "{text}"
    );
    assert!(
        text.contains("\nAnkle boot  ") && text.contains("\n      すき  "),
        "{text}"
    );

    let info = json(&run(&["info", "models/digits.bin", "--json"]).0);
    let found: Vec<&str> = info["classes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    assert_eq!(found, names);
    assert!(
        run(&["info", "models/digits.bin"])
            .0
            .starts_with("classes: Ankle boot, すき, ま, ")
    );

    // Through another program's format and back.
    run(&["export", "--output=m.safetensors"]);
    run(&["import", "m.safetensors", "--output=back.bin"]);
    let bytes = |name: &str| fs::read(at.join(name)).unwrap();
    assert!(bytes("models/digits.bin") == bytes("back.bin"));
    run(&["export", "--output=m.onnx"]);
    assert!(String::from_utf8_lossy(&bytes("m.onnx")).contains("\"Ankle boot\",\"すき\""));
}

#[test]
fn pictures_are_answered_with_names() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    write_set(&at.join("data"), "", CLASSES, 0, false);
    let names = class_names();
    fs::write(at.join("data/classes.txt"), names.join("\n")).unwrap();
    assert_eq!(parts(&digits(at, &TRAIN)), (0, String::new(), String::new()));

    // As the set's own images are, one of every class, under its name as far as a file may have it.
    let pictures = at.join("pictures");
    fs::create_dir(&pictures).unwrap();
    for (class, name) in names.iter().enumerate() {
        picture(&pictures.join(format!("{name}_of_{class}.png")), class, 1);
    }
    let args = [
        "predict",
        "pictures",
        "--json",
        "--labels=names",
        "--min-confidence=0.5",
    ];
    let (code, stdout, stderr) = parts(&digits(at, &args));
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stderr.contains("      62     62   100.00         0        0"),
        "{stderr}"
    );
    assert_eq!(stdout.lines().count(), CLASSES);
    for line in stdout.lines().map(json) {
        let class = line["class"].as_str().unwrap();
        assert!(
            line["file"].as_str().unwrap().contains(&format!("/{class}_of_")),
            "{line}"
        );
        assert_eq!((&line["status"], line.get("digit")), (&"class".into(), None));
        assert_eq!(line["probabilities"].as_array().unwrap().len(), CLASSES);
    }

    // So it is when all that it shows is asked for.
    let one = format!("pictures/{}_of_40.png", names[40]);
    let read = |flags: &[&str]| json(&parts(&digits(at, &[&["predict", &one, "--json"], flags].concat())).1);
    let (alone, many) = (read(&[]), read(&["--many"]));
    assert_eq!(many["classes"][0]["probabilities"], alone["probabilities"]);

    // A larger picture is looked for its ink, and brought into 20×20 pixels.
    for class in [0, 5, 40] {
        picture(&at.join("large.png"), class, 6);
        let (code, stdout, stderr) = parts(&digits(at, &["predict", "large.png", "--quiet"]));
        assert!(
            code == 0 && stdout.starts_with(&format!("{} (", names[class])),
            "{stdout}{stderr}"
        );
        let (_, stdout, _) = parts(&digits(
            at,
            &["predict", "large.png", "--quiet", "--many", "--json"],
        ));
        let many = json(&stdout);
        assert_eq!(
            (&many["status"], &many["text"]),
            (&"classes".into(), &names[class].as_str().into())
        );
        assert_eq!(many["classes"][0]["class"], names[class].as_str());
        // That it is none of the classes nobody can tell.
        assert!(many["classes"][0]["outlier"].is_null(), "{many}");
    }
    save_png(at.join("blank.png"), GrayImage::new(28, 28));
    fs::write(at.join("none.png"), "nothing").unwrap();
    let (code, stdout, _) = parts(&digits(at, &["predict", "blank.png", "none.png", "--json"]));
    let lines: Vec<Value> = stdout.lines().map(json).collect();
    assert_eq!(
        (code, &lines[0]["status"], &lines[1]["status"]),
        (5, &"blank".into(), &"error".into())
    );
    assert!(
        lines
            .iter()
            .all(|line| line["class"].is_null() && line.get("digit").is_none())
    );
}

#[test]
fn emnists_folder_of_several_sets_is_understood() {
    let folder = tempdir().unwrap();
    let gzip = folder.path().join("gzip");
    write_set(&gzip, "emnist-letters-", 26, 1, true);
    write_set(&gzip, "emnist-digits-", 10, 0, true);
    write_set(&folder.path().join("data"), "", 26, 1, false);
    let mapping = (1..=26).map(|label| format!("{label} {} {}", 64 + label, 96 + label));
    fs::write(
        gzip.join("emnist-letters-mapping.txt"),
        mapping.collect::<Vec<_>>().join("\n"),
    )
    .unwrap();

    let letters = mnist::load(&gzip.join("emnist-letters")).unwrap();
    let upright = mnist::load(&folder.path().join("data")).unwrap();
    assert!(letters.turned && !upright.turned);
    assert_eq!((&letters.train, &letters.test), (&upright.train, &upright.test));
    // No image has the label 0, which keeps its number.
    let alphabet: Vec<String> = std::iter::once('0').chain('A'..='Z').map(String::from).collect();
    assert_eq!(letters.class_names, alphabet);
    assert_eq!(upright.class_names[..3], ["0", "1", "2"]);
    // A list of as many names as there are labels is of those.
    fs::write(folder.path().join("data/classes.txt"), alphabet[1..].join("\n")).unwrap();
    assert_eq!(
        mnist::load(&folder.path().join("data")).unwrap().class_names,
        alphabet
    );
    assert_eq!(
        mnist::load_test(&gzip.join("emnist-letters")).unwrap(),
        upright.test
    );
    assert_eq!(mnist::load(&gzip.join("emnist-digits")).unwrap().classes, 10);

    let train = [&TRAIN[..6], &["--data", "gzip/emnist-letters"]].concat();
    let (code, _, stderr) = parts(&digits(folder.path(), &train));
    assert!(
        code == 0 && stderr.contains("27 classes, turned upright"),
        "{stderr}"
    );
    let (_, stdout, _) = parts(&digits(
        folder.path(),
        &["eval", "--json", "--data=gzip/emnist-letters"],
    ));
    assert!(json(&stdout)["accuracy"].as_f64().unwrap() > 0.98, "{stdout}");
    for (data, words) in [
        (
            "gzip",
            &["2: emnist-digits, emnist-letters", "--data gzip/emnist-digits"][..],
        ),
        (
            "gzip/emnist-balanced",
            &["gzip/emnist-balanced", "no folder of that name"],
        ),
    ] {
        assert_fails(folder.path(), &[&TRAIN[..], &["--data", data]].concat(), 3, words);
    }
    // A set alone in its folder needs no naming.
    fs::remove_file(gzip.join("emnist-digits-train-images-idx3-ubyte")).unwrap();
    let missing = mnist::load(&gzip.join("emnist-digits")).unwrap_err().to_string();
    assert!(
        missing.contains("neither emnist-digits-train-images-idx3-ubyte nor"),
        "{missing}"
    );
    for entry in fs::read_dir(&gzip).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("emnist-digits") {
            fs::remove_file(path).unwrap();
        }
    }
    assert_eq!(mnist::load(&gzip).unwrap().class_names, alphabet);
}
