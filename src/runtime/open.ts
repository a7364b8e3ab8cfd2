import { machineFacts, notice, rows, setting } from '#runtime-rows';
import { ConfigError, UnsupportedError } from '../core/index.ts';
import type { Availability, Device, Precision, Runtime, RuntimeInstaller, RuntimeRequest, RuntimeRow } from './runtime.ts';

export { machineFacts };

const opened = new Map<string, Promise<Runtime>>();
const told = new Set<string>();
const precisions: readonly Precision[] = ['float32', 'bfloat16'];

/** The runtime that a request would get, and why that one. */
export interface RuntimeChoice {
  readonly name: string;
  readonly device: Device;
  /** Other than the one asked for where nothing here computes in that. */
  readonly precision: Precision;
  readonly threads: number;
  /** Why this one and not another, in words. */
  readonly reason: string;
}

/** A row that could be opened, and how. */
interface Candidate extends RuntimeChoice {
  readonly row: RuntimeRow;
}

/**
 * The best runtime available, or the best of those asked for. What the request leaves open is taken from the environment:
 * `QKV_RUNTIME` (a name), `QKV_DEVICE`, `QKV_THREADS`, `QKV_PRECISION`; after that from what is installed, with as many
 * threads as cores, in float32. The same request gets the same runtime until that is disposed.
 * @throws ConfigError for a name, device, precision or thread count that does not exist.
 * @throws UnsupportedError when nothing that was asked for runs here; the message says why not.
 */
