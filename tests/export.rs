//! Models as ONNX and safetensors files. (What other programs make of them is seen by `scripts/interop`.)
#![cfg(feature = "export")]
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod common;

use common::{assert_fails, digits as program, parts, root};
use digits::export::{from_safetensors, to_onnx, to_safetensors};
use digits::model_file::Model;
use digits::nn::{Activation, Convolution, Dense, Layer, Loss, Network, Normalization};
use ndarray::Array2;
use serde_json::{Value, json};
use std::fs;
use tempfile::tempdir;

/// Weights that all differ.
fn weights(outputs: usize, inputs: usize) -> Array2<f32> {
    Array2::from_shape_fn((outputs, inputs + 1), |(row, column)| {
        ((row * 7919 + column * 104_729) % 1000) as f32 / 5000.0 - 0.1
    })
}

fn dense(outputs: usize, inputs: usize) -> Layer {
    Layer::Dense(Dense::new(&weights(outputs, inputs)))
}

fn convolution(outputs: usize, inputs: usize, kernel: usize, border: usize) -> Layer {
    let weights = weights(outputs, kernel * kernel * inputs);
    Layer::Convolution(Convolution::new(&weights, kernel, border).unwrap())
}

fn normalization(channels: usize) -> Layer {
    let numbers = |from: f32| {
        (0..channels)
            .map(|channel| from + channel as f32)
            .collect::<Vec<_>>()
    };
    Layer::Normalization(Normalization::of(&weights(channels, 1), numbers(-1.0), numbers(0.5)).unwrap())
}

/// Two members of layers of every kind, with every number that a model has other than it is at first.
fn everything() -> Model {
    let first = vec![
        convolution(3, 1, 5, 1),
        normalization(3),
        Layer::Activation(Activation::LeakyRelu { leak: 0.125 }),
        Layer::MaxPool,
        convolution(2, 3, 2, 0),
        Layer::Activation(Activation::Sigmoid { slope: 0.3 }),
        dense(6, 2 * 12 * 12),
        normalization(6),
        Layer::Activation(Activation::Tanh),
        Layer::Dropout { rate: 0.25 },
        dense(4, 6),
    ];
    let second = vec![Layer::Deslant, Layer::Activation(Activation::Relu), dense(4, 784)];
    let members = [(first, Loss::CrossEntropy), (second, Loss::SquaredError)];
    let members = members.map(|(layers, loss)| Network::new([28, 28, 1], layers, loss).unwrap());
    Model {
        members: members.to_vec(),
        views: vec![[0, 0], [-3, 27]],
        class_names: ["α", "b \"c\"", "", "d\n"].map(str::to_owned).to_vec(),
        temperature: 0.37,
        notes: vec![
            ("seed".to_owned(), "0".to_owned()),
            ("seed".to_owned(), "1".to_owned()),
        ],
    }
}

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

/// Where the header ends, and what it says.
fn header(bytes: &[u8]) -> (usize, Value) {
    let end = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    (end, serde_json::from_slice(&bytes[8..end]).unwrap())
}

/// The file with another header.
fn with_header(bytes: &[u8], change: impl Fn(&mut Value)) -> Vec<u8> {
    let (end, mut value) = header(bytes);
    change(&mut value);
    let text = serde_json::to_vec(&value).unwrap();
    [&(text.len() as u64).to_le_bytes(), &text[..], &bytes[end..]].concat()
}

/// The file with another architecture.
fn with_architecture(bytes: &[u8], change: impl Fn(&mut Value)) -> Vec<u8> {
    with_header(bytes, |header| {
        let text = header["__metadata__"]["architecture"].as_str().unwrap();
        let mut architecture: Value = serde_json::from_str(text).unwrap();
        change(&mut architecture);
        header["__metadata__"]["architecture"] = architecture.to_string().into();
    })
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

/// Asserts that none of these files, each with a name and words of its error, becomes a model.
fn assert_refused(files: impl IntoIterator<Item = (&'static str, Vec<u8>, &'static str)>) {
    let folder = tempdir().unwrap();
    for (name, bytes, words) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
        let args = ["import", name, "--output", "model.bin"];
        assert_fails(folder.path(), &args, 3, &[&format!("{name}: expected"), words]);
        assert!(!folder.path().join("model.bin").exists(), "{name}");
    }
}

