"""Makes the golden data of this folder: the losses of torch.nn.functional and the gradients of their inputs.

    bench/.peers/python/bin/python test/golden/losses/make.py       (after `npm run bench:setup`)

Computed in float64 from float32 numbers and written with 9 digits. Infinite and undefined numbers are written as text.

    losses.json   cases: loss (the name in torch.nn.functional), inputs in order, options, the value, seed (the gradient of the
                  value, where it is no scalar), and the gradients of the inputs named. An input or a tensor among the options
                  is {shape, data}, with dtype int64 where it holds whole numbers.
"""

import json
import math
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F

here = Path(__file__).parent
torch.set_num_threads(1)
# Of kl_div's 'mean', which divides by more than its users mean.
warnings.simplefilter('ignore')
generator = torch.Generator().manual_seed(22)
cases = []


def normal(*shape, scale=1.0):
    return (torch.randn(*shape, generator=generator) * scale).double()


def uniform(*shape):
    return torch.rand(*shape, generator=generator).double()


def exactly(*values):
    return torch.tensor(values, dtype=torch.float32).double()


def whole(*values):
    return torch.tensor(values, dtype=torch.int64)


def number(x):
    if not math.isfinite(x):
        return 'NaN' if math.isnan(x) else 'Infinity' if x > 0 else '-Infinity'
    return float(f'{x:.9g}')


def plain(value):
    if isinstance(value, torch.Tensor):
        kind = {} if value.is_floating_point() else {'dtype': 'int64'}
        flat = value.detach().reshape(-1).tolist()
        return {'shape': list(value.shape), 'data': [number(x) if isinstance(x, float) else x for x in flat], **kind}
    return value


def add(loss, note, inputs, gradients, through=None, **options):
    """One case. `through`: what is done to the first input before the loss, as part of what is differentiated."""
    leaves = [x.clone().requires_grad_(i in gradients) for i, x in enumerate(inputs)]
    first = through(leaves[0]) if through else leaves[0]
    y = getattr(F, loss)(first, *leaves[1:], **options)
    seed = torch.cos(1.0 + torch.arange(y.numel()).double()).float().double().reshape(y.shape)
    got = torch.autograd.grad(y, [leaves[i] for i in gradients], None if y.dim() == 0 else seed)
    shown = ' '.join(f'{key}={"tensor" if isinstance(value, torch.Tensor) else value}' for key, value in options.items())
    cases.append({
        'name': ' '.join(part for part in [loss, note, shown] if part),
        'loss': loss,
        'inputs': [plain(x) for x in inputs],
        'options': {key: plain(value) for key, value in options.items()},
        'value': plain(y),
        **({} if y.dim() == 0 else {'seed': plain(seed)}),
        'gradients': {str(i): plain(g) for i, g in zip(gradients, got)},
    })


def every(loss, note, inputs, gradients, reductions=('mean', 'sum', 'none'), **options):
    for reduction in reductions:
        add(loss, note, inputs, gradients, reduction=reduction, **options)


def classes():
    logits = normal(5, 4, scale=2.0)
    target = whole(0, 3, 1, 1, 2)
    some = whole(0, -100, 1, -100, 2)
    none = torch.full((5,), -100)
    weight = exactly(0.2, 1.0, 3.0, 0.5)
    images, image_target = normal(2, 4, 2, 3), whole([[0, 1, 3], [2, -100, 1]], [[3, 3, 0], [-100, 2, 1]])
    far = exactly([100.0, -100.0, 0.0, 50.0], [-1e4, 1e4, 0.0, 0.0])
    masked = exactly([1.0, -math.inf, 0.5, 2.0], [0.1, 0.2, -math.inf, -math.inf])
    for loss in ('cross_entropy', 'nll_loss'):
        given = logits if loss == 'cross_entropy' else torch.log_softmax(logits, 1).float().double()
        spatial = images if loss == 'cross_entropy' else torch.log_softmax(images, 1).float().double()
        every(loss, '', [given, target], [0])
        every(loss, 'ignored rows', [given, some], [0])
        every(loss, 'ignored rows', [given, some], [0], weight=weight)
        every(loss, 'extra axes', [spatial, image_target], [0])
        every(loss, 'extra axes', [spatial, image_target], [0], weight=weight)
        every(loss, 'all ignored', [given, none], [0])
        add(loss, '', [given, target], [0], ignore_index=1)
        every(loss, 'no batch', [given[0], whole(2)[0]], [0], reductions=('mean', 'none'), weight=weight)
    every('cross_entropy', 'ignored rows', [logits, some], [0], label_smoothing=0.1)
    every('cross_entropy', 'ignored rows', [logits, some], [0], weight=weight, label_smoothing=0.1)
    every('cross_entropy', 'extra axes', [images, image_target], [0], weight=weight, label_smoothing=0.3)
    add('cross_entropy', '', [logits, target], [0], label_smoothing=1.0)
    every('cross_entropy', 'large logits', [far, whole(1, 1)], [0])
    every('cross_entropy', 'classes that cannot be', [masked, whole(3, 0)], [0])
    add('cross_entropy', 'an infinite loss', [masked, whole(1, 0)], [0], reduction='none')
    probabilities = torch.softmax(normal(5, 4), 1).float().double()
    spatial = torch.softmax(normal(2, 4, 2, 3), 1).float().double()
    every('cross_entropy', 'probabilities', [logits, probabilities], [0, 1])
    every('cross_entropy', 'probabilities', [logits, probabilities], [0, 1], weight=weight, label_smoothing=0.2)
    every('cross_entropy', 'probabilities, extra axes', [images, spatial], [0, 1], weight=weight)
    add('cross_entropy', 'probabilities, no batch', [logits[0], probabilities[0]], [0, 1])
    for p in (1, 2):
        every('multi_margin_loss', '', [logits, target], [0], p=p, margin=0.7, weight=weight)
    every('multi_margin_loss', 'no batch', [logits[0], whole(3)[0]], [0])


