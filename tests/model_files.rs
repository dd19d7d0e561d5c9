//! Model files: what is saved is what is loaded; what `eval` and `info` say of it.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod common;

use common::{digits, parts, root};
use digits::dataset::{Dataset, PIXELS};
use digits::model_file::Model;
use digits::nn::{Activation, Init, Loss, Network, Stage};
use digits::parallel::Team;
use digits::train::{TrainConfig, Training};
use ndarray::{Array1, Array2};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use std::fs;
use std::path::Path;
use tempfile::tempdir;

#[test]
fn a_loaded_model_gives_identical_outputs() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("m.bin");
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let x = Array2::from_shape_fn((5, 784), |(i, j)| ((i * 31 + j * 7) % 255) as f32 / 255.0);
    for (activation, loss) in [
        (Activation::Sigmoid { slope: 0.01 }, Loss::SquaredError),
        (Activation::LeakyRelu { leak: 0.02 }, Loss::CrossEntropy),
        (Activation::Relu, Loss::CrossEntropy),
        (Activation::Tanh, Loss::SquaredError),
    ] {
        let init = Init::before(activation);
        let members =
            [0, 1].map(|_| Network::dense(&[784, 30, 20, 10], activation, loss, init, &mut rng).unwrap());
        let model = Model {
            members: members.to_vec(),
            temperature: 1.5,
            notes: vec![("seed".to_owned(), "3".to_owned())],
            ..Model::new(members[0].clone())
        };
        model.save(&path).unwrap();
        let loaded = Model::load(&path).unwrap();
        assert_eq!(loaded, model);
        assert_eq!(loaded.members[1].outputs(&x), members[1].outputs(&x));
        assert_eq!(loaded.probabilities(&x), model.probabilities(&x));
        model.save(&path).unwrap();
        assert_eq!(
            fs::read(&path).unwrap(),
            loaded.to_bytes().unwrap(),
            "saving twice writes the same bytes"
        );
    }
}

/// What could not be read again is neither saved nor used.
#[test]
fn a_model_whose_parts_do_not_go_together_is_refused() {
    let good = digits::Recognizer::builtin().unwrap().into_model();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let init = Init::before(Activation::Relu);
    let small = Network::dense(&[10, 10], Activation::Relu, Loss::CrossEntropy, init, &mut rng).unwrap();
    for (change, words) in [
        ((|model| model.members.clear()) as fn(&mut Model), "no networks"),
        (|model| model.temperature = 0.0, "temperature 0"),
        (
            |model| drop(model.class_names.pop()),
            "9 class names for 10 classes",
        ),
        (|model| model.views.clear(), "0 views"),
        (|model| model.views[0] = [0, 28], "a shift by 28 pixels"),
        (|_| (), "and 10"),
    ] {
        let mut model = good.clone();
        change(&mut model);
        if model == good {
            model.members.push(small.clone());
        }
        let error = model.to_bytes().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(digits::Recognizer::new(model).unwrap_err().to_string(), error);
    }
}

/// Narrow rows take up more room in memory than in the file: however many there may be, what is saved can be read.
#[test]
fn the_most_and_narrowest_networks_can_be_read() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let init = Init::before(Activation::Relu);
    for hidden in [vec![1], vec![5], vec![5; 64]] {
        let widths = [&[784][..], &hidden, &[10]].concat();
        let network = Network::dense(&widths, Activation::Relu, Loss::CrossEntropy, init, &mut rng).unwrap();
        let model = Model {
            members: vec![network.clone(); 64],
            ..Model::new(network)
        };
        let bytes = model.to_bytes().unwrap();
        assert!(Model::from_bytes(&bytes, Path::new("m")).unwrap() == model);
    }
}

