import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leaf } from '../../test/support/check-op.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { gradients } from '../autodiff/index.ts';
import type { Value } from '../graph/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';
import { abs, clip, expand, halfPlusHalf, like, max, maximum, min, minimum, pow, relu, sign } from './index.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.dispose());

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
});
