import { describe, expect, test } from 'vitest';
import {
  checkpoint,
  compile,
  dropout,
  evaluate,
  grad,
  manualSeed,
  peek,
  randn,
  Tensor,
  tensor,
  valueAndGrad,
} from './index.ts';

const parameter = (x: Tensor) => new Tensor(x.value, { requiresGrad: true });

describe('checkpoint', () => {
  const w = randn([4, 4], { key: [1, 1] });
  const x = randn([3, 4], { key: [2, 2] });
  const block = (h: Tensor, weight: Tensor) => h.matmul(weight).tanh().matmul(weight).tanh();

  async function trained(wrap: (f: (h: Tensor) => Tensor, h: Tensor) => Tensor, useDropout = false) {
    manualSeed(7);
    const weight = parameter(w);
    const layer = (h: Tensor) => (useDropout ? dropout(block(h, weight), 0.5) : block(h, weight));
    const loss = wrap(layer, wrap(layer, x.mul(weight.sum())))
      .square()
      .mean();
    loss.backward();
    await evaluate([loss, weight.grad!]);
    return { loss: await loss.item(), grad: Array.from(await weight.grad!.data(), Number), graph: peek(loss, weight.grad!) };
  }

  test.each([false, true])('gives the same loss and gradients as without it (dropout: %s)', async (useDropout) => {
    const plain = await trained((f, h) => f(h), useDropout);
    const again = await trained((f, h) => checkpoint(f, h), useDropout);
    expect(again.loss).toBe(plain.loss);
    again.grad.forEach((g, i) => {
      expect(g).toBeCloseTo(plain.grad[i]!, 5);
    });
    expect(plain.grad.some((g) => Math.abs(g) > 1e-3)).toBe(true);
  });

  test('computes inner values again, which peek shows before it runs', () => {
    const weight = parameter(w);
    const graph = (wrap: (f: (h: Tensor) => Tensor, h: Tensor) => Tensor) => {
      const loss = wrap((h) => block(h, weight), x).sum();
      loss.backward();
      const report = peek(loss, weight.grad!);
      weight.grad = null;
      return report;
    };
    const plain = graph((f, h) => f(h));
    const again = graph((f, h) => checkpoint(f, h));
    expect([plain.ops.tanh, again.ops.tanh]).toEqual([2, 4]);
    expect(again.flops).toBeGreaterThan(plain.flops);
    expect(again.ops.after).toBe(1);
  });

  test('under grad, also for what the function closes over', async () => {
    const direct = grad((weight) => block(x, weight).square().mean())(w)[0]!;
    const closed = grad((weight) =>
      checkpoint((h) => block(h, weight), x)
        .square()
        .mean(),
    )(w)[0]!;
    const passed = grad((weight) => checkpoint(block, x, weight).square().mean())(w)[0]!;
    const [want, ...got] = await Promise.all([direct, closed, passed].map((g) => g.data()));
    for (const found of got) {
      found.forEach((g, i) => {
        expect(Number(g)).toBeCloseTo(Number(want![i]), 6);
      });
    }
  });

  test('tracks what its function tracks', () => {
    expect(checkpoint((h) => h.mul(2), x).tracksGrad).toBe(false);
    expect(checkpoint((h) => h.mul(2), parameter(x)).tracksGrad).toBe(true);
    const weight = parameter(w);
    expect(checkpoint((h) => h.matmul(weight), x).tracksGrad).toBe(true);
  });

  test('inside compile drops the same in both passes', async () => {
    manualSeed(3);
    // With the sum as loss, the gradient is the mask itself: where the value was dropped it must be 0, and only there.
    const f = compile((h: Tensor) => {
      const { value, gradients } = valueAndGrad((inner) => checkpoint((v) => dropout(v, 0.5).square(), inner).sum())(h);
      return [value, gradients[0]!, dropout(h, 0)];
    });
    for (let call = 0; call < 3; call++) {
      const ones = tensor(new Float32Array(100).fill(1));
      const [value, g] = await f(ones);
      const kept = Array.from(await g!.data(), Number).filter((number) => number !== 0);
      expect(kept.every((number) => number === 8)).toBe(true);
      expect(await value!.item()).toBe(4 * kept.length);
    }
  });
});

describe('peek', () => {
  test('counts nodes, operations and bytes before anything runs', () => {
    const a = tensor(new Float32Array(6), { shape: [2, 3] });
    const b = tensor(new Float32Array(12), { shape: [3, 4] });
    const y = a.matmul(b).add(1).reshape(8).relu();
    expect(peek(y)).toEqual({
      nodes: 4,
      // 2·2·3·4 for the product, 8 each for the sum and the positive part, nothing for the reshape.
      flops: 48 + 8 + 8,
      // The inputs, the constant, and three results.
      bytes: 4 * (6 + 12 + 1 + 3 * 8),
      ops: { matmul: 1, add: 1, reshape: 1, relu: 1 },
      flopsNeeded: 48 + 8 + 8,
    });
    expect(y.isComputed).toBe(false);
  });

  test('says what is left of it where only some rows are read', () => {
    const a = tensor(new Float32Array(40), { shape: [20, 2] });
    const b = tensor(new Float32Array(6), { shape: [2, 3] });
    // Of 20 rows 5 are read, so a quarter of the product is computed; the slice itself counts its output.
    const { flops, flopsNeeded } = peek(a.matmul(b).slice(0, 0, 5));
    expect(flops).toBe(2 * 20 * 2 * 3 + 15);
    expect(flopsNeeded).toBe(2 * 5 * 2 * 3 + 10);
  });
});
