import { describe, expect, test } from 'vitest';
import { difference, type Tolerance } from '../../test/support/tolerances.ts';
import {
  checkpoint,
  compile,
  dropout,
  evaluate,
  grad,
  hessianVectorProduct,
  jacobian,
  jvp,
  manualSeed,
  noGrad,
  peek,
  randn,
  Tensor,
  tensor,
  valueAndGrad,
  vjp,
} from './index.ts';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);
const parameter = (x: Tensor) => new Tensor(x.value, { requiresGrad: true });
const double = (...shape: number[]) => randn(shape, { key: [shape.length, shape[0]!] }).cast('float64');
const near = async (got: Tensor, want: Tensor, tolerance: Tolerance | number = 'rounding') => {
  expect(got.shape).toEqual(want.shape);
  expect(difference(await numbers(got), await numbers(want), tolerance)).toBeNull();
};

/** Of several arguments and two results, with products, a norm, a softmax, places picked and a sum over a broadcast axis. */
const composed = (x: Tensor, w: Tensor, b: Tensor) => {
  const h = x.matmul(w).add(b).tanh();
  const weights = h.matmul(h.transpose()).softmax(-1);
  return [weights.matmul(h).slice(0, 1, 3), h.square().mean(-1).add(1).log().mul(b.sum())] as const;
};
const point = () => [double(3, 4), double(4, 5), double(5)] as const;
const along = () =>
  [randn([3, 4], { key: [9, 1] }), randn([4, 5], { key: [9, 2] }), randn([5], { key: [9, 3] })].map((t) => t.cast('float64'));

/** Central difference of f along a direction, in float64. */
function differenceAlong<T extends readonly Tensor[]>(
  f: (...args: Tensor[]) => T,
  at: readonly Tensor[],
  by: readonly Tensor[],
): Tensor[] {
  const step = 1e-5;
  const moved = (sign: number) => f(...at.map((x, i) => x.add(by[i]!.mul(sign * step))));
  const [ahead, behind] = [moved(1), moved(-1)];
  return ahead.map((y, i) => y.sub(behind[i]!).mul(1 / (2 * step)));
}

const scalarOf = async (x: Tensor) => x.item();

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

describe('vjp', () => {
  test('gives f’s results, and cotangents times its Jacobian', async () => {
    const [outputs, pullBack] = vjp(composed, ...point());
    const cotangents = [double(2, 5), double(3)] as const;
    const pulled = pullBack(cotangents);
    const want = composed(...point());
    await near(outputs[0], want[0]);
    await near(outputs[1], want[1]);
    // ⟨vᵀJ, d⟩ = ⟨v, Jd⟩ along any d.
    const d = along();
    const changes = differenceAlong(composed, point(), d);
    const inner = (a: readonly Tensor[], b: readonly Tensor[]) =>
      a.map((x, i) => x.mul(b[i]!).sum()).reduce((sum, x) => sum.add(x));
    await near(inner(pulled, d), inner(cotangents, changes), 1e-8);
  });

  test('may be pulled back many times, each time with other numbers, and under one dropout', async () => {
    manualSeed(5);
    const x = tensor(new Float32Array(200).fill(1));
    const [y, pullBack] = vjp((v) => dropout(v, 0.5), x);
    const kept = await numbers(y);
    expect(new Set(kept)).toEqual(new Set([0, 2]));
    for (const factor of [1, 3]) {
      const [g] = pullBack(x.mul(factor));
      expect(await numbers(g!)).toEqual(kept.map((number) => number * factor));
    }
  });

  test('is linear in its cotangents, and can be differentiated for them', async () => {
    const x = tensor([1, 2]);
    const [, pullBack] = vjp((v) => v.square(), x);
    const [g] = grad((cotangent) =>
      pullBack(cotangent)[0]!
        .mul(tensor([1, 10]))
        .sum(),
    )(tensor([5, 6]));
    expect(await numbers(g!)).toEqual([2, 40]);
  });

  test('is zeros for a primal that does not count', async () => {
    const [, pullBack] = vjp((x) => x, tensor([1, 2]), tensor([[3]]));
    const [gx, unused] = pullBack(tensor([7, 8]));
    expect([await gx!.toArray(), await unused!.toArray()]).toEqual([[7, 8], [[0]]]);
  });

  test('lets gradients reach parameters that the function closes over', async () => {
    const w = parameter(tensor([2, 3]));
    const [, pullBack] = vjp((x) => x.square().mul(w), tensor([1, 4]));
    pullBack(tensor([1, 1]))[0]!
      .sum()
      .backward();
    // Σ 2xw has the gradient 2x for w.
    expect(await numbers(w.grad!)).toEqual([2, 8]);
  });
});