#[test]
fn what_is_no_such_file_is_refused_by_name() {
    let whole = to_safetensors(&everything(), None).unwrap();
    let (end, _) = header(&whole);
    let put = |number: f32| {
        let mut bytes = whole.clone();
        bytes[end + 400..end + 404].copy_from_slice(&number.to_le_bytes());
        bytes
    };
    let long_header = [&u64::MAX.to_le_bytes()[..], &[0; 9]].concat();
    let more = [&whole[..], &[0; 4]].concat();
    assert_refused([
        ("empty", vec![], "0 bytes"),
        ("short", whole[..100].to_vec(), "shorter than its header"),
        ("long-header", long_header, "shorter than its header"),
        (
            "text-header",
            b"\x03\0\0\0\0\0\0\0abc".to_vec(),
            "a header that is none",
        ),
        (
            "cut",
            whole[..whole.len() - 4].to_vec(),
            "20164 bytes of data, and members.1.dense.0.bias up to byte 20168",
        ),
        ("more", more, "4 bytes that belong to no tensor"),
        ("nan", put(f32::NAN), "that is NaN"),
        ("infinite", put(f32::NEG_INFINITY), "that is -inf"),
    ]);
    let folder = tempdir().unwrap();
    assert_fails(
        folder.path(),
        &["import", "missing", "--output", "m"],
        3,
        &["missing: cannot read it"],
    );
}

#[test]
fn tensors_that_are_not_where_or_what_the_header_says_are_refused() {
    let whole = to_safetensors(&everything(), None).unwrap();
    let bias = |key: &str, value: Value| {
        with_header(&whole, |header| {
            header["members.0.dense.1.bias"][key] = value.clone();
        })
    };
    let turned = with_header(&whole, |header| {
        header["members.0.dense.0.weight"]["shape"] = json!([288, 6]);
    });
    let renamed = with_header(&whole, |header| {
        let tensor = header.as_object_mut().unwrap().remove("members.0.conv.0.weight");
        header["other"] = tensor.unwrap();
    });
    let foreign = with_header(&whole, |header| {
        header.as_object_mut().unwrap().remove("__metadata__");
    });
    assert_refused([
        (
            "type",
            bias("dtype", "F16".into()),
            "members.0.dense.1.bias of type F16",
        ),
        (
            "shape",
            bias("shape", json!([5])),
            "16 bytes for members.0.dense.1.bias of shape [5]",
        ),
        ("huge", bias("shape", json!([u64::MAX, 2])), "of shape"),
        (
            "overlap",
            bias("data_offsets", json!([0, 16])),
            "from byte 0 of the data on, and not from 16 on",
        ),
        (
            "backward",
            bias("data_offsets", json!([16, 0])),
            "of the data on, and not from",
        ),
        ("turned", turned, "where its architecture has [6, 288]"),
        ("renamed", renamed, "no tensor members.0.conv.0.weight"),
        ("foreign", foreign, "no metadata of that name"),
    ]);
}

#[test]
fn architectures_that_the_tensors_are_not_for_are_refused() {
    let whole = to_safetensors(&everything(), None).unwrap();
    let with = |change: fn(&mut Value)| with_architecture(&whole, change);
    let layer = |index: usize, key: &str, value: Value| {
        with_architecture(&whole, |model| {
            model["members"][0]["layers"][index][key] = value.clone();
        })
    };
    let fewer = with(|model| drop(model["members"].as_array_mut().unwrap().pop()));
    assert_refused([
        ("fewer", fewer, "a tensor members.1.dense.0.bias"),
        (
            "none",
            with(|model| model["members"] = json!([])),
            "a tensor members.0",
        ),
        ("unknown", layer(3, "kind", "attention".into()), "attention"),
        ("kernel", layer(0, "kernel", 3.into()), "[3, 1, 3, 3]"),
        ("border", layer(0, "border", 5.into()), "a border of 5"),
        (
            "channels",
            layer(4, "inputs", 4.into()),
            "a convolution of 4 after a layer that gives 13×13×3",
        ),
        ("leak", layer(2, "leak", 2.into()), "leak"),
        ("rate", layer(9, "rate", 1.into()), "Dropout"),
        (
            "names",
            with(|model| model["classes"] = json!(["a"])),
            "1 class names for 4 classes",
        ),
        (
            "temperature",
            with(|model| model["temperature"] = 0.into()),
            "temperature 0",
        ),
        (
            "view",
            with(|model| model["views"] = json!([[28, 0]])),
            "a shift by 28 pixels",
        ),
        (
            "input",
            with(|model| model["input"] = json!([u64::MAX, 28, 1])),
            "after a layer that gives",
        ),
        (
            "no-input",
            with(|model| model["input"] = json!([0, 0, 0])),
            "after a layer that gives 0×0×0",
        ),
    ]);
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
