import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { RuntimeError } from './errors.ts';
import type { Pointer } from './native.node.ts';

/** A native function that another thread can find: by its address, or by its name in the last library. */
export interface RemoteFunction {
  readonly at: Pointer | string;
  readonly result: 'void *' | 'int';
}

/**
 * What the thread does: the functions' arguments are all pointers and sizes, which are passed alike. A text, so that no loader or
 * bundler has to serve the thread.
 */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const koffi = require(workerData.koffi);
koffi.config({ sync_stack_size: workerData.stack });
const library = workerData.libraries.map((path) => koffi.load(path)).at(-1);
const functions = new Map();
parentPort.on('message', ({ at, result, args }) => {
  let f = functions.get(at);
  if (!f) {
    const types = args.map(() => 'void *');
    f = typeof at === 'string' ? library.func(at, result, types) : koffi.decode(at, koffi.proto(result, types));
    functions.set(at, f);
  }
  parentPort.postMessage(f(...args));
});
parentPort.postMessage('ready');
`;

/**
 * One thread on which a runtime's programs run. Node's own pool would take another of its threads for each run, whose place the
 * scheduler chooses anew: often the core on which a thread of the runtime spins in wait of work, while the other core is idle.
 * It starts with the first call and serves none before it is up, so that nobody waits for it.
 */
export class CallingThread {
  readonly #libraries: readonly string[];
  #worker: Worker | null = null;
  #state: 'none' | 'starting' | 'idle' | 'busy' | 'broken' = 'none';
  #settle: { readonly resolve: (status: unknown) => void; readonly reject: (error: unknown) => void } | null = null;

  /** @param libraries those of the runtime, those that others need first; they are loaded already. */
  constructor(libraries: readonly string[]) {
    this.#libraries = libraries;
  }

  /**
   * Calls a function there; null where the thread cannot take it now, as another call is on it or it is not up.
   * What `args` point to must stay alive until the promise settles.
   */
  call<S>({ at, result }: RemoteFunction, args: readonly Pointer[]): Promise<S> | null {
    if (this.#state === 'none') this.#start();
    if (this.#state !== 'idle') return null;
    const worker = this.#worker!;
    this.#state = 'busy';
    // Until the call is done, the process must not end; between calls it may.
    worker.ref();
    return new Promise<S>((resolve, reject) => {
      this.#settle = { resolve: resolve as (status: unknown) => void, reject };
      worker.postMessage({ at, result, args });
    });
  }

  #start(): void {
    this.#state = 'starting';
    try {
      const koffi = createRequire(import.meta.url).resolve('koffi');
      const workerData = { koffi, libraries: this.#libraries, stack: 8 * 2 ** 20 };
      this.#worker = new Worker(program, { eval: true, execArgv: [], name: 'qkv runs', workerData });
    } catch {
      // A process that may start no thread, or a bundle in which koffi lies elsewhere: calls go to Node's pool as before.
      this.#state = 'broken';
      return;
    }
    this.#worker.unref();
    this.#worker.on('message', (status: unknown) => {
      this.#state = 'idle';
      this.#worker!.unref();
      this.#settle?.resolve(status);
      this.#settle = null;
    });
    this.#worker.on('error', (error) => this.#fail(error));
    // A thread can also end without an error, as by `process.exit` in a hook that NODE_OPTIONS names.
    this.#worker.on('exit', (code) => this.#fail(new RuntimeError(`the thread of the runtime ended with code ${code}.`)));
  }

  #fail(error: Error): void {
    this.#state = 'broken';
    this.#settle?.reject(error);
    this.#settle = null;
  }
}
