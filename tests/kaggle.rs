//! The files of Kaggle's Digit Recognizer: trained on, measured on, answered by a submission; and refused where they
//! are damaged.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_fails, digits, images, labels, parts, root, small_data};
use digits::dataset::{Dataset, mnist};
use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use tempfile::tempdir;

/// The first line.
fn header(labelled: bool) -> String {
    let pixels: Vec<String> = (0..784).map(|pixel| format!("pixel{pixel}")).collect();
    format!("{}{}", if labelled { "label," } else { "" }, pixels.join(","))
}

/// The images `rows` of `data` as Kaggle writes them.
fn table(data: &Dataset, rows: Range<usize>, labelled: bool) -> String {
    let mut text = header(labelled);
    for row in rows {
        let label = labelled.then(|| data.labels[row].to_string());
        let image = data.images.row(row);
        let cells = label.into_iter().chain(image.iter().map(u8::to_string));
        write!(text, "\n{}", cells.collect::<Vec<_>>().join(",")).unwrap();
    }
    text + "\n"
}

/// One line with `cells` in front of as many zeros as there have to be.
fn line(cells: &[&str], columns: usize) -> String {
    let zeros = std::iter::repeat_n("0", columns - cells.len());
    cells.iter().copied().chain(zeros).collect::<Vec<_>>().join(",")
}

#[test]
fn kaggles_files_are_trained_on_and_answered() {
    let data = mnist::load_test(&root().join("data")).unwrap();
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("kaggle")).unwrap();
    fs::write(at("kaggle/train.csv"), table(&data, 0..1500, true)).unwrap();
    fs::write(at("kaggle/test.csv"), table(&data, 1500..1900, false)).unwrap();
    let flags = [
        "train",
        "--data=kaggle",
        "--hidden=32",
        "--validation=100",
        "--output=m",
    ];
    let (code, _, stderr) = parts(&digits(folder.path(), &flags));
    assert!(code == 0 && stderr.contains("validation loss"), "{stderr}");

    let submit = [
        "predict",
        "--model=m",
        "--kaggle=kaggle/test.csv",
        "--output=out/submission.csv",
    ];
    let (code, stdout, stderr) = parts(&digits(folder.path(), &submit));
    assert!(
        code == 0 && stdout.is_empty() && stderr.contains("400 images"),
        "{stderr}"
    );
    let submission = fs::read_to_string(at("out/submission.csv")).unwrap();
    let mut lines = submission.lines();
    assert_eq!(lines.next(), Some("ImageId,Label"));
    let mut right = 0;
    for (index, line) in lines.by_ref().take(400).enumerate() {
        let (id, label) = line.split_once(',').unwrap();
        assert_eq!(id, (index + 1).to_string());
        right += usize::from(label == data.labels[1500 + index].to_string());
    }
    assert!(right > 300 && lines.next().is_none(), "{right} of 400");
    let (code, stdout, _) = parts(&digits(folder.path(), &submit[..3]));
    assert!(code == 0 && stdout == submission);

    // From stdin too.
    let table_file = fs::File::open(at("kaggle/test.csv")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(["predict", "--model=m", "--kaggle=-"])
        .current_dir(folder.path())
        .stdin(table_file)
        .output()
        .unwrap();
    assert_eq!(parts(&output).1, submission);

    assert_nothing_is_overwritten_or_made_up(folder.path());

    // There is nothing to measure by, unless somebody has written it.
    let eval = ["eval", "--model=m", "--data=kaggle"];
    let words = [
        "kaggle/test.csv: expected labels to measure by, found none",
        "--split train",
        "predict --kaggle",
    ];
    assert_fails(folder.path(), &eval, 3, &words);
    let (code, stdout, _) = parts(&digits(folder.path(), &[&eval[..], &["--split=train"]].concat()));
    assert!(code == 0 && stdout.contains("of 1500 images"), "{stdout}");
    fs::write(at("kaggle/test.csv"), table(&data, 1500..1900, true)).unwrap();
    let (code, stdout, _) = parts(&digits(folder.path(), &eval));
    assert!(
        code == 0 && stdout.contains(&format!("({right} of 400 images)")),
        "{stdout}"
    );
    // A table with labels is answered too.
    assert_eq!(parts(&digits(folder.path(), &submit[..3])).1, submission);
    fs::remove_file(at("kaggle/test.csv")).unwrap();
    assert_fails(
        folder.path(),
        &eval,
        3,
        &["test.csv: expected labels to measure by, found no such file"],
    );
}

