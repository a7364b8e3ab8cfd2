import { machineFacts, notice, rows, setting } from '#runtime-rows';
import { ConfigError, UnsupportedError } from '../core/index.ts';
import type { Availability, Device, Runtime, RuntimeRequest, RuntimeRow } from './runtime.ts';

export { machineFacts } from '#runtime-rows';

const opened = new Map<string, Promise<Runtime>>();
let isTold = false;

/**
 * The best runtime available, or the best of those asked for. What the request leaves open is taken from the environment:
 * `QKV_RUNTIME` (a name), `QKV_DEVICE`, `QKV_THREADS`; after that from what is installed, with as many threads as cores.
 * The same request gets the same runtime until that is disposed.
 * @throws ConfigError for a name, device or thread count that does not exist.
 * @throws UnsupportedError when nothing that was asked for runs here; the message says why not.
 */
export async function openRuntime(request: RuntimeRequest = {}): Promise<Runtime> {
  const name = request.name ?? (request.device ? undefined : setting('QKV_RUNTIME'));
  const device = request.device ?? (request.name ? undefined : setting('QKV_DEVICE'));
  const threads = threadCount(request.threads);
  const wanted = rows.filter((row) => (!name || row.name === name) && (!device || row.device === device));
  if (wanted.length === 0) {
    const known = rows.map((row) => `${row.name} on ${row.device}`).join(', ');
    throw new ConfigError(`openRuntime: there is no runtime${describe(name, device)}; here are ${known}.`);
  }
  const skipped: string[] = [];
  for (const row of wanted) {
    const availability = await row.probe();
    if (!availability.available) {
      skipped.push(`${row.name}: ${availability.reason}`);
      continue;
    }
    try {
      const runtime = await open(row, threads);
      if (skipped.length > 0) tellFallback(runtime, skipped);
      return runtime;
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      skipped.push(`${row.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new UnsupportedError(`openRuntime: no runtime${describe(name, device)} can run here; ${skipped.join('; ')}.`);
}

/** All runtimes that qkv knows on this platform, whether each can be opened, and why not. */
export function probeRuntimes(): Promise<{ name: string; device: Device; availability: Availability }[]> {
  return Promise.all(rows.map(async (row) => ({ name: row.name, device: row.device, availability: await row.probe() })));
}

async function open(row: RuntimeRow, threads: number): Promise<Runtime> {
  const key = `${row.name} ${threads}`;
  for (;;) {
    const known = opened.get(key);
    if (!known) break;
    const runtime = await known;
    if (!runtime.disposed) return runtime;
    // Another caller may have replaced it while this one waited.
    if (opened.get(key) === known) opened.delete(key);
  }
  const opening = row.create({ threads });
  opened.set(key, opening);
  opening.catch(() => opened.delete(key));
  return opening;
}

function threadCount(requested: number | undefined): number {
  const text = setting('QKV_THREADS');
  const threads = requested ?? (text === undefined ? machineFacts().cores : Number(text));
  if (Number.isInteger(threads) && threads >= 1 && threads <= 1024) return threads;
  const source = requested === undefined ? `QKV_THREADS is ${text}` : `threads is ${requested}`;
  throw new ConfigError(`openRuntime: ${source}; it must be a whole number from 1 to 1024.`);
}

function describe(name: string | undefined, device: string | undefined): string {
  return `${name ? ` named ${name}` : ''}${device ? ` on the device ${device}` : ''}`;
}

// Only where a native runtime could be: a page on WASM has nothing to mend.
function tellFallback(runtime: Runtime, skipped: readonly string[]): void {
  if (isTold || !rows.some(({ device }) => device === 'cpu')) return;
  isTold = true;
  const slower = runtime.device === 'wasm' ? ', several times slower than native' : '';
  notice(`qkv: running on ${runtime.name} (${runtime.device}${slower}); not on ${skipped.join('; ')}. qkv doctor tells more.`);
}
