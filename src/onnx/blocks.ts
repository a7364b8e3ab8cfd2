/**
 * Element-wise chains, block by block. Each element-wise operator goes over its whole array; a chain of ten over arrays
 * larger than the cache reads and writes main memory ten times. Here such a chain becomes one loop whose body runs the ten
 * on a block that stays in the cache. Results are the same to the last bit.
 */
import { sizeOf } from '../core/index.ts';
import { Node, type OpRow, plainFacts, rebuild, structureOf, topologicalOrder, type Value } from '../graph/index.ts';
import { data, reshape } from '../ops/index.ts';
import { overwriters } from './overwrite.ts';

/** Elements of a block: five float arrays of it fit a core's second-level cache of 1 to 2 MB. */
const blockElements = 128 * 1024;
/**
 * Arrays of fewer elements are left whole: several of them stay in the cache that the cores share, and a loop's rounds cost
 * more than they save. Measured on the gradient of gelu: 1.2 to 1.4 times as long in blocks at 2¹⁸ and 2¹⁹ elements, as long at
 * 2²⁰ and 1.5 · 2²⁰, 0.7 times as long from 2²¹ on.
 */
const fewestElements = 1.5 * 2 ** 20;
/** Chains of fewer ops gain less than the loop costs. */
const fewestOps = 3;

/** Nodes that will run as one loop. */
class Region {
  readonly nodes: Node[] = [];
  readonly size: number;
  #mergedInto: Region | null = null;

  constructor(size: number) {
    this.size = size;
  }

  /** The region that this one is part of by now. */
  get root(): Region {
    return this.#mergedInto?.root ?? this;
  }

  absorb(other: Region): void {
    this.nodes.push(...other.nodes);
    other.#mergedInto = this;
  }
}

/** The graph with its long element-wise chains over large arrays as loops over blocks. */
export function blockPointwise(outputs: readonly Value[]): Value[] {
  const order = topologicalOrder(outputs);
  const regions = findRegions(order);
  const wanted = new Set(outputs);
  for (const node of order) {
    for (const input of node.inputs) {
      if (input && regionOf(regions, input.node) !== regionOf(regions, node)) wanted.add(input);
    }
  }
  const rebuilt = new Map<Value, Value>();
  const current = (value: Value) => rebuilt.get(value) ?? value;
  for (const unit of unitsInOrder(outputs, regions)) {
    if (unit instanceof Region) {
      const results = unit.nodes.flatMap(({ outputs: [y] }) => (wanted.has(y!) ? [y!] : []));
      for (const [i, value] of loop(unit, results, current).entries()) rebuilt.set(results[i]!, value);
    } else rebuild(unit, rebuilt);
  }
  return outputs.map(current);
}

/** The region of a node that is worth a loop, or null. */
function regionOf(regions: ReadonlyMap<Node, Region>, node: Node): Region | null {
  const region = regions.get(node)?.root;
  return region && region.nodes.length >= fewestOps ? region : null;
}

/** In how many blocks an array is cut: a power of two, so that few sizes make few programs; 1 where it is small or odd. */
function blockCount(size: number): number {
  if (size < fewestElements) return 1;
  const blocks = 2 ** Math.ceil(Math.log2(size / blockElements));
  return blocks > 1 && size % blocks === 0 ? blocks : 1;
}

/** Whether a node may be part of a loop: each input is one number, or has exactly the output's elements. */
function isBlockable({ row, inputs, outputs: [y] }: Node): boolean {
  if (!row.pointwise || row.view || blockCount(sizeOf(y!.shape)) === 1) return false;
  return inputs.every((input) => input !== null && (sizeOf(input.shape) === 1 || input.shape.join() === y!.shape.join()));
}

/** Groups nodes that can run together. A group never waits for something that waits for a part of it. */
function findRegions(order: readonly Node[]): Map<Node, Region> {
  const regions = new Map<Node, Region>();
  // The regions that a node comes after, its own left out.
  const before = new Map<Node, Set<Region>>();
  const comesAfter = (node: Node, region: Region) => [...before.get(node)!].some((each) => each.root === region);
  /** Whether something outside two regions stands between the first and the second. */
  const isBetween = (first: Region, second: Region) =>
    second.nodes.some(({ inputs }) =>
      inputs.some((input) => {
        const own = input && regions.get(input.node)?.root;
        return input && own !== first && own !== second && comesAfter(input.node, first);
      }),
    );
  for (const node of order) {
    const behind = new Set<Region>();
    for (const input of node.inputs) {
      if (!input) continue;
      for (const region of before.get(input.node)!) behind.add(region.root);
      const own = regions.get(input.node)?.root;
      if (own) behind.add(own);
    }
    if (isBlockable(node)) {
      const size = sizeOf(node.outputs[0]!.shape);
      let home = new Region(size);
      home.nodes.push(node);
      regions.set(node, home);
      for (const input of node.inputs) {
        const other = input && regions.get(input.node)?.root;
        if (!other || other === home || other.size !== size) continue;
        before.set(node, behind);
        if (isBetween(other, home) || isBetween(home, other)) continue;
        other.absorb(home);
        home = other;
      }
      behind.delete(home);
    }
    before.set(node, behind);
  }
  return regions;
}

