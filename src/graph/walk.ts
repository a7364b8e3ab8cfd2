import { formatShape, sizeOf } from '../core/index.ts';
import { Node, type Value } from './value.ts';

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

/**
 * The values with others in the place of some that they are made from. `replaced` says which, and is told of all that
 * changed with them; what does not need them stays as it is.
 */
export function substituted(values: readonly Value[], replaced: Map<Value, Value>): Value[] {
  for (const node of topologicalOrder(values, ({ outputs }) => outputs.every((output) => replaced.has(output)))) {
    rebuild(node, replaced);
  }
  return values.map((value) => replaced.get(value) ?? value);
}

/** The node on what became of its inputs, noted in `replaced` for each output that has no place there yet. */
export function rebuild(node: Node, replaced: Map<Value, Value>): void {
  if (!node.inputs.some((input) => input && replaced.has(input))) return;
  const inputs = node.inputs.map((input) => input && (replaced.get(input) ?? input));
  const copy = new Node(node.row, inputs, node.attributes, node.outputs, node.source);
  for (const output of node.outputs) if (!replaced.has(output)) replaced.set(output, copy.outputs[output.index]!);
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

/** Floating-point operations of a node; none of a leaf. */
export function flopsOf({ row, inputs, attributes, outputs }: Node): number {
  const y = outputs[0]!;
  if (inputs.length === 0) return 0;
  if (row.flops) return row.flops(inputs, attributes, y);
  return row.view ? 0 : sizeOf(y.shape);
}
