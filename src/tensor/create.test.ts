import { describe, expect, test } from 'vitest';
import { ShapeError } from '../core/index.ts';
import {
  arange,
  deferred,
  dropout,
  full,
  manualSeed,
  ones,
  rand,
  randn,
  randomState,
  setRandomState,
  tensor,
  zeros,
} from './index.ts';

describe('tensor', () => {
  test.each([
    [3, [], 'float32'],
    [[], [0], 'float32'],
    [[1, 2], [2], 'float32'],
    [[[1], [2]], [2, 1], 'float32'],
    [true, [], 'bool'],
    [[true, false], [2], 'bool'],
    [Float64Array.of(1, 2), [2], 'float64'],

    [Int32Array.of(1), [1], 'int32'],
    [Uint8Array.of(1), [1], 'uint8'],
  ] as const)('of %j has shape %j and type %s', (data, shape, dtype) => {
    const made = tensor(data as never);
    expect({ shape: made.shape, dtype: made.dtype }).toEqual({ shape, dtype });
  });

  test('deferred: the numbers are made when they are first needed, once, and never where others come before', async () => {
    let made = 0;
    const make = (count: number) => {
      made++;
      return new Float32Array(count).fill(3);
    };
    const x = deferred([5, 4], make);
    expect([x.shape, x.isComputed, made]).toEqual([[5, 4], true, 0]);
    expect(await x.sum().item()).toBe(60);
    expect(await x.data()).toEqual(new Float32Array(20).fill(3));
    expect(made).toBe(1);
    const loaded = deferred([5, 4], make);
    loaded.load(new Float32Array(20).fill(2));
    expect(await loaded.sum().item()).toBe(40);
    expect(made).toBe(1);
    expect(() => deferred([-1, 4], make)).toThrow(ShapeError);
  });

  test('of BigInts is int64', () => {
    expect(tensor(BigInt64Array.of(1n))).toMatchObject({ shape: [1], dtype: 'int64' });
  });

  test('converts to the type asked for', async () => {
    expect(await tensor([1.5, 2], { dtype: 'float64' }).data()).toEqual(Float64Array.of(1.5, 2));
    expect(await tensor([1, -2], { dtype: 'int64' }).data()).toEqual(BigInt64Array.of(1n, -2n));
    expect(await tensor(Int32Array.of(3), { dtype: 'float32' }).data()).toEqual(Float32Array.of(3));
    expect(await tensor(BigInt64Array.of(3n), { dtype: 'int32' }).data()).toEqual(Int32Array.of(3));
    expect(await tensor([0, 2], { dtype: 'bool' }).data()).toEqual(Uint8Array.of(0, 1));
    expect(await tensor(Uint8Array.of(0, 1), { dtype: 'bool' }).logicalNot().data()).toEqual(Uint8Array.of(1, 0));
  });

  test('takes a shape, with one length open', async () => {
    expect(await tensor([1, 2, 3, 4], { shape: [2, -1] }).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor(Float32Array.of(1), { shape: [] }).shape).toEqual([]);
  });

  test('refuses what does not fit', () => {
    expect(() => tensor([[1, 2], [3]])).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: tensor: nested arrays are ragged; one is [2] and another [1]. All must have one shape.]`,
    );
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: tensor: 3 elements do not fill [2, 2], which needs 4.]`,
    );
    expect(() => tensor(new Uint16Array(2) as never)).toThrowErrorMatchingInlineSnapshot(
      `[DTypeError: tensor: the data are a Uint16Array; it needs one of Float32Array, Float64Array, BigInt64Array, Int32Array, Uint32Array, Int8Array, Uint8Array.]`,
    );
  });

  test('of constants', async () => {
    expect(await zeros([2, 1]).toArray()).toEqual([[0], [0]]);
    expect(await ones([2], { dtype: 'int64' }).data()).toEqual(BigInt64Array.of(1n, 1n));
    expect(await full([], 2.5).item()).toBe(2.5);
    expect(await full([2], Number.NEGATIVE_INFINITY).toArray()).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect(await arange(3).data()).toEqual(Int32Array.of(0, 1, 2));
    expect(await arange(2, { dtype: 'float32' }).data()).toEqual(Float32Array.of(0, 1));
  });
});

describe('randomness', () => {
  test('the same seed gives the same numbers, and goes on from a saved state', async () => {
    const draw = async () => [await randn([4]).toArray(), await rand([4]).toArray()];
    manualSeed(11);
    const first = await draw();
    const state = randomState();
    const second = await draw();
    expect(second).not.toEqual(first);
    manualSeed(11);
    expect(await draw()).toEqual(first);
    setRandomState(state);
    expect(await draw()).toEqual(second);
    manualSeed(12);
    expect(await draw()).not.toEqual(first);
  });

  test('numbers are spread as they should be', async () => {
    const normal = Array.from(await randn([20_000], { key: [1, 2] }).data(), Number);
    const uniform = Array.from(await rand([20_000], { key: [1, 2] }).data(), Number);
    const mean = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
    expect(Math.abs(mean(normal))).toBeLessThan(0.03);
    expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1);
    expect(mean(uniform)).toBeCloseTo(0.5, 1);
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform)).toBeLessThan(1);
  });
});

describe('dropout', () => {
  const x = full([10_000], 3);

  test('drops its share, scales the rest exactly, and keeps the mean', async () => {
    for (const p of [0.1, 0.5, 0.9]) {
      const dropped = Math.round(p * 256) / 256;
      const y = Array.from(await dropout(x, p, { key: [4, 2] }).data(), Number);
      const zerosAmong = y.filter((number) => number === 0).length / y.length;
      expect(Math.abs(zerosAmong - dropped)).toBeLessThan(0.02);
      expect(new Set(y)).toEqual(new Set([0, Math.fround(Math.fround(1 / (1 - dropped)) * 3)]));
    }
  });

  test('is the same under the same key or seed, and another under another', async () => {
    const under = async (key: readonly [number, number]) => (await dropout(x, 0.5, { key }).data()).join();
    expect(await under([1, 2])).toBe(await under([1, 2]));
    expect(await under([1, 2])).not.toBe(await under([1, 3]));
    manualSeed(3);
    const [a, b] = [dropout(x, 0.5), dropout(x, 0.5)];
    expect(await a.data()).not.toEqual(await b.data());
    manualSeed(3);
    expect(await dropout(x, 0.5).data()).toEqual(await a.data());
  });

  test('of 0 is the tensor itself, of 1 is zeros', async () => {
    expect(dropout(x, 0)).toBe(x);
    expect(new Set(Array.from(await dropout(x, 1).data(), Number))).toEqual(new Set([0]));
  });

  test('passes the gradient where it passed the value', async () => {
    const w = tensor(new Float32Array(100).fill(2), { requiresGrad: true });
    const y = dropout(w, 0.5);
    y.sum().backward();
    const [values, gradients] = [await y.data(), await w.grad!.data()];
    gradients.forEach((g, i) => {
      expect(Number(g) * 2).toBe(Number(values[i]));
    });
  });
});
