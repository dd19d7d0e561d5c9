"""Exported models as others see them: ONNX's own checker, onnxruntime, tract and ONNX's reference, and the safetensors package.

Arguments: the program, a folder to work in. With DIGITS_LONG_TESTS set, tract, the slowest but ONNX's reference, sees all
images too.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import tract
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from safetensors import safe_open
from safetensors.numpy import load_file

from models import ROOT, compare, models, run, test_images, test_labels

TOLERANCE = 1e-4
TRACT_IMAGES = 10_000 if "DIGITS_LONG_TESTS" in os.environ else 1000
REFERENCE_IMAGES = 100


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def check_onnx(name, path, images, ours, labels, truth):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert (model.ir_version, model.opset_import[0].version) == (7, 13)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert len(json.loads(metadata["classes"])) == ours.shape[1], metadata
    assert "white on black" in metadata["polarity"] and "20 pixels" in metadata["placement"], metadata
    assert len(metadata["training: data"]) == 64, metadata
    accuracy = (labels == truth).mean()
    assert abs(float(metadata["accuracy"].split()[0]) - accuracy) < 1e-6 and "10000 test images" in metadata["accuracy"], metadata

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (image,) = session.get_inputs()
    assert (image.name, image.type, image.shape) == ("image", "tensor(float)", ["N", 1, 28, 28])
    assert [output.name for output in session.get_outputs()] == ["logits", "probabilities"]
    batches = [session.run(None, {"image": batch}) for batch in np.split(images, 10)]
    logits, probabilities = (np.concatenate(parts) for parts in zip(*batches))
    compare(f"{name} in onnxruntime", ours, labels, probabilities, TOLERANCE)
    compare(f"{name}, softmax of logits", ours, labels, softmax(logits), TOLERANCE)
    one = session.run(["probabilities"], {"image": images[:1]})[0]
    assert np.abs(one - ours[:1]).max() <= TOLERANCE, "one image alone"

    second = tract.onnx().load(path).into_model().into_runnable()
    some = slice(TRACT_IMAGES)
    batches = [second.run([batch])[1].to_numpy() for batch in np.split(images[some], TRACT_IMAGES // 1000)]
    compare(f"{name} in tract", ours[some], labels[some], np.concatenate(batches), TOLERANCE)

    some = slice(0, REFERENCE_IMAGES)
    theirs = ReferenceEvaluator(model).run(["probabilities"], {"image": images[some]})[0]
    compare(f"{name} in ONNX's reference", ours[some], labels[some], theirs, TOLERANCE)
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def check_safetensors(digits, name, model, path, weights):
    tensors = load_file(path)
    for tensor, values in tensors.items():
        assert tensor.startswith("members."), tensor
        assert np.array_equal(values, weights[tensor]), f"{name}: {tensor} is another one in ONNX"
    with safe_open(path, "np") as file:
        architecture = json.loads(file.metadata()["architecture"])
    assert len(architecture["members"]) == len({tensor.split(".")[1] for tensor in tensors})

    imported = path.with_suffix(".bin.imported")
    run(digits, "import", path, "--output", imported, "--quiet")
    original = ROOT / "models/cnn-best.bin" if model == "builtin" else model
    assert imported.read_bytes() == original.read_bytes(), f"{name}: another model came back"
    print(f"{name}: {len(tensors)} tensors in safetensors; the same model came back, byte for byte")


def main():
    digits, folder = sys.argv[1], Path(sys.argv[2])
    images, truth = test_images(), test_labels()
    for name, model, ours, labels in models(digits, folder):
        for end, measured in (("onnx", ["--measure", "--data", ROOT / "data"]), ("safetensors", [])):
            run(digits, "export", "--quiet", "--model", model, *measured, "--output", folder / f"{name}.{end}")
        weights = check_onnx(name, folder / f"{name}.onnx", images, ours, labels, truth)
        check_safetensors(digits, name, model, folder / f"{name}.safetensors", weights)


main()