/// What is read from `folder/kaggle` is not written over, nor is anything put beside it that would be read instead;
/// and what is not there is neither listed nor shown.
fn assert_nothing_is_overwritten_or_made_up(folder: &Path) {
    let train = ["train", "--data=kaggle", "--validation=0"];
    for (output, taken) in [
        ("train.csv", "train.csv"),
        ("test", "test.csv"),
        ("train-images-idx3-ubyte", "train-images-idx3-ubyte"),
    ] {
        let output = format!("--output=kaggle/{output}");
        let expected = format!("another file than kaggle/{taken}");
        assert_fails(folder, &[&train[..], &[&output]].concat(), 2, &[&expected]);
    }
    let unlabelled = "expected labels of the digits to show, found none; name a folder";
    assert_fails(folder, &["serve", "--data=kaggle", "--port=0"], 3, &[unlabelled]);
    let (code, stdout, _) = parts(&digits(folder, &["data", "verify", "--data=kaggle"]));
    assert!(
        code == 3 && stdout.lines().count() == 2 && !stdout.contains("t10k"),
        "{stdout}"
    );
}

#[test]
fn the_same_images_are_the_same_set_in_either_form() {
    let folder = tempdir().unwrap();
    let idx = mnist::load(&small_data(folder.path())).unwrap();
    let csv = folder.path().join("csv");
    fs::create_dir(&csv).unwrap();
    // As a spreadsheet would leave them: lines end as on Windows, or the last one not at all.
    let train = table(&idx.train, 0..600, true).replace('\n', "\r\n");
    fs::write(csv.join("train.csv"), train).unwrap();
    fs::write(csv.join("test.csv"), table(&idx.test, 0..100, true).trim_end()).unwrap();
    let found = mnist::load(&csv).unwrap();
    assert!(found.train == idx.train && found.test == idx.test && found.classes == 10);
    assert_eq!(found.checksums, idx.checksums);
    assert_eq!(mnist::load_test(&csv).unwrap(), idx.test);
    // MNIST's own files come first, whatever their names.
    for names in [
        [
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
        ],
        [
            "train-images.idx3-ubyte",
            "train-labels.idx1-ubyte",
            "test-images.idx3-ubyte",
            "test-labels.idx1-ubyte",
        ],
    ] {
        for (name, bytes) in names
            .into_iter()
            .zip([images(20), labels(20), images(10), labels(10)])
        {
            fs::write(csv.join(name), bytes).unwrap();
        }
        assert_eq!(mnist::load(&csv).unwrap().train.len(), 20);
        assert_eq!(mnist::load_test(&csv).unwrap().len(), 10);
        for name in names {
            fs::remove_file(csv.join(name)).unwrap();
        }
    }
    // A digit that no image shows is a class still.
    fs::write(csv.join("train.csv"), table(&idx.train, 0..9, true)).unwrap();
    fs::remove_file(csv.join("test.csv")).unwrap();
    assert_eq!(mnist::load(&csv).unwrap().class_names.len(), 10);
}

/// Asserts that `digits train` on a `train.csv` of `text` fails, and says `words`.
fn assert_refused(folder: &Path, text: &str, words: &[&str]) {
    fs::write(folder.join("train.csv"), text).unwrap();
    assert_fails(
        folder,
        &["train", "--data=.", "--output=m"],
        3,
        &[&["train.csv: expected "], words].concat(),
    );
}

