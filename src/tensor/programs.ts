import { DisposedError, type Shape, type TypedArray, UnsupportedError } from '../core/index.ts';
import { type Node, structureOf, type Type, type Value } from '../graph/index.ts';
import { encodeModel, type GraphInput, lower, optimize, overwriters } from '../onnx/index.ts';
import { isData } from '../ops/index.ts';
import { type Binding, type Program, type Runtime, tellStandIn, type Weight } from '../runtime/index.ts';
import { narrowRandom, type Part } from './narrow-random.ts';
import type { LeafSource } from './sources.ts';

/** What an output of a plan may overwrite: the leaf of this number, or nothing. */
export type Aliases = readonly (number | null)[];

/** One input of a program: the leaf of this number in the graph, a part of one of random bytes, or a vector that belongs to the plan. */
type Slot = number | RandomPart | Binding;

/** A part of the random bytes of the leaf of this number. */
interface RandomPart {
  readonly leaf: number;
  readonly part: Part;
  readonly shape: Shape;
}

/** A graph made ready to run: its program, and which leaf goes where. */
export interface Plan {
  readonly program: Program;
  readonly slots: readonly Slot[];
  /** The shape vectors among the slots, by content. */
  readonly vectors: readonly string[];
  /** The shape under which the program gives each output: the same elements, but perhaps another shape than was asked for. */
  readonly shapes: readonly Shape[];
  /** For each output, whether it may be written over the leaf it was meant to replace. */
  readonly inPlace: readonly boolean[];
}

/** A leaf whose content is to be part of the program, and that content. */
export interface FrozenLeaf {
  readonly leaf: Node;
  readonly data: TypedArray;
  /** A number that another content of the leaf does not have, should it come to lie in the same memory. */
  readonly identity: number;
}

/** How many plans and programs a runtime keeps. A plan costs its shape vectors, a program its session: hundreds of kilobytes. */
const planLimit = 512;
const programLimit = 64;

/** Counters of the compile cache. */
export interface CacheStatistics {
  readonly plans: number;
  readonly programs: number;
  /** Buffers that hold the plans' shape vectors, and their bytes. */
  readonly buffers: number;
  readonly bytes: number;
  /** How often a graph was found ready, was new only in its shapes, and was compiled. */
  readonly hits: number;
  readonly reshaped: number;
  readonly compiled: number;
}

/**
 * Compiled graphs of one runtime. Found by the graph's structure with its shapes; failing that by the bytes of the ONNX
 * model, which shapes are no part of, so that a new batch shape costs a lowering but no session. Least recently used go first.
 */
