//! `digits export` and `digits import`

use super::output::{message, plain};
use super::shell;
use super::source::{self, Format};
use crate::dataset::kaggle;
use crate::error::{Error, Result};
use crate::export::{load_safetensors, to_onnx, to_safetensors};
use crate::files::AtomicFile;
use crate::metrics::Metrics;
use crate::model_file::Model;
use crate::parallel::Team;
use crate::train::probabilities;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// What to write [default: what the output's name ends in]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// File to write
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Model file, or `builtin` [default: models/digits.bin if it is there, else the built-in one]
    #[arg(long)]
    model: Option<PathBuf>,
    /// Measure the model on the test set first, and say its accuracy in the file
    #[arg(long)]
    measure: bool,
    /// Folder of the data set that it is measured on [default: as of digits eval]
    #[arg(long, requires = "measure")]
    data: Option<PathBuf>,
    /// Nothing on stderr but errors
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// Safetensors file to read: it holds all that a model is made of, so that it can come back
    file: PathBuf,
    /// Model file to write
    #[arg(long, value_name = "MODEL")]
    output: PathBuf,
    /// Nothing on stderr but errors
    #[arg(long)]
    quiet: bool,
}

impl ExportArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let promised = Format::of(&self.output);
        let Some(format) = self.format.or(promised) else {
            let expected = "onnx or safetensors, or an output whose name ends so";
            return Err(Error::parameter("format", expected, self.output.display()).into());
        };
        if let Some(promised) = promised.filter(|&promised| promised != format) {
            let expected = format!("{}, as {} promises", promised.name(), self.output.display());
            let found = format!("{}; name another --output, or leave --format out", format.name());
            return Err(Error::parameter("format", expected, found).into());
        }
        let (model, name) = source::model(self.model.as_deref(), self.quiet)?;
        source::check_output("output", &self.output, &source::behind(&name))?;
        let output = AtomicFile::create(&self.output)?;
        let accuracy = self.measure.then(|| self.measured(&model, &name)).transpose()?;
        let bytes = match format {
            Format::Onnx => to_onnx(&model, accuracy.as_deref())?,
            Format::Safetensors => to_safetensors(&model, accuracy.as_deref())?,
        };
        output.finish(&bytes)?;
        if !self.quiet {
            if let Some(accuracy) = &accuracy {
                message(&format!("accuracy: {accuracy}"));
            }
            message(&format!("wrote {}", self.output.display()));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The model's accuracy on the test set, in words.
    fn measured(&self, model: &Model, name: &Path) -> Result<String> {
        let data = source::data(self.data.as_deref(), self.quiet)?;
        source::check_output("output", &self.output, &data.files)?;
        let test = &data.test;
        if test.is_empty() {
            let remedy = "name a labelled data set with --data, or leave out --measure";
            let folder = source::data_folder(self.data.as_deref());
            return Err(kaggle::unlabelled(&folder, "labels to measure by", remedy));
        }
        if !source::knows(model, &data.class_names) {
            let expected = format!(
                "the classes of the data set, {}",
                plain(&data.class_names.join(" "))
            );
            return Err(source::unfit(
                name,
                &expected,
                plain(&model.class_names.join(" ")),
            ));
        }
        let metrics = Metrics::of(&probabilities(model, test, &Team::new(0)?), &test.labels);
        Ok(format!(
            "{} on {} test images of the data set {}",
            metrics.accuracy,
            test.len(),
            data.checksum()
        ))
    }
}

impl ImportArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        source::check_output("output", &self.output, &[&self.file])?;
        source::check_model_name(&self.output)?;
        if let Some(Format::Onnx) = Format::of(&self.file) {
            let error = Error::Model {
                path: self.file.clone(),
                expected: "a safetensors file".to_owned(),
                found: "the name of an ONNX file".to_owned(),
                remedy: "save the weights as safetensors, as integrations/pytorch/model.py names them"
                    .to_owned(),
            };
            return Err(error.into());
        }
        let output = AtomicFile::create(&self.output)?;
        let model = load_safetensors(&self.file)?;
        output.finish(&model.to_bytes()?)?;
        if !self.quiet {
            message(&format!(
                "wrote {}; next:\n  digits eval --model {}",
                self.output.display(),
                shell::path(&self.output)
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}
