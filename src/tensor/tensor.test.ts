import { describe, expect, test } from 'vitest';
import { concat, evaluate, full, noGrad, ones, type Tensor, tensor, where, zeros } from './index.ts';

const parameter = (data: number[] | number[][]) => tensor(data, { requiresGrad: true });

describe('content', () => {
  test('comes as a typed array, as nested arrays, as one number', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]).mul(2);
    expect(await x.data()).toEqual(Float32Array.of(2, 4, 6, 8));
    expect(await x.toArray()).toEqual([
      [2, 4],
      [6, 8],
    ]);
    expect(await x.sum().item()).toBe(20);
    expect(await x.sum().toArray()).toBe(20);
    expect(await x.eq(4).toArray()).toEqual([
      [0, 1],
      [0, 0],
    ]);
    expect(await x.argmax(1).data()).toEqual(BigInt64Array.of(1n, 1n));
    await expect(x.item()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: item: the tensor is [2, 2]; it needs exactly one element. Use data() or toArray().]`,
    );
  });

  test('is a copy: writing to it changes nothing', async () => {
    for (const x of [tensor([1, 2]), tensor([1, 2]).add(0.5)]) {
      const first = await x.data();
      first[0] = 99;
      expect((await x.data())[0]).toBeLessThan(2);
    }
  });

  test('is computed once', async () => {
    const x = tensor([1, 2]).exp();
    expect(x.isComputed).toBe(false);
    await evaluate([x]);
    expect(x.isComputed).toBe(true);
    expect(await x.data()).toEqual(await x.data());
  });
});

describe('methods', () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const y = tensor([
    [3, 2, 1],
    [1, 5, 9],
  ]);
  const flags = tensor([true, false]);

  test.each<[string, Tensor, unknown]>([
    [
      'add',
      x.add(1),
      [
        [2, 3, 4],
        [5, 6, 7],
      ],
    ],
    [
      'sub',
      x.sub(y),
      [
        [-2, 0, 2],
        [3, 0, -3],
      ],
    ],
    [
      'mul',
      x.mul(y),
      [
        [3, 4, 3],
        [4, 25, 54],
      ],
    ],
    [
      'div',
      x.div(2),
      [
        [0.5, 1, 1.5],
        [2, 2.5, 3],
      ],
    ],
    [
      'pow',
      x.pow(3),
      [
        [1, 8, 27],
        [64, 125, 216],
      ],
    ],
    [
      'pow 2',
      x.pow(2),
      [
        [1, 4, 9],
        [16, 25, 36],
      ],
    ],
    [
      'square',
      x.square(),
      [
        [1, 4, 9],
        [16, 25, 36],
      ],
    ],
    [
      'maximum',
      x.maximum(y),
      [
        [3, 2, 3],
        [4, 5, 9],
      ],
    ],
    [
      'minimum',
      x.minimum(2),
      [
        [1, 2, 2],
        [2, 2, 2],
      ],
    ],
    [
      'neg',
      x.neg(),
      [
        [-1, -2, -3],
        [-4, -5, -6],
      ],
    ],
    [
      'abs',
      x.sub(3).abs(),
      [
        [2, 1, 0],
        [1, 2, 3],
      ],
    ],
    [
      'sign',
      x.sub(3).sign(),
      [
        [-1, -1, 0],
        [1, 1, 1],
      ],
    ],
    [
      'sqrt',
      x.square().sqrt(),
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    ['reciprocal', tensor([1, 2, 4]).reciprocal(), [1, 0.5, 0.25]],
    [
      'relu',
      x.sub(3).relu(),
      [
        [0, 0, 0],
        [1, 2, 3],
      ],
    ],
    [
      'clip',
      x.clip(2, 5),
      [
        [2, 2, 3],
        [4, 5, 5],
      ],
    ],
    ['exp', zeros([2]).exp(), [1, 1]],
    ['log', ones([2]).log(), [0, 0]],
    ['sin', zeros([1]).sin(), [0]],
    ['cos', zeros([1]).cos(), [1]],
    ['tanh', zeros([1]).tanh(), [0]],
    ['sigmoid', zeros([1]).sigmoid(), [0.5]],
    ['erf', zeros([1]).erf(), [0]],
    ['gelu', zeros([1]).gelu(), [0]],
    [
      'eq',
      x.eq(y),
      [
        [0, 1, 0],
        [0, 1, 0],
      ],
    ],
    [
      'gt',
      x.gt(y),
      [
        [0, 0, 1],
        [1, 0, 0],
      ],
    ],
    [
      'ge',
      x.ge(y),
      [
        [0, 1, 1],
        [1, 1, 0],
      ],
    ],
    [
      'lt',
      x.lt(2),
      [
        [1, 0, 0],
        [0, 0, 0],
      ],
    ],
    [
      'le',
      x.le(2),
      [
        [1, 1, 0],
        [0, 0, 0],
      ],
    ],
    ['logicalNot', flags.logicalNot(), [0, 1]],
    ['logicalAnd', flags.logicalAnd(tensor([true, true])), [1, 0]],
    ['logicalOr', flags.logicalOr(tensor([false, true])), [1, 1]],
    [
      'reshape',
      x.reshape(3, -1),
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ],
    ['flatten', x.flatten(), [1, 2, 3, 4, 5, 6]],
    [
      'flatten some',
      x.reshape(1, 2, 3).flatten(0, 1),
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    [
      'permute',
      x.permute(1, 0),
      [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
    ],
    [
      'transpose',
      x.reshape(2, 1, 3).transpose(),
      [
        [[1], [2], [3]],
        [[4], [5], [6]],
      ],
    ],
    [
      'transpose of two axes',
      x.transpose(0, -1),
      [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
    ],
    [
      'expand',
      tensor([[1], [2]]).expand(2, 2),
      [
        [1, 1],
        [2, 2],
      ],
    ],
    [
      'unsqueeze',
      x.unsqueeze(-1).unsqueeze(0),
      [
        [
          [[1], [2], [3]],
          [[4], [5], [6]],
        ],
      ],
    ],
    [
      'squeeze',
      x.unsqueeze(1).squeeze(1),
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    ['squeeze to a scalar', tensor([7]).squeeze(0), 7],
    [
      'slice',
      x.slice(1, 1),
      [
        [2, 3],
        [5, 6],
      ],
    ],
    ['slice from the back', x.slice(-1, -2, -1), [[2], [5]]],
    ['select', x.select(0, -1), [4, 5, 6]],
    ['select of a column', x.select(1, 0), [1, 4]],
    [
      'pad',
      x.pad(-1, 1, 0),
      [
        [0, 1, 2, 3],
        [0, 4, 5, 6],
      ],
    ],
    [
      'split',
      x.split([1, 2], -1)[1]!,
      [
        [2, 3],
        [5, 6],
      ],
    ],
    ['sum', x.sum(), 21],
    ['sum of an axis', x.sum(-1), [6, 15]],
    ['sum kept', x.sum([0, 1], { keepDims: true }), [[21]]],
    ['mean', x.mean(0), [2.5, 3.5, 4.5]],
    ['max', x.max(1), [3, 6]],
    ['min', x.min(), 1],
    ['sumSquare', x.sumSquare(1), [14, 77]],
    ['argmax', y.argmax(1), [0, 2]],
    [
      'matmul',
      x.matmul(y.transpose()),
      [
        [10, 38],
        [28, 83],
      ],
    ],
    [
      'softmax',
      zeros([2, 2]).softmax(-1),
      [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
    ],
    ['logSoftmax', zeros([2, 1]).logSoftmax(1), [[0], [0]]],
    ['gather', x.gather(1, tensor([[2], [0]], { dtype: 'int64' })), [[3], [4]]],
    [
      'rows',
      x.rows(tensor([1, 0, 1], { dtype: 'int32' })),
      [
        [4, 5, 6],
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    ['cast', tensor([1.7, -1.7]).cast('int32'), [1, -1]],
    [
      'concat',
      concat([x, y], 1),
      [
        [1, 2, 3, 3, 2, 1],
        [4, 5, 6, 1, 5, 9],
      ],
    ],
    [
      'where',
      where(x.gt(y), x, 0),
      [
        [0, 0, 3],
        [4, 0, 0],
      ],
    ],
    ['where of numbers', where(flags, 1, -1), [1, -1]],
  ])('%s', async (_name, result, want) => {
    expect(await result.toArray()).toEqual(want);
  });

  test('know what they give before anything runs', () => {
    const [a, b] = x.split([1, 2], 1);
    expect([a!.shape, b!.shape, x.matmul(y.transpose()).shape]).toEqual([
      [2, 1],
      [2, 2],
      [2, 2],
    ]);
    expect([x.rank, x.size, x.gt(1).dtype, x.argmax(0).dtype]).toEqual([2, 6, 'bool', 'int64']);
    expect(full([2], 1).device).toBeNull();
  });

  test('say what does not fit where it was written', () => {
    const message = (f: () => unknown) => {
      try {
        f();
      } catch (error) {
        return String(error);
      }
      return 'nothing was thrown';
    };
    expect(message(() => x.add(tensor([1, 2])))).toMatchInlineSnapshot(
      `"ShapeError: add: a is [2, 3] and b is [2]; axis -1 is 3 in a and 2 in b, and axes broadcast only when they are equal or one of them is 1."`,
    );
    expect(message(() => x.matmul(y))).toMatchInlineSnapshot(
      `"ShapeError: matmul: a is [2, 3] and b is [2, 3]; the last axis of a (3) must equal the second-last of b (2)."`,
    );
    expect(message(() => x.add(x.argmax(0)))).toMatchInlineSnapshot(
      `"DTypeError: add: a is float32 and b is int64; both need one element type. Cast one of them."`,
    );
    expect(message(() => x.squeeze(0))).toMatchInlineSnapshot(
      `"ShapeError: squeeze: x is [2, 3]; axis 0 has length 2 and only 1 can be left out."`,
    );
    expect(message(() => x.sum(2))).toMatchInlineSnapshot(
      `"ShapeError: sum: there is no axis 2 in a tensor of 2 axes; axes go from -2 to 1."`,
    );
    expect(message(() => x.sum([0, -2]))).toMatchInlineSnapshot(`"ShapeError: sum: axis 0 is named twice."`);
    expect(message(() => x.reshape(4, 2))).toMatchInlineSnapshot(
      `"ShapeError: reshape of [2, 3]: 6 elements do not fill [4, 2], which needs 8."`,
    );
    expect(message(() => x.select(0, 2))).toMatchInlineSnapshot(
      `"ShapeError: slice: x is [2, 3] and the range on axis 0 is 2 to 3; it must hold at least one element within 0 to 2."`,
    );
    expect(message(() => x.pad(0, -1, 0))).toMatchInlineSnapshot(
      `"ShapeError: pad: before is -1 and after is 0; both must be whole numbers from 0. Cut with slice."`,
    );
    expect(message(() => tensor([1], { dtype: 'int32', requiresGrad: true }))).toMatchInlineSnapshot(
      `"DTypeError: tensor: requiresGrad is set on int32; only floating-point tensors have gradients."`,
    );
  });
});

describe('backward', () => {
  test('leaves gradients at the leaves that want one', async () => {
    const w = parameter([1, 2]);
    const frozen = tensor([3, 4]);
    const loss = w.mul(frozen).sum();
    loss.backward();
    expect(await w.grad!.toArray()).toEqual([3, 4]);
    expect(frozen.grad).toBeNull();
    expect(loss.grad).toBeNull();
  });

  test('adds to what is there, call by call', async () => {
    const w = parameter([1, 2]);
    for (const factor of [1, 10]) w.mul(factor).sum().backward();
    expect(await w.grad!.toArray()).toEqual([11, 11]);
    w.grad = null;
    w.sum().backward();
    expect(await w.grad!.toArray()).toEqual([1, 1]);
  });

  test('goes through a graph as often as it is called', async () => {
    const w = parameter([1, 2]);
    const loss = w.square().sum();
    loss.backward();
    loss.backward();
    expect(await w.grad!.toArray()).toEqual([4, 8]);
    expect(await loss.item()).toBe(5);
    loss.backward();
    expect(await w.grad!.toArray()).toEqual([6, 12]);
  });

  test('takes a gradient for what is no scalar', async () => {
    const w = parameter([[1, 2]]);
    const y = w.square();
    y.backward(tensor([[1, 10]]));
    expect(await w.grad!.toArray()).toEqual([[2, 40]]);
    expect(() => y.backward()).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: backward: the tensor is [1, 2]; only a scalar needs no gradient. Take its mean or sum, or give one.]`,
    );
    expect(() => y.backward(tensor([1]))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: grad: y is [1, 2] and its gradient is [1]; both need one shape.]`,
    );
  });

  test('still knows the graph of a tensor that was computed', async () => {
    const w = parameter([3]);
    const middle = w.square();
    expect(await middle.item()).toBe(9);
    middle.mul(2).sum().backward();
    expect(await w.grad!.item()).toBe(12);
  });

  test('of the leaf itself is one', async () => {
    const w = parameter([3]);
    w.sum().backward();
    w.backward(tensor([5]));
    expect(await w.grad!.item()).toBe(6);
  });

  test('reaches a leaf that was used in several ways once', async () => {
    const w = parameter([2, 3]);
    w.mul(w).add(w.exp().log()).sum().backward();
    (await w.grad!.data()).forEach((g, i) => {
      expect(Number(g)).toBeCloseTo([5, 7][i]!, 5);
    });
  });

  test('stops at detach, and at what was built without gradients', async () => {
    const w = parameter([2]);
    const detached = w.square().detach();
    expect(detached.tracksGrad).toBe(false);
    w.mul(detached).sum().backward();
    expect(await w.grad!.item()).toBe(4);

    const silent = noGrad(() => w.square());
    expect(silent.tracksGrad).toBe(false);
    expect(w.mul(silent).tracksGrad).toBe(true);
    expect(await silent.item()).toBe(4);
    expect(() => silent.sum().backward()).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: backward: nothing under this tensor requires a gradient. Was it made under noGrad, or from detached tensors?]`,
    );
  });

  test('noGrad ends with its function, whichever way it ends, and refuses one that does not end', () => {
    const w = parameter([2]);
    expect(() =>
      noGrad(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(() => noGrad(async () => w.square())).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: noGrad: the function is asynchronous; build the graph inside noGrad and await its results outside.]`,
    );
    noGrad(() => noGrad(() => 0));
    expect(w.square().tracksGrad).toBe(true);
    expect(w.gt(1).tracksGrad).toBe(false);
  });

  test('follows freezing and thawing', async () => {
    const [w, v] = [parameter([2]), parameter([3])];
    w.requiresGrad = false;
    w.mul(v).sum().backward();
    expect([w.grad, await v.grad!.item()]).toEqual([null, 2]);
    w.requiresGrad = true;
    w.mul(v).sum().backward();
    expect([await w.grad!.item(), await v.grad!.item()]).toEqual([3, 4]);
    expect(() => {
      w.mul(v).requiresGrad = false;
    }).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: requiresGrad: only a leaf can be frozen or thawed; this tensor was made from others. Use detach().]`,
    );
  });

  test('computes gradients and loss in one run', async () => {
    const w = parameter([1, 2]);
    const loss = w.square().sum();
    loss.backward();
    await evaluate([w.grad!, loss]);
    expect([w.grad!.isComputed, loss.isComputed]).toEqual([true, true]);
  });
});