export class ProgramCache {
  readonly #runtime: Runtime;
  readonly #plans = new Map<string, Promise<Plan>>();
  readonly #programs = new Map<string, { readonly model: Uint8Array; readonly program: Promise<Program> }>();
  /** Shape vectors by content, with the number of uses: few differ, even among many plans. */
  readonly #vectors = new Map<string, { readonly binding: Binding; uses: number }>();
  #hits = 0;
  #reshaped = 0;
  #compiled = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /**
   * The plan for a graph, compiled now if there is none. `key` stands for its structure, and for the contents that `frozen`
   * leaves have now. Where it is not `dynamic`, lengths are part of the program.
   */
  find(
    key: string,
    order: readonly Node[],
    outputs: readonly Value[],
    aliases: Aliases,
    frozen: () => Promise<readonly FrozenLeaf[]>,
    dynamic: boolean,
  ): Promise<Plan> {
    const known = this.#plans.get(key);
    if (known) {
      this.#hits++;
      touch(this.#plans, key, known);
      return known;
    }
    const plan = this.#make(order, outputs, aliases, frozen, dynamic);
    this.#plans.set(key, plan);
    plan.catch(() => this.#plans.delete(key));
    if (this.#plans.size > planLimit) {
      const [oldest, dropped] = this.#plans.entries().next().value!;
      this.#plans.delete(oldest);
      // One that could not be made has nothing to release; who asked for it is told.
      void dropped.then((old) => this.#release(old)).catch(() => {});
    }
    return plan;
  }

  statistics(): CacheStatistics {
    return {
      plans: this.#plans.size,
      programs: this.#programs.size,
      buffers: this.#vectors.size,
      bytes: Array.from(this.#vectors.values(), ({ binding }) => binding.buffer.byteLength).reduce((a, b) => a + b, 0),
      hits: this.#hits,
      reshaped: this.#reshaped,
      compiled: this.#compiled,
    };
  }

  /** Frees every plan and program. */
  async clear(): Promise<void> {
    const plans = [...this.#plans.values()];
    const programs = [...this.#programs.values()];
    this.#plans.clear();
    this.#programs.clear();
    for (const plan of await Promise.allSettled(plans)) if (plan.status === 'fulfilled') this.#release(plan.value);
    for (const program of await Promise.allSettled(programs.map((entry) => entry.program)))
      if (program.status === 'fulfilled') program.value.dispose();
  }

  async #make(
    order: readonly Node[],
    outputs: readonly Value[],
    aliases: Aliases,
    frozen: () => Promise<readonly FrozenLeaf[]>,
    dynamic: boolean,
  ): Promise<Plan> {
    const runtime = await this.#runtimeFor(order);
    const leaves = order.filter(isData);
    const has = (opType: string) => runtime.has(opType);
    const { outputs: cleaned, leaves: narrow } = narrowRandom(optimize(outputs, has));
    const contents = new Map((await frozen()).map((one) => [one.leaf, one]));
    const { graph, inputs, weights } = lower(cleaned, has, { frozen: new Set(contents.keys()), dynamic });
    const model = encodeModel(graph);
    const program = await this.#program(
      runtime,
      model,
      inputs,
      graph.outputs.map(({ name }) => name),
      weights.map(({ name, leaf }) => ({ name, ...typeOf(leaf), data: contents.get(leaf)!.data })),
      weights.map(({ leaf }) => contents.get(leaf)!.identity),
    );
    const numbers = new Map(leaves.map((leaf, i) => [leaf, i]));
    const vectors: string[] = [];
    const slots = inputs.map((input): Slot => {
      if ('leaf' in input) {
        const whole = narrow.get(input.leaf);
        if (!whole) return numbers.get(input.leaf)!;
        return { leaf: numbers.get(whole.leaf)!, part: whole.part, shape: input.leaf.outputs[0]!.shape };
      }
      const key = input.dims.join();
      vectors.push(key);
      return this.#vector(key, input.dims);
    });
    const replaced = aliases.map((leaf) => (leaf === null ? null : leaves[leaf]!));
    const inPlace = runtime.overwrites ? overwriters(cleaned, replaced) : replaced.map(() => false);
    return { program, slots, vectors, inPlace, shapes: cleaned.map(({ shape }) => shape) };
  }

  /** Whose programs compute a graph: the runtime on which it lies, or the one that stands in for it where that lacks something. */
  async #runtimeFor(order: readonly Node[]): Promise<Runtime> {
    const lack = lackOf(this.#runtime, order);
    if (lack === null) return this.#runtime;
    const other = await this.#runtime.standIn();
    if (!other || lackOf(other, order) !== null)
      throw new UnsupportedError(`evaluate: the graph has ${lack}. Compute on another runtime (qkv doctor lists them).`);
    tellStandIn(this.#runtime, other, lack);
    return other;
  }

  async #program(
    runtime: Runtime,
    model: Uint8Array,
    inputs: readonly GraphInput[],
    outputs: readonly string[],
    weights: readonly Weight[],
    identities: readonly number[],
  ): Promise<Program> {
    const key = [fingerprint(model), ...identities].join();
    const known = this.#programs.get(key);
    if (known && sameBytes(known.model, model)) {
      touch(this.#programs, key, known);
      const program = await known.program;
      if (!program.disposed) {
        this.#reshaped++;
        return program;
      }
    }
    this.#compiled++;
    const program = runtime.compile(model, { inputs: inputs.map((_, i) => `i${i}`), outputs }, { weights });
    this.#programs.set(key, { model, program });
    program.catch(() => this.#programs.delete(key));
    if (this.#programs.size > programLimit) await this.#dropOldestProgram();
    return program;
  }

  /** Frees the program of a plan that holds contents which nobody will ask for again, and every plan of it. */
  async forget(key: string): Promise<void> {
    const plan = await this.#plans.get(key)?.catch(() => null);
    if (!plan) return;
    for (const [name, { program }] of this.#programs) {
      const settled = await Promise.race([program, null]);
      if (settled === plan.program) await this.#dropProgram(name, program);
    }
  }

  async #dropOldestProgram(): Promise<void> {
    const [name, { program }] = this.#programs.entries().next().value!;
    await this.#dropProgram(name, program);
  }

  async #dropProgram(name: string, program: Promise<Program>): Promise<void> {
    // Somebody else may have dropped it in the meantime, and it may have been compiled anew since.
    if (this.#programs.get(name)?.program !== program) return;
    this.#programs.delete(name);
    const dropped = await program;
    for (const [key, plan] of this.#plans) {
      // Plans still being made hold newer programs; the rest resolve at once.
      const settled = await Promise.race([plan, null]);
      if (settled?.program !== dropped) continue;
      this.#plans.delete(key);
      this.#release(settled);
    }
    dropped.dispose();
  }

  #vector(key: string, dims: readonly number[]): Binding {
    let vector = this.#vectors.get(key);
    if (!vector) {
      const buffer = this.#runtime.allocate('int64', dims.length);
      this.#runtime.write(buffer, BigInt64Array.from(dims, BigInt));
      vector = { binding: { buffer, shape: [dims.length] }, uses: 0 };
      this.#vectors.set(key, vector);
    }
    vector.uses++;
    return vector.binding;
  }

  #release(plan: Plan): void {
    for (const key of plan.vectors) {
      const vector = this.#vectors.get(key)!;
      vector.uses--;
      if (vector.uses > 0) continue;
      this.#vectors.delete(key);
      vector.binding.buffer.dispose();
    }
  }
}

/** What a runtime lacks for a graph, in words; null where it has all. */
function lackOf(runtime: Runtime, order: readonly Node[]): string | null {
  const { name } = runtime;
  // It would silently be float32.
  const isDouble = ({ outputs }: Node) => outputs.some(({ dtype }) => dtype === 'float64');
  if (!runtime.computes('float64') && order.some(isDouble)) return `float64, for which ${name} has no arithmetic`;
  if (!runtime.has('Scan') && order.some(({ row }) => row.loop))
    return `a loop, of which ${name} has none whose body sees values from outside`;
  return null;
}

function typeOf({ outputs: [value] }: Node): Type {
  const { dtype, shape } = value!;
  return { dtype, shape };
}

function touch<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
}

/** Two 32-bit FNV-1a sums over the bytes and their length; equality is checked on the bytes themselves. */
function fingerprint(bytes: Uint8Array): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x85ebca6b);
  }
  return `${bytes.length}:${a >>> 0}:${b >>> 0}`;
}

