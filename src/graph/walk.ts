import { formatShape } from '../core/index.ts';
import type { Node, Value } from './value.ts';

/**
 * Every node that the values need, each after its inputs. The order depends on the graph's structure alone.
 * @param known nodes at which to stop: neither they nor what lies behind them is listed.
 */
export function topologicalOrder(values: Iterable<Value>, known: (node: Node) => boolean = () => false): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, number>();
  const stack: Node[] = [];
  for (const value of values) {
    if (known(value.node)) continue;
    stack.push(value.node);
    // A loop rather than recursion: graphs are deeper than the call stack. `state` is the next input to visit.
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      const next = state.get(node) ?? 0;
      if (next > node.inputs.length) {
        stack.pop();
      } else if (next === node.inputs.length) {
        state.set(node, next + 1);
        order.push(node);
        stack.pop();
      } else {
        state.set(node, next + 1);
        const input = node.inputs[next];
        if (input && !state.has(input.node) && !known(input.node)) stack.push(input.node);
      }
    }
  }
  return order;
}

/** A graph's structure as text: two graphs with the same text compute the same function of their leaves. */
export interface GraphKey {
  readonly text: string;
  readonly order: readonly Node[];
}

/** The structure of the graph under `outputs`: ops, attributes, connections, and the leaves' shapes and element types. */
export function structureOf(outputs: readonly Value[]): GraphKey {
  const order = topologicalOrder(outputs);
  const numbers = new Map<Node, number>();
  const parts: string[] = [];
  const reference = (value: Value) =>
    value.index === 0 ? `${numbers.get(value.node)}` : `${numbers.get(value.node)}.${value.index}`;
  for (const node of order) {
    numbers.set(node, numbers.size);
    let text = node.key;
    if (node.inputs.length === 0) {
      const { dtype, shape } = node.outputs[0]!;
      text += `:${dtype}${formatShape(shape)}`;
    } else {
      for (const input of node.inputs) text += input ? `,${reference(input)}` : ',_';
    }
    parts.push(text);
  }
  parts.push(outputs.map(reference).join(','));
  return { text: parts.join(';'), order };
}
