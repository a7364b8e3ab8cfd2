import type { DType, TypedArray } from '../core/index.ts';

/**
 * What products of float32 tensors (of matrices, convolutions) are computed in. With `bfloat16` their operands are rounded to
 * 8 bits of mantissa, and so is what flows from one product to the next; sums run in float32, and all that lies between the
 * last products of a graph and its outputs stays float32: losses, gradients of weights as they are summed, the optimizer.
 */
export type Precision = 'float32' | 'bfloat16';

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

/** A tensor of a model that never changes. */
export interface Weight {
  /** The name by which the model's nodes read it. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Its elements, in the host's memory. The program may read them for as long as it lives. */
  readonly data: TypedArray;
}

/** What a caller may choose when a model is compiled. */
export interface CompileOptions {
  /**
   * Tensors that the model's nodes read and the model does not hold. They are not copied, so their contents must stay as they
   * are until the program is disposed; the runtime may keep them a second time in the order in which its kernels want them.
   */
  readonly weights?: readonly Weight[];
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
  readonly precision: Precision;
  /** Whether an output may be bound to the buffer of an input that everything else has read before it is computed. */
  readonly overwrites: boolean;
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
  /**
   * Copies elements between buffers, after the runs that write what is read and those that use what is written.
   * @throws ShapeError when a run lies outside its buffer.
   */
  copy(copies: readonly Copy[]): Promise<void>;
  /** Makes a program of an ONNX model's bytes, which are not kept. Inputs may be declared with symbolic dimensions. */
  compile(model: Uint8Array, io: ProgramIO, options?: CompileOptions): Promise<Program>;
  /**
   * Another runtime over the same buffers, for graphs that need what this one lacks; opened when it is first asked for. Its programs
   * take this one's buffers. Null where there is none.
   */
  standIn(): Promise<Runtime | null>;
  memory(): RuntimeMemory;
  readonly disposed: boolean;
  /** Frees everything the runtime holds. Later calls throw; a run in progress ends first. */
  dispose(): void;
}

/** Runs of elements that lie at equal distances in a buffer. All in elements. */
export interface Rows {
  readonly buffer: RuntimeBuffer;
  /** Where the first run begins. */
  readonly offset: number;
  /** From the beginning of one run to that of the next. */
  readonly stride: number;
}

/** Elements to be copied from one buffer to another of the same runtime and element type. */
export interface Copy {
  readonly from: Rows;
  readonly to: Rows;
  /** How many runs. */
  readonly count: number;
  /** Elements of each run. */
  readonly length: number;
}

/** Which runtime is wanted; what is left out is for `openRuntime` to choose. */
export interface RuntimeRequest {
  readonly device?: Device;
  /** A runtime's name, as `probeRuntimes` lists it. */
  readonly name?: string;
  readonly threads?: number;
  /** Default `float32`. Where nothing here computes in `bfloat16`, the runtime that opens says `float32`, and so does a notice. */
  readonly precision?: Precision;
}

/** Whether a runtime can be opened here, and why not. */
export type Availability = { readonly available: true } | { readonly available: false; readonly reason: string };

/** One way to run models: a row of the registry. */
export interface RuntimeRow {
  readonly name: string;
  readonly device: Device;
  /** Its place among the others, in words: why it is taken, or taken only where those before it are not there. */
  readonly place: string;
  /** What of a graph's needs it leaves to which other runtime, in words; null where there is none. */
  leaves?(): string | null;
  /** Cheap: looks for libraries and features, loads what it must. */
  probe(): Promise<Availability>;
  /** Whether it computes products in bfloat16 on this processor. Asked only where `probe` found it available. */
  bfloat16(): Promise<Availability>;
  create(options: { readonly threads: number; readonly precision: Precision }): Promise<Runtime>;
  /** How it gets here where it is no npm package. */
  readonly installer?: () => Promise<RuntimeInstaller>;
}

/** A runtime that was brought here beside npm. */
export interface InstalledRuntime {
  readonly name: string;
  readonly version: string;
  /** The folder of its libraries. */
  readonly folder: string;
  /** Where it came from: a wheel, or a folder of the user's own. */
  readonly source: string;
}

/** How a runtime is installed; with none of `wheel` and `path` it is downloaded. */
export interface InstallOptions {
  /** A wheel that was downloaded already. */
  readonly wheel?: string;
  /** A folder that holds the libraries; they stay where they are. */
  readonly path?: string;
  readonly signal?: AbortSignal;
  /** Told what is done next, and how much of it is done. */
  readonly onProgress?: (step: { readonly doing: string; readonly done: number; readonly total: number }) => void;
}

/** Brings a runtime that is no npm package, lists it, and takes it away. */
export interface RuntimeInstaller {
  /** The one version that qkv works with. */
  readonly version: string;
  /** Bytes to download on this platform; null where there is nothing for it. */
  readonly downloadBytes: number | null;
  /** Where it is put. */
  readonly folder: string;
  /** What is installed; null where nothing is. */
  installed(): Promise<InstalledRuntime | null>;
  /**
   * @throws UnsupportedError where there is no such runtime for this platform. @throws MissingFileError without the wheel, the
   * folder, or pip. @throws DataError for a wheel that is not the one that is known, a cut one, or one without a library.
   */
  install(options?: InstallOptions): Promise<InstalledRuntime>;
  /** Removes it; gives whether there was anything to remove. */
  remove(): Promise<boolean>;
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