/**
 * 128 bits that stand for a text of tens of kilobytes, which would weigh more than the plan found by it.
 * Source: cyrb128, four multiplicative sums that are mixed at the end.
 */
function digest(text: string): string {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ code, 597399067);
    b = c ^ Math.imul(b ^ code, 2869860233);
    c = d ^ Math.imul(c ^ code, 951274213);
    d = a ^ Math.imul(d ^ code, 2716044179);
  }
  return [a, b, c, d, text.length].map((part) => (part >>> 0).toString(36)).join();
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The key under which a graph is cached, and the number of the leaf that each output may replace. */
export function planKey(
  outputs: readonly Value[],
  replaced: readonly (Node | null)[],
): { key: string; order: readonly Node[]; aliases: Aliases } {
  const { text: structure, order } = structureOf(outputs);
  // A plan that draws random bytes, or a part of them, is none for bytes that are given.
  const random = order.filter(isData).flatMap(({ source }, i) => ((source as LeafSource).kind === 'random' ? i : []));
  const text = random.length === 0 ? structure : `${structure}|random ${random}`;
  if (replaced.every((node) => node === null)) return { key: digest(text), order, aliases: replaced.map(() => null) };
  const numbers = new Map(order.filter(isData).map((leaf, i) => [leaf, i]));
  const aliases = replaced.map((node) => (node ? (numbers.get(node) ?? null) : null));
  return { key: digest(`${text}|${aliases}`), order, aliases };
}

/** Refuses to go on with a plan whose program was freed under it. */
export function assertAlive(plan: Plan): void {
  if (plan.program.disposed)
    throw new DisposedError('evaluate: the program was freed by clearCache while it was about to run; call again.');
}
