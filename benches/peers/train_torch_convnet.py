"""Trains a small convnet in PyTorch: arguments epochs and memory format (contiguous_format or channels_last)."""
import sys

import torch
from torch import nn

import mnist

epochs, layout = int(sys.argv[1]), getattr(torch, sys.argv[2])
torch.set_num_threads(2)
images, labels = map(torch.from_numpy, mnist.load())
images = images.view(-1, 1, 28, 28)


def convolution(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]


model = nn.Sequential(
    *convolution(1, 16), *convolution(16, 16), nn.MaxPool2d(2),
    *convolution(16, 32), *convolution(32, 32), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(7 * 7 * 32, 128), nn.ReLU(), nn.Dropout(0.25), nn.Linear(128, 10),
).to(memory_format=layout)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
loss_of = nn.CrossEntropyLoss()
for _ in range(epochs):
    for chosen in torch.randperm(len(images)).split(128):
        optimizer.zero_grad()
        loss_of(model(images[chosen].to(memory_format=layout)), labels[chosen]).backward()
        optimizer.step()
