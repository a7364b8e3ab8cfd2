"""Makes the golden data of this folder: attention and the layers of a Transformer as PyTorch computes them.

    bench/.peers/python/bin/python test/golden/attention/make.py        (after `npm run bench:setup`)

Computed in float64 and rounded to float32 once. Each case has a scalar loss, the sum of its outputs times fixed directions.

    cases.json          for each case: its name, the module or function, its arguments and options, and what the call is told
    data.safetensors    under CASE/…: input.N, mask.NAME, parameter.NAME, direction.N, output.N, and gradient.NAME of every
                        parameter and of every input (gradient.input.N); bools as uint8
"""

import json
import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

here = Path(__file__).parent
torch.manual_seed(7)
torch.set_num_threads(1)

cases, data = [], {}


def rounded(*shape, scale=1.0):
    """Numbers that float32 holds exactly."""
    return (torch.randn(shape) * scale).to(torch.float32).double()


def record(name, outputs, leaves, inputs, masks, entry):
    """Takes the gradients of one case and notes everything."""
    entries = {}
    directions = [rounded(*output.shape) for output in outputs]
    sum((output * direction).sum() for output, direction in zip(outputs, directions)).backward()
    for i, (output, direction) in enumerate(zip(outputs, directions)):
        entries[f'output.{i}'], entries[f'direction.{i}'] = output, direction
    for i, tensor in enumerate(inputs):
        entries[f'input.{i}'] = tensor
    for leaf, tensor in leaves.items():
        if not leaf.startswith('input.'):
            entries[f'parameter.{leaf}'] = tensor
        entries[f'gradient.{leaf}'] = tensor.grad
    for mask, tensor in masks.items():
        entries[f'mask.{mask}'] = tensor
    for key, tensor in entries.items():
        tensor = tensor.detach()
        data[f'{name}/{key}'] = (tensor.to(torch.uint8) if tensor.dtype == torch.bool else tensor.to(torch.float32)).contiguous()
    cases.append({'name': name, **entry})


def function(name, q, k, v, masks=None, **options):
    """scaled_dot_product_attention of inputs of these shapes."""
    inputs = [rounded(*shape).requires_grad_() for shape in (q, k, v)]
    masks = masks or {}
    output = F.scaled_dot_product_attention(*inputs, **masks, **options)
    leaves = {f'input.{i}': tensor for i, tensor in enumerate(inputs)}
    record(name, [output], leaves, inputs, masks, {'module': 'scaledDotProductAttention', 'options': options})


def layer(name, module, args, shapes, masks=None, flags=None, same=False, torch_masks=None, **options):
    """A module on inputs of these shapes. `same`: the first input stands for all three of attention. `torch_masks` and
    `flags`: PyTorch is given the masks, qkv the flags, where only PyTorch needs a mask for what a flag says."""
    made = getattr(nn, module)(*args, **{'dropout': 0.0, **options}).double().train()
    with torch.no_grad():
        for key, parameter in made.named_parameters():
            center = 1.0 if 'norm' in key and key.endswith('weight') else 0.0
            parameter.copy_(rounded(*parameter.shape, scale=0.3) + center)
    inputs = [rounded(*shape).requires_grad_() for shape in shapes]
    masks = masks or {}
    told = {key: value for key, value in (flags or {}).items() if not key.endswith('is_causal')}
    outputs = made(*(inputs * 3 if same else inputs), **masks, **(torch_masks or {}), **told)
    outputs = [output for output in (outputs if isinstance(outputs, tuple) else [outputs]) if output is not None]
    leaves = {**dict(made.named_parameters()), **{f'input.{i}': tensor for i, tensor in enumerate(inputs)}}
    entry = {'module': module, 'args': args, 'options': options, 'flags': flags or {}, 'same': same}
    record(name, outputs, leaves, inputs, masks, entry)


def causal(size):
    return torch.ones(size, size, dtype=torch.bool).triu(1)


def padding(*lengths, size):
    """True where a row is at its end."""
    return torch.tensor([[t >= length for t in range(size)] for length in lengths])


B, H, T, S, C = 2, 2, 4, 5, 8
q, kv = (B, H, T, 4), (B, H, S, 4)

function('function plain', q, kv, kv)
function('function causal', q, q, q, is_causal=True)
function('function causal, more keys', q, kv, kv, is_causal=True)
function('function causal, fewer keys', (B, H, S, 4), q, q, is_causal=True)
function('function scale and other values', q, kv, (B, H, S, 3), scale=0.7)
allowed = torch.rand(B, 1, T, S) < 0.6
allowed[0, 0, 1] = False
function('function bool mask with an empty row', q, kv, kv, masks={'attn_mask': allowed})
numbers = rounded(T, S)
numbers[2, 1:] = -math.inf
numbers[3] = -math.inf
function('function added mask with an empty row', q, kv, kv, masks={'attn_mask': numbers})
function('function shared heads', (B, 4, T, 4), kv, kv, enable_gqa=True)
function('function shared heads, causal', (B, 4, T, 4), q, q, enable_gqa=True, is_causal=True)

