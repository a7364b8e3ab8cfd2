"""PyTorch's side of vit.ts, which says what a step is."""

import math
from contextlib import nullcontext

import numpy as np
import torch
from fill import filled, filled_integers
from torch import nn
from torch.nn import functional as F

from harness.serve import serve, timed


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


def setup(options, threads):
    torch.set_num_threads(threads)
    model = ViT(options)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(initial(name, parameter.shape)).view(parameter.shape))
    n, size = options['pictures'], options['size']
    x = torch.from_numpy(filled('pictures', n * 3 * size * size)).view(n, 3, size, size)
    labels = torch.from_numpy(filled_integers('labels', n, options['classes'])).long()
    optimizer = torch.optim.AdamW(model.parameters(), lr=options['lr'], weight_decay=options['weight_decay'], fused=True)
    forward = torch.compile(model) if options.get('compile') else model
    narrow = options.get('autocast')

    def step():
        with torch.autocast('cpu', getattr(torch, narrow)) if narrow else nullcontext():
            loss = forward(x, labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return {
        'versions': {'torch': torch.__version__},
        'check': [step() for _ in range(3)],
        'run': lambda: timed(options['steps_per_turn'], step),
    }


if __name__ == '__main__':
    serve(setup)
