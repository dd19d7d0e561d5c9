//! A handwritten-digit classifier whose neural network is written from the gradient-descent algorithm up.
//!
//! A network, trained and then measured on what it has not seen:
//!
//! ```
//! use digits::{dataset::Dataset, metrics::Metrics, ndarray::Array, parallel::Team, train};
//!
//! // A thousand images of a line somewhere, which lies or stands.
//! let images = Array::from_shape_fn((1000, 784), |(i, at)| 255 * u8::from([at / 28, at % 28][i % 2] == i / 2 % 28));
//! let labels = Array::from_shape_fn(1000, |i| (i % 2) as u8);
//! let (seen, unseen) = Dataset { images, labels }.split(200)?;
//!
//! // The preset `mlp`, but smaller.
//! let config = train::TrainConfig { hidden: vec![32], epochs: 10, ..Default::default() }.check()?;
//! let team = Team::new(0)?;
//! let model = train::Training {
//!     config: &config,
//!     image: [28, 28, 1].into(),
//!     classes: 2,
//!     train: &seen,
//!     validation: &unseen,
//!     team: &team,
//! }
//! .run(None, &mut ())?;
//! let probabilities = train::probabilities(&model, &unseen, &team);
//! assert!(Metrics::of(&probabilities, &unseen.labels).accuracy > 0.99);
//! # Ok::<(), digits::Error>(())
//! ```
//!
//! All of that is there with `default-features = false`, and so is [`ndarray`], in the version whose arrays are
//! meant. [`dataset::mnist::load`] reads MNIST, or another set of images; `examples/custom_network.rs` and
//! `examples/fashion.rs` go on from here. A digit in a picture, by the model that is part of the program:
//!
//! ```no_run
//! let recognizer = digits::Recognizer::builtin()?;
//! let picture = std::fs::read("seven.png").expect("a picture");
//! let reading = recognizer.read(&picture)?;
//! match reading.guess() {
//!     Some(prediction) => println!("{}: {} ({:.1} %)", reading.status.name(), prediction.digit, 100.0 * prediction.probability),
//!     None => println!("no digit: {}", reading.status.name()),
//! }
//! # Ok::<(), digits::Error>(())
//! ```
//!
//! The rooms, each of which imports only those below it: [`train`] fits a network, [`Recognizer`] joins a network and
//! [`vision`], `export` hands networks to other programs, [`model_file`] keeps networks, [`metrics`] judges them,
//! [`dataset`] reads MNIST, [`optim`] turns gradients into steps, and [`nn`] is the article's algorithm itself.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo)
)]

#[cfg(feature = "cli")]
mod answer;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
mod columns;
pub mod dataset;
mod error;
#[cfg(feature = "export")]
pub mod export;
mod files;
mod letters;
pub mod metrics;
mod model;
pub mod model_file;
pub mod nn;
pub mod optim;
pub mod parallel;
#[cfg(feature = "cli")]
mod png;
pub mod random;
mod recognizer;
#[cfg(feature = "report")]
mod report;
#[cfg(feature = "serve")]
pub mod serve;
mod state;
pub mod train;
mod vectorize;
pub mod vision;

pub use error::{Error, Result};
pub use ndarray;
pub use recognizer::{Prediction, Reading, Recognizer, Status};
