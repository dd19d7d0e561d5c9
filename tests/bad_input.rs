//! Bad input: a clear message, the right exit code, no panic, nothing overwritten.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_fails, digits, images, labels, parts, root, sealed, small_data};
use std::fs;
use std::path::Path;
use tempfile::{TempDir, tempdir};

/// A folder with a small data set in which one file has been replaced.
fn data_with(name: &str, bytes: &[u8]) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(small_data(folder.path()).join(name), bytes).unwrap();
    folder
}

fn train_fails(folder: &Path, code: i32, words: &[&str]) {
    assert_fails(
        folder,
        &["train", "--validation", "0", "--epochs", "1"],
        code,
        words,
    );
    assert!(!folder.join("models/digits.bin").exists());
}

#[test]
fn no_data_folder() {
    train_fails(
        tempdir().unwrap().path(),
        3,
        &["data", "no folder of that name", "--data"],
    );
}

#[test]
fn truncated_gzip() {
    let folder = tempdir().unwrap();
    let data = small_data(folder.path());
    fs::remove_file(data.join("train-images-idx3-ubyte")).unwrap();
    let whole = fs::read(root().join("data/train-images-idx3-ubyte.gz")).unwrap();
    fs::write(data.join("train-images-idx3-ubyte.gz"), &whole[..100_000]).unwrap();
    train_fails(folder.path(), 3, &["train-images-idx3-ubyte.gz", "cut off"]);
}

#[test]
fn more_members_of_a_kind_than_members() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    for ([first, second], name, expected) in [
        (
            ["--members=2", "--plain-members=3"],
            "plain-members",
            "at most 2, for there are no more networks (--members)",
        ),
        (
            ["--outliers=5", "--plain-members=1"],
            "plain-members",
            "expected 0 with outliers",
        ),
        (
            ["--members=2", "--deslanted-members=3"],
            "deslanted-members",
            "at most 2, for there are no more networks (--members)",
        ),
    ] {
        assert_fails(folder.path(), &["train", first, second], 2, &[name, expected]);
    }
}

/// Each network would fit into a model file, but not all of them: that is better known before training than after.
#[test]
fn more_or_larger_networks_than_a_model_file_has_room_for() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let at_most_two = [
        "error: members: expected at most 2, or smaller networks",
        "found 4",
    ];
    let too_wide = [
        "error: hidden: expected layers of at most 60000000 weights",
        "found [65536, 4096]",
    ];
    for (args, words) in [
        (
            &[
                "train",
                "--validation=0",
                "--output=m",
                "--hidden=4096,4096",
                "--members=4",
            ][..],
            at_most_two,
        ),
        (
            &["train", "--validation=0", "--output=m", "--hidden=65536,4096"],
            too_wide,
        ),
    ] {
        assert_fails(folder.path(), args, 2, &words);
    }
    assert_eq!(common::names(folder.path()), ["data"]);
}

#[test]
fn wrong_magic() {
    let folder = data_with("train-images-idx3-ubyte", &labels(600));
    train_fails(folder.path(), 3, &["train-images", "0x00000803", "0x00000801"]);
}

#[test]
fn wrong_count() {
    let mut bytes = images(600);
    bytes[4..8].copy_from_slice(&0x7fff_ffff_u32.to_be_bytes());
    train_fails(
        data_with("train-images-idx3-ubyte", &bytes).path(),
        3,
        &["count", "2147483647"],
    );
    bytes[4..8].copy_from_slice(&601_u32.to_be_bytes());
    train_fails(
        data_with("train-images-idx3-ubyte", &bytes).path(),
        3,
        &["601 images"],
    );
    train_fails(
        data_with("train-labels-idx1-ubyte", &labels(599)).path(),
        3,
        &["600 labels", "599"],
    );
}

#[test]
fn label_62() {
    let mut bytes = labels(600);
    bytes[50] = 62;
    train_fails(
        data_with("train-labels-idx1-ubyte", &bytes).path(),
        3,
        &["labels from 0 to 61", "62"],
    );
}

