"""Times the training of a small convnet, ours and PyTorch's in alternation, and writes docs/peers-convnet.md. Ours distorts
every image anew on the way, PyTorch's does not."""
import os
import statistics
import subprocess
import sys
import tempfile
import time

from machine import processor

ROUNDS = 3
# An epoch is the wall of two epochs less that of one: what a process costs beside training falls out.
SHORT, LONG = 1, 2
HERE = os.path.dirname(__file__)
SCRATCH = tempfile.mkdtemp()
DIGITS = ["target/release/digits", "train", "--quiet", "--validation", "0", "--preset", "cnn",
          "--conv", "16,16,pool,32,32,pool", "--hidden", "128", "--dropout", "0.25", "--batch-size", "128",
          "--weight-decay", "0", "--averaging", "0",
          "--threads", "2", "--output", f"{SCRATCH}/model"]
CONTESTANTS = {
    "digits": lambda epochs: DIGITS + ["--epochs", str(epochs)],
    "PyTorch, channels last": lambda epochs: torch(epochs, "channels_last"),
    "PyTorch": lambda epochs: torch(epochs, "contiguous_format"),
}


def torch(epochs, layout):
    return [sys.executable, f"{HERE}/train_torch_convnet.py", str(epochs), layout]


def wall(command):
    """Seconds of a process."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main():
    rates = {name: [] for name in CONTESTANTS}
    for _ in range(ROUNDS):
        for name, command in CONTESTANTS.items():
            rates[name].append(60_000 * (LONG - SHORT) / (wall(command(LONG)) - wall(command(SHORT))))
            print(name, f"{rates[name][-1]:.0f} images/s", flush=True)
    medians = {name: statistics.median(rate) for name, rate in rates.items()}
    best = max(rate for name, rate in medians.items() if name != "digits")
    lines = ["Training a convnet: 1-16-16-pool-32-32-pool, 3×3, batch normalisation, ReLU, dense 128, dropout, batches of 128;",
             f"medians of {ROUNDS} rounds in alternation, two threads on {os.cpu_count()} cores of {processor()}.",
             "Made by `benches/peers/run convnet`.", "", "| | images a second |", "|---|---|"]
    lines += [f"| {name} | {rate:.0f} |" for name, rate in medians.items()]
    lines += ["", f"digits / best of PyTorch: **{medians['digits'] / best:.1f}**"]
    with open("docs/peers-convnet.md", "w") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
