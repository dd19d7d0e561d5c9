//! What an exported model says of itself, for whoever finds it without its maker.

use crate::model_file::Model;
use std::collections::BTreeMap;

/// How an image has to look.
const INPUT: &str = "grey images of 28×28 pixels, shape (N, 1, 28, 28), float32 from 0 to 1";
const POLARITY: &str = "1 is full ink, 0 background: white on black";
const PLACEMENT: &str = "as MNIST's: the ink's tight box scaled so that its longer side is 20 pixels, placed in 28×28 by its \
                         centre of mass";

/// Names and values. Of its training, what the model's notes hold, and nothing that they do not; its `accuracy` if
/// somebody has measured it.
pub(super) fn metadata(model: &Model, accuracy: Option<&str>) -> BTreeMap<String, String> {
    let mut entries = BTreeMap::from(
        [
            ("classes", serde_json::json!(model.class_names).to_string()),
            ("input", INPUT.to_owned()),
            ("polarity", POLARITY.to_owned()),
            ("placement", PLACEMENT.to_owned()),
            ("temperature", model.temperature.to_string()),
            ("members", model.members.len().to_string()),
            ("views", serde_json::json!(model.views).to_string()),
            ("exported by", format!("digits {}", env!("CARGO_PKG_VERSION"))),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    if let Some(accuracy) = accuracy {
        entries.insert("accuracy".to_owned(), accuracy.to_owned());
    }
    for (name, value) in &model.notes {
        entries.insert(format!("training: {name}"), value.clone());
    }
    entries
}
