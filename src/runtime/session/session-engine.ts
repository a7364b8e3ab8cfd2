import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-common';
import { type DType, type TypedArray, UnsupportedError } from '../../core/index.ts';
import { withExternalTensors } from '../../onnx/index.ts';
import { RuntimeError } from '../errors.ts';
import type { Storage } from '../host-memory.ts';
import type { Declared, Engine, HostBinding, LoadedModel } from '../host-runtime.ts';
import { operatorsOfCpu } from '../operators.ts';
import type { CompileOptions, Device, ProgramIO } from '../runtime.ts';

/** What the JavaScript packages of ONNX Runtime export alike. */
export interface SessionModule {
  readonly InferenceSession: { create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
  readonly Tensor: TensorConstructor;
}

/** How one of those packages is used. */
export interface SessionEngineOptions {
  readonly name: string;
  readonly device: Device;
  readonly threads: number;
  readonly version: string;
  readonly module: SessionModule;
  /** The package's name for where it computes. */
  readonly executionProvider: string;
  /** Whether results are written into tensors handed in. Where not, they are copied. */
  readonly writesOutputs: boolean;
  readonly operators?: ReadonlySet<string>;
  readonly dtypes?: readonly DType[];
}

// Failures come back as errors; at a lower level they are printed as well.
const quiet = { logSeverityLevel: 4 } as const;

/**
 * ONNX Runtime by way of its JavaScript interface, `InferenceSession`. A run computes on the calling thread, so that timers
 * wait for it, and cannot be stopped once begun: an abort takes effect before a run or after it.
 */
export class SessionEngine implements Engine {
  readonly name: string;
  readonly device: Device;
  readonly threads: number;
  readonly version: string;
  readonly precision = 'float32';
  readonly overwrites = true;
  readonly canAbort = false;
  readonly operators: ReadonlySet<string>;
  readonly dtypes: ReadonlySet<DType>;
  readonly #options: SessionEngineOptions;
  // The WASM build keeps its state in globals: one call at a time, whichever session it is for.
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: SessionEngineOptions) {
    this.#options = options;
    this.name = options.name;
    this.device = options.device;
    this.threads = options.threads;
    this.version = options.version;
    this.operators = options.operators ?? operatorsOfCpu;
    this.dtypes = new Set(options.dtypes ?? ['float32', 'float64', 'int64', 'int32']);
  }

  allocate(bytes: number): Storage {
    return { data: new ArrayBuffer(bytes), byteOffset: 0 };
  }

  async load(
    graph: Uint8Array,
    io: ProgramIO,
    { optimize = false, planMemory = true, weights = [] }: CompileOptions,
  ): Promise<LoadedModel> {
    const external = weights.map((weight) => ({ ...weight, location: weight.name, offset: 0, length: weight.data.byteLength }));
    const model = external.length === 0 ? graph : withExternalTensors(graph, external);
    const externalData = external.map(({ location, data }) => ({
      path: location,
      data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    }));
    const { module, executionProvider, threads } = this.#options;
    const session = await this.#inTurn('compile', () =>
      module.InferenceSession.create(model, {
        executionProviders: [executionProvider],
        graphOptimizationLevel: optimize ? 'all' : 'disabled',
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        enableCpuMemArena: true,
        enableMemPattern: planMemory,
        ...(externalData.length > 0 && { externalData }),
        ...quiet,
      }),
    );
    return {
      inputs: declared(session.inputMetadata),
      outputs: declared(session.outputMetadata),
      run: (inputs, outputs) => this.#inTurn('run', () => this.#run(session, io, inputs, outputs)),
      release: () => void this.#inTurn('release', () => session.release()).catch(() => {}),
    };
  }

  close(): void {}

  async #run(
    session: InferenceSession,
    io: ProgramIO,
    inputs: readonly HostBinding[],
    outputs: readonly HostBinding[],
  ): Promise<void> {
    const feeds: Record<string, Tensor> = {};
    for (const [i, binding] of inputs.entries()) feeds[io.inputs[i]!] = this.#tensor(binding);
    if (this.#options.writesOutputs) {
      const fetches: Record<string, Tensor> = {};
      for (const [i, binding] of outputs.entries()) fetches[io.outputs[i]!] = this.#tensor(binding);
      await session.run(feeds, fetches, quiet);
      return;
    }
    const results = await session.run(feeds, io.outputs, quiet);
    for (const [i, { buffer, shape }] of outputs.entries()) {
      const result = results[io.outputs[i]!]!;
      if (result.dims.length !== shape.length || result.dims.some((size, axis) => size !== shape[axis])) {
        throw new RuntimeError(
          `${this.name}: output ${io.outputs[i]} came as [${result.dims.join(', ')}]; it was bound as [${shape.join(', ')}].`,
        );
      }
      copy(result, buffer.slot.array);
      result.dispose();
    }
  }

  #tensor({ buffer, shape }: HostBinding): Tensor {
    if (buffer.dtype === 'bfloat16') {
      throw new UnsupportedError(
        `${this.name}: the JavaScript interface of ONNX Runtime has no bfloat16 tensors; convert to float32.`,
      );
    }
    return new this.#options.module.Tensor(buffer.dtype, buffer.slot.array as never, shape);
  }

  #inTurn<T>(what: string, work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work).catch((error: unknown) => {
      if (error instanceof RuntimeError || error instanceof UnsupportedError) throw error;
      const said = error instanceof Error ? error.message : String(error);
      throw new RuntimeError(`${this.name}: ${what} failed; ONNX Runtime ${this.version} says: ${said}`, { cause: error });
    });
    this.#queue = result.catch(() => {});
    return result;
  }
}

function copy(from: Tensor, to: TypedArray): void {
  const data = from.data as unknown as Float32Array;
  // float16 may come as a Float16Array where the engine has one; the bits are what is kept.
  const bits = to instanceof Uint16Array ? new Uint16Array(data.buffer as ArrayBuffer, data.byteOffset, data.length) : data;
  (to as Float32Array).set(bits as Float32Array);
}

const dtypes = new Set<string>(['float32', 'float64', 'float16', 'int64', 'int32', 'uint32', 'int8', 'uint8', 'bool']);

function declared(metadata: readonly InferenceSession.ValueMetadata[]): Declared {
  return new Map(
    metadata.map((value) => [value.name, value.isTensor && dtypes.has(value.type) ? (value.type as DType) : null] as const),
  );
}
