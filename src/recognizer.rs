//! Joins a model and the reading of pictures: picture → prediction.

use crate::dataset::PIXELS;
use crate::error::{Error, Result};
use crate::model_file::Model;
use crate::vision;
use ndarray::Array2;
use std::path::Path;

/// The model that is part of the program.
const BUILTIN: &[u8] = include_bytes!("../models/cnn-best.bin");

/// Reads digits from pictures with one model.
///
/// ```
/// use digits::{Reading, Recognizer};
///
/// let recognizer = Recognizer::builtin()?;
/// let picture = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/seven.png"));
/// assert!(matches!(recognizer.read(picture)?, Reading::Digit(prediction) if prediction.digit == 7));
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Recognizer {
    model: Model,
}

/// What a picture shows.
///
/// ```
/// use digits::Reading;
///
/// fn answer(reading: &Reading) -> String {
///     match reading {
///         Reading::Digit(prediction) => prediction.digit.to_string(),
///         Reading::Blank => "blank".to_owned(),
///     }
/// }
/// assert_eq!(answer(&Reading::Blank), "blank");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// A digit.
    Digit(Prediction),
    /// Nothing written.
    Blank,
}

/// A digit, and how sure the model is.
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
    /// The most probable class.
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
    /// [`Error::Parameter`] if the model does not take 28×28 images.
    pub fn new(model: Model) -> Result<Self> {
        match model.members.first().map_or(0, crate::nn::Network::inputs) {
            PIXELS => Ok(Self { model }),
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
    /// assert_eq!(recognizer.model().members.len(), 2);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The model, once nothing is to be recognized any more.
    ///
    /// ```
    /// let model = digits::Recognizer::builtin()?.into_model();
    /// assert_eq!(model.members.len(), 2);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn into_model(self) -> Model {
        self.model
    }

    /// Reads a picture file from its bytes.
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
        let ink = vision::ink_of(&vision::decode(picture)?);
        vision::normalize(&ink).map_or(Ok(Reading::Blank), |image| {
            self.classify(image).map(Reading::Digit)
        })
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
    /// If the image has not 784 pixels.
    pub fn classify(&self, image: Array2<u8>) -> Result<Prediction> {
        let x = Array2::from_shape_fn((1, PIXELS), |(_, i)| {
            f32::from(image[[i / image.ncols(), i % image.ncols()]]) / 255.0
        });
        let probabilities = self.model.probabilities(&x).row(0).to_owned();
        if !probabilities.iter().all(|probability| probability.is_finite()) {
            let expected = "one that gives finite probabilities";
            return Err(Error::parameter("model", expected, probabilities));
        }
        let digit = crate::metrics::argmax(&probabilities);
        Ok(Prediction {
            digit,
            probability: probabilities[digit],
            probabilities: probabilities.to_vec(),
            image,
        })
    }
}