describe('jvp', () => {
  test('gives the change of each result along tangents', async () => {
    const d = along();
    const [outputs, changes] = jvp(composed, point(), d);
    const want = differenceAlong(composed, point(), d);
    await near(outputs[1], composed(...point())[1]);
    await near(changes[0], want[0]!, 1e-8);
    await near(changes[1], want[1]!, 1e-8);
  });

  test('of a jvp is the second derivative along two directions', async () => {
    const [d, e] = [along(), along().map((t) => t.mul(t))];
    const first = (...at: Tensor[]) => jvp(composed, at, d)[1];
    const [, second] = jvp(first, point(), e);
    const want = differenceAlong(first, point(), e);
    await near(second[0], want[0]!, 1e-7);
    await near(second[1], want[1]!, 1e-7);
  });

  test('is zeros where a result does not depend on the primals, and the tangent where it is one', async () => {
    const constant = tensor([5]);
    const [, [same, still]] = jvp((x) => [x, constant] as const, [tensor([1, 2])], [tensor([3, 4])]);
    expect([await same.toArray(), await still.toArray()]).toEqual([[3, 4], [0]]);
  });

  test('does not compute with the cotangents it is made by', () => {
    const w = randn([8, 8]);
    const f = (x: Tensor) => x.matmul(w).tanh();
    const [, change] = jvp(f, [randn([4, 8])], [randn([4, 8])]);
    const { flopsNeeded } = peek(change);
    // Forward and forward along the tangent: two products, and elementwise work.
    expect(flopsNeeded).toBeLessThan(2.5 * 2 * 4 * 8 * 8);
  });

  test('inside compile, with dropout that is the same in f and along the tangent', async () => {
    manualSeed(8);
    const f = compile((x: Tensor, t: Tensor) => {
      const [y, change] = jvp((v) => checkpoint((u) => dropout(u, 0.5).square(), v), [x], [t]);
      return [y, change];
    });
    const ones = tensor(new Float32Array(100).fill(1));
    const seen = new Set<string>();
    for (let call = 0; call < 3; call++) {
      const [y, change] = await f(ones, ones);
      const values = await numbers(y!);
      // (2x)² where kept: 4, and its slope 8.
      expect(await numbers(change!)).toEqual(values.map((number) => 2 * number));
      seen.add(values.join());
    }
    expect(seen.size).toBe(3);
  });

  test('under noGrad, since it asks for its derivatives itself', async () => {
    const [, change] = noGrad(() => jvp((x) => x.square(), [tensor([3])], [tensor([1])]));
    expect(await numbers(change)).toEqual([6]);
    expect(change.tracksGrad).toBe(false);
  });
});

describe('hessianVectorProduct', () => {
  const loss = (...args: Tensor[]) => {
    const [a, b] = composed(args[0]!, args[1]!, args[2]!);
    return a.square().sum().add(b.exp().sum());
  };

  test('is the change of the gradient along the vector', async () => {
    const v = along();
    const [output, products] = hessianVectorProduct(loss, point(), v);
    const want = differenceAlong((...at) => grad(loss)(...at), point(), v);
    await near(output, loss(...point()));
    for (const [i, product] of products.entries()) await near(product, want[i]!, 1e-7);
  });

  test('is the same as a jvp of the gradient', async () => {
    const v = along();
    const [, products] = hessianVectorProduct(loss, point(), v);
    const [, want] = jvp((...at) => grad(loss)(...at), point(), v);
    for (const [i, product] of products.entries()) await near(product, want[i]!, 1e-12);
  });

  test('through checkpoint', async () => {
    const [x, ...rest] = point();
    const kept = (v: Tensor) =>
      composed(v, ...rest)[0]
        .square()
        .sum();
    const again = (v: Tensor) =>
      checkpoint((u) => composed(u, ...rest)[0], v)
        .square()
        .sum();
    const [, [want]] = hessianVectorProduct(kept, [x], [along()[0]!]);
    const [, [got]] = hessianVectorProduct(again, [x], [along()[0]!]);
    await near(got!, want!, 1e-12);
  });

  test('is zeros for what is linear', async () => {
    const [, [product]] = hessianVectorProduct((x) => x.sum(), [tensor([1, 2])], [tensor([3, 4])]);
    expect(await numbers(product!)).toEqual([0, 0]);
  });
});

