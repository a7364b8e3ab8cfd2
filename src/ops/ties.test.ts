import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leaf } from '../../test/support/check-op.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { gradients } from '../autodiff/index.ts';
import type { Value } from '../graph/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';
import * as ops from './index.ts';
import { abs, clip, constant, expand, halfPlusHalf, like, max, maximum, min, minimum, pow, relu, sign } from './index.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.dispose());

const one = { axes: [0], keepDims: false };
const values = (...data: number[]) => leaf({ shape: [data.length], data });

/** The gradients of the sum of y, as plain numbers; a single 0 where there is none. */
async function slopes(y: Value, ...xs: Value[]): Promise<(readonly number[])[]> {
  const found = gradients([y], [expand(like(1, y), { shape: y.shape })], xs);
  const built = found.filter((g) => g !== null);
  const computed = built.length > 0 ? await runGraph(runtime, built) : [];
  // Adding 0 makes no difference between 0 and −0.
  return found.map((g) => (g ? computed.shift()!.data.map((slope) => slope + 0) : [0]));
}

// Difference quotients say nothing at a kink, where two slopes meet: there PyTorch's choice holds.
describe('gradients at ties and kinks are those of PyTorch', () => {
  test('maximum and minimum give each side half where they are equal', async () => {
    const [a, b] = [values(1, 2, 3), values(3, 2, 1)];
    expect(await slopes(maximum(a, b), a, b)).toEqual([
      [0, 0.5, 1],
      [1, 0.5, 0],
    ]);
    expect(await slopes(minimum(a, b), a, b)).toEqual([
      [1, 0.5, 0],
      [0, 0.5, 1],
    ]);
  });

  test('max and min share among all that are equal', async () => {
    const x = values(1, 3, 3, -1, 3);
    const [share] = await slopes(max(x, { axes: [0], keepDims: false }), x);
    share!.forEach((g, i) => {
      expect(g).toBeCloseTo([0, 1 / 3, 1 / 3, 0, 1 / 3][i]!, 6);
    });
    const y = values(0, 0, 5);
    expect(await slopes(min(y, { axes: [0], keepDims: true }), y)).toEqual([[0.5, 0.5, 0]]);
  });

  test('relu, abs and sign are flat at 0', async () => {
    const x = values(-1, 0, -0, 2);
    expect(await slopes(relu(x), x)).toEqual([[0, 0, 0, 1]]);
    expect(await slopes(abs(x), x)).toEqual([[-1, 0, 0, 1]]);
    expect(await slopes(sign(x), x)).toEqual([[0]]);
  });

  test('clip passes the gradient at its ends', async () => {
    const x = values(-2, -1, 0, 1, 2);
    expect(await slopes(clip(x, { min: -1, max: 1 }), x)).toEqual([[0, 1, 1, 1, 0]]);
    expect(await slopes(halfPlusHalf(x), x)).toEqual([[0, 0, 0.5, 0, 0]]);
  });

  test('a power of a base that is not positive has no gradient for its exponent', async () => {
    const [a, b] = [values(-2, 0, 2), values(3, 2, 3)];
    const [ga, gb] = await slopes(pow(a, b), a, b);
    expect(ga).toEqual([12, 0, 12]);
    expect(gb!.slice(0, 2)).toEqual([0, 0]);
    expect(gb![2]).toBeCloseTo(8 * Math.LN2, 5);
  });

  test('a power with a fixed exponent', async () => {
    const x = values(0, 2);
    const at = async (exponent: number) => (await slopes(pow(x, constant(exponent)), x))[0];
    expect(await at(0)).toEqual([0, 0]);
    expect(await at(1)).toEqual([1, 1]);
    expect(await at(2)).toEqual([0, 4]);
    expect(await at(3)).toEqual([0, 12]);
    const b = values(0, 1);
    expect((await slopes(pow(x, b), x))[0]).toEqual([0, 1]);
  });

  test.each<[string, (x: Value) => Value, number[], number[]]>([
    ['relu6', ops.relu6, [-1, 0, 3, 6, 7], [0, 0, 1, 0, 0]],
    ['hardtanh', (x) => ops.hardtanh(x, { min: -1, max: 1 }), [-2, -1, 0, 1, 2], [0, 0, 1, 0, 0]],
    ['leakyRelu', (x) => ops.leakyRelu(x, { negativeSlope: 0.125 }), [-1, 0, 1], [0.125, 0.125, 1]],
    ['elu', (x) => ops.elu(x, { alpha: 0.5 }), [0, 1], [0.5, 1]],
    ['celu', (x) => ops.celu(x, { alpha: 0.5 }), [0, 1], [1, 1]],
    ['hardswish', ops.hardswish, [-4, -3, 0, 3, 4], [0, 0, 0.5, 1, 1]],
    ['softshrink', (x) => ops.softshrink(x, { lambda: 0.5 }), [-1, -0.5, 0, 0.5, 1], [1, 0, 0, 0, 1]],
    ['hardshrink', (x) => ops.hardshrink(x, { lambda: 0.5 }), [-1, -0.5, 0, 0.5, 1], [1, 0, 0, 0, 1]],
    ['threshold', (x) => ops.threshold(x, { threshold: 0.5, value: 9 }), [0, 0.5, 1], [0, 0, 1]],
    ['softsign', ops.softsign, [-1, 0, 1], [0.25, 1, 0.25]],
    ['prelu', (x) => ops.prelu(x, constant([0.25])), [-1, 0, 1], [0.25, 0.25, 1]],
    ['round', ops.round, [-1.5, 0.5, 2.5], [0]],
    ['std of equals', (x) => ops.std(x, { ...one, correction: 1 }), [2, 2, 2], [0, 0, 0]],
    ['norm 2 of zeros', (x) => ops.norm(x, { ...one, p: 2 }), [0, 0], [0, 0]],
    ['norm 1', (x) => ops.norm(x, { ...one, p: 1 }), [0, 1, -2], [0, 1, -1]],
    ['norm ∞', (x) => ops.norm(x, { ...one, p: Number.POSITIVE_INFINITY }), [2, 1, -2], [0.5, 0, -0.5]],
    ['norm −∞', (x) => ops.norm(x, { ...one, p: Number.NEGATIVE_INFINITY }), [2, 1, -1], [0, 0.5, -0.5]],
    ['norm ½', (x) => ops.norm(x, { ...one, p: 0.5 }), [0, 1], [0, 1]],
    ['norm 3 of zeros', (x) => ops.norm(x, { ...one, p: 3 }), [0, 0], [0, 0]],
    ['prod with a zero', (x) => ops.prod(x, one), [0, 2, 3], [6, 0, 0]],
    ['prod with two', (x) => ops.prod(x, one), [0, 0, 3], [0, 0, 0]],
    ['sort of equals', (x) => ops.mul(ops.sort(x, { axis: 0 }).values, constant([1, 2, 3])), [1, 1, 0], [2, 3, 1]],
  ])('%s', async (_, op, xs, want) => {
    const x = values(...xs);
    const [got] = await slopes(op(x), x);
    expect(got!.length).toBe(want.length);
    got!.forEach((g, i) => {
      expect(g).toBeCloseTo(want[i]!, 5);
    });
  });

  test('halves are rounded to even numbers', async () => {
    const [first] = await runGraph(runtime, [ops.round(values(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5))]);
    expect(first!.data.map((x) => x + 0)).toEqual([-2, -2, 0, 0, 2, 2]);
  });

  test('logsumexp of infinities', async () => {
    const x = values(Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY);
    const [first] = await runGraph(runtime, [ops.logsumexp(x, one)]);
    expect(first!.data).toEqual([Number.NEGATIVE_INFINITY]);
  });

  test('log1p and expm1 at their ends', async () => {
    const inf = Number.POSITIVE_INFINITY;
    const [log, power] = await runGraph(runtime, [ops.log1p(values(-1, inf, 1e30)), ops.expm1(values(-inf, -100, inf))]);
    expect(log!.data.slice(0, 2)).toEqual([-inf, inf]);
    expect(log!.data[2]).toBeCloseTo(Math.log(1e30), 4);
    expect(power!.data).toEqual([-1, -1, inf]);
  });
});