/// What no file has room for is refused before anything is learned.
#[test]
fn layers_that_are_too_many_or_too_narrow_to_be_saved_are_not_trained() {
    let data = |count| Dataset {
        images: Array2::zeros((count, PIXELS)),
        labels: Array1::zeros(count),
    };
    for (conv, hidden) in [
        (vec![], vec![1, 65_536, 1, 65_536, 1]),
        (vec![Stage::Convolution(1); 64], vec![1; 64]),
    ] {
        let config = TrainConfig {
            conv,
            hidden,
            epochs: 1,
            ..TrainConfig::default()
        };
        let training = Training {
            config: &config.check().unwrap(),
            image: [28, 28, 1].into(),
            classes: 10,
            train: &data(1),
            validation: &data(0),
            team: &Team::new(1).unwrap(),
        };
        let error = training.run(None, &mut ()).unwrap_err().to_string();
        assert!(
            error.starts_with("hidden: expected fewer or wider layers"),
            "{error}"
        );
    }
}

#[test]
fn a_file_of_the_first_release_loads_and_gives_the_same_outputs() {
    let folder = tempdir().unwrap();
    common::small_data(folder.path());
    let file = root().join("tests/files/hidden-4.bin");
    let args = [
        "eval",
        "--model",
        file.to_str().unwrap(),
        "--predictions",
        "p.csv",
    ];
    let (code, _, stderr) = parts(&digits(folder.path(), &args));
    assert_eq!(code, 0, "{stderr}");
    let found = fs::read_to_string(folder.path().join("p.csv")).unwrap();
    // Written by the release that wrote the model, for the first images.
    let expected = fs::read_to_string(root().join("tests/files/hidden-4.csv")).unwrap();
    assert_eq!(expected.lines().count(), 31);
    for (found, expected) in found.lines().zip(expected.lines()).skip(1) {
        let numbers =
            |line: &str| -> Vec<f64> { line.split(',').map(|cell| cell.parse().unwrap()).collect() };
        for (found, expected) in numbers(found).into_iter().zip(numbers(expected)) {
            // Processors of other kinds sum in another order.
            assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
        }
    }
    let model = Model::load(&file).unwrap();
    assert_eq!(model.to_bytes().unwrap(), fs::read(&file).unwrap());
}

#[test]
fn info_says_what_is_in_the_file() {
    let (code, stdout, _) = parts(&digits(root(), &["info", "models/cnn-best.bin"]));
    assert_eq!(code, 0);
    for words in [
        "preset: cnn-best",
        "seed: 0",
        "28×28×1",
        "convolution 3×3",
        "parameters",
    ] {
        assert!(stdout.contains(words), "no {words:?} in {stdout}");
    }
    assert_eq!(parts(&digits(root(), &["info", "builtin"])).1, stdout);
}

#[test]
fn eval_writes_predictions_that_agree_with_its_report() {
    let folder = tempdir().unwrap();
    let table = folder.path().join("p.csv");
    let args = [
        "eval",
        "--model",
        "builtin",
        "--json",
        "--predictions",
        table.to_str().unwrap(),
    ];
    let (code, stdout, stderr) = parts(&digits(root(), &args));
    assert_eq!(code, 0, "{stderr}");
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();

    let csv = fs::read_to_string(&table).unwrap();
    let mut lines = csv.lines();
    assert_eq!(
        lines.next().unwrap(),
        "index,label,prediction,p0,p1,p2,p3,p4,p5,p6,p7,p8,p9"
    );
    let mut right = 0;
    let mut loss = 0.0;
    for (index, line) in lines.by_ref().enumerate() {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        assert_eq!(cells.len(), 13);
        assert_eq!(cells[0], index as f64);
        let most_probable = (0..10).fold(0, |best, class| {
            if cells[3 + class] > cells[3 + best] {
                class
            } else {
                best
            }
        });
        assert_eq!(cells[2], most_probable as f64);
        right += usize::from(cells[1] == cells[2]);
        loss -= cells[3 + cells[1] as usize].max(1e-12).ln();
    }
    assert_eq!(report["count"], 10_000);
    assert_eq!(report["accuracy"], right as f64 / 10_000.0);
    assert!((report["loss"].as_f64().unwrap() - loss / 10_000.0).abs() < 1e-6);
    let confusion: u64 = report["confusion"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(confusion, 10_000);
}
