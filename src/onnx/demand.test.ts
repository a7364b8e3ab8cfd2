import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { direction, leaf } from '../../test/support/check-op.ts';
import { scalar } from '../../test/support/reference.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { difference } from '../../test/support/tolerances.ts';
import { gradients } from '../autodiff/index.ts';
import { topologicalOrder, type Value } from '../graph/index.ts';
import * as ops from '../ops/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';
import { computeOnDemand } from './demand.ts';
import { simplify } from './simplify.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.dispose());

const [B, T, C, H, F] = [3, 8, 8, 2, 16];
const total = (x: Value) => ops.sum(x, { axes: x.shape.map((_, axis) => axis), keepDims: false });
const weight = (name: string, ...shape: number[]) => leaf(direction(shape, name));

/** A post-norm encoder layer: attention, then two linear maps, each with a residual connection and a norm. */
function layer(x: Value, name: string): { y: Value; weights: Value[] } {
  const w = {
    qkv: weight(`${name}.qkv`, 3 * C, C),
    qkvBias: weight(`${name}.qkvBias`, 3 * C),
    o: weight(`${name}.o`, C, C),
    inner: weight(`${name}.inner`, F, C),
    innerBias: weight(`${name}.innerBias`, F),
    outer: weight(`${name}.outer`, C, F),
    norm: weight(`${name}.norm`, C),
    shift: weight(`${name}.shift`, C),
  };
  const heads = (part: Value) => ops.transpose(ops.reshape(part, { shape: [B, T, H, C / H] }), { perm: [0, 2, 1, 3] });
  const [q, k, v] = ops.split(ops.linear(x, w.qkv, w.qkvBias), { axis: 2, sizes: [C, C, C] }).map(heads);
  const scores = ops.softmax(ops.matmul(q!, ops.swapLast(k!)), { axis: 3 });
  const mixed = ops.reshape(ops.transpose(ops.matmul(scores, v!), { perm: [0, 2, 1, 3] }), { shape: [B, T, C] });
  const attended = ops.layerNorm(ops.add(x, ops.linear(mixed, w.o, null)), w.norm, w.shift, { eps: 1e-5 });
  const wide = ops.gelu(ops.linear(attended, w.inner, w.innerBias));
  const y = ops.layerNorm(ops.add(attended, ops.linear(wide, w.outer, null)), w.norm, w.shift, { eps: 1e-5 });
  return { y, weights: Object.values(w) };
}

const list = (...numbers: number[]) => leaf({ shape: [numbers.length], data: numbers }, 'int64');
const rowsOf = (x: Value) => ops.reshape(x, { shape: [B * T, C] });

const heads: readonly [string, (y: Value) => Value][] = [
  ['the first token of each text', (y) => ops.slice(y, { axis: 1, start: 0, end: 1 })],
  ['the last token of each text', (y) => ops.slice(y, { axis: 1, start: T - 1, end: T })],
  ['a few tokens in the middle', (y) => ops.slice(y, { axis: 1, start: 2, end: 5 })],
  ['one text', (y) => ops.slice(y, { axis: 0, start: 1, end: 2 })],
  ['listed tokens', (y) => ops.pickRows(rowsOf(y), list(3, 17, 5))],
  ['listed tokens of listed tokens', (y) => ops.pickRows(ops.pickRows(rowsOf(y), list(3, 17, 5, 9)), list(2, 0))],
  ['listed texts', (y) => ops.pickRows(y, list(2))],
  ['a few channels', (y) => ops.slice(y, { axis: 2, start: 0, end: 3 })],
  [
    'two different choices',
    (y) => ops.concat([ops.pickRows(rowsOf(y), list(1, 2)), ops.pickRows(rowsOf(y), list(2, 3))], { axis: 0 }),
  ],
  ['a choice and all', (y) => ops.add(y, ops.slice(y, { axis: 1, start: 0, end: 1 }))],
];

const work = (values: readonly Value[]) =>
  topologicalOrder(values).reduce(
    (sum, { row, inputs, attributes, outputs }) => sum + (row.flops?.(inputs, attributes, outputs[0]!) ?? 0),
    0,
  );

describe('computeOnDemand', () => {
  const x = weight('x', B, T, C);
  const built = (head: (y: Value) => Value) => {
    const first = layer(x, 'first');
    const second = layer(first.y, 'second');
    const read = head(second.y);
    const loss = total(ops.mul(ops.tanh(read), leaf(direction(read.shape, 'target'))));
    const parameters = [x, ...first.weights, ...second.weights];
    return { loss, read, gradients: gradients([loss], [leaf(scalar(1))], parameters) as Value[] };
  };

  test.each(heads)('changes no result: %s', async (_title, head) => {
    const { loss, gradients: found } = built(head);
    const values = simplify([loss, ...found]);
    const want = await runGraph(runtime, values);
    const got = await runGraph(runtime, computeOnDemand(values));
    got.forEach(({ data, shape }, i) => {
      expect(shape).toEqual(want[i]!.shape);
      expect(difference(data, want[i]!.data, 'accumulated')).toBeNull();
    });
  });

  test.each(heads)('changes no second derivative: %s', async (_title, head) => {
    const { gradients: found } = built(head);
    const again = gradients([total(ops.mul(found[1]!, found[1]!))], [leaf(scalar(1))], [x]) as Value[];
    const values = simplify(again);
    const want = await runGraph(runtime, values);
    const got = await runGraph(runtime, computeOnDemand(values));
    expect(difference(got[0]!.data, want[0]!.data, 'accumulated')).toBeNull();
  });

  test('leaves out the work on rows that nobody reads, forward and backward', () => {
    const share = (head: (y: Value) => Value) => {
      const { loss, gradients: found } = built(head);
      const values = simplify([loss, ...found]);
      return Math.round((100 * work(computeOnDemand(values))) / work(values));
    };
    const shares = Object.fromEntries(heads.map(([title, head]) => [title, share(head)]));
    expect(shares).toMatchInlineSnapshot(`
      {
        "a choice and all": 100,
        "a few channels": 100,
        "a few tokens in the middle": 78,
        "listed texts": 73,
        "listed tokens": 78,
        "listed tokens of listed tokens": 86,
        "one text": 73,
        "the first token of each text": 69,
        "the last token of each text": 69,
        "two different choices": 100,
      }
    `);
  });

  test('is the same graph where all is read', () => {
    const { loss, gradients: found } = built((y) => y);
    const values = simplify([loss, ...found]);
    expect(computeOnDemand(values)).toEqual(values);
  });
});

