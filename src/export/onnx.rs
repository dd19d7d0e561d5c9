//! A model as an ONNX graph: from `image` to `logits` and `probabilities`.
//!
//! ```text
//! image (N, 1, 28, 28) ─▶ shifted by each view ─▶ layers of each member ─▶ its probabilities ─▶ their mean: probabilities (N, C)
//! ```
//!
//! The softmax of `logits` is always `probabilities`. For one network of logits, seen once, `logits` are its outputs
//! divided by the temperature; for anything else there is no such sum, and `logits` are the logarithms of the
//! probabilities.

use super::layout::{Tensor, tensors};
use super::metadata::metadata;
use super::proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto, ValueInfoProto,
};
use crate::dataset::{PIXELS, SIDE};
use crate::error::{Error, Result};
use crate::model_file::Model;
use crate::nn::{Activation, Layer, Loss, NORMALIZATION_EPSILON, Network, Shape};
use prost::Message;
use std::collections::BTreeMap;

/// What readers must know: the first version of the format and of its operators in which all of ours are as we use
/// them.
const IR_VERSION: i64 = 7;
const OPERATORS: i64 = 13;

/// The bytes of an ONNX file, operators of version 13, that computes what [`Model::probabilities`] does.
///
/// Its input is `image`, float32 of shape (N, 1, 28, 28) for any N, 0 background to 1 full ink; its outputs are
/// `probabilities` (N, C), temperature included, and `logits` (N, C), whose softmax they are: the network's own
/// outputs divided by the temperature, or, for several members or views or the squared error, the logarithms of the
/// probabilities. The metadata say how an image must look, where the model comes from, and its `accuracy`, in words,
/// if it has been measured.
///
/// ```
/// let model = digits::Recognizer::builtin()?.into_model();
/// assert!(digits::export::to_onnx(&model, None)?.len() > 4 * 4 * 144_618);
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] if the model does not take 28×28 images, or has a convolution after a fully connected layer.
pub fn to_onnx(model: &Model, accuracy: Option<&str>) -> Result<Vec<u8>> {
    let mut graph = Graph::default();
    let members: Vec<_> = model
        .members
        .iter()
        .enumerate()
        .map(|(member, network)| (network, tensors(member, network)))
        .collect();
    for tensor in members.iter().flat_map(|(_, layers)| layers).flatten() {
        graph.floats(&tensor.name, &tensor.shape, &tensor.values);
    }
    let has_logits = |network: &Network| network.loss() == Loss::CrossEntropy;
    if model.members.iter().any(has_logits) {
        graph.floats("temperature", &[], &[model.temperature]);
    }

    let plain = members.len() == 1 && model.views.len() == 1 && has_logits(&model.members[0]);
    let mut probabilities = Vec::new();
    for &view in &model.views {
        let image = graph.shifted(view);
        for (network, tensors) in &members {
            let outputs = graph.network(network, tensors, &image)?;
            if plain {
                graph.named("Div", &[&outputs, "temperature"], "logits", vec![]);
                graph.named("Softmax", &["logits"], "probabilities", vec![axis(1)]);
            } else {
                probabilities.push(graph.probabilities(network, &outputs));
            }
        }
    }
    if !plain {
        let inputs: Vec<&str> = probabilities.iter().map(String::as_str).collect();
        graph.named("Mean", &inputs, "probabilities", vec![]);
        // No probability is so small that it has no logarithm.
        graph.floats("least", &[], &[f32::MIN_POSITIVE]);
        let clipped = graph.node("Clip", &["probabilities", "least"], vec![]);
        graph.named("Log", &[&clipped], "logits", vec![]);
    }
    let classes = model.class_names.len();
    let entries = metadata(model, accuracy);
    Ok(described(entries, plain, graph.finish(classes)).encode_to_vec())
}

