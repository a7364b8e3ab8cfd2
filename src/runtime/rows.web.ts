import { HostRuntime } from './host-runtime.ts';
import type { MachineFacts, RuntimeRow } from './runtime.ts';

/** The ways to run models in a browser, best first. */
export const rows: readonly RuntimeRow[] = [
  {
    name: 'ort-webgpu',
    device: 'webgpu',
    place: 'on the GPU',
    bfloat16: async () => ({ available: false, reason: 'WebGPU has no bfloat16' }),
    async probe() {
      if (!('gpu' in navigator)) return { available: false, reason: 'this browser has no navigator.gpu' };
      const adapter = await (navigator.gpu as { requestAdapter(): Promise<unknown> }).requestAdapter();
      return adapter ? { available: true } : { available: false, reason: 'WebGPU offers no adapter here' };
    },
    async create() {
      const { openOrtWebGpu } = await import('./session/ort-webgpu.ts');
      return new HostRuntime(await openOrtWebGpu());
    },
  },
  {
    name: 'ort-web',
    device: 'wasm',
    place: 'WebAssembly',
    bfloat16: async () => ({ available: false, reason: 'WebAssembly has no bfloat16' }),
    async probe() {
      return typeof WebAssembly === 'object'
        ? { available: true }
        : { available: false, reason: 'this browser has no WebAssembly' };
    },
    async create({ threads }) {
      const { openOrtWeb } = await import('./session/ort-web.ts');
      // Threads share memory, which a page may only do when it is cross-origin isolated.
      const allowed = globalThis.crossOriginIsolated ? threads : 1;
      return new HostRuntime(openOrtWeb(await import('onnxruntime-web/wasm'), allowed));
    },
  },
];

/** Settings of the surroundings; a page has none. */
export function setting(_name: string): string | undefined {
  return undefined;
}

/** What a page may know of its machine. */
export function machineFacts(): MachineFacts {
  const cores = navigator.hardwareConcurrency || 1;
  return { platform: 'browser', arch: 'wasm', cpu: 'unknown', cores, memoryBytes: null, features: 'unknown' };
}

/** Tells the user something that is not an error. */
export function notice(message: string): void {
  console.info(message);
}
