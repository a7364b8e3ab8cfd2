import { UnsupportedError } from '../core/index.ts';
import { HostRuntime } from './host-runtime.ts';
import { readMachine } from './machine.node.ts';
import { findLibrary, findPackage } from './ort/library.node.ts';
import type { Availability, RuntimeRow } from './runtime.ts';

/** The ways to run models under Node, best first. */
export const rows: readonly RuntimeRow[] = [
  {
    name: 'ort',
    device: 'cpu',
    async probe(): Promise<Availability> {
      const library = findLibrary();
      if ('reason' in library) return { available: false, reason: library.reason };
      return loads('koffi', () => import('koffi'));
    },
    async create({ threads }) {
      const library = findLibrary();
      if ('reason' in library) throw new UnsupportedError(`ort: ${library.reason}.`);
      const { openOrt } = await import('./ort/ort.node.ts');
      return new HostRuntime(openOrt(library.path, threads));
    },
  },
  {
    name: 'ort-binding',
    device: 'cpu',
    probe: () => loads('onnxruntime-node', () => import('onnxruntime-node')),
    async create({ threads }) {
      const { openOrtBinding } = await import('./session/ort-binding.node.ts');
      return new HostRuntime(openOrtBinding(threads));
    },
  },
  {
    name: 'ort-web',
    device: 'wasm',
    probe: async () => findPackage('onnxruntime-web'),
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
