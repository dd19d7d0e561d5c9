//! Models as safetensors files, and back: weights under PyTorch's names, all else in the metadata `architecture`.

use super::architecture::Architecture;
use super::container::{self, Content};
use super::layout::tensors;
use super::metadata::metadata;
use crate::error::{Error, Result};
use crate::model_file::Model;
use std::io::Read;
use std::path::Path;

/// The name of the metadata that says how the tensors make a model.
const ARCHITECTURE: &str = "architecture";
/// The largest file that is read, in bytes: what a model file has room for, and a header.
const MAX_FILE: usize = 257 << 20;

/// The bytes of a safetensors file, whose metadata say what those of [`super::to_onnx`] do.
///
/// ```
/// let model = digits::Recognizer::builtin()?.into_model();
/// let bytes = digits::export::to_safetensors(&model, None)?;
/// assert_eq!(digits::export::from_safetensors(&bytes, "m.safetensors".as_ref())?, model);
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Errors
/// [`Error::System`] if the header cannot be encoded, which no model is known to bring about.
pub fn to_safetensors(model: &Model, accuracy: Option<&str>) -> Result<Vec<u8>> {
    let refused = |reason: serde_json::Error| Error::System {
        what: "cannot encode the model",
        reason: reason.to_string(),
    };
    let mut entries = metadata(model, accuracy);
    let architecture = serde_json::to_string(&Architecture::of(model)).map_err(refused)?;
    entries.insert(ARCHITECTURE.to_owned(), architecture);
    // By this PyTorch's own tools know whose layout it is.
    entries.insert("format".to_owned(), "pt".to_owned());
    let members = model.members.iter().enumerate();
    let tensors: Vec<_> = members
        .flat_map(|(member, network)| tensors(member, network))
        .flatten()
        .collect();
    container::write(entries, &tensors).map_err(refused)
}

/// Reads a model from the bytes of a safetensors file that [`to_safetensors`] has made, or that PyTorch has saved
/// with the metadata of such a file; `path` is for messages.
///
/// ```
/// let error = digits::export::from_safetensors(b"no tensors", "m.safetensors".as_ref()).unwrap_err();
/// assert!(error.to_string().starts_with("m.safetensors: expected a safetensors file"));
/// ```
///
/// # Errors
/// [`Error::Model`] if a tensor is missing, too many, of another shape or type than the architecture says, or not
/// finite; or if the model would be none that a model file may hold.
pub fn from_safetensors(bytes: &[u8], path: &Path) -> Result<Model> {
    let malformed = |found: String, remedy: &str| Error::Model {
        path: path.to_path_buf(),
        expected: "a safetensors file with the architecture of a model of digits".to_owned(),
        found,
        remedy: remedy.to_owned(),
    };
    let export = "make one with `digits export --format safetensors`";
    let mut content = container::read(bytes).map_err(|found| malformed(found, export))?;
    let Some(architecture) = content.metadata.get(ARCHITECTURE) else {
        let keep = "save tensors with the metadata of the file that they came from";
        return Err(malformed(format!("no metadata called `{ARCHITECTURE}`"), keep));
    };
    let architecture: Architecture = serde_json::from_str(architecture)
        .map_err(|reason| malformed(format!("an architecture that is none: {reason}"), export))?;
    let mend = "save it again with the tensors that its architecture asks for";
    let model = build(architecture, &mut content).map_err(|found| malformed(found, mend))?;
    // What a model file may not hold is no model here either.
    Model::from_bytes(&model.to_bytes()?, path).map_err(|error| match error {
        Error::Model { found, .. } => malformed(found, export),
        error => error,
    })
}

fn build(architecture: Architecture, content: &mut Content) -> std::result::Result<Model, String> {
    let model = architecture.build(|name, shape| content.take(name, shape))?;
    match content.left() {
        Some(name) => Err(format!("a tensor {name} that its architecture does not have")),
        None => model.inconsistency().map_or(Ok(model), Err),
    }
}

/// [`from_safetensors`] of the file at `path`.
///
/// ```no_run
/// let model = digits::export::load_safetensors("model.safetensors".as_ref())?;
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Errors
/// [`Error::Read`] if it cannot be read, else as [`from_safetensors`].
pub fn load_safetensors(path: &Path) -> Result<Model> {
    let file = std::fs::File::open(path).map_err(Error::read(path))?;
    let mut bytes = Vec::new();
    // A longer one is cut off, and found to be so.
    file.take(MAX_FILE as u64)
        .read_to_end(&mut bytes)
        .map_err(Error::read(path))?;
    from_safetensors(&bytes, path)
}
