import { describe, expect, test } from 'vitest';
import { manualSeed, type Tensor } from '../../tensor/index.ts';
import { init, Linear, Sequential } from '../index.ts';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);
const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
const deviation = (list: readonly number[]) => Math.sqrt(mean(list.map((x) => (x - mean(list)) ** 2)));
const drawn = (make: () => Tensor, seed = 1) => {
  manualSeed(seed);
  return numbers(make());
};
/** Of n numbers of deviation 1 the mean strays by 1/√n, and the deviation by about 1/√2n or less; five times that is allowed. */
const close = (n: number, scale: number) => (5 * scale) / Math.sqrt(n);

const shape = [40, 25, 4];
const size = 4000;

describe('numbers of a distribution', () => {
  const even = (bound: number) => ({ mean: 0, std: bound / Math.sqrt(3), bound });
  const normal = (std: number) => ({ mean: 0, std, bound: 6 * std });
  // Of a normal distribution cut at ±2 deviations: 1 − 4φ(2)/(2Φ(2) − 1) = 0.7737.
  const cut = { mean: 0, std: Math.sqrt(0.7737413), bound: 2 };

  test.each<[string, () => Tensor, { mean: number; std: number; bound: number }]>([
    ['uniform', () => init.uniform(shape, { low: -0.5, high: 0.5 }), even(0.5)],
    ['normal', () => init.normal(shape, { mean: 3, std: 0.5 }), { mean: 3, std: 0.5, bound: 3 + 6 * 0.5 }],
    ['truncatedNormal', () => init.truncatedNormal(shape), cut],
    [
      'truncatedNormal, moved',
      () => init.truncatedNormal(shape, { mean: 1, std: 0.5, a: 0, b: 2 }),
      { mean: 1, std: cut.std / 2, bound: 2 },
    ],
    ['truncatedNormal, within a narrow part', () => init.truncatedNormal(shape, { a: -0.1, b: 0.1 }), even(0.1)],
    // Of a tail from 3 on: the mean is φ(3)/(1 − Φ(3)) = 3.2831, the variance 1 + 3 · 3.2831 − 3.2831².
    [
      'truncatedNormal, in a tail',
      () => init.truncatedNormal(shape, { a: 3, b: Number.POSITIVE_INFINITY }),
      { mean: 3.283099, std: 0.266, bound: 8 },
    ],
    ['xavierUniform', () => init.xavierUniform(shape, { gain: 2 }), even(2 * Math.sqrt(6 / (100 + 160)))],
    ['xavierNormal', () => init.xavierNormal(shape), normal(Math.sqrt(2 / (100 + 160)))],
    ['kaimingUniform', () => init.kaimingUniform(shape), even(Math.SQRT2 * Math.sqrt(3 / 100))],
    ['kaimingUniform of PyTorch’s Linear', () => init.kaimingUniform(shape, { a: Math.sqrt(5) }), even(1 / Math.sqrt(100))],
    [
      'kaimingNormal',
      () => init.kaimingNormal(shape, { mode: 'fan_out', nonlinearity: 'relu' }),
      normal(Math.SQRT2 / Math.sqrt(160)),
    ],
    ['kaimingNormal before tanh', () => init.kaimingNormal(shape, { nonlinearity: 'tanh' }), normal(5 / 3 / 10)],
  ])('%s', async (_name, make, want) => {
    const list = await drawn(make);
    expect(list.length).toBe(size);
    expect(Math.abs(mean(list) - want.mean)).toBeLessThan(close(size, want.std));
    expect(Math.abs(deviation(list) - want.std)).toBeLessThan(close(size, want.std));
    expect(Math.max(...list.map(Math.abs))).toBeLessThanOrEqual(want.bound);
    expect(await drawn(make)).toEqual(list);
    expect(await drawn(make, 2)).not.toEqual(list);
  });

  test('truncatedNormal keeps within its bounds, and comes near them', async () => {
    for (const [a, b] of [
      [-2, 2],
      [0.5, 0.7],
      [3, 3.5],
    ] as const) {
      const list = await drawn(() => init.truncatedNormal([4000], { a, b }));
      expect(Math.min(...list)).toBeGreaterThanOrEqual(a);
      expect(Math.max(...list)).toBeLessThanOrEqual(Math.fround(b));
      expect(Math.min(...list) - a).toBeLessThan((b - a) / 20);
      expect(b - Math.max(...list)).toBeLessThan((b - a) / 20);
    }
  });

  test('sparse: each column has its share of zeros, not all at the same rows', async () => {
    const list = await drawn(() => init.sparse([10, 50], { sparsity: 0.25, std: 2 }));
    const zeros = Array.from({ length: 50 }, (_, column) =>
      list.flatMap((x, i) => (i % 50 === column && x === 0 ? [Math.floor(i / 50)] : [])),
    );
    expect(zeros.every(({ length }) => length === 3)).toBe(true);
    expect(new Set(zeros.map(String)).size).toBeGreaterThan(20);
    expect(deviation(list.filter((x) => x !== 0))).toBeGreaterThan(1.6);
  });
});

