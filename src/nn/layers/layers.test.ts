import { describe, expect, test } from 'vitest';
import { checkModule } from '../../../test/support/check-module.ts';
import { manualSeed, randn, type Tensor, tensor, zeros } from '../../tensor/index.ts';
import { Dropout, Embedding, GELU, LayerNorm, Linear, ReLU, Sequential, Tanh } from '../index.ts';

const input = (...shape: number[]) => randn(shape, { key: [3, 4] });
const ids = (data: readonly number[], shape = [data.length]) => tensor(data, { shape, dtype: 'int32' });
const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

describe('every layer', () => {
  test('Linear', async () => {
    const shared = { inputs: () => [input(2, 3, 4)], outputShape: [2, 3, 5] };
    await checkModule({ ...shared, make: () => new Linear(4, 5), parameterCount: 25, names: ['weight', 'bias'] });
    await checkModule({ ...shared, make: () => new Linear(4, 5, { bias: false }), parameterCount: 20, names: ['weight'] });
  });

  test('Embedding', async () => {
    const shared = { inputs: () => [ids([1, 0, 1, 4], [2, 2])], outputShape: [2, 2, 3], parameterCount: 15, names: ['weight'] };
    await checkModule({ ...shared, make: () => new Embedding(5, 3) });
  });

  test('LayerNorm', async () => {
    const shared = { inputs: () => [input(2, 3, 6)], outputShape: [2, 3, 6] };
    await checkModule({ ...shared, make: () => new LayerNorm(6), parameterCount: 12, names: ['weight', 'bias'] });
    await checkModule({
      ...shared,
      make: () => new LayerNorm(6, { eps: 0.1, bias: false }),
      parameterCount: 6,
      names: ['weight'],
    });
  });

  test('Dropout', async () => {
    await checkModule({
      make: () => new Dropout(0.3),
      inputs: () => [input(4, 5)],
      outputShape: [4, 5],
      parameterCount: 0,
      names: [],
    });
  });

  test.each([
    ['GELU', () => new GELU()],
    ['Tanh', () => new Tanh()],
  ])('%s', async (_name, make) => {
    await checkModule({ make, inputs: () => [input(2, 4)], outputShape: [2, 4], parameterCount: 0, names: [] });
  });

  test('ReLU', async () => {
    // Away from its kink by more than the differences' steps.
    const apart = () => tensor([-2, -1, -0.6, 0.6, 1, 2], { shape: [2, 3] });
    await checkModule({ make: () => new ReLU(), inputs: () => [apart()], outputShape: [2, 3], parameterCount: 0, names: [] });
  });

  test('Sequential', async () => {
    await checkModule({
      make: () => new Sequential(new Linear(3, 4), new GELU(), new LayerNorm(4), new Dropout(0.5), new Linear(4, 2)),
      inputs: () => [input(5, 3)],
      outputShape: [5, 2],
      parameterCount: 16 + 8 + 10,
      names: ['0.weight', '0.bias', '2.weight', '2.bias', '4.weight', '4.bias'],
    });
  });
});

describe('initial values', () => {
  test('of Linear are spread evenly over ±1/√in', async () => {
    manualSeed(5);
    const layer = new Linear(16, 500);
    for (const parameter of [layer.weight, layer.bias!]) {
      const content = await numbers(parameter);
      expect(Math.max(...content.map(Math.abs))).toBeLessThanOrEqual(0.25);
      expect(Math.max(...content)).toBeGreaterThan(0.24);
      // The variance of an even spread over ±a is a²/3.
      expect(content.reduce((sum, x) => sum + x * x, 0) / content.length).toBeCloseTo(0.25 ** 2 / 3, 2);
    }
  });

  test('of LayerNorm change nothing but the scale of its input', async () => {
    const y = await numbers(new LayerNorm(4).forward(tensor([[1, 2, 3, 4]])));
    const deviation = Math.sqrt(1.25 + 1e-5);
    y.forEach((value, i) => {
      expect(value).toBeCloseTo((i + 1 - 2.5) / deviation, 5);
    });
  });

  test('depend on the seed', async () => {
    const made = async (seed: number) => {
      manualSeed(seed);
      return numbers(new Linear(3, 3).weight);
    };
    expect(await made(1)).toEqual(await made(1));
    expect(await made(1)).not.toEqual(await made(2));
  });
});

describe('Embedding', () => {
  test('keeps its padding row at zero: it starts there and gets no gradient', async () => {
    const layer = new Embedding(4, 2, { padding_idx: 1 });
    expect(layer.padding_idx).toBe(1);
    expect((await numbers(layer.weight)).slice(2, 4)).toEqual([0, 0]);
    layer
      .forward(ids([1, 0, 1, 3]))
      .sum()
      .backward();
    expect(await numbers(layer.weight.grad!)).toEqual([1, 1, 0, 0, 0, 0, 1, 1]);
  });

  test('refuses a padding row that is not there', () => {
    expect(() => new Embedding(4, 2, { padding_idx: 4 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Embedding: padding_idx is 4; it must be from 0 to 3.]`,
    );
  });
});

describe('Dropout', () => {
  test('drops only while training', async () => {
    const layer = new Dropout(0.5);
    const x = zeros([400]).add(1);
    const dropped = await numbers(layer.forward(x));
    expect(new Set(dropped)).toEqual(new Set([0, 2]));
    expect(await numbers(layer.forward(x))).not.toEqual(dropped);
    expect(layer.eval().forward(x)).toBe(x);
  });

  test.each([-0.1, 1.1, Number.NaN])('refuses the probability %d', (p) => {
    expect(() => new Dropout(p)).toThrow(`Dropout: p is ${p}; it must be from 0 to 1.`);
  });
});
