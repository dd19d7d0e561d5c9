"""A model that `digits export --format safetensors` wrote, in PyTorch.

    model = load("model.safetensors")
    probabilities = model(images)  # (N, 1, 28, 28), float32 from 0 (background) to 1 (full ink)

After more training, `save(model, "tuned.safetensors")`, and `digits import tuned.safetensors --output tuned.bin`.
Needs the packages torch and safetensors.
"""

import json

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional


def deslant(x):
    """Images (N, 784) or (N, 1, 28, 28) sheared so that their ink leans to neither side: the formula is in src/nn/deslant.rs."""
    ink = x.reshape(-1, 28, 28)
    place = torch.arange(28, dtype=x.dtype, device=x.device) - 13.5
    rows, columns = place[:, None], place[None, :]
    total = ink.sum((1, 2))

    def mean(of):
        return torch.where(total > 0, (ink * of).sum((1, 2)) / total, 0)

    mean_row, mean_column = mean(rows), mean(columns)
    variance = mean(rows**2) - mean_row**2
    covariance = mean(rows * columns) - mean_row * mean_column
    slant = covariance / variance.clamp(min=1)
    shifts = (slant[:, None] * (place - mean_row[:, None]))[:, :, None]
    # What is no number, or too large for a whole one, would be no place in a row.
    shifts = torch.where(shifts.abs() < 1000, shifts, 0)
    # A pixel lies between two neighbours in its row, which has a column of background on either side.
    left = shifts.floor() + torch.arange(1, 29, device=x.device)
    ink = functional.pad(ink, (1, 1))
    pixels = [ink.gather(2, at.clamp(0, 29).long()) for at in (left, left + 1)]
    upright = torch.lerp(*pixels, shifts - shifts.floor())
    return upright.reshape(x.shape)


class Member(nn.Module):
    """One network. Layers with weights are in lists by their kind, which gives tensors their names."""

    def __init__(self, architecture):
        super().__init__()
        self.layers = architecture["layers"]
        self.loss = architecture["loss"]
        self.conv, self.norm, self.dense = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for layer in self.layers:
            match layer["kind"]:
                case "convolution":
                    kernel, border = layer["kernel"], layer["border"]
                    self.conv.append(nn.Conv2d(layer["inputs"], layer["outputs"], kernel, padding=border))
                case "normalization":
                    after_dense = len(self.dense) > 0
                    self.norm.append((nn.BatchNorm1d if after_dense else nn.BatchNorm2d)(layer["channels"]))
                case "dense":
                    self.dense.append(nn.Linear(layer["inputs"], layer["outputs"]))

    def forward(self, x):
        conv, norm, dense = iter(self.conv), iter(self.norm), iter(self.dense)
        for layer in self.layers:
            match layer["kind"]:
                case "convolution":
                    x = next(conv)(x)
                case "normalization":
                    x = next(norm)(x)
                case "dense":
                    x = next(dense)(x.flatten(1))
                case "sigmoid":
                    x = torch.sigmoid(layer["slope"] * x)
                case "leaky-relu":
                    x = functional.leaky_relu(x, layer["leak"])
                case "relu":
                    x = functional.relu(x)
                case "tanh":
                    x = torch.tanh(x)
                case "max-pool":
                    x = functional.max_pool2d(x, 2)
                case "dropout":
                    x = functional.dropout(x, layer["rate"], self.training)
                case "deslant":
                    x = deslant(x)
                case kind:
                    raise ValueError(f"expected a layer that this file knows, found {kind}")
        return x

    def probabilities(self, x, temperature):
        y = self(x)
        if self.loss == "cross-entropy":
            return torch.softmax(y / temperature, 1)
        y = functional.relu(y)
        total = y.sum(1, keepdim=True)
        return torch.where(total > 0, y / total, 1 / y.shape[1])


class Model(nn.Module):
    """Networks whose probabilities are averaged, over all views of an image."""

    def __init__(self, metadata):
        super().__init__()
        self.metadata = metadata
        architecture = json.loads(metadata["architecture"])
        self.image = architecture["input"]
        self.classes = architecture["classes"]
        self.temperature = architecture["temperature"]
        self.views = architecture["views"]
        self.members = nn.ModuleList(Member(member) for member in architecture["members"])

    def forward(self, images):
        """Probabilities (N, C) of images (N, 1, 28, 28)."""
        results = []
        for down, right in self.views:
            # A negative border cuts off.
            x = functional.pad(images, (right, -right, down, -down))
            if self.image[:2] == [1, 1]:
                x = x.flatten(1)
            results += [member.probabilities(x, self.temperature) for member in self.members]
        return torch.stack(results).mean(0)


def load(path):
    """The model of a safetensors file, ready for use."""
    with safe_open(path, "pt") as file:
        model = Model(file.metadata())
    model.load_state_dict(load_file(path))
    return model.eval()


def save(model, path):
    """Writes a safetensors file that `digits import` reads."""
    save_file(model.state_dict(), path, model.metadata)
