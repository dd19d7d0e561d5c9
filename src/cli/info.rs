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
                member.shapes()[0].to_string()
            );
            for (layer, shape) in member.layers().iter().zip(&member.shapes()[1..]) {
                let name = match layer {
                    Layer::Dense(_) => "dense".to_owned(),
                    Layer::Convolution(convolution) => format!("convolution {0}×{0}", convolution.kernel()),
                    Layer::Normalization(_) => "batch normalization".to_owned(),
                    Layer::Activation(activation) => format!("{activation:?}"),
                    Layer::MaxPool => "max pooling 2×2".to_owned(),
                    Layer::Dropout { rate } => format!("dropout {rate}"),
                };
                let (shape, parameters) = (shape.to_string(), layer.weights().map_or(0, |w| w.len()));
                let _ = writeln!(text, "{name:<22} {shape:>12}  {parameters:>10}");
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