/** Nodes outside regions, and regions, each after what it needs. */
function unitsInOrder(outputs: readonly Value[], regions: ReadonlyMap<Node, Region>): (Node | Region)[] {
  const order: (Node | Region)[] = [];
  const next = new Map<Node | Region, number>();
  const unitOf = (node: Node) => regionOf(regions, node) ?? node;
  const needsOf = new Map<Region, Node[]>();
  const needs = (unit: Node | Region): readonly Node[] => {
    if (!(unit instanceof Region)) return unit.inputs.flatMap((input) => (input ? [input.node] : []));
    let found = needsOf.get(unit);
    if (!found) {
      found = unit.nodes.flatMap(({ inputs }) =>
        inputs.flatMap((input) => (input && unitOf(input.node) !== unit ? [input.node] : [])),
      );
      needsOf.set(unit, found);
    }
    return found;
  };
  for (const { node } of outputs) {
    const stack: (Node | Region)[] = [unitOf(node)];
    while (stack.length > 0) {
      const unit = stack[stack.length - 1]!;
      const at = next.get(unit) ?? 0;
      const list = needs(unit);
      next.set(unit, at + 1);
      if (at < list.length) {
        const needed = unitOf(list[at]!);
        if (!next.has(needed)) stack.push(needed);
        continue;
      }
      stack.pop();
      if (at === list.length) order.push(unit);
    }
  }
  return order;
}

/** A region as one node: its results, in the shapes they had. */
function loop(region: Region, results: readonly Value[], current: (value: Value) => Value): Value[] {
  const blocks = blockCount(region.size);
  const block = [region.size / blocks];
  const members = new Set(region.nodes);
  const outside = [
    ...new Set(region.nodes.flatMap(({ inputs }) => inputs.filter((input) => input !== null && !members.has(input.node)))),
  ] as Value[];
  const sliced = outside.filter((value) => sizeOf(value.shape) !== 1);
  const captured = outside.filter((value) => sizeOf(value.shape) === 1);
  const inside = new Map<Value, Value>();
  for (const value of sliced) inside.set(value, data({ shape: block, dtype: value.dtype }, { kind: 'block' }));
  for (const value of captured) inside.set(value, data({ shape: [], dtype: value.dtype }, { kind: 'block' }));
  const inputs = [...sliced, ...captured].map((value) => inside.get(value)!);
  for (const node of topologicalOrder(results, (each) => !members.has(each))) {
    const y = node.outputs[0]!;
    const copy = new Node(
      node.row,
      node.inputs.map((input) => inside.get(input!)!),
      node.attributes,
      [{ shape: block, dtype: y.dtype }],
    );
    inside.set(y, copy.outputs[0]!);
  }
  const body = { inputs, outputs: results.map((value) => inside.get(value)!) };
  const row: OpRow = {
    ...plainFacts,
    name: `blocks(${structureOf(body.outputs).text})`,
    inputs: ['...xs'],
    outputs: results.map((_, i) => `y${i}`),
    lower: (emitter, names) =>
      emitter.scan(names.slice(0, sliced.length) as string[], names.slice(sliced.length) as string[], body),
    vjp: null,
    // Each block is read before it is written, so only the order within a body matters.
    overwrites: (output, input) =>
      input < sliced.length &&
      overwriters(
        body.outputs,
        body.outputs.map((_, i) => (i === output ? inputs[input]!.node : null)),
      )[output]!,
    flops: null,
  };
  const flat = [blocks, ...block];
  const arguments_ = [
    ...sliced.map((value) => reshape(current(value), { shape: flat })),
    ...captured.map((value) => reshape(current(value), { shape: [] })),
  ];
  const node = new Node(
    row,
    arguments_,
    {},
    results.map(({ dtype }) => ({ shape: flat, dtype })),
  );
  return node.outputs.map((y, i) => reshape(y, { shape: results[i]!.shape }));
}
