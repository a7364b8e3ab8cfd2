"""Makes the golden data of this folder: optimizers, schedules and clipping as PyTorch and transformers compute them.

    bench/.peers/python/bin/python test/golden/optim/make.py       (after `npm run bench:setup`)

All numbers are float64 (JSON keeps every digit); inputs are float32 numbers, so a float32 implementation starts from the same ones.
An infinite or undefined number is written as the string 'Infinity', '-Infinity' or 'NaN'.

    optimizers.json     start: parameters by name; gradients: one set per step (take the loss sum(parameter · gradient));
                        cases: optimizer, options, param_groups where there are several, and the parameters after each step
    schedules.json      the factor on the learning rate at steps 0 to 100 of each `get_scheduler` name; for the two that follow a
                        metric, the learning rate after each of the metrics
    clipping.json       gradients, options, the norm that clip_grad_norm_ returns and the gradients it leaves
"""

import json
import math
import platform
from pathlib import Path

import torch
import transformers
from transformers import get_scheduler

here = Path(__file__).parent
versions = {'python': platform.python_version(), 'torch': torch.__version__, 'transformers': transformers.__version__}
torch.set_num_threads(1)
generator = torch.Generator().manual_seed(21)


def normal(*shape, scale=1.0):
    """Random float32 numbers, as float64."""
    return (torch.randn(*shape, generator=generator) * scale).double()


