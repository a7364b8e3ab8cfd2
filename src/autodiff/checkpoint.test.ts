import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { direction, leaf } from '../../test/support/check-op.ts';
import { scalar } from '../../test/support/reference.ts';
import { loweredGraph, runGraph } from '../../test/support/run-graph.ts';
import { difference } from '../../test/support/tolerances.ts';
import type { Value } from '../graph/index.ts';
import { expand, matmul, mul, sum, tanh } from '../ops/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';
import { checkpointed } from './checkpoint.ts';
import { gradients } from './gradients.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.dispose());

const total = (x: Value) => sum(x, { axes: x.shape.map((_, axis) => axis), keepDims: false });
const gradientOf = (y: Value, ...xs: Value[]) => gradients([y], [expand(leaf(scalar(1)), { shape: y.shape })], xs);

type Block = (f: (...args: Value[]) => Value, args: readonly Value[]) => Value;
const plain: Block = (f, args) => f(...args);

describe('checkpointed', () => {
  const w = leaf(direction([4, 4], 'w'));
  const v = leaf(direction([4, 4], 'v'));
  const x = leaf(direction([3, 4], 'x'));
  const two = (h: Value) => tanh(matmul(tanh(matmul(h, w)), v));

  const graphs: readonly [string, (block: Block) => Value][] = [
    ['a block over a leaf', (block) => block(two, [x])],
    ['blocks one after another that share weights', (block) => block(two, [block(two, [block(two, [x])])])],
    ['an argument that was made from a weight which the block uses as well', (block) => block(two, [tanh(matmul(x, w))])],
    ['an argument that comes twice', (block) => block((a, b) => mul(two(a!), b!), [x, x])],
    ['an argument that was made from another', (block) => block((a, b) => mul(two(a!), b!), [x, tanh(x)])],
    ['a block inside a block', (block) => block((h) => block(two, [block(two, [h!])]), [x])],
    [
      'a block that gives its argument back',
      (block) =>
        mul(
          block((h) => h!, [x]),
          block(two, [x]),
        ),
    ],
  ];

  test.each(graphs)('gives the same result and gradients: %s', async (_title, build) => {
    const values = (y: Value) => [y, ...gradientOf(total(y), x, w, v)] as Value[];
    const want = await runGraph(runtime, values(build(plain)));
    const got = await runGraph(runtime, values(build(checkpointed)));
    got.forEach(({ data, shape }, i) => {
      expect(shape).toEqual(want[i]!.shape);
      expect(difference(data, want[i]!.data, 'rounding')).toBeNull();
    });
  });

  test.each(graphs)('gives the same gradients of gradients: %s', async (_title, build) => {
    const values = (y: Value) => {
      const first = gradientOf(total(y), x, w) as Value[];
      return gradientOf(total(mul(first[0]!, matmul(first[0]!, first[1]!))), x, w, v) as Value[];
    };
    const want = await runGraph(runtime, values(build(plain)));
    const got = await runGraph(runtime, values(build(checkpointed)));
    got.forEach(({ data }, i) => {
      expect(difference(data, want[i]!.data, 'accumulated')).toBeNull();
    });
  });

  test('computes inner values again, late: they are in the program twice, and the second time behind the gradient', () => {
    const count = (y: Value) => {
      const { nodes } = loweredGraph([y, ...(gradientOf(total(y), w, v) as Value[])], runtime);
      return nodes.filter(({ opType }) => opType === 'Tanh').length;
    };
    expect(count(two(two(x)))).toBe(4);
    // Of each block the outer tanh's output is known, but its gradient needs that output inside the recomputed graph.
    expect(count(checkpointed(two, [checkpointed(two, [x])]))).toBe(8);
  });
});
