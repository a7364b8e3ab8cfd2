import { Node, type OpRow, plainFacts, topologicalOrder, type Value } from '../graph/index.ts';
import { after, isData, standIn } from '../ops/index.ts';
import { gradients } from './gradients.ts';

/**
 * f(args), whose inner values are not kept for the gradient: the backward pass computes them again.
 * Trades one more forward pass of f for the memory of everything inside it. f must be a pure function of its arguments
 * and of what it closes over.
 * Source: Chen, Xu, Zhang and Guestrin, 2016, arXiv:1604.06174.
 */
export function checkpointed(f: (...args: Value[]) => Value, args: readonly Value[]): Value {
  const y = f(...args);
  const captured = capturedBy(y, args);
  const row: OpRow = {
    name: 'checkpoint',
    inputs: ['y', '...rest'],
    outputs: ['y'],
    lower: (_emitter, [inner]) => [inner!],
    vjp: ([g]) => {
      const again = args.map((arg) => after(arg, g!));
      // What lies behind the arguments is the outer walk's work, which goes on from their gradients.
      const found = gradients([f(...again)], [g!], [...again, ...captured], { independent: true });
      // The first input is y itself: its own graph is only for the forward pass.
      return [null, ...found];
    },
    ...plainFacts,
    view: true,
  };
  return new Node(row, [y, ...args, ...captured], {}, [y]).outputs[0]!;
}

/** What y needs other than through `args`: leaves, and the arguments of functions around that are being differentiated. */
function capturedBy(y: Value, args: readonly Value[]): Value[] {
  const captured = new Set<Value>();
  const isEnd = (node: Node) => {
    if (args.some((arg) => arg.node === node)) return true;
    if (!isData(node) && node.row !== standIn.row) return false;
    captured.add(node.outputs[0]!);
    return true;
  };
  topologicalOrder([y], isEnd);
  return [...captured];
}
