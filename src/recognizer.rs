//! Joins a model and the reading of pictures: picture → prediction.

mod choice;
mod lines;

use crate::dataset::{PIXELS, SIDE};
use crate::error::{Error, Result};
use crate::metrics::argmax;
use crate::model_file::Model;
use crate::vision::{self, Candidate, Picture};
use lines::lines;
use ndarray::Array2;
use std::path::Path;

/// The model that is part of the program.
const BUILTIN: &[u8] = include_bytes!("../models/cnn-best.bin");
/// What tells digits from all else, whichever model tells the digits apart.
const GATE: &[u8] = include_bytes!("../models/gate.bin");

/// The names of the classes that are digits.
const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// Probability of being a digit below which all that a picture shows is none; and below which something is none among
/// others on a page, where there may be letters and dirt.
const NOT_A_DIGIT: f32 = 0.1;
const NONE_AMONG_OTHERS: f32 = 0.5;
/// Probability of being this digit below which it is uncertain which one. All chosen on other people's pictures of
/// digits and of other things.
const UNCERTAIN: f32 = 0.6;

/// Reads digits from pictures with one model.
///
/// ```
/// let recognizer = digits::Recognizer::builtin()?;
/// let picture = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/seven.png"));
/// let reading = recognizer.read(picture)?;
/// assert!(reading.prediction.is_some_and(|prediction| prediction.digit == 7));
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Recognizer {
    model: Model,
    /// None for classes that are no digits.
    gate: Option<Model>,
}

/// What a picture shows.
///
/// A model whose classes are not the ten digits says [`Status::Digit`] of whatever it knows well enough, and never
/// [`Status::NotADigit`]: what is none of its classes it cannot tell.
///
/// ```
/// use digits::Status;
///
/// assert_eq!(Status::NotADigit.name(), "not-a-digit");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A digit.
    Digit,
    /// Perhaps a digit, but two are about as probable, or it hardly looks like one.
    Uncertain,
    /// Nothing written.
    Blank,
    /// Something else.
    NotADigit,
}

impl Status {
    /// The name that is printed.
    ///
    /// ```
    /// assert_eq!(digits::Status::Digit.name(), "digit");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Digit => "digit",
            Self::Uncertain => "uncertain",
            Self::Blank => "blank",
            Self::NotADigit => "not-a-digit",
        }
    }
}

/// What was read in a picture.
///
/// ```
/// use digits::{Recognizer, Status};
///
/// let picture = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/seven.png"));
/// let reading = Recognizer::builtin()?.read(picture)?;
/// assert_eq!((reading.status, reading.others), (Status::Digit, 0));
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What it is.
    pub status: Status,
    /// The digit it is, or resembles most; none if nothing is written.
    pub prediction: Option<Prediction>,
    /// How the digit was found, and where; none if nothing is written, or if the picture was taken as it is.
    pub candidate: Option<Candidate>,
    /// Probability that it is no digit at all: 1 if nothing is written, 0 with a model of other classes, which cannot
    /// tell.
    pub outlier: f32,
    /// How many other parts of the picture may be digits too.
    pub others: usize,
}

impl Reading {
    const BLANK: Self = Self {
        status: Status::Blank,
        prediction: None,
        candidate: None,
        outlier: 1.0,
        others: 0,
    };

    /// The prediction, unless it is refused as no digit: what most resembles a digit is not always one. A guess may be
    /// [`Status::Uncertain`].
    ///
    /// ```
    /// let picture = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/seven.png"));
    /// let reading = digits::Recognizer::builtin()?.read(picture)?;
    /// assert_eq!(reading.guess().map(|prediction| prediction.digit), Some(7));
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn guess(&self) -> Option<&Prediction> {
        self.prediction
            .as_ref()
            .filter(|_| self.status != Status::NotADigit)
    }
}

/// A digit, or another class that the model knows, and how sure it is.
///
/// ```
/// let recognizer = digits::Recognizer::builtin()?;
/// let mut image = ndarray::Array2::zeros((28, 28));
/// image.slice_mut(ndarray::s![4..24, 13..15]).fill(255);
/// let prediction = recognizer.classify(image)?;
/// assert_eq!((prediction.digit, prediction.probabilities.len()), (1, 10));
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The most probable class: see [`Recognizer::name_of`].
    pub digit: usize,
    /// Its probability.
    pub probability: f32,
    /// The probability of every class.
    pub probabilities: Vec<f32>,
    /// What the network saw, shape (28, 28), 255 full ink.
    pub image: Array2<u8>,
}

