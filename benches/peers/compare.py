"""Times everyone on the same work, in alternation, and writes docs/peers.md: medians and ratios."""
import gzip
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from PIL import Image

from machine import processor

ROUNDS = 5
# An epoch takes (wall of 8 epochs - wall of 2) / 6: what a process costs beside training falls out.
SHORT, LONG = 2, 8
DIGITS = "target/release/digits"
OUR_PRODUCT = "target/release/examples/matrix_product"
HERE = os.path.dirname(__file__)
SCRATCH = tempfile.mkdtemp()


def wall(command):
    """Seconds of a process."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def peak_memory(command):
    """Peak memory of a process in megabytes, by GNU time: a child of ours would be charged with our own memory."""
    subprocess.run(["/usr/bin/time", "-f", "%M", "-o", f"{SCRATCH}/memory"] + command, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)
    with open(f"{SCRATCH}/memory") as file:
        return int(file.read()) / 1024


def python(script, *arguments):
    return [sys.executable, f"{HERE}/{script}.py", *map(str, arguments)]


def digits_train(epochs, batch, hidden, threads=2):
    return [DIGITS, "train", "--quiet", "--validation", "0", "--epochs", str(epochs), "--batch-size", str(batch),
            "--deslanted-members", "0", "--hidden", str(hidden), "--lr", "0.2", "--threads", str(threads), "--output", f"{SCRATCH}/model"]


def epoch(command_of):
    """Seconds an epoch."""
    return (wall(command_of(LONG)) - wall(command_of(SHORT))) / (LONG - SHORT)


def peak():
    """The best rate of MKL's f32 matrix product, or our own, with two threads at a few sizes, in GFLOP/s; and the time of
    MKL's 1024 x 1024 one in milliseconds: how quiet the machine is."""
    torch.set_num_threads(2)
    best, fixed = float(subprocess.check_output([OUR_PRODUCT])), 0
    for size in (512, 1024, 2048, 4096):
        a, b = torch.rand(size, size), torch.rand(size, size)
        times = []
        for _ in range(10):
            start = time.perf_counter()
            a @ b
            times.append(time.perf_counter() - start)
        best = max(best, 2e-9 * size**3 / min(times))
        if size == 1024:
            fixed = 1e3 * statistics.median(times)
    return best, fixed


def alternate(contestants, measure):
    """The median of each contestant's measurements, which take turns."""
    results = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name, contestant in contestants.items():
            results[name].append(measure(contestant))
    return {name: statistics.median(values) for name, values in results.items()}


def training(lines):
    lines += ["| net, batch | digits, 2 threads | digits, 1 | PyTorch, 2 | PyTorch, 1 | scikit-learn | best peer / digits |"
              " share of peak | 1024³ product |", "|---|---|---|---|---|---|---|---|---|"]
    for hidden, batch in ((512, 128), (512, 64), (128, 128)):
        contestants = {
            "ours": lambda epochs: digits_train(epochs, batch, hidden),
            "ours, 1": lambda epochs: digits_train(epochs, batch, hidden, 1),
            "torch, 2": lambda epochs: python("train_torch", 2, epochs, batch, hidden),
            "torch, 1": lambda epochs: python("train_torch", 1, epochs, batch, hidden),
        }
        if (hidden, batch) == (512, 128):
            contestants["sklearn"] = lambda epochs: python("train_sklearn", epochs)
        gflops, fixed = peak()
        seconds = alternate(contestants, epoch)
        ratio = min(seconds["torch, 1"], seconds["torch, 2"]) / seconds["ours"]
        # Products of a dense network: forward, and backward but for the inputs' gradient.
        work = 60_000 * (2 * 2 * 784 * hidden + 3 * 2 * hidden * 10) * 1e-9
        share = work / seconds["ours"] / gflops
        cells = [f"{seconds[name]:.3f} s" if name in seconds else "" for name in
                 ("ours", "ours, 1", "torch, 2", "torch, 1", "sklearn")]
        lines.append(f"| 784-{hidden}-10, {batch} | " + " | ".join(cells)
                     + f" | **{ratio:.1f}** | {100 * share:.0f} % of {gflops:.0f} GFLOP/s | {fixed:.1f} ms |")
        print(lines[-1], flush=True)


def test_images():
    with gzip.open("data/t10k-images-idx3-ubyte.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)


def predicting(lines):
    """The built-in model on one picture: here, and exported."""
    picture = f"{SCRATCH}/digit.png"
    Image.fromarray(test_images()[0]).save(picture)
    for name in ("model.onnx", "model.safetensors"):
        subprocess.run([DIGITS, "export", "--quiet", "--model", "builtin", "--output", f"{SCRATCH}/{name}"], check=True)
    contestants = {
        "digits": [DIGITS, "predict", "--quiet", "--model", "builtin", picture],
        "onnxruntime": python("predict_onnx", f"{SCRATCH}/model.onnx", picture),
        "PyTorch": python("predict_torch", f"{SCRATCH}/model.safetensors", picture),
    }
    answers = {subprocess.check_output(command).decode()[0] for command in contestants.values()}
    assert len(answers) == 1, answers
    seconds = alternate(contestants, wall)
    lines += ["", "| the built-in model on a 28×28 PNG, whole process | wall | peak memory |", "|---|---|---|"]
    for name, command in contestants.items():
        lines.append(f"| {name} | {1e3 * seconds[name]:.1f} ms | {peak_memory(command):.0f} MB |")
        print(lines[-1], flush=True)


def ourselves(lines):
    """What nobody is beside: a photo, many pictures, the test set, the default training."""
    images = [Image.fromarray(image) for image in test_images()[:1000]]
    pictures = [f"{SCRATCH}/{index}.png" for index in range(1000)]
    for image, picture in zip(images, pictures):
        image.save(picture)
    photo = f"{SCRATCH}/photo.jpg"
    Image.eval(images[0], lambda shade: 255 - shade).resize((4000, 3000), Image.BICUBIC).convert("RGB").save(photo)
    predict = [DIGITS, "predict", "--quiet", "--model", "builtin"]
    lines += ["", "| digits, whole process | wall | peak memory |", "|---|---|---|"]
    for name, command in {
        "a 12-megapixel JPEG": predict + [photo],
        "1,000 PNGs of 28×28": predict + pictures,
        "`digits eval`": [DIGITS, "eval", "--quiet", "--model", "builtin"],
        "`digits train`, its defaults": [DIGITS, "train", "--quiet", "--output", f"{SCRATCH}/model"],
    }.items():
        seconds = statistics.median(wall(command) for _ in range(ROUNDS))
        lines.append(f"| {name} | {1e3 * seconds:.0f} ms | {peak_memory(command):.0f} MB |")
        print(lines[-1], flush=True)


def main():
    lines = [f"Seconds an epoch of 60,000 images, medians of {ROUNDS} rounds in alternation, (wall of {LONG} epochs − wall "
             f"of {SHORT}) / {LONG - SHORT}; {os.cpu_count()} cores of {processor()}; PyTorch {torch.__version__}.",
             "Made by `benches/peers/run`.", ""]
    wall(digits_train(1, 128, 512))
    training(lines)
    predicting(lines)
    ourselves(lines)
    with open("docs/peers.md", "w") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
