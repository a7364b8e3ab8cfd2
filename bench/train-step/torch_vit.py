"""PyTorch's side of vit.ts, which says what a step is."""

import math

import numpy as np
import torch
from fill import filled
from torch import nn
from torch.nn import functional as F
from torch_side import pictures_side

from harness.serve import serve


class ViT(nn.Module):
    def __init__(self, o):
        super().__init__()
        width, patch = o['width'], o['patch']
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, (o['size'] // patch) ** 2 + 1, width))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, o['heads'], o['inner'], 0.0, 'gelu', batch_first=True, norm_first=True)
            for _ in range(o['layers'])
        )
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, o['classes'])

    def forward(self, pictures, labels):
        tokens = self.patches(pictures).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(tokens.shape[0], -1, -1), tokens], 1) + self.positions
        for layer in self.layers:
            x = layer(x)
        return F.cross_entropy(self.head(self.norm(x[:, 0])).float(), labels)


def initial(name, shape):
    count = math.prod(shape)
    if len(shape) == 1:
        return np.full(count, 1.0 if 'norm' in name and name.endswith('weight') else 0.0, np.float32)
    return filled(name, count) * np.float32(0.02 * math.sqrt(3))


def optimizer(parameters, options):
    return torch.optim.AdamW(parameters, lr=options['lr'], weight_decay=options['weight_decay'], fused=True)


def setup(options, threads):
    return pictures_side(options, threads, ViT, initial, optimizer)


if __name__ == '__main__':
    serve(setup)
