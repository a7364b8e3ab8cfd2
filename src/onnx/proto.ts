import type { DType, TypedArray } from '../core/index.ts';

/** A value of an ONNX node attribute. Graphs are sub-graphs, as in `Scan`. */
export type OnnxAttribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly graph: OnnxGraph };

/** A node of an ONNX graph. An empty input name is an optional input left out. */
export interface OnnxNode {
  readonly opType: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** A tensor stored in the model. */
export interface OnnxTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** A named input or output. `shape` is left out where it may differ from run to run; a string in it is a symbolic length. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape?: readonly (number | string)[];
}

/** An ONNX graph; nodes in an order in which they can run. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
}

/** Operator set that every model of ours declares: the newest in which all CPU kernels we use exist. */
export const opsetVersion = 20;

// TensorProto.DataType of onnx.proto3.
const elementTypes: Record<DType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  bfloat16: 16,
};

/** The number by which ONNX names an element type. */
export function onnxElementType(dtype: DType): number {
  return elementTypes[dtype];
}

/** The bytes of a `.onnx` file (ModelProto, IR version 9) around one graph. */
export function encodeModel(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  const model = new ProtoWriter();
  model.int(1, 9);
  model.string(2, 'qkv');
  model.message(7, encodeGraph(graph));
  for (const [domain, version] of [
    ['', opsetVersion],
    ['com.microsoft', 1],
  ] as const) {
    const opset = new ProtoWriter();
    opset.string(1, domain);
    opset.int(2, version);
    model.message(8, opset);
  }
  return model.bytes();
}

/** A tensor of a model whose content lies elsewhere: under a location, from a byte on. */
export interface ExternalTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly location: string;
  /** In bytes; an address may be more than a number holds. */
  readonly offset: number | bigint;
  /** In bytes. */
  readonly length: number;
}

/**
 * A model's bytes with tensors added to its graph whose contents lie elsewhere. Bytes of protocol buffers that follow one
 * another are read as one message, so the model itself is only copied.
 */
export function withExternalTensors(model: Uint8Array, tensors: readonly ExternalTensor[]): Uint8Array<ArrayBuffer> {
  const graph = new ProtoWriter();
  for (const tensor of tensors) graph.message(5, encodeExternalTensor(tensor));
  const added = new ProtoWriter();
  added.message(7, graph);
  const tail = added.bytes();
  const bytes = new Uint8Array(model.length + tail.length);
  bytes.set(model);
  bytes.set(tail, model.length);
  return bytes;
}

/**
 * The names of a model's inputs and outputs, in the model's order. For runtimes that number them: one that has done away
 * with a node which only renames may call an output by the name of what it renamed.
 * @throws RangeError when the bytes are no message.
 */
export function readModelNames(model: Uint8Array): { readonly inputs: readonly string[]; readonly outputs: readonly string[] } {
  const names = { inputs: [] as string[], outputs: [] as string[] };
  for (const [field, graph] of submessages(model)) {
    if (field !== 7) continue;
    for (const [part, value] of submessages(graph)) {
      const list = part === 11 ? names.inputs : part === 12 ? names.outputs : null;
      const [, name] = (list && submessages(value).find(([inner]) => inner === 1)) ?? [];
      if (name) list!.push(new TextDecoder().decode(name));
    }
  }
  return names;
}

