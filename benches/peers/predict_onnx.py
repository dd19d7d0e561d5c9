"""Classifies a picture in onnxruntime: arguments model, picture."""
import sys

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession(sys.argv[1])
pixels = np.asarray(Image.open(sys.argv[2]), np.float32).reshape(1, 784) / 255
print(session.run(None, {"x": pixels})[0].argmax())
