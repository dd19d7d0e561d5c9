//! What a training writes: never over anything that it reads.

use super::TrainArgs;
#[cfg(feature = "report")]
use crate::cli::curves::{self, Curves};
use crate::cli::output::message;
use crate::cli::reporter::COLUMNS;
use crate::cli::source;
use crate::error::{Error, Result};
use crate::files::AtomicFile;
use crate::model_file::{Checkpoint, Model};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How much of a file is looked through for a mark of ours.
const MARKED: u64 = 1024;

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

/// Refuses a file beside a model, whose name nobody has given, if it is not one of ours: those have a `mark` near their
/// beginning.
fn check_beside(path: &Path, mark: &[u8]) -> Result<()> {
    let mut begin = Vec::new();
    if path.is_file() {
        let file = File::open(path).map_err(Error::read(path))?;
        file.take(MARKED)
            .read_to_end(&mut begin)
            .map_err(Error::read(path))?;
    }
    if begin.is_empty() || begin.windows(mark.len()).any(|bytes| bytes == mark) {
        return Ok(());
    }
    let expected = format!("a name beside which {} is free, or a training's", path.display());
    let found = "another file there, which would be replaced; name another --output";
    Err(Error::parameter("output", expected, found))
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

    /// Refuses files beside the model at `path` that are not ours. A checkpoint from which training is to be `resumed` is
    /// looked at when it is read.
    pub(super) fn check_others(&self, path: &Path, resumed: bool) -> Result<()> {
        if !self.is_file() {
            return Ok(());
        }
        check_beside(&source::history_of(path), COLUMNS.as_bytes())?;
        if !resumed {
            check_beside(&source::checkpoint_of(path), Checkpoint::MAGIC)?;
        }
        #[cfg(feature = "report")]
        check_beside(&source::curves_of(path), curves::MARK.as_bytes())?;
        Ok(())
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
        let history_written = self
            .history
            .map_or(Ok(()), |file| file.finish(history.as_bytes()));
        #[cfg(feature = "report")]
        let written = history_written.and_then(|()| self.curves.finish(history, wanted));
        #[cfg(not(feature = "report"))]
        let (written, _) = (history_written, wanted);
        if written.is_err() {
            message("the model is written, but not all that goes beside it:");
        }
        written
    }
}
