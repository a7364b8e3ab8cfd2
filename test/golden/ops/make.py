"""Random einsum equations, indices and broadcasts, with what NumPy makes of them.

    python test/golden/ops/make.py

Made with NumPy 2.4.6. Inputs are not stored: element i of input number k is (7 i + 3 k) mod 19 − 9 for einsum and
broadcasting, and i for indexing, where every element differs. A line is a case: einsum [equation, shapes, shape, numbers],
indexing [shape, items, shape, numbers], broadcasting [op, shapes, shape, numbers]. Cases without elements are left out.
"""
import json, random
from pathlib import Path
import numpy as np

here = Path(__file__).parent
COUNT = 2000


def filled(shape, k):
    size = int(np.prod(shape))
    return ((7 * np.arange(size) + 3 * k) % 19 - 9).astype(np.int64).reshape(shape)


def einsum_case(rng):
    lengths = {c: rng.choice([1, 2, 2, 3]) for c in 'abcdeF'}
    dots = [rng.choice([1, 2, 3]) for _ in range(rng.choice([0, 0, 1, 2]))]
    terms, shapes = [], []
    for _ in range(rng.choice([1, 2, 2, 3])):
        labels = [rng.choice('abcdeF') for _ in range(rng.randint(0, 3))]
        own = dots[rng.randint(0, len(dots)):]
        at = rng.randint(0, len(labels))
        with_dots = bool(own) or rng.random() < 0.2
        repeated = {c for c in labels if labels.count(c) > 1}
        shape = [1 if rng.random() < 0.1 and c not in repeated else lengths[c] for c in labels]
        shapes.append(shape[:at] + [1 if rng.random() < 0.15 else n for n in own] + shape[at:])
        terms.append(''.join(labels[:at]) + ('...' if with_dots else '') + ''.join(labels[at:]))
    equation = ','.join(terms)
    if rng.random() < 0.75:
        letters = sorted({c for c in equation if c.isalpha()})
        rng.shuffle(letters)
        out = ''.join(letters[: rng.randint(0, min(3, len(letters)))])
        cut = rng.randint(0, len(out))
        equation += '->' + out[:cut] + ('...' if '...' in equation else '') + out[cut:]
    y = np.einsum(equation, *[filled(s, k) for k, s in enumerate(shapes)])
    return [equation, shapes, y]


def slice_text(rng, n):
    bound = lambda: '' if rng.random() < 0.4 else str(rng.randint(-n - 1, n + 1))
    text = bound() + ':' + bound()
    return text if rng.random() < 0.4 else text + ':' + rng.choice(['', '1', '2', '3', '-1', '-2'])


def index_case(rng):
    shape = [rng.randint(1, 4) for _ in range(rng.randint(1, 4))]
    common = rng.choice([[2], [3], [2, 2], [1, 3]])
    items, axis = [], 0
    dotted = rng.random() < 0.4
    for _ in range(rng.randint(1, len(shape) + 1)):
        kind = rng.choice(['number', 'slice', 'slice', 'new', 'array', 'array', 'dots', 'mask'])
        if kind == 'dots':
            if dotted and '...' not in items:
                items.append('...')
                axis = max(axis, len(shape) - rng.randint(0, len(shape) - axis))
            continue
        if kind == 'new':
            items.append(None)
            continue
        if axis >= len(shape):
            continue
        n = shape[axis]
        if kind == 'number':
            items.append(rng.randint(-n, n - 1))
        elif kind == 'slice':
            items.append(slice_text(rng, n))
        elif kind == 'mask':
            items.append([rng.random() < 0.6 for _ in range(n)])
        else:
            own = [1 if rng.random() < 0.2 else m for m in common[rng.randint(0, len(common) - 1):]]
            items.append(np.array([rng.randint(-n, n - 1) for _ in range(int(np.prod(own)))]).reshape(own).tolist())
        axis += 1
    real = []
    for item in items:
        if isinstance(item, str) and item != '...':
            real.append(slice(*[int(p) if p else None for p in item.split(':')]))
        elif item == '...':
            real.append(Ellipsis)
        elif isinstance(item, list):
            real.append(np.array(item))
        else:
            real.append(item)
    y = np.arange(int(np.prod(shape))).reshape(shape)[tuple(real)]
    return [shape, items, np.asarray(y)]


OPS = {
    'add': np.add, 'sub': np.subtract, 'mul': np.multiply, 'maximum': np.maximum, 'minimum': np.minimum,
    'less': np.less, 'greaterOrEqual': np.greater_equal, 'equal': np.equal, 'notEqual': np.not_equal,
}


def broadcast_case(rng):
    full = [rng.randint(1, 3) for _ in range(rng.randint(0, 5))]
    shapes = []
    for _ in range(2):
        own = full[rng.randint(0, len(full)):] if rng.random() < 0.6 else full
        shapes.append([1 if rng.random() < 0.3 else n for n in own])
    name = rng.choice(list(OPS))
    return [name, shapes, OPS[name](filled(shapes[0], 0), filled(shapes[1], 1))]


def write(name, make):
    rng = random.Random(name)
    seen, lines = set(), []
    while len(lines) < COUNT:
        try:
            *spec, y = make(rng)
        except (ValueError, IndexError):
            continue
        y = np.asarray(y)
        line = json.dumps([*spec, list(y.shape), [int(v) for v in y.ravel()]], separators=(',', ':'))
        if y.size == 0 or y.size > 40 or line in seen:
            continue
        seen.add(line)
        lines.append(line)
    (here / f'{name}.json').write_text('[\n' + ',\n'.join(lines) + '\n]\n')


write('einsum', einsum_case)
write('indexing', index_case)
write('broadcasting', broadcast_case)
