/**
 * Loops without what nobody reads of them: values kept for a gradient that was never asked for, carried values that lead
 * to nothing, slices that no run needs. What is left of their bodies is cleaned up as the graph around them is.
 */
import {
  type Loop,
  loopNode,
  loopRow,
  type Node,
  rebuild,
  structureOfLoop,
  topologicalOrder,
  type Value,
} from '../graph/index.ts';
import { simplify } from './simplify.ts';

/** What is left of a loop, and which of its inputs and outputs those are. */
interface Trimmed {
  readonly loop: Loop;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** The graph with each of its loops trimmed. */
export function trimLoops(values: readonly Value[]): Value[] {
  const order = topologicalOrder(values);
  if (!order.some(({ row }) => row.loop)) return [...values];
  const read = new Set<Value>(values);
  const trimmed = new Map<Node, Trimmed>();
  // What reads comes behind what is read, so a loop is known to be read, or not, before it is trimmed.
  for (const node of [...order].reverse()) {
    const { loop } = node.row;
    if (!node.outputs.some((output) => read.has(output))) continue;
    const left = loop && withoutUnread(loop, (i) => read.has(node.outputs[i]!));
    if (left) trimmed.set(node, left);
    for (const input of left ? left.inputs.map((i) => node.inputs[i]!) : node.inputs) if (input) read.add(input);
  }
  const rebuilt = new Map<Value, Value>();
  for (const node of order) {
    const left = trimmed.get(node);
    if (!left) {
      rebuild(node, rebuilt);
      continue;
    }
    const inputs = left.inputs.map((i) => rebuilt.get(node.inputs[i]!) ?? node.inputs[i]!);
    const copy = loopNode(loopRow(left.loop, null), structureOfLoop(left.loop), inputs);
    for (const [i, output] of left.outputs.entries()) rebuilt.set(node.outputs[output]!, copy.outputs[i]!);
  }
  return values.map((value) => rebuilt.get(value) ?? value);
}

function withoutUnread(loop: Loop, isRead: (output: number) => boolean): Trimmed {
  const { carried, sliced, reverse } = loop;
  const cleaned = simplify(loop.outputs);
  const wanted = new Set([...cleaned.keys()].filter(isRead));
  let leaves = new Set<Node>();
  // What is carried counts where something that counts is made from it.
  for (let size = -1; size !== wanted.size; ) {
    size = wanted.size;
    leaves = new Set(topologicalOrder(cleaned.filter((_, i) => wanted.has(i))));
    for (let i = 0; i < carried; i++) if (leaves.has(loop.inputs[i]!.node)) wanted.add(i);
  }
  const outputs = [...cleaned.keys()].filter((i) => wanted.has(i));
  const inputs = [...loop.inputs.keys()].filter((i) => (i < carried ? wanted.has(i) : leaves.has(loop.inputs[i]!.node)));
  const isSlice = (i: number) => i >= carried && i < carried + sliced;
  // Without a slice a loop would not know how often to run.
  if (!inputs.some(isSlice)) inputs.splice(inputs.filter((i) => i < carried).length, 0, carried);
  return {
    loop: {
      inputs: inputs.map((i) => loop.inputs[i]!),
      outputs: outputs.map((i) => cleaned[i]!),
      carried: outputs.filter((i) => i < carried).length,
      sliced: inputs.filter(isSlice).length,
      reverse,
    },
    inputs,
    outputs,
  };
}