#[test]
fn damaged_tables_are_refused_by_line_and_column() {
    let folder = tempdir().unwrap();
    let head = header(true);
    let good = line(&["7"], 785);
    for (second, words) in [
        (
            line(&["10"], 785),
            [
                "a whole number from 0 to 9 in line 3, column label",
                "found \"10\"",
            ],
        ),
        (line(&["x"], 785), ["in line 3, column label", "found \"x\""]),
        (
            line(&["1", "256"], 785),
            [
                "a whole number from 0 to 255 in line 3, column pixel0",
                "found \"256\"",
            ],
        ),
        (line(&["1", "0", "-1"], 785), ["column pixel1", "found \"-1\""]),
        (
            line(&["1", "0", "0", "1.0"], 785),
            ["column pixel2", "found \"1.0\""],
        ),
        (
            line(&["1", "0", "0", " 1"], 785),
            ["column pixel2", "found \" 1\""],
        ),
        (
            line(&["1", "\u{1b}[2J"], 785),
            ["column pixel0", "found \"\\u{1b}[2J\""],
        ),
        (line(&["1", ""], 785), ["column pixel0", "found \"\""]),
        (
            line(&["1", &"9".repeat(1000)], 785),
            ["column pixel0", "found \"999999999999999999999999\"…"],
        ),
        (line(&["1"], 784), ["785 columns in line 3", "found 784"]),
        (line(&["1"], 786), ["785 columns in line 3", "found 786"]),
        (String::new(), ["in line 3, column label", "found \"\""]),
        (
            "0".repeat(1 << 20),
            ["less than 16384 bytes in line 3", "found more"],
        ),
    ] {
        assert_refused(
            folder.path(),
            &format!("{head}\n{good}\n{second}\n{good}\n"),
            &words,
        );
    }
    let first = "the first line label,pixel0,…,pixel783 or pixel0,…,pixel783";
    assert_refused(folder.path(), "", &[first, "found \"\""]);
    assert_refused(folder.path(), &format!("{good}\n"), &[first]);
    assert_refused(folder.path(), &format!("{head},pixel784\n"), &[first]);
    assert_refused(
        folder.path(),
        &format!("{}\n", head.replace("pixel5,", "")),
        &[first],
    );
    assert_refused(
        folder.path(),
        &format!("{head}\n"),
        &["1 to 2000000 images, found none"],
    );
    let unlabelled = format!("{}\n{}\n", header(false), line(&[], 784));
    assert_refused(
        folder.path(),
        &unlabelled,
        &["the column label", "found no labels"],
    );
}

#[test]
fn a_submission_needs_images_a_model_of_digits_and_a_place_of_its_own() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("test.csv"), format!("{}\n", header(false))).unwrap();
    let submit = |more: &[&str]| {
        [&["predict", "--model=builtin"], more]
            .concat()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let refused = |more: &[&str], code, words: &[&str]| {
        let flags = submit(more);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        assert_fails(folder.path(), &flags, code, words);
    };
    refused(
        &["--kaggle=test.csv"],
        3,
        &["test.csv: expected images, found none"],
    );
    refused(&["--kaggle=none.csv"], 3, &["none.csv: cannot read it"]);
    refused(
        &["--kaggle=test.csv", "--output=test.csv"],
        2,
        &["another file than test.csv"],
    );
    refused(&["--kaggle=test.csv", "picture.png"], 2, &["cannot be used with"]);
    refused(
        &["picture.png", "--output=a.csv"],
        2,
        &["output: expected it only with --kaggle"],
    );
    let gate = root().join("models/gate.bin");
    let flags = ["predict", "--kaggle=test.csv", "--model", gate.to_str().unwrap()];
    assert_fails(folder.path(), &flags, 3, &["a model of the ten digits"]);
    // Half a table leaves no half of a submission.
    let half = format!("{}\n{}\n0,0\n", header(false), line(&[], 784));
    fs::write(at("test.csv"), half).unwrap();
    refused(
        &["--kaggle=test.csv", "--output=a.csv"],
        3,
        &["784 columns in line 3, found 2"],
    );
    assert!(!at("a.csv").exists());
}
