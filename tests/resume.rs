//! A training that was interrupted and resumed writes what an uninterrupted one writes, byte for byte.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_fails, digits, parts, small_data};
use digits::dataset::{Augment, Dataset, PIXELS};
use digits::model_file::Checkpoint;
use digits::nn::{Network, Stage};
use digits::optim::Optimizer;
use digits::parallel::Team;
use digits::train::{EpochReport, Next, Observer, Preset, TrainConfig, TrainState, Training};
use ndarray::{Array1, Array2};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::tempdir;

/// Stops after so many steps, or at the end of an epoch, and sends the state through the bytes of a file.
struct Stop {
    after: usize,
    steps: usize,
    kept: Option<TrainState>,
    /// All that reports say, but for times.
    history: Vec<String>,
}

impl Stop {
    fn after(steps: usize) -> Self {
        Self {
            after: steps,
            steps: 0,
            kept: None,
            history: Vec::new(),
        }
    }
}

impl Observer for Stop {
    fn epoch(&mut self, report: &EpochReport) {
        let timeless = EpochReport {
            seconds: 0.0,
            images_per_second: 0.0,
            ..*report
        };
        self.history.push(format!("{timeless:?}"));
    }

    fn next(&mut self, _: bool) -> Next {
        self.steps += 1;
        if self.steps == self.after {
            Next::Stop
        } else {
            Next::GoOn
        }
    }

    fn keep(&mut self, state: TrainState) -> digits::Result<()> {
        let checkpoint = Checkpoint {
            settings: Vec::new(),
            history: String::new(),
            state,
        };
        let read = Checkpoint::from_bytes(&checkpoint.to_bytes()?, Path::new("checkpoint"))?;
        assert_eq!(read, checkpoint);
        self.kept = Some(read.state);
        Ok(())
    }
}

/// `count` images of noise and a block that tells the class.
fn data(count: usize, seed: usize) -> Dataset {
    let images = Array2::from_shape_fn((count, PIXELS), |(image, pixel)| {
        let noise = (image * 7919 + pixel * 104_729 + seed) % 251;
        let block = pixel / 78 == image % 10;
        if block || noise < 40 {
            200 - noise as u8 / 2
        } else {
            0
        }
    });
    Dataset {
        images,
        labels: Array1::from_shape_fn(count, |image| (image % 10) as u8),
    }
}

/// What training can be like; small.
fn configurations() -> Vec<(&'static str, TrainConfig)> {
    let dense = TrainConfig {
        hidden: vec![20],
        epochs: 2,
        batch_size: 50,
        ..Preset::Mlp.config()
    };
    let convolutional = TrainConfig {
        conv: vec![
            Stage::Convolution(4),
            Stage::MaxPool,
            Stage::Convolution(6),
            Stage::MaxPool,
        ],
        hidden: vec![12],
        epochs: 2,
        batch_size: 40,
        dropout: 0.3,
        ..Preset::Cnn.config()
    };
    let article = TrainConfig {
        hidden: vec![12],
        epochs: 2,
        ..Preset::Article.config()
    };
    let ensemble = TrainConfig {
        members: 3,
        averaging: 0.9,
        styles: 20,
        augment: Augment::Pens,
        ..convolutional.clone()
    };
    let gate = TrainConfig {
        outliers: 40,
        styles: 20,
        label_smoothing: 0.05,
        ..convolutional.clone()
    };
    let adam = TrainConfig {
        optimizer: Optimizer::Adam { weight_decay: 0.01 },
        rate: 0.001,
        averaging: 0.5,
        hidden: vec![150, 20],
        augment: Augment::Elastic,
        ..dense.clone()
    };
    vec![
        ("dense", dense),
        ("convolutional", convolutional),
        ("article", article),
        ("ensemble", ensemble),
        ("gate", gate),
        ("adam", adam),
    ]
}

