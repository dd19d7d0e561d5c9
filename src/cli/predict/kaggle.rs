//! `digits predict --kaggle`: what Kaggle's Digit Recognizer takes as a submission.

use super::PredictArgs;
use crate::cli::output::{message, plain, print};
use crate::cli::source;
use crate::dataset::kaggle::Table;
use crate::error::{Error, Result};
use crate::files::AtomicFile;
use crate::metrics::argmax;
use crate::parallel::Team;
use crate::recognizer::Recognizer;
use crate::train::probabilities;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;

/// Images that are read and classified together.
const AT_ONCE: usize = 4_096;

impl PredictArgs {
    /// Classifies the images of the table at `path`; writes their numbers, from 1 on, and labels.
    pub(super) fn submit(&self, path: &Path) -> anyhow::Result<ExitCode> {
        let (model, name) = source::model(self.model.as_deref(), self.quiet)?;
        if let Some(output) = &self.output {
            source::check_output("output", output, &self.inputs(&[path.to_path_buf()], &name))?;
        }
        let output = self.output.as_deref().map(AtomicFile::create).transpose()?;
        let recognizer = Recognizer::new(model)?;
        let model = recognizer.model();
        if !recognizer.reads_digits() {
            let found = format!("one of the classes {}", plain(&model.class_names.join(" ")));
            return Err(source::unfit(&name, "the ten digits", found).into());
        }
        let (mut table, team) = (table(path)?, Team::new(0)?);
        let (mut text, mut count) = ("ImageId,Label\n".to_owned(), 0);
        loop {
            let images = table.read(AT_ONCE)?;
            if images.is_empty() {
                break;
            }
            let probabilities = probabilities(model, &images, &team);
            if !probabilities.iter().all(|probability| probability.is_finite()) {
                return Err(source::unfit(&name, "finite probabilities", "others").into());
            }
            for row in probabilities.outer_iter() {
                count += 1;
                let _ = writeln!(text, "{count},{}", argmax(&row));
            }
        }
        if count == 0 {
            let error = Error::Data {
                path: path.to_path_buf(),
                expected: "images".to_owned(),
                found: "none".to_owned(),
                remedy: "put the original file of Kaggle's Digit Recognizer in its place".to_owned(),
            };
            return Err(error.into());
        }
        match (output, &self.output) {
            (Some(file), Some(path)) => {
                file.finish(text.as_bytes())?;
                if !self.quiet {
                    message(&format!("wrote {}: {count} images", path.display()));
                }
            }
            _ => print(&text)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The table at `path`, or that on stdin for `-`.
fn table(path: &Path) -> Result<Table<Box<dyn BufRead>>> {
    let stream: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(path).map_err(Error::read(path))?;
        Box::new(BufReader::with_capacity(1 << 16, file))
    };
    Table::new(stream, path)
}