def numbers(value):
    """Nested lists of JSON numbers."""
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    if isinstance(value, list):
        return [numbers(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return 'NaN' if math.isnan(value) else 'Infinity' if value > 0 else '-Infinity'
    return value


def write(name, record):
    text = json.dumps({'versions': versions, **record}, allow_nan=False)
    # One case a line: readable in a diff, and not one number a line.
    (here / name).write_text(text.replace('{"name"', '\n{"name"') + '\n')


def optimizers():
    start = {'weight': normal(2, 3), 'bias': normal(4, scale=0.3)}
    gradients = [{'weight': normal(2, 3), 'bias': normal(4, scale=0.01)} for _ in range(10)]
    # What makes implementations differ: a gradient that is zero at first, at times, and always.
    for step, gradient in enumerate(gradients):
        gradient['bias'][3] = 0
        if step in (0, 1, 5):
            gradient['weight'][1, 2] = 0
    options = [
        ('AdamW', {}),
        ('AdamW', {'lr': 1e-2, 'betas': [0.8, 0.99], 'eps': 1e-6, 'weight_decay': 0.1}),
        ('AdamW', {'lr': 1e-2, 'weight_decay': 0.0}),
        ('AdamW', {'lr': 1e-2, 'amsgrad': True}),
        ('AdamW', {'lr': 1e-2, 'maximize': True}),
        ('Adam', {}),
        ('Adam', {'lr': 1e-2, 'betas': [0.8, 0.99], 'eps': 1e-6}),
        ('Adam', {'lr': 1e-2, 'weight_decay': 0.1}),
        ('Adam', {'lr': 1e-2, 'amsgrad': True}),
        ('SGD', {'lr': 0.1}),
        ('SGD', {'lr': 0.1, 'weight_decay': 0.1}),
        ('SGD', {'lr': 0.1, 'momentum': 0.9}),
        ('SGD', {'lr': 0.1, 'momentum': 0.9, 'dampening': 0.5}),
        ('SGD', {'lr': 0.1, 'momentum': 0.9, 'nesterov': True}),
        ('SGD', {'lr': 0.1, 'momentum': 0.9, 'nesterov': True, 'weight_decay': 0.05}),
        ('SGD', {'lr': 0.1, 'momentum': 0.9, 'maximize': True}),
    ]
    cases = [trajectory(start, gradients, optimizer, given) for optimizer, given in options]
    groups = [{'params': ['weight'], 'weight_decay': 0.1}, {'params': ['bias'], 'weight_decay': 0.0, 'lr': 2e-2}]
    cases.append(trajectory(start, gradients, 'AdamW', {'lr': 1e-2}, groups))
    groups = [{'params': ['weight'], 'momentum': 0.9}, {'params': ['bias'], 'lr': 0.5}]
    cases.append(trajectory(start, gradients, 'SGD', {'lr': 0.1}, groups))
    write(
        'optimizers.json',
        {
            'start': {name: numbers(value) for name, value in start.items()},
            'gradients': [{name: numbers(value) for name, value in step.items()} for step in gradients],
            'cases': cases,
        },
    )


def trajectory(start, gradients, optimizer, options, groups=None):
    parameters = {name: value.clone().requires_grad_() for name, value in start.items()}
    given = list(parameters.values())
    if groups:
        given = [{**group, 'params': [parameters[name] for name in group['params']]} for group in groups]
    made = getattr(torch.optim, optimizer)(given, **options, foreach=False)
    after = []
    for step in gradients:
        for name, parameter in parameters.items():
            parameter.grad = step[name].clone()
        made.step()
        after.append({name: numbers(parameter.detach()) for name, parameter in parameters.items()})
    label = ' '.join([optimizer, *(f'{key}={value}' for key, value in options.items()), *(['with groups'] if groups else [])])
    case = {'name': label, 'optimizer': optimizer, 'options': options}
    return {**case, **({'param_groups': groups} if groups else {}), 'after': after}


def schedules():
    named = [
        ('constant', None, {}),
        ('constant_with_warmup', 10, {}),
        ('linear', 0, {}),
        ('linear', 10, {}),
        ('cosine', 0, {}),
        ('cosine', 10, {}),
        ('cosine', 10, {'num_cycles': 1.5}),
        ('cosine_with_restarts', 10, {}),
        ('cosine_with_restarts', 10, {'num_cycles': 3}),
        ('polynomial', 10, {}),
        ('polynomial', 10, {'power': 2.0, 'lr_end': 0.01}),
        ('inverse_sqrt', 10, {}),
        ('inverse_sqrt', 0, {}),
        ('inverse_sqrt', 10, {'timescale': 30}),
        ('cosine_with_min_lr', 10, {'min_lr': 0.1}),
        ('cosine_with_min_lr', 10, {'min_lr_rate': 0.2, 'num_cycles': 1.0}),
        ('cosine_warmup_with_min_lr', 10, {'min_lr_rate': 0.1}),
        ('cosine_warmup_with_min_lr', 10, {'min_lr': 0.2, 'warmup_lr_rate': 0.3}),
        ('warmup_stable_decay', 10, {'num_decay_steps': 30}),
        ('warmup_stable_decay', 10, {'num_decay_steps': 30, 'min_lr_ratio': 0.1, 'decay_type': 'linear', 'warmup_type': 'cosine'}),
        ('warmup_stable_decay', 10, {'num_decay_steps': 30, 'decay_type': '1-sqrt', 'warmup_type': '1-sqrt'}),
        ('warmup_stable_decay', 10, {'num_decay_steps': 30, 'num_stable_steps': 20, 'num_training_steps': None}),
    ]
    total = 100
    # A base other than 1, so that a `min_lr` given as a rate and one given as a learning rate come apart.
    base = 0.5
    cases = []
    for name, warmup, given in named:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
        own = {key: value for key, value in given.items() if key != 'num_training_steps'}
        steps = given.get('num_training_steps', total)
        schedule = get_scheduler(name, optimizer, warmup, steps, own)
        factors = []
        # One step past the end: what a run does that goes on.
        for _ in range(total + 1):
            factors.append(schedule.get_last_lr()[0] / base)
            optimizer.step()
            schedule.step()
        label = ' '.join([name, f'warmup={warmup}', *(f'{key}={value}' for key, value in own.items())])
        cases.append(
            {
                'name': label,
                'schedule': name,
                'num_warmup_steps': warmup,
                'num_training_steps': steps,
                'options': own,
                'factors': factors,
            }
        )

    metrics = [1.0, 0.8, 0.7, 0.7, 0.71, 0.705, 0.69, 0.69995, 0.75, 0.8, 0.8, 0.8, 0.5, 0.4, 0.3, 0.2, 0.1, 0.09, 0.08, 0.2, 0.3, 0.3]
    by_metric = []
    for name, given in [
        ('reduce_lr_on_plateau', {'patience': 1}),
        ('reduce_lr_on_plateau', {'factor': 0.5, 'patience': 0, 'cooldown': 2, 'min_lr': 0.1}),
        ('reduce_lr_on_plateau', {'mode': 'max', 'patience': 2, 'threshold': 0.1, 'threshold_mode': 'abs', 'factor': 0.3}),
        ('greedy', {'patience': 1}),
        ('greedy', {'patience': 1, 'factor': 0.5, 'min_lr': 0.3, 'max_lr': 0.9, 'reset_start': 2}),
        ('greedy', {'patience': 0, 'smooth': True, 'window_size': 3, 'cooldown': 1, 'warmup': 1}),
    ]:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
        schedule = get_scheduler(name, optimizer, scheduler_specific_kwargs=given)
        rates = []
        for metric in metrics:
            optimizer.step()
            schedule.step(metric)
            rates.append(optimizer.param_groups[0]['lr'])
        label = ' '.join([name, *(f'{key}={value}' for key, value in given.items())])
        by_metric.append({'name': label, 'schedule': name, 'options': given, 'learning_rates': rates})
    write('schedules.json', {'learning_rate': base, 'cases': cases, 'metrics': metrics, 'by_metric': by_metric})


def clipping():
    sets = {
        'large': [normal(2, 3, scale=3.0), normal(4, scale=2.0)],
        'small': [normal(2, 3, scale=0.01), normal(4, scale=0.01)],
        'zero': [torch.zeros(2, 3).double(), torch.zeros(4).double()],
        'undefined': [torch.tensor([1.0, float('nan')]).double(), torch.ones(2).double()],
        'infinite': [torch.tensor([1.0, float('inf')]).double(), torch.ones(2).double()],
    }
    cases = []
    for of, gradients in sets.items():
        kinds = [2.0, 1.0, float('inf'), 3.0] if of == 'large' else [2.0]
        for norm_type in kinds:
            parameters = [torch.zeros_like(gradient).requires_grad_() for gradient in gradients]
            for parameter, gradient in zip(parameters, gradients):
                parameter.grad = gradient.clone()
            total = torch.nn.utils.clip_grad_norm_(parameters, 1.0, norm_type)
            cases.append(
                {
                    'name': f'{of} norm_type={norm_type}',
                    'max_norm': 1.0,
                    'norm_type': numbers(norm_type),
                    'gradients': [numbers(gradient) for gradient in gradients],
                    'total_norm': numbers(total),
                    'clipped': [numbers(parameter.grad) for parameter in parameters],
                }
            )
    write('clipping.json', {'cases': cases})


if __name__ == '__main__':
    optimizers()
    schedules()
    clipping()
