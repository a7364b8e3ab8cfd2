import { broadcastShapes, DTypeError, isFloat } from '../core/index.ts';
import { defineOp, type Op, type Value } from '../graph/index.ts';
import { clip, div, like, log, mul, sub } from './elementwise.ts';
import { formulaIn, sameDType } from './pointwise.ts';

/** The logarithm of no probability counts as at least this, as in PyTorch: a loss stays finite where a chance is 0. */
const leastLog = -100;

/**
 * −(b log a + (1 − b) log(1 − a)) of chances a and labels b from 0 to 1, each logarithm held at −100.
 * The gradient is PyTorch's, (a − b) / max(a (1 − a), 1e−12), which is finite where a chance is 0 or 1.
 */
export const binaryCrossEntropy: Op<['a', 'b']> = defineOp({
  name: 'binaryCrossEntropy',
  inputs: ['a', 'b'],
  infer: ({ a, b }) => {
    const dtype = sameDType(a, b, 'binaryCrossEntropy');
    if (!isFloat(dtype))
      throw new DTypeError(`binaryCrossEntropy: a and b are ${dtype}; they need a floating-point type. Cast them first.`);
    return { shape: broadcastShapes(a.shape, b.shape, 'binaryCrossEntropy'), dtype };
  },
  lower: (emitter, { a, b, y }) => {
    const f = formulaIn(emitter, y.dtype);
    const heldLog = (x: string) => f('Max', f('Log', x), leastLog);
    const [yes, no] = [heldLog(a), heldLog(f('Sub', 1, a))];
    return f('Sub', f('Mul', b, f('Sub', no, yes)), no);
  },
  vjp: (g, { a, b }) => {
    const other = sub(like(1, a), a);
    const heldLog = (x: Value) => clip(log(x), { min: leastLog, max: null });
    return {
      a: mul(g, div(sub(a, b), clip(mul(a, other), { min: 1e-12, max: null }))),
      b: mul(g, sub(heldLog(other), heldLog(a))),
    };
  },
  pointwise: true,
});
