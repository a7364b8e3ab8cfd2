import { ConfigError, DisposedError, randomBytes, sizeOf, type TypedArray } from '../core/index.ts';
import type { Node, Value } from '../graph/index.ts';
import { isData } from '../ops/index.ts';
import { type Binding, type Device, openRuntime, type Precision, type Runtime, type RuntimeBuffer } from '../runtime/index.ts';
import { randomPart } from './narrow-random.ts';
import { type Aliases, assertAlive, type CacheStatistics, type FrozenLeaf, ProgramCache, planKey } from './programs.ts';
import { isFrozenSource, type LeafSource, type RandomSource } from './sources.ts';

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
  /** The device (or the runtime) to compute on where no input lies on one already. */
  readonly device?: Device | Placement | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether one program serves tensors of all shapes. If false, their lengths are part of it: it runs faster where they say
   * something to the runtime, and for each new combination of shapes another is compiled, with a copy of what is frozen.
   * Default: as `setDefaultDevice` said. Like torch.compile's `dynamic`.
   */
  readonly dynamic?: boolean | undefined;
}

const caches = new Map<Runtime, ProgramCache>();

/** Where tensors lie, and so what computes with them. What is left out is as `setDefaultDevice` said, or else the best there is. */
export interface Placement {
  readonly device?: Device | undefined;
  /** A runtime by its name, as `qkv doctor` lists them. */
  readonly runtime?: string | undefined;
  /** What products are computed in. */
  readonly precision?: Precision | undefined;
}

/** What graphs run with that lie on no device yet. */
export interface DefaultOptions extends Omit<Placement, 'device'> {
  /** Default: as many as there are cores. */
  readonly threads?: number | undefined;
  /** As in `evaluate`, whose default this is; it is for `optimizer.step` too. Default true. */
  readonly dynamic?: boolean | undefined;
}

let defaults: Placement & DefaultOptions = {};

/** Sets where graphs run that lie on no device yet, and how. `null`: on the best device there is. */
export function setDefaultDevice(device: Device | null, options: DefaultOptions = {}): void {
  defaults = { ...options, ...(device && { device }) };
}

/** The runtime on which graphs of this place run; opened on first use. */
export function runtimeFor(place: Device | Placement | null | undefined): Promise<Runtime> {
  const { device, runtime, precision }: Placement = typeof place === 'string' ? { device: place } : (place ?? {});
  const { threads } = defaults;
  // A device that is asked for stands for itself, not for the default's runtime.
  const name = runtime ?? (device && device !== defaults.device ? undefined : defaults.runtime);
  const wanted = device ?? (runtime ? undefined : defaults.device);
  const narrow = precision ?? defaults.precision;
  return openRuntime({
    ...(wanted && { device: wanted }),
    ...(name && { name }),
    ...(threads && { threads }),
    ...(narrow && { precision: narrow }),
  });
}

function cacheOf(runtime: Runtime): ProgramCache {
  let cache = caches.get(runtime);
  if (!cache) {
    cache = new ProgramCache(runtime);
    caches.set(runtime, cache);
  }
  return cache;
}

/** A graph whose structure was read, so that it can be run many times with other contents of its leaves. */
export interface PreparedGraph {
  readonly key: string;
  readonly order: readonly Node[];
  readonly aliases: Aliases;
  readonly leaves: readonly Node[];
  readonly wants: readonly Want[];
  /** Leaves whose contents become part of the compiled program: it is faster then, and compiled anew when one changes. */
  readonly frozen: ReadonlySet<Node>;
  /** Whether one program may serve many shapes. Where not, it is compiled for these. */
  readonly dynamic: boolean;
}

/** Reads a graph's structure. */
export function prepare(
  wants: readonly Want[],
  { frozen = new Set(), dynamic }: { readonly frozen?: ReadonlySet<Node>; readonly dynamic?: boolean | undefined } = {},
): PreparedGraph {
  const replaced = wants.map(({ over }) => over?.node ?? null);
  const read = planKey(
    wants.map(({ value }) => value),
    replaced,
  );
  const leaves = read.order.filter(isData);
  const constant = leaves.filter(({ source }) => isFrozenSource(source as LeafSource));
  const isDynamic = dynamic ?? defaults.dynamic ?? true;
  return {
    ...read,
    key: isDynamic ? read.key : `${read.key} static`,
    leaves,
    wants,
    frozen: constant.length === 0 ? frozen : new Set([...frozen, ...constant]),
    dynamic: isDynamic,
  };
}

/** Computes values, all in one run, and gives the buffers that hold them. */
export function execute(wants: readonly Want[], options: ExecuteOptions = {}): Promise<RuntimeBuffer[]> {
  const graph = prepare(wants, options);
  return executePrepared(
    graph,
    graph.leaves.map(({ source }) => source as LeafSource),
    options,
  );
}

