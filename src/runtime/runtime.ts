import type { DType, TypedArray } from '../core/index.ts';

/** Where a runtime computes. */
export type Device = 'cpu' | 'wasm' | 'webgpu' | 'cuda' | 'coreml' | 'dml';

/**
 * Memory that a runtime owns: `length` elements of one type, without a shape.
 * Freed by `dispose()`, by `using`, and, failing both, when it is collected.
 */
export interface RuntimeBuffer {
  readonly runtime: Runtime;
  readonly dtype: DType;
  /** In elements. */
  readonly length: number;
  /** In bytes. */
  readonly byteLength: number;
  readonly disposed: boolean;
  /** Gives the memory back. Safe during a run that uses it (the memory goes when the run ends) and safe to call twice. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A buffer and the shape under which one run sees it. The shape's product equals the buffer's length. */
export interface Binding {
  readonly buffer: RuntimeBuffer;
  readonly shape: readonly number[];
}

/** The names of a model's inputs and outputs, in the order in which `run` takes them. */
export interface ProgramIO {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** What a caller may choose when a model is compiled. */
export interface CompileOptions {
  /** Let the runtime rewrite and fuse the graph. False unless told: qkv's own passes have done so, and rewriting takes 1 to 3 times as long again. */
  readonly optimize?: boolean;
  /**
   * Place a run's intermediate values in one block, planned once per set of shapes. True unless told. Off, a step takes some
   * percent longer and far less memory where shapes change from run to run (docs/decisions/runtime-ort-c-api.md).
   */
  readonly planMemory?: boolean;
}

/** What a caller may choose for one run. */
export interface RunOptions {
  /** Stops the run where the runtime can stop one (`Runtime.canAbort`), else keeps it from starting; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A compiled model. Runs of one program happen one after another, in the order they were asked for. */
export interface Program {
  readonly runtime: Runtime;
  /**
   * Computes the outputs into the buffers bound to them. One buffer may be both an input and an output; whether the
   * model may overwrite it then is for the model's maker to know. After a failed or aborted run the outputs' contents are undefined.
   * @throws ShapeError when a shape does not fit its buffer or holds a zero.
   * @throws DisposedError when the program or a buffer was disposed.
   */
  run(inputs: readonly Binding[], outputs: readonly Binding[], options?: RunOptions): Promise<void>;
  readonly disposed: boolean;
  /** Frees the program. A run in progress ends first; runs still waiting are refused. Safe to call twice. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** What a runtime holds at this moment. */
export interface RuntimeMemory {
  /** Buffers not yet disposed. */
  readonly buffers: number;
  /** Bytes in those buffers. */
  readonly bytes: number;
  /** Bytes kept for the next `allocate`. */
  readonly pooledBytes: number;
  /** Programs not yet disposed. */
  readonly programs: number;
}

/**
 * The seam between qkv and whatever executes ONNX models: bytes to programs, buffers, runs.
 * Nothing above it names a runtime; it asks what one can do.
 */
export interface Runtime {
  readonly name: string;
  readonly device: Device;
  /** Threads that one operator may use. */
  readonly threads: number;
  readonly version: string;
  /** Whether a long run ends early when its signal aborts. */
  readonly canAbort: boolean;
  /** Whether the fused or contributed operator of this name runs on the device. False for names the runtime does not know. */
  has(operator: string): boolean;
  /** Whether products and the basic element-wise operators compute in this type on the device, and not by way of another. */
  computes(dtype: DType): boolean;
  /** A buffer of `length` elements whose contents are undefined. */
  allocate(dtype: DType, length: number): RuntimeBuffer;
  /** Copies `data` in. Takes an array of the buffer's type and length. */
  write(buffer: RuntimeBuffer, data: TypedArray): void;
  /** A copy of the contents; waits for the runs that write to the buffer. */
  read(buffer: RuntimeBuffer): Promise<TypedArray>;
  /** The contents themselves where buffers lie in the host's memory, else null. Valid until the buffer is disposed. */
  view(buffer: RuntimeBuffer): TypedArray | null;
  /** Makes a program of an ONNX model's bytes, which are not kept. Inputs may be declared with symbolic dimensions. */
  compile(model: Uint8Array, io: ProgramIO, options?: CompileOptions): Promise<Program>;
  memory(): RuntimeMemory;
  readonly disposed: boolean;
  /** Frees everything the runtime holds. Later calls throw; a run in progress ends first. */
  dispose(): void;
}

/** Which runtime is wanted; what is left out is for `openRuntime` to choose. */
export interface RuntimeRequest {
  readonly device?: Device;
  /** A runtime's name, as `probeRuntimes` lists it. */
  readonly name?: string;
  readonly threads?: number;
}

/** Whether a runtime can be opened here, and why not. */
export type Availability = { readonly available: true } | { readonly available: false; readonly reason: string };

/** One way to run models: a row of the registry. */
export interface RuntimeRow {
  readonly name: string;
  readonly device: Device;
  /** Cheap: looks for libraries and features, loads what it must. */
  probe(): Promise<Availability>;
  create(options: { readonly threads: number }): Promise<Runtime>;
}

/** What is known of the machine underneath, for reports. */
export interface MachineFacts {
  readonly platform: string;
  readonly arch: string;
  /** The processor's name. */
  readonly cpu: string;
  /** Threads that run at once. */
  readonly cores: number;
  /** Memory in all; null where it is not told. */
  readonly memoryBytes: number | null;
  /** Processor features that matter to matrix products, in Linux's spelling. */
  readonly features: readonly string[] | 'unknown';
}
