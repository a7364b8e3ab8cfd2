"""Makes layers.json: PyTorch's layers on small inputs, in training and in eval.

    bench/.peers/python/bin/python test/golden/layers/make.py        (after `npm run bench:setup`)

Made with PyTorch 2.15.0, computed in float64 and written with 9 digits. Numbers that go in are not stored: element i of input,
parameter or output gradient number k is ((7 i + 3 k) mod 19 − 9 + 0.3 sin(i + k)) / 6, by `filled`; distinct ones for pooling
are (11 i mod size) / 4 − 2.

A case: layer, its arguments as TypeScript takes them, shapes of the input in each step, and for each step the output, the
gradient of the input and of each parameter under an output gradient from `filled`, and then the buffers; `eval` has an output and
the gradient of the input after these steps, in eval mode. Parameters do not change between the steps.
"""

import json
import math
from pathlib import Path

import torch
from torch import nn

here = Path(__file__).parent
torch.set_default_dtype(torch.float64)


def filled(shape, k, distinct=False):
    size = math.prod(shape)
    if distinct:
        return torch.tensor([(11 * i % size) / 4 - 2 for i in range(size)]).reshape(shape)
    return torch.tensor([((7 * i + 3 * k) % 19 - 9 + 0.3 * math.sin(i + k)) / 6 for i in range(size)]).reshape(shape)


def listed(tensor):
    if tensor.dtype == torch.int64:
        return tensor.reshape(-1).tolist()
    return [float(f'{x:.9g}') for x in tensor.detach().reshape(-1).tolist()]


def case(layer, args, shapes, options=None, torch_args=None, distinct=False):
    keywords = dict(options or {})
    module = getattr(nn, layer)(*(torch_args or [a if not isinstance(a, list) else tuple(a) for a in args]), **{
        name: tuple(v) if isinstance(v, list) else v for name, v in keywords.items()
    })
    with torch.no_grad():
        for k, parameter in enumerate(module.parameters()):
            parameter.copy_(filled(parameter.shape, k + 20))
    names = [name for name, _ in module.named_parameters()]

    def run(shape, k):
        x = filled(shape, k, distinct).requires_grad_()
        y = module(x)
        g = filled(y.shape, k + 7)
        gradients = torch.autograd.grad(y, [x, *module.parameters()], g)
        return {'shape': list(y.shape), 'y': listed(y), 'x': listed(gradients[0]),
                **{name: listed(gradient) for name, gradient in zip(names, gradients[1:])}}

    steps = [run(shape, k) for k, shape in enumerate(shapes)]
    buffers = {name: listed(buffer) for name, buffer in module.named_buffers()}
    module.eval()
    return {'layer': layer, 'args': [*args, *([options] if options is not None else [])], 'shapes': shapes,
            **({'distinct': True} if distinct else {}),
            'state': list(module.state_dict()), 'steps': steps, 'buffers': buffers, 'eval': run(shapes[0], 3)}


