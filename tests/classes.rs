//! Sets of other classes than the ten digits: names, sizes, labels, and all that is done with them. EMNIST itself is not here: its
//! file names, its mapping and its turned images are imitated.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_balanced, assert_fails, digits, parts, root, small_data};
use digits::dataset::mnist;
use image::{GrayImage, Luma};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// Side of a glyph in pixels: five blocks of four.
const SIDE: usize = 20;
const CLASSES: usize = 62;

/// Pixels of the `sample`th glyph of a class: a cross, and around its middle six pairs of opposite blocks that tell the class.
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

fn header(magic: u32, sizes: &[usize]) -> Vec<u8> {
    let sizes = sizes.iter().flat_map(|&size| (size as u32).to_be_bytes());
    magic.to_be_bytes().into_iter().chain(sizes).collect()
}

/// Writes a set of `classes` classes, whose labels begin with `first`, into `folder`, under names that begin with `prefix`.
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
    picture.save(path).unwrap();
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

const TRAIN: [&str; 6] = [
    "train",
    "--validation=0",
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
    assert!(stderr.contains("      62     62   100.00        0"), "{stderr}");
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
    }
    GrayImage::new(28, 28).save(at.join("blank.png")).unwrap();
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

    let train = [&TRAIN[..5], &["--data", "gzip/emnist-letters"]].concat();
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
            &["gzip/emnist-balanced", "train-images-idx3-ubyte"],
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

#[test]
fn files_of_names_that_do_not_fit() {
    let folder = tempdir().unwrap();
    let data = small_data(folder.path());
    let digits = || (0..10).map(|digit| format!("name {digit}"));
    let with = |line: usize, name: &str| {
        let lines = digits()
            .enumerate()
            .map(|(index, old)| if index + 1 == line { name.to_owned() } else { old });
        lines.collect::<Vec<_>>().join("\n").into_bytes()
    };
    let mapping = |text: &str| {
        let lines: Vec<String> = (0..10).map(|label| format!("{label} {}", 65 + label)).collect();
        format!("{}\n{text}", lines.join("\n")).into_bytes()
    };
    let many: Vec<String> = (0..63).map(|label| format!("name {label}")).collect();
    for (file, bytes, words) in [
        (
            "classes.txt",
            digits().take(9).collect::<Vec<_>>().join("\n").into_bytes(),
            &["10 names", "0 to 9", "found 9"][..],
        ),
        ("classes.txt", Vec::new(), &["10 names", "found 0"]),
        (
            "classes.txt",
            many.join("\n").into_bytes(),
            &["labels from 0 to 61 in line 63"],
        ),
        ("classes.txt", with(3, ""), &["line 3", "empty line"]),
        (
            "classes.txt",
            with(10, "name 4"),
            &["line 5", "line 10", "\"name 4\""],
        ),
        ("classes.txt", with(2, "a\u{1b}[31m"), &["line 2", "\\u{1b}[31m"]),
        (
            "classes.txt",
            with(2, &"あ".repeat(65)),
            &["1 to 64 characters in line 2"],
        ),
        (
            "classes.txt",
            [&with(2, "x")[..], &[b'\n', 0xff]].concat(),
            &["UTF-8 in line 11"],
        ),
        ("classes.txt", vec![b'a'; 70_000], &["at most 65536 bytes"]),
        (
            "mapping.txt",
            mapping("10"),
            &["code points", "line 11", "\"10\""],
        ),
        ("mapping.txt", mapping("10 1114112"), &["line 11", "1114112"]),
        ("mapping.txt", mapping("10 x"), &["line 11", "\"10 x\""]),
        ("mapping.txt", mapping("4294967295 97"), &["0 to 61 in line 11"]),
        ("mapping.txt", mapping("9 97"), &["line 10", "line 11", "label 9"]),
        ("mapping.txt", mapping("10 65"), &["line 1 ", "line 11", "\"A\""]),
        ("mapping.txt", mapping("10 10"), &["line 11", "\\n"]),
        ("mapping.txt", b"0 65\n".to_vec(), &["label 1, which has images"]),
    ] {
        fs::write(data.join(file), bytes).unwrap();
        let start = format!("data/{file}: expected ");
        let words = [&[start.as_str(), "mend that file"], words].concat();
        assert_fails(folder.path(), &TRAIN, 3, &words);
        fs::remove_file(data.join(file)).unwrap();
    }
    fs::create_dir(data.join("classes.txt")).unwrap();
    assert_fails(folder.path(), &TRAIN, 3, &["data/classes.txt: cannot read it"]);
}

#[test]
fn images_and_labels_that_are_too_large() {
    let folder = tempdir().unwrap();
    let data = small_data(folder.path());
    let fails = |name: &str, bytes: Vec<u8>, words: &[&str]| {
        let path = data.join(name);
        let before = fs::read(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        assert_fails(folder.path(), &TRAIN, 3, &[&[name], words].concat());
        fs::write(&path, before).unwrap();
    };
    for (size, found) in [([32, 32], "32×32"), ([29, 28], "29×28"), ([28, 0], "28×0")] {
        let images = [
            header(0x0803, &[600, size[0], size[1]]),
            vec![0; 600 * size[0] * size[1]],
        ]
        .concat();
        fails(
            "train-images-idx3-ubyte",
            images,
            &["at most 28×28", found, "scale them down"],
        );
    }
    let mut labels = common::labels(600);
    labels[70] = 62;
    fails(
        "train-labels-idx1-ubyte",
        labels,
        &["labels from 0 to 61", "62 at index 62"],
    );
}

#[test]
fn what_is_drawn_is_for_digits_only() {
    let folder = tempdir().unwrap();
    let data = small_data(folder.path());
    let garments = [
        "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Boot",
    ];
    fs::write(data.join("classes.txt"), garments.join("\n")).unwrap();
    for (flags, word) in [
        (&["--outliers=50"][..], "outliers"),
        (&["--styles=50"], "styles"),
        (&["--preset=gate"], "outliers"),
    ] {
        let args = [&TRAIN[..], flags].concat();
        assert_fails(
            folder.path(),
            &args,
            2,
            &[word, "0 for classes that are not digits"],
        );
    }
    // A preset that draws digits where there are some does without them.
    let small = [
        "--preset=cnn-best",
        "--conv=4,pool",
        "--hidden=8",
        "--members=1",
        "--epochs=1",
        "--validation=0",
    ];
    assert_eq!(
        parts(&digits(
            folder.path(),
            &[&["train", "--quiet"], &small[..]].concat()
        ))
        .0,
        0
    );
    let info = json(&parts(&digits(folder.path(), &["info", "models/digits.bin", "--json"])).1);
    assert_eq!(
        (&info["notes"]["styles"], &info["classes"][8]),
        (&"0".into(), &"Bag".into())
    );
    // Nor does the gate, which knows digits only, speak of garments.
    let seven = root().join("examples/seven.png");
    let (_, stdout, _) = parts(&digits(
        folder.path(),
        &["predict", "--json", seven.to_str().unwrap()],
    ));
    let line = json(&stdout);
    assert!(
        garments.contains(&line["class"].as_str().unwrap()) && line["status"] != "not-a-digit",
        "{line}"
    );
}