/** The fields of a message that hold messages, texts or bytes, by number. */
function submessages(bytes: Uint8Array): [number, Uint8Array][] {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('The bytes end within a number.');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const found: [number, Uint8Array][] = [];
  while (at < bytes.length) {
    const key = varint();
    const wireType = key % 8;
    if (wireType === 0) varint();
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else {
      const length = varint();
      found.push([Math.floor(key / 8), bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  return found;
}

function encodeGraph(graph: OnnxGraph): ProtoWriter {
  const out = new ProtoWriter();
  for (const node of graph.nodes) out.message(1, encodeNode(node));
  out.string(2, graph.name);
  for (const tensor of graph.initializers) out.message(5, encodeTensor(tensor));
  for (const value of graph.inputs) out.message(11, encodeValueInfo(value));
  for (const value of graph.outputs) out.message(12, encodeValueInfo(value));
  return out;
}

function encodeNode(node: OnnxNode): ProtoWriter {
  const out = new ProtoWriter();
  for (const name of node.inputs) out.string(1, name);
  for (const name of node.outputs) out.string(2, name);
  out.string(4, node.opType);
  for (const [name, value] of Object.entries(node.attributes ?? {})) out.message(5, encodeAttribute(name, value));
  if (node.domain) out.string(7, node.domain);
  return out;
}

function encodeAttribute(name: string, value: OnnxAttribute): ProtoWriter {
  const out = new ProtoWriter();
  out.string(1, name);
  // Field 20 is AttributeProto.type.
  if ('float' in value) {
    out.float(2, value.float);
    out.int(20, 1);
  } else if ('int' in value) {
    out.int(3, value.int);
    out.int(20, 2);
  } else if ('string' in value) {
    out.string(4, value.string);
    out.int(20, 3);
  } else if ('graph' in value) {
    out.message(6, encodeGraph(value.graph));
    out.int(20, 5);
  } else if ('floats' in value) {
    for (const float of value.floats) out.float(7, float);
    out.int(20, 6);
  } else {
    for (const int of value.ints) out.int(8, int);
    out.int(20, 7);
  }
  return out;
}

function encodeTensor(tensor: OnnxTensor): ProtoWriter {
  const out = new ProtoWriter();
  for (const length of tensor.shape) out.int(1, length);
  out.int(2, elementTypes[tensor.dtype]);
  out.string(8, tensor.name);
  // Raw data is little-endian, as is every machine that a runtime of ours exists for.
  out.raw(9, new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
  return out;
}

function encodeExternalTensor({ name, dtype, shape, ...place }: ExternalTensor): ProtoWriter {
  const out = new ProtoWriter();
  for (const length of shape) out.int(1, length);
  out.int(2, elementTypes[dtype]);
  out.string(8, name);
  for (const key of ['location', 'offset', 'length'] as const) {
    const entry = new ProtoWriter();
    entry.string(1, key);
    entry.string(2, String(place[key]));
    out.message(13, entry);
  }
  // TensorProto.DataLocation.EXTERNAL
  out.int(14, 1);
  return out;
}

function encodeValueInfo(value: OnnxValueInfo): ProtoWriter {
  const tensorType = new ProtoWriter();
  tensorType.int(1, elementTypes[value.dtype]);
  if (value.shape) {
    const shape = new ProtoWriter();
    for (const length of value.shape) {
      const dim = new ProtoWriter();
      if (typeof length === 'number') dim.int(1, length);
      else dim.string(2, length);
      shape.message(1, dim);
    }
    tensorType.message(2, shape);
  }
  const type = new ProtoWriter();
  type.message(1, tensorType);
  const out = new ProtoWriter();
  out.string(1, value.name);
  out.message(2, type);
  return out;
}

const utf8 = new TextEncoder();

/** Appends protocol-buffer fields to a growing byte array. Only the wire types that onnx.proto3 uses. */
class ProtoWriter {
  #bytes = new Uint8Array(64);
  #length = 0;

  int(field: number, value: number): void {
    this.#varint(field * 8);
    this.#varint(value);
  }

  float(field: number, value: number): void {
    this.#varint(field * 8 + 5);
    this.#reserve(4);
    new DataView(this.#bytes.buffer).setFloat32(this.#length, value, true);
    this.#length += 4;
  }

  string(field: number, value: string): void {
    this.raw(field, utf8.encode(value));
  }

  message(field: number, value: ProtoWriter): void {
    this.raw(field, value.#bytes.subarray(0, value.#length));
  }

  raw(field: number, value: Uint8Array): void {
    this.#varint(field * 8 + 2);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  // Numbers above 2^31 do not survive bit operations, so the loop divides; negative ones take ten bytes in two's complement.
  #varint(value: number): void {
    this.#reserve(10);
    if (value < 0) {
      let rest = BigInt.asUintN(64, BigInt(value));
      while (rest > 127n) {
        this.#bytes[this.#length++] = Number(rest & 127n) | 128;
        rest >>= 7n;
      }
      this.#bytes[this.#length++] = Number(rest);
      return;
    }
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