impl Recognizer {
    /// A recognizer that uses `model`.
    ///
    /// ```
    /// let model = digits::Recognizer::builtin()?.into_model();
    /// assert!(digits::Recognizer::new(model).is_ok());
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if the model does not take 28×28 images, or its parts do not go together.
    pub fn new(model: Model) -> Result<Self> {
        if let Some(problem) = model.inconsistency() {
            return Err(Error::parameter("model", "a consistent model", problem));
        }
        match model.members.first().map_or(0, crate::nn::Network::inputs) {
            PIXELS => {
                let gate = are_digit_names(&model.class_names, DIGITS.len())
                    .then(|| Model::from_bytes(GATE, Path::new("gate")))
                    .transpose()?;
                Ok(Self { model, gate })
            }
            inputs => Err(Error::parameter(
                "model",
                format!("one of {PIXELS} inputs"),
                inputs,
            )),
        }
    }

    /// A recognizer with the model that is part of the program.
    ///
    /// ```
    /// assert_eq!(digits::Recognizer::builtin()?.model().class_names.len(), 10);
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// None in a released build, whose tests load it.
    pub fn builtin() -> Result<Self> {
        Self::new(Model::from_bytes(BUILTIN, Path::new("builtin"))?)
    }

    /// The model in use.
    ///
    /// ```
    /// let recognizer = digits::Recognizer::builtin()?;
    /// assert_eq!(recognizer.model().members.len(), 4);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Whether the model's classes are the ten digits.
    pub(crate) fn reads_digits(&self) -> bool {
        self.gate.is_some()
    }

    /// The name of a class of the model.
    ///
    /// ```
    /// assert_eq!(digits::Recognizer::builtin()?.name_of(7), "7");
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn name_of(&self, class: usize) -> &str {
        self.model.class_names.get(class).map_or("", String::as_str)
    }

