import type { TypedArray } from '../core/index.ts';
import { Node, type Type, topologicalOrder, type Value } from '../graph/index.ts';
import * as ops from '../ops/index.ts';
import type { LeafSource } from './sources.ts';
import { lift, Tensor } from './tensor.ts';

/** What is trained in a graph, what is not, and which values are worth keeping. */
export interface FrontierOptions {
  readonly trained: readonly Tensor[];
  readonly frozen: readonly Tensor[];
  /** Whether a value of this kind can be kept. Where not, those that it is made from are looked at. */
  readonly accepts: (type: Type) => boolean;
}

/** What `frozenFrontier` found. */
export interface Frontier {
  /** The values, those that others are made from first. */
  readonly values: readonly Tensor[];
  /** The contents of the frozen tensors that the values were made from. While these are the same, so are the values. */
  readonly contents: readonly Value[];
}

/**
 * The last values in the graph of `root` that follow from frozen tensors and other data alone: neither a trained tensor nor
 * a random number is under them, and what reads them has one. They need no gradient, and are the same whenever the data are.
 * Values that no frozen tensor went into, such as a mask, are left out: there is nothing to save by keeping them.
 */
export function frozenFrontier(root: Tensor, { trained, frozen, accepts }: FrontierOptions): Frontier {
  const live = new Set(trained.map(({ value }) => value.node));
  const weights = new Set(frozen.map(({ value }) => value.node));
  const changing = new Set<Node>();
  const costly = new Set<Node>();
  const fromData = new Set<Node>();
  for (const node of topologicalOrder([root.value])) {
    const reaches = (set: ReadonlySet<Node>) => node.inputs.some((input) => input !== null && set.has(input.node));
    const isRandom = (node.source as LeafSource | null)?.kind === 'random';
    if (live.has(node) || isRandom || reaches(changing)) changing.add(node);
    if (weights.has(node) || reaches(costly)) costly.add(node);
    if ((ops.isData(node) && !live.has(node) && !weights.has(node)) || reaches(fromData)) fromData.add(node);
  }
  const found = new Set<Value>();
  const seen = new Set([root.value.node]);
  const open = [root.value.node];
  while (open.length > 0) {
    for (const input of open.pop()!.inputs) {
      if (!input || !costly.has(input.node) || !fromData.has(input.node)) continue;
      if (!changing.has(input.node) && accepts(input)) found.add(input);
      else if (!seen.has(input.node)) {
        seen.add(input.node);
        open.push(input.node);
      }
    }
  }
  const under = topologicalOrder(found);
  const places = new Map(under.map((node, place) => [node, place]));
  const sorted = [...found].sort((a, b) => places.get(a.node)! - places.get(b.node)! || a.index - b.index);
  return {
    values: sorted.map((value) => new Tensor(value)),
    contents: under.filter((node) => weights.has(node)).map((node) => node.outputs[0]!),
  };
}

/**
 * `root` with values under it given rather than computed. What they were computed from is not computed for it any more,
 * except for what was checkpointed above them, which computes itself again from the beginning.
 */
export function withContents(root: Tensor, contents: ReadonlyMap<Tensor, TypedArray>): Tensor {
  const rebuilt = new Map<Value, Value>();
  for (const [{ value }, data] of contents) {
    const { shape, dtype } = value;
    rebuilt.set(value, ops.data({ shape, dtype }, { kind: 'host', data } as ops.HostSource));
  }
  const given = new Set(Array.from(rebuilt.keys(), ({ node }) => node));
  for (const node of topologicalOrder([root.value], (each) => given.has(each))) {
    const inputs = node.inputs.map((input) => input && (rebuilt.get(input) ?? input));
    if (inputs.every((input, i) => input === node.inputs[i])) continue;
    const copy = new Node(node.row, inputs, node.attributes, node.outputs, node.source);
    for (const output of node.outputs) rebuilt.set(output, copy.outputs[output.index]!);
  }
  return lift(rebuilt.get(root.value) ?? root.value, root);
}