#[test]
fn model_files_that_are_damaged() {
    let folder = tempdir().unwrap();
    let whole = fs::read(root().join("models/cnn-best.bin")).unwrap();
    let flipped = {
        let mut bytes = whole.clone();
        bytes[5000] ^= 1;
        bytes
    };
    let other_version = {
        let mut bytes = whole.clone();
        bytes[8] = 99;
        bytes
    };
    let with_nan = {
        let mut model = digits::model_file::Model::from_bytes(&whole, Path::new("m")).unwrap();
        let mut with = |weight: f32| {
            model.members[0].weights_mut().next().unwrap()[[0, 0]] = weight;
            model.to_bytes()
        };
        assert!(with(f32::NAN).is_err());
        // A number that no other weight is.
        let mut bytes = with(12_345.678).unwrap();
        let number = 12_345.678_f32.to_le_bytes();
        let at = bytes.windows(4).position(|bytes| bytes == number).unwrap();
        bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        sealed(bytes)
    };
    // Well-formed, but not consistent.
    let too_few_names = {
        let names: Vec<u8> = (b'0'..=b'9').flat_map(|name| [1, name]).collect();
        let at = whole.windows(20).position(|bytes| bytes == names).unwrap();
        let mut bytes = whole.clone();
        assert_eq!(bytes[at - 1], 10);
        bytes[at - 1] = 9;
        bytes.drain(at + 18..at + 20);
        sealed(bytes)
    };
    let picture = root().join("examples/seven.png");
    for (name, bytes, word) in [
        ("names.bin", too_few_names, "9 class names for 10 classes"),
        ("truncated.bin", whole[..whole.len() / 2].to_vec(), "payload"),
        ("short.bin", whole[..20].to_vec(), "the first 20 bytes of one"),
        ("flipped.bin", flipped, "checksum"),
        ("version.bin", other_version, "99"),
        ("nan.bin", with_nan, "NaN"),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let args = ["predict", "--model", name, picture.to_str().unwrap()];
        assert_fails(folder.path(), &args, 3, &[name, word]);
    }
}

/// A value that stands by itself and begins with a minus is a value still, not a flag that nobody knows.
#[test]
fn negative_numbers_are_refused_by_the_name_of_their_flag() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    for flag in ["lr", "epochs", "dropout", "temperature"] {
        assert_fails(
            folder.path(),
            &["train", &format!("--{flag}"), "-1"],
            2,
            &[flag, "-1"],
        );
    }
    for args in [
        &["predict", "--min-confidence", "-0.5", "x.png"][..],
        &["eval", "--threads", "-0.5"],
        &["serve", "--port", "-0.5"],
    ] {
        assert_fails(folder.path(), args, 2, &[&args[1][2..], "-0.5"]);
    }
}

#[test]
fn bad_values() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    for (flag, value) in [
        ("--epochs", "0"),
        ("--epochs", "ten"),
        ("--lr", "nan"),
        ("--lr", "-1"),
        ("--hidden", "0"),
        ("--batch-size", "0"),
        ("--momentum", "1"),
        ("--label-smoothing", "1"),
        ("--checkpoint-every", "-1"),
        ("--checkpoint-every", "nan"),
        ("--validation", "600"),
        ("--threads", "100000"),
        ("--hidden", "65536,65536"),
        ("--epochs", "18446744073709551615"),
    ] {
        let args = ["train".to_owned(), format!("{flag}={value}")];
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        assert_fails(
            folder.path(),
            &args,
            2,
            &[match flag {
                // Too wide a layer is found where widths meet.
                "--hidden" => "",
                flag => flag.trim_start_matches("--"),
            }],
        );
    }
}

