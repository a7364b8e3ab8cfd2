import { byteSize, DisposedError, type DType, ShapeError, type TypedArray, viewArray } from '../core/index.ts';
import type { Runtime, RuntimeBuffer } from './runtime.ts';

/** Bytes in the host's memory, at least as many as were asked for, starting at `byteOffset`. */
export interface Storage {
  readonly data: ArrayBuffer;
  readonly byteOffset: number;
  /**
   * What libraries keep beside this memory, by the library. It stays while the memory waits for its next user, who often wants
   * the same.
   */
  attachments?: Map<object, Attachment>;
}

/** What a library keeps beside memory and frees with it, for example native handles that hold its address. */
export interface Attachment {
  /** How many things it holds. */
  readonly size: number;
  dispose(): void;
}

/** So many things may wait with idle memory: what has been used under ever new shapes starts anew. */
const attachmentLimit = 8;

/**
 * The part of a buffer that outlives the object a caller holds: while a run uses it, and until it is back in the pool.
 * It must not refer to its `HostBuffer`, or that would never be collected.
 */
export class Slot {
  readonly storage: Storage;
  readonly capacity: number;
  /** The buffer's elements. Runs may use them after the buffer's owner gave it back; nobody else may. */
  readonly array: TypedArray;
  /** Runs, started or waiting, that hold this slot. */
  users = 0;
  /** Settles when the newest run that writes here has ended. */
  lastWrite: Promise<void> | null = null;
  /** Settles when all runs so far that read or write here have ended. */
  lastUse: Promise<void> | null = null;
  disposed = false;
  released = false;

  constructor(storage: Storage, capacity: number, array: TypedArray) {
    this.storage = storage;
    this.capacity = capacity;
    this.array = array;
  }
}

/** A `RuntimeBuffer` in the host's memory. */
export class HostBuffer implements RuntimeBuffer {
  readonly runtime: Runtime;
  readonly dtype: DType;
  readonly length: number;
  readonly slot: Slot;
  readonly memory: HostMemory;

  constructor(runtime: Runtime, memory: HostMemory, dtype: DType, length: number, slot: Slot) {
    this.runtime = runtime;
    this.dtype = dtype;
    this.length = length;
    this.slot = slot;
    this.memory = memory;
  }

  get byteLength(): number {
    return this.slot.array.byteLength;
  }

  get disposed(): boolean {
    return this.slot.disposed;
  }

  /** The buffer's elements, without a copy. */
  get view(): TypedArray {
    if (this.slot.disposed) {
      throw new DisposedError(`RuntimeBuffer: this ${this.dtype} buffer of ${this.length} was disposed; allocate another.`);
    }
    return this.slot.array;
  }

  dispose(): void {
    this.memory.dispose(this.slot);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Allocates buffers and keeps the memory of disposed ones for the next: touching fresh pages is many times slower than
 * reusing warm ones. Sizes are rounded up to one eighth of a power of two, so that nearby sizes share memory.
 */
export class HostMemory {
  readonly #allocate: (bytes: number) => Storage;
  readonly #live = new Set<Slot>();
  readonly #finalizer = new FinalizationRegistry<Slot>((slot) => this.dispose(slot));
  /** Idle memory by capacity; the map's order is the order of last use, so that the oldest goes first. */
  readonly #pool = new Map<number, Storage[]>();
  #bytes = 0;
  /** As `#bytes`, with each size rounded up as the memory under it is. */
  #usedCapacity = 0;
  #pooledBytes = 0;
  #isClosed = false;

  constructor(allocate: (bytes: number) => Storage) {
    this.#allocate = allocate;
  }

  get buffers(): number {
    return this.#live.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get pooledBytes(): number {
    return this.#pooledBytes;
  }

  allocate(runtime: Runtime, dtype: DType, length: number): HostBuffer {
    if (!Number.isSafeInteger(length) || length < 1) {
      throw new ShapeError(
        `Runtime.allocate: the length is ${length}; it must be a positive whole number, for no runtime takes empty tensors.`,
      );
    }
    const byteLength = length * byteSize(dtype);
    const capacity = sizeClass(byteLength);
    const storage = this.#take(capacity) ?? this.#allocate(capacity);
    const slot = new Slot(storage, capacity, viewArray(dtype, storage.data, storage.byteOffset, length));
    this.#live.add(slot);
    this.#bytes += byteLength;
    this.#usedCapacity += capacity;
    const buffer = new HostBuffer(runtime, this, dtype, length, slot);
    this.#finalizer.register(buffer, slot, slot);
    return buffer;
  }

  /** Marks a slot as given back; its memory goes to the pool once no run holds it. */
  dispose(slot: Slot): void {
    if (!slot.disposed) {
      slot.disposed = true;
      this.#finalizer.unregister(slot);
    }
    this.release(slot);
  }

  /** Called when a run lets go of a slot. */
  release(slot: Slot): void {
    if (slot.released || !slot.disposed || slot.users > 0) return;
    slot.released = true;
    const { storage } = slot;
    dropAttachments(storage, attachmentLimit);
    this.#live.delete(slot);
    this.#bytes -= slot.array.byteLength;
    this.#usedCapacity -= slot.capacity;
    const idle = this.#pool.get(slot.capacity) ?? [];
    this.#pool.delete(slot.capacity);
    this.#pool.set(slot.capacity, idle);
    idle.push(storage);
    this.#pooledBytes += slot.capacity;
    this.#trim(this.#isClosed ? 0 : Math.max(leastPoolBytes, this.#usedCapacity));
  }

  /** Disposes every buffer and keeps no memory from now on. */
  close(): void {
    this.#isClosed = true;
    for (const slot of [...this.#live]) this.dispose(slot);
    this.#trim(0);
  }

  #take(capacity: number): Storage | undefined {
    // The one idle longest: where a step makes its results in the memory of the step before the last, as it does then, the
    // same buffers come round to the same results.
    const storage = this.#pool.get(capacity)?.shift();
    if (storage) this.#pooledBytes -= capacity;
    return storage;
  }

  // At most as much lies idle as is in use: enough for a step that allocates its outputs before it disposes its inputs.
  #trim(limit: number): void {
    for (const [capacity, idle] of this.#pool) {
      while (this.#pooledBytes > limit && idle.length > 0) {
        dropAttachments(idle.pop()!);
        this.#pooledBytes -= capacity;
      }
      if (idle.length === 0) this.#pool.delete(capacity);
      if (this.#pooledBytes <= limit) return;
    }
  }
}

/** What a library keeps beside memory; made now where there is nothing yet. */
export function attached<T extends Attachment>(storage: Storage, library: object, Kind: new () => T): T {
  storage.attachments ??= new Map();
  let found = storage.attachments.get(library);
  if (!found) {
    found = new Kind();
    storage.attachments.set(library, found);
  }
  return found as T;
}

/** Frees what is kept beside memory where it is more than so many things. */
function dropAttachments({ attachments }: Storage, limit = -1): void {
  for (const [library, attachment] of attachments ?? []) {
    if (attachment.size <= limit) continue;
    attachment.dispose();
    attachments!.delete(library);
  }
}

const leastPoolBytes = 64 * 2 ** 20;

/** The capacity that holds `bytes`: 64 at least, then steps of an eighth of a power of two. */
function sizeClass(bytes: number): number {
  if (bytes <= 512) return Math.ceil(bytes / 64) * 64;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 3);
  return Math.ceil(bytes / step) * step;
}