attention = ('MultiheadAttention', [C, H])
layer('self-attention', *attention, [(T, B, C)], same=True)
layer('self-attention without biases, batch first', *attention, [(B, T, C)], same=True, bias=False, batch_first=True)
layer('three inputs', *attention, [(T, B, C), (S, B, C), (S, B, C)])
layer('weights of each head', *attention, [(B, T, C), (B, S, C), (B, S, C)], flags={'average_attn_weights': False}, batch_first=True)
layer('without weights', *attention, [(T, B, C)], same=True, flags={'need_weights': False})
layer('without a batch', *attention, [(T, C), (S, C), (S, C)], masks={'key_padding_mask': torch.tensor([False, False, True, False, True])})
layer('other widths', *attention, [(T, B, C), (S, B, 6), (S, B, 3)], kdim=6, vdim=3)
layer('other widths, batch first, learnt key', *attention, [(B, T, C), (B, S, 6), (B, S, 6)], kdim=6, vdim=6, add_bias_kv=True, batch_first=True)
layer('padding', *attention, [(T, B, C), (S, B, C), (S, B, C)], masks={'key_padding_mask': padding(5, 3, size=S)})
layer('pairs and padding', *attention, [(T, B, C)], same=True, masks={'attn_mask': causal(T), 'key_padding_mask': padding(4, 2, size=T)})
layer('numbers and padding', *attention, [(T, B, C)], same=True, masks={'attn_mask': rounded(T, T), 'key_padding_mask': rounded(B, T)})
layer('a mask for each head', *attention, [(T, B, C)], same=True, masks={'attn_mask': rounded(B * H, T, T)})
layer('learnt key and zeros with masks', *attention, [(T, B, C), (S, B, C), (S, B, C)], add_bias_kv=True, add_zero_attn=True,
      masks={'attn_mask': torch.rand(T, S) < 0.3, 'key_padding_mask': padding(4, 2, size=S)})
layer('causal', *attention, [(T, B, C)], same=True, flags={'is_causal': True}, torch_masks={'attn_mask': causal(T)})
layer('causal with padding and zeros', *attention, [(B, T, C)], same=True, flags={'is_causal': True}, add_zero_attn=True, batch_first=True,
      masks={'key_padding_mask': padding(4, 2, size=T)}, torch_masks={'attn_mask': causal(T)})

small = {'dim_feedforward': 12}
layer('encoder layer', 'TransformerEncoderLayer', [C, H], [(T, B, C)], **small)
layer('encoder layer, norm first, gelu, batch first', 'TransformerEncoderLayer', [C, H], [(B, T, C)], norm_first=True, activation='gelu', batch_first=True,
      layer_norm_eps=0.1, masks={'src_key_padding_mask': padding(4, 2, size=T)}, **small)
layer('encoder layer without biases', 'TransformerEncoderLayer', [C, H], [(T, B, C)], bias=False, flags={'is_causal': True},
      torch_masks={'src_mask': causal(T)}, **small)
layer('decoder layer', 'TransformerDecoderLayer', [C, H], [(T, B, C), (S, B, C)], flags={'tgt_is_causal': True},
      torch_masks={'tgt_mask': causal(T)}, **small)
layer('decoder layer, norm first, gelu, batch first', 'TransformerDecoderLayer', [C, H], [(B, T, C), (B, S, C)], norm_first=True,
      activation='gelu', batch_first=True, masks={'tgt_mask': causal(T), 'memory_mask': torch.rand(T, S) < 0.3,
      'tgt_key_padding_mask': padding(4, 3, size=T), 'memory_key_padding_mask': padding(5, 2, size=S)}, **small)
stack = {'d_model': C, 'nhead': H, 'num_encoder_layers': 2, 'num_decoder_layers': 2, **small}
layer('transformer', 'Transformer', [], [(S, B, C), (T, B, C)], flags={'tgt_is_causal': True}, torch_masks={'tgt_mask': causal(T)}, **stack)
layer('transformer, norm first, batch first', 'Transformer', [], [(B, S, C), (B, T, C)], norm_first=True, batch_first=True,
      masks={'src_mask': causal(S), 'src_key_padding_mask': padding(5, 3, size=S), 'memory_key_padding_mask': padding(5, 3, size=S)}, **stack)

versions = {'torch': torch.__version__}
(here / 'cases.json').write_text(json.dumps({'versions': versions, 'cases': cases}, indent=1) + '\n')
save_file(data, here / 'data.safetensors')
