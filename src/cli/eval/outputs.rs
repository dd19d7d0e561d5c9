//! The files that `digits eval` writes.

use super::EvalArgs;
use crate::cli::source::check_output;
use crate::error::Result;
use crate::files::AtomicFile;
use std::path::PathBuf;

/// Those that were asked for.
pub(super) struct Outputs {
    pub(super) predictions: Option<AtomicFile>,
    #[cfg(feature = "report")]
    pub(super) report: Option<AtomicFile>,
}

impl Outputs {
    /// Starts them: neither may take the place of the other, or of the model's files, `behind` it.
    pub(super) fn create(args: &EvalArgs, behind: &[PathBuf]) -> Result<Self> {
        let start = |flag, path: &Option<PathBuf>, others: &[&PathBuf]| {
            let Some(path) = path else { return Ok(None) };
            check_output(flag, path, others)?;
            AtomicFile::create(path).map(Some)
        };
        let taken: Vec<&PathBuf> = behind.iter().collect();
        Ok(Self {
            predictions: start("predictions", &args.predictions, &taken)?,
            // By now the table's folder is there, which may be the page's.
            #[cfg(feature = "report")]
            report: start(
                "report",
                &args.report,
                &taken.into_iter().chain(&args.predictions).collect::<Vec<_>>(),
            )?,
        })
    }

    /// Refuses to write them over one of the data set's `files`.
    pub(super) fn check(args: &EvalArgs, files: &[PathBuf]) -> Result<()> {
        if let Some(table) = &args.predictions {
            check_output("predictions", table, files)?;
        }
        #[cfg(feature = "report")]
        if let Some(page) = &args.report {
            check_output("report", page, files)?;
        }
        Ok(())
    }
}
