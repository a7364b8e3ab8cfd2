"""Makes the golden data of this folder: a tiny random BertForSequenceClassification as the reference implementation sees it.

    bench/.peers/python/bin/python test/golden/bert/make.py        (after `npm run bench:setup`)

Everything is computed in float64 and rounded to float32 once, so the files hold the mathematics and not one library's rounding.
The weights are float32 numbers, larger than BERT's usual initial values, so that no gradient is lost in rounding.

    config.json, model.safetensors  the checkpoint, as Python's save_pretrained writes it
    batches.safetensors             batch0.*, batch1.*: input_ids, attention_mask, token_type_ids, labels; the shapes differ,
                                    padding stands at the end of a row, and batch1 has one row without any
    forward.safetensors             for batch0 and batch1: embeddings, layer.N, pooled, logits, loss (rows of padding too), and
                                    batch0.logits_of_ids_alone: attention_mask and token_type_ids left out
    gradients.safetensors           gradient of batch0's loss with respect to every parameter, by state-dict name
    adamw.safetensors               parameters after ten AdamW steps, batch0 and batch1 in turn
    adamw-clipped.safetensors       the same with clipped gradients, linear warm-up and other hyper-parameters
    training.json                   both runs: options, the loss, gradient norm and learning rate of each step, and how far
                                    PyTorch's own float32 run ends from these numbers

One gradient is zero in exact arithmetic: a key's bias shifts all scores of a row alike, and softmax does not see that. Rounding
makes it about 1e-9, and AdamW divides such a number by its own size, so `attention.self.key.bias` is not comparable after an
AdamW step with a small eps. The loss does not depend on it.
"""

import json
import platform
from pathlib import Path

import safetensors
import torch
import transformers
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification, get_linear_schedule_with_warmup

here = Path(__file__).parent
versions = {
    'python': platform.python_version(),
    'torch': torch.__version__,
    'transformers': transformers.__version__,
    'safetensors': safetensors.__version__,
}
torch.manual_seed(20)
torch.set_num_threads(1)


def tiny_config():
    return BertConfig(
        vocab_size=100,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        num_labels=3,
        attn_implementation='eager',
    )