def binary():
    logits, labels, weight = normal(3, 4, scale=2.0), uniform(3, 4).round(), uniform(4)
    soft = uniform(3, 4)
    pos_weight = exactly(0.5, 2.0, 1.0, 3.0)
    name = 'binary_cross_entropy_with_logits'
    every(name, '', [logits, labels], [0])
    every(name, 'soft labels', [logits, soft], [0, 1])
    every(name, '', [logits, soft], [0, 1], weight=weight)
    every(name, '', [logits, soft], [0, 1], pos_weight=pos_weight)
    every(name, '', [logits, soft], [0], weight=weight, pos_weight=pos_weight)
    far = exactly(-1e4, -100.0, 0.0, 100.0, 1e4)
    for label in (0.0, 1.0):
        every(name, f'large logits, labels {label}', [far, torch.full((5,), label).double()], [0], reductions=('none', 'sum'))
    chances = (uniform(3, 4) * 0.9 + 0.05).float().double()
    every('binary_cross_entropy', '', [chances, soft], [0, 1])
    every('binary_cross_entropy', '', [chances, labels], [0], weight=weight)
    every('binary_cross_entropy', 'certain', [exactly(0.0, 1.0, 0.0, 1.0), exactly(0.0, 1.0, 1.0, 0.0)], [0], reductions=('none', 'sum'))
    signs = labels * 2 - 1
    every('soft_margin_loss', '', [logits, signs], [0])
    # Not 1e4, for which PyTorch's formula overflows.
    every('soft_margin_loss', 'large', [far / 200, exactly(1.0, 1.0, -1.0, -1.0, 1.0)], [0], reductions=('none',))
    every('multilabel_soft_margin_loss', '', [logits, labels], [0])
    every('multilabel_soft_margin_loss', '', [logits, labels], [0], weight=weight)
    every('multilabel_margin_loss', '', [logits, whole([2, 0, -1, 3], [1, -1, 0, 0], [-1, 2, 1, 0])], [0])
    every('multilabel_margin_loss', 'no batch', [logits[0], whole(3, 1, 0, 2)], [0])


def regression():
    x, y = normal(3, 4, scale=1.5), normal(3, 4)
    for loss in ('mse_loss', 'l1_loss', 'smooth_l1_loss', 'huber_loss'):
        every(loss, '', [x, y], [0, 1])
    every('smooth_l1_loss', '', [x, y], [0, 1], beta=0.3)
    add('smooth_l1_loss', '', [x, y], [0, 1], beta=0.0)
    every('huber_loss', '', [x, y], [0, 1], delta=0.3)
    every('huber_loss', '', [x, y], [0, 1], delta=0.3, weight=uniform(3, 4))
    kinks = exactly(-2.0, -1.0, 0.0, 1.0, 2.0, 1e6)
    for loss in ('l1_loss', 'smooth_l1_loss', 'huber_loss'):
        add(loss, 'at the kinks', [kinks, torch.zeros(6).double()], [0], reduction='none')
    for loss in ('mse_loss', 'l1_loss'):
        every(loss, '', [x, y], [0, 1], weight=uniform(3, 4))
    counts = exactly([0.0, 1.0, 2.0, 5.0], [1.0, 0.0, 3.0, 1.0], [7.0, 0.0, 1.0, 2.0])
    every('poisson_nll_loss', '', [x, counts], [0])
    every('poisson_nll_loss', '', [x, counts], [0], full=True)
    every('poisson_nll_loss', '', [x.abs() + 0.1, counts], [0], log_input=False, eps=1e-4)
    variances = uniform(3, 4) + 0.1
    every('gaussian_nll_loss', '', [x, y, variances], [0, 1, 2])
    every('gaussian_nll_loss', '', [x, y, variances], [0, 1, 2], full=True)
    every('gaussian_nll_loss', 'one variance a row', [x, y, variances[:, :1].contiguous()], [0, 1, 2])
    every('gaussian_nll_loss', 'one variance a row', [x, y, variances[:, 0].contiguous()], [0, 1, 2])
    add('gaussian_nll_loss', 'small variances', [x, y, variances * 0.2], [0, 1, 2], eps=0.1)
    logs, chances = torch.log_softmax(normal(3, 4), 1).float().double(), torch.softmax(normal(3, 4), 1).float().double()
    every('kl_div', '', [logs, chances], [0, 1], reductions=('mean', 'sum', 'none', 'batchmean'))
    every('kl_div', '', [logs, chances.log().float().double()], [0, 1], reductions=('mean', 'sum', 'none', 'batchmean'), log_target=True)
    every('kl_div', 'chances of 0', [logs[:2], exactly([0.0, 1.0, 0.0, 0.0], [0.5, 0.0, 0.5, 0.0])], [0], reductions=('none', 'batchmean'))


