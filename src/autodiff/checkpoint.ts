import { Node, type OpRow, plainFacts, type Value } from '../graph/index.ts';
import { after } from '../ops/index.ts';
import { capturedBy } from './captured.ts';
import { gradients } from './gradients.ts';

/**
 * f(args), whose inner values are not kept for the gradient: the backward pass computes them again.
 * Trades one more forward pass of f for the memory of everything inside it. f must be a pure function of its arguments
 * and of what it closes over.
 * Source: Chen, Xu, Zhang and Guestrin, 2016, arXiv:1604.06174.
 */
export function checkpointed(f: (...args: Value[]) => Value, args: readonly Value[]): Value {
  const y = f(...args);
  const captured = capturedBy([y], args);
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
