"""Classifies a picture in PyTorch: arguments weights, picture."""
import sys

sys.path.append("integrations/pytorch")

import numpy as np
import torch
from model import load
from PIL import Image

pixels = np.asarray(Image.open(sys.argv[2]), np.float32)[None, None] / 255
with torch.no_grad():
    print(load(sys.argv[1])(torch.from_numpy(pixels)).argmax().item())
