//! A handwritten-digit classifier whose neural network is written from the gradient-descent algorithm up.
//!
//! ```no_run
//! let recognizer = digits::Recognizer::builtin()?;
//! let picture = std::fs::read("seven.png").expect("a picture");
//! let reading = recognizer.read(&picture)?;
//! match reading.prediction {
//!     Some(prediction) => println!("{}: {} ({:.1} %)", reading.status.name(), prediction.digit, 100.0 * prediction.probability),
//!     None => println!("nothing written there"),
//! }
//! # Ok::<(), digits::Error>(())
//! ```
//!
//! The rooms, each of which imports only those below it: [`train`] fits a network, [`Recognizer`] joins a network and
//! [`vision`], `export` hands networks to other programs, [`model_file`] keeps networks, [`metrics`] judges them, [`dataset`] reads MNIST, [`optim`] turns
//! gradients into steps, and [`nn`] is the article's algorithm itself.

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
pub mod metrics;
mod model;
pub mod model_file;
pub mod nn;
pub mod optim;
pub mod parallel;
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
pub use recognizer::{Prediction, Reading, Recognizer, Status};
