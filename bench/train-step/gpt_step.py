"""PyTorch's side of gpt.ts, which says what a step is. The network as nanoGPT's model.py writes it, with PyTorch's own LayerNorm,
which takes `bias` by now; the fused AdamW."""

import math

import torch
from fill import filled, filled_integers
from torch import nn
from torch.nn import functional as F
from torch_side import side

from harness.serve import serve


class CausalSelfAttention(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.c_attn = nn.Linear(o['n_embd'], 3 * o['n_embd'], bias=False)
        self.c_proj = nn.Linear(o['n_embd'], o['n_embd'], bias=False)
        self.n_head = o['n_head']

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = (part.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for part in self.c_attn(x).split(C, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C))


class MLP(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.c_fc = nn.Linear(o['n_embd'], 4 * o['n_embd'], bias=False)
        self.gelu = nn.GELU()
        self.c_proj = nn.Linear(4 * o['n_embd'], o['n_embd'], bias=False)

    def forward(self, x):
        return self.c_proj(self.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.ln_1 = nn.LayerNorm(o['n_embd'], bias=False)
        self.attn = CausalSelfAttention(o)
        self.ln_2 = nn.LayerNorm(o['n_embd'], bias=False)
        self.mlp = MLP(o)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.wte = nn.Embedding(o['vocab_size'], o['n_embd'])
        self.wpe = nn.Embedding(o['block_size'], o['n_embd'])
        self.h = nn.ModuleList(Block(o) for _ in range(o['n_layer']))
        self.ln_f = nn.LayerNorm(o['n_embd'], bias=False)
        self.lm_head = nn.Linear(o['n_embd'], o['vocab_size'], bias=False)
        self.wte.weight = self.lm_head.weight

    def forward(self, idx, targets):
        x = self.wte(idx) + self.wpe(torch.arange(0, idx.size(1), dtype=torch.long))
        for block in self.h:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))


def initialize(model, o):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.fill_(1)
                continue
            scale = 0.02 * math.sqrt(3) / (math.sqrt(2 * o['n_layer']) if name.endswith('c_proj.weight') else 1)
            parameter.copy_(torch.from_numpy(filled(name, parameter.numel())).view(parameter.shape) * scale)


def setup(options, threads):
    torch.set_num_threads(threads)
    model = GPT(options)
    initialize(model, options)
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(
        [
            {'params': [p for p in parameters if p.dim() > 1], 'weight_decay': options['weight_decay']},
            {'params': [p for p in parameters if p.dim() == 1], 'weight_decay': 0.0},
        ],
        lr=options['lr'],
        betas=tuple(options['betas']),
        eps=options['eps'],
        fused=True,
    )
    rows, block = options['batch_size'], options['block_size']
    idx, targets = (
        torch.from_numpy(filled_integers(name, rows * block, options['vocab_size'])).view(rows, block)
        for name in ('idx', 'targets')
    )
    forward = torch.compile(model) if options.get('compile') else model

    def step():
        loss = forward(idx, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, options['grad_clip'])
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    return side(options, step)


if __name__ == '__main__':
    serve(setup)
