import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { direction, leaf } from '../../test/support/check-op.ts';
import { type Plain, scalar } from '../../test/support/reference.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { difference } from '../../test/support/tolerances.ts';
import { defineOp, type Op, topologicalOrder, type Value } from '../graph/index.ts';
import { add, cast, expand, gatherRows, matmul, mul, sin, split, stopGradient, sum } from '../ops/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';
import { gradients } from './gradients.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.dispose());

const run = async (values: readonly (Value | null)[]): Promise<Plain[]> => runGraph(runtime, values as Value[]);
const ones = (shape: readonly number[]) => expand(leaf(scalar(1)), { shape });
const total = (x: Value) => sum(x, { axes: x.shape.map((_, axis) => axis), keepDims: false });
const gradientOf = (y: Value, ...xs: Value[]) => gradients([y], [ones(y.shape)], xs);

describe('gradients', () => {
  test('adds up the branches on which a value is used', async () => {
    const x = leaf({ shape: [3], data: [1, 2, 3] });
    // x² + 3x by three uses: the derivative is 2x + 3.
    const y = add(mul(x, x), mul(x, leaf(scalar(3))));
    expect(await run(gradientOf(y, x))).toEqual([{ shape: [3], data: [5, 7, 9] }]);
  });

  test('sums back over axes that were broadcast', async () => {
    const row = leaf({ shape: [3], data: [1, 2, 3] });
    const column = leaf({ shape: [2, 1], data: [4, 5] });
    expect(await run(gradientOf(mul(row, column), row, column))).toEqual([
      { shape: [3], data: [9, 9, 9] },
      { shape: [2, 1], data: [6, 6] },
    ]);
  });

  test('is null for what y does not depend on, and where no gradient flows', () => {
    const [x, other] = [leaf(direction([2], 'x')), leaf(direction([2], 'other'))];
    expect(gradientOf(mul(x, x), other)).toEqual([null]);
    expect(gradientOf(mul(stopGradient(x), other), x)).toEqual([null]);
    expect(gradientOf(cast(cast(x, { to: 'int32' }), { to: 'float32' }), x)).toEqual([null]);
  });

  test('of a value in the middle, and of what lies under it, at once', async () => {
    const x = leaf({ shape: [2], data: [1, 2] });
    const middle = mul(x, x);
    const y = mul(middle, middle);
    expect(await run(gradientOf(y, x, middle, y))).toEqual([
      { shape: [2], data: [4, 32] },
      { shape: [2], data: [2, 8] },
      { shape: [2], data: [1, 1] },
    ]);
  });

  test('of several values with gradients of their own', async () => {
    const x = leaf({ shape: [2], data: [1, 2] });
    const [g, h] = [leaf({ shape: [2], data: [10, 20] }), leaf({ shape: [2], data: [1, 1] })];
    expect(await run(gradients([mul(x, x), x], [g, h], [x]))).toEqual([{ shape: [2], data: [21, 81] }]);
  });

  test('of an op of several outputs of which one is used', async () => {
    const x = leaf({ shape: [4], data: [1, 2, 3, 4] });
    const [, second] = split(x, { axis: 0, sizes: [1, 2, 1] });
    expect(await run(gradientOf(mul(second!, second!), x))).toEqual([{ shape: [4], data: [0, 4, 6, 0] }]);
  });

  test('of the third order', async () => {
    const x = leaf({ shape: [], data: [0.7] });
    let y: Value = sin(x);
    for (let i = 0; i < 3; i++) y = gradientOf(y, x)[0]!;
    const [got] = await run([y]);
    expect(difference(got!.data, [-Math.cos(0.7)], 'rounding')).toBeNull();
  });

  test('of a graph deeper than the call stack', () => {
    const x = leaf(scalar(1));
    let y: Value = x;
    for (let i = 0; i < 20_000; i++) y = add(y, x);
    const [g] = gradientOf(y, x);
    expect(topologicalOrder([g!]).length).toBeGreaterThan(20_000);
  });

  test('builds nothing for what does not lead to the inputs asked for', () => {
    const [x, w, table] = [leaf(direction([2, 3], 'x')), leaf(direction([3, 4], 'w')), leaf(direction([5, 2], 'table'))];
    const ids = leaf({ shape: [2], data: [0, 1] }, 'int64');
    const y = total(matmul(matmul(gatherRows(table, ids, { paddingIdx: null }), x), w));
    const [g] = gradientOf(y, w);
    const names = topologicalOrder([g!]).map(({ row }) => row.name);
    expect(names).not.toContain('scatterRows');
    // Forward: the product that w meets; backward: one product for w, none for x.
    expect(names.filter((name) => name === 'matmul')).toHaveLength(2);
  });

  test('says which op has no gradient, but only where one would have to flow', () => {
    const floor: Op<['x']> = defineOp({
      name: 'floor',
      inputs: ['x'],
      infer: ({ x }) => x,
      lower: (emitter, { x }) => emitter.node('Floor', [x]),
    });
    const x = leaf(direction([2], 'x'));
    const y = floor(x);
    expect(() => gradientOf(y, x)).toThrowErrorMatchingInlineSnapshot(
      `[UnsupportedError: grad: floor has no gradient. Use stopGradient where none should flow.]`,
    );
    expect(gradientOf(mul(y, y), y)[0]).not.toBeNull();
  });

  test('refuses a gradient of another shape', () => {
    const x = leaf(direction([2], 'x'));
    expect(() => gradients([x], [ones([3])], [x])).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: grad: y is [2] and its gradient is [3]; both need one shape.]`,
    );
  });
});