describe('an op whose axes are known lets the choice through to what is before it', () => {
  const x = weight('x', B, T, C);
  const w = weight('w', C, C);
  const first = (y: Value) => ops.slice(y, { axis: 0, start: 0, end: 1 });
  const early = (y: Value) => ops.slice(y, { axis: 1, start: 0, end: 2 });
  const lastText = (y: Value) => ops.slice(y, { axis: 2, start: B - 1, end: B });
  const placed = (shape: number[], data: number[]) => leaf({ shape, data }, 'int64');
  const every = (length: number, ...shape: number[]) =>
    placed(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (3 * i + 1) % length),
    );
  const updates = weight('updates', B, T, 2);
  const steps = Array.from({ length: T }, (_, i) => i);
  /** A table that is looked up is needed whole; and no one sees that zeros put into a gradient leave it zero elsewhere. */
  const walls = ['an embedding of steps', 'scatter'];

  test.each<[string, (y: Value) => Value]>([
    ['softmax over another axis', (y) => early(ops.softmax(y, { axis: 2 }))],
    ['cumsum along another axis', (y) => early(ops.cumsum(y, { axis: 2, reverse: false }))],
    ['cumsum backwards, texts chosen', (y) => first(ops.cumsum(y, { axis: 1, reverse: true }))],
    ['topk', (y) => early(ops.topk(y, { k: 3, axis: 2 }).values)],
    ['sort', (y) => first(ops.sort(y, { axis: 1 }).values)],
    ['triu', (y) => first(ops.triu(y, { diagonal: 1 }))],
    ['tril', (y) => first(ops.tril(y, { diagonal: 0 }))],
    ['a slice with steps', (y) => early(ops.slice(y, { axis: 2, start: 1, end: C, step: 3 }))],
    ['flip', (y) => early(ops.flip(y, { axes: 2 }))],
    [
      'index_select before the choice',
      (y) => lastText(ops.indexSelect(ops.transpose(y, { perm: [2, 1, 0] }), every(C, 4), { axis: 0 })),
    ],
    ['index_select of rows of two axes', (y) => first(ops.indexSelect(y, every(T, 2, 3), { axis: 1 }))],
    [
      'index_select, the indices chosen',
      (y) => ops.slice(ops.indexSelect(early(y), every(C, 6), { axis: 2 }), { axis: 2, start: 0, end: 2 }),
    ],
    ['scatter', (y) => early(ops.scatter(y, every(C, B, T, 2), updates, { axis: 2, reduce: 'none' }))],
    ['scatter_add', (y) => early(ops.scatter(y, every(C, B, T, 2), updates, { axis: 2, reduce: 'add' }))],
    ['mean over another axis', (y) => ops.slice(ops.mean(y, { axes: [2], keepDims: false }), { axis: 1, start: 0, end: 2 })],
    ['max over another axis', (y) => early(ops.max(y, { axes: [2], keepDims: true }))],
    ['argmax', (y) => early(ops.mul(y, ops.cast(ops.argmax(y, { axis: 2, keepDims: true }), { to: 'float32' })))],
    [
      'argmin without its axis',
      (y) => ops.cast(ops.slice(ops.argmin(y, { axis: 2, keepDims: false }), { axis: 1, start: 0, end: 2 }), { to: 'float32' }),
    ],
    [
      'an embedding of steps',
      (y) =>
        ops.mul(
          early(ops.gatherRows(ops.reshape(y, { shape: [B * T, C] }), placed([1, T], steps), { paddingIdx: null })),
          leaf(scalar(2)),
        ),
    ],
  ])('%s', async (title, head) => {
    const read = head(ops.tanh(ops.linear(x, w, null)));
    const loss = total(ops.mul(read, leaf(direction(read.shape, title))));
    const found = gradients([loss], [leaf(scalar(1))], [x, w]).filter((g) => g !== null);
    const again = found.length > 0 ? gradients([total(ops.mul(found[0]!, found[0]!))], [leaf(scalar(1))], [x]) : [];
    const values = simplify([loss, read, ...found, ...again.filter((g) => g !== null)]);
    const cut = computeOnDemand(values);
    const want = await runGraph(runtime, values);
    const got = await runGraph(runtime, cut);
    got.forEach(({ data, shape }, i) => {
      expect(shape).toEqual(want[i]!.shape);
      expect(difference(data, want[i]!.data, 'accumulated')).toBeNull();
    });
    if (!walls.includes(title)) expect(work(cut)).toBeLessThan(work(values));
  });
});
