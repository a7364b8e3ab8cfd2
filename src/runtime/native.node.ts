import type Koffi from 'koffi';
import type { KoffiFunc } from 'koffi';
import { DisposedError, UnsupportedError } from '../core/index.ts';
import type { Storage } from './host-memory.ts';

/** A native address; 0 is null. */
export type Pointer = bigint;

/** The foreign-function library, as `import('koffi')` gives it. */
export type KoffiModule = typeof Koffi;
/** A native function. What it takes is said where it is declared; koffi checks it. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type NativeFunction = KoffiFunc<(...args: any[]) => any>;

/** Libraries in use. koffi unloads one that is collected, under the functions that were found in it by address. */
const loaded = new Set<unknown>();

/** Loads a shared library for good, on stacks that are large enough for it. */
export function loadLibrary(koffi: KoffiModule, path: string, speaker: string): ReturnType<KoffiModule['load']> {
  enlargeStacks(koffi, speaker);
  const library = koffi.load(path);
  loaded.add(library);
  return library;
}

/**
 * Memory of the JavaScript side, at an address that is a multiple of 64, on which native kernels are fastest.
 * Not zeroed, unlike `new ArrayBuffer`: contents are undefined, and zeroing would touch every page twice.
 */
export function alignedStorage(koffi: KoffiModule, bytes: number): Storage {
  const data = Buffer.allocUnsafeSlow(bytes + 63).buffer;
  const past = Number(koffi.address(data) % 64n);
  return { data, byteOffset: past === 0 ? 0 : 64 - past };
}

/**
 * Calls a function on another thread, and `check` with the status that it gives. What `args` point to must stay alive until
 * the promise settles.
 */
export function callAsync<S>(f: NativeFunction, args: readonly unknown[], check: (status: S) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    f.async(...args, (error: unknown, status: S) => {
      try {
        if (error) throw error;
        check(status);
        resolve();
      } catch (failure) {
        reject(failure);
      }
    });
  });
}

/** One native object: freed once, and an error when used after that. */
export class Handle {
  readonly #name: string;
  readonly #release: (pointer: Pointer) => void;
  #pointer: Pointer;

  /** @param name what frees the object, as messages name it: `ort: ReleaseSession`. */
  constructor(name: string, pointer: Pointer, release: (pointer: Pointer) => void) {
    this.#name = name;
    this.#pointer = pointer;
    this.#release = release;
  }

  /** @throws DisposedError once the object is freed. */
  get pointer(): Pointer {
    if (this.#pointer === 0n) {
      const [speaker, release] = this.#name.split(': ');
      throw new DisposedError(`${speaker}: a native object was used after ${release}.`);
    }
    return this.#pointer;
  }

  dispose(): void {
    if (this.#pointer === 0n) return;
    const pointer = this.#pointer;
    this.#pointer = 0n;
    this.#release(pointer);
  }
}

// koffi runs native code on stacks of its own, 128 KiB for asynchronous calls: runtimes expect a thread's usual 8 MiB.
// Their pages are only used once touched. koffi takes the sizes before it loads its first library and never after.
function enlargeStacks(koffi: KoffiModule, speaker: string): void {
  const bytes = 8 * 2 ** 20;
  const { sync_stack_size = 0, async_stack_size = 0 } = koffi.config();
  if (sync_stack_size >= bytes && async_stack_size >= bytes) return;
  try {
    koffi.config({ sync_stack_size: Math.max(sync_stack_size, bytes), async_stack_size: Math.max(async_stack_size, bytes) });
  } catch (cause) {
    throw new UnsupportedError(
      `${speaker}: koffi was used before and runs native code on stacks of ${async_stack_size} bytes; a runtime needs ${bytes}. ` +
        'Open the runtime before other code uses koffi.',
      { cause },
    );
  }
}
