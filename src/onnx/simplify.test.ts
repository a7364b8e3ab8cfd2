import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { direction, leaf } from '../../test/support/check-op.ts';
import { scalar } from '../../test/support/reference.ts';
import { loweredGraph, runGraph } from '../../test/support/run-graph.ts';
import { difference } from '../../test/support/tolerances.ts';
import { topologicalOrder, type Value } from '../graph/index.ts';
import {
  add,
  after,
  cast,
  constant,
  div,
  expand,
  gatherRows,
  greater,
  halfPlusHalf,
  linear,
  matmul,
  mul,
  neg,
  relu,
  reshape,
  reshapeRow,
  scatterRows,
  softmax,
  split,
  standIn,
  stopGradient,
  sub,
  sum,
  swapLast,
  transpose,
  where,
} from '../ops/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';
import { rewrites } from './rewrites.ts';
import { simplify } from './simplify.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.dispose());

const x = leaf(direction([2, 3], 'x'));
const y = leaf(direction([2, 3], 'y'));
const row = leaf(direction([3], 'row'));
const rowEach = leaf(direction([3, 1, 5], 'rowEach'));
const row2 = leaf(direction([1, 3], 'row2'));
const batch = leaf(direction([4, 2, 3], 'batch'));
const batch2 = leaf(direction([4, 2, 3], 'batch2'));
const number = (value: number) => constant(value);
/** Eight picks from a table, in two axes. */
const integers = { shape: [2, 4], data: [0, 2, 1, 1, 0, 0, 2, 1] };
const ids = leaf(integers, 'int64');
const table = leaf(direction([3, 3], 'table'));
const picked = (from: Value) => gatherRows(from, ids, { paddingIdx: null });
const weight = leaf(direction([2, 3], 'weight'));
const bias = leaf(direction([2], 'bias'));
const rows = leaf(direction([8, 2], 'rows'));

/** Names of the ops in a cleaned graph, leaves left out. */
const opsOf = (...values: readonly Value[]) =>
  topologicalOrder(simplify(values)).flatMap(({ row: { name }, inputs }) => (inputs.length > 0 ? [name] : []));

