import { ConfigError, DisposedError, randomBytes, sizeOf, type TypedArray } from '../core/index.ts';
import type { Node, Value } from '../graph/index.ts';
import { isData } from '../ops/index.ts';
import { type Binding, type Device, openRuntime, type Runtime, type RuntimeBuffer } from '../runtime/index.ts';
import { assertAlive, type CacheStatistics, type Plan, ProgramCache, planKey } from './programs.ts';
import { type LeafSource, runtimeOf } from './sources.ts';

/** What to compute, and whose memory may receive it. At most one of `into` and `over`. */
export interface Want {
  readonly value: Value;
  /** A buffer that no one reads any more. */
  readonly into?: RuntimeBuffer | undefined;
  /** A leaf that this value replaces: its memory is taken where no other reader could see the new content too early. */
  readonly over?: Value | undefined;
}

/** Where and how to compute. */
export interface ExecuteOptions {
  /** The device to compute on where no input lies on one already. */
  readonly device?: Device | undefined;
  readonly signal?: AbortSignal | undefined;
}

const caches = new Map<Runtime, ProgramCache>();
let defaultDevice: Device | null = null;
let defaultThreads: number | undefined;

/** Sets the device, and its number of threads, for graphs that lie on no device yet. `null`: the best there is. */
export function setDefaultDevice(device: Device | null, { threads }: { readonly threads?: number } = {}): void {
  defaultDevice = device;
  defaultThreads = threads;
}

/** The runtime on which graphs of this device run; opened on first use. */
export function runtimeFor(device: Device | null | undefined): Promise<Runtime> {
  const wanted = device ?? defaultDevice;
  return openRuntime({ ...(wanted && { device: wanted }), ...(defaultThreads && { threads: defaultThreads }) });
}

function cacheOf(runtime: Runtime): ProgramCache {
  let cache = caches.get(runtime);
  if (!cache) {
    cache = new ProgramCache(runtime);
    caches.set(runtime, cache);
  }
  return cache;
}

/** Computes values, all in one run, and gives the buffers that hold them. */
export async function execute(wants: readonly Want[], options: ExecuteOptions = {}): Promise<RuntimeBuffer[]> {
  options.signal?.throwIfAborted();
  const values = wants.map(({ value }) => value);
  const { key, order, aliases } = planKey(
    values,
    wants.map(({ over }) => over?.node ?? null),
  );
  const leaves = order.filter(isData);
  const runtime = await runtimeOfLeaves(leaves, options.device);
  const plan = await cacheOf(runtime).find(key, order, values, aliases);
  assertAlive(plan);
  return runPlan(runtime, plan, leaves, wants, options.signal);
}

async function runPlan(
  runtime: Runtime,
  plan: Plan,
  leaves: readonly Node[],
  wants: readonly Want[],
  signal: AbortSignal | undefined,
): Promise<RuntimeBuffer[]> {
  const passing: RuntimeBuffer[] = [];
  const bindings = leaves.map((leaf) => bindLeaf(runtime, leaf, passing));
  const inputs = plan.slots.map((slot) => (typeof slot === 'number' ? bindings[slot]! : slot));
  const made: RuntimeBuffer[] = [];
  const outputs = wants.map(({ value, into, over }, i): Binding => {
    let buffer = over && plan.inPlace[i] ? bindings[leaves.indexOf(over.node)]!.buffer : into;
    if (!buffer) {
      buffer = runtime.allocate(value.dtype, sizeOf(value.shape));
      made.push(buffer);
    }
    return { buffer, shape: value.shape };
  });
  try {
    await plan.program.run(inputs, outputs, signal ? { signal } : {});
  } catch (error) {
    for (const buffer of made) buffer.dispose();
    throw error;
  } finally {
    // A leaf of a few numbers may have been written over: then its memory is the result's.
    const kept = new Set(outputs.map(({ buffer }) => buffer));
    for (const buffer of passing) if (!kept.has(buffer)) buffer.dispose();
  }
  return outputs.map(({ buffer }) => buffer);
}

function bindLeaf(runtime: Runtime, leaf: Node, passing: RuntimeBuffer[]): Binding {
  const { dtype, shape } = leaf.outputs[0]!;
  const source = leaf.source as LeafSource;
  if (source.kind === 'buffer') {
    if (source.overwrittenBy) {
      throw new DisposedError(
        `evaluate: a tensor was computed from values that ${source.overwrittenBy} has since overwritten. Evaluate it before, or detach what it needs.`,
      );
    }
    return { buffer: source.buffer, shape };
  }
  if (source.kind === 'random') {
    const buffer = upload(runtime, randomBytes(source.key, sizeOf(shape)), dtype);
    passing.push(buffer);
    return { buffer, shape };
  }
  if ('uploaded' in source) {
    if (!source.uploaded || source.uploaded.disposed) source.uploaded = upload(runtime, source.data, dtype);
    return { buffer: source.uploaded, shape };
  }
  const buffer = upload(runtime, source.data, dtype);
  passing.push(buffer);
  return { buffer, shape };
}

function upload(runtime: Runtime, data: TypedArray, dtype: Value['dtype']): RuntimeBuffer {
  const buffer = runtime.allocate(dtype, data.length);
  runtime.write(buffer, data);
  return buffer;
}

/** The one runtime on which the leaves' data lie, or else the one they want to go to. */
async function runtimeOfLeaves(leaves: readonly Node[], device: Device | undefined): Promise<Runtime> {
  let found: Runtime | null = null;
  let wanted: Device | null = device ?? null;
  for (const { source } of leaves) {
    const leaf = source as LeafSource;
    const runtime = runtimeOf(leaf);
    if (runtime && found && runtime !== found) {
      throw new ConfigError(
        `evaluate: the inputs lie on two devices, ${found.device} (${found.name}) and ${runtime.device} (${runtime.name}); all must lie on one. Move them with to(device).`,
      );
    }
    found ??= runtime;
    if (leaf.kind === 'host' && 'device' in leaf) wanted ??= leaf.device;
  }
  return found ?? runtimeFor(wanted);
}

/** What qkv holds, over all runtimes in use. */
export interface MemoryReport {
  /** Buffers of tensors that were not disposed, and their bytes. */
  readonly buffers: number;
  readonly bytes: number;
  /** Bytes kept for buffers to come. */
  readonly pooledBytes: number;
  /** The compile cache. */
  readonly cache: CacheStatistics;
}

/** What qkv holds at this moment: live buffers and the compile cache. */
export function memory(): MemoryReport {
  const total = { buffers: 0, bytes: 0, pooledBytes: 0 };
  const cache = { plans: 0, programs: 0, buffers: 0, bytes: 0, hits: 0, reshaped: 0, compiled: 0 };
  for (const [runtime, programs] of caches) {
    const held = runtime.memory();
    const statistics = programs.statistics();
    total.buffers += held.buffers - statistics.buffers;
    total.bytes += held.bytes - statistics.bytes;
    total.pooledBytes += held.pooledBytes;
    for (const name of Object.keys(cache) as (keyof typeof cache)[]) cache[name] += statistics[name];
  }
  return { ...total, cache };
}

/** Frees every compiled graph. The next evaluation compiles anew. */
export async function clearCache(): Promise<void> {
  for (const cache of caches.values()) await cache.clear();
}
