//! Everything that can go wrong, sorted by who is at fault.
//!
//! A message names the file or the setting, what was expected, what was found, and what to do next where that does not
//! follow, so that nobody has to read the source to repair a mistake. `crate::cli` maps the variants to exit codes.

use std::io;
use std::path::{Path, PathBuf};

/// The result of every fallible function of this library.
///
/// ```
/// fn model() -> digits::Result<digits::Recognizer> {
///     digits::Recognizer::builtin()
/// }
/// assert!(model().is_ok());
/// ```
pub type Result<T> = std::result::Result<T, Error>;

/// An error of this library; each variant says who is at fault.
///
/// ```
/// use digits::Error;
///
/// let error = digits::train::TrainConfig { epochs: 0, ..Default::default() }.check().unwrap_err();
/// assert!(matches!(error, Error::Parameter { .. }));
/// assert_eq!(error.to_string(), "epochs: expected a whole number from 1 to 1000000, found 0");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is out of its range.
    #[error("{name}: expected {expected}, found {found}")]
    Parameter {
        /// The setting's name, as on the command line where it has a flag.
        name: &'static str,
        /// The values it may take.
        expected: String,
        /// The value it had.
        found: String,
    },

    /// A file of the data set is malformed.
    #[error("{}: expected {expected}, found {found}; {remedy}", path.display())]
    Data {
        /// The malformed file.
        path: PathBuf,
        /// What a well-formed file has there.
        expected: String,
        /// What this one has.
        found: String,
        /// What to do next.
        remedy: String,
    },

    /// A model file is malformed, or does not fit its use.
    #[error("{}: expected {expected}, found {found}; {remedy}", path.display())]
    Model {
        /// The model file.
        path: PathBuf,
        /// What a well-formed file has there.
        expected: String,
        /// What this one has.
        found: String,
        /// What to do next.
        remedy: String,
    },

    /// A picture cannot be decoded.
    #[error("not a readable picture: {problem}; {remedy}")]
    Picture {
        /// What is wrong with it.
        problem: String,
        /// What to do next.
        remedy: String,
    },

    /// A file or folder cannot be read.
    #[error("{}: cannot read it: {source}; check the name, and that you may read what it names", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// A file cannot be written.
    #[error("{}: cannot write it: {source}; name another place, or make room and permissions there", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// Another process is about to write a file.
    #[error("{}: another training writes it; wait for that one, stop it, or name another --output", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },

    /// Training was stopped by an observer of it; nobody's fault.
    #[error("training was stopped after step {step}")]
    Stopped {
        /// Steps of the present network so far.
        step: u64,
    },

    /// Training left the numbers that a float can hold.
    #[error(
        "training diverged at step {step}: the loss is {loss}; try a lower learning rate (--lr), which was {rate} \
         there, or a lower --weight-decay or --momentum, if one was given"
    )]
    Diverged {
        /// The step, counted from 1 over all epochs, after which a loss or a weight was not finite.
        step: u64,
        /// That loss; infinity if it was a weight.
        loss: f64,
        /// The learning rate of that step.
        rate: f32,
    },

    /// The system refused something else.
    #[error("{what}: {reason}")]
    System {
        /// What was attempted.
        what: &'static str,
        /// The system's reason.
        reason: String,
    },
}

impl Error {
    /// A [`Error::Parameter`].
    pub(crate) fn parameter(
        name: &'static str,
        expected: impl Into<String>,
        found: impl std::fmt::Display,
    ) -> Self {
        Self::Parameter {
            name,
            expected: expected.into(),
            found: found.to_string(),
        }
    }

    /// A [`Error::Read`] of `path`.
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read {
            path: path.to_path_buf(),
            source,
        }
    }

    /// A [`Error::Write`] of `path`.
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write {
            path: path.to_path_buf(),
            source,
        }
    }
}
