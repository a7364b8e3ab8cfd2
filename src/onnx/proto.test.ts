import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { typed } from '../../test/support/run-graph.ts';
import { type DType, sizeOf } from '../core/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';
import { encodeModel, type OnnxGraph, type OnnxNode, type OnnxTensor, onnxElementType } from './proto.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.dispose());

const graph = (parts: Partial<OnnxGraph>): OnnxGraph => ({
  name: 'test',
  nodes: [],
  initializers: [],
  inputs: [],
  outputs: [],
  ...parts,
});

/** Runs a model without inputs whose one output `y` has this type. What the encoder writes, the runtime has to read. */
async function run(
  nodes: readonly OnnxNode[],
  dtype: DType,
  shape: readonly number[],
  initializers: readonly OnnxTensor[] = [],
) {
  const model = encodeModel(graph({ nodes, initializers, outputs: [{ name: 'y', dtype }] }));
  using program = await runtime.compile(model, { inputs: [], outputs: ['y'] });
  using buffer = runtime.allocate(dtype, sizeOf(shape));
  await program.run([], [{ buffer, shape }]);
  return runtime.read(buffer);
}

const constant = (attributes: OnnxNode['attributes'] & {}): OnnxNode => ({
  opType: 'Constant',
  inputs: [],
  outputs: ['y'],
  attributes,
});

describe('encodeModel', () => {
  test('writes numbers as attributes, of both signs and beyond 32 bits', async () => {
    const wide = [0, 1, -1, 127, 128, -128, 2 ** 31, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    expect(await run([constant({ value_ints: { ints: wide } })], 'int64', [wide.length])).toEqual(
      BigInt64Array.from(wide, BigInt),
    );
    for (const int of wide) {
      expect(await run([constant({ value_int: { int } })], 'int64', [])).toEqual(BigInt64Array.of(BigInt(int)));
    }
    const floats = [0, -0, 1.5, -1e-30, 3e38, Number.POSITIVE_INFINITY, Number.NaN];
    expect(await run([constant({ value_floats: { floats } })], 'float32', [floats.length])).toEqual(Float32Array.from(floats));
    expect(await run([constant({ value_float: { float: -2.25 } })], 'float32', [])).toEqual(Float32Array.of(-2.25));
  });

  test.each(['float32', 'float64', 'int64', 'int32', 'uint32', 'int8', 'uint8', 'bool'] as const)(
    'writes %s tensors, also out of a larger array',
    async (dtype) => {
      const whole = typed(dtype, [9, 1, 0, 1]);
      const x = { name: 'x', dtype, shape: [3], data: whole.subarray(1) };
      expect(await run([{ opType: 'Identity', inputs: ['x'], outputs: ['y'] }], dtype, [3], [x])).toEqual(whole.slice(1));
    },
  );

  test('writes text, sub-graphs and inputs left out', async () => {
    const branch = (name: string, float: number) =>
      graph({
        name,
        nodes: [{ ...constant({ value_float: { float } }), outputs: [name] }],
        outputs: [{ name, dtype: 'float32', shape: [] }],
      });
    const condition: OnnxTensor = { name: 'condition', dtype: 'bool', shape: [], data: Uint8Array.of(0) };
    const either: OnnxNode = {
      opType: 'If',
      inputs: ['condition'],
      outputs: ['z'],
      attributes: { then_branch: { graph: branch('a', 1) }, else_branch: { graph: branch('b', 7) } },
    };
    const limit: OnnxTensor = { name: 'limit', dtype: 'float32', shape: [], data: Float32Array.of(5) };
    const clip: OnnxNode = { opType: 'Clip', inputs: ['z', '', 'limit'], outputs: ['clipped'] };
    const gelu: OnnxNode = {
      opType: 'Gelu',
      inputs: ['clipped'],
      outputs: ['y'],
      attributes: { approximate: { string: 'tanh' } },
    };
    const [y] = await run([either, clip, gelu], 'float32', [], [condition, limit]);
    expect(Number(y)).toBeCloseTo(5, 4);
  });

  test('declares shapes with lengths known and unknown', async () => {
    const model = encodeModel(
      graph({
        nodes: [{ opType: 'Neg', inputs: ['x'], outputs: ['y'] }],
        inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 2] }],
        outputs: [{ name: 'y', dtype: 'float32', shape: ['batch', 2] }],
      }),
    );
    using program = await runtime.compile(model, { inputs: ['x'], outputs: ['y'] });
    for (const batch of [1, 300]) {
      using x = runtime.allocate('float32', 2 * batch);
      using y = runtime.allocate('float32', 2 * batch);
      runtime.write(x, new Float32Array(2 * batch).fill(3));
      await program.run([{ buffer: x, shape: [batch, 2] }], [{ buffer: y, shape: [batch, 2] }]);
      expect(await runtime.read(y)).toEqual(new Float32Array(2 * batch).fill(-3));
    }
    using x = runtime.allocate('float32', 3);
    using y = runtime.allocate('float32', 3);
    await expect(program.run([{ buffer: x, shape: [1, 3] }], [{ buffer: y, shape: [1, 3] }])).rejects.toThrow();
  });

  test('knows the number of each element type', () => {
    expect(onnxElementType('float32')).toBe(1);
    expect(onnxElementType('bfloat16')).toBe(16);
  });
});
