import { Node, type OpRow, topologicalOrder, type Value } from '../graph/index.ts';
import { rewrites } from './rewrites.ts';

const byRow = new Map<OpRow, typeof rewrites>();

function rewritesFor(row: OpRow): typeof rewrites {
  let found = byRow.get(row);
  if (!found) {
    found = rewrites.filter((rewrite) => rewrite.row === row || (rewrite.row === 'pointwise' && row.pointwise));
    byRow.set(row, found);
  }
  return found;
}

/**
 * A cheaper graph with the same outputs: common subexpressions merged, rewrites applied until none fits, and, as only
 * what the outputs need is walked, nothing dead. Types are kept; leaves are the same leaves.
 */
export function simplify(outputs: readonly Value[]): Value[] {
  const table = new Map<string, Node>();
  const numbers = new Map<Node, number>();
  const replaced = new Map<Value, Value>();
  // Whatever became of them: without this, each output would walk again over all that was replaced.
  const done = new Set<Node>();
  const current = (value: Value): Value => replaced.get(value) ?? value;

  /** The one node of this structure. */
  const merged = (node: Node): Node => {
    if (numbers.has(node)) return node;
    const inputs = node.inputs.map((input) => (input ? `${numbers.get(input.node)}.${input.index}` : '_')).join();
    // Two data leaves of one shape are still two inputs.
    const key = node.source
      ? `data ${numbers.size}`
      : `${node.key}|${inputs}|${node.outputs[0]!.dtype}${node.inputs.length === 0 ? node.outputs[0]!.shape : ''}`;
    const known = table.get(key);
    if (known) return known;
    table.set(key, node);
    numbers.set(node, numbers.size);
    return node;
  };

  const cleaned = (value: Value): Value => {
    // A rewrite may give new nodes below the one it replaces; they are cleaned in turn.
    for (const node of topologicalOrder([value], (node) => done.has(node))) {
      // A rewrite further up may have been made of this very node, and have cleaned it already.
      if (done.has(node)) continue;
      done.add(node);
      const inputs = node.inputs.map((input) => input && current(input));
      const same = inputs.every((input, i) => input === node.inputs[i]);
      const candidate = merged(same ? node : new Node(node.row, inputs, node.attributes, node.outputs, node.source));
      done.add(candidate);
      let better: Value | null = null;
      if (candidate.inputs.length > 0 && candidate.outputs.length === 1) {
        for (const rewrite of rewritesFor(candidate.row)) {
          better = rewrite.apply(candidate);
          if (better) break;
        }
      }
      if (better) {
        const result = cleaned(better);
        replaced.set(node.outputs[0]!, result);
        if (candidate !== node) replaced.set(candidate.outputs[0]!, result);
      } else if (candidate !== node) {
        for (const output of node.outputs) replaced.set(output, candidate.outputs[output.index]!);
      }
    }
    return current(value);
  };
  return outputs.map(cleaned);
}
