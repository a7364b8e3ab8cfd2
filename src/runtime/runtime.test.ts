import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { byteSize, type DType, newArray, type TypedArray } from '../core/index.ts';
import { encodeModel, type OnnxAttribute, type OnnxNode, type OnnxTensor, type OnnxValueInfo } from '../onnx/index.ts';
import { openRuntime, type Program, probeRuntimes, type Runtime, type RuntimeBuffer } from './index.ts';

const runtimes = await probeRuntimes();

/** A model from its nodes; the types of inputs and outputs are given, their shapes are not. */
function model(
  nodes: readonly OnnxNode[],
  inputs: Record<string, DType>,
  outputs: Record<string, DType>,
  initializers: readonly OnnxTensor[] = [],
): [Uint8Array, { inputs: string[]; outputs: string[] }] {
  const info = (types: Record<string, DType>): OnnxValueInfo[] =>
    Object.entries(types).map(([name, dtype]) => ({ name, dtype }));
  const bytes = encodeModel({ name: 'test', nodes, initializers, inputs: info(inputs), outputs: info(outputs) });
  return [bytes, { inputs: Object.keys(inputs), outputs: Object.keys(outputs) }];
}

function node(
  opType: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, OnnxAttribute> = {},
  domain = '',
): OnnxNode {
  return { opType, domain, inputs, outputs, attributes };
}

const add = model([node('Add', ['a', 'b'], ['c'])], { a: 'float32', b: 'float32' }, { c: 'float32' });

for (const { name, device, availability } of runtimes) {
  describe.skipIf(!availability.available)(
    `${name} on ${device}${availability.available ? '' : `: ${availability.reason}`}`,
    () => {
      let runtime: Runtime;
      beforeAll(async () => {
        runtime = await openRuntime({ name, threads: 2 });
      });
      afterAll(() => runtime.dispose());

      function buffer(dtype: DType, values: readonly (number | bigint)[]): RuntimeBuffer {
        const made = runtime.allocate(dtype, values.length);
        const data = newArray(dtype, values.length);
        for (const [i, value] of values.entries()) (data as Float32Array)[i] = value as number;
        runtime.write(made, data);
        return made;
      }

      test('says what it is', () => {
        expect(runtime).toMatchObject({ name, device, threads: 2, disposed: false });
        expect(runtime.version).toMatch(/^\d+\.\d+\.\d+/);
        expect(runtime.has('FusedMatMul')).toBe(true);
        expect(runtime.has('NoSuchOperator')).toBe(false);
        expect(runtime.computes('float32')).toBe(true);
        expect(runtime.computes('bfloat16')).toBe(false);
      });

      test('runs a model under several shapes without compiling it again', async () => {
        const program = await runtime.compile(...add);
        const a = buffer('float32', [1, 2, 3, 4, 5, 6]);
        const b = buffer('float32', [10, 20, 30, 40, 50, 60]);
        const c = runtime.allocate('float32', 6);
        for (const shape of [[6], [2, 3], [3, 2], [1, 6, 1], [2, 3]]) {
          runtime.write(c, new Float32Array(6));
          await program.run(
            [
              { buffer: a, shape },
              { buffer: b, shape },
            ],
            [{ buffer: c, shape }],
          );
          expect(await runtime.read(c)).toEqual(Float32Array.of(11, 22, 33, 44, 55, 66));
        }
        for (const each of [program, a, b, c]) each.dispose();
      });
    },
  );
}
