//! The learning curves of `digits train`: a drawing beside the model, and a few lines on the terminal.

use super::output::message;
use super::source;
use crate::error::Result;
use crate::files::AtomicFile;
use crate::report::{History, chart, learning_curves};
use std::io::IsTerminal;
use std::path::Path;

/// What is near the beginning of every such drawing.
pub(super) const MARK: &str = "<title>Loss over ";

/// The drawing that is to be.
pub(super) struct Curves(Option<AtomicFile>);

impl Curves {
    /// Looks whether there can be a file beside `model`, if there is to be anything `beside` it.
    pub(super) fn create(model: &Path, beside: bool) -> Result<Self> {
        let file = beside.then(|| AtomicFile::create_within(&source::curves_of(model)));
        Ok(Self(file.transpose()?))
    }

    /// See [`AtomicFile::lock`].
    pub(super) fn lock(self) -> Result<Self> {
        Ok(Self(self.0.map(AtomicFile::lock).transpose()?))
    }

    /// Draws the CSV text `history`; also on the terminal, if that is `wanted` and stderr is one.
    pub(super) fn finish(self, history: &str, wanted: bool) -> Result<()> {
        let Some(history) = History::parse(history) else {
            return Ok(());
        };
        if let Some(file) = self.0 {
            file.finish(chart(&history).as_bytes())?;
        }
        let curves = learning_curves(&history).filter(|_| wanted && std::io::stderr().is_terminal());
        if let Some(curves) = curves {
            message(&curves);
        }
        Ok(())
    }
}
