//! `digits train --init --add`: a model learns somebody's own pictures, says what that did, and refuses what makes no
//! sense.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_fails, digits, parts, root, save_png, small_data};
use digits::dataset::mnist;
use digits::model_file::{Checkpoint, Model};
use image::{GrayImage, Luma};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::{TempDir, tempdir};

/// What fine-tunes the model of [`prepared`].
const TUNE: [&str; 5] = [
    "train",
    "--init=first.bin",
    "--add=own",
    "--validation=50",
    "--output=m",
];

/// A folder with a small data set, a model `first.bin` of it, which has never seen a digit, and `count` pictures of
/// digits in `own`, each with a note beside it, as `digits serve --collect` keeps them.
fn prepared(count: usize) -> TempDir {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let flags = [
        "train",
        "--hidden=24",
        "--epochs=2",
        "--validation=50",
        "--views=5",
        "--output=first.bin",
    ];
    let (code, _, stderr) = parts(&digits(folder.path(), &flags));
    assert_eq!(code, 0, "{stderr}");
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    let data = mnist::load_test(&root().join("data")).unwrap();
    for (index, (image, label)) in data.images.outer_iter().zip(&data.labels).take(count).enumerate() {
        let picture = GrayImage::from_vec(28, 28, image.to_vec()).unwrap();
        save_png(own.join(format!("{label}-{index:016x}.png")), picture);
        fs::write(own.join(format!("{label}-{index:016x}.json")), "{}").unwrap();
    }
    folder
}

/// `digits` with the flags of [`TUNE`] and `more`.
fn tune(folder: &Path, more: &[&str]) -> (i32, String, String) {
    parts(&digits(folder, &[&TUNE[..], more].concat()))
}

