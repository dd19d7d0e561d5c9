//! Models in the formats of other programs: ONNX to run them anywhere, safetensors to take them to PyTorch and back.
//!
//! | format      | holds                                                 | written by         | read by              |
//! |-------------|-------------------------------------------------------|--------------------|----------------------|
//! | ONNX        | all that is computed, from image to probabilities     | [`to_onnx`]        | onnxruntime and others |
//! | safetensors | weights under PyTorch's names, the rest as metadata   | [`to_safetensors`] | [`from_safetensors`], `integrations/pytorch` |
//!
//! Here a pixel's channels are neighbours in memory; there each channel is an image of its own. Weights are put in
//! their order (`layout.rs`), so that nothing is left to turn around when the model runs.

mod architecture;
mod container;
mod deslanting;
mod layout;
mod metadata;
mod onnx;
mod proto;
mod safetensors;

pub use onnx::to_onnx;
pub use safetensors::{from_safetensors, load_safetensors, to_safetensors};