#[test]
fn values_that_nobody_gave_are_said_to_be_defaults() {
    let folder = tempdir().unwrap();
    let data = small_data(folder.path());
    let words = "validation: expected fewer images than there are to train on, which are 600, found 5000 (the default); give --validation N, or 0 to \
                 train on all";
    assert_fails(folder.path(), &["train"], 2, &[words]);
    fs::write(data.join("classes.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj").unwrap();
    let words = "outliers: expected 0 for classes that are not digits, found 60000 (of --preset gate); name another preset, or give \
                 --outliers 0";
    assert_fails(folder.path(), &["train", "--preset=gate"], 2, &[words]);
    let own = ["train", "--preset=gate", "--outliers=60000"];
    let (code, _, stderr) = parts(&digits(folder.path(), &own));
    assert!(
        code == 2 && stderr.trim_end().ends_with("found 60000"),
        "{stderr}"
    );
}

#[test]
fn divergence_stops_and_leaves_the_old_model() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    fs::write(folder.path().join("m.bin"), "old").unwrap();
    let args = ["train", "--validation", "0", "--lr", "1e30", "--output", "m.bin"];
    assert_fails(folder.path(), &args, 1, &["diverged", "rate"]);
    assert_eq!(fs::read_to_string(folder.path().join("m.bin")).unwrap(), "old");
}

#[test]
fn held_out_images_set_the_temperature() {
    let args = ["train", "--temperature", "2"];
    assert_fails(
        tempdir().unwrap().path(),
        &args,
        2,
        &["temperature", "--validation 0"],
    );
}

#[test]
fn adam_has_its_own_momentum() {
    for whose in ["--optimizer=adam", "--preset=mlp-elastic"] {
        let args = ["train", whose, "--momentum", "0.5"];
        assert_fails(tempdir().unwrap().path(), &args, 2, &["momentum", "adam"]);
    }
}

#[test]
fn the_history_never_overwrites_the_model() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let args = ["train", "--validation", "0", "--epochs", "1", "--output", "m.csv"];
    assert_eq!(parts(&digits(folder.path(), &args)).0, 0);
    assert_eq!(parts(&digits(folder.path(), &["info", "m.csv"])).0, 0);
    assert!(folder.path().join("m.csv.csv").exists());
}

#[test]
fn weights_that_are_no_numbers_are_not_saved() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    // One step, whose own loss is still finite.
    let args = [
        "train",
        "--validation=0",
        "--epochs=1",
        "--batch-size=600",
        "--schedule=constant",
        "--lr=100",
        "--weight-decay=3e38",
        "--output=m.bin",
    ];
    assert_fails(folder.path(), &args, 1, &["diverged"]);
    assert!(!folder.path().join("m.bin").exists());
}

#[test]
fn a_model_for_other_inputs() {
    use digits::nn::{Activation, Init, Loss, Network};
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    let folder = tempdir().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let small = Network::dense(
        &[100, 10],
        Activation::Relu,
        Loss::CrossEntropy,
        Init::Xavier,
        &mut rng,
    );
    let model = digits::model_file::Model::new(small.unwrap());
    model.save(&folder.path().join("small.bin")).unwrap();
    let picture = root().join("examples/seven.png");
    let args = ["predict", "--model", "small.bin", picture.to_str().unwrap()];
    assert_fails(folder.path(), &args, 3, &["small.bin", "784", "100"]);
}

#[test]
fn names_of_other_programs_files() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let digit = root().join("examples/seven.png");
    let digit = digit.to_str().unwrap();
    fs::write(
        folder.path().join("m.safetensors"),
        [2, 0, 0, 0, 0, 0, 0, 0, b'{', b'}'],
    )
    .unwrap();
    for (command, code, words) in [
        (
            &["train", "--output", "m.onnx"][..],
            2,
            ["output", "digits export"],
        ),
        (
            &["predict", "--model", "m.safetensors", digit],
            3,
            ["m.safetensors", "digits import"],
        ),
        (
            &["predict", "--model", "Builtin", digit],
            3,
            ["Builtin", "`builtin`"],
        ),
        (
            &["predict", "--save-input", "seven.jpg", digit],
            2,
            ["save-input", ".png"],
        ),
    ] {
        assert_fails(folder.path(), command, code, &words);
    }
}