/** For each rule: a graph it fires on, and what is left of that graph. */
const examples: Readonly<Record<string, readonly (readonly [Value, readonly string[]])[]>> = {
  'a function of constants is a constant': [
    [mul(x, add(number(2), mul(number(3), number(4)))), ['mul']],
    [mul(x, neg(number(2))), ['mul']],
  ],
  'x + 0 = x': [
    [add(relu(x), number(0)), ['relu']],
    [add(number(0), relu(x)), ['relu']],
    [add(relu(row), constant([0], 'float32', [1, 1])), ['relu', 'add']],
  ],
  'x − 0 = x': [
    [sub(relu(x), number(0)), ['relu']],
    [sub(number(0), relu(x)), ['relu', 'sub']],
  ],
  'x · 1 = x': [
    [mul(relu(x), number(1)), ['relu']],
    [mul(number(1), relu(x)), ['relu']],
  ],
  'x / 1 = x': [
    [div(relu(x), number(1)), ['relu']],
    [div(number(1), relu(add(x, number(9)))), ['add', 'relu', 'div']],
  ],
  '−(−x) = x': [[neg(neg(relu(x))), ['relu']]],
  'x + (−y) = x − y': [
    [add(x, neg(y)), ['sub']],
    [add(neg(row), x), ['sub']],
  ],
  '(x · c) · d = x · cd': [
    [mul(mul(x, number(2)), number(3)), ['mul']],
    [mul(number(3), mul(number(2), x)), ['mul']],
    [mul(mul(x, y), number(3)), ['mul', 'mul']],
    // One after the other neither leaves the range of float32; multiplied beforehand they would.
    [mul(mul(x, number(1e-30)), number(1e-30)), ['mul', 'mul']],
    [mul(mul(x, number(1e30)), number(1e30)), ['mul', 'mul']],
  ],
  'a cast to the same type': [[cast(relu(x), { to: 'float32' }), ['relu']]],
  'gradients are done: stopGradient(x) = x': [[stopGradient(relu(x)), ['relu']]],
  'gradients are done: standIn(x) = x': [[standIn(relu(x)), ['relu']]],
  'a reshape of a reshape': [
    [reshape(reshape(x, { shape: [6] }), { shape: [3, 2] }), ['reshape']],
    [relu(reshapeRow(reshapeRow(x, { shape: [6] }), { shape: [2, 3] })), ['relu']],
  ],
  'a transpose of a transpose': [
    [relu(transpose(transpose(batch, { perm: [2, 0, 1] }), { perm: [1, 2, 0] })), ['relu']],
    [transpose(transpose(batch, { perm: [2, 0, 1] }), { perm: [2, 0, 1] }), ['transpose']],
    [relu(transpose(batch, { perm: [0, 1, 2] })), ['relu']],
  ],
  'a transpose that moves no axis but those of length 1 is a reshape': [
    [relu(transpose(reshape(batch, { shape: [batch.shape[0]!, 1, -1] }), { perm: [1, 0, 2] })), ['reshape', 'relu']],
    [relu(transpose(batch, { perm: [1, 0, 2] })), ['transpose', 'relu']],
  ],
  'a product reads a transposed factor as it lies': [
    [matmul(x, swapLast(y)), ['matmul']],
    [matmul(swapLast(x), y), ['matmul']],
    [matmul(batch, swapLast(batch2)), ['matmul']],
    [matmul(swapLast(batch), batch2), ['matmul']],
    [swapLast(matmul(x, swapLast(y))), ['matmul', 'transpose']],
    [matmul(transpose(batch, { perm: [0, 2, 1] }), batch2), ['matmul']],
    [matmul(transpose(batch, { perm: [2, 0, 1] }), leaf(direction([3, 2, 4], 'w'))), ['transpose', 'matmul']],
  ],
  'a product of single numbers with rows is element-wise': [
    [matmul(reshape(row, { shape: [3, 1, 1] }), rowEach), ['reshape', 'mul']],
    [matmul(reshape(row, { shape: [3, 1] }), row2), ['reshape', 'matmul']],
  ],
  'picked rows with their axes in another order: the indices in that order': [
    [transpose(picked(table), { perm: [1, 0, 2] }), ['transpose', 'gatherRows']],
    [transpose(picked(table), { perm: [1, 2, 0] }), ['gatherRows', 'transpose']],
  ],
  'a linear map of rows picked more often than there are: the mapped table, picked from': [
    [linear(picked(table), weight, bias), ['linear', 'gatherRows']],
    [linear(transpose(picked(table), { perm: [1, 0, 2] }), weight, null), ['linear', 'transpose', 'gatherRows']],
    [linear(picked(leaf(direction([5, 3], 'large'))), weight, bias), ['gatherRows', 'linear']],
  ],
  'rows added up with their axes in another order: the indices in the order of the rows': [
    [scatterRows(transpose(batch, { perm: [1, 0, 2] }), ids, { rows: 5 }), ['transpose', 'scatterRows']],
    [
      scatterRows(
        transpose(batch, { perm: [1, 2, 0] }),
        leaf({ ...integers, shape: [2, 3], data: [0, 2, 1, 1, 0, 0] }, 'int64'),
        { rows: 5 },
      ),
      ['transpose', 'scatterRows'],
    ],
  ],
  'products added up by rows: the left factor added up, and one product': [
    [scatterRows(reshape(matmul(rows, weight), { shape: [2, 4, 3] }), ids, { rows: 3 }), ['reshape', 'scatterRows', 'matmul']],
    [scatterRows(reshape(matmul(rows, weight), { shape: [2, 4, 3] }), ids, { rows: 5 }), ['matmul', 'reshape', 'scatterRows']],
    [
      scatterRows(reshape(matmul(swapLast(leaf(direction([2, 8], 'columns'))), weight), { shape: [2, 4, 3] }), ids, {
        rows: 3,
      }),
      ['matmul', 'reshape', 'scatterRows'],
    ],
  ],
  'a product over picked rows: what meets them added up by rows, and a product over the table': [
    [matmul(swapLast(rows), reshape(picked(table), { shape: [8, 3] })), ['reshape', 'scatterRows', 'matmul']],
    [
      matmul(swapLast(rows), reshape(picked(leaf(direction([5, 3], 'large'))), { shape: [8, 3] })),
      ['gatherRows', 'reshape', 'matmul'],
    ],
  ],
  'element-wise ops broadcast by themselves: no expand before them': [
    [add(x, expand(row, { shape: [2, 3] })), ['add']],
    [add(expand(row, { shape: [2, 3] }), expand(leaf(scalar(2)), { shape: [2, 3] })), ['expand', 'add']],
    [where(greater(x, expand(row, { shape: [2, 3] })), expand(number(1), { shape: [2, 3] }), y), ['greater', 'where']],
    [relu(expand(row, { shape: [2, 3] })), ['expand', 'relu']],
  ],
};

