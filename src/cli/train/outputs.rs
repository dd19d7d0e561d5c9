//! What a training writes: never over anything that it reads.

use super::TrainArgs;
#[cfg(feature = "report")]
use crate::cli::curves::Curves;
use crate::cli::source;
use crate::error::Result;
use crate::files::AtomicFile;
use crate::model_file::Model;
use std::path::{Path, PathBuf};

impl TrainArgs {
    /// Refuses an output that is one of `inputs`, itself or by a file that goes beside it.
    pub(super) fn check_outputs<P: AsRef<Path>>(&self, inputs: &[P]) -> Result<()> {
        for output in &source::files_of(&self.output) {
            source::check_output("output", output, inputs)?;
        }
        Ok(())
    }

    /// Refuses a folder for TensorBoard that would be, or be in, a folder in the place of an output or of one of
    /// `inputs`.
    #[cfg(feature = "report")]
    pub(super) fn check_events(&self, inputs: &[PathBuf]) -> Result<()> {
        let folders = self.tensorboard.iter().flat_map(|folder| folder.ancestors());
        for folder in folders.filter(|folder| !folder.as_os_str().is_empty()) {
            source::check_output("tensorboard", folder, &source::files_of(&self.output))?;
            source::check_output("tensorboard", folder, inputs)?;
        }
        Ok(())
    }
}

/// The files that a training writes at its end.
pub(super) struct Outputs {
    model: AtomicFile,
    /// None beside a pipe or a device, where there is no place for it.
    history: Option<AtomicFile>,
    /// Only looked at: every checkpoint locks it for itself.
    checkpoint: Option<AtomicFile>,
    #[cfg(feature = "report")]
    curves: Curves,
}

impl Outputs {
    /// Looks whether there can be a model file at `path` and all that goes beside it, which is better known before
    /// hours of training than after.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let model = AtomicFile::create(path)?;
        let beside = |path: PathBuf| {
            let file = model.is_file().then(|| AtomicFile::create_within(&path));
            file.transpose()
        };
        let history = beside(source::history_of(path))?;
        let checkpoint = beside(source::checkpoint_of(path))?;
        #[cfg(feature = "report")]
        let curves = Curves::create(path, model.is_file())?;
        Ok(Self {
            model,
            history,
            checkpoint,
            #[cfg(feature = "report")]
            curves,
        })
    }

    /// Keeps other trainings off. From here on a signal would leave files behind, if nobody waited for it.
    pub(super) fn lock(self) -> Result<Self> {
        // First, so that a training that is going on is found by its model.
        let model = self.model.lock()?;
        drop(self.checkpoint.map(AtomicFile::lock).transpose()?);
        Ok(Self {
            model,
            history: self.history.map(AtomicFile::lock).transpose()?,
            checkpoint: None,
            #[cfg(feature = "report")]
            curves: self.curves.lock()?,
        })
    }

    /// Whether a checkpoint can lie beside the model.
    pub(super) fn is_file(&self) -> bool {
        self.history.is_some()
    }

    /// Writes them. The learning curves go to the terminal too, if that is `wanted`.
    pub(super) fn finish(self, model: &Model, history: &str, wanted: bool) -> Result<()> {
        self.model.finish(&model.to_bytes()?)?;
        if let Some(file) = self.history {
            file.finish(history.as_bytes())?;
        }
        #[cfg(feature = "report")]
        self.curves.finish(history, wanted)?;
        #[cfg(not(feature = "report"))]
        let _ = wanted;
        Ok(())
    }
}