#[test]
fn a_training_left_at_any_step_ends_in_the_same_bytes() {
    let (train, validation) = data(230, 1).split(30).unwrap();
    let teams = [1, 2, 3].map(|threads| Team::new(threads).unwrap());
    for (name, config) in configurations() {
        let config = config.check().unwrap();
        let training = |team| Training {
            config: &config,
            image: [28, 28, 1].into(),
            classes: 10,
            train: &train,
            validation: &validation,
            team,
        };
        let mut whole = Stop::after(usize::MAX);
        let expected = training(&teams[0])
            .run(None, &mut whole)
            .unwrap()
            .to_bytes()
            .unwrap();
        let steps = whole.steps;

        // Left every few steps, each time entered by another number of threads.
        let stride = (steps / 7).max(1);
        let (mut state, mut history, mut visits) = (None, Vec::new(), 0);
        let model = loop {
            let mut stop = Stop::after(stride);
            let ended = training(&teams[visits % 3]).run(state.take(), &mut stop);
            history.append(&mut stop.history);
            visits += 1;
            match ended {
                Ok(model) => break model,
                Err(error) => assert!(matches!(error, digits::Error::Stopped { .. }), "{error}"),
            }
            state = stop.kept;
        };
        assert!(visits >= 7, "{name}: {visits} visits of {steps} steps");
        assert!(model.to_bytes().unwrap() == expected, "{name}");
        assert_eq!(history, whole.history, "{name}");
    }
}

#[test]
fn a_state_of_another_training_is_refused() {
    let (train, nothing) = data(100, 1).split(0).unwrap();
    let team = Team::new(1).unwrap();
    let run = |config: TrainConfig, state, observer: &mut Stop| {
        let config = config.check().unwrap();
        let training = Training {
            config: &config,
            image: [28, 28, 1].into(),
            classes: 10,
            train: &train,
            validation: &nothing,
            team: &team,
        };
        training.run(state, observer)
    };
    let mut stop = Stop::after(3);
    let ensemble = &configurations()[3].1;
    assert!(run(ensemble.clone(), None, &mut stop).is_err());
    let state = stop.kept.unwrap();
    let other = |config| {
        let refused = run(config, Some(state.clone()), &mut Stop::after(1));
        assert!(matches!(
            refused,
            Err(digits::Error::Parameter { name: "resume", .. })
        ));
    };
    other(TrainConfig {
        hidden: vec![13],
        ..ensemble.clone()
    });
    other(TrainConfig {
        averaging: 0.0,
        ..ensemble.clone()
    });
    other(TrainConfig {
        dropout: 0.2,
        ..ensemble.clone()
    });
    let too_many = TrainState {
        members: vec![state.network.clone(); 3],
        ..state.clone()
    };
    assert!(run(ensemble.clone(), Some(too_many), &mut Stop::after(1)).is_err());
}

/// `digits train` on a small data set with `more` flags.
fn train(folder: &Path, more: &[&str]) -> (i32, String, String) {
    let flags = [
        "train",
        "--hidden=8",
        "--epochs=3",
        "--validation=50",
        "--output=m",
    ];
    parts(&digits(folder, &[&flags[..], more].concat()))
}

/// Leaves the checkpoint of a training's first epoch in `folder`: nobody listens to its report.
fn leave_a_checkpoint(folder: &Path, more: &[&str]) {
    let flags = [
        "train",
        "--hidden=8",
        "--epochs=3",
        "--validation=50",
        "--output=m",
        "--json",
    ];
    let mut child = Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(flags)
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

/// The history without its last column, the time.
fn history(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("m.csv")).unwrap();
    let lines = text
        .lines()
        .map(|line| line.rsplit_once(',').unwrap().0.to_owned());
    lines.collect()
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

    // Other flags: another model.
    let (code, _, stderr) = train(folder.path(), &["--resume", "--seed=1"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(fs::read(at("m")).unwrap() != model);
    // Nothing is left beside the model and its history.
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["data", "m", "m.csv"]);
    assert_fails(
        folder.path(),
        &["train", "--validation=50", "--resume", "--output=/dev/null"],
        2,
        &["resume", "/dev/null"],
    );
}