def ranking():
    a, b, c = normal(4, 3), normal(4, 3), normal(4, 3)
    signs = exactly(1.0, -1.0, -1.0, 1.0)
    every('cosine_embedding_loss', '', [a, b, signs], [0, 1])
    every('cosine_embedding_loss', '', [a, b, signs], [0, 1], margin=-0.3)
    every('cosine_embedding_loss', 'no batch', [a[0], b[0], exactly(-1.0)[0]], [0, 1], margin=-0.9)
    add('cosine_embedding_loss', 'a zero vector', [torch.zeros(1, 3).double(), b[:1], exactly(1.0)], [1])
    every('margin_ranking_loss', '', [a[:, 0].contiguous(), b[:, 0].contiguous(), signs], [0, 1])
    every('margin_ranking_loss', '', [a[:, 0].contiguous(), b[:, 0].contiguous(), signs], [0, 1], margin=0.5)
    every('hinge_embedding_loss', '', [a[:, 0].contiguous(), signs], [0])
    every('hinge_embedding_loss', '', [a[:, 0].contiguous(), signs], [0], margin=0.4)
    every('triplet_margin_loss', '', [a, b, c], [0, 1, 2])
    every('triplet_margin_loss', '', [a, b, c], [0, 1, 2], margin=0.3, p=1.0)
    every('triplet_margin_loss', '', [a, b, c], [0, 1, 2], margin=2.0, p=3.0, eps=1e-3, swap=True)
    every('triplet_margin_loss', 'no batch', [a[0], b[0], c[0]], [0, 1, 2], reductions=('mean',))
    add('cosine_similarity', '', [a, b], [0, 1])
    add('cosine_similarity', '', [a, b], [0, 1], dim=0, eps=2.0)
    add('cosine_similarity', 'broadcast', [a, b[:1]], [0, 1])
    add('pairwise_distance', '', [a, b], [0, 1])
    add('pairwise_distance', '', [a, b], [0, 1], p=1.0, eps=0.1, keepdim=True)


def ctc():
    log_softmax = lambda x: torch.log_softmax(x, -1)
    logits = normal(6, 3, 4, scale=1.5)
    targets = whole([1, 2, 2], [3, 1, 0], [2, 0, 0])
    lengths = {'input_lengths': whole(6, 5, 3), 'target_lengths': whole(3, 2, 1)}
    name = 'ctc_loss'

    def each(note, x, y, reductions=('mean', 'sum', 'none'), **options):
        for reduction in reductions:
            add(name, note, [x, y], [0], through=log_softmax, reduction=reduction, **options)

    each('', logits, targets, **lengths)
    each('one list of targets', logits, whole(1, 2, 2, 3, 1, 2), reductions=('mean',), **lengths)
    each('another blank', logits, whole([0, 2, 2], [1, 1, 0], [2, 0, 0]), blank=3, **lengths)
    each('an empty target', logits, targets, input_lengths=whole(6, 5, 3), target_lengths=whole(3, 0, 1))
    each('no batch', logits[:, 0], targets[0], reductions=('mean', 'none'), input_lengths=whole(6)[0], target_lengths=whole(3)[0])
    too_long = {'input_lengths': whole(6, 1, 3), 'target_lengths': whole(3, 2, 1)}
    each('a target too long', logits, targets, zero_infinity=True, **too_long)
    each('a target too long', logits, targets, **too_long)
    each('a long text', normal(60, 2, 5, scale=4.0), whole([1, 1, 2, 3, 4, 4, 1, 2, 3, 1], [4, 3, 2, 1, 1, 1, 0, 0, 0, 0]),
         reductions=('none',), input_lengths=whole(60, 41), target_lengths=whole(10, 6))


classes()
binary()
regression()
ranking()
ctc()
text = json.dumps({'versions': {'torch': torch.__version__}, 'cases': cases}, allow_nan=False)
(here / 'losses.json').write_text(text.replace('{"name"', '\n{"name"') + '\n')
print(len(cases), 'cases')
