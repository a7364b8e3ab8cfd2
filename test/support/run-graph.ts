import { newArray, sizeOf, type TypedArray } from '../../src/core/index.ts';
import type { Value } from '../../src/graph/index.ts';
import { encodeModel, lower, type OnnxGraph, type OnnxNode, simplify } from '../../src/onnx/index.ts';
import type { HostSource } from '../../src/ops/index.ts';
import type { Binding, Runtime } from '../../src/runtime/index.ts';
import type { Plain } from './reference.ts';

/** How `runGraph` goes from the graph to the model. */
export interface RunGraphOptions {
  /** With the clean-up, as programs are compiled. Default true. */
  readonly clean?: boolean;
}

/** The ONNX graph of some values, with the clean-up or without. */
export function loweredGraph(values: readonly Value[], runtime: Runtime, { clean = true }: RunGraphOptions = {}): OnnxGraph {
  return lower(clean ? simplify(values) : values, (operator) => runtime.has(operator)).graph;
}

/**
 * Computes values on a runtime by the shortest way: lowered, compiled, run once, everything freed. Their leaves hold
 * host data. The shapes that come back are the runtime's own, computed by a `Shape` node behind each output; the
 * element types were checked by the runtime against the inferred ones when it took the model.
 */
export async function runGraph(runtime: Runtime, values: readonly Value[], options: RunGraphOptions = {}): Promise<Plain[]> {
  const { clean = true } = options;
  const { graph, inputs } = lower(clean ? simplify(values) : values, (operator) => runtime.has(operator));
  const shaped = values.flatMap((value, i) => (value.shape.length > 0 ? [i] : []));
  const shapeNodes = shaped.map(
    (i): OnnxNode => ({ opType: 'Shape', inputs: [graph.outputs[i]!.name], outputs: [`shape${i}`] }),
  );
  const outputs = [...graph.outputs, ...shaped.map((i) => ({ name: `shape${i}`, dtype: 'int64' as const }))];
  const model = encodeModel({ ...graph, nodes: [...graph.nodes, ...shapeNodes], outputs });
  using program = await runtime.compile(model, {
    inputs: graph.inputs.map(({ name }) => name),
    outputs: outputs.map(({ name }) => name),
  });
  const bound: Binding[] = [];
  try {
    for (const input of inputs) {
      const value = 'leaf' in input ? input.leaf.outputs[0]! : { dtype: 'int64' as const, shape: [input.dims.length] };
      const buffer = runtime.allocate(value.dtype, sizeOf(value.shape));
      bound.push({ buffer, shape: value.shape });
      runtime.write(buffer, 'leaf' in input ? (input.leaf.source as HostSource).data : BigInt64Array.from(input.dims, BigInt));
    }
    const results = [...values, ...shaped.map((i) => ({ dtype: 'int64' as const, shape: [values[i]!.shape.length] }))].map(
      ({ dtype, shape }): Binding => ({ buffer: runtime.allocate(dtype, sizeOf(shape)), shape }),
    );
    bound.push(...results);
    await program.run(bound.slice(0, inputs.length), results);
    const read = await Promise.all(results.map(async ({ buffer }) => Array.from(await runtime.read(buffer), Number)));
    return values.map((_, i) => ({
      shape: shaped.includes(i) ? read[values.length + shaped.indexOf(i)]! : [],
      data: read[i]!,
    }));
  } finally {
    for (const { buffer } of bound) buffer.dispose();
  }
}

/** Numbers as the typed array of an element type. */
export function typed(dtype: Value['dtype'], numbers: readonly number[]): TypedArray {
  const array = newArray(dtype, numbers.length);
  for (const [i, number] of numbers.entries()) {
    if (array instanceof BigInt64Array) array[i] = BigInt(number);
    else array[i] = number;
  }
  return array;
}
