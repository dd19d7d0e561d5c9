"""integrations/spark/score.py on a million images, the test set a hundred times over, with one and two workers.

Arguments: the program, a folder to work in. Needs Java 17 or later.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models import ROOT, models, run, test_images

COPIES, FILES = 100, 20
JOB = ROOT / "integrations/spark/score.py"


def write_images(folder):
    """All test images, `COPIES` times, each row with its number."""
    folder.mkdir()
    pixels = (test_images() * 255).round().astype(np.uint8)
    images = pa.array([image.tobytes() for image in pixels], pa.binary())
    each = COPIES // FILES
    column = pa.chunked_array([images] * each)
    for number in range(FILES):
        ids = pa.array(np.arange(number * len(column), (number + 1) * len(column)))
        pq.write_table(pa.table({"id": ids, "image": column}), folder / f"{number:02}.parquet", compression="zstd")


def score(model, images, scores, workers):
    """Runs the job; the seconds that it took."""
    submit = Path(sys.executable).parent / "spark-submit"
    start = time.monotonic()
    command = [submit, "--master", f"local[{workers}]", JOB, model, images, scores]
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return time.monotonic() - start


def main():
    digits, folder = sys.argv[1], Path(sys.argv[2])
    write_images(folder / "images")
    for name, model, _, labels in models(digits, folder, ["mlp"]):
        exported = folder / f"{name}.onnx"
        run(digits, "export", "--quiet", "--model", model, "--output", exported)
        for workers in (1, 2):
            scores = folder / f"scores-{workers}"
            seconds = score(exported, folder / "images", scores, workers)
            table = pq.read_table(scores).sort_by("id")
            expected = np.tile(labels, COPIES)
            assert np.array_equal(table["id"].to_numpy(), np.arange(len(expected))), "rows are missing, or there twice"
            others = int((table["label"].to_numpy() != expected).sum())
            assert others == 0, f"{others} images have another label"
            rate = len(expected) / seconds
            print(f"{name}, workers {workers}: {len(expected)} images, {others} other labels, {seconds:.1f} s, {rate:.0f} images/s")


main()
