"""Models of every kind, trained a little, and what digits itself says of MNIST's test images."""

import gzip
import subprocess
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
TRAINING_IMAGES, HELD_OUT = 1500, 300

# Flags of `digits train`, by a name.
KINDS = {
    "article": "--preset article --epochs 2",
    "mlp": "--preset mlp --epochs 1",
    "tanh": "--preset mlp --epochs 20 --optimizer adam --lr 0.02 --hidden 24,16 --activation tanh --loss squared-error --deslanted-members 0",
    "leaky": "--preset mlp --epochs 1 --hidden 24 --activation leaky-relu --views 9",
    "tiny": "--preset tiny --epochs 1",
    "cnn": "--preset cnn --epochs 1 --conv 4,pool,6,6,pool --hidden 12 --members 3 --views 5 --dropout 0.1 --deslanted-members 2",
}


def idx(name):
    """The bytes of one of MNIST's files."""
    return gzip.decompress((ROOT / "data" / f"{name}.gz").read_bytes())


def test_images():
    """MNIST's test images as an exported model wants them."""
    pixels = np.frombuffer(idx("t10k-images-idx3-ubyte"), np.uint8, offset=16)
    return pixels.reshape(-1, 1, 28, 28).astype(np.float32) / np.float32(255)


def test_labels():
    return np.frombuffer(idx("t10k-labels-idx1-ubyte"), np.uint8, offset=8)


def small_data(folder):
    """A data folder with few training images, and all test images."""
    folder.mkdir(exist_ok=True)
    count = TRAINING_IMAGES.to_bytes(4, "big")
    images, labels = idx("train-images-idx3-ubyte"), idx("train-labels-idx1-ubyte")
    (folder / "train-images-idx3-ubyte").write_bytes(images[:4] + count + images[8 : 16 + 784 * TRAINING_IMAGES])
    (folder / "train-labels-idx1-ubyte").write_bytes(labels[:4] + count + labels[8 : 8 + TRAINING_IMAGES])
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        (folder / name).write_bytes(idx(name))
    return folder


def run(*arguments):
    subprocess.run([str(argument) for argument in arguments], check=True)


def models(digits, folder, kinds=(*KINDS, "builtin")):
    """For each kind: its name, model file, and the probabilities (N, C) and labels (N) of the test images."""
    data = small_data(folder / "data")
    for kind in kinds:
        model = "builtin" if kind == "builtin" else folder / f"{kind}.bin"
        if kind != "builtin":
            flags = [*KINDS[kind].split(), "--data", data, "--validation", HELD_OUT, "--quiet", "--output", model]
            run(digits, "train", *flags)
        table = folder / "predictions.csv"
        with (folder / "report").open("w") as report:
            evaluation = [digits, "eval", "--quiet", "--model", model, "--data", data, "--predictions", table]
            subprocess.run([str(argument) for argument in evaluation], check=True, stdout=report)
        rows = np.loadtxt(table, delimiter=",", skiprows=1)
        yield kind, model, rows[:, 3:].astype(np.float32), rows[:, 2].astype(int)


def compare(name, ours, labels, theirs, tolerance):
    """Fails unless both say the same of every image."""
    assert theirs.shape == ours.shape, f"{name}: expected the shape {ours.shape}, found {theirs.shape}"
    difference = float(np.abs(ours - theirs).max())
    others = int((theirs.argmax(1) != labels).sum())
    print(f"{name}: {len(ours)} images, {others} other labels, largest difference {difference:.1e}")
    assert others == 0, f"{name}: {others} images have another label"
    assert difference <= tolerance, f"{name}: probabilities differ by {difference}, expected at most {tolerance}"
