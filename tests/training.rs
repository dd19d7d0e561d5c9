//! Training from the command line: what it writes, and that the number of threads changes nothing.
#![allow(clippy::unwrap_used)]

mod common;

use common::{digits, parts, root, small_data};
use std::fs;
use tempfile::tempdir;

#[test]
fn the_same_seed_writes_the_same_bytes_with_any_number_of_threads() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let train = |preset: &str, output: &str, more: &[&str]| {
        let mut args = vec![
            "train",
            "--validation",
            "100",
            "--epochs",
            "2",
            "--averaging",
            "0.5",
        ];
        args.extend(["--preset", preset, "--output", output]);
        args.extend(more);
        let (code, _, stderr) = parts(&digits(folder.path(), &args));
        assert_eq!(code, 0, "{stderr}");
        fs::read(folder.path().join(output)).unwrap()
    };
    for (preset, more) in [
        ("mlp", &[][..]),
        ("tiny", &["--hidden", "16", "--dropout", "0.5"]),
    ] {
        let bytes =
            ["1", "2", "4"].map(|threads| train(preset, threads, &[&["--threads", threads], more].concat()));
        assert!(bytes[0] == bytes[1] && bytes[0] == bytes[2], "{preset}");
        let other = train(preset, "other", &[&["--seed", "1"], more].concat());
        assert!(bytes[0] != other, "{preset}");
    }
}

#[test]
fn trained_models_classify_and_every_optimizer_learns() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    for flags in [
        &["--preset", "mlp"][..],
        &["--preset", "article", "--hidden", "32"],
        &["--conv", "8,pool,8,pool", "--hidden", "--lr", "0.05"],
        &[
            "--optimizer",
            "adam",
            "--schedule",
            "cosine",
            "--activation",
            "leaky-relu",
        ],
        &[
            "--optimizer",
            "sgd",
            "--activation",
            "tanh",
            "--hidden",
            "64,32",
            "--schedule",
            "constant",
            "--lr",
            "0.05",
        ],
    ] {
        let args = [
            &[
                "train",
                "--validation",
                "0",
                "--json",
                "--epochs",
                "12",
                "--augment",
                "none",
            ][..],
            flags,
        ];
        let (code, stdout, stderr) = parts(&digits(folder.path(), &args.concat()));
        assert_eq!(code, 0, "{stderr}");
        let lines: Vec<serde_json::Value> = stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 13);
        assert_eq!(lines[0]["epoch"], 1);
        assert!(lines[0]["validation_accuracy"].is_null());
        assert_eq!(lines[12]["output"], "models/digits.bin");

        let (code, stdout, stderr) = parts(&digits(folder.path(), &["eval", "--json"]));
        assert_eq!(code, 0, "{stderr}");
        let result: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        // The blocks are told apart by one pixel: whoever learns at all learns them.
        assert!(result["accuracy"].as_f64().unwrap() > 0.95, "{flags:?}: {stdout}");
        assert_eq!(result["count"], 100);
    }
    let history = fs::read_to_string(folder.path().join("models/digits.bin.csv")).unwrap();
    assert_eq!(history.lines().count(), 13);
}

#[test]
fn the_builtin_model_reads_mnist_and_a_picture() {
    let (code, stdout, _) = parts(&digits(
        root(),
        &["eval", "--model", "builtin", "--json", "--quiet"],
    ));
    assert_eq!(code, 0);
    let result: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert!(result["accuracy"].as_f64().unwrap() >= 0.996, "{stdout}");

    let args = ["predict", "--model", "builtin", "--json", "examples/seven.png"];
    let (code, stdout, _) = parts(&digits(root(), &args));
    assert_eq!(code, 0);
    let line: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (&line["file"], &line["status"]),
        (&"examples/seven.png".into(), &"digit".into())
    );
    assert_eq!(line["digit"], 7);
    assert_eq!(line["probabilities"].as_array().unwrap().len(), 10);
}

/// Where no flag says how many networks are plain ones and how many deslant, it is as large a part as in the preset:
/// rounded down and up.
#[test]
fn a_preset_keeps_its_part_of_plain_and_deslanted_members() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let (mlp, cnn) = ("--preset=mlp-elastic", "--preset=cnn-best");
    for (flags, plain, deslanted) in [
        (&[mlp][..], 0, 1),
        (&[mlp, "--members=5"], 0, 3),
        (&[mlp, "--outliers=5"], 0, 1),
        (
            &[mlp, "--members=3", "--plain-members=2", "--deslanted-members=3"],
            2,
            3,
        ),
        (&[cnn], 2, 0),
        (&[cnn, "--members=1"], 0, 0),
        (&[cnn, "--members=5"], 2, 0),
        (&[cnn, "--outliers=5"], 0, 0),
    ] {
        let args = [
            "train",
            "--hidden=4",
            "--epochs=1",
            "--styles=0",
            "--validation=0",
            "--output=m",
        ];
        let (code, _, stderr) = parts(&digits(folder.path(), &[&args[..], flags].concat()));
        assert_eq!(code, 0, "{stderr}");
        let (code, stdout, _) = parts(&digits(folder.path(), &["info", "m"]));
        assert_eq!(code, 0);
        for (name, count) in [("plain", plain), ("deslanted", deslanted)] {
            let line = format!("\n  {name}-members: {count}\n");
            assert!(stdout.contains(&line), "{flags:?}: {line}, not {stdout}");
        }
    }
}

/// A rate and a momentum are for one kind of optimizer: another one in place of a preset's brings its own.
#[test]
fn a_preset_takes_another_optimizer() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    for (preset, optimizer, rate, momentum) in [
        ("mlp-elastic", "nesterov", "0.1", Some("0.9")),
        ("mlp-elastic", "sgd", "0.1", Some("0.9")),
        ("mlp-elastic", "adam", "0.002", None),
        ("mlp", "adam", "0.001", None),
        ("mlp", "sgd", "0.3", Some("0.9")),
    ] {
        let args = ["train", "--preset", preset, "--optimizer", optimizer];
        let rest = ["--hidden=4", "--epochs=1", "--validation=0", "--output=m"];
        let (code, _, stderr) = parts(&digits(folder.path(), &[&args[..], &rest].concat()));
        assert_eq!(code, 0, "{stderr}");
        let (_, stdout, _) = parts(&digits(folder.path(), &["info", "m"]));
        let said = |name: &str| {
            let mut lines = stdout.lines();
            lines.find_map(|line| line.trim_start().strip_prefix(name)?.strip_prefix(": "))
        };
        let found = (said("optimizer"), said("lr"), said("momentum"));
        assert_eq!(found, (Some(optimizer), Some(rate), momentum), "{stdout}");
    }
}
