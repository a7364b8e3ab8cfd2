import type * as OrtWeb from 'onnxruntime-web';
import { ConfigError } from '../../core/index.ts';
import type { Engine } from '../host-runtime.ts';
import { SessionEngine } from './session-engine.ts';

let openedThreads: number | null = null;

/**
 * ONNX Runtime compiled to WASM; `module` is the package's build for this platform. Runs block the thread they are called from; in a page, call from a worker.
 * The build has one pool of threads, made on first use: a process has one thread count for `wasm`.
 * @throws ConfigError when it was opened before with another number of threads.
 */
export function openOrtWeb(module: typeof OrtWeb, threads: number): Engine {
  if (openedThreads !== null && openedThreads !== threads) {
    throw new ConfigError(
      `ort-web: opened with ${threads} threads; this process already runs it with ${openedThreads}, and it cannot change.`,
    );
  }
  openedThreads = threads;
  module.env.logLevel = 'fatal';
  module.env.wasm.numThreads = threads;
  return new SessionEngine({
    name: 'ort-web',
    device: 'wasm',
    threads,
    version: module.env.versions.web ?? module.env.versions.common,
    module,
    executionProvider: 'wasm',
    writesOutputs: false,
  });
}
