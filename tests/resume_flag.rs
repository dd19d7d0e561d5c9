//! `digits train --resume`: what it goes on with, what it refuses, and what it leaves alone.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_fails, digits, history, names, parts, small_data};
use digits::model_file::Checkpoint;
use digits::nn::Network;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::tempdir;

/// A training of a moment.
const FLAGS: [&str; 5] = [
    "train",
    "--hidden=8",
    "--epochs=3",
    "--validation=50",
    "--output=m",
];

/// `digits train` on a small data set with `more` flags.
fn train(folder: &Path, more: &[&str]) -> (i32, String, String) {
    parts(&digits(folder, &[&FLAGS[..], more].concat()))
}

/// Leaves the checkpoint of a training's first epoch in `folder`: nobody listens to its report.
fn leave_a_checkpoint(folder: &Path, more: &[&str]) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(FLAGS)
        .arg("--json")
        .args(more)
        .current_dir(folder)
        .env_remove("DIGITS_DATA")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let (code, _, stderr) = parts(&child.wait_with_output().unwrap());
    // A broken pipe is a quiet success.
    assert!(code == 0 && !stderr.contains("error"), "{stderr}");
    assert!(folder.join("m.checkpoint").exists() && !folder.join("m").exists());
}

#[test]
fn the_program_goes_on_with_the_same_flags_and_data_only() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let (code, _, stderr) = train(folder.path(), &[]);
    assert_eq!(code, 0, "{stderr}");
    let at = |name: &str| folder.path().join(name);
    let (model, whole) = (fs::read(at("m")).unwrap(), history(folder.path()));
    fs::remove_file(at("m")).unwrap();
    leave_a_checkpoint(folder.path(), &["--threads=1"]);
    let kept = fs::read(at("m.checkpoint")).unwrap();

    for (flag, value, then) in [
        ("--hidden", "9", "8"),
        ("--epochs", "4", "3"),
        ("--lr", "0.25", "0.3"),
        ("--momentum", "0.8", "0.9"),
        ("--optimizer", "sgd", "nesterov"),
        ("--validation", "51", "50"),
        ("--seed", "7", "0"),
        ("--conv", "4", "none"),
        ("--preset", "mlp-elastic", "mlp"),
    ] {
        let given = format!("{flag}={value}");
        let mut flags = vec!["train", "--resume", "--output=m", &given];
        for usual in ["--hidden=8", "--epochs=3", "--validation=50"] {
            if !usual.starts_with(flag) {
                flags.push(usual);
            }
        }
        let name = flag.trim_start_matches('-');
        let expected =
            format!("{name}: expected {then} as in m.checkpoint, found {value}; give the same flags");
        assert_fails(folder.path(), &flags, 2, &[&expected]);
    }

    // Damaged, or not a checkpoint at all.
    let mut flipped = kept.clone();
    flipped[1000] ^= 4;
    for (bytes, word) in [
        (&flipped[..], "checksum"),
        (&kept[..500], "payload"),
        (&model[..], "begin"),
    ] {
        fs::write(at("m.checkpoint"), bytes).unwrap();
        let flags = [
            "train",
            "--hidden=8",
            "--epochs=3",
            "--validation=50",
            "--output=m",
            "--resume",
        ];
        assert_fails(
            folder.path(),
            &flags,
            3,
            &["m.checkpoint", word, "leave out --resume"],
        );
    }
    assert!(!at("m").exists());
    fs::write(at("m.checkpoint"), &kept).unwrap();

    let mut images = common::images(600);
    images[20] ^= 1;
    fs::create_dir(at("other")).unwrap();
    for name in [
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ] {
        fs::copy(at("data").join(name), at("other").join(name)).unwrap();
    }
    fs::write(at("other/train-images-idx3-ubyte"), images).unwrap();
    let (code, _, stderr) = train(folder.path(), &["--resume", "--data=other"]);
    assert!(code == 2 && stderr.contains("data: expected"), "{code} {stderr}");
    assert_eq!(fs::read(at("m.checkpoint")).unwrap(), kept);

    let (code, stdout, stderr) = train(folder.path(), &["--resume", "--threads=2", "--json"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("going on with m.checkpoint"), "{stderr}");
    // The epochs that were left, and the end.
    assert_eq!(stdout.lines().count(), 3);
    assert!(fs::read(at("m")).unwrap() == model);
    assert_eq!(history(folder.path()), whole);
    assert!(!at("m.checkpoint").exists());

    // Without --resume it is said that a checkpoint is given up.
    fs::remove_file(at("m")).unwrap();
    leave_a_checkpoint(folder.path(), &[]);
    let (code, _, stderr) = train(folder.path(), &[]);
    assert!(code == 0 && stderr.contains("warning: m.checkpoint"), "{stderr}");
    assert!(fs::read(at("m")).unwrap() == model && !at("m.checkpoint").exists());
}

