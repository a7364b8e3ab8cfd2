import { dirname } from 'node:path';
import koffi from 'koffi';
import { type DType, UnsupportedError } from '../../core/index.ts';
import { type ExternalTensor, readModelNames, withExternalTensors } from '../../onnx/index.ts';
import { RuntimeError } from '../errors.ts';
import { type Attachment, attached, type HostBuffer, type Storage } from '../host-memory.ts';
import type { Declared, Engine, HostBinding, LoadedModel } from '../host-runtime.ts';
import type { Handle, Pointer } from '../native.node.ts';
import { operatorsOfOpenVino } from '../operators.ts';
import type { CompileOptions, Precision, ProgramIO, Weight } from '../runtime.ts';
import { OpenVinoApi } from './api.node.ts';
import { cachedModelFolder } from './model-cache.node.ts';
import { type NodeTime, Profile } from './profile.node.ts';
import { openVinoRelease } from './release.ts';

// ov_element_type_e of ov_common.h.
const elementTypes: Readonly<Record<DType, number>> = {
  bool: 1,
  bfloat16: 2,
  float16: 3,
  float32: 4,
  float64: 5,
  int8: 7,
  int32: 9,
  int64: 10,
  uint8: 16,
  uint32: 18,
};
const dtypes = Object.keys(elementTypes) as DType[];

/** What an engine needs to know. */
export interface OpenVinoOptions {
  readonly threads: number;
  readonly precision: Precision;
  /** The folder where compiled models are kept from process to process; null for nowhere. */
  readonly modelCache: string | null;
}

let api: OpenVinoApi | null = null;

/**
 * OpenVINO's CPU device through its C API. Buffers are bound in place, runs happen on another thread. With
 * `QKV_OPENVINO_PROFILE=PREFIX` what the nodes of each compiled model took is written to PREFIX_openvino_N.json when the process
 * ends, which `npm run bench:profile` sums up.
 * @throws UnsupportedError when the libraries are of another release.
 */
export function openOpenVino(libraries: readonly string[], options: OpenVinoOptions): Engine {
  return new OpenVinoEngine(loadApi(libraries), options);
}

/** Whether OpenVINO computes products in bfloat16 on this processor. */
export function computesBfloat16(libraries: readonly string[]): boolean {
  const openVino = loadApi(libraries);
  const core = openVino.handle('ov_core_free', openVino.create('ov_core_create'));
  try {
    return openVino
      .takeText('ov_core_get_property', core.pointer, 'CPU', 'OPTIMIZATION_CAPABILITIES')
      .split(' ')
      .includes('BF16');
  } finally {
    core.dispose();
  }
}

function loadApi(libraries: readonly string[]): OpenVinoApi {
  if (api) return api;
  const loaded = new OpenVinoApi(koffi, libraries);
  if (!loaded.version.startsWith(openVinoRelease.build))
    throw new UnsupportedError(
      `openvino: the libraries in ${dirname(libraries[0]!)} are of OpenVINO ${loaded.version}; ${openVinoRelease.build} is needed. \`qkv runtime install openvino\` brings it.`,
    );
  api = loaded;
  return api;
}

const profilePrefix = (): string | undefined => process.env.QKV_OPENVINO_PROFILE;

class OpenVinoEngine implements Engine {
  readonly name = 'openvino';
  readonly device = 'cpu';
  readonly threads: number;
  readonly version: string;
  readonly precision: Precision;
  // A kernel may keep what leads to an output in that output's memory, before others have read what lies there.
  readonly overwrites = false;
  readonly canAbort = true;
  readonly operators: ReadonlySet<string>;
  // 64-bit numbers travel as they are, and are computed in 32 bits.
  readonly dtypes: ReadonlySet<DType> = new Set(['float32', 'int32']);
  readonly #api: OpenVinoApi;
  readonly #core: Handle;
  readonly #properties: Readonly<Record<string, string>>;
  readonly #modelCache: string | null;

