import { ConfigError, DisposedError, type DType, DTypeError, ShapeError, type TypedArray } from '../core/index.ts';
import { HostBuffer, HostMemory, type Slot, type Storage } from './host-memory.ts';
import type {
  Binding,
  CompileOptions,
  Copy,
  Device,
  Precision,
  Program,
  ProgramIO,
  RunOptions,
  Runtime,
  RuntimeBuffer,
  RuntimeMemory,
} from './runtime.ts';

/** A binding whose buffer is known to be ours and alive. */
export interface HostBinding {
  readonly buffer: HostBuffer;
  readonly shape: readonly number[];
}

/** Names and element types that a model declares for its inputs or outputs; null stands for a type that no buffer has. */
export type Declared = ReadonlyMap<string, DType | null>;

/** A model as an engine holds it. `run` is not called again before it has settled, and `release` is called once, after the last run. */
export interface LoadedModel {
  readonly inputs: Declared;
  readonly outputs: Declared;
  /** Bindings come in the order of the names that `load` was given, checked for type, size and life. */
  run(inputs: readonly HostBinding[], outputs: readonly HostBinding[], signal: AbortSignal | undefined): Promise<void>;
  release(): void;
}

/** What differs between runtimes whose buffers lie in the host's memory; `HostRuntime` makes a `Runtime` of it. */
export interface Engine {
  readonly name: string;
  readonly device: Device;
  readonly threads: number;
  readonly version: string;
  readonly precision: Precision;
  /** As `Runtime` says. */
  readonly overwrites: boolean;
  readonly canAbort: boolean;
  /** Fused and contributed operators beyond the standard's basic ones. */
  readonly operators: ReadonlySet<string>;
  readonly dtypes: ReadonlySet<DType>;
  allocate(bytes: number): Storage;
  load(model: Uint8Array, io: ProgramIO, options: CompileOptions): Promise<LoadedModel>;
  /** Called once, after every model was released. */
  close(): void;
}

/** What a `HostRuntime` has beside its engine. */
export interface HostRuntimeOptions {
  /** Opens the engine for graphs that need what this one lacks, over the same memory. */
  readonly standIn?: (() => Promise<Engine>) | undefined;
  /** The memory of the runtime for which this one stands in. */
  readonly memory?: HostMemory;
}

/**
 * A `Runtime` over an `Engine`: checks every shape and handle before the engine sees it, keeps count, and puts runs in order.
 * Runs that touch the same buffer, one of them writing, happen in the order they were asked for; others may overlap.
 */
export class HostRuntime implements Runtime {
  readonly #engine: Engine;
  readonly #memory: HostMemory;
  readonly #ownsMemory: boolean;
  readonly #openStandIn: (() => Promise<Engine>) | null;
  #standIn: Promise<HostRuntime> | null = null;
  readonly #programs = new Set<ModelSlot>();
  readonly #finalizer = new FinalizationRegistry<ModelSlot>((model) => this.#retire(model));
  #disposed = false;
  #closed = false;
  #busy = 0;

  constructor(engine: Engine, { standIn, memory }: HostRuntimeOptions = {}) {
    this.#engine = engine;
    this.#memory = memory ?? new HostMemory((bytes) => engine.allocate(bytes));
    this.#ownsMemory = memory === undefined;
    this.#openStandIn = standIn ?? null;
  }

  get name(): string {
    return this.#engine.name;
  }

  get device(): Device {
    return this.#engine.device;
  }

  get threads(): number {
    return this.#engine.threads;
  }

  get version(): string {
    return this.#engine.version;
  }

  get precision(): Precision {
    return this.#engine.precision;
  }

  get overwrites(): boolean {
    return this.#engine.overwrites;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  get canAbort(): boolean {
    return this.#engine.canAbort;
  }

  has(operator: string): boolean {
    return this.#engine.operators.has(operator);
  }

  computes(dtype: DType): boolean {
    return this.#engine.dtypes.has(dtype);
  }

  allocate(dtype: DType, length: number): RuntimeBuffer {
    this.#assertOpen('Runtime.allocate');
    return this.#memory.allocate(this, dtype, length);
  }

