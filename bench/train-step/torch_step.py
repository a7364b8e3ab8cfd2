"""PyTorch's side of bert-mini.ts, which says what a step is. Written for speed as PyTorch's documents advise:
scaled_dot_product_attention, the fused AdamW, gradients set to None."""

import torch
from fill import filled_integers, initial_weights
from torch import nn
from torch.nn import functional as F

from harness.serve import serve, timed


class Layer(nn.Module):
    def __init__(self, o):
        super().__init__()
        size, inner, eps = o['hidden_size'], o['intermediate_size'], o['layer_norm_eps']
        self.heads = o['num_attention_heads']
        self.attention = nn.ModuleDict(
            {
                'self': nn.ModuleDict({name: nn.Linear(size, size) for name in ('query', 'key', 'value')}),
                'output': nn.ModuleDict({'dense': nn.Linear(size, size), 'LayerNorm': nn.LayerNorm(size, eps)}),
            }
        )
        self.intermediate = nn.ModuleDict({'dense': nn.Linear(size, inner)})
        self.output = nn.ModuleDict({'dense': nn.Linear(inner, size), 'LayerNorm': nn.LayerNorm(size, eps)})

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (
            self.attention['self'][name](x).view(B, T, self.heads, -1).transpose(1, 2) for name in ('query', 'key', 'value')
        )
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, T, C)
        x = self.attention['output']['LayerNorm'](x + self.attention['output']['dense'](mixed))
        return self.output['LayerNorm'](x + self.output['dense'](F.gelu(self.intermediate['dense'](x))))


class Classifier(nn.Module):
    def __init__(self, o):
        super().__init__()
        size = o['hidden_size']
        embeddings = nn.ModuleDict(
            {
                'word_embeddings': nn.Embedding(o['vocab_size'], size, padding_idx=0),
                'position_embeddings': nn.Embedding(o['max_position_embeddings'], size),
                'token_type_embeddings': nn.Embedding(o['type_vocab_size'], size),
                'LayerNorm': nn.LayerNorm(size, o['layer_norm_eps']),
            }
        )
        layers = nn.ModuleList(Layer(o) for _ in range(o['num_hidden_layers']))
        self.bert = nn.ModuleDict({'embeddings': embeddings, 'encoder': nn.ModuleDict({'layer': layers})})
        self.classifier = nn.Linear(size, o['num_labels'])

    def forward(self, input_ids, labels):
        parts = self.bert['embeddings']
        T = input_ids.shape[1]
        x = parts['word_embeddings'](input_ids) + parts['position_embeddings'].weight[:T] + parts['token_type_embeddings'].weight[0]
        x = parts['LayerNorm'](x)
        for layer in self.bert['encoder']['layer']:
            x = layer(x)
        return F.cross_entropy(self.classifier(x.mean(1)), labels)


def setup(options, threads):
    torch.set_num_threads(threads)
    model = Classifier(options)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(initial_weights(name, parameter.numel())).view(parameter.shape))
    rows, tokens = options['rows'], options['tokens']
    input_ids = torch.from_numpy(filled_integers('input_ids', rows * tokens, options['vocab_size'])).view(rows, tokens)
    labels = torch.from_numpy(filled_integers('labels', rows, options['num_labels']))
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=options['lr'],
        betas=tuple(options['betas']),
        eps=options['eps'],
        weight_decay=options['weight_decay'],
        fused=True,
    )
    forward = torch.compile(model) if options.get('compile') else model
    autocast = getattr(torch, options['autocast']) if options.get('autocast') else None

    def step():
        with torch.autocast('cpu', dtype=autocast or torch.bfloat16, enabled=autocast is not None):
            loss = forward(input_ids, labels)
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
