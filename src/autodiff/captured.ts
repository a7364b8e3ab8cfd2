import type { Node, Value } from '../graph/index.ts';
import { topologicalOrder } from '../graph/index.ts';
import { isData, standIn } from '../ops/index.ts';

/** What `ys` need other than through `args`: leaves, and the arguments of functions around that are being differentiated. */
export function capturedBy(ys: readonly Value[], args: readonly Value[]): Value[] {
  const ends = new Set(args.map(({ node }) => node));
  const captured = new Set<Value>();
  const isEnd = (node: Node) => {
    if (ends.has(node)) return true;
    if (!isData(node) && node.row !== standIn.row) return false;
    captured.add(node.outputs[0]!);
    return true;
  };
  topologicalOrder(ys, isEnd);
  return [...captured];
}
