"""PyTorch's side of cnn.ts, which says what a step is. Written for speed as PyTorch's documents advise: the fused SGD,
gradients set to None, and, with `channels_last`, pictures and kernels in the layout that its convolutions are fastest in."""

import math

import numpy as np
import torch
from fill import filled
from torch import nn
from torch.nn import functional as F
from torch_side import pictures_side

from harness.serve import serve


class Block(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        stride = 1 if in_channels == out_channels else 2
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = None
        if stride == 2:
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, 2, bias=False), nn.BatchNorm2d(out_channels))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class ResNet8(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.conv = nn.Conv2d(3, channels[0], 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(channels[0])
        self.blocks = nn.Sequential(*(Block(a, b) for a, b in zip([channels[0], *channels], channels)))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels[-1], classes))

    def forward(self, x, labels):
        return F.cross_entropy(self.head(self.blocks(F.relu(self.bn(self.conv(x))))).float(), labels)


def initial(name, shape):
    count = math.prod(shape)
    if len(shape) == 1:
        return np.full(count, 1.0 if name.endswith('weight') else 0.0, np.float32)
    return filled(name, count) * np.float32(math.sqrt(6 * shape[0] / count))


def optimizer(parameters, options):
    return torch.optim.SGD(parameters, lr=options['lr'], momentum=options['momentum'], fused=True)


def setup(options, threads):
    return pictures_side(options, threads, lambda o: ResNet8(o['channels'], o['classes']), initial, optimizer)


if __name__ == '__main__':
    serve(setup)
