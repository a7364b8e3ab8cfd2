"""PyTorch's side of lstm.ts, which says what a step is. Written for speed as PyTorch's documents advise: nn.LSTM, which
runs on oneDNN, the fused AdamW, gradients set to None."""

import torch
from fill import filled_integers, initial_weights
from torch import nn
from torch.nn import functional as F
from torch_side import side

from harness.serve import serve


class Model(nn.Module):
    def __init__(self, o):
        super().__init__()
        size = o['hidden_size']
        self.embedding = nn.Embedding(o['vocab_size'], size)
        self.lstm = nn.LSTM(size, size, o['num_layers'], batch_first=True)
        self.head = nn.Linear(size, o['vocab_size'])

    def forward(self, ids, labels):
        y, _ = self.lstm(self.embedding(ids))
        return F.cross_entropy(self.head(y).flatten(0, 1), labels.flatten())


def setup(options, threads):
    torch.set_num_threads(threads)
    model = Model(options)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(initial_weights(name, parameter.numel())).view(parameter.shape))
    shape = options['rows'], options['tokens']
    count = options['rows'] * options['tokens']
    ids, labels = (
        torch.from_numpy(filled_integers(name, count, options['vocab_size'])).view(shape) for name in ('ids', 'labels')
    )
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=options['lr'],
        betas=tuple(options['betas']),
        eps=options['eps'],
        weight_decay=options['weight_decay'],
        fused=True,
    )
    forward = torch.compile(model) if options.get('compile') else model

    def step():
        loss = forward(ids, labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return side(options, step)


if __name__ == '__main__':
    serve(setup)
