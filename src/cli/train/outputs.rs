//! What a training writes: never over anything that it reads.

use super::TrainArgs;
use crate::cli::source;
use crate::error::Result;
use std::path::Path;

impl TrainArgs {
    /// Refuses an output that is one of `inputs`, itself or by a file that goes beside it.
    pub(super) fn check_outputs<P: AsRef<Path>>(&self, inputs: &[P]) -> Result<()> {
        for output in [
            &self.output,
            &source::history_of(&self.output),
            &source::curves_of(&self.output),
            &source::checkpoint_of(&self.output),
        ] {
            source::check_output("output", output, inputs)?;
        }
        Ok(())
    }
}
