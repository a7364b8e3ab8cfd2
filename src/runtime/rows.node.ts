import { join } from 'node:path';
import { UnsupportedError } from '../core/index.ts';
import { HostRuntime } from './host-runtime.ts';
import { readMachine } from './machine.node.ts';
import { cacheFolder, findLibraries } from './openvino/libraries.node.ts';
import { commandLineReason, findLibrary, findPackage } from './ort/library.node.ts';
import type { Availability, RuntimeRow } from './runtime.ts';

const noBfloat16 = 'ONNX Runtime computes no products in bfloat16 on a CPU';

/** The ways to run models under Node, best first. */
export const rows: readonly RuntimeRow[] = [
  {
    name: 'ort',
    device: 'cpu',
    place: 'native; compiles a graph in a fraction of the time that openvino takes',
    async probe(): Promise<Availability> {
      const library = findLibrary();
      if ('reason' in library) return { available: false, reason: library.reason };
      return loads('koffi', () => import('koffi'));
    },
    bfloat16: async () => ({ available: false, reason: noBfloat16 }),
    async create({ threads }) {
      const library = findLibrary();
      if ('reason' in library) throw new UnsupportedError(`ort: ${library.reason}.`);
      const { openOrt } = await import('./ort/ort.node.ts');
      return new HostRuntime(openOrt(library.path, threads));
    },
  },
  {
    name: 'openvino',
    device: 'cpu',
    place: 'native; takes longer than ort to compile a graph, and runs most training steps faster after that',
    leaves: () => ('path' in findLibrary() ? 'loops and float64 are left to ort' : null),
    async probe(): Promise<Availability> {
      const libraries = findLibraries();
      if ('reason' in libraries) return { available: false, reason: libraries.reason };
      return loads('koffi', () => import('koffi'));
    },
    async bfloat16(): Promise<Availability> {
      const libraries = findLibraries();
      if ('reason' in libraries) return { available: false, reason: libraries.reason };
      const { computesBfloat16 } = await import('./openvino/openvino.node.ts');
      return computesBfloat16(libraries.paths)
        ? { available: true }
        : { available: false, reason: 'this processor has no products in bfloat16 (AVX512-BF16 or AMX on x86)' };
    },
    async create({ threads, precision }) {
      const libraries = findLibraries();
      if ('reason' in libraries) throw new UnsupportedError(`openvino: ${libraries.reason}.`);
      const { openOpenVino } = await import('./openvino/openvino.node.ts');
      const modelCache = join(cacheFolder(), 'compiled', 'openvino');
      const engine = openOpenVino(libraries.paths, { threads, precision, modelCache });
      const ort = findLibrary();
      if ('reason' in ort) return new HostRuntime(engine);
      const standIn = async () => (await import('./ort/ort.node.ts')).openOrt(ort.path, threads);
      return new HostRuntime(engine, { standIn });
    },
    installer: async () => (await import('./openvino/install.node.ts')).openVinoInstaller(),
  },
  {
    name: 'ort-binding',
    device: 'cpu',
    place: 'native; its runs hold up timers and cannot be stopped',
    async probe(): Promise<Availability> {
      const reason = commandLineReason();
      return reason ? { available: false, reason } : loads('onnxruntime-node', () => import('onnxruntime-node'));
    },
    bfloat16: async () => ({ available: false, reason: noBfloat16 }),
    async create({ threads }) {
      const { openOrtBinding } = await import('./session/ort-binding.node.ts');
      return new HostRuntime(openOrtBinding(threads));
    },
  },
  {
    name: 'ort-web',
    device: 'wasm',
    place: 'WebAssembly, several times slower than native',
    probe: async () => findPackage('onnxruntime-web'),
    bfloat16: async () => ({ available: false, reason: noBfloat16 }),
    async create({ threads }) {
      const { openOrtWeb } = await import('./session/ort-web.ts');
      // The package's build for Node reads its .wasm file from its own folder; its other doors would fetch it.
      return new HostRuntime(openOrtWeb(await import('onnxruntime-web'), threads));
    },
  },
];

/** Settings of the surroundings: the environment variables of the process. */
export function setting(name: string): string | undefined {
  return process.env[name] || undefined;
}

/** What is known of this machine. */
export const machineFacts = readMachine;

/** Tells the user something that is not an error. */
export function notice(message: string): void {
  process.stderr.write(`${message}\n`);
}

async function loads(name: string, load: () => Promise<unknown>): Promise<Availability> {
  const found = findPackage(name);
  if (!found.available) return found;
  try {
    await load();
    return { available: true };
  } catch (error) {
    return { available: false, reason: `${name} does not load: ${error instanceof Error ? error.message : String(error)}` };
  }
}