  write(buffer: RuntimeBuffer, data: TypedArray): void {
    const own = this.#own(buffer, 'Runtime.write');
    const { view } = own;
    if (view[Symbol.toStringTag] !== data[Symbol.toStringTag]) {
      throw new DTypeError(
        `Runtime.write: the data are a ${data[Symbol.toStringTag]}; a ${own.dtype} buffer takes a ${view[Symbol.toStringTag]}.`,
      );
    }
    if (view.length !== data.length) {
      throw new ShapeError(`Runtime.write: the data have ${data.length} elements; the buffer has ${view.length}.`);
    }
    if (own.slot.users > 0) {
      throw new ConfigError('Runtime.write: a run is using this buffer; await the run first, or write to another buffer.');
    }
    // The element types were compared above; `set` only wants to see them as one.
    (view as Float32Array).set(data as Float32Array);
  }

  async read(buffer: RuntimeBuffer): Promise<TypedArray> {
    const own = this.#own(buffer, 'Runtime.read');
    const { slot, view } = own;
    if (!slot.lastWrite) return view.slice();
    slot.users++;
    try {
      await slot.lastWrite;
      return view.slice();
    } finally {
      slot.users--;
      this.#memory.release(slot);
    }
  }

  async copy(copies: readonly Copy[]): Promise<void> {
    const checked = copies.map((copy) => this.#checkCopy(copy));
    const earlier = new Set<Promise<void>>();
    for (const { from, to } of checked) {
      if (from.slot.lastWrite) earlier.add(from.slot.lastWrite);
      if (to.slot.lastUse) earlier.add(to.slot.lastUse);
    }
    if (earlier.size > 0) {
      await Promise.all(earlier);
      for (const copy of copies) this.#checkCopy(copy);
    }
    for (const [i, { from, to }] of checked.entries()) {
      const { count, length, ...place } = copies[i]!;
      // The element types were compared; they are only to be seen as one.
      const [source, target] = [from.view as Float32Array, to.view as Float32Array];
      for (let run = 0; run < count; run++) {
        const start = place.from.offset + run * place.from.stride;
        const end = place.to.offset + run * place.to.stride;
        if (length > longestByHand) target.set(source.subarray(start, start + length), end);
        else for (let i = 0; i < length; i++) target[end + i] = source[start + i]!;
      }
    }
  }

  #checkCopy({ from, to, count, length }: Copy): { readonly from: HostBuffer; readonly to: HostBuffer } {
    const speaker = 'Runtime.copy';
    const own = { from: this.#own(from.buffer, speaker), to: this.#own(to.buffer, speaker) };
    if (own.from.dtype !== own.to.dtype)
      throw new DTypeError(`${speaker}: from ${own.from.dtype} to ${own.to.dtype}; both buffers must hold one type.`);
    for (const [side, { offset, stride }, buffer] of [
      ['from', from, own.from],
      ['to', to, own.to],
    ] as const) {
      const end = offset + (count - 1) * stride + length;
      if (offset < 0 || stride < 0 || end > buffer.length)
        throw new ShapeError(
          `${speaker}: ${count} runs of ${length} elements, ${stride} apart, from ${offset} on, end at ${end} in ${side}, which has ${buffer.length}.`,
        );
    }
    return own;
  }

  view(buffer: RuntimeBuffer): TypedArray {
    return this.#own(buffer, 'Runtime.view').view;
  }

  async compile(model: Uint8Array, io: ProgramIO, options: CompileOptions = {}): Promise<Program> {
    this.#assertOpen('Runtime.compile');
    this.#busy++;
    try {
      const loaded = new ModelSlot(await this.#engine.load(model, io, options), io);
      this.#programs.add(loaded);
      try {
        assertNames(loaded.loaded, io);
        this.#assertOpen('Runtime.compile');
      } catch (error) {
        this.#retire(loaded);
        throw error;
      }
      const program = new HostProgram(
        this,
        loaded,
        io,
        (work) => this.#schedule(work),
        () => this.#retire(loaded),
      );
      this.#finalizer.register(program, loaded, loaded);
      return program;
    } finally {
      this.#busy--;
      this.#closeIfIdle();
    }
  }

  async standIn(): Promise<Runtime | null> {
    this.#assertOpen('Runtime.standIn');
    if (!this.#openStandIn) return null;
    this.#standIn ??= this.#openStandIn().then((engine) => new HostRuntime(engine, { memory: this.#memory }));
    return this.#standIn;
  }

  memory(): RuntimeMemory {
    const { buffers, bytes, pooledBytes } = this.#memory;
    return { buffers, bytes, pooledBytes, programs: this.#programs.size };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const model of [...this.#programs]) this.#retire(model);
    void this.#standIn?.then((standIn) => standIn.dispose()).catch(() => {});
    if (this.#ownsMemory) this.#memory.close();
    this.#closeIfIdle();
  }

  /** A buffer of this runtime that is alive, or an error. */
  #own(buffer: RuntimeBuffer, speaker: string): HostBuffer {
    this.#assertOpen(speaker);
    if (!(buffer instanceof HostBuffer) || buffer.memory !== this.#memory) {
      throw new ConfigError(
        `${speaker}: the buffer belongs to another runtime (${buffer.runtime.name}); copy it with read and write.`,
      );
    }
    return buffer;
  }

  #assertOpen(speaker: string): void {
    if (this.#disposed) throw new DisposedError(`${speaker}: the runtime ${this.name} was disposed; open another.`);
  }

  #schedule({ model, speaker, inputs, outputs, signal }: Work): Promise<void> {
    const ins = inputs.map((binding, i) => this.#check(binding, model.inputs[i]!));
    const outs = outputs.map((binding, i) => this.#check(binding, model.outputs[i]!));
    assertDistinct(outs, speaker);

    const earlier = new Set<Promise<void>>();
    if (model.lastRun) earlier.add(model.lastRun);
    for (const { buffer } of ins) if (buffer.slot.lastWrite) earlier.add(buffer.slot.lastWrite);
    for (const { buffer } of outs) if (buffer.slot.lastUse) earlier.add(buffer.slot.lastUse);

    const run = async (): Promise<void> => {
      if (earlier.size > 0) await Promise.all(earlier);
      if (model.disposed) throw new DisposedError(`${speaker}: the program was disposed before this run began.`);
      signal?.throwIfAborted();
      await model.loaded.run(ins, outs, signal);
      signal?.throwIfAborted();
    };
    for (const { buffer } of ins) buffer.slot.users++;
    for (const { buffer } of outs) buffer.slot.users++;
    model.users++;
    this.#busy++;
    const done = run().finally(() => {
      for (const { buffer } of ins) this.#letGo(buffer.slot);
      for (const { buffer } of outs) this.#letGo(buffer.slot);
      model.users--;
      if (model.users === 0) model.lastRun = null;
      if (model.disposed) this.#retire(model);
      this.#busy--;
      this.#closeIfIdle();
    });
    // What waits for this run waits for its end, whichever way it ends.
    const settled = done.catch(() => {});
    model.lastRun = settled;
    for (const { buffer } of ins) {
      const { slot } = buffer;
      slot.lastUse = slot.lastUse ? Promise.all([slot.lastUse, settled]).then(() => {}) : settled;
    }
    for (const { buffer } of outs) {
      buffer.slot.lastWrite = settled;
      buffer.slot.lastUse = settled;
    }
    return done;
  }

  #check({ buffer, shape }: Binding, { label, dtype }: Port): HostBinding {
    const speaker = `Program.run: ${label}`;
    const own = this.#own(buffer, speaker);
    if (own.disposed) throw new DisposedError(`${speaker}: its buffer was disposed; bind one that is alive.`);
    if (own.dtype !== dtype) {
      throw new DTypeError(
        `${speaker}: its buffer holds ${own.dtype}; the model declares ${dtype ?? 'a type that no buffer has'}.`,
      );
    }
    let length = 1;
    for (const size of shape) {
      if (!Number.isSafeInteger(size) || size < 1) {
        throw new ShapeError(`${speaker}: the shape is [${shape.join(', ')}]; every length must be a positive whole number.`);
      }
      length *= size;
    }
    if (length !== own.length) {
      throw new ShapeError(`${speaker}: the shape [${shape.join(', ')}] has ${length} elements; its buffer has ${own.length}.`);
    }
    return { buffer: own, shape };
  }

  #letGo(slot: Slot): void {
    slot.users--;
    if (slot.users === 0) {
      slot.lastUse = null;
      slot.lastWrite = null;
    }
    this.#memory.release(slot);
  }

  #retire(model: ModelSlot): void {
    if (!model.disposed) {
      model.disposed = true;
      this.#finalizer.unregister(model);
    }
    if (model.users > 0 || !this.#programs.delete(model)) return;
    model.loaded.release();
  }

  #closeIfIdle(): void {
    if (!this.#disposed || this.#closed || this.#busy > 0) return;
    this.#closed = true;
    this.#engine.close();
  }
}

/** So many elements are copied sooner one by one than by a view that has to be made first. */
const longestByHand = 128;

/** The part of a program that outlives the object a caller holds. */
class ModelSlot {
  readonly loaded: LoadedModel;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  users = 0;
  lastRun: Promise<void> | null = null;
  disposed = false;

  constructor(loaded: LoadedModel, io: ProgramIO) {
    this.loaded = loaded;
    this.inputs = io.inputs.map((name) => ({ label: `input ${name}`, dtype: loaded.inputs.get(name) ?? null }));
    this.outputs = io.outputs.map((name) => ({ label: `output ${name}`, dtype: loaded.outputs.get(name) ?? null }));
  }
}

/** An input or output as messages name it, and the type it was declared with. */
interface Port {
  readonly label: string;
  readonly dtype: DType | null;
}

interface Work {
  readonly model: ModelSlot;
  readonly speaker: string;
  readonly inputs: readonly Binding[];
  readonly outputs: readonly Binding[];
  readonly signal: AbortSignal | undefined;
}

class HostProgram implements Program {
  readonly runtime: Runtime;
  readonly #model: ModelSlot;
  readonly #io: ProgramIO;
  readonly #schedule: (work: Work) => Promise<void>;
  readonly #retire: () => void;

  constructor(runtime: Runtime, model: ModelSlot, io: ProgramIO, schedule: (work: Work) => Promise<void>, retire: () => void) {
    this.runtime = runtime;
    this.#model = model;
    this.#io = io;
    this.#schedule = schedule;
    this.#retire = retire;
  }

  async run(inputs: readonly Binding[], outputs: readonly Binding[], { signal }: RunOptions = {}): Promise<void> {
    if (this.#model.disposed) throw new DisposedError('Program.run: the program was disposed; compile it again.');
    assertCount('input', inputs, this.#io.inputs);
    assertCount('output', outputs, this.#io.outputs);
    signal?.throwIfAborted();
    await this.#schedule({ model: this.#model, speaker: 'Program.run', inputs, outputs, signal });
  }

  get disposed(): boolean {
    return this.#model.disposed;
  }

  dispose(): void {
    this.#retire();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function assertCount(kind: string, bindings: readonly Binding[], names: readonly string[]): void {
  if (bindings.length === names.length) return;
  throw new ConfigError(
    `Program.run: ${bindings.length} ${kind}s came; the program takes ${names.length}: ${names.join(', ')}.`,
  );
}

function assertNames(model: LoadedModel, io: ProgramIO): void {
  for (const [kind, names, declared] of [
    ['input', io.inputs, model.inputs],
    ['output', io.outputs, model.outputs],
  ] as const) {
    const missing = names.find((name) => !declared.has(name));
    if (missing === undefined) continue;
    throw new ConfigError(`Runtime.compile: the model has no ${kind} ${missing}; it has ${[...declared.keys()].join(', ')}.`);
  }
  const unfed = [...model.inputs.keys()].find((name) => !io.inputs.includes(name));
  if (unfed !== undefined) throw new ConfigError(`Runtime.compile: the model's input ${unfed} is not among the names given.`);
}

// Two outputs in one buffer would each overwrite the other.
function assertDistinct(outputs: readonly HostBinding[], speaker: string): void {
  const seen = new Set<Slot>();
  for (const [i, { buffer }] of outputs.entries()) {
    if (seen.has(buffer.slot))
      throw new ConfigError(`${speaker}: output ${i} is bound to a buffer that an earlier output has.`);
    seen.add(buffer.slot);
  }
}
