//! Files that name classes, or whose images and labels do not fit; and what is not done for classes that are no digits.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_fails, digits, header, parts, root, small_data};
use serde_json::Value;
use std::fs;
use tempfile::tempdir;

const TRAIN: [&str; 5] = ["train", "--validation=0", "--hidden=8", "--epochs=1", "--quiet"];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
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
            &["1 to 64 characters in line 2", "found 65 characters: \"あ"],
        ),
        (
            "classes.txt",
            with(2, "a\u{202e}b"),
            &["without control or invisible characters in line 2", "\\u{202e}"],
        ),
        ("mapping.txt", mapping("10 32"), &["a name in line 11", "\" \""]),
        ("mapping.txt", mapping("10 8203"), &["invisible", "line 11"]),
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
fn no_two_classes_have_one_name() {
    let folder = tempdir().unwrap();
    let data = small_data(folder.path());
    // Labels from 1 on, of which the last is called 0, as label 0 would be.
    for name in ["train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"] {
        let path = data.join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[8..].iter_mut().for_each(|label| *label += 1);
        fs::write(path, bytes).unwrap();
    }
    fs::write(data.join("classes.txt"), "1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n").unwrap();
    let flags = [&TRAIN[..], &["--output=m"]].concat();
    let (code, _, stderr) = parts(&digits(folder.path(), &flags));
    assert_eq!(code, 0, "{stderr}");
    let names = digits::model_file::Model::load(&folder.path().join("m")).unwrap();
    assert_eq!(names.class_names[0], "label 0");
    assert_eq!(names.class_names[1..].concat(), "1234567890");

    fs::write(data.join("classes.txt"), "label 0\n2\n3\n4\n5\n6\n7\n8\n9\n0\n").unwrap();
    assert_fails(folder.path(), &flags, 3, &["the names 0 and label 0"]);
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
    for (size, found, remedy) in [
        ([32, 32], "32×32", "scale them down"),
        ([29, 28], "29×28", "scale them down"),
        ([28, 0], "28×0", "put the original file in its place"),
        ([0, 28], "0×28", "at least one pixel"),
    ] {
        let images = [
            header(0x0803, &[600, size[0], size[1]]),
            vec![0; 600 * size[0] * size[1]],
        ]
        .concat();
        fails(
            "train-images-idx3-ubyte",
            images,
            &["at most 28×28", found, remedy],
        );
    }
    let mut labels = common::labels(600);
    labels[70] = 62;
    fails(
        "train-labels-idx1-ubyte",
        labels,
        &["labels from 0 to 61", "62 at index 62", "at most 62 classes"],
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
