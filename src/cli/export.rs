//! `digits export` and `digits import`

use super::output::message;
use super::source;
use crate::error::Error;
use crate::export::{load_safetensors, to_onnx, to_safetensors};
use crate::files::AtomicFile;
use clap::{Args, ValueEnum};
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
    /// Nothing on stderr but errors
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// What the file is
    #[arg(long, value_enum, default_value = "safetensors")]
    format: ImportFormat,
    /// File to read
    file: PathBuf,
    /// Model file to write
    #[arg(long, value_name = "MODEL")]
    output: PathBuf,
    /// Nothing on stderr but errors
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A graph that onnxruntime and others run
    Onnx,
    /// Weights under PyTorch's names
    Safetensors,
}

/// What holds all that a model is made of, so that it can come back.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ImportFormat {
    Safetensors,
}

impl Format {
    /// By the end of a file's name.
    fn of(path: &Path) -> Option<Self> {
        Self::from_str(path.extension()?.to_str()?, true).ok()
    }
}

impl ExportArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let Some(format) = self.format.or_else(|| Format::of(&self.output)) else {
            let expected = "onnx or safetensors, or an output whose name ends so";
            return Err(Error::parameter("format", expected, self.output.display()).into());
        };
        let (model, name) = source::model(self.model.as_deref(), self.quiet)?;
        source::check_output("output", &self.output, &[&name])?;
        let output = AtomicFile::create(&self.output)?;
        let bytes = match format {
            Format::Onnx => to_onnx(&model)?,
            Format::Safetensors => to_safetensors(&model)?,
        };
        output.finish(&bytes)?;
        if !self.quiet {
            message(&format!("wrote {}", self.output.display()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl ImportArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        source::check_output("output", &self.output, &[&self.file])?;
        let output = AtomicFile::create(&self.output)?;
        let model = match self.format {
            ImportFormat::Safetensors => load_safetensors(&self.file)?,
        };
        output.finish(&model.to_bytes()?)?;
        if !self.quiet {
            let path = self.output.display();
            message(&format!("wrote {path}; next:\n  digits eval --model {path}"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
