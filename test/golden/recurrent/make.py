"""Makes the golden data of this folder: recurrent layers and cells as PyTorch computes them.

    bench/.peers/python/bin/python test/golden/recurrent/make.py        (after `npm run bench:setup`)

Computed in float64 and rounded to float32 once. Versions: see cases.json, which lists the cases and their options.
expected.safetensors has for each case NAME, under NAME.…:

    input, h_0, c_0            what the layer is given; inputs of packed cases are padded
    output, h_n, c_n           what it gives; packed outputs are padded again
    weights.PATH               its parameters
    seeds.output, .h_n, .c_n   the loss is the sum of these times output, h_n and c_n
    gradient.input, .h_0, .c_0, .PATH
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

here = Path(__file__).parent
torch.manual_seed(33)
torch.set_num_threads(1)
B, T, I, H = 3, 5, 4, 6

CASES = {
    'rnn': ('RNN', {}, {}),
    'rnn relu two layers': ('RNN', {'nonlinearity': 'relu', 'num_layers': 2}, {'states': True}),
    'rnn packed both ways': ('RNN', {'bidirectional': True}, {'lengths': [5, 3, 1], 'states': True}),
    'lstm': ('LSTM', {}, {}),
    'lstm states': ('LSTM', {'batch_first': True}, {'states': True}),
    'lstm no bias': ('LSTM', {'bias': False}, {}),
    'lstm both ways, two layers': ('LSTM', {'bidirectional': True, 'num_layers': 2}, {'states': True}),
    'lstm projected': ('LSTM', {'proj_size': 3, 'num_layers': 2, 'bidirectional': True}, {'states': True}),
    'lstm without a batch': ('LSTM', {}, {'states': True, 'unbatched': True}),
    'lstm packed': ('LSTM', {'batch_first': True}, {'lengths': [5, 4, 2]}),
    'lstm packed unsorted, both ways, two layers': (
        'LSTM', {'bidirectional': True, 'num_layers': 2}, {'lengths': [2, 4, 3], 'states': True},
    ),
    'lstm packed, projected': ('LSTM', {'proj_size': 3, 'bidirectional': True}, {'lengths': [5, 1, 3], 'states': True}),
    'gru': ('GRU', {}, {}),
    'gru no bias': ('GRU', {'bias': False}, {'states': True}),
    'gru both ways, three layers': ('GRU', {'bidirectional': True, 'num_layers': 3, 'batch_first': True}, {'states': True}),
    'gru packed both ways': ('GRU', {'bidirectional': True}, {'lengths': [1, 5, 3], 'states': True}),
    'rnn cell': ('RNNCell', {'nonlinearity': 'relu'}, {'states': True}),
    'lstm cell': ('LSTMCell', {}, {'states': True}),
    'gru cell': ('GRUCell', {'bias': False}, {'states': True}),
}


def single(x):
    """Numbers that float32 holds, so that both sides start from the same ones."""
    return x.to(torch.float32).to(torch.float64)


def run(name, kind, options, how):
    is_cell = kind.endswith('Cell')
    module = getattr(nn, kind)(I, H, **options).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(single(torch.randn(parameter.shape)) * 0.5)
    lengths = how.get('lengths')
    batch_first = options.get('batch_first', False)
    if is_cell:
        shape = [B, I]
    elif how.get('unbatched'):
        shape = [T, I]
    else:
        shape = [B, T, I] if batch_first else [T, B, I]
    cells = options.get('num_layers', 1) * (2 if options.get('bidirectional') else 1)
    lead = [] if is_cell else [cells]
    batch = [] if how.get('unbatched') else [B]
    given = {'input': single(torch.randn(shape)).requires_grad_()}
    if how.get('states'):
        given['h_0'] = single(torch.randn([*lead, *batch, options.get('proj_size') or H])).requires_grad_()
        if kind.startswith('LSTM'):
            given['c_0'] = single(torch.randn([*lead, *batch, H])).requires_grad_()
    states = [given[key] for key in ('h_0', 'c_0') if key in given]
    hx = None if not states else tuple(states) if len(states) == 2 else states[0]
    x = given['input']
    if lengths:
        x = pack_padded_sequence(x, torch.tensor(lengths), batch_first=batch_first, enforce_sorted=False)
    if is_cell:
        result = module(x, hx)
        named = {'h_n': result[0], 'c_n': result[1]} if kind.startswith('LSTM') else {'h_n': result}
    else:
        output, state = module(x, hx)
        if lengths:
            output, _ = pad_packed_sequence(output, batch_first=batch_first)
        named = {'output': output}
        named |= {'h_n': state[0], 'c_n': state[1]} if kind == 'LSTM' else {'h_n': state}
    seeds = {key: single(torch.randn(value.shape)) for key, value in named.items()}
    sum((named[key] * seeds[key]).sum() for key in named).backward()
    tensors = {**given, **named}
    tensors |= {f'seeds.{key}': value for key, value in seeds.items()}
    tensors |= {f'weights.{path}': parameter for path, parameter in module.named_parameters()}
    tensors |= {f'gradient.{key}': value.grad for key, value in given.items()}
    tensors |= {f'gradient.{path}': parameter.grad for path, parameter in module.named_parameters()}
    stored = {f'{name}.{key}': value.detach().to(torch.float32).contiguous() for key, value in tensors.items()}
    return stored, list(module.state_dict())


expected, listed = {}, []
for name, (kind, options, how) in CASES.items():
    stored, paths = run(name, kind, options, how)
    expected |= stored
    listed.append({'name': name, 'kind': kind, 'options': options, 'lengths': how.get('lengths'), 'paths': paths})
save_file(expected, here / 'expected.safetensors')
(here / 'expected.safetensors').chmod(0o644)
content = {'torch': torch.__version__, 'input_size': I, 'hidden_size': H, 'cases': listed}
(here / 'cases.json').write_text(json.dumps(content, indent=2) + '\n')
