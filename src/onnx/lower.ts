import { type DType, newArray, type Shape, sizeOf, type TypedArray } from '../core/index.ts';
import {
  type EmitOptions,
  type EmittedAttribute,
  type Emitter,
  type Node,
  type ScanBody,
  type ScanOptions,
  type Type,
  topologicalOrder,
  type Value,
} from '../graph/index.ts';
import { isData } from '../ops/index.ts';
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValueInfo } from './proto.ts';
import { onnxElementType } from './proto.ts';

/** Where an input of a lowered graph comes from: a leaf of the graph, or an int64 vector that follows from its shapes. */
export type GraphInput = { readonly leaf: Node } | { readonly dims: readonly number[] };

/** A leaf that is no input of the graph: its content is to be part of the program, under this name. */
export interface GraphWeight {
  readonly name: string;
  readonly leaf: Node;
}

/** An ONNX graph and what its inputs and the tensors it lacks stand for, in order. */
export interface Lowered {
  readonly graph: OnnxGraph;
  readonly inputs: readonly GraphInput[];
  readonly weights: readonly GraphWeight[];
}

/**
 * The ONNX graph that computes `outputs`. Everything that depends on shapes is an input of it, so two graphs of one
 * structure lower to the same bytes whatever their shapes; but for those of which the runtime is to know every length, because
 * that was asked for or because it wants to for a convolution.
 * @param has whether the runtime has an operator that not every runtime has.
 * @param options.frozen the leaves that are to be part of the program rather than inputs of it.
 * @param options.dynamic whether lengths may be inputs. Default true.
 */
export function lower(
  outputs: readonly Value[],
  has: (opType: string) => boolean,
  { frozen = new Set(), dynamic = true }: { readonly frozen?: ReadonlySet<Node>; readonly dynamic?: boolean } = {},
): Lowered {
  const order = topologicalOrder(outputs);
  const fixed = !dynamic || (!has('UnshapedConv') && order.some(({ row }) => row.wantsLengths));
  const writer = new GraphWriter(has, null, { frozen, fixed });
  for (const node of order) writer.add(node);
  return { graph: writer.finish(outputs), inputs: writer.inputs, weights: writer.weights };
}

class GraphWriter implements Emitter {
  readonly inputs: GraphInput[] = [];
  readonly weights: GraphWeight[] = [];
  readonly has: (opType: string) => boolean;
  readonly #names = new Map<Value, string>();
  readonly #types = new Map<string, Type>();
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxTensor[] = [];
  readonly #inputInfos: OnnxValueInfo[] = [];
  readonly #emitted = new Map<string, string[]>();
  readonly #constants = new Map<string, string>();
  readonly #outer: GraphWriter | null;
  readonly #frozen: ReadonlySet<Node>;
  /** Whether lengths are part of the graph. */
  readonly #fixed: boolean;
  /** Names of the graph around this one that stand for inputs of this one. */
  readonly #captured = new Set<string>();
  #count = 0;

  /** @param outer the writer of the graph around this one, if it is the body of a loop. */
  constructor(
    has: (opType: string) => boolean,
    outer: GraphWriter | null = null,
    { frozen = new Set<Node>(), fixed = false }: { readonly frozen?: ReadonlySet<Node>; readonly fixed?: boolean } = {},
  ) {
    this.has = has;
    this.#outer = outer;
    this.#frozen = frozen;
    this.#fixed = fixed;
  }