/// The numbers in `text`.
fn numbers(text: &str) -> Vec<usize> {
    let words = text.split(|letter: char| !letter.is_ascii_digit());
    words.filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn own_pictures_are_learned_and_what_was_held_out_tells() {
    let folder = prepared(100);
    let at = |name: &str| folder.path().join(name);
    fs::write(at("own/4-not-a-picture.png"), "text").unwrap();
    fs::copy(root().join("examples/seven.png"), at("own/seven.png")).unwrap();
    let blank = GrayImage::from_pixel(40, 40, Luma([255]));
    save_png(at("own/0-blank.png"), blank);
    std::os::unix::fs::symlink("nowhere", at("own/7-link.png")).unwrap();

    let (code, stdout, stderr) = tune(folder.path(), &["--threads=1"]);
    assert_eq!(code, 0, "{stderr}");
    for words in [
        "skipped own/4-not-a-picture.png: not a readable picture",
        "skipped own/7-link.png: cannot read it",
        "skipped own/seven.png: no digit is its label",
        "skipped own/0-blank.png: nothing is written there",
        // A mistake of the first model's, and so no picture to leave out of what it is measured by.
        "held out, own/4-0000000000000021.png: what is written there looks like no digit",
        "1 of those held out is refused, which counts as wrong",
        "your pictures: 80 to learn, 20 held out, 4 skipped",
        "warning: ",
    ] {
        assert!(stderr.contains(words), "no {words:?} in {stderr}");
    }
    let lines: Vec<&str> = stdout.lines().collect();
    assert!(lines[0].starts_with("your pictures held out: ") && lines[1].starts_with("validation images: "));
    let [before, count, after] = numbers(lines[0])[..] else {
        panic!("{stdout}");
    };
    assert!((18..=22).contains(&count), "{stdout}");
    assert!(after >= before + 5 && after >= count / 2, "{stdout}");
    // What it knew it still knows.
    let [before, count, after] = numbers(lines[1])[..] else {
        panic!("{stdout}");
    };
    assert!(count == 50 && after + 2 >= before, "{stdout}");

    let [first, tuned] = ["first.bin", "m"].map(|name| Model::load(&at(name)).unwrap());
    assert!(first.members != tuned.members && first.views == tuned.views);
    assert_eq!(first.temperature.to_bits(), tuned.temperature.to_bits());
    assert_eq!(tuned.notes[0], ("preset".to_owned(), "fine-tuned".to_owned()));
    assert!(!tuned.notes.iter().any(|(name, _)| name == "plain-members"));
    for (note, value) in [("init-preset", "mlp"), ("seed", "0")] {
        assert!(
            tuned.notes.contains(&(note.to_owned(), value.to_owned())),
            "{note}"
        );
    }

    // Any number of threads, and how it is told, change nothing.
    let bytes = fs::read(at("m")).unwrap();
    let (code, stdout, stderr) = tune(folder.path(), &["--threads=3", "--json", "--quiet"]);
    assert!(
        code == 0 && stderr.lines().count() == 2 && stderr.lines().all(|line| line.starts_with("warning: ")),
        "{stderr}"
    );
    assert_eq!(fs::read(at("m")).unwrap(), bytes);
    let told = stdout.lines().find(|line| line.contains("right_after")).unwrap();
    let told: serde_json::Value = serde_json::from_str(told).unwrap();
    assert_eq!(told["pictures"]["right_after"], numbers(lines[0])[2]);
    assert_eq!(told["validation"]["count"], 50);
    tune(folder.path(), &["--seed=1"]);
    assert_ne!(fs::read(at("m")).unwrap(), bytes);
}

#[test]
fn an_interrupted_one_goes_on_with_the_same_pictures_and_model_only() {
    let folder = prepared(40);
    let at = |name: &str| folder.path().join(name);
    assert_eq!(tune(folder.path(), &[]).0, 0);
    let whole = fs::read(at("m")).unwrap();
    assert!(tune(folder.path(), &["--resume"]).2.contains("is there already"));
    fs::remove_file(at("m")).unwrap();

    // Nobody listens to the report of the first epoch.
    let mut child = Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(TUNE)
        .arg("--json")
        .current_dir(folder.path())
        .env_remove("DIGITS_DATA")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait_with_output().unwrap().status.success());
    let kept = Checkpoint::load(&at("m.checkpoint")).unwrap();
    assert!(kept.state.optimizer.steps > 0 && !at("m").exists());

    let resumed = [&TUNE[..], &["--resume"]].concat();
    let picture = fs::read_dir(at("own"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path()
        .with_extension("png");
    fs::rename(&picture, at("away.png")).unwrap();
    let words = "add: expected";
    assert_fails(
        folder.path(),
        &resumed,
        2,
        &[words, "as in m.checkpoint", "name the same with --add"],
    );
    fs::rename(at("away.png"), &picture).unwrap();
    let other = [
        "train",
        "--hidden=24",
        "--epochs=1",
        "--validation=50",
        "--output=other.bin",
    ];
    assert_eq!(parts(&digits(folder.path(), &other)).0, 0);
    let mut flags = resumed.clone();
    flags[1] = "--init=other.bin";
    assert_fails(
        folder.path(),
        &flags,
        2,
        &["init: expected", "name the same with --init"],
    );
    let plain = ["train", "--resume", "--validation=50", "--output=m"];
    assert_fails(folder.path(), &plain, 2, &["preset: expected fine-tuned"]);

    let (code, _, stderr) = tune(folder.path(), &["--resume"]);
    assert!(
        code == 0 && stderr.contains("going on with m.checkpoint"),
        "{stderr}"
    );
    assert_eq!(fs::read(at("m")).unwrap(), whole);
}

#[test]
fn a_table_gives_labels_and_groups_that_are_held_out_whole() {
    let folder = prepared(40);
    let at = |name: &str| folder.path().join(name);
    let mut table = "path,label,group\n".to_owned();
    let mut names = common::names(&at("own"));
    names.retain(|name| !name.ends_with("json"));
    for (index, name) in names.iter().enumerate() {
        let group = if index % 8 < 2 { "evening" } else { "morning" };
        // Names say nothing any more, and one picture is in no line.
        fs::rename(at("own").join(name), at(&format!("own/p{index}.png"))).unwrap();
        if index > 0 {
            writeln!(table, "own/p{index}.png,{},{group}", &name[..1]).unwrap();
        }
    }
    fs::write(at("labels.csv"), table).unwrap();
    let (code, _, stderr) = tune(folder.path(), &["--labels=labels.csv"]);
    assert_eq!(code, 0, "{stderr}");
    // Nine are of the evening, but for those that look like no digit.
    assert!(
        stderr.contains("skipped own/p0.png: the table of labels does not have it"),
        "{stderr}"
    );
    let line = stderr
        .lines()
        .find(|line| line.starts_with("your pictures: "))
        .unwrap();
    let [learned, held_out, _] = numbers(line)[..] else {
        panic!("{line}");
    };
    assert!((7..=9).contains(&held_out) && learned + held_out <= 39, "{line}");

    fs::write(at("labels.csv"), "file,digit\nown/p1.png,1\n").unwrap();
    let flags = [&TUNE[..], &["--labels=labels.csv"]].concat();
    assert_fails(
        folder.path(),
        &flags,
        3,
        &["labels.csv", "the columns path and label"],
    );
    fs::write(at("labels.csv"), "path,label\nown/p1.png,one\n").unwrap();
    assert_fails(
        folder.path(),
        &flags,
        3,
        &[
            "labels.csv: expected in line 2 one of the labels 0 1 2",
            "found \"one\"",
        ],
    );
    fs::write(at("labels.csv"), "path,label\nown/p1.png,\nown/p2.png,none\n").unwrap();
    assert_fails(
        folder.path(),
        &flags,
        3,
        &["own: expected a folder of pictures of digits", "none of which"],
    );
    fs::write(at("labels.csv"), "path,label\np1.png,1\n").unwrap();
    assert_fails(
        folder.path(),
        &flags,
        3,
        &["none in the table", "p1.png in line 2", "own/p0.png"],
    );
    // The table is an input.
    fs::copy(at("labels.csv"), at("m.csv")).unwrap();
    let flags = [&TUNE[..], &["--labels=m.csv"]].concat();
    assert_fails(
        folder.path(),
        &flags,
        2,
        &["output: expected another file than m.csv"],
    );
}

#[test]
fn without_pictures_a_model_goes_on_with_the_usual_images() {
    let folder = prepared(0);
    let flags = [
        "train",
        "--init=first.bin",
        "--validation=50",
        "--output=m",
        "--epochs=1",
    ];
    let (code, stdout, stderr) = parts(&digits(folder.path(), &flags));
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.starts_with("validation images: ") && stdout.lines().count() == 1,
        "{stdout}"
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = prepared(3);
    let at = |name: &str| folder.path().join(name);
    let with = |place: usize, flag: &'static str| {
        let mut flags = TUNE.to_vec();
        flags[place] = flag;
        flags
    };
    fs::create_dir(at("empty")).unwrap();
    fs::create_dir(at("unnamed")).unwrap();
    fs::copy(root().join("examples/seven.png"), at("unnamed/seven.png")).unwrap();
    for (flag, words) in [
        (
            "--add=nowhere",
            "nowhere: expected a folder of pictures of digits, found nothing; name each",
        ),
        ("--add=first.bin", "found a file"),
        ("--add=empty", "found no picture among 0 files"),
        ("--add=unnamed", "found 1 picture, which cannot be used"),
    ] {
        assert_fails(folder.path(), &with(2, flag), 3, &[words]);
    }
    assert_fails(folder.path(), &with(1, "--init=none.bin"), 3, &["none.bin"]);
    assert_fails(folder.path(), &with(1, "--init=own"), 3, &["own"]);
    for flag in ["--seed=3", "--preset=cnn"] {
        assert_fails(
            folder.path(),
            &with(1, flag),
            2,
            &["add: expected it only with --init"],
        );
    }
    assert_fails(
        folder.path(),
        &with(2, "--labels=names"),
        2,
        &["labels: expected it only with --add"],
    );
    assert_fails(
        folder.path(),
        &with(4, "--output=first.bin"),
        2,
        &["another file than first.bin"],
    );
    let gate = format!("--init={}", root().join("models/gate.bin").display());
    let mut flags = with(1, "");
    flags[1] = &gate;
    assert_fails(
        folder.path(),
        &flags,
        3,
        &["the 10 classes of the data set", "11 classes: 0 1", "none"],
    );
    for flag in [
        "--preset=cnn",
        "--conv=4",
        "--hidden=8",
        "--members=2",
        "--views=1",
        "--temperature=2",
    ] {
        let flags = [&TUNE[..], &[flag]].concat();
        let name = flag.split('=').next().unwrap();
        assert_fails(folder.path(), &flags, 2, &["cannot be used with", name]);
    }
    assert!(!at("m").exists());

    // A data set of as many classes with other names: a model's classes are never renamed.
    fs::write(at("data/classes.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj").unwrap();
    assert_fails(
        folder.path(),
        &[&TUNE[..2], &TUNE[3..]].concat(),
        3,
        &[
            "first.bin: expected a model of the 10 classes of the data set: a b c d e f g h i j, found 10 classes: 0 1 2 3 4 5 6 7 8 9; \
             name the data set that it was trained on with --data",
        ],
    );
    assert!(!at("m").exists());
    fs::remove_file(at("data/classes.txt")).unwrap();

    // A data set of other classes.
    let mut labels = common::labels(600);
    labels[8..].iter_mut().for_each(|label| *label %= 5);
    fs::write(at("data/train-labels-idx1-ubyte"), &labels).unwrap();
    fs::write(
        at("data/t10k-labels-idx1-ubyte"),
        [&[0, 0, 8, 1, 0, 0, 0, 100][..], &labels[8..108]].concat(),
    )
    .unwrap();
    assert_fails(
        folder.path(),
        &TUNE,
        3,
        &["first.bin: expected a model of the 5 classes"],
    );
}
