//! What is read is never written over: models and their histories, data sets, pictures. What cannot be written is found at once.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_fails, digits, parts, root, small_data};
use std::fs;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;
use tempfile::tempdir;

/// Trains the model `m` on the folder's data.
fn train(folder: &Path) {
    let args = [
        "train",
        "--hidden=4",
        "--epochs=1",
        "--validation=0",
        "--output=m",
    ];
    assert_eq!(parts(&digits(folder, &args)).0, 0);
}

/// What is read is never written over, whatever it is called.
#[test]
fn outputs_are_not_inputs() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    train(folder.path());
    let args = ["export", "--model=m", "--output=m.safetensors"];
    assert_eq!(parts(&digits(folder.path(), &args)).0, 0);
    let contents = || ["m", "m.csv", "m.safetensors"].map(|name| fs::read(folder.path().join(name)).unwrap());
    let before = contents();
    for args in [
        &["eval", "--model=m", "--report=m"][..],
        &["eval", "--model=m", "--report=./m.csv"],
        &["eval", "--model=m", "--predictions=data/../m"],
        &["eval", "--model=m", "--report=new", "--predictions=./new"],
        &["export", "--format=onnx", "--model=m", "--output=m"],
        &["import", "m.safetensors", "--output=m.safetensors"],
    ] {
        assert_fails(folder.path(), args, 2, &["expected another file than"]);
    }
    assert!(contents() == before && !folder.path().join("new").exists());
}

/// Nor is the data set, whatever reads it, nor pictures.
#[test]
fn outputs_are_not_data_nor_pictures() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let data = small_data(folder.path());
    fs::rename(
        data.join("t10k-labels-idx1-ubyte"),
        data.join("test-labels-idx1-ubyte"),
    )
    .unwrap();
    fs::write(data.join("classes.txt"), "0\n1\n2\n3\n4\n5\n6\n7\n8\n9").unwrap();
    for (to, from) in [("own", "0_3.png"), ("own", "7_a.png"), ("ex", "01-picture.png")] {
        fs::create_dir_all(at(to)).unwrap();
        fs::copy(root().join("examples/seven.png"), at(to).join(from)).unwrap();
    }
    train(folder.path());
    let files = [
        "data/train-images-idx3-ubyte",
        "data/test-labels-idx1-ubyte",
        "data/classes.txt",
        "own/0_3.png",
        "ex/01-picture.png",
        "m",
    ];
    let contents = || files.map(|name| fs::read(at(name)).unwrap());
    let before = contents();
    for args in [
        &["train", "--validation=0", "--output=data/test-labels-idx1-ubyte"][..],
        &["train", "--validation=0", "--output=data/classes.txt"],
        &[
            "train",
            "--validation=0",
            "--init=m",
            "--add=own",
            "--output=own/0_3.png",
        ],
        &["eval", "--model=m", "--predictions=data/test-labels-idx1-ubyte"],
        &[
            "eval",
            "--model=m",
            "--predictions=data/../data/train-images-idx3-ubyte",
        ],
        &["eval", "--model=m", "--predictions=data/mapping.txt"],
        &["eval", "--model=m", "--report=data/classes.txt"],
        &["predict", "--model=m", "--save-input=own/0_3.png", "own/0_3.png"],
        &["predict", "--model=m", "--save-input=m", "own/0_3.png"],
        &["predict", "--explain=ex", "ex/01-picture.png"],
        &[
            "predict",
            "--explain=new",
            "--save-input=new/01-picture.png",
            "own/0_3.png",
        ],
    ] {
        assert_fails(folder.path(), args, 2, &["expected another file than"]);
    }
    assert!(contents() == before && common::names(&at("ex")) == ["01-picture.png"]);
    assert!(!data.join("mapping.txt").exists());
}

/// A place where nothing can be written is named at once, not after hours of training.
#[test]
fn unwritable_output_is_found_before_training() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let at = |name| folder.path().join(name);
    fs::write(at("file"), "kept").unwrap();
    for name in [".digits-n", "m.checkpoint"] {
        fs::create_dir(at(name)).unwrap();
    }
    for (output, named) in [
        ("file/model", "file/model"),
        (".", "error: .: cannot write it: is a directory"),
        ("m", "m.checkpoint"),
        ("n", "has the name of its temporary file, .digits-n;"),
    ] {
        refused_before_training(folder.path(), output, named);
    }
    assert_eq!(fs::read_to_string(at("file")).unwrap(), "kept");
    let left = [".digits-n", "data", "file", "m.checkpoint"];
    assert_eq!(common::names(folder.path()), left);
}

/// A pipe that was not asked for may have nobody at its other end, and opening it would wait for ever.
#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_beside_the_model_is_refused() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let pipes = [".digits-a", "b.checkpoint", "c.csv", "d.svg"];
    for pipe in pipes {
        let made = Command::new("mkfifo").arg(folder.path().join(pipe)).status();
        assert!(made.unwrap().success());
    }
    for (output, pipe) in ["a", "b", "c", "d"].into_iter().zip(pipes) {
        refused_before_training(folder.path(), output, pipe);
    }
    let left = [&pipes[..], &["data"]].concat();
    assert_eq!(common::names(folder.path()), left);
}

/// Trains to `output` in vain: the message names what is in the way, and nothing was learned before.
fn refused_before_training(folder: &Path, output: &str, named: &str) {
    let args = ["train", "--validation=0", "--output", output];
    let (code, _, stderr) = parts(&digits(folder, &args));
    let early = code == 1 && stderr.contains(named) && !stderr.contains("epoch");
    assert!(early, "{stderr}");
}
