"""Makes the golden data of this folder: a tiny random BertLayer under torch.func's transforms.

    bench/.peers/python/bin/python test/golden/transforms/make.py        (after `npm run bench:setup`)

Computed in float64 and rounded to float32 once. Versions: see versions.json. Below, X is `x` (the layer's input) or the
name of a parameter; f is the layer, and the scalar is l = mean(f²).

    layer.safetensors
        at.X        the point: the input and the weights
        along.X     the tangent of each
        cotangent   that of the output
        y, jvp      f's output, and its change along the tangents
        vjp.X       the cotangent times f's Jacobian
        loss, hvp.X l, and l's second derivatives times the tangents
"""

import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from torch.func import functional_call, grad, jvp, vjp
from transformers import BertConfig
from transformers.models.bert.modeling_bert import BertLayer

here = Path(__file__).parent
torch.manual_seed(31)
torch.set_num_threads(1)
config = BertConfig(
    hidden_size=12, num_attention_heads=2, intermediate_size=20,
    hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, attn_implementation='eager',
)
layer = BertLayer(config).double()


def rounded(shape, scale=1.0, shift=0.0):
    return (torch.randn(shape) * scale + shift).to(torch.float32).double()


names = [name for name, _ in layer.named_parameters()]
point = (
    rounded((2, 5, 12)),
    {name: rounded(p.shape, 0.3, 1.0 if name.endswith('LayerNorm.weight') else 0.0) for name, p in layer.named_parameters()},
)
tangent = (rounded((2, 5, 12)), {name: rounded(p.shape) for name, p in layer.named_parameters()})


def f(x, weights):
    y = functional_call(layer, weights, (x,))
    return y[0] if isinstance(y, tuple) else y


def loss(x, weights):
    return f(x, weights).square().mean()


y, pull_back = vjp(f, *point)
cotangent = rounded(y.shape)
pulled = pull_back(cotangent)
_, pushed = jvp(f, point, tangent)
# Forward over reverse: the Hessian itself times the tangent.
_, product = jvp(grad(loss, argnums=(0, 1)), point, tangent)

data = {'cotangent': cotangent, 'y': y, 'jvp': pushed, 'loss': loss(*point).reshape(1)}
for prefix, (x, weights) in {'at': point, 'along': tangent, 'vjp': pulled, 'hvp': product}.items():
    data[f'{prefix}.x'] = x
    for name in names:
        data[f'{prefix}.{name}'] = weights[name]
save_file({name: t.detach().to(torch.float32).contiguous() for name, t in data.items()}, here / 'layer.safetensors')
versions = {'torch': torch.__version__, 'transformers': transformers.__version__}
(here / 'versions.json').write_text(json.dumps(versions, indent=2) + '\n')
