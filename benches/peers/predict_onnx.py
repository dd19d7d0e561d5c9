"""Classifies a picture in onnxruntime: arguments model, picture."""
import sys

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
pixels = np.asarray(Image.open(sys.argv[2]), np.float32)[None, None] / 255
print(session.run(["probabilities"], {"image": pixels})[0].argmax())
