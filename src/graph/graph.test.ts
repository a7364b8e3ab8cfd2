import { describe, expect, test } from 'vitest';
import {
  defineMultiOp,
  defineOp,
  type Emitter,
  type MultiOp,
  Node,
  type Op,
  type OpRow,
  plainFacts,
  structureOf,
  topologicalOrder,
  type Value,
} from './index.ts';

const leafRow: OpRow = { name: 'leaf', inputs: [], outputs: ['y'], lower: () => [''], vjp: null, ...plainFacts };
const leaf = (...shape: number[]) => new Node(leafRow, [], {}, [{ shape, dtype: 'float32' }]).outputs[0]!;

/** Writes down what a row's `lower` asks for. */
const written: unknown[] = [];
const emitter = { node: (...asked: unknown[]) => String(written.push(asked)) } as unknown as Emitter;

const scale: Op<['x', 'bias?'], { by: number }> = defineOp({
  name: 'scale',
  inputs: ['x', 'bias?'],
  infer: ({ x, bias, by }) => ({ shape: [...x.shape, bias ? by : 0], dtype: x.dtype }),
  lower: (onnx, { x, bias, by, y }) => onnx.node('Scale', [x, bias, `${by} ${y.shape}`]),
  vjp: (g, { x, bias, by, y }) => ({ x: scale(g, y, { by }), bias: bias && x }),
});

const join: Op<['first', '...rest']> = defineOp({
  name: 'join',
  inputs: ['first', '...rest'],
  infer: ({ first, rest }) => ({ shape: [first.shape.length, ...rest.map(({ shape }) => shape.length)], dtype: first.dtype }),
  lower: (onnx, { first, rest }) => onnx.node('Join', [first, ...rest]),
  vjp: (g, { rest }) => ({ rest: rest.map((_, i) => (i === 0 ? null : g)) }),
});

const both: MultiOp<['x'], ['sign', 'size']> = defineMultiOp({
  name: 'both',
  inputs: ['x'],
  outputs: ['sign', 'size'],
  infer: ({ x }) => ({ sign: { shape: x.shape, dtype: 'bool' }, size: x }),
  lower: (_onnx, { x }) => [`${x}0`, `${x}1`],
  vjp: ({ size }, { sign }) => ({ x: size ?? sign }),
});

describe('an op', () => {
  const [x, bias] = [leaf(2), leaf(3)];

  test('sees its inputs by name, those left out as null, and its attributes', () => {
    expect(scale(x, bias, { by: 4 }).shape).toEqual([2, 4]);
    expect(scale(x, null, { by: 4 }).shape).toEqual([2, 0]);
    const y = scale(x, bias, { by: 4 });
    expect(scale.row.lower(emitter, ['a', null], { by: 4 }, [y])).toEqual([String(written.length)]);
    expect(written.at(-1)).toEqual(['Scale', ['a', null, '4 2,4']]);
    const [forX, forBias] = scale.row.vjp!([x], y.node);
    expect([forX!.node.inputs, forBias]).toEqual([[x, y], x]);
    expect(scale.row.vjp!([x], scale(x, null, { by: 4 }).node)[1]).toBeNull();
  });

  test('takes any number of inputs where it says so', () => {
    expect(join(x, []).node.inputs).toEqual([x]);
    const y = join(x, [bias, x]);
    expect([y.shape, y.node.inputs]).toEqual([
      [1, 1, 1],
      [x, bias, x],
    ]);
    expect(join.row.vjp!([bias], y.node)).toEqual([null, null, bias]);
    join.row.lower(emitter, ['a', 'b', 'c'], {}, [y]);
    expect(written.at(-1)).toEqual(['Join', ['a', 'b', 'c']]);
  });

  test('of several outputs gives them by name', () => {
    const { sign, size } = both(x);
    expect([sign.dtype, size.dtype, sign.index, size.index, sign.node === size.node]).toEqual(['bool', 'float32', 0, 1, true]);
    expect(both.row.lower(emitter, ['a'], {}, sign.node.outputs)).toEqual(['a0', 'a1']);
    expect(both.row.vjp!([null, bias], sign.node)).toEqual([bias]);
    expect(both.row.vjp!([null, null], sign.node)).toEqual([sign]);
  });
});

describe('walks', () => {
  test('list every node once, after its inputs', () => {
    const x = leaf(2);
    const left = scale(x, null, { by: 1 });
    const right = scale(x, left, { by: 2 });
    const order = topologicalOrder([join(right, [left, right]), left]);
    expect(order.map(({ key }) => key)).toEqual(['leaf', 'scale{"by":1}', 'scale{"by":2}', 'join']);
    expect(topologicalOrder([right], (node) => node === left.node).map(({ key }) => key)).toEqual(['leaf', 'scale{"by":2}']);
    expect(topologicalOrder([right], () => true)).toEqual([]);
  });

  test('do not run out of stack', () => {
    let value: Value = leaf(1);
    for (let i = 0; i < 100_000; i++) value = both(value).size;
    expect(topologicalOrder([value])).toHaveLength(100_001);
  });
});

describe('the structure of a graph', () => {
  const text = (...values: Value[]) => structureOf(values).text;
  const build = (x: Value, y: Value, by = 1) => join(scale(x, y, { by }), [y]);

  test('is the same for the same graph over other leaves', () => {
    expect(text(build(leaf(2), leaf(3)))).toBe(text(build(leaf(2), leaf(3))));
  });

  test('differs in attributes, shapes, connections, outputs and their order', () => {
    const [x, y] = [leaf(2), leaf(2)];
    const { sign, size } = both(x);
    const texts = [
      text(build(x, y)),
      text(build(x, x)),
      text(build(x, y, 2)),
      text(build(leaf(3), y)),
      text(scale(x, null, { by: 1 })),
      text(scale(x, x, { by: 1 })),
      text(join(x, [y]), x),
      text(x, join(x, [y])),
      text(join(y, [x])),
      text(join(x, [y, x])),
      text(sign),
      text(size),
      text(sign, size),
    ];
    // join(y, [x]) is join(x, [y]) with its leaves named otherwise, so it differs from that one by the outputs alone.
    expect(new Set(texts).size).toBe(texts.length);
  });
});