#[test]
fn it_does_not_go_on_with_other_names_or_turned_images() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let at = |name: &str| folder.path().join(name);
    leave_a_checkpoint(folder.path(), &[]);
    let kept = fs::read(at("m.checkpoint")).unwrap();
    // The same bytes with other names for the classes, and under names by which the images are to be turned.
    fs::write(at("data/classes.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj").unwrap();
    let (code, _, stderr) = train(folder.path(), &["--resume"]);
    assert!(
        code == 2
            && stderr.contains("classes: expected [\"0\", ")
            && stderr.contains("file of their names back"),
        "{code} {stderr}"
    );
    fs::remove_file(at("data/classes.txt")).unwrap();
    fs::create_dir(at("turned")).unwrap();
    for name in names(&at("data")) {
        fs::copy(
            at("data").join(&name),
            at("turned").join(format!("emnist-x-{name}")),
        )
        .unwrap();
    }
    let (code, _, stderr) = train(folder.path(), &["--resume", "--data=turned"]);
    assert!(
        code == 2
            && stderr.contains("turned: expected none as in m.checkpoint, found upright; call the files"),
        "{code} {stderr}"
    );
    assert_eq!(fs::read(at("m.checkpoint")).unwrap(), kept);
}

#[test]
fn divergence_keeps_the_last_good_checkpoint() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    // Every step doubles the weights.
    let flags = [
        "train",
        "--hidden=8",
        "--epochs=100",
        "--validation=50",
        "--output=m",
        "--optimizer=sgd",
        "--momentum=0",
        "--schedule=constant",
        "--lr=0.001",
        "--weight-decay=3000",
    ];
    assert_fails(folder.path(), &flags, 1, &["diverged", "rate"]);
    let state = Checkpoint::load(&folder.path().join("m.checkpoint"))
        .unwrap()
        .state;
    assert!(state.optimizer.steps >= 5);
    let finite = |network: &Network| {
        network
            .weights()
            .all(|weights| weights.iter().all(|w| w.is_finite()))
    };
    assert!(finite(&state.network));
    assert!(!folder.path().join("m").exists());
}

#[test]
fn without_a_checkpoint_it_starts_afresh_and_what_is_finished_stays() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let (code, _, stderr) = train(folder.path(), &["--resume"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("no checkpoint at m.checkpoint"), "{stderr}");
    let at = |name: &str| folder.path().join(name);
    let (model, written) = (
        fs::read(at("m")).unwrap(),
        fs::metadata(at("m")).unwrap().modified().unwrap(),
    );

    let (code, stdout, stderr) = train(folder.path(), &["--resume", "--json"]);
    assert_eq!((code, stdout.as_str()), (0, "{\"output\":\"m\"}\n"), "{stderr}");
    assert!(stderr.contains("already"), "{stderr}");
    assert_eq!(fs::metadata(at("m")).unwrap().modified().unwrap(), written);

    // Other names for the classes, or images that are turned: another model.
    fs::create_dir(at("named")).unwrap();
    fs::create_dir(at("turned")).unwrap();
    for name in names(&at("data")) {
        fs::copy(at("data").join(&name), at("named").join(&name)).unwrap();
        fs::copy(
            at("data").join(&name),
            at("turned").join(format!("emnist-x-{name}")),
        )
        .unwrap();
    }
    fs::write(at("named/classes.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj").unwrap();
    for data in ["--data=named", "--data=turned"] {
        let (code, _, stderr) = train(folder.path(), &["--resume", data]);
        assert!(code == 0 && !stderr.contains("already"), "{stderr}");
        let (code, _, stderr) = train(folder.path(), &["--resume", data]);
        assert!(code == 0 && stderr.contains("already"), "{stderr}");
        fs::remove_dir_all(at(data.trim_start_matches("--data="))).unwrap();
    }

    // Other flags: another model.
    let (code, _, stderr) = train(folder.path(), &["--resume", "--seed=1"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stderr.contains("m, of another training (preset mlp, epochs 3), will be replaced"),
        "{stderr}"
    );
    assert!(fs::read(at("m")).unwrap() != model);
    // Nothing is left beside the model, its history and its curves.
    assert_eq!(names(folder.path()), ["data", "m", "m.csv", "m.svg"]);
    assert_fails(
        folder.path(),
        &["train", "--validation=50", "--resume", "--output=/dev/null"],
        2,
        &["resume", "/dev/null"],
    );
}
