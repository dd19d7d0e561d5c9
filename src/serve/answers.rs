//! What the page shows beside the digit itself: the model, a sample, and what the network did with a picture.

use super::routes::Shared;
use crate::answer::Said;
use crate::dataset::{Dataset, PIXELS, SIDE};
use crate::error::Result;
use crate::nn::{Layer, Shape};
use crate::recognizer::{Recognizer, inputs};
use ndarray::{Array2, s};
use serde::Serialize;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

/// The side of the square that covers part of the image, and how far it moves on.
const COVER: usize = 6;
const STEP: usize = 2;
/// Places of the square in each direction.
const PLACES: usize = (SIDE - COVER) / STEP + 1;

/// That the server lives.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    status: &'static str,
}

impl Default for Health {
    fn default() -> Self {
        Self { status: "ok" }
    }
}

/// What is said of the model and of the server.
#[derive(Debug, Serialize)]
pub(super) struct About<'a> {
    version: &'static str,
    name: &'a str,
    classes: &'a [String],
    members: usize,
    views: usize,
    parameters: usize,
    temperature: f32,
    notes: BTreeMap<&'a str, &'a str>,
    /// Number of test images that can be shown.
    samples: usize,
    /// Whether marks are kept.
    collects: bool,
}

pub(super) fn model(shared: &Shared) -> About<'_> {
    let model = shared.recognizer.model();
    About {
        version: env!("CARGO_PKG_VERSION"),
        name: &shared.model,
        classes: &model.class_names,
        members: model.members.len(),
        views: model.views.len(),
        parameters: model.parameter_count(),
        temperature: model.temperature,
        notes: model
            .notes
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect(),
        samples: shared.samples.as_ref().map_or(0, Dataset::len),
        collects: shared.collect.is_some(),
    }
}

/// A test image.
#[derive(Debug, Serialize)]
pub(super) struct Sample {
    index: usize,
    label: u8,
    /// Row by row, 255 full ink.
    pixels: Vec<u8>,
}

/// Any test image, if there are some.
pub(super) fn random(shared: &Shared) -> Option<Sample> {
    let samples = shared.samples.as_ref()?;
    // A hasher's keys are random, which is all the chance that is needed.
    let index = RandomState::new().hash_one(()) as usize % samples.len();
    Some(Sample {
        index,
        label: samples.labels[index],
        pixels: samples.images.row(index).to_vec(),
    })
}

/// What the model's first network made of a picture.
#[derive(Debug, Serialize)]
pub(super) struct Activations {
    /// The 28×28 image, row by row, 255 full ink; none if nothing is written.
    image: Option<Vec<u8>>,
    layers: Vec<LayerActivations>,
}

/// The outputs of a layer.
#[derive(Debug, Serialize)]
struct LayerActivations {
    name: String,
    height: usize,
    width: usize,
    channels: usize,
    /// Row by row and pixel by pixel, the channels of a pixel together; 0 for the least of them and 255 for the most.
    values: Vec<u8>,
}

pub(super) fn activations(recognizer: &Recognizer, picture: &[u8]) -> Result<Activations> {
    let Some(image) = recognizer
        .read(picture)?
        .prediction
        .map(|prediction| prediction.image)
    else {
        return Ok(Activations {
            image: None,
            layers: Vec::new(),
        });
    };
    let network = &recognizer.model().members[0];
    let layer = |(index, outputs): (usize, Array2<f32>)| {
        // Activations change what the layer before them puts out.
        let mut layers = network.layers()[..=index].iter().rev();
        let own = layers.find(|layer| !matches!(layer, Layer::Activation(_)));
        let name = own.map_or_else(String::new, Layer::to_string);
        // Until there are weights, pixels are in an image still, even where fully connected layers want them in a row.
        let seen = network.layers()[..=index]
            .iter()
            .all(|layer| layer.weights().is_none());
        let shape = match network.shapes()[index + 1] {
            row if seen && row == Shape::from(PIXELS) => [SIDE, SIDE, 1].into(),
            shape => shape,
        };
        of_layer(name, shape, &outputs)
    };
    let layers = network
        .activations(&inputs(&[&image]))
        .into_iter()
        .map(layer)
        .collect();
    Ok(Activations {
        layers,
        image: Some(image.iter().copied().collect()),
    })
}

fn of_layer(name: String, shape: Shape, outputs: &Array2<f32>) -> LayerActivations {
    let least = outputs.iter().copied().fold(f32::INFINITY, f32::min);
    let most = outputs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let scale = 255.0 / (most - least).max(f32::MIN_POSITIVE);
    LayerActivations {
        name,
        height: shape.height,
        width: shape.width,
        channels: shape.channels,
        values: outputs
            .iter()
            .map(|output| ((output - least) * scale).round() as u8)
            .collect(),
    }
}

/// Which ink mattered: how much of the digit's probability goes when a square of the image is covered with paper
/// (Zeiler and Fergus, 2014, *Visualizing and Understanding Convolutional Networks*).
#[derive(Debug, Serialize)]
pub(super) struct Occlusion<'a> {
    /// What it is the probability of; nothing if nothing is written.
    #[serde(flatten)]
    said: Said<'a>,
    /// Pixels of the square's side, and from one place to the next.
    cover: usize,
    step: usize,
    /// Places in a row and in a column.
    places: usize,
    /// Row by row: the probability lost, below 0 where the ink spoke for another digit.
    lost: Vec<f32>,
}

pub(super) fn occlusion<'a>(recognizer: &'a Recognizer, picture: &[u8]) -> Result<Occlusion<'a>> {
    let mut answer = Occlusion {
        said: Said::of(None, recognizer),
        cover: COVER,
        step: STEP,
        places: PLACES,
        lost: vec![0.0; PLACES * PLACES],
    };
    let Some(prediction) = recognizer.read(picture)?.prediction else {
        return Ok(answer);
    };
    let image = &prediction.image;
    let covered = |place: usize| {
        let (top, left) = (place / PLACES * STEP, place % PLACES * STEP);
        s![top..top + COVER, left..left + COVER]
    };
    // Where there is no ink, nothing is lost.
    let inked = |&place: &usize| image.slice(covered(place)).iter().any(|&ink| ink > 0);
    let inked: Vec<usize> = (0..PLACES * PLACES).filter(inked).collect();
    let mut images = vec![image.clone(); inked.len() + 1];
    for (image, &place) in images.iter_mut().zip(&inked) {
        image.slice_mut(covered(place)).fill(0);
    }
    let images: Vec<&Array2<u8>> = images.iter().collect();
    let probabilities = recognizer.model().probabilities(&inputs(&images));
    // The last image is the one that nothing covers.
    let of_digit = probabilities.column(prediction.digit);
    for (&place, &left) in inked.iter().zip(&of_digit) {
        answer.lost[place] = of_digit[inked.len()] - left;
    }
    answer.said = Said::of(Some(&prediction), recognizer);
    Ok(answer)
}
