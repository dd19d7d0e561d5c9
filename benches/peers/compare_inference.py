"""Times the built-in model on the test set, here and exported in onnxruntime, in alternation, and writes docs/peers-inference.md.
Ours are whole processes, with their start, reading the data and all that they report; onnxruntime's time is that of its
session alone, over arrays that are there already. For the pictures it reads PNGs too, but looks for no digit in them."""
import gzip
import os
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnxruntime
from PIL import Image

from machine import processor

ROUNDS = 7
PICTURES = 2000
THREADS = 2
DIGITS = "target/release/digits"
SCRATCH = tempfile.mkdtemp()


def wall(command):
    """Seconds of a process."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def session(model, images, batch):
    """Seconds of the model over the images, `batch` at a time."""
    start = time.perf_counter()
    for first in range(0, len(images), batch):
        model.run(["probabilities"], {"image": images[first:first + batch]})
    return time.perf_counter() - start


def read(files):
    """White-on-black PNGs of 28×28 as the exported model takes them."""
    return np.stack([np.asarray(Image.open(file), np.float32)[None] / 255 for file in files])


def main():
    with gzip.open("data/t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    images = pixels.astype(np.float32) / 255
    folder = f"{SCRATCH}/pictures"
    os.mkdir(folder)
    files = [f"{folder}/{index:05}.png" for index in range(PICTURES)]
    for image, file in zip(pixels, files):
        Image.fromarray(image[0]).save(file)
    subprocess.run([DIGITS, "export", "--quiet", "--model", "builtin", "--format", "onnx", "--output", f"{SCRATCH}/model.onnx"],
                   check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    model = onnxruntime.InferenceSession(f"{SCRATCH}/model.onnx", options, providers=["CPUExecutionProvider"])
    # The batch that suits onnxruntime best.
    batch = min((32, 64, 128, 256, 1000), key=lambda batch: session(model, images, batch))

    def read_and_run():
        start = time.perf_counter()
        session(model, read(files), batch)
        return time.perf_counter() - start

    def beside_both():
        return {
            "`digits eval`, the test set": (len(images), wall([DIGITS, "eval", "--quiet", "--model", "builtin", "--threads",
                                                              str(THREADS)])),
            "onnxruntime, the test set": (len(images), session(model, images, batch)),
            f"`digits predict`, {PICTURES:,} PNGs": (PICTURES, wall([DIGITS, "predict", "--quiet", "--model", "builtin", folder])),
            f"onnxruntime and Pillow, {PICTURES:,} PNGs": (PICTURES, read_and_run()),
        }

    rates = {}
    for _ in range(ROUNDS):
        for name, (count, seconds) in beside_both().items():
            rates.setdefault(name, []).append(count / seconds)
        print({name: round(values[-1]) for name, values in rates.items()}, flush=True)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    ours, theirs, our_pictures, their_pictures = medians.values()
    lines = [f"Images a second of the built-in model; medians of {ROUNDS} rounds in alternation, {THREADS} threads on "
             f"{os.cpu_count()} cores of {processor()}; onnxruntime {onnxruntime.__version__}, batches of {batch}.",
             "Ours are whole processes; onnxruntime's start and reading of the test set are not counted.",
             "Made by `benches/peers/run inference`.", "", "| | images a second |", "|---|---|"]
    lines += [f"| {name} | {rate:.0f} |" for name, rate in medians.items()]
    lines += ["", f"digits / onnxruntime: **{ours / theirs:.2f}** on the test set, **{our_pictures / their_pictures:.2f}** on "
              "pictures, in which ours looks for the digit, and for what is none, besides."]
    with open("docs/peers-inference.md", "w") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
