import type { Shape, TypedArray } from '../core/index.ts';
import { type Node, topologicalOrder, type Value } from '../graph/index.ts';
import { type HostSource, isData } from '../ops/index.ts';
import { executePrepared, type Placement, prepare } from './engine.ts';
import type { LeafSource } from './sources.ts';
import type { Tensor } from './tensor.ts';

/** Where two runtimes part: the first step of a computation whose inputs agree and whose result does not. */
export interface Difference {
  /** The op, as errors name it. */
  readonly op: string;
  readonly shape: Shape;
  /** How many steps of the computation come before it. */
  readonly step: number;
  /** The element that differs most, counted row by row, and what each runtime gives for it. */
  readonly element: number;
  readonly here: number;
  readonly there: number;
  /** Its distance, relative to the largest element of `here`. */
  readonly distance: number;
}

/**
 * The first step at which two runtimes (or two precisions of one) differ in computing these tensors, or null where they agree.
 * It is found by bisection: steps in the middle are computed on both, so that a graph of n steps takes about log n runs.
 * Leaves are copied to both; nothing is moved.
 * @example
 * import { firstDifference, randn } from 'qkv';
 * const x = randn([8, 8]);
 * const y = x.matmul(x).tanh();
 * console.log(await firstDifference([y], { device: 'cpu' }, { device: 'wasm' })); // null
 */
export async function firstDifference(
  tensors: readonly Tensor[],
  here: Placement,
  there: Placement,
  { tolerance = 1e-4 }: { readonly tolerance?: number } = {},
): Promise<Difference | null> {
  const values = tensors.map(({ value }) => value);
  const order = topologicalOrder(values).filter((node) => !isData(node));
  const leaves = new Map<Node, LeafSource>();
  const found = new Map<Value, Difference | null>();
  const compare = async (value: Value): Promise<Difference | null> => {
    if (isData(value.node)) return null;
    const known = found.get(value);
    if (known !== undefined) return known;
    const [a, b] = [await compute(value, here, leaves), await compute(value, there, leaves)];
    const result = widest(a, b, tolerance);
    const difference = result && { op: value.node.row.name, shape: value.shape, step: order.indexOf(value.node), ...result };
    found.set(value, difference);
    return difference;
  };
  const firstOf = async (candidates: readonly Value[]): Promise<Value | null> => {
    for (const value of candidates) if (await compare(value)) return value;
    return null;
  };
  let last = await firstOf(values);
  if (last === null) return null;
  for (;;) {
    const target: Value = last;
    const before = topologicalOrder([target]).filter((node) => !isData(node));
    let [low, high] = [0, before.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      const differing = await firstOf(before[middle]!.outputs);
      if (differing) [last, high] = [differing, middle];
      else low = middle + 1;
    }
    // Steps beside the one that was found may have agreed: go on from an input that does not.
    const cause: Value | null = await firstOf(last.node.inputs.filter((input) => input !== null));
    if (cause === null) return found.get(last)!;
    last = cause;
  }
}

async function compute(value: Value, place: Placement, contents: Map<Node, LeafSource>): Promise<TypedArray> {
  const graph = prepare([{ value }]);
  for (const leaf of graph.leaves) if (!contents.has(leaf)) contents.set(leaf, await copied(leaf.source as LeafSource));
  const [buffer] = await executePrepared(
    graph,
    graph.leaves.map((leaf) => contents.get(leaf)!),
    { device: place },
  );
  const data = await buffer!.runtime.read(buffer!);
  buffer!.dispose();
  return data;
}

/** A leaf's content in JavaScript memory, for a runtime of any kind; a random one stays its key. */
async function copied(source: LeafSource): Promise<LeafSource> {
  if (source.kind === 'random') return source;
  const data = source.kind === 'buffer' ? await source.buffer.runtime.read(source.buffer) : source.data;
  return { kind: 'host', data } satisfies HostSource;
}

function widest(
  a: TypedArray,
  b: TypedArray,
  tolerance: number,
): Pick<Difference, 'element' | 'here' | 'there' | 'distance'> | null {
  const numbers = [
    Array.from(a as ArrayLike<number | bigint>, Number),
    Array.from(b as ArrayLike<number | bigint>, Number),
  ] as const;
  const scale = numbers[0].reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0) || 1;
  let element = -1;
  let distance = tolerance;
  for (const [i, x] of numbers[0].entries()) {
    const y = numbers[1][i]!;
    if (Object.is(x, y) || x === y) continue;
    const apart = Math.abs(x - y) / scale;
    // Written so that NaN counts as far away.
    if (!(apart <= distance)) [element, distance] = [i, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart];
  }
  return element < 0 ? null : { element, here: numbers[0][element]!, there: numbers[1][element]!, distance };
}
