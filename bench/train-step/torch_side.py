"""What PyTorch's sides of a training step share."""

from contextlib import nullcontext

import torch
from fill import filled, filled_integers

from harness.serve import timed


def side(options, step):
    """What serve's `setup` gives for a step, a function that does it and gives its loss."""
    return {
        'versions': {'torch': torch.__version__},
        'check': [step() for _ in range(3)],
        'run': lambda: timed(options['steps_per_turn'], step),
    }


def pictures_side(options, threads, make_model, initial, make_optimizer):
    """A side that trains a classifier of pictures: `make_model(options)` takes pictures and labels and gives the loss,
    `initial(name, shape)` gives a parameter's first values, `make_optimizer(parameters, options)` the optimizer."""
    torch.set_num_threads(threads)
    model = make_model(options)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(initial(name, parameter.shape)).view(parameter.shape))
    n, size = options['pictures'], options['size']
    x = torch.from_numpy(filled('pictures', n * 3 * size * size)).view(n, 3, size, size)
    labels = torch.from_numpy(filled_integers('labels', n, options['classes'])).long()
    if options.get('channels_last'):
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    optimizer = make_optimizer(model.parameters(), options)
    forward = torch.compile(model) if options.get('compile') else model
    narrow = options.get('autocast')

    def step():
        with torch.autocast('cpu', getattr(torch, narrow)) if narrow else nullcontext():
            loss = forward(x, labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return side(options, step)