describe('rewrites', () => {
  test('each has an example', () => {
    expect(Object.keys(examples)).toEqual(rewrites.map(({ name }) => name));
  });

  for (const { name } of rewrites) {
    test.each((examples[name] ?? []).map(([value, left]) => ({ value, left })))(
      `${name}: $left is left`,
      async ({ value, left }) => {
        const [cleaned] = simplify([value]);
        expect({ shape: cleaned!.shape, dtype: cleaned!.dtype }).toEqual({ shape: value.shape, dtype: value.dtype });
        expect(opsOf(value)).toEqual(left);
        const [want] = await runGraph(runtime, [value], { clean: false });
        const [got] = await runGraph(runtime, [value]);
        expect(got!.shape).toEqual(want!.shape);
        expect(difference(got!.data, want!.data, 1e-6)).toBeNull();
      },
    );
  }
});

describe('simplify', () => {
  test('merges common subexpressions, however often they were written', () => {
    const twice = () => relu(add(mul(x, x), y));
    expect(opsOf(mul(twice(), twice()))).toEqual(['mul', 'add', 'relu', 'mul']);
    expect(opsOf(twice(), twice())).toEqual(['mul', 'add', 'relu']);
    const [a, b] = simplify([twice(), twice()]);
    expect(a).toBe(b);
  });

  test('keeps apart what differs in attributes, outputs, types or leaves', () => {
    expect(opsOf(softmax(x, { axis: 0 }), softmax(x, { axis: 1 }))).toEqual(['softmax', 'softmax']);
    expect(opsOf(cast(x, { to: 'int32' }), cast(x, { to: 'int64' }))).toEqual(['cast', 'cast']);
    expect(opsOf(relu(x), relu(leaf(direction([2, 3], 'x'))))).toEqual(['relu', 'relu']);
    const [first, second] = split(x, { axis: 1, sizes: [1, 2] });
    const [again] = split(x, { axis: 1, sizes: [1, 2] });
    expect(opsOf(relu(first!), relu(second!), relu(again!))).toEqual(['split', 'relu', 'relu']);
  });

  test('keeps 0 and −0, and infinities, apart', async () => {
    const quotients = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => div(number(1), number(value)));
    const got = await runGraph(runtime, quotients);
    expect(got.map(({ data }) => data[0])).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0]);
  });

  test('does not merge a recomputation with what it computes again', () => {
    const once = relu(x);
    expect(opsOf(add(once, relu(after(x, once))))).toEqual(['relu', 'after', 'relu', 'add']);
  });

  test('drops what no output needs', () => {
    const [first] = split(relu(x), { axis: 1, sizes: [1, 2] });
    mul(first!, first!);
    expect(opsOf(first!)).toEqual(['relu', 'split']);
  });

  test('goes on until no rule fits', () => {
    const noise = (value: Value) => neg(neg(mul(div(add(value, number(0)), number(1)), number(1))));
    let value = relu(x);
    for (let i = 0; i < 50; i++) value = noise(value);
    expect(opsOf(value)).toEqual(['relu']);
  });

  test('leaves outputs that are leaves, or the same, as they are', async () => {
    const outputs = [x, number(3), x, relu(x), relu(x), stopGradient(x), reshape(x, { shape: [6] })];
    const got = await runGraph(runtime, outputs);
    const want = await runGraph(runtime, outputs, { clean: false });
    expect(got).toEqual(want);
    expect(got[0]!.data).toEqual(got[5]!.data);
  });

  test('works on graphs deeper than the call stack', () => {
    let value: Value = x;
    for (let i = 0; i < 20_000; i++) value = halfPlusHalf(add(value, number(0)));
    expect(opsOf(value)).toHaveLength(20_000);
  });

  test('shows in the ONNX graph', () => {
    const value = sum(mul(expand(row, { shape: [2, 3] }), mul(neg(neg(x)), mul(number(2), number(0.5)))), {
      axes: [0, 1],
      keepDims: false,
    });
    const names = (clean: boolean) => loweredGraph([value], runtime, { clean }).nodes.map(({ opType }) => opType);
    expect(names(false)).toEqual(['Expand', 'Neg', 'Neg', 'Mul', 'Mul', 'Mul', 'ReduceSum']);
    expect(names(true)).toEqual(['Mul', 'ReduceSum']);
  });
});