S = lambda *shape: [list(shape)]
cases = [
    case('Conv1d', [3, 4, 3], S(2, 3, 7)),
    case('Conv1d', [3, 4, 3], S(3, 7), {'padding': 'same', 'dilation': 2}),
    case('Conv1d', [4, 6, 2], S(2, 4, 8), {'stride': 3, 'padding': 1, 'groups': 2, 'bias': False}),
    case('Conv1d', [3, 2, 4], S(2, 3, 6), {'padding': 'same', 'padding_mode': 'circular'}),
    case('Conv1d', [2, 2, 3], S(2, 2, 5), {'padding': 2, 'padding_mode': 'reflect', 'stride': 2}),
    case('Conv1d', [5, 4, 1], S(2, 5, 3)),
    case('Conv2d', [3, 4, 3], S(2, 3, 5, 6)),
    case('Conv2d', [3, 4, [3, 2]], S(3, 6, 5), {'stride': [2, 1], 'padding': [1, 2], 'dilation': [1, 2]}),
    case('Conv2d', [4, 4, 3], S(2, 4, 5, 5), {'padding': 1, 'groups': 4}),
    case('Conv2d', [4, 8, 3], S(1, 4, 6, 5), {'padding': 1, 'groups': 4, 'stride': 2}),
    case('Conv2d', [2, 3, [2, 3]], S(2, 2, 4, 5), {'padding': 'same'}),
    case('Conv2d', [2, 3, [2, 3]], S(2, 2, 4, 5), {'padding': 'valid', 'bias': False}),
    case('Conv2d', [2, 3, 3], S(2, 2, 5, 4), {'padding': [1, 2], 'padding_mode': 'replicate'}),
    case('Conv2d', [2, 3, 3], S(1, 2, 5, 4), {'padding': 1, 'padding_mode': 'reflect', 'stride': 2}),
    case('Conv2d', [3, 5, 1], S(2, 3, 5, 4), {'stride': 2, 'bias': False}),
    case('ConvTranspose1d', [3, 4, 3], S(2, 3, 5)),
    case('ConvTranspose1d', [4, 6, 3], S(2, 4, 4), {'stride': 3, 'padding': 1, 'output_padding': 2, 'groups': 2}),
    case('ConvTranspose1d', [2, 3, 2], S(2, 5), {'dilation': 2, 'padding': 1, 'bias': False}),
    case('ConvTranspose2d', [3, 4, 3], S(2, 3, 4, 3), {'padding': 1}),
    case('ConvTranspose2d', [4, 4, [3, 2]], S(2, 4, 3, 4), {'stride': [2, 3], 'padding': [1, 0], 'output_padding': [1, 2], 'groups': 4}),
    case('ConvTranspose2d', [2, 3, 2], S(1, 2, 3, 3), {'stride': 2, 'dilation': 3}),
    case('MaxPool1d', [3], S(2, 2, 8), {'stride': 2, 'padding': 1}, distinct=True),
    case('MaxPool1d', [2], S(2, 9), {'ceil_mode': True}, distinct=True),
    case('MaxPool2d', [2], S(2, 2, 6, 4), distinct=True),
    case('MaxPool2d', [[3, 2]], S(1, 2, 7, 6), {'stride': [2, 3], 'padding': [1, 1], 'dilation': [2, 1], 'ceil_mode': True}, distinct=True),
    case('AvgPool1d', [3], S(2, 2, 8), {'stride': 2, 'padding': 1, 'ceil_mode': True}),
    case('AvgPool1d', [3], S(2, 8), {'stride': 2, 'padding': 1, 'count_include_pad': False}),
    case('AvgPool2d', [2], S(2, 2, 6, 4)),
    case('AvgPool2d', [[3, 2]], S(1, 2, 7, 6), {'stride': [2, 3], 'padding': [1, 1], 'ceil_mode': True, 'count_include_pad': False}),
    case('AvgPool2d', [3], S(2, 2, 7, 6), {'stride': 2, 'padding': 1, 'ceil_mode': True}),
    case('AvgPool2d', [2], S(2, 2, 5, 5), {'divisor_override': 3}),
    case('AdaptiveAvgPool1d', [3], S(2, 2, 8)),
    case('AdaptiveAvgPool2d', [[3, None]], S(2, 2, 6, 5)),
    case('AdaptiveAvgPool2d', [1], S(2, 6, 5)),
    case('AdaptiveAvgPool2d', [[4, 3]], S(1, 2, 6, 5)),
    case('AdaptiveMaxPool1d', [3], S(2, 2, 8), distinct=True),
    case('AdaptiveMaxPool2d', [[3, 2]], S(1, 2, 6, 5), distinct=True),
    case('AdaptiveMaxPool2d', [[3, None]], S(2, 6, 5), distinct=True),
    case('BatchNorm1d', [3], [[4, 3], [5, 3], [4, 3]]),
    case('BatchNorm1d', [3], [[2, 3, 4], [2, 3, 4], [3, 3, 2]], {'momentum': None, 'eps': 1e-3}),
    case('BatchNorm2d', [2], [[2, 2, 3, 2], [2, 2, 3, 2], [3, 2, 2, 2]]),
    case('BatchNorm2d', [2], [[2, 2, 3, 2], [2, 2, 3, 2]], {'affine': False, 'momentum': 0.3}),
    case('BatchNorm2d', [2], [[2, 2, 3, 2], [2, 2, 3, 2]], {'track_running_stats': False}),
    case('GroupNorm', [2, 4], S(2, 4, 3)),
    case('GroupNorm', [1, 3], S(2, 3, 2, 3), {'eps': 0.01}),
    case('GroupNorm', [3, 6], S(2, 6), {'affine': False}),
    case('InstanceNorm1d', [3], S(2, 3, 5)),
    case('InstanceNorm1d', [3], S(3, 5), {'affine': True}),
    case('InstanceNorm2d', [2], [[2, 2, 3, 2], [3, 2, 2, 2]], {'affine': True, 'track_running_stats': True}),
    case('InstanceNorm2d', [2], [[2, 2, 3, 2], [3, 2, 2, 2]], {'track_running_stats': True, 'momentum': 0.4}),
    case('LayerNorm', [4], S(2, 3, 4)),
    case('LayerNorm', [[3, 4]], S(2, 3, 4), {'eps': 1e-3}),
    case('LayerNorm', [[2, 3]], S(2, 2, 3), {'bias': False}),
    case('LayerNorm', [[4]], S(2, 3, 4), {'elementwise_affine': False}),
    case('RMSNorm', [4], S(2, 3, 4)),
    case('RMSNorm', [[3, 4]], S(2, 3, 4), {'eps': 1e-3}),
    case('RMSNorm', [[4]], S(2, 3, 4), {'elementwise_affine': False, 'eps': 0.1}),
    case('Flatten', [], S(2, 3, 4)),
    case('Flatten', [], S(2, 3, 4), {'start_dim': 0, 'end_dim': 1}),
    case('Identity', [], S(2, 3)),
    case('Upsample', [], S(2, 2, 3), {'size': 5}),
    case('Upsample', [], S(1, 2, 3, 4), {'scale_factor': 2, 'mode': 'bilinear'}),
    case('Upsample', [], S(1, 2, 3, 4), {'size': [5, 7], 'mode': 'bicubic', 'align_corners': True}),
    case('Unfold', [[2, 3]], S(2, 2, 5, 6), {'stride': [2, 1], 'padding': 1, 'dilation': [1, 2]}),
    case('Fold', [[4, 5], 2], S(2, 8, 12)),
    case('GELU', [], S(2, 7)),
    case('GELU', [], S(2, 7), {'approximate': 'tanh'}),
    case('Softplus', [], S(2, 7), {'beta': 2.0, 'threshold': 1.5}),
    case('ELU', [], S(2, 7), {'alpha': 0.5}),
    case('CELU', [], S(2, 7), {'alpha': 0.5}),
    case('LeakyReLU', [], S(2, 7), {'negative_slope': 0.2}),
    case('Hardtanh', [], S(2, 7), {'min_val': -0.5, 'max_val': 0.8}),
    case('Softshrink', [], S(2, 7), {'lambd': 0.4}),
    case('Hardshrink', [], S(2, 7), {'lambd': 0.4}),
    case('Threshold', [0.2, -3.0], S(2, 7)),
    case('GLU', [], S(2, 6)),
    case('GLU', [], S(2, 6), {'dim': 0}),
    case('Softmax', [1], S(2, 3, 4)),
    case('Softmin', [-1], S(2, 3, 4)),
    case('LogSoftmax', [0], S(2, 3, 4)),
    case('PReLU', [], S(2, 3, 4)),
    case('PReLU', [], S(2, 3, 4), {'num_parameters': 3, 'init': 0.1}),
    *(case(name, [], S(2, 7)) for name in (
        'Tanh', 'ReLU', 'ReLU6', 'Sigmoid', 'LogSigmoid', 'Hardsigmoid', 'SiLU', 'Mish', 'Hardswish', 'ELU', 'CELU', 'SELU',
        'LeakyReLU', 'Softplus', 'Softsign', 'Tanhshrink', 'Softshrink', 'Hardshrink', 'Hardtanh')),
]
lines = ',\n'.join(json.dumps(each, separators=(',', ':')) for each in cases)
(here / 'layers.json').write_text(f'{{"torch":"{torch.__version__}","cases":[\n{lines}\n]}}\n')
