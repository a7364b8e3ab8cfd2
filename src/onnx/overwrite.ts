import { sameShape } from '../core/index.ts';
import { type Node, topologicalOrder, type Value } from '../graph/index.ts';

/**
 * Which outputs may be written into the memory of the leaf they replace: everything that reads that leaf, directly or
 * through a view, must have run before the writer, that is, be an ancestor of it. Otherwise a reader could see the new content.
 */
export function overwriters(outputs: readonly Value[], leaves: readonly (Node | null)[]): boolean[] {
  const order = topologicalOrder(outputs);
  const place = new Map(order.map((node, i) => [node, i]));
  const readers = new Map<Node, Node[]>();
  for (const node of order) {
    for (const input of new Set(node.inputs)) {
      if (!input) continue;
      const list = readers.get(input.node);
      if (list) list.push(node);
      else readers.set(input.node, [node]);
    }
  }
  const wanted = new Set(outputs.map(({ node }) => node));
  return leaves.map((leaf, i) => {
    // Of two that replace one leaf only the first may have it.
    if (!leaf || leaves.indexOf(leaf) !== i) return false;
    const writer = outputs[i]!.node;
    const reading: Node[] = [];
    const views = [leaf];
    for (const view of views) {
      // The old content itself is asked for, now or (where this is the writer) in place of the new one.
      if (wanted.has(view)) return false;
      for (const reader of readers.get(view) ?? []) (reader.row.view ? views : reading).push(reader);
    }
    // The writer itself may read the leaf only element by element.
    const others = reading.filter((reader) => reader !== writer);
    if (others.length < reading.length && !readsInPlace(outputs[i]!, new Set(views))) return false;
    return areAncestors(others, writer, place);
  });
}

/** Whether the writer needs every one of these nodes. Goes back no further than the first of them in the order. */
function areAncestors(nodes: readonly Node[], writer: Node, place: ReadonlyMap<Node, number>): boolean {
  const missing = new Set(nodes);
  const first = Math.min(...nodes.map((node) => place.get(node)!));
  const seen = new Set([writer]);
  for (const node of seen) {
    missing.delete(node);
    if (missing.size === 0) return true;
    for (const input of node.inputs) if (input && place.get(input.node)! >= first) seen.add(input.node);
  }
  return missing.size === 0;
}

/** Whether a node that reads these views may write this output over them. */
function readsInPlace({ node, index, shape }: Value, views: ReadonlySet<Node>): boolean {
  const { row } = node;
  return node.inputs.every((input, i) => {
    if (!input || !views.has(input.node)) return true;
    return row.overwrites ? row.overwrites(index, i) : row.pointwise && sameShape(input.shape, shape);
  });
}
