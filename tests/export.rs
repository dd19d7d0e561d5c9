//! Models as ONNX and safetensors files. (What other programs make of them is seen by `scripts/interop`.)
#![cfg(feature = "export")]
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod common;
mod exported;

use common::{assert_fails, digits as program, parts, root};
use digits::export::{from_safetensors, to_onnx, to_safetensors};
use digits::model_file::Model;
use digits::nn::{Loss, Network};
use exported::{convolution, dense, everything, header, weights, with_header};
use ndarray::Array2;
use serde_json::json;
use std::fs;
use tempfile::tempdir;

#[test]
fn a_model_comes_back_from_safetensors_as_it_was() {
    let path = "m.safetensors".as_ref();
    let builtin = digits::Recognizer::builtin().unwrap().into_model();
    let flat = Model::new(Network::new(784, vec![dense(3, 784)], Loss::CrossEntropy).unwrap());
    for model in [everything(), flat, builtin] {
        let back = from_safetensors(&to_safetensors(&model, None).unwrap(), path).unwrap();
        assert_eq!(back, model);
        assert_eq!(back.to_bytes().unwrap(), model.to_bytes().unwrap());
        let x = Array2::from_shape_fn((3, 784), |(row, pixel)| {
            ((row * 31 + pixel * 7) % 256) as f32 / 255.0
        });
        assert_eq!(back.probabilities(&x), model.probabilities(&x));
    }
}

#[test]
fn tensors_have_the_names_and_shapes_of_pytorch() {
    let bytes = to_safetensors(&everything(), None).unwrap();
    let (end, header) = header(&bytes);
    assert!(end.is_multiple_of(8));
    for (name, shape) in [
        ("members.0.conv.0.weight", json!([3, 1, 5, 5])),
        ("members.0.conv.1.weight", json!([2, 3, 2, 2])),
        ("members.0.conv.1.bias", json!([2])),
        ("members.0.norm.0.running_var", json!([3])),
        ("members.0.norm.1.weight", json!([6])),
        ("members.0.dense.0.weight", json!([6, 288])),
        ("members.0.dense.1.bias", json!([4])),
        ("members.1.dense.0.weight", json!([4, 784])),
    ] {
        assert_eq!(header[name]["shape"], shape, "{name}");
        assert_eq!(header[name]["dtype"], "F32", "{name}");
    }
    // The second convolution's weight of output 1, channel 2, row 0, column 1, which lies here at pixel 1 of the patch.
    let from = header["members.0.conv.1.weight"]["data_offsets"][0]
        .as_u64()
        .unwrap() as usize;
    let place = end + from + 4 * (((3 + 2) * 2) * 2 + 1);
    let found = f32::from_le_bytes(bytes[place..place + 4].try_into().unwrap());
    assert_eq!(found, weights(2, 12)[[1, 3 + 2]]);
    // PyTorch counts batches beside a normalisation's statistics.
    let counted = with_header(&bytes, |header| {
        let end = bytes.len() - end;
        header["members.0.norm.0.num_batches_tracked"] =
            json!({ "dtype": "I64", "shape": [], "data_offsets": [end, end] });
    });
    assert_eq!(from_safetensors(&counted, "m".as_ref()).unwrap(), everything());
}

#[test]
fn onnx_holds_every_kind_of_layer_or_says_why_not() {
    let bytes = to_onnx(&everything(), None).unwrap();
    let has = |words: &str| {
        bytes
            .windows(words.len())
            .any(|window| window == words.as_bytes())
    };
    for operator in [
        "Conv",
        "BatchNormalization",
        "LeakyRelu",
        "MaxPool",
        "Sigmoid",
        "Tanh",
        "Gemm",
        "Relu",
        "Softmax",
        "Where",
        "Pad",
        "Slice",
        "MatMul",
        "GatherElements",
        "Mean",
        "image",
        "probabilities",
        "logits",
    ] {
        assert!(has(operator), "{operator}");
    }
    assert!(!has("Dropout") && !has("accuracy"));
    let measured = to_onnx(&everything(), Some("0.5 of two images")).unwrap();
    assert!(measured.windows(17).any(|bytes| bytes == b"0.5 of two images"));
    // Convolutions of single pixels after a fully connected layer, and other images.
    let late = Network::new(
        784,
        vec![dense(3, 784), convolution(2, 3, 1, 0)],
        Loss::CrossEntropy,
    )
    .unwrap();
    let wide = Network::new([14, 56, 1], vec![dense(3, 784)], Loss::CrossEntropy).unwrap();
    let error = |network| to_onnx(&Model::new(network), None).unwrap_err().to_string();
    assert!(error(late).contains("after a fully connected layer"));
    assert!(error(wide).contains("expected one of 28×28 images, found 14×56×1"));
}

#[test]
fn the_output_says_the_format_or_the_flag_does() {
    let folder = tempdir().unwrap();
    let export = |args: &[&str]| {
        parts(&program(
            folder.path(),
            &[&["export", "--model", "builtin"], args].concat(),
        ))
    };
    let (code, stdout, stderr) = export(&["--output", "new/m.onnx"]);
    assert_eq!(
        (code, stdout.as_str(), stderr.as_str()),
        (0, "", "model: builtin\nwrote new/m.onnx\n")
    );
    assert_eq!(
        export(&["--output", "other", "--format", "onnx", "--quiet"]).2,
        ""
    );
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("new/m.onnx"), read("other"));
    assert_eq!(export(&["--output", "m.SAFETENSORS"]).0, 0);
    let (code, _, stderr) = export(&["--output", "n.onnx", "--format", "safetensors"]);
    assert!(
        code == 2 && stderr.contains("expected onnx, as n.onnx promises"),
        "{stderr}"
    );
    let args = ["import", "m.SAFETENSORS", "--output", "m.bin", "--quiet"];
    assert_eq!(
        parts(&program(folder.path(), &args)),
        (0, String::new(), String::new())
    );
    assert_eq!(
        read("m.bin"),
        fs::read(root().join("models/cnn-best.bin")).unwrap()
    );

    let unknown = ["export", "--model", "builtin", "--output", "m.pt"];
    assert_fails(
        folder.path(),
        &unknown,
        2,
        &["format: expected onnx or safetensors", "m.pt"],
    );
    assert_fails(
        folder.path(),
        &["export", "--output", "m.onnx", "--model", "none"],
        3,
        &["none"],
    );
    assert_fails(folder.path(), &["export", "--output", "."], 2, &["format"]);
    assert_fails(
        folder.path(),
        &["export", "--format", "onnx", "--output", "."],
        1,
        &["cannot write"],
    );
}