/** Computes a prepared graph with these contents of its leaves. */
export async function executePrepared(
  graph: PreparedGraph,
  sources: readonly LeafSource[],
  { device, signal }: ExecuteOptions = {},
): Promise<RuntimeBuffer[]> {
  signal?.throwIfAborted();
  const { order, aliases, leaves, wants, dynamic } = graph;
  const runtime = await runtimeOfSources(sources, device);
  const values = wants.map(({ value }) => value);
  const weights = () => frozenLeaves(runtime, graph, sources);
  const plan = await cacheOf(runtime).find(frozenKey(graph, sources), order, values, aliases, weights, dynamic);
  assertAlive(plan);
  const passing: RuntimeBuffer[] = [];
  const made: RuntimeBuffer[] = [];
  let results: RuntimeBuffer[] = [];
  try {
    // Only of what the program reads: what nobody needs was cleaned out of it.
    const bindings = new Map<number, Binding>();
    const bindingOf = (leaf: number): Binding => {
      let binding = bindings.get(leaf);
      if (!binding) {
        const value = leaves[leaf]!.outputs[0]!;
        binding = { buffer: contentOf(runtime, value, sources[leaf]!, passing), shape: value.shape };
        bindings.set(leaf, binding);
      }
      return binding;
    };
    const inputs = plan.slots.map((slot): Binding => {
      if (typeof slot === 'number') return bindingOf(slot);
      if (!('leaf' in slot)) return slot;
      const buffer = upload(runtime, randomPart((sources[slot.leaf] as RandomSource).key, slot.part), 'uint8');
      passing.push(buffer);
      return { buffer, shape: slot.shape };
    });
    const outputs = wants.map(({ value, into }, i): Binding => {
      let buffer = plan.inPlace[i] ? bindingOf(aliases[i]!).buffer : into;
      if (!buffer) {
        buffer = runtime.allocate(value.dtype, sizeOf(value.shape));
        made.push(buffer);
      }
      return { buffer, shape: plan.shapes[i]! };
    });
    await plan.program.run(inputs, outputs, signal ? { signal } : {});
    results = outputs.map(({ buffer }) => buffer);
  } catch (error) {
    for (const buffer of made) buffer.dispose();
    throw error;
  } finally {
    // A leaf of a few numbers may have been written over: then its memory is the result's.
    const kept = new Set(results);
    for (const buffer of passing) if (!kept.has(buffer)) buffer.dispose();
  }
  return results;
}

/** Frees the program that has these contents in it; for those that nobody will ask for again. */
export async function forget(graph: PreparedGraph, sources: readonly LeafSource[]): Promise<void> {
  const key = frozenKey(graph, sources);
  for (const cache of caches.values()) await cache.forget(key);
}

const identities = new WeakMap<LeafSource, number>();
let identityCount = 0;

/** A number for a content: a tensor that is given another has another source, even where that lies in the same memory. */
function identityOf(source: LeafSource): number {
  let identity = identities.get(source);
  if (identity === undefined) {
    identity = identityCount++;
    identities.set(source, identity);
  }
  return identity;
}

function frozenKey({ key, leaves, frozen }: PreparedGraph, sources: readonly LeafSource[]): string {
  if (frozen.size === 0) return key;
  return `${key} ${leaves.map((leaf, i) => (frozen.has(leaf) ? identityOf(sources[i]!) : '_'))}`;
}

/** The contents that become part of a program, in the host's memory. */
async function frozenLeaves(
  runtime: Runtime,
  { leaves, frozen }: PreparedGraph,
  sources: readonly LeafSource[],
): Promise<FrozenLeaf[]> {
  const found: FrozenLeaf[] = [];
  for (const [i, leaf] of leaves.entries()) {
    const source = sources[i]!;
    if (!frozen.has(leaf)) continue;
    let data: TypedArray;
    if (source.kind === 'random') throw new Error('a random leaf cannot be frozen');
    if (source.kind === 'host') data = source.data;
    else data = runtime.view(source.buffer) ?? (await runtime.read(source.buffer));
    found.push({ leaf, data, identity: identityOf(source) });
  }
  return found;
}

/** The buffer that holds a leaf's content; added to `passing` when it is for this run only. */
function contentOf(runtime: Runtime, { dtype, shape }: Value, source: LeafSource, passing: RuntimeBuffer[]): RuntimeBuffer {
  if (source.kind === 'buffer') {
    if (source.overwrittenBy) {
      throw new DisposedError(
        `evaluate: a tensor was computed from values that ${source.overwrittenBy} has since overwritten. Evaluate it before that; gradients are cleared by optimizer.zeroGrad() after each step.`,
      );
    }
    return source.buffer;
  }
  if (source.kind === 'host' && 'uploaded' in source) {
    const { uploaded } = source;
    if (!uploaded || uploaded.disposed || uploaded.runtime !== runtime) source.uploaded = upload(runtime, source.data, dtype);
    return source.uploaded!;
  }
  const data = source.kind === 'random' ? randomBytes(source.key, sizeOf(shape)) : source.data;
  const buffer = upload(runtime, data, dtype);
  passing.push(buffer);
  return buffer;
}

function upload(runtime: Runtime, data: TypedArray, dtype: Value['dtype']): RuntimeBuffer {
  const buffer = runtime.allocate(dtype, data.length);
  runtime.write(buffer, data);
  return buffer;
}

/** The one runtime on which the leaves' data lie, or else the one they want to go to. */
async function runtimeOfSources(sources: readonly LeafSource[], device: Device | Placement | undefined): Promise<Runtime> {
  let held: Runtime | null = null;
  let wanted: Device | Placement | null = device ?? null;
  let uploaded: Runtime | null = null;
  for (const source of sources) {
    if (source.kind === 'buffer') {
      const { runtime } = source.buffer;
      if (held && runtime !== held) {
        throw new ConfigError(
          `evaluate: the inputs lie on two devices, ${placeOf(held)} and ${placeOf(runtime)}; all must lie on one. Move them with to(), which takes a device, or { runtime, precision }.`,
        );
      }
      held = runtime;
    } else if (source.kind === 'host' && 'uploaded' in source) {
      wanted ??= source.device;
      uploaded ??= source.uploaded?.runtime ?? null;
    }
  }
  // What still lies in JavaScript memory follows; it is uploaded again where it has to be.
  return held ?? (wanted ? runtimeFor(wanted) : (uploaded ?? runtimeFor(null)));
}

function placeOf({ device, name, precision }: Runtime): string {
  return `${device} (${name}${precision === 'float32' ? '' : ` in ${precision}`})`;
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