describe('life', () => {
  test('a disposed tensor is refused by name, wherever it is used', async () => {
    const [given, computed, lazy] = [tensor(new Float32Array(32)), tensor(new Float32Array(32)).add(1), tensor([1]).add(1)];
    await evaluate([computed, given.add(1)]);
    for (const x of [given, computed, lazy]) {
      x.dispose();
      x.dispose();
      expect(() => x.add(1)).toThrow(/it was disposed; use it before, or keep a copy/);
      await expect(x.data()).rejects.toThrow(/it was disposed; use it before, or keep a copy/);
    }
    await expect(given.data()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DisposedError: tensor of [32]: it was disposed; use it before, or keep a copy.]`,
    );
  });

  test('what was built on a tensor before it was disposed of cannot be computed any more', async () => {
    const x = tensor(new Float32Array(32)).add(1);
    await evaluate([x]);
    const y = x.mul(2);
    x.dispose();
    await expect(y.data()).rejects.toThrow(/disposed/);
  });

  test('using disposes at the end of the block', async () => {
    let outside: Tensor;
    {
      using x = tensor([1]).add(1);
      outside = x;
      expect(await x.item()).toBe(2);
    }
    expect(() => outside.value).toThrow(/disposed/);
  });

  test('load replaces the content, and what was computed from the old one keeps it', async () => {
    const w = parameter([1, 2]);
    const before = w.mul(10);
    w.load(Float32Array.of(5, 6));
    expect(await w.mul(10).toArray()).toEqual([50, 60]);
    expect(await before.toArray()).toEqual([10, 20]);
    w.sum().backward();
    expect(await w.grad!.toArray()).toEqual([1, 1]);
    expect(() => w.load(new Float32Array(3))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: load: the data have 3 elements; the tensor is [2], which needs 2.]`,
    );
  });
});
