//! What is read is never written over: models and their histories, data sets, pictures. What cannot be written is
//! found at once.
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
        &["eval", "--model=m", "--predictions=m.checkpoint"],
        &["export", "--format=onnx", "--model=m", "--output=m.svg"],
        &["eval", "--model=m", "--report=new", "--predictions=./new"],
        &["export", "--format=onnx", "--model=m", "--output=m"],
        &["import", "m.safetensors", "--output=m.safetensors"],
        &["eval", "--model=m", "--report=far/new", "--predictions=far/new"],
        &["train", "--validation=0", "--init=m", "--output=m.csv"],
        &["train", "--validation=0", "--init=m", "--output=m.svg"],
        &["train", "--validation=0", "--init=m", "--output=m.checkpoint"],
        &["train", "--validation=0", "--output=far/m", "--tensorboard=far/m"],
        &["train", "--validation=0", "--output=new", "--tensorboard=new"],
        &[
            "train",
            "--validation=0",
            "--output=new",
            "--tensorboard=new.csv/board",
        ],
    ] {
        assert_fails(folder.path(), args, 2, &["expected another file than"]);
    }
    let left = ["data", "far", "m", "m.csv", "m.safetensors", "m.svg"];
    assert!(contents() == before && common::names(folder.path()) == left);
    assert!(common::names(&folder.path().join("far")).is_empty());
}

/// The built-in model is no file, and so keeps no name from anybody.
#[test]
fn outputs_may_be_called_as_the_built_in_model() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    fs::copy(root().join("examples/seven.png"), folder.path().join("seven.png")).unwrap();
    for args in [
        &["eval", "--model=builtin", "--predictions=builtin.csv"][..],
        &["export", "--model=builtin", "--format=onnx", "--output=builtin"],
        &["predict", "seven.png", "--model=builtin", "--save-input=builtin"],
    ] {
        let (code, _, stderr) = parts(&digits(folder.path(), args));
        assert_eq!(code, 0, "{args:?}: {stderr}");
    }
    assert_eq!(
        common::names(folder.path()),
        ["builtin", "builtin.csv", "data", "seven.png"]
    );
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
        &[
            "eval",
            "--model=m",
            "--predictions=data/train-images-idx3-ubyte.gz",
        ],
        &["eval", "--model=m", "--report=data/t10k-labels-idx1-ubyte"],
        &["eval", "--model=m", "--report=data/classes.txt"],
        &[
            "train",
            "--validation=0",
            "--output=n",
            "--tensorboard=data/train-images-idx3-ubyte.gz",
        ],
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
    for name in [
        "mapping.txt",
        "train-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte",
    ] {
        assert!(!data.join(name).exists());
    }
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
        (
            "n",
            "its temporary file .digits-n: something that is no file is in its place;",
        ),
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

/// Nor is it waited for when it is read, or stands where pictures go.
#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_what_is_read_or_numbered_is_not_waited_for() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    train(folder.path());
    let at = |name: &str| folder.path().join(name);
    fs::remove_file(at("m.csv")).unwrap();
    fs::create_dir(at("stages")).unwrap();
    for pipe in ["m.csv", "stages/01-picture.png"] {
        assert!(Command::new("mkfifo").arg(at(pipe)).status().unwrap().success());
    }
    let report = ["eval", "--model=m", "--report=page.html"];
    let (code, _, stderr) = parts(&digits(folder.path(), &report));
    assert_eq!(code, 0, "{stderr}");
    let page = fs::read_to_string(at("page.html")).unwrap();
    assert!(page.contains("m.csv, cannot be read (it is no file)"));
    fs::copy(root().join("examples/seven.png"), at("seven.png")).unwrap();
    let explain = ["predict", "--explain=stages", "seven.png"];
    let taken = "stages/01-picture.png: cannot write it: something that is no file is in its place";
    assert_fails(folder.path(), &explain, 1, &[taken]);
}

/// The model that was trained last is taken if there is one, even if it cannot be read.
#[cfg(unix)]
#[test]
fn a_link_to_no_model_is_not_passed_over() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("models")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("models/digits.bin")).unwrap();
    let named = "models/digits.bin: cannot read it";
    assert_fails(folder.path(), &["export", "--output=m.onnx"], 3, &[named]);
}

/// Nobody has named the files that go beside a model: what else is there stays, but those of an earlier training do not.
#[test]
fn files_of_others_beside_the_output_are_not_replaced() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let at = |name| folder.path().join(name);
    let again = ["train", "--epochs=1", "--validation=0", "--output=m"];
    for _ in 0..2 {
        let (code, _, stderr) = parts(&digits(folder.path(), &again));
        assert_eq!(code, 0, "{stderr}");
    }
    for name in ["exp.csv", "plot.svg", "pass.checkpoint"] {
        fs::write(at(name), "of others").unwrap();
        let output = name.split('.').next().unwrap();
        let args = ["train", "--validation=0", "--output", output];
        assert_fails(folder.path(), &args, 2, &[name, "name another --output"]);
        assert_eq!(fs::read(at(name)).unwrap(), b"of others");
        assert!(!at(output).exists());
    }
}

/// Trains to `output` in vain: the message names what is in the way, and nothing was learned before.
fn refused_before_training(folder: &Path, output: &str, named: &str) {
    let args = ["train", "--validation=0", "--output", output];
    let (code, _, stderr) = parts(&digits(folder, &args));
    let early = code == 1 && stderr.contains(named) && !stderr.contains("epoch");
    assert!(early, "{stderr}");
}
