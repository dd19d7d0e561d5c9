//! Training on what nobody would train on: it ends in a model that is whole, or in the error that says what to do.
#![allow(clippy::unwrap_used)]

use digits::Error;
use digits::dataset::{Augment, Dataset, PIXELS};
use digits::model_file::Model;
use digits::nn::Stage;
use digits::optim::{Optimizer, Schedule};
use digits::parallel::Team;
use digits::train::{Preset, TrainConfig, Training};
use ndarray::{Array1, Array2};
use std::path::Path;

/// `count` images of `shade` or, from place to place, of noise below it; labels from 0 to below `classes` in turn.
fn data(count: usize, shade: u8, noisy: bool, classes: usize) -> Dataset {
    let pixel = |(image, pixel): (usize, usize)| {
        let noise = (image * 7919 + pixel * 104_729) % (usize::from(shade) + 1);
        if noisy { noise as u8 } else { shade }
    };
    Dataset {
        images: Array2::from_shape_fn((count, PIXELS), pixel),
        labels: Array1::from_shape_fn(count, |image| (image % classes) as u8),
    }
}

fn dense() -> TrainConfig {
    TrainConfig {
        hidden: vec![8],
        epochs: 3,
        batch_size: 16,
        ..Preset::Mlp.config()
    }
}

fn convolutional() -> TrainConfig {
    TrainConfig {
        conv: vec![Stage::Convolution(3), Stage::MaxPool],
        hidden: vec![4],
        dropout: 0.5,
        ..dense()
    }
}

/// Trains on all but the last `held_out` of `data`; a model is checked.
fn train(config: TrainConfig, data: &Dataset, held_out: usize, classes: usize) -> digits::Result<Model> {
    let (train, validation) = data.clone().split(held_out)?;
    let training = Training {
        config: &config.check()?,
        image: [28, 28, 1].into(),
        classes,
        train: &train,
        validation: &validation,
        team: &Team::new(2)?,
    };
    let model = training.run(None, &mut ())?;
    let loaded = Model::from_bytes(&model.to_bytes()?, Path::new("m")).expect("what is saved can be loaded");
    assert_eq!(loaded, model);
    let x = train.images.mapv(|pixel| f32::from(pixel) / 255.0);
    for row in model.probabilities(&x).outer_iter() {
        let sum = row.sum();
        // Sigmoids under the squared error do not add up to 1.
        assert!(
            row.iter().all(|p| (0.0..=1.0).contains(p)) && sum.is_finite(),
            "{row}"
        );
    }
    Ok(model)
}

#[test]
fn one_image_one_class_no_ink_all_ink() {
    for config in [dense(), convolutional()] {
        for (what, data, held_out, classes) in [
            ("one image", data(1, 200, true, 1), 0, 10),
            ("one image to train on, one held out", data(2, 200, true, 2), 1, 2),
            ("one class", data(40, 200, true, 1), 10, 1),
            ("one class of ten", data(40, 200, true, 1), 10, 10),
            ("no ink", data(40, 0, false, 10), 10, 10),
            ("all ink", data(40, 255, false, 10), 10, 10),
            (
                "as many classes as labels can name",
                data(300, 200, true, 256),
                0,
                256,
            ),
        ] {
            for augment in [Augment::None, Augment::Pens] {
                let config = TrainConfig {
                    augment,
                    ..config.clone()
                };
                assert!(train(config, &data, held_out, classes).is_ok(), "{what}");
            }
        }
    }
}

#[test]
fn batches_larger_than_the_data_and_of_one_image() {
    let data = data(40, 200, true, 10);
    for batch_size in [1, 41, 65_536] {
        for config in [dense(), convolutional()] {
            let config = TrainConfig { batch_size, ..config };
            assert!(train(config, &data, 0, 10).is_ok(), "{batch_size}");
        }
    }
}

#[test]
fn any_rate_leads_to_finite_weights_or_to_the_error_that_names_it() {
    let data = data(60, 200, true, 10);
    let mut diverged = 0;
    for config in [dense(), convolutional()] {
        for optimizer in [config.optimizer, Optimizer::Adam { weight_decay: 0.0 }] {
            for rate in [f32::MIN_POSITIVE, 1e-20, 10.0, 1e5, 1e20, f32::MAX] {
                let config = TrainConfig {
                    rate,
                    optimizer,
                    schedule: Schedule::Constant,
                    ..config.clone()
                };
                match train(config, &data, 10, 10) {
                    Ok(_) => {}
                    Err(Error::Diverged { rate: named, .. }) => {
                        assert_eq!(named.to_bits(), rate.to_bits());
                        diverged += 1;
                    }
                    Err(other) => panic!("{rate}: {other}"),
                }
            }
        }
    }
    assert!(diverged > 4);
}
