"""Scores a Parquet of images with a model that `digits export --format onnx` wrote.

    spark-submit score.py model.onnx images.parquet scores.parquet

Images: columns `id` (any type) and `image` (784 bytes, row by row, 0 background to 255 full ink); scores: `id`, `label` (int),
`probability` (float). README.md says how to run it on a cluster.
"""

import functools
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import SparkFiles
from pyspark.sql import SparkSession

PIXELS = 784


@functools.cache
def session(name):
    """One for each worker, of one thread: Spark has a worker for each core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(SparkFiles.get(name), options, providers=["CPUExecutionProvider"])


def score(batches, name):
    for batch in filter(len, batches):
        images = batch.column("image").cast(pa.binary())
        if images.null_count > 0 or pc.any(pc.not_equal(pc.binary_length(images), PIXELS)).as_py():
            raise ValueError(f"image: expected {PIXELS} bytes in every row, found others; leave those rows out")
        _, offsets, pixels = images.buffers()
        start = np.frombuffer(offsets, np.int32)[images.offset]
        x = np.frombuffer(pixels, np.uint8, PIXELS * len(images), start).reshape(-1, 1, 28, 28)
        (probabilities,) = session(name).run(["probabilities"], {"image": x.astype(np.float32) / np.float32(255)})
        columns = [batch.column("id"), probabilities.argmax(1).astype(np.int32), probabilities.max(1)]
        yield pa.RecordBatch.from_arrays([pa.array(column) for column in columns], ["id", "label", "probability"])


def main(model, images, scores):
    spark = SparkSession.builder.appName("digits").getOrCreate()
    # By these names workers find the model and this file, which they load once.
    spark.sparkContext.addFile(model)
    spark.sparkContext.addPyFile(__file__)
    from score import score as score_batches

    table = spark.read.parquet(images).select("id", "image")
    kind = table.schema["id"].dataType.simpleString()
    run = functools.partial(score_batches, name=Path(model).name)
    table.mapInArrow(run, f"id {kind}, label int, probability float").write.parquet(scores)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