export async function openRuntime(request: RuntimeRequest = {}): Promise<Runtime> {
  const { candidates, skipped, narrow } = await survey(request);
  for (const { row, threads, precision } of candidates) {
    try {
      const runtime = await open(row, threads, precision);
      if (narrow && precision !== narrow.wanted) tellPrecision(runtime, narrow);
      else if (skipped.length > 0) tellFallback(runtime, skipped);
      return runtime;
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      skipped.push(`${row.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new UnsupportedError(`openRuntime: no runtime${asked(request)} can run here; ${skipped.join('; ')}.`);
}

/**
 * Which runtime `openRuntime` takes for a request, and why; opens none. Null where none can be opened.
 * @throws ConfigError as `openRuntime`.
 */
export async function chooseRuntime(request: RuntimeRequest = {}): Promise<RuntimeChoice | null> {
  const { candidates } = await survey(request);
  if (!candidates[0]) return null;
  const { row: _, ...choice } = candidates[0];
  return choice;
}

/** All runtimes that qkv knows on this platform, whether each can be opened, and why not. */
export function probeRuntimes(): Promise<{ name: string; device: Device; availability: Availability }[]> {
  return Promise.all(rows.map(async (row) => ({ name: row.name, device: row.device, availability: await row.probe() })));
}

/** The runtimes that `qkv runtime install` can bring, by name. */
export async function runtimeInstallers(): Promise<ReadonlyMap<string, RuntimeInstaller>> {
  const installers = new Map<string, RuntimeInstaller>();
  for (const { name, installer } of rows) if (installer) installers.set(name, await installer());
  return installers;
}

/** What could be opened for a request, best first, and why the rest could not. */
async function survey(request: RuntimeRequest): Promise<{
  readonly candidates: readonly Candidate[];
  readonly skipped: string[];
  /** The precision asked for, where it is not the usual one, and why each row does not have it. */
  readonly narrow: { readonly wanted: Precision; readonly lacking: readonly string[] } | null;
}> {
  const { name, device } = resolved(request);
  const threads = threadCount(request.threads);
  const wanted = precisionOf(request.precision);
  const eligible = rows.filter((row) => (!name || row.name === name) && (!device || row.device === device));
  if (eligible.length === 0) {
    const known = rows.map((row) => `${row.name} on ${row.device}`).join(', ');
    throw new ConfigError(`openRuntime: there is no runtime${asked(request)}; here are ${known}.`);
  }
  const candidates: Candidate[] = [];
  const skipped: string[] = [];
  const lacking: string[] = [];
  for (const row of eligible) {
    const availability = await row.probe();
    if (!availability.available) {
      // One that has to be asked for is no loss where it was not.
      if (!row.installer || name || eligible.length === 1) skipped.push(`${row.name}: ${availability.reason}`);
      if (row.installer) lacking.push(`${row.name}: ${availability.reason}`);
      continue;
    }
    const bfloat16 = wanted === 'bfloat16' ? await row.bfloat16() : null;
    if (bfloat16 && !bfloat16.available) lacking.push(`${row.name}: ${bfloat16.reason}`);
    const precision = bfloat16?.available ? 'bfloat16' : 'float32';
    const place = name
      ? 'asked for by name'
      : bfloat16?.available
        ? 'computes products in bfloat16 on this processor'
        : row.place;
    const left = row.leaves?.();
    const reason = left ? `${place}; ${left}` : place;
    candidates.push({ row, name: row.name, device: row.device, precision, threads, reason });
  }
  const told = candidates.map((candidate) =>
    candidate.precision === wanted
      ? candidate
      : { ...candidate, reason: `${candidate.reason}; not in ${wanted}: ${lacking.join('; ')}` },
  );
  told.sort((a, b) => Number(b.precision === wanted) - Number(a.precision === wanted));
  return { candidates: told, skipped, narrow: wanted === 'float32' ? null : { wanted, lacking } };
}

async function open(row: RuntimeRow, threads: number, precision: Precision): Promise<Runtime> {
  const key = `${row.name} ${threads} ${precision}`;
  for (;;) {
    const known = opened.get(key);
    if (!known) break;
    const runtime = await known;
    if (!runtime.disposed) return runtime;
    // Another caller may have replaced it while this one waited.
    if (opened.get(key) === known) opened.delete(key);
  }
  const opening = row.create({ threads, precision });
  opened.set(key, opening);
  opening.catch(() => opened.delete(key));
  return opening;
}

/** Name and device, of the request or else of the environment. */
function resolved({ name, device }: RuntimeRequest): { name: string | undefined; device: string | undefined } {
  return {
    name: name ?? (device ? undefined : setting('QKV_RUNTIME')),
    device: device ?? (name ? undefined : setting('QKV_DEVICE')),
  };
}

function threadCount(requested: number | undefined): number {
  const text = setting('QKV_THREADS');
  const threads = requested ?? (text === undefined ? machineFacts().cores : Number(text));
  if (Number.isInteger(threads) && threads >= 1 && threads <= 1024) return threads;
  const source = requested === undefined ? `QKV_THREADS is ${text}` : `threads is ${requested}`;
  throw new ConfigError(`openRuntime: ${source}; it must be a whole number from 1 to 1024.`);
}

function precisionOf(requested: Precision | undefined): Precision {
  const precision = requested ?? setting('QKV_PRECISION') ?? 'float32';
  if ((precisions as readonly string[]).includes(precision)) return precision as Precision;
  const source = requested === undefined ? 'QKV_PRECISION' : 'precision';
  throw new ConfigError(`openRuntime: ${source} is ${precision}; it must be ${precisions.join(' or ')}.`);
}

function asked(request: RuntimeRequest): string {
  const { name, device } = resolved(request);
  return `${name ? ` named ${name}` : ''}${device ? ` on the device ${device}` : ''}`;
}

// Only where a native runtime could be: a page on WASM has nothing to mend.
function tellFallback(runtime: Runtime, skipped: readonly string[]): void {
  if (!rows.some(({ device }) => device === 'cpu')) return;
  const slower = runtime.device === 'wasm' ? ', several times slower than native' : '';
  tellOnce(
    'fallback',
    `qkv: running on ${runtime.name} (${runtime.device}${slower}); not on ${skipped.join('; ')}. qkv doctor tells more.`,
  );
}

function tellPrecision(
  { name, precision }: Runtime,
  { wanted, lacking }: { readonly wanted: Precision; readonly lacking: readonly string[] },
): void {
  tellOnce('precision', `qkv: computing in ${precision} on ${name}, not in ${wanted}; ${lacking.join('; ')}.`);
}

/** Tells, once, that graphs of a kind are computed by the runtime that stands in. */
export function tellStandIn(runtime: Runtime, standIn: Runtime, lack: string): void {
  const place = ({ name, precision }: Runtime) => `${name} in ${precision}`;
  tellOnce(`stand-in ${lack}`, `qkv: computing on ${place(standIn)}, not on ${place(runtime)}, a graph that has ${lack}.`);
}

function tellOnce(subject: string, message: string): void {
  if (told.has(subject)) return;
  told.add(subject);
  notice(message);
}