  add(node: Node): void {
    if (isData(node)) {
      const value = node.outputs[0]!;
      this.#name(value, this.#frozen.has(node) ? this.#weight(node) : this.#input({ leaf: node }, value.dtype));
      return;
    }
    const inputs = node.inputs.map((input) => input && this.#names.get(input)!);
    const names = node.row.lower(this, inputs, node.attributes, node.outputs);
    for (const output of node.outputs) this.#name(output, names[output.index]!);
  }

  finish(outputs: readonly Value[]): OnnxGraph {
    const taken = new Set([...this.#captured, ...[...this.#inputInfos, ...this.weights].map(({ name }) => name)]);
    for (const { name } of this.#initializers) taken.add(name);
    const infos = outputs.map((output) => {
      // An output needs a name of its own: a copy where it is an input, a constant, or another output as well.
      let name = this.#names.get(output)!;
      if (taken.has(name)) {
        const copy = this.#fresh();
        this.#nodes.push({ opType: 'Identity', inputs: [name], outputs: [copy] });
        name = copy;
      }
      taken.add(name);
      // A loop wants to know the rank of what its body gives; lengths of one name would be taken to be equal.
      const shape = output.shape.map((_, axis) => `${name}_${axis}`);
      return { name, dtype: output.dtype, ...(this.#outer && { shape }) };
    });
    return { name: 'qkv', nodes: this.#nodes, initializers: this.#initializers, inputs: this.#inputInfos, outputs: infos };
  }

  node(opType: string, inputs: readonly (string | null)[], options: EmitOptions = {}): string {
    return this.nodes(opType, inputs, 1, options)[0]!;
  }

  nodes(
    opType: string,
    inputs: readonly (string | null)[],
    outputs: number,
    { attributes = {}, domain }: EmitOptions = {},
  ): string[] {
    const names = inputs.map((name) => name ?? '');
    while (names.at(-1) === '') names.pop();
    const key = `${opType}|${names}|${JSON.stringify(attributes)}`;
    const known = this.#emitted.get(key);
    if (known && known.length >= outputs) return known;
    const results = Array.from({ length: outputs }, () => this.#fresh());
    const encoded = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, encodeAttribute(value)]));
    this.#nodes.push({ opType, inputs: names, outputs: results, attributes: encoded, ...(domain && { domain }) });
    this.#emitted.set(key, results);
    return results;
  }

  constant(dtype: DType, data: TypedArray | readonly number[], shape: Shape = [data.length]): string {
    const key = `${dtype}|${shape}|${Array.from(data as ArrayLike<number>, (x) => (Object.is(x, -0) ? '-0' : x))}`;
    let name = this.#constants.get(key);
    if (!name) {
      name = this.#outer ? this.#fresh() : `c${this.#constants.size}`;
      this.#constants.set(key, name);
      this.#initializers.push({
        name,
        dtype,
        shape,
        data: Array.isArray(data) ? filled(dtype, data as number[], sizeOf(shape)) : (data as TypedArray),
      });
    }
    return name;
  }

  dims(values: readonly number[]): string {
    // The shape of a scalar is empty, and no runtime takes an empty input.
    if (values.length === 0 || this.#fixed) return this.constant('int64', values);
    return this.#outer ? this.#outer.dims(values) : this.#input({ dims: values }, 'int64');
  }

  scan(
    sliced: readonly string[],
    captured: readonly string[],
    { inputs, outputs }: ScanBody,
    { carried = [], reverse = false }: ScanOptions = {},
  ): string[] {
    const inner = new GraphWriter(this.has, this);
    const passed = carried.length + sliced.length;
    for (const [i, input] of inputs.entries()) {
      // A body sees the names around it, so what is captured needs no passing in.
      inner.#name(input, i < passed ? inner.#input({ leaf: input.node }, input.dtype) : captured[i - passed]!);
    }
    for (const name of captured) inner.#captured.add(name);
    for (const node of topologicalOrder(outputs)) {
      if (!isData(node)) inner.add(node);
      else if (!inner.#names.has(node.outputs[0]!)) throw new Error('scan: a leaf of the body is not among its inputs');
    }
    const results = outputs.map(() => this.#fresh());
    const direction = (count: number) => ({ ints: Array.from({ length: count }, () => 1) });
    const attributes: Record<string, OnnxAttribute> = {
      body: { graph: inner.finish(outputs) },
      num_scan_inputs: { int: sliced.length },
    };
    if (reverse) {
      attributes.scan_input_directions = direction(sliced.length);
      if (outputs.length > carried.length) attributes.scan_output_directions = direction(outputs.length - carried.length);
    }
    this.#nodes.push({ opType: 'Scan', inputs: [...carried, ...sliced], outputs: results, attributes });
    return results;
  }

  isWeight(name: string): boolean {
    return this.#outer ? this.#outer.isWeight(name) : this.weights.some((weight) => weight.name === name);
  }

  type(name: string): Type {
    return this.#types.get(name)!;
  }

  #input(input: GraphInput, dtype: DType): string {
    const name = this.#outer ? this.#fresh() : `i${this.inputs.length}`;
    this.inputs.push(input);
    // How many axes there are is part of the structure, and a loop and some runtimes want to know it; how long they are is not.
    // The others are not told: from ranks ONNX Runtime infers those of every value, and then looks for each among all buffers
    // that are free whether one is as large, which took 260 of the 300 ms in which it makes a training step's session.
    if (!this.#outer && this.has('OpenRanks')) {
      this.#inputInfos.push({ name, dtype });
      return name;
    }
    const shape =
      'leaf' in input
        ? input.leaf.outputs[0]!.shape.map((length, axis) => (this.#fixed ? length : `${name}_${axis}`))
        : [input.dims.length];
    this.#inputInfos.push({ name, dtype, shape });
    return name;
  }

  #weight(leaf: Node): string {
    const name = `w${this.weights.length}`;
    this.weights.push({ name, leaf });
    return name;
  }

  #name(value: Value, name: string): void {
    this.#names.set(value, name);
    // Where ops share a name (a view that costs nothing), the first type is the one that was emitted.
    if (!this.#types.has(name)) this.#types.set(name, value);
  }

  /** A name that no other value has, in bodies either. */
  #fresh(): string {
    return this.#outer ? this.#outer.#fresh() : `v${this.#count++}`;
  }
}

function encodeAttribute(value: EmittedAttribute): OnnxAttribute {
  return 'dtype' in value ? { int: onnxElementType(value.dtype) } : value;
}

function filled(dtype: DType, numbers: readonly number[], size: number): TypedArray {
  const array = newArray(dtype, size);
  if (array instanceof BigInt64Array)
    numbers.forEach((number, i) => {
      array[i] = BigInt(number);
    });
  else array.set(numbers);
  return array;
}
