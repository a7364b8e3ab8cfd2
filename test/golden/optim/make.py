"""Makes the golden data of this folder: optimizers, schedules and clipping as PyTorch and transformers compute them.

    bench/.peers/python/bin/python test/golden/optim/make.py       (after `npm run bench:setup`)

All numbers are float64 (JSON keeps every digit); inputs are float32 numbers, so a float32 implementation starts from the same ones.
An infinite or undefined number is written as the string 'Infinity', '-Infinity' or 'NaN'.

    optimizers.json     start: parameters by name; gradients: one set per step; cases: optimizer, options, param_groups where there
                        are several, without: the steps (from 0) at which a parameter has no gradient, and after: the parameters
                        after each step, flat and to nine digits
    averages.json       contents: of one parameter, a list per step; cases: options and the average after each step
    schedules.json      the factor on the learning rate at steps 0 to 100 of each `get_scheduler` name; for the two that follow a
                        metric, the learning rate after each of the metrics
    clipping.json       gradients, options, the norm that clip_grad_norm_ returns and the gradients it leaves; by_value the same for
                        clip_grad_value_
"""

import json
import math
import platform
from pathlib import Path

import torch
import transformers
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import get_scheduler
from transformers.optimization import Adafactor

here = Path(__file__).parent
versions = {'python': platform.python_version(), 'torch': torch.__version__, 'transformers': transformers.__version__}
torch.set_num_threads(1)
generator = torch.Generator().manual_seed(21)
# Of its own, so that a record added later leaves the others as they are.
generator_of_kernels = torch.Generator().manual_seed(22)


def normal(*shape, scale=1.0, generator=generator):
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


