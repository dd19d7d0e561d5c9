"""Classifies a picture in PyTorch: arguments weights, picture."""
import sys

import numpy as np
import torch
from PIL import Image
from torch import nn

model = nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
model.load_state_dict(torch.load(sys.argv[1]))
pixels = np.asarray(Image.open(sys.argv[2]), np.float32).reshape(1, 784) / 255
with torch.no_grad():
    print(model(torch.from_numpy(pixels)).argmax().item())