    /// The model, once nothing is to be recognized any more.
    ///
    /// ```
    /// let model = digits::Recognizer::builtin()?.into_model();
    /// assert_eq!(model.members.len(), 4);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn into_model(self) -> Model {
        self.model
    }

    /// Reads a picture file from its bytes: the most prominent digit.
    ///
    /// ```
    /// let recognizer = digits::Recognizer::builtin()?;
    /// assert!(recognizer.read(b"not a picture").is_err());
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Picture`] if they are not a picture; as [`Recognizer::classify`].
    pub fn read(&self, picture: &[u8]) -> Result<Reading> {
        self.read_picture(&vision::decode(picture)?)
    }

    /// Reads a decoded picture: the most prominent digit.
    ///
    /// ```
    /// use digits::{Recognizer, Status, vision::Picture};
    ///
    /// let white = Picture::grey(ndarray::Array2::ones((50, 50)));
    /// assert_eq!(Recognizer::builtin()?.read_picture(&white)?.status, Status::Blank);
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Recognizer::classify`].
    pub fn read_picture(&self, picture: &Picture) -> Result<Reading> {
        if self.takes_as_it_is(picture) {
            return self.read_sample(picture);
        }
        self.choose_one(vision::candidates(picture))
    }

    /// Whether a picture is taken as one of the images that the model learned from, where nobody knows how those were
    /// made.
    fn takes_as_it_is(&self, picture: &Picture) -> bool {
        !self.reads_digits() && picture.grey.dim() == (SIDE, SIDE)
    }

    /// Reads a picture of 28×28 pixels as it is, but light on dark.
    fn read_sample(&self, picture: &Picture) -> Result<Reading> {
        let ink = vision::plain_ink(&picture.grey);
        let ink = ink.as_ref().unwrap_or(&picture.grey);
        let image = ink.mapv(|shade| (shade * 255.0).round() as u8);
        if image.iter().all(|&pixel| pixel == 0) {
            return Ok(Reading::BLANK);
        }
        let prediction = self.classify(image)?;
        Ok(Reading {
            status: self.status(prediction.probability, 0.0, NOT_A_DIGIT),
            prediction: Some(prediction),
            candidate: None,
            outlier: 0.0,
            others: 0,
        })
    }

    /// What a reading is, if that is none which is a digit with less than the probability `least`.
    fn status(&self, probability: f32, outlier: f32, least: f32) -> Status {
        if self.reads_digits() && 1.0 - outlier < least {
            Status::NotADigit
        } else if probability * (1.0 - outlier) < UNCERTAIN {
            Status::Uncertain
        } else {
            Status::Digit
        }
    }

    /// Reads all digits of a picture file, in reading order: line by line, from left to right. What is as large as
    /// they are and stands in a line with them, but is refused, keeps its place as [`Status::NotADigit`]. If there is
    /// something but no digit, that is the only reading; if there is nothing, there is none.
    ///
    /// ```
    /// let picture = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/seven.png"));
    /// let lines = digits::Recognizer::builtin()?.read_all(picture)?;
    /// assert_eq!(lines[0][0].prediction.as_ref().map(|prediction| prediction.digit), Some(7));
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Recognizer::read`].
    pub fn read_all(&self, picture: &[u8]) -> Result<Vec<Vec<Reading>>> {
        let picture = vision::decode(picture)?;
        if self.takes_as_it_is(&picture) {
            let reading = self.read_sample(&picture)?;
            let is_blank = reading.status == Status::Blank;
            return Ok(if is_blank { vec![] } else { vec![vec![reading]] });
        }
        let mut best = (f32::NEG_INFINITY, Vec::new());
        for page in vision::pages(&picture) {
            let readings = page
                .into_iter()
                .map(|candidates| self.choose(candidates, NONE_AMONG_OTHERS))
                .collect::<Result<Vec<_>>>()?;
            // What is no digit speaks against the way in which it was found, what is one for it.
            let probabilities = readings.iter().filter_map(|reading| {
                Some(reading.prediction.as_ref()?.probability * (1.0 - reading.outlier))
            });
            let worth = probabilities
                .map(|probability| probability - UNCERTAIN)
                .sum::<f32>();
            if worth > best.0 {
                best = (worth, readings);
            }
        }
        Ok(lines(best.1))
    }

    /// Classifies a 28×28 image that is already as MNIST's are.
    ///
    /// ```
    /// let prediction = digits::Recognizer::builtin()?.classify(ndarray::Array2::zeros((28, 28)))?;
    /// assert!((prediction.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if the model's weights are so large that its probabilities are no numbers.
    ///
    /// # Panics
    /// If the image is not 28×28.
    pub fn classify(&self, image: Array2<u8>) -> Result<Prediction> {
        assert_eq!(image.dim(), (SIDE, SIDE), "rows and columns of an image");
        let probabilities = probabilities(&self.model, &[&image])?.row(0).to_owned();
        let digit = argmax(&probabilities);
        Ok(Prediction {
            digit,
            probability: probabilities[digit],
            probabilities: probabilities.to_vec(),
            image,
        })
    }
}

/// Whether what is none of the digits with the probability `outlier` is taken for one of them, where there are others
/// beside it.
fn passes_gate(outlier: f32) -> bool {
    1.0 - outlier >= NONE_AMONG_OTHERS
}

/// Whether the names are those of the first `count` digits.
pub(crate) fn are_digit_names(names: &[String], count: usize) -> bool {
    names
        .iter()
        .map(String::as_str)
        .eq(DIGITS.into_iter().take(count))
}

/// Probabilities (B, C) of 28×28 images.
fn probabilities(model: &Model, images: &[&Array2<u8>]) -> Result<Array2<f32>> {
    let probabilities = model.probabilities(&inputs(images));
    if let Some(odd) = probabilities.iter().find(|probability| !probability.is_finite()) {
        let expected = "one that gives finite probabilities";
        return Err(Error::parameter("model", expected, odd));
    }
    Ok(probabilities)
}

/// A network's inputs (B, 784) for 28×28 images.
pub(crate) fn inputs(images: &[&Array2<u8>]) -> Array2<f32> {
    Array2::from_shape_fn((images.len(), PIXELS), |(row, pixel)| {
        f32::from(images[row][[pixel / SIDE, pixel % SIDE]]) / 255.0
    })
}
