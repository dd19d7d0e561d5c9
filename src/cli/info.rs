//! `digits info`

use super::output::{plain, print};
use crate::model_file::Model;
use crate::nn::Layer;
use crate::recognizer::Recognizer;
use clap::Args;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct InfoArgs {
    /// Model file, or `builtin`
    model: PathBuf,
}

impl InfoArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let model = if self.model.as_os_str() == "builtin" {
            Recognizer::builtin()?.into_model()
        } else {
            Model::load(&self.model)?
        };
        let mut text = format!(
            "classes: {}\ntemperature: {}\n",
            plain(&model.class_names.join(" ")),
            model.temperature
        );
        for (name, value) in &model.notes {
            let _ = writeln!(text, "{}: {}", plain(name), plain(value));
        }
        for member in &model.members {
            let _ = writeln!(
                text,
                "\nlayer                        output  parameters\ninput {:>29}",
                member.inputs()
            );
            for (layer, width) in member.layers().iter().zip(&member.widths()[1..]) {
                let (name, parameters) = match layer {
                    Layer::Dense(dense) => ("dense".to_owned(), dense.weights().len()),
                    Layer::Activation(activation) => (format!("{activation:?}"), 0),
                };
                let _ = writeln!(text, "{name:<26} {width:>8}  {parameters:>10}");
            }
            let _ = writeln!(
                text,
                "loss {:?}, {} parameters",
                member.loss(),
                member.parameter_count()
            );
        }
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