describe('jacobian', () => {
  test('has one row for each element of a result, and one tensor for each result and primal', async () => {
    const [byX, byW] = jacobian(
      (x, w) => x.matmul(w),
      tensor([[1, 2]]),
      tensor([
        [3, 4],
        [5, 6],
      ]),
    );
    expect([byX!.shape, byW!.shape]).toEqual([
      [1, 2, 1, 2],
      [1, 2, 2, 2],
    ]);
    expect(await byX!.toArray()).toEqual([[[[3, 5]], [[4, 6]]]]);
    expect(await byW!.toArray()).toEqual([
      [
        [
          [1, 0],
          [2, 0],
        ],
        [
          [0, 1],
          [0, 2],
        ],
      ],
    ]);
    const rows = jacobian(composed, ...point());
    expect(rows.map((row) => row.map(({ shape }) => shape))).toEqual([
      [
        [2, 5, 3, 4],
        [2, 5, 4, 5],
        [2, 5, 5],
      ],
      [
        [3, 3, 4],
        [3, 4, 5],
        [3, 5],
      ],
    ]);
  });

  test('times a vector is jvp', async () => {
    const [x, ...rest] = point();
    const f = (v: Tensor) => composed(v, ...rest)[0];
    const [[byX], t] = [jacobian(f, x), along()[0]!];
    await near(byX!.reshape(10, 12).matmul(t.reshape(12, 1)).reshape(2, 5), jvp(f, [x], [t])[1], 1e-12);
  });

  test('of a gradient is the Hessian', async () => {
    const f = (x: Tensor) => x.mul(x).mul(x).sum();
    const [byX] = jacobian((x) => grad(f)(x)[0]!, tensor([1, 2]));
    expect(await byX!.toArray()).toEqual([
      [6, 0],
      [0, 12],
    ]);
  });
});

test('what does not fit is refused', () => {
  const x = tensor([1, 2]);
  const ids = tensor([1, 2], { dtype: 'int32' });
  const two = (v: Tensor) => [v, v] as const;
  const wrong: readonly (() => unknown)[] = [
    () => vjp((v) => v, x)[1](tensor([1])),
    () => vjp(two, x)[1]([x] as never),
    () => vjp((v) => v, x)[1](tensor([1, 2], { dtype: 'float64' })),
    () => jvp((v) => v, [x], []),
    () => jvp((v) => v, [x], [tensor([[1, 2]])]),
    () => vjp((v) => v, ids),
    () => jvp((v) => v.cast('int32'), [x], [x]),
    () => hessianVectorProduct((v) => v, [x], [x]),
    () => jacobian((v) => v.expand(2000, 2), x),
    () => vjp((async (v: Tensor) => v) as never, x),
    () => grad((v) => v.sum())(ids),
  ];
  const message = (f: () => unknown) => {
    try {
      f();
      return 'nothing was thrown';
    } catch (error) {
      return String(error);
    }
  };
  expect(wrong.map(message).join('\n')).toMatchInlineSnapshot(`
    "ShapeError: vjp: cotangent 0 is [1] and output 0 is [2]; both need one shape.
    ShapeError: vjp: the cotangents are 1 and the outputs 2; give one for each.
    DTypeError: vjp: cotangent 0 is float64 and output 0 is float32; both need one type. Use cast('float32').
    ShapeError: jvp: the tangents are 0 and the primals 1; give one for each.
    ShapeError: jvp: tangent 0 is [1, 2] and primal 0 is [2]; both need one shape.
    DTypeError: vjp: argument 0 is int32; only floating-point numbers have derivatives. Let the function close over it.
    DTypeError: jvp: result 0 of the function is int32; only floating-point numbers have derivatives. Compute it outside.
    ShapeError: hessianVectorProduct: the function gave [2]; it must give a scalar. Take its mean or sum.
    UnsupportedError: jacobian: result 0 is [2000, 2], 4000 elements; at most 1024 can be differentiated one by one. Use vjp or jvp, which need no matrix.
    ConfigError: vjp: the function must return a tensor or an array of tensors, and not be asynchronous.
    DTypeError: valueAndGrad: argument 0 is int32; only floating-point numbers have derivatives. Let the function close over it."
  `);
});

test('what the transforms give is computed together, in one run', async () => {
  const [y, change] = jvp((x) => x.square(), [tensor([1, 2])], [tensor([1, 10])]);
  await evaluate([y, change]);
  expect([y.isComputed, change.isComputed]).toEqual([true, true]);
});
