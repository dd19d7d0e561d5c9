"""MNIST's training set, as the peers want it."""
import gzip

import numpy as np


def load():
    """Pixels (60000, 784) in 0..1 and labels (60000)."""
    with gzip.open("data/train-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
    with gzip.open("data/train-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return images.astype(np.float32) / 255, labels.astype(np.int64)
