//! Unlike members of a model learn from what they are to.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::dataset::{Augment, PIXELS};
use crate::nn::Stage;
use crate::train::{Preset, TrainConfig, probabilities};
use ndarray::{Array1, Array2};

/// Some images of no meaning.
fn data() -> Dataset {
    Dataset {
        images: Array2::from_shape_fn((30, PIXELS), |(row, column)| ((row * 7 + column) % 200) as u8),
        labels: Array1::from_shape_fn(30, |row| (row % 10) as u8),
    }
}

/// The model that `config` makes of the images `train`, of that shape.
fn trained(config: TrainConfig, train: &Dataset, image: [usize; 3]) -> Result<Model> {
    let training = Training {
        config: &config.check()?,
        image: image.into(),
        classes: 10,
        train,
        validation: &train.clone().split(0)?.1,
        team: &Team::new(1)?,
    };
    training.run(None, &mut ())
}

#[test]
fn members_that_deslant_have_learned_from_deslanted_images() {
    let train = data();
    let upright = deslanted(&train, &Team::new(1).unwrap());
    let run = |train: &Dataset, image: [usize; 3], deslanted_members| {
        let config = TrainConfig {
            hidden: vec![4],
            epochs: 1,
            members: 2,
            deslanted_members,
            ..TrainConfig::default()
        };
        trained(config, train, image)
    };
    let model = run(&train, [28, 28, 1], 1).unwrap();
    let slanted = run(&train, [28, 28, 1], 0).unwrap();
    let learned = run(&upright, [28, 28, 1], 0).unwrap();
    let deslanting = learned.members[0].clone().deslanting().unwrap();
    assert!(model.members[0] == deslanting && model.members[1] == slanted.members[1]);
    assert!(run(&train, [14, 56, 1], 1).is_err());
}

#[test]
fn plain_members_see_neither_pens_nor_drawn_images_nor_strong_distortions() {
    let train = data();
    let members = |members, plain_members, augment, styles| {
        let config = TrainConfig {
            hidden: vec![4],
            epochs: 1,
            members,
            plain_members,
            augment,
            styles,
            ..TrainConfig::default()
        };
        trained(config, &train, [28, 28, 1]).unwrap().members
    };
    let half = members(2, 1, Augment::Pens, 20);
    let none = members(2, 0, Augment::Pens, 20);
    assert!(half[0] == members(1, 0, Augment::Elastic, 0)[0] && half[0] != none[0]);
    assert!(half[1] == none[1]);
    let strong = members(2, 1, Augment::ElasticStrong, 0);
    assert!(strong[0] == half[0] && strong[1] == members(2, 0, Augment::ElasticStrong, 0)[1]);
}

#[test]
fn dense_members_are_those_of_mlp_elastic_at_the_temperature_of_all() {
    let train = data();
    let mixed = TrainConfig {
        conv: vec![Stage::Convolution(2), Stage::MaxPool],
        hidden: vec![4],
        epochs: 2,
        members: 2,
        plain_members: 0,
        dense_members: 1,
        styles: 5,
        temperature: 0.9,
        ..Preset::CnnBest.config()
    };
    let elastic = TrainConfig {
        epochs: 5,
        members: 1,
        views: 1,
        seed: 1 << 32,
        ..Preset::MlpElastic.config()
    };
    let [mixed, elastic] = [mixed, elastic].map(|config| trained(config, &train, [28, 28, 1]).unwrap());
    assert!(mixed.members[0].parameter_count() < 10_000 && !mixed.members[0].deslants());
    let last = |network: &Network| network.weights().last().unwrap().to_owned();
    let (sharpened, usual) = (last(&mixed.members[1]), last(&elastic.members[0]));
    assert!(sharpened == usual.mapv(|weight| weight * (0.9 / 0.52)));
    // So that both are as sure.
    let dense = Model {
        members: vec![mixed.members[1].clone()],
        ..mixed
    };
    let [dense, elastic] =
        [dense, elastic].map(|model| probabilities(&model, &train, &Team::new(1).unwrap()));
    assert!((dense - elastic).iter().all(|difference| difference.abs() < 1e-5));
}
