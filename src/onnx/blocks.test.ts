import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/index.ts';
import { randomNormal, seedKey, sizeOf } from '../core/index.ts';
import { topologicalOrder, type Value } from '../graph/index.ts';
import * as ops from '../ops/index.ts';
import { openRuntime, type Runtime } from '../runtime/index.ts';
import { encodeModel, lower, optimize, overwriters, simplify } from './index.ts';

const has = () => true;
const contents = new Map<Value, Float32Array<ArrayBuffer>>();

/** A leaf of normally distributed numbers. */
function normal(seed: number, ...shape: number[]): Value {
  const value = ops.data({ shape, dtype: 'float32' }, { kind: 'test' });
  contents.set(value, randomNormal(seedKey(seed), sizeOf(shape)));
  return value;
}

const loops = (outputs: readonly Value[]) => topologicalOrder(outputs).filter(({ row }) => row.name.startsWith('blocks('));

async function run(runtime: Runtime, outputs: readonly Value[]): Promise<Float32Array[]> {
  const { graph, inputs } = lower(outputs, (opType) => runtime.has(opType));
  const program = await runtime.compile(encodeModel(graph), {
    inputs: graph.inputs.map(({ name }) => name),
    outputs: graph.outputs.map(({ name }) => name),
  });
  const bound = inputs.map((input) => {
    const [data, shape] =
      'leaf' in input
        ? [contents.get(input.leaf.outputs[0]!)!, input.leaf.outputs[0]!.shape]
        : [BigInt64Array.from(input.dims, BigInt), [input.dims.length]];
    const buffer = runtime.allocate('leaf' in input ? 'float32' : 'int64', data.length);
    runtime.write(buffer, data);
    return { buffer, shape };
  });
  const results = outputs.map(({ shape, dtype }) => ({ buffer: runtime.allocate(dtype, sizeOf(shape)), shape }));
  await program.run(bound, results);
  const read = (await Promise.all(results.map(({ buffer }) => runtime.read(buffer)))) as Float32Array[];
  for (const { buffer } of [...bound, ...results]) buffer.dispose();
  program.dispose();
  return read;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);

/** Runs the graph with its chains as loops and without, and expects the same bits. */
async function expectSameBits(outputs: readonly Value[]): Promise<void> {
  const runtime = await openRuntime({ device: 'cpu' });
  const blocked = await run(runtime, optimize(outputs, has));
  const whole = await run(
    runtime,
    optimize(outputs, (opType) => opType !== 'Scan' && has()),
  );
  // Millions of numbers each: too many for toEqual.
  expect(blocked.map((array, i) => Buffer.compare(bytesOf(array), bytesOf(whole[i]!)))).toEqual(outputs.map(() => 0));
}

describe('long element-wise chains', () => {
  it('become one loop for the gradient of gelu, with the same bits', async () => {
    const [x, g] = [normal(1, 24, 64, 1024), normal(2, 24, 64, 1024)];
    const outputs = gradients([ops.gelu(x)], [g], [x]) as Value[];
    const optimized = optimize(outputs, has);
    expect(loops(optimized)).toHaveLength(1);
    expect(topologicalOrder(optimized).filter(({ row }) => row.pointwise)).toHaveLength(0);
    await expectSameBits(outputs);
  });

  it('give several results, one of which feeds what is not element-wise', async () => {
    const x = normal(3, 2048, 1024);
    const y = ops.exp(ops.mul(x, x));
    const total = ops.sum(y, { axes: [0], keepDims: true });
    // The second half needs the sum of the first, so they are two loops; the last one also reads a broadcast row, which no loop can.
    const scale = ops.reciprocal(ops.sum(y, { axes: [0, 1], keepDims: false }));
    const z = ops.tanh(ops.mul(ops.add(y, ops.like(1, x)), scale));
    const outputs = [y, ops.div(z, total), ops.neg(ops.sqrt(ops.add(z, ops.like(2, x))))];
    expect(loops(optimize(outputs, has))).toHaveLength(2);
    await expectSameBits(outputs);
  });

  it('never wait for what waits for them', async () => {
    const x = normal(4, 2048, 1024);
    const a = ops.exp(ops.neg(x));
    const rows = ops.softmax(a, { axis: 1 });
    const outputs = [ops.mul(ops.add(ops.sin(a), rows), ops.cos(a))];
    await expectSameBits(outputs);
  });

  it('are left alone where arrays are small, chains short, or the runtime has no loops', () => {
    const small = ops.exp(ops.sin(ops.cos(normal(5, 1024, 1024))));
    const short = ops.exp(ops.sin(normal(6, 2048, 1024)));
    const long = ops.exp(ops.sin(ops.cos(normal(7, 2048, 1024))));
    expect(loops(optimize([small, short], has))).toHaveLength(0);
    expect(loops(optimize([long], () => false))).toHaveLength(0);
    expect(loops(optimize([long], has))).toHaveLength(1);
  });

  it('may still be written over what they replace', () => {
    const [p, g, m] = [normal(8, 2048, 1024), normal(9, 2048, 1024), normal(10, 2048, 1024)];
    const next = ops.add(ops.mul(m, ops.like(0.9, m)), ops.mul(g, ops.like(0.1, g)));
    const updated = ops.sub(p, ops.mul(next, ops.like(0.01, p)));
    expect(overwriters(optimize([next, updated], has), [m.node, p.node])).toEqual([true, true]);
    // Where the old content is read after the new is there, it may not.
    const late = ops.add(next, ops.sin(m));
    expect(overwriters(optimize([next, late], has), [m.node, null])).toEqual([false, false]);
    expect(overwriters(simplify([next, late]), [m.node, null])).toEqual([false, false]);
  });
});