def random_weights(model):
    """Every parameter from a normal distribution, by what it is: norms around one, the rest around zero."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape)
            if name.endswith('LayerNorm.weight'):
                parameter.copy_(1 + 0.2 * noise)
            elif name.endswith('.bias'):
                parameter.copy_(0.2 * noise)
            elif 'embeddings' in name:
                parameter.copy_(0.5 * noise)
            else:
                parameter.copy_(noise * 1.5 / parameter.shape[1] ** 0.5)


def random_batch(lengths, steps):
    """Rows of random tokens, each padded with zeros up to `steps`; the second half of a row is of token type 1."""
    rows = len(lengths)
    batch = {
        'input_ids': torch.zeros(rows, steps, dtype=torch.long),
        'attention_mask': torch.zeros(rows, steps, dtype=torch.long),
        'token_type_ids': torch.zeros(rows, steps, dtype=torch.long),
        'labels': torch.randint(0, 3, (rows,)),
    }
    for row, length in enumerate(lengths):
        batch['input_ids'][row, :length] = torch.randint(1, 100, (length,))
        batch['attention_mask'][row, :length] = 1
        batch['token_type_ids'][row, length // 2 : length] = 1
    return batch


def rounded(tensors):
    return {name: tensor.detach().to(torch.float32).contiguous().clone() for name, tensor in tensors.items()}


def save(tensors, name):
    save_file(tensors, here / name, metadata={'format': 'pt', **versions})
    (here / name).chmod(0o644)


runs = {
    'adamw': {
        'optimizer': {'lr': 1e-3, 'betas': [0.9, 0.999], 'eps': 1e-8, 'weight_decay': 0.01},
        'max_grad_norm': None,
        'num_warmup_steps': None,
    },
    'adamw-clipped': {
        'optimizer': {'lr': 2e-3, 'betas': [0.9, 0.98], 'eps': 1e-6, 'weight_decay': 0.1},
        'max_grad_norm': 1.0,
        'num_warmup_steps': 3,
    },
}
steps = 10


def train(start, batches, options, dtype):
    """Ten AdamW steps on all parameters alike. Returns the model and one line per step."""
    model = BertForSequenceClassification(tiny_config())
    model.load_state_dict(start)
    model.to(dtype).eval()
    optimizer = torch.optim.AdamW(
        model.parameters(), **{**options['optimizer'], 'betas': tuple(options['optimizer']['betas'])}, foreach=False
    )
    schedule = None
    if options['num_warmup_steps'] is not None:
        schedule = get_linear_schedule_with_warmup(optimizer, options['num_warmup_steps'], steps)
    lines = []
    for step in range(steps):
        loss = model(**batches[step % len(batches)]).loss
        loss.backward()
        limit = options['max_grad_norm'] if options['max_grad_norm'] is not None else float('inf')
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), limit)
        lines.append({'loss': loss.item(), 'grad_norm': norm.item(), 'learning_rate': optimizer.param_groups[0]['lr']})
        optimizer.step()
        if schedule:
            schedule.step()
        optimizer.zero_grad()
    return model, lines


def distance(model, reference):
    """How far one run's parameters end from another's: per tensor the norm of the difference over the norm, key biases apart."""
    worst = 0.0
    for name, parameter in model.named_parameters():
        if name.endswith('key.bias'):
            continue
        expected = reference.get_parameter(name)
        worst = max(worst, ((parameter.double() - expected).norm() / expected.norm()).item())
    return worst


def main():
    model = BertForSequenceClassification(tiny_config())
    random_weights(model)
    model.eval()
    model.save_pretrained(here)
    (here / 'model.safetensors').chmod(0o644)
    start = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    batches = [random_batch([10, 7, 4], 10), random_batch([6, 3], 6)]
    save({f'batch{i}.{name}': tensor for i, batch in enumerate(batches) for name, tensor in batch.items()}, 'batches.safetensors')

    model.double()
    outputs = {}
    for i, batch in enumerate(batches):
        result = model(**batch, output_hidden_states=True)
        names = ['embeddings'] + [f'layer.{layer}' for layer in range(len(result.hidden_states) - 1)]
        for name, hidden in zip(names, result.hidden_states):
            outputs[f'batch{i}.{name}'] = hidden
        outputs[f'batch{i}.pooled'] = model.bert.pooler(result.hidden_states[-1])
        outputs[f'batch{i}.logits'] = result.logits
        outputs[f'batch{i}.loss'] = result.loss
    outputs['batch0.logits_of_ids_alone'] = model(input_ids=batches[0]['input_ids']).logits
    save(rounded(outputs), 'forward.safetensors')

    model(**batches[0]).loss.backward()
    save(rounded({name: parameter.grad for name, parameter in model.named_parameters()}), 'gradients.safetensors')

    record = {'versions': versions, 'runs': {}}
    for name, options in runs.items():
        exact, lines = train(start, batches, options, torch.float64)
        single, single_lines = train(start, batches, options, torch.float32)
        save(rounded(dict(exact.named_parameters())), f'{name}.safetensors')
        record['runs'][name] = {
            **options,
            'num_training_steps': steps,
            'steps': lines,
            'torch_float32': {
                'largest_relative_loss_difference': max(abs(a['loss'] / b['loss'] - 1) for a, b in zip(single_lines, lines)),
                'largest_relative_parameter_distance': distance(single, exact),
            },
        }
    (here / 'training.json').write_text(json.dumps(record, indent=1) + '\n')
    print(json.dumps({name: run['torch_float32'] for name, run in record['runs'].items()}, indent=1))


if __name__ == '__main__':
    main()