/// The graph with what is to be said of it: `entries`, and what its logits are.
fn described(mut entries: BTreeMap<String, String>, plain: bool, graph: GraphProto) -> ModelProto {
    let logits = if plain {
        "the network's outputs divided by the temperature; their softmax is the probabilities"
    } else {
        "natural logarithms of the probabilities, which are means; their softmax is the probabilities"
    };
    entries.insert("logits".to_owned(), logits.to_owned());
    let entries = entries.into_iter();
    ModelProto {
        ir_version: IR_VERSION,
        producer_name: "digits".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: "Tells handwritten characters apart; metadata_props say how images must look.".to_owned(),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: OPERATORS,
        }],
        metadata_props: entries
            .map(|(key, value)| StringStringEntryProto { key, value })
            .collect(),
    }
}

fn axis(axis: i64) -> AttributeProto {
    AttributeProto::int("axis", axis)
}

/// A graph under construction.
#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
    /// The images that are deslanted, each with the name of the upright ones: all networks share them.
    upright: BTreeMap<String, String>,
}

impl Graph {
    /// A constant of floats, which is the same whenever it has the same name.
    pub(super) fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        if self.constants.iter().all(|constant| constant.name != name) {
            self.constants.push(TensorProto::floats(name, shape, values));
        }
    }

    /// A constant of whole numbers, by its name.
    pub(super) fn ints(&mut self, values: &[i64]) -> String {
        let name = format!("numbers.{}", self.constants.len());
        self.constants.push(TensorProto::ints(&name, values));
        name
    }

    /// Adds a node whose output is `output`.
    fn named(&mut self, operator: &str, inputs: &[&str], output: &str, attributes: Vec<AttributeProto>) {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![output.to_owned()],
            name: format!("{operator}.{}", self.nodes.len()),
            op_type: operator.to_owned(),
            attribute: attributes,
        });
    }

    /// Adds a node; the name of its output.
    pub(super) fn node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> String {
        let output = format!("{}.{}", operator.to_lowercase(), self.nodes.len());
        self.named(operator, inputs, &output, attributes);
        output
    }

    /// The image moved down and right, with background where nothing moves in.
    fn shifted(&mut self, view: [i8; 2]) -> String {
        if view == [0, 0] {
            return "image".to_owned();
        }
        let [down, right] = view.map(i64::from);
        let side = SIDE as i64;
        // Background on the sides that the image moves away from; then as much is cut off at the others.
        let pads = self.ints(&[
            0,
            0,
            down.max(0),
            right.max(0),
            0,
            0,
            (-down).max(0),
            (-right).max(0),
        ]);
        let padded = self.node("Pad", &["image", &pads], vec![]);
        let (top, left) = ((-down).max(0), (-right).max(0));
        let starts = self.ints(&[top, left]);
        let ends = self.ints(&[top + side, left + side]);
        let axes = self.ints(&[2, 3]);
        self.node("Slice", &[&padded, &starts, &ends, &axes], vec![])
    }

    /// The image deslanted, once for all networks.
    fn upright(&mut self, image: &str) -> String {
        if let Some(upright) = self.upright.get(image) {
            return upright.clone();
        }
        let upright = self.deslanted(image);
        self.upright.insert(image.to_owned(), upright.clone());
        upright
    }

    /// The outputs (N, C) of `network`, whose layers have these `tensors`, for images (N, 1, 28, 28).
    fn network(&mut self, network: &Network, tensors: &[Vec<Tensor>], image: &str) -> Result<String> {
        let inputs = network.shapes()[0];
        let mut x = image.to_owned();
        if network.deslants() {
            x = self.upright(image);
        }
        // Whether the numbers of a sample are in a row, and not (channels, rows, columns).
        let mut flat = inputs == Shape::from(PIXELS);
        if flat {
            x = self.node("Flatten", &[&x], vec![axis(1)]);
        } else if inputs != Shape::from([SIDE, SIDE, 1]) {
            return Err(Error::parameter("model", "one of 28×28 images", inputs));
        }
        for (layer, tensors) in network.layers().iter().zip(tensors) {
            if !flat && matches!(layer, Layer::Dense(_)) {
                x = self.node("Flatten", &[&x], vec![axis(1)]);
                flat = true;
            }
            if flat && matches!(layer, Layer::Convolution(_)) {
                let found = "one after a fully connected layer, which ONNX has no image for";
                return Err(Error::parameter("model", "convolutions of images", found));
            }
            x = self.layer(layer, tensors, x);
        }
        if !flat {
            // Our classes would be the numbers of an image, in our order.
            let order = AttributeProto::ints("perm", &[0, 2, 3, 1]);
            x = self.node("Transpose", &[&x], vec![order]);
            x = self.node("Flatten", &[&x], vec![axis(1)]);
        }
        Ok(x)
    }

    /// What `layer` makes of `x`.
    fn layer(&mut self, layer: &Layer, tensors: &[Tensor], x: String) -> String {
        let mut inputs = vec![x.as_str()];
        inputs.extend(tensors.iter().map(|tensor| tensor.name.as_str()));
        match layer {
            Layer::Dense(_) => self.node("Gemm", &inputs, vec![AttributeProto::int("transB", 1)]),
            Layer::Convolution(convolution) => {
                let attributes = vec![
                    AttributeProto::ints("kernel_shape", &[convolution.kernel(); 2]),
                    AttributeProto::ints("pads", &[convolution.padding(); 4]),
                ];
                self.node("Conv", &inputs, attributes)
            }
            Layer::Normalization(_) => {
                let epsilon = AttributeProto::float("epsilon", NORMALIZATION_EPSILON as f32);
                self.node("BatchNormalization", &inputs, vec![epsilon])
            }
            Layer::MaxPool => {
                let pair = |name| AttributeProto::ints(name, &[2, 2]);
                self.node("MaxPool", &inputs, vec![pair("kernel_shape"), pair("strides")])
            }
            Layer::Activation(Activation::Sigmoid { slope }) => {
                let factor = format!("slope.{}", self.nodes.len());
                self.floats(&factor, &[], &[*slope]);
                let scaled = self.node("Mul", &[&x, &factor], vec![]);
                self.node("Sigmoid", &[&scaled], vec![])
            }
            Layer::Activation(Activation::LeakyRelu { leak }) => {
                self.node("LeakyRelu", &inputs, vec![AttributeProto::float("alpha", *leak)])
            }
            Layer::Activation(Activation::Relu) => self.node("Relu", &inputs, vec![]),
            Layer::Activation(Activation::Tanh) => self.node("Tanh", &inputs, vec![]),
            // A finished network leaves out nothing, and images are upright by now.
            Layer::Dropout { .. } | Layer::Deslant => x,
        }
    }

    /// The probabilities that the outputs of `network` stand for: see [`Network::outputs_to_probabilities`].
    fn probabilities(&mut self, network: &Network, outputs: &str) -> String {
        match network.loss() {
            Loss::CrossEntropy => {
                let logits = self.node("Div", &[outputs, "temperature"], vec![]);
                self.node("Softmax", &[&logits], vec![axis(1)])
            }
            Loss::SquaredError => {
                let axes = self.ints(&[1]);
                let number = self.nodes.len();
                let (zero, equal) = (format!("zero.{number}"), format!("equal.{number}"));
                self.floats(&zero, &[], &[0.0]);
                self.floats(&equal, &[], &[1.0 / network.classes() as f32]);
                let clipped = self.node("Relu", &[outputs], vec![]);
                let keep = AttributeProto::int("keepdims", 1);
                let sum = self.node("ReduceSum", &[&clipped, &axes], vec![keep]);
                let some = self.node("Greater", &[&sum, &zero], vec![]);
                let shares = self.node("Div", &[&clipped, &sum], vec![]);
                self.node("Where", &[&some, &shares, &equal], vec![])
            }
        }
    }

    fn finish(self, classes: usize) -> GraphProto {
        GraphProto {
            node: self.nodes,
            name: "digits".to_owned(),
            initializer: self.constants,
            input: vec![ValueInfoProto::floats("image", &[1, SIDE, SIDE])],
            output: ["logits", "probabilities"]
                .map(|name| ValueInfoProto::floats(name, &[classes]))
                .to_vec(),
        }
    }
}
