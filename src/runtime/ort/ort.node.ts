import koffi from 'koffi';
import type { DType, TypedArray } from '../../core/index.ts';
import { type ExternalTensor, withExternalTensors } from '../../onnx/index.ts';
import { type Attachment, attached, type HostBuffer, type Storage } from '../host-memory.ts';
import type { Declared, Engine, HostBinding, LoadedModel } from '../host-runtime.ts';
import type { Handle, Pointer } from '../native.node.ts';
import { operatorsOfCpu } from '../operators.ts';
import type { CompileOptions, ProgramIO, Weight } from '../runtime.ts';
import { OrtApi } from './api.node.ts';

// Values of the enumerations of onnxruntime_c_api.h.
const ORT_LOGGING_LEVEL_FATAL = 4;
const ORT_DISABLE_ALL = 0;
const ORT_ENABLE_ALL = 99;
const OrtArenaAllocator = 1;
const OrtMemTypeDefault = 0;

// ONNXTensorElementDataType of the same header.
const elementTypes: Readonly<Record<DType, number>> = {
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
const dtypes = Object.keys(elementTypes) as DType[];

/** What all sessions of the process share: one environment with one thread pool and one arena. */
interface Environment {
  readonly api: OrtApi;
  readonly handle: Handle;
  /** Describes memory of the host, for tensors over our own buffers. */
  readonly memoryInfo: Handle;
  /** Threads of the shared pool; 0 where another user of the library made the environment, without a pool. */
  poolThreads: number;
  users: number;
}

let api: OrtApi | null = null;
let environment: Environment | null = null;

/**
 * ONNX Runtime through its C API. Buffers are bound in place, runs happen on another thread.
 * The first engine of a process makes the shared thread pool; one opened beside it with another number of threads
 * gives each of its sessions a pool of its own. With `QKV_ORT_PROFILE=PREFIX` each session writes what its nodes took to
 * PREFIX_TIME.json, which chrome://tracing shows and `npm run bench:profile` sums up.
 */
export function openOrt(library: string, threads: number): Engine {
  api ??= new OrtApi(koffi, library);
  environment ??= createEnvironment(api, threads);
  environment.users++;
  return new OrtEngine(environment, threads);
}

function createEnvironment(api: OrtApi, threads: number): Environment {
  const options = api.handle('ReleaseThreadingOptions', api.create('CreateThreadingOptions'));
  api.call('SetGlobalIntraOpNumThreads', options.pointer, threads);
  api.call('SetGlobalInterOpNumThreads', options.pointer, 1);
  // Errors come back as statuses; at any other level ONNX Runtime prints them, and every aborted run, as well.
  const pointer = api.create('CreateEnvWithGlobalThreadPools', ORT_LOGGING_LEVEL_FATAL, 'qkv', options.pointer);
  options.dispose();
  const handle = api.handle('ReleaseEnv', pointer);
  const memoryInfo = api.handle('ReleaseMemoryInfo', api.create('CreateCpuMemoryInfo', OrtArenaAllocator, OrtMemTypeDefault));
  api.call('CreateAndRegisterAllocator', handle.pointer, memoryInfo.pointer, null);
  return { api, handle, memoryInfo, poolThreads: threads, users: 0 };
}

class OrtEngine implements Engine {
  readonly name = 'ort';
  readonly device = 'cpu';
  readonly threads: number;
  readonly version: string;
  readonly precision = 'float32';
  readonly overwrites = true;
  readonly canAbort = true;
  readonly operators = operatorsOfCpu;
  readonly dtypes: ReadonlySet<DType> = new Set(['float32', 'float64', 'int64', 'int32']);
  readonly #environment: Environment;

  constructor(shared: Environment, threads: number) {
    this.#environment = shared;
    this.threads = threads;
    this.version = shared.api.version;
  }

  allocate(bytes: number): Storage {
    return this.#environment.api.allocate(bytes);
  }

  async load(model: Uint8Array, io: ProgramIO, options: CompileOptions): Promise<LoadedModel> {
    const shared = this.#environment;
    const weights = (options.weights ?? []).map((weight) => new NativeWeight(weight, shared));
    const complete = weights.length === 0 ? model : withExternalTensors(model, weights);
    let session = null as Handle | null;
    try {
      try {
        session = await this.#createSession(complete, options, weights);
      } catch (error) {
        // onnxruntime-node, used before us in this process, has made the one environment there is, without a pool to share.
        if (!shared.poolThreads || !String(error).includes('EnvCreatedWithGlobalThreadPools() was false')) throw error;
        shared.poolThreads = 0;
        session = await this.#createSession(complete, options, weights);
      }
      return new OrtModel(shared, session, io, weights);
    } catch (error) {
      session?.dispose();
      for (const weight of weights) weight.release();
      throw error;
    }
  }

  async #createSession(
    model: Uint8Array,
    { optimize = false, planMemory = true }: CompileOptions,
    weights: readonly NativeWeight[],
  ): Promise<Handle> {
    const { api, handle, poolThreads } = this.#environment;
    const profile = process.env.QKV_ORT_PROFILE;
    const options = api.handle('ReleaseSessionOptions', api.create('CreateSessionOptions'));
    try {
      api.call('SetSessionGraphOptimizationLevel', options.pointer, optimize ? ORT_ENABLE_ALL : ORT_DISABLE_ALL);
      api.call('SetSessionLogSeverityLevel', options.pointer, ORT_LOGGING_LEVEL_FATAL);
      api.call(planMemory ? 'EnableMemPattern' : 'DisableMemPattern', options.pointer);
      api.call('EnableCpuMemArena', options.pointer);
      // C arrays of names and values, which are read at once.
      const names = weights.map(({ name }) => new TextEncoder().encode(`${name}\0`));
      const nameList = BigUint64Array.from(names, (name) => api.address(name));
      const valueList = BigUint64Array.from(weights, ({ value }) => value.pointer);
      if (weights.length > 0) api.call('AddExternalInitializers', options.pointer, nameList, valueList, weights.length);
      api.call('AddSessionConfigEntry', options.pointer, 'session.use_env_allocators', '1');
      if (this.threads === poolThreads) {
        api.call('DisablePerSessionThreads', options.pointer);
      } else {
        api.call('SetIntraOpNumThreads', options.pointer, this.threads);
        api.call('SetInterOpNumThreads', options.pointer, 1);
      }
      if (profile) api.call('EnableProfiling', options.pointer, profile);
      const out = new BigUint64Array(1);
      await api.callAsync('CreateSessionFromArray', handle.pointer, model, model.byteLength, options.pointer, out);
      const session = api.handle('ReleaseSession', out[0]!);
      // The file is written when the session is freed, which the end of a process alone does not do.
      if (profile) process.once('exit', () => session.dispose());
      return session;
    } finally {
      options.dispose();
    }
  }

  close(): void {
    if (--this.#environment.users > 0) return;
    this.#environment.memoryInfo.dispose();
    this.#environment.handle.dispose();
    if (environment === this.#environment) environment = null;
  }
}

class OrtModel implements LoadedModel {
  readonly inputs: Declared;
  readonly outputs: Declared;
  readonly #environment: Environment;
  readonly #session: Handle;
  readonly #runOptions: Handle;
  readonly #inputs: Side;
  readonly #outputs: Side;
  /** The session reads them by address. */
  readonly #weights: readonly NativeWeight[];

  constructor(shared: Environment, session: Handle, io: ProgramIO, weights: readonly NativeWeight[]) {
    this.#environment = shared;
    this.#session = session;
    this.#weights = weights;
    const { api } = shared;
    this.inputs = declared(api, session, 'Input');
    this.outputs = declared(api, session, 'Output');
    this.#inputs = new Side(api, io.inputs);
    this.#outputs = new Side(api, io.outputs);
    this.#runOptions = api.handle('ReleaseRunOptions', api.create('CreateRunOptions'));
  }

  async run(inputs: readonly HostBinding[], outputs: readonly HostBinding[], signal?: AbortSignal): Promise<void> {
    const { api } = this.#environment;
    this.#inputs.bind(inputs, this.#environment);
    this.#outputs.bind(outputs, this.#environment);
    const options = this.#runOptions.pointer;
    const stop = (): void => api.call('RunOptionsSetTerminate', options);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await api.run(
        this.#session.pointer,
        options,
        this.#inputs.names,
        this.#inputs.values,
        inputs.length,
        this.#outputs.names,
        outputs.length,
        this.#outputs.values,
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) api.call('RunOptionsUnsetTerminate', options);
    }
  }

  release(): void {
    this.#runOptions.dispose();
    this.#session.dispose();
    for (const weight of this.#weights) weight.release();
  }
}

/** A native tensor over a weight's own elements, and what the model says of it: its content is not to be looked for in a file. */
class NativeWeight implements ExternalTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly location = 'weights';
  readonly offset = 0;
  readonly length: number;
  readonly value: Handle;
  /** Native code reads it by address, as long as this lives. */
  readonly data: TypedArray;

  constructor({ name, dtype, shape, data }: Weight, { api, memoryInfo }: Environment) {
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.length = data.byteLength;
    this.data = data;
    const lengths = BigInt64Array.from(shape, BigInt);
    const pointer = api.create(
      'CreateTensorWithDataAsOrtValue',
      memoryInfo.pointer,
      api.address(data),
      data.byteLength,
      lengths,
      lengths.length,
      elementTypes[dtype],
    );
    this.value = api.handle('ReleaseValue', pointer);
  }

  release(): void {
    this.value.dispose();
  }
}

/** The C arrays of names and values that `Run` reads, for a model's inputs or its outputs. */
class Side {
  readonly names: Pointer;
  readonly values: Pointer;
  readonly #values: BigUint64Array;
  /** Native code reads these by address; they live as long as the model. */
  readonly #texts: readonly Uint8Array[];
  readonly #names: BigUint64Array;

  constructor(api: OrtApi, names: readonly string[]) {
    this.#texts = names.map((name) => new TextEncoder().encode(`${name}\0`));
    // One element more than needed, for an empty array has no address.
    this.#names = new BigUint64Array(names.length + 1);
    this.#names.set(this.#texts.map((text) => api.address(text)));
    this.#values = new BigUint64Array(names.length + 1);
    this.names = api.address(this.#names);
    this.values = api.address(this.#values);
  }

  bind(bindings: readonly HostBinding[], shared: Environment): void {
    for (const [i, { buffer, shape }] of bindings.entries()) this.#values[i] = tensorValue(buffer, shape, shared);
  }
}

/** The native tensors over one piece of memory, one per element type and shape it was bound under. */
class Tensors implements Attachment {
  readonly #byShape: { readonly dtype: DType; readonly shape: readonly number[]; readonly value: Handle }[] = [];

  get size(): number {
    return this.#byShape.length;
  }

  find(dtype: DType, shape: readonly number[]): Pointer | null {
    for (const entry of this.#byShape) {
      if (
        entry.dtype === dtype &&
        entry.shape.length === shape.length &&
        entry.shape.every((size, axis) => size === shape[axis])
      )
        return entry.value.pointer;
    }
    return null;
  }

  add(dtype: DType, shape: readonly number[], value: Handle): void {
    this.#byShape.push({ dtype, shape: [...shape], value });
  }

  dispose(): void {
    for (const { value } of this.#byShape) value.dispose();
    this.#byShape.length = 0;
  }
}

function tensorValue({ dtype, slot }: HostBuffer, shape: readonly number[], { api, memoryInfo }: Environment): Pointer {
  const { storage } = slot;
  const tensors = attached(storage, api, Tensors);
  const known = tensors.find(dtype, shape);
  if (known !== null) return known;
  const { data, byteOffset } = storage;
  const address = api.address(data) + BigInt(byteOffset);
  const lengths = BigInt64Array.from(shape, BigInt);
  const pointer = api.create(
    'CreateTensorWithDataAsOrtValue',
    memoryInfo.pointer,
    address,
    slot.array.byteLength,
    lengths,
    lengths.length,
    elementTypes[dtype],
  );
  tensors.add(dtype, shape, api.handle('ReleaseValue', pointer));
  return pointer;
}

/** Names and element types of a session's inputs or outputs. */
function declared(api: OrtApi, session: Handle, kind: 'Input' | 'Output'): Declared {
  const allocator = api.create('GetAllocatorWithDefaultOptions');
  const count = Number(api.create(`SessionGet${kind}Count`, session.pointer));
  const types = new Map<string, DType | null>();
  for (let i = 0; i < count; i++) {
    const text = api.create(`SessionGet${kind}Name`, session.pointer, i, allocator);
    const name = api.text(text);
    api.call('AllocatorFree', allocator, text);
    const info = api.handle('ReleaseTypeInfo', api.create(`SessionGet${kind}TypeInfo`, session.pointer, i));
    // Belongs to `info`; null where the value is no tensor.
    const tensor = api.create('CastTypeInfoToTensorInfo', info.pointer);
    types.set(name, tensor === 0n ? null : dtypeOf(Number(api.create('GetTensorElementType', tensor))));
    info.dispose();
  }
  return types;
}

function dtypeOf(elementType: number): DType | null {
  return dtypes.find((dtype) => elementTypes[dtype] === elementType) ?? null;
}
