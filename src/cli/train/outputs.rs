//! What a training writes: never over anything that it reads.

use super::TrainArgs;
use crate::cli::source;
use crate::error::Result;
use std::path::{Path, PathBuf};

impl TrainArgs {
    /// The model, and the files that go beside it.
    fn outputs(&self) -> [PathBuf; 4] {
        [
            self.output.clone(),
            source::history_of(&self.output),
            source::curves_of(&self.output),
            source::checkpoint_of(&self.output),
        ]
    }

    /// Refuses an output that is one of `inputs`, itself or by a file that goes beside it.
    pub(super) fn check_outputs<P: AsRef<Path>>(&self, inputs: &[P]) -> Result<()> {
        for output in &self.outputs() {
            source::check_output("output", output, inputs)?;
        }
        Ok(())
    }

    /// Refuses a folder for TensorBoard that would be, or be in, a folder in the place of an output.
    #[cfg(feature = "report")]
    pub(super) fn check_events(&self) -> Result<()> {
        let folders = self.tensorboard.iter().flat_map(|folder| folder.ancestors());
        for folder in folders.filter(|folder| !folder.as_os_str().is_empty()) {
            source::check_output("tensorboard", folder, &self.outputs())?;
        }
        Ok(())
    }
}
