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

const scalarOf = async (x: Tensor) => x.item();
const parameter = (x: Tensor) => new Tensor(x.value, { requiresGrad: true });

describe('grad', () => {
  test('gives the gradient of every argument', async () => {
    const f = (a: Tensor, b: Tensor) => a.mul(b).add(b).sum();
    const [ga, gb] = grad(f)(tensor([1, 2]), tensor([3, 4]));
    expect([await ga!.toArray(), await gb!.toArray()]).toEqual([
      [3, 4],
      [2, 3],
    ]);
  });

  test('is zeros where the function does not depend on the argument', async () => {
    const [, gb] = grad((a) => a.sum())(tensor([1]), tensor([[3, 4]]));
    expect(await gb!.toArray()).toEqual([[0, 0]]);
  });

  test('comes with the value, in one graph', async () => {
    const { value, gradients } = valueAndGrad((x) => x.square().sum())(tensor([1, 2, 3]));
    await evaluate([value, ...gradients]);
    expect([await value.item(), await gradients[0]!.toArray()]).toEqual([14, [2, 4, 6]]);
  });

  test('nests: derivatives of x⁴ at 2', async () => {
    let f = (x: Tensor) => x.square().square();
    const found: number[] = [];
    for (let order = 0; order < 5; order++) {
      found.push(await scalarOf(f(tensor(2))));
      const inner = f;
      f = (x) => grad(inner)(x)[0]!;
    }
    expect(found).toEqual([16, 32, 48, 48, 24]);
  });

  test('of a function that uses a gradient of another variable', async () => {
    // d/dy (d/dx x²y³ at x = 3) at y = 2 is 2·3 · 3·4.
    const inner = (y: Tensor) => grad((x) => x.square().mul(y.mul(y).mul(y)))(tensor(3))[0]!;
    expect(await scalarOf(grad(inner)(tensor(2))[0]!)).toBe(72);
  });

  test('takes arguments that were made from each other as independent', async () => {
    const a = tensor([3]);
    const [ga, gb] = grad((x, y) => x.mul(y).sum())(a, a.mul(2));
    expect([await scalarOf(ga!), await scalarOf(gb!)]).toEqual([6, 3]);
  });

  test('mixes with backward: a gradient penalty', async () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const x = tensor([3, 4]);
    const [gx] = grad((input) => input.mul(w).square().sum())(x);
    // ∂/∂x Σ (xw)² = 2xw²; the penalty Σ (2xw²)² has the gradient 16 x² w³ for w.
    gx!.square().sum().backward();
    expect(await w.grad!.toArray()).toEqual([16 * 9, 16 * 16 * 8]);
  });

  test('refuses what is no scalar', () => {
    expect(() => grad((x) => x.mul(2))(tensor([1, 2]))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: valueAndGrad: the function gave [2]; it must give a scalar. Take its mean or sum.]`,
    );
  });
});

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