describe('orthogonal', () => {
  test.each<[number[], number]>([
    [[6, 6], 1],
    [[4, 9], 1],
    [[9, 4], 3],
    [[4, 2, 3], 0.5],
    [[64, 64], 1],
    [[1, 5], 1],
  ])('%j scaled by %d', async (lengths, gain) => {
    const list = await drawn(() => init.orthogonal(lengths, { gain }));
    const [rows, columns] = [lengths[0]!, list.length / lengths[0]!];
    const vectors =
      rows <= columns
        ? Array.from({ length: rows }, (_, i) => list.slice(i * columns, (i + 1) * columns))
        : Array.from({ length: columns }, (_, k) => list.filter((_, i) => i % columns === k));
    for (const [i, a] of vectors.entries()) {
      for (const [k, b] of vectors.entries()) {
        const product = a.reduce((sum, x, at) => sum + x * b[at]!, 0);
        expect(product).toBeCloseTo(i === k ? gain ** 2 : 0, 5);
      }
    }
  });

  test('favours no direction: the diagonal of many has a mean of 0 and a deviation of 1/√n', async () => {
    manualSeed(3);
    const corners = await Promise.all(Array.from({ length: 400 }, async () => (await numbers(init.orthogonal([4, 4])))[0]!));
    expect(Math.abs(mean(corners))).toBeLessThan(close(400, 0.5));
    expect(Math.abs(deviation(corners) - 0.5)).toBeLessThan(close(400, 0.5));
  });
});

describe('numbers that are not drawn', () => {
  test.each<[string, () => Tensor, unknown]>([
    ['constant', () => init.constant([2], 7), [7, 7]],
    ['zeros', () => init.zeros([2]), [0, 0]],
    ['ones', () => init.ones([2]), [1, 1]],
    [
      'eye',
      () => init.eye([2, 3]),
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
    ],
    [
      'eye, tall',
      () => init.eye([3, 2]),
      [
        [1, 0],
        [0, 1],
        [0, 0],
      ],
    ],
    [
      'dirac',
      () => init.dirac([3, 2, 3]),
      [
        [
          [0, 1, 0],
          [0, 0, 0],
        ],
        [
          [0, 0, 0],
          [0, 1, 0],
        ],
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
      ],
    ],
    [
      'dirac in groups',
      () => init.dirac([4, 1, 2, 1], { groups: 2 }),
      [[[[0], [1]]], [[[0], [0]]], [[[0], [1]]], [[[0], [0]]]],
    ],
  ])('%s', async (_name, make, want) => {
    expect(await make().toArray()).toEqual(want);
  });

  test('gains are PyTorch’s', () => {
    const gains = (['linear', 'conv2d', 'conv_transpose3d', 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'selu'] as const).map(
      (name) => init.calculateGain(name),
    );
    expect(gains).toEqual([1, 1, 1, 1, 5 / 3, Math.SQRT2, Math.sqrt(2 / (1 + 0.01 ** 2)), 0.75]);
    expect(init.calculateGain('leaky_relu', 0.2)).toBeCloseTo(1.3867504905630728, 12);
  });
});

test('a module starts anew, its parameters still the same ones', async () => {
  const model = new Sequential(new Linear(3, 4), new Linear(4, 2));
  const before = model.parameters();
  for (const [, module] of model.namedModules()) {
    if (!(module instanceof Linear)) continue;
    module.weight.reset(init.orthogonal(module.weight.shape));
    module.bias?.reset(init.zeros(module.bias.shape));
  }
  expect(model.parameters()).toEqual(before);
  const [first] = await numbers(model.forward(init.zeros([1, 3])));
  expect(first).toBe(0);
});

test('what cannot be is refused by name', () => {
  const message = (f: () => unknown) => {
    try {
      f();
    } catch (error) {
      return String(error);
    }
    return 'nothing was thrown';
  };
  const messages = [
    () => init.truncatedNormal([2], { a: 1, b: 1 }),
    () => init.calculateGain('gelu' as 'relu'),
    () => init.xavierUniform([3]),
    () => init.kaimingNormal([2, 3], { mode: 'fan' as 'fan_in' }),
    () => init.orthogonal([3]),
    () => init.eye([2, 2, 2]),
    () => init.dirac([3, 3]),
    () => init.dirac([3, 3, 1], { groups: 2 }),
    () => init.sparse([2, 3], { sparsity: 2 }),
  ].map(message);
  expect(messages.join('\n')).toMatchInlineSnapshot(`
    "ConfigError: truncatedNormal: a is 1, b is 1 and std is 1; a must be below b, and std positive.
    ConfigError: calculateGain: there is no gain for 'gelu'; there is one for linear, conv1d to conv3d, conv_transpose1d to conv_transpose3d, sigmoid, tanh, relu, leaky_relu, selu.
    ShapeError: xavierUniform: the shape is [3]; it needs at least two axes, [out, in].
    ConfigError: kaimingNormal: mode is 'fan'; it must be fan_in or fan_out.
    ShapeError: orthogonal: the shape is [3]; it needs at least two axes, rows and columns.
    ShapeError: eye: the shape is [2, 2, 2]; it needs two axes, rows and columns.
    ShapeError: dirac: the shape is [3, 3] in 1 groups; it needs three to five axes, [out, in, ...], and groups that divide out.
    ShapeError: dirac: the shape is [3, 3, 1] in 2 groups; it needs three to five axes, [out, in, ...], and groups that divide out.
    ConfigError: sparse: sparsity is 2; it must be from 0 to 1."
  `);
});
