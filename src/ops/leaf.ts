import type { DType, Shape, TypedArray } from '../core/index.ts';
import { type Emitter, Node, type OpRow, plainFacts, type Source, type Type, type Value } from '../graph/index.ts';

/** Content that lies in JavaScript memory and is handed to the runtime when the graph runs. */
export interface HostSource extends Source {
  readonly kind: 'host';
  readonly data: TypedArray;
}

function leafRow(name: string, lower: OpRow['lower']): OpRow {
  return { name, inputs: [], outputs: ['y'], lower, vjp: () => [], ...plainFacts };
}

const dataRow = leafRow('data', () => {
  throw new Error('a data leaf is an input of the program and is never lowered');
});

const constantRow = leafRow('constant', (emitter: Emitter, _inputs, attributes, types) => {
  const { dtype, shape } = types[0]!;
  return [emitter.constant(dtype, attributes.data as readonly number[], shape)];
});

/** A leaf whose content is given when the graph runs, and so is no part of the graph's structure. */
export function data(type: Type, source: Source): Value {
  return new Node(dataRow, [], {}, [type], source).outputs[0]!;
}

/** Whether a node is a leaf made by `data`. */
export function isData(node: Node): boolean {
  return node.row === dataRow;
}

/** A leaf whose content is part of the program: few numbers that do not change from step to step. Shape `shape`, default scalar. */
export function constant(values: number | readonly number[], dtype: DType = 'float32', shape?: Shape): Value {
  const list = typeof values === 'number' ? [values] : values;
  const type = { dtype, shape: shape ?? (typeof values === 'number' ? [] : [list.length]) };
  // JSON has neither infinities nor a negative zero, so they are spelled out for the structure's text.
  const isPlain = list.every((number) => Number.isFinite(number) && !Object.is(number, -0));
  const spelled = isPlain ? null : list.map((number) => (Object.is(number, -0) ? '-0' : number)).join();
  return new Node(constantRow, [], { data: list, spelled }, [type]).outputs[0]!;
}

/** The numbers of a leaf made by `constant`, or `null` for any other value. */
export function constantOf(value: Value): readonly number[] | null {
  return value.node.row === constantRow ? (value.node.attributes.data as readonly number[]) : null;
}

/** One number that follows from shapes, such as 1/count: fed when the graph runs, so that one program serves every shape. */
export function shapeScalar(value: number, dtype: DType): Value {
  const holder = dtype === 'float64' ? new Float64Array([value]) : new Float32Array([value]);
  return data({ dtype, shape: [] }, { kind: 'host', data: holder } as HostSource);
}
