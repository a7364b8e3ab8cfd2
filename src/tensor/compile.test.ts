import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Parameter } from '../nn/index.ts';
import { SGD } from '../optim/index.ts';
import { executePrepared, forget, prepare } from './engine.ts';
import {
  type Compiled,
  clearCache,
  compile,
  dropout,
  evaluate,
  grad,
  manualSeed,
  memory,
  setDefaultDevice,
  type Tensor,
  tensor,
} from './index.ts';
import type { LeafSource } from './sources.ts';

beforeEach(clearCache);
afterEach(clearCache);

describe('compile', () => {
  test('traces once for each signature', async () => {
    let traces = 0;
    const f = compile((x, y) => {
      traces++;
      return x.mul(y).sum();
    });
    expect(await (await f(tensor([1, 2]), tensor([3, 4]))).item()).toBe(11);
    expect(await (await f(tensor([5, 6]), tensor([1, 1]))).item()).toBe(11);
    expect(traces).toBe(1);
    await f(tensor([1, 2, 3]), tensor([1, 1, 1]));
    await f(tensor([1, 2], { dtype: 'float64' }), tensor([1, 1], { dtype: 'float64' }));
    expect(traces).toBe(3);
    await f(tensor([1, 2, 3]), tensor([1, 1, 1]));
    expect(traces).toBe(3);
  });

  test('compiles no program at a later call', async () => {
    const f = compile((x) => x.exp());
    await f(tensor([1, 2]));
    const { compiled } = memory().cache;
    await f(tensor([3, 4]));
    expect(memory().cache.compiled).toBe(compiled);
  });

  test('gives a list for a list, computed, without gradients', async () => {
    const f = compile((x) => [x.add(1), x.mul(2)] as const);
    const [a, b] = await f(tensor([1, 2], { requiresGrad: true }));
    expect([a.isComputed, b.tracksGrad]).toEqual([true, false]);
    expect([await a.toArray(), await b.toArray()]).toEqual([
      [2, 3],
      [2, 4],
    ]);
  });

  test('reads the tensors it closes over anew at each call', async () => {
    const w = tensor([2, 3], { requiresGrad: true });
    const f = compile((x) => x.mul(w));
    expect(await (await f(tensor([1, 1]))).toArray()).toEqual([2, 3]);
    w.load(Float32Array.of(5, 7));
    expect(await (await f(tensor([1, 1]))).toArray()).toEqual([5, 7]);
    const computed = tensor(new Float32Array(64)).add(1);
    await evaluate([computed]);
    const g = compile((x) => x.mul(computed));
    expect(Number((await (await g(tensor(4))).data())[0])).toBe(4);
  });

  test('draws other random numbers at each call, and the same from the same seed', async () => {
    const f = compile((x) => dropout(x, 0.5));
    const ones = tensor(new Float32Array(64).fill(1));
    const runs = async () => [await (await f(ones)).toArray(), await (await f(ones)).toArray()];
    manualSeed(5);
    const [a, b] = await runs();
    expect(a).not.toEqual(b);
    manualSeed(5);
    expect(await runs()).toEqual([a, b]);
  });

  test('takes gradients inside', async () => {
    const f = compile((x) => grad((v) => v.square().sum())(x)[0]!);
    expect(await (await f(tensor([1, 2]))).toArray()).toEqual([2, 4]);
    expect(await (await f(tensor([3, 4]))).toArray()).toEqual([6, 8]);
  });

  test('gives back an argument, and frees nothing of it', async () => {
    const x = tensor([1, 2]);
    const [same, more] = await compile((v) => [v, v.add(1)])(x);
    same!.dispose();
    expect([await x.toArray(), await more!.toArray()]).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  test('without `dynamic` compiles each combination of shapes, once', async () => {
    const rows = (n: number) => tensor(new Float32Array(n * 64).fill(1), { shape: [n, 64] });
    const swapped = (x: Tensor) => x.reshape(64, -1).add(x.reshape(64, -1).sum(0, { keepDims: true }));
    const compiledBy = async (f: Compiled<Tensor>) => {
      const { compiled } = memory().cache;
      for (const n of [2, 3, 2]) expect((await (await f(rows(n))).data())[5]).toBe(65);
      return memory().cache.compiled - compiled;
    };
    expect(await compiledBy(compile(swapped))).toBe(1);
    expect(await compiledBy(compile(swapped, { dynamic: false }))).toBe(2);
    setDefaultDevice(null, { dynamic: false });
    await clearCache();
    expect(await compiledBy(compile(swapped))).toBe(2);
    setDefaultDevice(null);
    await clearCache();
    expect(await compiledBy(compile(swapped))).toBe(1);
  });

  test('refuses functions that give no tensor, and arguments that have no content', async () => {
    await expect(compile((() => 3) as never)()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: compile: the function must return a tensor or an array of tensors, and not be asynchronous.]`,
    );
    await expect(compile((async () => tensor([1])) as never)()).rejects.toThrow(/not be asynchronous/);
    await expect(compile((x) => x.add(1))(tensor([1]).add(1))).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: compile: an argument or a captured tensor has not been computed; call evaluate on it first.]`,
    );
  });

  test('with `freeze` has the tensors it closes over in its program, and sees when one changes', async () => {
    const w = tensor(new Float32Array(64).fill(2), { requiresGrad: true });
    const f = compile((x) => x.mul(w).sum(), { freeze: true });
    const [one, two] = [tensor(new Float32Array(64).fill(1)), tensor(new Float32Array(128).fill(1), { shape: [2, 64] })];
    expect(await (await f(one)).item()).toBe(128);
    expect(await (await f(one)).item()).toBe(128);
    const { compiled, programs } = memory().cache;
    w.load(new Float32Array(64).fill(3));
    expect(await (await f(one)).item()).toBe(192);
    // What held the old content is gone.
    expect(memory().cache).toMatchObject({ compiled: compiled + 1, programs });
    expect(await (await f(two)).item()).toBe(384);
  });

  test('with `freeze` sees a new content in the memory of an old one', async () => {
    const w = tensor(new Float32Array(64).fill(2), { requiresGrad: true });
    const optimizer = new SGD([w as Parameter], { lr: 1 });
    const f = compile((x) => x.mul(w.detach()).sum(), { freeze: true });
    const x = tensor(new Float32Array(64).fill(1));
    for (const expected of [128, 64, 0, -64, -128]) {
      expect(await (await f(x)).item()).toBe(expected);
      // The gradient is 1: parameters lie in two memories in turns.
      w.sum().backward();
      await optimizer.step();
      optimizer.zeroGrad();
    }
  });

  test('with `freeze` a program that two drop at once is dropped once', async () => {
    const [x, w] = [tensor([1, 2]), tensor([3, 4])];
    const graph = prepare([{ value: x.mul(w).value }], { frozen: new Set([w.value.node]) });
    const sources = graph.leaves.map(({ source }) => source as LeafSource);
    for (const buffer of await executePrepared(graph, sources)) buffer.dispose();
    const { programs } = memory().cache;
    await Promise.all([forget(graph, sources), forget(graph, sources)]);
    expect(memory().cache.programs).toBe(programs - 1);
  });

  test('with `freeze` does not take an update for a weight', async () => {
    const count = tensor([0]);
    await count.data();
    const w = tensor([5]);
    const f = compile(
      (x) => {
        const y = x.mul(w).add(count);
        count.update(count.add(1), { along: y });
        return y;
      },
      { freeze: true },
    );
    const results: number[] = [];
    for (let i = 0; i < 3; i++) results.push(await (await f(tensor([1]))).item());
    expect(results).toEqual([5, 6, 7]);
  });
});
