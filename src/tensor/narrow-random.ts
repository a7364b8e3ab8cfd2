import { type DTypeArrays, type RandomKey, randomBytes, sizeOf } from '../core/index.ts';
import { type Node, rebuild, topologicalOrder, type Value } from '../graph/index.ts';
import { data, isData, reshape, reshapeRow } from '../ops/index.ts';
import type { LeafSource } from './sources.ts';

/** The part of an array of `[outer, length, inner]` that goes from `start` up to `end` on the middle axis. */
export interface Part {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly start: number;
  readonly end: number;
}

/** A part of a leaf's random bytes. */
export interface NarrowLeaf {
  readonly leaf: Node;
  readonly part: Part;
}

/**
 * The graph with leaves of random bytes cut down to what is read of them. A dropout over attention weights of which only the
 * first query's count would otherwise draw a mask of `[B, H, T, T]`. The bytes of a place do not depend on what else is drawn.
 */
export function narrowRandom(outputs: readonly Value[]): {
  readonly outputs: readonly Value[];
  /** What each new leaf stands for. */
  readonly leaves: ReadonlyMap<Node, NarrowLeaf>;
} {
  const order = topologicalOrder(outputs);
  const leaves = new Map<Node, NarrowLeaf>();
  const random = order.filter((node) => isData(node) && (node.source as LeafSource).kind === 'random');
  if (random.length === 0) return { outputs, leaves };
  const readers = readersOf(order);
  const wanted = new Set(outputs);
  const replaced = new Map<Value, Value>();
  for (const leaf of random) {
    const slices = slicesOf(leaf.outputs[0]!, readers, wanted);
    if (!slices) continue;
    const parts = slices.map(partOf);
    const [first] = parts;
    if (!first || parts.some((part) => keyOf(part) !== keyOf(first))) continue;
    const { outer, inner, start, end } = first;
    const narrow = data({ shape: [outer, end - start, inner], dtype: leaf.outputs[0]!.dtype }, leaf.source!);
    leaves.set(narrow.node, { leaf, part: first });
    for (const {
      outputs: [y],
    } of slices)
      replaced.set(y!, reshape(narrow, { shape: y!.shape }));
  }
  if (leaves.size === 0) return { outputs, leaves };
  for (const node of order) rebuild(node, replaced);
  return { outputs: outputs.map((value) => replaced.get(value) ?? value), leaves };
}

function readersOf(order: readonly Node[]): ReadonlyMap<Value, readonly Node[]> {
  const readers = new Map<Value, Node[]>();
  for (const node of order) {
    for (const input of node.inputs) {
      if (!input) continue;
      const known = readers.get(input);
      if (known) known.push(node);
      else readers.set(input, [node]);
    }
  }
  return readers;
}

/** The slices through which alone a value is read, under whatever shape; null where something reads it otherwise. */
function slicesOf(
  value: Value,
  readers: ReadonlyMap<Value, readonly Node[]>,
  wanted: ReadonlySet<Value>,
): readonly Node[] | null {
  if (wanted.has(value)) return null;
  const slices: Node[] = [];
  for (const reader of readers.get(value) ?? []) {
    if (reader.row === reshapeRow.row) {
      const further = slicesOf(reader.outputs[0]!, readers, wanted);
      if (!further) return null;
      slices.push(...further);
    } else if (placesOf(reader)) slices.push(reader);
    else return null;
  }
  return slices;
}

/** From where to where on which axis a node takes its first input; null for any other node. */
function placesOf({ row, attributes }: Node) {
  const places = row.axes?.picks?.(attributes);
  return places && 'start' in places ? places : null;
}

function partOf(slice: Node): Part {
  const { shape } = slice.inputs[0]!;
  const { axis, start, end } = placesOf(slice)!;
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)), start, end };
}

/** The bytes of a part, in the order in which they stand in the whole. */
export function randomPart(key: RandomKey, { outer, length, inner, start, end }: Part): DTypeArrays['uint8'] {
  const run = (end - start) * inner;
  if (outer === 1) return randomBytes(key, run, start * inner);
  const bytes = new Uint8Array(outer * run);
  for (let i = 0; i < outer; i++) bytes.set(randomBytes(key, run, (i * length + start) * inner), i * run);
  return bytes;
}

const keyOf = ({ outer, length, inner, start, end }: Part) => `${outer} ${length} ${inner} ${start} ${end}`;
