//! Safetensors files that are none, or of no model, are refused by name.
#![cfg(feature = "export")]
#![allow(clippy::unwrap_used)]

mod common;
mod exported;

use common::assert_fails;
use digits::export::to_safetensors;
use exported::{everything, header, with_header};
use serde_json::{Value, json};
use std::fs;
use tempfile::tempdir;

/// The file with another architecture.
fn with_architecture(bytes: &[u8], change: impl Fn(&mut Value)) -> Vec<u8> {
    with_header(bytes, |header| {
        let text = header["__metadata__"]["architecture"].as_str().unwrap();
        let mut architecture: Value = serde_json::from_str(text).unwrap();
        change(&mut architecture);
        header["__metadata__"]["architecture"] = architecture.to_string().into();
    })
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
        ("foreign", foreign, "no metadata called `architecture`"),
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
        ("rate", layer(9, "rate", 1.into()), "dropout: expected a rate"),
        (
            "names",
            with(|model| model["classes"] = json!(["a"])),
            "1 class names for 4 classes",
        ),
        (
            "views",
            with(|model| model["views"] = json!(vec![[0, 0]; 1_000])),
            "1000 views",
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

/// A file of one network whose first layer is `first`, of images of the shape `input`, with these tensors, all of
/// them without a number.
fn without_numbers(input: &Value, first: &Value, tensors: &[(&str, Value)]) -> Vec<u8> {
    let architecture = json!({
        "input": input, "views": [[0, 0]], "classes": ["a", "b"], "temperature": 1.0, "notes": [],
        "members": [{ "loss": "cross-entropy", "layers": [first] }],
    });
    let mut header = json!({ "__metadata__": { "architecture": architecture.to_string() } });
    for (name, shape) in tensors {
        header[*name] = json!({ "dtype": "F32", "shape": shape, "data_offsets": [0, 0] });
    }
    let text = header.to_string();
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

#[test]
fn tensors_without_numbers_are_refused() {
    let dense = json!({ "kind": "dense", "inputs": 0, "outputs": 0 });
    let most = json!([u64::MAX, 1, 1]);
    let convolution = json!({ "kind": "convolution", "inputs": 1, "outputs": 0, "kernel": 0, "border": 0 });
    assert_refused([
        (
            "dense",
            without_numbers(
                &json!([0, 0, 0]),
                &dense,
                &[
                    ("members.0.dense.0.weight", json!([0, 0])),
                    ("members.0.dense.0.bias", json!([0])),
                ],
            ),
            "0 bytes for members.0.dense.0.",
        ),
        (
            "huge",
            without_numbers(
                &most,
                &json!({ "kind": "dense", "inputs": u64::MAX, "outputs": 0 }),
                &[
                    ("members.0.dense.0.weight", json!([0, u64::MAX])),
                    ("members.0.dense.0.bias", json!([0])),
                ],
            ),
            "0 bytes for members.0.dense.0.",
        ),
        (
            "convolution",
            without_numbers(
                &json!([28, 28, 1]),
                &convolution,
                &[
                    ("members.0.conv.0.weight", json!([0, 1, 0, 0])),
                    ("members.0.conv.0.bias", json!([0])),
                ],
            ),
            "0 bytes for members.0.conv.0.",
        ),
    ]);
}
