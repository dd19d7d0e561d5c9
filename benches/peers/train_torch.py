"""Trains our default network in PyTorch: arguments threads, epochs, batch size, hidden width."""
import sys

import torch
from torch import nn

import mnist

threads, epochs, batch, hidden = map(int, sys.argv[1:5])
torch.set_num_threads(threads)
images, labels = map(torch.from_numpy, mnist.load())
images = images.view(-1, 1, 28, 28)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9, nesterov=True)
steps = -(-len(images) // batch) * epochs
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.2, total_steps=steps, pct_start=0.2)
loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
for _ in range(epochs):
    for chosen in torch.randperm(len(images)).split(batch):
        # One shift for the whole batch: cheaper than ours, which is one for every image.
        x = torch.roll(images[chosen], torch.randint(-1, 2, (2,)).tolist(), (2, 3))
        optimizer.zero_grad()
        loss_of(model(x), labels[chosen]).backward()
        optimizer.step()
        schedule.step()
