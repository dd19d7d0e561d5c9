//! A training that was interrupted and resumed writes what an uninterrupted one writes, byte for byte.
#![allow(clippy::unwrap_used)]

use digits::dataset::{Augment, Dataset, PIXELS};
use digits::model_file::{Checkpoint, Model};
use digits::nn::Stage;
use digits::optim::Optimizer;
use digits::parallel::Team;
use digits::train::{EpochReport, FineTuning, Next, Observer, Preset, TrainConfig, TrainState, Training};
use ndarray::{Array1, Array2};
use std::path::Path;

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
        plain_members: 1,
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
        members: 2,
        deslanted_members: 2,
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

/// Asserts that what `run` trains is the same, and reported the same, if it is left every few steps and entered by
/// another number of threads each time.
fn assert_goes_on(
    name: &str,
    run: impl Fn(&Team, Option<TrainState>, &mut dyn Observer) -> digits::Result<Model>,
) {
    let teams = [1, 2, 3].map(|threads| Team::new(threads).unwrap());
    let mut whole = Stop::after(usize::MAX);
    let expected = run(&teams[0], None, &mut whole).unwrap().to_bytes().unwrap();
    let steps = whole.steps;

    let stride = (steps / 7).max(1);
    let (mut state, mut history, mut visits) = (None, Vec::new(), 0);
    let model = loop {
        let mut stop = Stop::after(stride);
        let ended = run(&teams[visits % 3], state.take(), &mut stop);
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

#[test]
fn a_training_left_at_any_step_ends_in_the_same_bytes() {
    let (train, validation) = data(230, 1).split(30).unwrap();
    for (name, config) in configurations() {
        let config = config.check().unwrap();
        assert_goes_on(name, |team, state, observer| {
            let training = Training {
                config: &config,
                image: [28, 28, 1].into(),
                classes: 10,
                train: &train,
                validation: &validation,
                team,
            };
            training.run(state, observer)
        });
    }
}

#[test]
fn a_fine_tuning_left_at_any_step_ends_in_the_same_bytes() {
    let (train, validation) = data(230, 1).split(30).unwrap();
    let added = data(20, 3);
    let start = TrainConfig {
        epochs: 1,
        members: 3,
        deslanted_members: 1,
        ..configurations()[5].1.clone()
    };
    let start = start.check().unwrap();
    let team = Team::new(1).unwrap();
    let training = Training {
        config: &start,
        image: [28, 28, 1].into(),
        classes: 10,
        train: &train,
        validation: &validation,
        team: &team,
    };
    let model = training.run(None, &mut ()).unwrap();
    let config = TrainConfig {
        epochs: 2,
        ..TrainConfig::fine_tuning(&model)
    };
    let config = config.check().unwrap();
    assert_goes_on("fine-tuning", |team, state, observer| {
        let tuning = FineTuning {
            training: Training {
                config: &config,
                team,
                ..training
            },
            model: &model,
            added: &added,
        };
        tuning.run(state, observer)
    });
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
    // A network that deslants is finished: it is none of a training in which none does.
    let deslanting = &configurations()[5].1;
    assert_eq!(deslanting.deslanted_members, 2);
    let mut stop = Stop::after(usize::MAX);
    run(deslanting.clone(), None, &mut stop).unwrap();
    let mut stop = Stop::after(stop.steps - 1);
    assert!(run(deslanting.clone(), None, &mut stop).is_err());
    let slanted = TrainConfig {
        deslanted_members: 0,
        ..deslanting.clone()
    };
    let refused = run(slanted, stop.kept, &mut Stop::after(1));
    assert!(matches!(
        refused,
        Err(digits::Error::Parameter { name: "resume", .. })
    ));

    let too_many = TrainState {
        members: vec![state.network.clone(); 3],
        ..state.clone()
    };
    assert!(run(ensemble.clone(), Some(too_many), &mut Stop::after(1)).is_err());
}
