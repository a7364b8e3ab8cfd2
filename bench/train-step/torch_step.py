"""PyTorch's side of bert-mini.ts, which says what a step is. Written for speed as PyTorch's documents advise:
scaled_dot_product_attention, the fused AdamW, gradients set to None."""

import torch
from fill import filled_integers, initial_weights
from torch import nn
from torch.nn import functional as F
from torch_side import side

from harness.serve import serve


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

    def forward(self, x, mask):
        B, T, C = x.shape
        q, k, v = (
            self.attention['self'][name](x).view(B, T, self.heads, -1).transpose(1, 2) for name in ('query', 'key', 'value')
        )
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(B, T, C)
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
        self.head = o['head']

    def forward(self, input_ids, attention_mask, labels):
        mask = None if attention_mask is None else attention_mask[:, None, None, :]
        parts = self.bert['embeddings']
        T = input_ids.shape[1]
        x = parts['word_embeddings'](input_ids) + parts['position_embeddings'].weight[:T] + parts['token_type_embeddings'].weight[0]
        x = parts['LayerNorm'](x)
        for layer in self.bert['encoder']['layer']:
            x = layer(x, mask)
        return F.cross_entropy(self.classifier(x.mean(1) if self.head == 'mean' else x[:, 0]), labels)


class LoraLinear(nn.Linear):
    """W x + b + (alpha / rank) B A x, where only A and B learn."""

    def __init__(self, size, rank, alpha):
        super().__init__(size, size)
        self.lora_A = nn.Parameter(torch.zeros(rank, size))
        self.lora_B = nn.Parameter(torch.zeros(size, rank))
        self.scale = alpha / rank

    def forward(self, x):
        return super().forward(x) + F.linear(F.linear(x, self.lora_A), self.lora_B) * self.scale


def adapt(model, o):
    model.bert.requires_grad_(False)
    for layer in model.bert['encoder']['layer']:
        for name in ('query', 'value'):
            adapted = LoraLinear(o['hidden_size'], o['lora_rank'], o['lora_alpha'])
            adapted.weight.requires_grad_(False)
            adapted.bias.requires_grad_(False)
            layer.attention['self'][name] = adapted


class MaskedWords(nn.Module):
    """Hugging Face's own model; only its loss is wanted."""

    def __init__(self, o):
        super().__init__()
        from transformers import BertConfig, BertForMaskedLM

        names = (
            'vocab_size', 'hidden_size', 'num_hidden_layers', 'num_attention_heads', 'intermediate_size',
            'max_position_embeddings', 'type_vocab_size', 'layer_norm_eps',
        )
        config = BertConfig(
            **{name: o[name] for name in names},
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            attn_implementation='sdpa',
        )
        self.model = BertForMaskedLM(config)

    def forward(self, input_ids, attention_mask, labels):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, labels=labels).loss


def batch_of(o, name, lengths):
    rows, tokens = len(lengths), max(lengths)
    mask = torch.arange(tokens)[None, :] < torch.tensor(lengths)[:, None]
    ids = torch.from_numpy(filled_integers(f'input_ids {name}', rows * tokens, o['vocab_size'])).view(rows, tokens) * mask
    if o.get('labelled'):
        chosen = torch.from_numpy(filled_integers(f'labelled {name}', rows * tokens, 100)).view(rows, tokens) < o['labelled']
        labels = torch.where(chosen & mask, ids, -100)
    else:
        labels = torch.from_numpy(filled_integers(f'labels {name}', rows, o['num_labels']))
    return ids, None if bool(mask.all()) else mask, labels


def training_of(options, threads):
    """The model ready to be trained: a function that does the next step and gives its loss."""
    torch.set_num_threads(threads)
    model = MaskedWords(options) if options['head'] == 'words' else Classifier(options)
    if options.get('lora_rank'):
        adapt(model, options)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            own = name.removeprefix('model.')
            parameter.copy_(torch.from_numpy(initial_weights(own, parameter.numel())).view(parameter.shape))
    rows, lengths = options['rows'], options.get('lengths')
    if lengths:
        batches = [batch_of(options, f'batch {i}', lengths[i * rows : (i + 1) * rows]) for i in range(len(lengths) // rows)]
    else:
        batches = [batch_of(options, f'{rows}x{options["tokens"]}', [options['tokens']] * rows)]
    at = 0
    optimizer = torch.optim.AdamW(
        [parameter for parameter in model.parameters() if parameter.requires_grad],
        lr=options['lr'],
        betas=tuple(options['betas']),
        eps=options['eps'],
        weight_decay=options['weight_decay'],
        fused=True,
    )
    forward = torch.compile(model) if options.get('compile') else model
    autocast = getattr(torch, options['autocast']) if options.get('autocast') else None

    def step():
        nonlocal at
        batch = batches[at % len(batches)]
        at += 1
        with torch.autocast('cpu', dtype=autocast or torch.bfloat16, enabled=autocast is not None):
            loss = forward(*batch)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return step


def setup(options, threads):
    step = training_of(options, threads)
    return side(options, step)


if __name__ == '__main__':
    serve(setup)
