//! Networks of your own: a small convolutional one, and one of leaky rectifiers, trained for a moment on MNIST.
//!
//! `cargo run --release --example custom_network`

#![allow(clippy::print_stdout)]

use digits::dataset::{Augment, mnist};
use digits::metrics::Metrics;
use digits::model_file::Model;
use digits::nn::{Activation, Stage};
use digits::parallel::Team;
use digits::train::{EpochReport, Observer, Preset, TrainConfig, Trainer, probabilities};

/// Two convolutions, each followed by pooling, and a hidden layer.
fn convolutional() -> TrainConfig {
    TrainConfig {
        conv: vec![
            Stage::Convolution(8),
            Stage::MaxPool,
            Stage::Convolution(16),
            Stage::MaxPool,
        ],
        hidden: vec![32],
        augment: Augment::Shift,
        dropout: 0.1,
        epochs: 2,
        ..Preset::Cnn.config()
    }
}

/// Two hidden layers, whose units let a tenth of what is negative through.
fn leaky() -> TrainConfig {
    TrainConfig {
        hidden: vec![128, 64],
        activation: Activation::LeakyRelu { leak: 0.1 },
        rate: 0.1,
        epochs: 4,
        ..Preset::Mlp.config()
    }
}

/// Says how training goes.
struct Aloud;

impl Observer for Aloud {
    fn epoch(&mut self, report: &EpochReport) {
        println!("  epoch {}: loss {:.4}", report.epoch, report.train_loss);
    }
}

/// Trains both on the first so many `images` of MNIST; their accuracies on the test set.
pub(crate) fn run(images: usize) -> Result<Vec<f64>, digits::Error> {
    let mnist = mnist::load("data".as_ref())?;
    let rest = mnist.train.len() - images;
    let (train, _) = mnist.train.split(rest)?;
    // Nothing is held out: the accuracy on the test set is all we want to know.
    let (train, nothing) = train.split(0)?;
    let team = Team::new(0)?;
    let mut accuracies = Vec::new();
    for (name, config) in [("convolutional", convolutional()), ("leaky", leaky())] {
        println!("{name}:");
        let config = config.check()?;
        let trainer = Trainer::new(&config, [28, 28, 1], mnist.classes)?;
        let model = Model::new(trainer.run(&train, &nothing, &mut Aloud, &team)?);
        let metrics = Metrics::of(&probabilities(&model, &mnist.test, &team), &mnist.test.labels);
        let (parameters, accuracy) = (model.parameter_count(), 100.0 * metrics.accuracy);
        println!("  {parameters} parameters, {accuracy:.2} % of the test images are right");
        accuracies.push(metrics.accuracy);
    }
    Ok(accuracies)
}

fn main() -> Result<(), digits::Error> {
    run(60_000).map(|_| ())
}
