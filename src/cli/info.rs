//! `digits info`

use super::output::{listed, plain, print};
use super::source;
use crate::model_file::Model;
use crate::nn::{Loss, Network};
use clap::Args;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Bytes of a parameter.
const PARAMETER: usize = size_of::<f32>();

#[derive(Debug, Args)]
pub(super) struct InfoArgs {
    /// Model file, or `builtin` [default: models/digits.bin if it is there, else the built-in one]
    model: Option<PathBuf>,
    /// One JSON object on stdout
    #[arg(long)]
    json: bool,
}

impl InfoArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        // What was named need not be told.
        let (model, _) = source::any_model(self.model.as_deref(), self.model.is_some())?;
        let text = if self.json {
            format!("{}\n", json(&model))
        } else {
            description(&model)
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn loss(network: &Network) -> &'static str {
    match network.loss() {
        Loss::SquaredError => "squared error",
        Loss::CrossEntropy => "cross-entropy",
    }
}

/// What people read. (Writing to a string cannot fail.)
fn description(model: &Model) -> String {
    let mut text = format!(
        "classes: {}\ntemperature: {}\n",
        listed(&model.class_names),
        model.temperature
    );
    if !model.notes.is_empty() {
        text.push_str("trained with:\n");
    }
    for (name, value) in &model.notes {
        let _ = writeln!(text, "  {}: {}", plain(name), plain(value));
    }
    for (network, count) in Network::kinds(&model.members) {
        text.push('\n');
        if count > 1 {
            let _ = writeln!(text, "{count} networks, each:");
        }
        let mut line = |number: &str, name: &str, output: &str, parameters: &str| {
            let line = format!("{number:>2}  {name:<22} {output:>12} {parameters:>12}");
            text += line.trim_end();
            text.push('\n');
        };
        line("", "layer", "output", "parameters");
        line("", "input", &network.shapes()[0].to_string(), "");
        for (index, layer) in network.summary().iter().enumerate() {
            // A layer without parameters is quieter without a zero.
            let parameters = match layer.parameters {
                0 => String::new(),
                parameters => parameters.to_string(),
            };
            line(
                &(index + 1).to_string(),
                &layer.name,
                &layer.output.to_string(),
                &parameters,
            );
        }
        line("", "total", "", &network.parameter_count().to_string());
        let _ = writeln!(text, "    loss: {}", loss(network));
    }
    let (parameters, members) = (model.parameter_count(), model.members.len());
    let kilobytes = (parameters * PARAMETER).div_ceil(1000);
    let _ = writeln!(
        text,
        "\nnetworks: {members}\nviews of an image: {}\nparameters: {parameters} ({kilobytes} kB)",
        model.views.len()
    );
    text
}

/// What programs read.
fn json(model: &Model) -> serde_json::Value {
    let member = |network: &Network| {
        let layers = network.summary().into_iter().map(|layer| {
            let output = [layer.output.height, layer.output.width, layer.output.channels];
            serde_json::json!({ "layer": layer.name, "output": output, "parameters": layer.parameters })
        });
        let input = network.shapes()[0];
        serde_json::json!({
            "input": [input.height, input.width, input.channels],
            "layers": layers.collect::<Vec<_>>(),
            "loss": loss(network),
            "parameters": network.parameter_count(),
        })
    };
    let notes: BTreeMap<&String, &String> = model.notes.iter().map(|(name, value)| (name, value)).collect();
    serde_json::json!({
        "classes": model.class_names,
        "temperature": model.temperature,
        "views": model.views,
        "notes": notes,
        "networks": model.members.iter().map(member).collect::<Vec<_>>(),
        "parameters": model.parameter_count(),
    })
}