  constructor(openVino: OpenVinoApi, { threads, precision, modelCache }: OpenVinoOptions) {
    this.#api = openVino;
    this.threads = threads;
    this.precision = precision;
    this.operators = operatorsOfOpenVino[precision];
    this.version = openVino.version.replace(/-.*/, '');
    this.#core = openVino.handle('ov_core_free', openVino.create('ov_core_create'));
    this.#modelCache = modelCache;
    this.#properties = {
      PERFORMANCE_HINT: 'LATENCY',
      NUM_STREAMS: '1',
      INFERENCE_NUM_THREADS: `${threads}`,
      INFERENCE_PRECISION_HINT: precision === 'bfloat16' ? 'bf16' : 'f32',
      // A library does not tie its host's threads to cores.
      ENABLE_CPU_PINNING: 'NO',
      ...(profilePrefix() && { PERF_COUNT: 'YES' }),
    };
  }

  allocate(bytes: number): Storage {
    return this.#api.allocate(bytes);
  }

  async load(graph: Uint8Array, io: ProgramIO, { weights = [] }: CompileOptions): Promise<LoadedModel> {
    const bytes = weights.length === 0 ? graph : withExternalTensors(graph, this.#located(weights));
    const out = new BigUint64Array(1);
    await this.#api.callAsync('ov_core_read_model_from_memory_buffer', this.#core.pointer, bytes, bytes.length, null, out);
    const model = this.#api.handle('ov_model_free', out[0]!);
    try {
      // What is kept on the disk would hold the weights once more, and would have to be found by their contents.
      const cacheKey = weights.length === 0 ? bytes : null;
      const compile = (read: Handle) => this.#compile(read, cacheKey);
      const loaded = new OpenVinoModel(this.#api, model, readModelNames(bytes), io, compile, weights);
      await loaded.prepare();
      return loaded;
    } catch (error) {
      model.dispose();
      throw error;
    }
  }

  /** Weights as OpenVINO's reader finds them: by an agreed location that says that the offset is an address. */
  #located(weights: readonly Weight[]): ExternalTensor[] {
    return weights.map(({ name, dtype, shape, data }) => ({
      name,
      dtype,
      shape,
      location: '*/_ORT_MEM_ADDR_/*',
      offset: this.#api.address(data),
      length: data.byteLength,
    }));
  }

  async #compile(model: Handle, cacheKey: Uint8Array | null): Promise<Handle> {
    const folder =
      this.#modelCache && cacheKey
        ? await cachedModelFolder(this.#modelCache, cacheKey, Object.values(this.#properties))
        : null;
    const properties = new Properties(this.#api, { ...this.#properties, ...(folder && { CACHE_DIR: folder }) });
    const { pointer, count } = properties;
    const out = new BigUint64Array(1);
    await this.#api.callAsync('ov_core_compile_model_props', this.#core.pointer, model.pointer, 'CPU', count, pointer, out);
    properties.release();
    return this.#api.handle('ov_compiled_model_free', out[0]!);
  }

  close(): void {
    this.#core.dispose();
  }
}

/** An array of `ov_property_t`, pairs of addresses of texts. */
class Properties {
  readonly pointer: Pointer;
  readonly count: number;
  /** Native code reads these by address, until `release`. */
  #kept: readonly (Uint8Array | BigUint64Array)[];

  constructor(openVino: OpenVinoApi, values: Readonly<Record<string, string>>) {
    const texts = Object.entries(values)
      .flat()
      .map((text) => new TextEncoder().encode(`${text}\0`));
    const pairs = BigUint64Array.from(texts, (text) => openVino.address(text));
    this.#kept = [...texts, pairs];
    this.pointer = openVino.address(pairs);
    this.count = this.#kept.length >> 1;
  }

  release(): void {
    this.#kept = [];
  }
}

/** An input or output of a model: its name, its place among the model's, its type, and its rank, where the model declares one. */
interface Port {
  readonly name: string;
  readonly place: number;
  readonly dtype: DType | null;
  readonly rank: number | null;
}

/** A model, compiled once where it declares its inputs' ranks, and else once for each combination of ranks that runs bind. */
class OpenVinoModel implements LoadedModel {
  readonly inputs: Declared;
  readonly outputs: Declared;
  readonly #api: OpenVinoApi;
  readonly #model: Handle;
  readonly #compile: (model: Handle) => Promise<Handle>;
  /** Native code reads them by address, as long as this lives. */
  readonly weights: readonly Weight[];
  readonly #compiled = new Map<string, Compiled>();
  readonly #inputPorts: readonly Port[];
  readonly #outputPorts: readonly Port[];

  constructor(
    openVino: OpenVinoApi,
    model: Handle,
    names: ReturnType<typeof readModelNames>,
    io: ProgramIO,
    compile: (model: Handle) => Promise<Handle>,
    weights: readonly Weight[],
  ) {
    this.weights = weights;
    this.#api = openVino;
    this.#model = model;
    this.#compile = compile;
    const inputs = portsOf(openVino, model, 'input', names.inputs);
    const outputs = portsOf(openVino, model, 'output', names.outputs);
    this.inputs = new Map(Array.from(inputs, ([name, { dtype }]) => [name, dtype]));
    this.outputs = new Map(Array.from(outputs, ([name, { dtype }]) => [name, dtype]));
    // Names that the model lacks are for the caller of `load` to refuse.
    this.#inputPorts = io.inputs.flatMap((name) => inputs.get(name) ?? []);
    this.#outputPorts = io.outputs.flatMap((name) => outputs.get(name) ?? []);
  }

  /** Compiles now what can be compiled before shapes are known. */
  async prepare(): Promise<void> {
    const ranks = this.#inputPorts.map(({ rank }) => rank);
    if (ranks.every((rank) => rank !== null)) await this.#compiledFor(ranks);
  }

  async run(inputs: readonly HostBinding[], outputs: readonly HostBinding[], signal?: AbortSignal): Promise<void> {
    const compiled = await this.#compiledFor(inputs.map(({ shape }) => shape.length));
    signal?.throwIfAborted();
    await compiled.run(inputs, outputs, signal);
  }

  release(): void {
    for (const compiled of this.#compiled.values()) compiled.release();
    this.#compiled.clear();
    this.#model.dispose();
  }

  async #compiledFor(ranks: readonly number[]): Promise<Compiled> {
    const declared = this.#inputPorts.every(({ rank }) => rank !== null);
    const key = declared ? '' : ranks.join();
    let compiled = this.#compiled.get(key);
    if (!compiled) {
      if (!declared) this.#declare(ranks);
      const handle = await this.#compile(this.#model);
      compiled = new Compiled(this.#api, handle, this.#inputPorts, this.#outputPorts);
      this.#compiled.set(key, compiled);
    }
    return compiled;
  }

  #declare(ranks: readonly number[]): void {
    const dynamic = ranks.map((rank) => BigInt64Array.from({ length: 2 * rank || 1 }, (_, i) => (i % 2 === 0 ? 0n : -1n)));
    // An ov_partial_shape_t is its rank, from and to, and the address of its lengths, each from and to.
    const shapes = BigInt64Array.from(
      ranks.flatMap((rank, i) => [BigInt(rank), BigInt(rank), BigInt(this.#api.address(dynamic[i]!))]),
    );
    const places = BigUint64Array.from(this.#inputPorts, ({ place }) => BigInt(place));
    this.#api.call('ov_model_reshape_by_port_indexes', this.#model.pointer, places, shapes, ranks.length);
  }
}

/** A compiled model with the requests that run it. */
class Compiled {
  readonly #api: OpenVinoApi;
  readonly #handle: Handle;
  readonly #inputPorts: readonly Port[];
  readonly #outputPorts: readonly Port[];
  readonly #requests: Request[] = [];
  readonly #profile: Profile | null;

  constructor(openVino: OpenVinoApi, handle: Handle, inputPorts: readonly Port[], outputPorts: readonly Port[]) {
    this.#api = openVino;
    this.#handle = handle;
    this.#inputPorts = inputPorts;
    this.#outputPorts = outputPorts;
    const prefix = profilePrefix();
    this.#profile = prefix ? new Profile(prefix) : null;
  }

  async run(inputs: readonly HostBinding[], outputs: readonly HostBinding[], signal?: AbortSignal): Promise<void> {
    const values = [...inputs, ...outputs].map((binding) => tensorValue(binding, this.#api));
    const request = this.#choose(values);
    const began = performance.now();
    await request.run(values, signal);
    this.#profile?.add(began, performance.now() - began, request.nodeTimes());
  }

  release(): void {
    for (const request of this.#requests) request.release();
    this.#handle.dispose();
  }

  // Binding a tensor costs as much as a small kernel. A training step reads one set of buffers and writes the other, and
  // its next one the reverse: two requests in turn keep what is bound to them.
  #choose(values: readonly BoundTensor[]): Request {
    let best: Request | null = null;
    let fewest = Number.POSITIVE_INFINITY;
    for (const request of this.#requests) {
      const changes = request.changes(values);
      if (changes < fewest) [best, fewest] = [request, changes];
    }
    if (best && (fewest <= values.length / 4 || this.#requests.length === requestLimit)) return best;
    const made = new Request(this.#api, this.#handle, this.#inputPorts, this.#outputPorts);
    this.#requests.push(made);
    return made;
  }
}

const requestLimit = 2;

/** One way to run a compiled model: what is bound to its inputs and outputs stays bound. */
class Request {
  readonly #api: OpenVinoApi;
  readonly #handle: Handle;
  readonly #inputPorts: readonly Port[];
  readonly #outputPorts: readonly Port[];
  readonly #bound: (BoundTensor | null)[];
  /** Whether the shapes of all that is bound were seen to be those that the model computes. */
  #isChecked = false;

  constructor(openVino: OpenVinoApi, compiled: Handle, inputPorts: readonly Port[], outputPorts: readonly Port[]) {
    this.#api = openVino;
    this.#handle = openVino.handle(
      'ov_infer_request_free',
      openVino.create('ov_compiled_model_create_infer_request', compiled.pointer),
    );
    this.#inputPorts = inputPorts;
    this.#outputPorts = outputPorts;
    this.#bound = [...inputPorts, ...outputPorts].map(() => null);
  }

  /** How many tensors would have to be bound. */
  changes(values: readonly BoundTensor[]): number {
    return values.reduce((count, value, i) => count + (value === this.#bound[i] ? 0 : 1), 0);
  }

  async run(values: readonly BoundTensor[], signal?: AbortSignal): Promise<void> {
    for (const [i, value] of values.entries()) this.#bind(i, value);
    const stop = (): void => this.#api.call('ov_infer_request_cancel', this.#handle.pointer);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await this.#api.infer(this.#handle.pointer);
      if (!this.#isChecked) this.#checkOutputs(values);
      this.#isChecked = true;
    } catch (error) {
      // OpenVINO gives a tensor the shape that it computed, where it fits: none of these can be trusted any more.
      for (const [i, value] of values.entries()) {
        if (i < this.#inputPorts.length) continue;
        value.tensors.dispose();
        this.#bound[i] = null;
      }
      this.#isChecked = false;
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  nodeTimes(): NodeTime[] {
    return this.#api.nodeTimes(this.#handle);
  }

  release(): void {
    this.#handle.dispose();
  }

  #bind(i: number, value: BoundTensor): void {
    const before = this.#bound[i];
    if (value === before) return;
    const inputs = this.#inputPorts.length;
    const kind = i < inputs ? 'input' : 'output';
    const port = i < inputs ? this.#inputPorts[i]! : this.#outputPorts[i - inputs]!;
    try {
      this.#api.call(`ov_infer_request_set_${kind}_tensor_by_index`, this.#handle.pointer, port.place, value.handle.pointer);
    } catch (cause) {
      throw new RuntimeError(
        `openvino: ${kind} ${port.name} is bound under the shape [${value.shape.join(', ')}], which the model does not take: ${(cause as Error).message}`,
        { cause },
      );
    }
    this.#bound[i] = value;
    if (!before || !sameLengths(before.shape, value.shape)) this.#isChecked = false;
  }

  #checkOutputs(values: readonly BoundTensor[]): void {
    for (const [i, { handle, shape }] of values.slice(this.#inputPorts.length).entries()) {
      const computed = this.#api.shapeOf(handle);
      if (sameLengths(computed, shape)) continue;
      throw new RuntimeError(
        `openvino: output ${this.#outputPorts[i]!.name} is bound under the shape [${shape.join(', ')}]; the model computes [${computed.join(', ')}].`,
      );
    }
  }
}

/** A native tensor over a buffer, under one shape. */
interface BoundTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly handle: Handle;
  readonly tensors: Tensors;
}

/** The native tensors over one piece of memory, one per element type and shape it was bound under. */
class Tensors implements Attachment {
  readonly #byShape: BoundTensor[] = [];

  get size(): number {
    return this.#byShape.length;
  }

  find(dtype: DType, shape: readonly number[]): BoundTensor | undefined {
    return this.#byShape.find((each) => each.dtype === dtype && sameLengths(each.shape, shape));
  }

  add(dtype: DType, shape: readonly number[], handle: Handle): BoundTensor {
    const made = { dtype, shape: [...shape], handle, tensors: this };
    this.#byShape.push(made);
    return made;
  }

  dispose(): void {
    for (const { handle } of this.#byShape) handle.dispose();
    this.#byShape.length = 0;
  }
}

function tensorValue({ buffer, shape }: HostBinding, openVino: OpenVinoApi): BoundTensor {
  const { dtype, slot } = buffer as HostBuffer;
  const { storage } = slot;
  const tensors = attached(storage, openVino, Tensors);
  const known = tensors.find(dtype, shape);
  if (known) return known;
  const { data, byteOffset } = storage;
  const address = openVino.address(data) + BigInt(byteOffset);
  const lengths = BigInt64Array.from(shape.length > 0 ? shape : [0], BigInt);
  const native = { rank: shape.length, dims: lengths };
  const pointer = openVino.create('ov_tensor_create_from_host_ptr', elementTypes[dtype], native, address);
  return tensors.add(dtype, shape, openVino.handle('ov_tensor_free', pointer));
}

function sameLengths(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** Places, element types and ranks of a model's inputs or outputs, by name. */
function portsOf(
  openVino: OpenVinoApi,
  model: Handle,
  kind: 'input' | 'output',
  names: readonly string[],
): ReadonlyMap<string, Port> {
  return new Map(
    names.map((name, place) => {
      const found = openVino.create(`ov_model_const_${kind}_by_index`, model.pointer, place);
      const port = openVino.handle('ov_output_const_port_free', found);
      const type = Number(openVino.create('ov_port_get_element_type', port.pointer));
      // An ov_partial_shape_t: the rank, from and to, and the address of the lengths.
      const shape = new BigInt64Array(3);
      openVino.call('ov_port_get_partial_shape', port.pointer, shape);
      const rank = shape[0] === shape[1] ? Number(shape[0]) : null;
      openVino.freeFields('ov_partial_shape_free', shape);
      port.dispose();
      return [name, { name, place, rank, dtype: dtypes.find((dtype) => elementTypes[dtype] === type) ?? null }];
    }),
  );
}
