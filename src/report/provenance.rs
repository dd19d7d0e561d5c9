//! Where a report's numbers come from: command, model and data.

use super::Evaluation;
use super::tables::table;
use super::text::{escape, grouped};
use crate::dataset::mnist::hex;
use crate::error::Result;
use crate::nn::Network;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A list of names and what they stand for, which is HTML already.
fn list(entries: &[(&str, String)]) -> String {
    let mut html = String::from("<dl class=\"facts\">\n");
    for (name, value) in entries {
        let _ = writeln!(html, "<div><dt>{}</dt><dd>{value}</dd></div>", escape(name));
    }
    html.push_str("</dl>\n");
    html
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}

/// The command, the model and the data.
pub(super) fn provenance(evaluation: &Evaluation) -> Result<String> {
    let model = evaluation.model;
    let checksum = hex(&Sha256::digest(model.to_bytes()?));
    let preset = model.notes.iter().find(|(name, _)| name == "preset");
    let what = if evaluation.genuine {
        "MNIST itself, by its checksums"
    } else {
        "not MNIST, by its checksums"
    };
    let mut html = list(&[
        ("command", code(&evaluation.command)),
        ("program", format!("digits {}", env!("CARGO_PKG_VERSION"))),
        ("model", code(&evaluation.model_name)),
        ("its SHA-256", code(&checksum)),
        (
            "preset",
            preset.map_or("not noted".to_owned(), |(_, preset)| escape(preset)),
        ),
        ("parameters", grouped(model.parameter_count() as u64)),
        (
            "networks, views",
            format!("{}, {}", model.members.len(), model.views.len()),
        ),
        ("temperature", model.temperature.to_string()),
        ("data", format!("{} ({what})", code(&evaluation.data_folder))),
        ("its SHA-256", code(&evaluation.data_checksum)),
        (
            "images",
            format!(
                "the {} of the {} set",
                grouped(evaluation.metrics.count as u64),
                evaluation.split
            ),
        ),
    ]);
    for (network, count) in Network::kinds(&model.members) {
        html.push_str(&architecture(network, count));
    }
    let told = model.notes.iter().filter(|(_, value)| !value.is_empty());
    let notes: Vec<(&str, String)> = told.map(|(name, value)| (name.as_str(), escape(value))).collect();
    if !notes.is_empty() {
        let list = list(&notes);
        let _ = writeln!(
            html,
            "<details><summary>How the model was trained</summary>\n{list}</details>"
        );
    }
    Ok(html)
}

/// The layers of a network, of which there are `count`.
fn architecture(network: &Network, count: usize) -> String {
    let each = if count > 1 {
        format!("{count} networks, each of these layers")
    } else {
        "The layers".to_owned()
    };
    let caption = format!(
        "{each}; {} parameters.",
        grouped(network.parameter_count() as u64)
    );
    let input = vec!["input".to_owned(), network.shapes()[0].to_string(), String::new()];
    let layers = network.summary().into_iter().map(|layer| {
        let parameters = if layer.parameters > 0 {
            grouped(layer.parameters as u64)
        } else {
            String::new()
        };
        vec![layer.name, layer.output.to_string(), parameters]
    });
    let head = ["layer", "output", "parameters"];
    let table = table(&caption, &head, [input].into_iter().chain(layers));
    format!("<details><summary>Architecture</summary>\n{table}</details>\n")
}