class Lion(torch.optim.Optimizer):
    """Lion, written from algorithm 2 of Chen et al., 2023, arXiv:2302.06675: neither lion-pytorch nor bitsandbytes is among the peers."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {'lr': lr, 'betas': betas, 'weight_decay': weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group['betas']
            for p in group['params']:
                if p.grad is None:
                    continue
                m = self.state[p].setdefault('exp_avg', torch.zeros_like(p))
                direction = torch.sign(beta1 * m + (1 - beta1) * p.grad)
                p.sub_(group['lr'] * (direction + group['weight_decay'] * p))
                m.copy_(beta2 * m + (1 - beta2) * p.grad)


def optimizers():
    start = {'weight': normal(2, 3), 'bias': normal(4, scale=0.3)}
    gradients = [{'weight': normal(2, 3), 'bias': normal(4, scale=0.01)} for _ in range(10)]
    start['kernel'] = normal(2, 2, 3, generator=generator_of_kernels)
    for gradient in gradients:
        gradient['kernel'] = normal(2, 2, 3, scale=5.0, generator=generator_of_kernels)
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
        ('Adam', {'lr': 1e-2, 'maximize': True, 'weight_decay': 0.1}),
        ('AdamW', {'lr': 1e-2, 'amsgrad': True, 'betas': [0.5, 0.6]}),
        ('Adafactor', {}),
        ('Adafactor', {'warmup_init': True}),
        ('Adafactor', {'scale_parameter': False}),
        ('Adafactor', {'lr': 1e-2, 'relative_step': False, 'scale_parameter': False}),
        ('Adafactor', {'lr': 1e-2, 'relative_step': False, 'beta1': 0.9, 'weight_decay': 0.1}),
        ('Adafactor', {'lr': 1e-2, 'relative_step': False, 'eps': [1e-6, 0.5], 'clip_threshold': 0.5, 'decay_rate': -0.5}),
        ('Lion', {}),
        ('Lion', {'lr': 1e-2, 'betas': [0.95, 0.98], 'weight_decay': 0.1}),
        ('RMSprop', {}),
        ('RMSprop', {'lr': 1e-2, 'alpha': 0.9, 'eps': 1e-4, 'weight_decay': 0.1}),
        ('RMSprop', {'lr': 1e-2, 'momentum': 0.9}),
        ('RMSprop', {'lr': 1e-2, 'centered': True, 'maximize': True}),
        ('RMSprop', {'lr': 1e-2, 'centered': True, 'momentum': 0.5, 'weight_decay': 0.05}),
        ('Adagrad', {}),
        ('Adagrad', {'lr': 0.1, 'lr_decay': 0.1, 'weight_decay': 0.1, 'eps': 1e-4}),
        ('Adagrad', {'lr': 0.1, 'initial_accumulator_value': 0.5, 'maximize': True}),
    ]
    cases = [trajectory(start, gradients, optimizer, given) for optimizer, given in options]
    groups = [{'params': ['weight', 'kernel'], 'weight_decay': 0.1}, {'params': ['bias'], 'weight_decay': 0.0, 'lr': 2e-2}]
    cases.append(trajectory(start, gradients, 'AdamW', {'lr': 1e-2}, groups))
    groups = [{'params': ['weight', 'kernel'], 'momentum': 0.9}, {'params': ['bias'], 'lr': 0.5}]
    cases.append(trajectory(start, gradients, 'SGD', {'lr': 0.1}, groups))
    # A parameter that gets its first gradient late, and one that has none in between: each counts its own steps.
    without = {'bias': [0, 1, 2, 6], 'kernel': [4, 5]}
    for optimizer, given in [
        ('AdamW', {'lr': 1e-2}),
        ('SGD', {'lr': 0.1, 'momentum': 0.9, 'dampening': 0.5}),
        ('Adafactor', {'lr': 1e-2, 'relative_step': False}),
        ('Adagrad', {'lr': 0.1, 'lr_decay': 0.1}),
    ]:
        cases.append(trajectory(start, gradients, optimizer, given, without=without))
    write(
        'optimizers.json',
        {
            'start': {name: numbers(value) for name, value in start.items()},
            'gradients': [{name: numbers(value) for name, value in step.items()} for step in gradients],
            'cases': cases,
        },
    )


def trajectory(start, gradients, optimizer, options, groups=None, without=None):
    parameters = {name: value.clone().requires_grad_() for name, value in start.items()}
    given = list(parameters.values())
    if groups:
        given = [{**group, 'params': [parameters[name] for name in group['params']]} for group in groups]
    own = {'Adafactor': Adafactor, 'Lion': Lion}
    # One parameter after another, and not all in one call, is PyTorch's reference for the others.
    made = own[optimizer](given, **options) if optimizer in own else getattr(torch.optim, optimizer)(given, **options, foreach=False)
    after = []
    for i, step in enumerate(gradients):
        for name, parameter in parameters.items():
            parameter.grad = None if i in (without or {}).get(name, []) else step[name].clone()
        made.step()
        after.append({name: [float(f'{x:.9g}') for x in parameter.detach().flatten().tolist()] for name, parameter in parameters.items()})
    label = ' '.join(
        [
            optimizer,
            *(f'{key}={value}' for key, value in options.items()),
            *(['with groups'] if groups else []),
            *(['with late gradients'] if without else []),
        ]
    )
    case = {'name': label, 'optimizer': optimizer, 'options': options}
    return {
        **case,
        **({'param_groups': groups} if groups else {}),
        **({'without': without} if without else {}),
        'after': after,
    }


def averages():
    """Moving averages: PyTorch's AveragedModel, and timm's ModelEmaV3 (timm is not among the peers: its get_decay stands here)."""
    contents = [normal(5, generator=generator_of_kernels) for _ in range(12)]
    model = torch.nn.Linear(5, 1, bias=False).double()
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    after = []
    for content in contents:
        with torch.no_grad():
            model.weight[0].copy_(content)
        averaged.update_parameters(model)
        after.append(numbers(averaged.module.weight.detach()[0].clone()))
    cases = [{'name': 'AveragedModel decay=0.9', 'options': {'decay': 0.9}, 'after': after}]
    for options in [
        {'decay': 0.9, 'use_warmup': True},
        {'decay': 0.6, 'use_warmup': True, 'warmup_gamma': 2.0, 'warmup_power': 1.0},
        {'decay': 0.9, 'use_warmup': True, 'min_decay': 0.5},
        {'decay': 0.8, 'update_after_step': 3},
    ]:
        average, after = None, []
        for step, content in enumerate(contents, start=1):
            since = step - options.get('update_after_step', 0) - 1
            decay = options['decay']
            if since <= 0:
                decay = 0.0
            elif options.get('use_warmup'):
                decay = 1 - (1 + since / options.get('warmup_gamma', 1.0)) ** -options.get('warmup_power', 2 / 3)
                decay = max(min(decay, options['decay']), options.get('min_decay', 0.0))
            average = content if average is None else torch.lerp(average, content, 1 - decay)
            after.append(numbers(average))
        label = ' '.join(['ModelEmaV3', *(f'{key}={value}' for key, value in options.items())])
        cases.append({'name': label, 'options': options, 'after': after})
    write('averages.json', {'contents': [numbers(content) for content in contents], 'cases': cases})


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
        kinds = [2.0, 1.0, float('inf'), 3.0] if of == 'large' else [2.0, float('inf')] if of in ('undefined', 'infinite') else [2.0]
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
    by_value = []
    for of in ('large', 'small', 'infinite', 'undefined'):
        parameters = [torch.zeros_like(gradient).requires_grad_() for gradient in sets[of]]
        for parameter, gradient in zip(parameters, sets[of]):
            parameter.grad = gradient.clone()
        torch.nn.utils.clip_grad_value_(parameters, 0.5)
        by_value.append(
            {
                'name': of,
                'clip_value': 0.5,
                'gradients': [numbers(gradient) for gradient in sets[of]],
                'clipped': [numbers(parameter.grad) for parameter in parameters],
            }
        )
    write('clipping.json', {'cases': cases, 'by_value': by_value})


if __name__ == '__main__':
    optimizers()
    averages()
    schedules()
    clipping()
