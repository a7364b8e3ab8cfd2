import { isFloat } from '../core/index.ts';
import { div, mul, neg } from './elementwise.ts';
import { arithmetic, type Binary, formulaIn, pointwise, type Unary } from './pointwise.ts';

/** The largest whole number not above each element. Its gradient is 0 everywhere, as in PyTorch. */
export const floor: Unary = pointwise({ name: 'floor', onnx: 'Floor', vjp: () => ({}) });

/** The smallest whole number not below each element. Its gradient is 0 everywhere. */
export const ceil: Unary = pointwise({ name: 'ceil', onnx: 'Ceil', vjp: () => ({}) });

/** The nearest whole number; halves go to the even one, as in PyTorch and NumPy. Its gradient is 0 everywhere. */
export const round: Unary = pointwise({ name: 'round', onnx: 'Round', vjp: () => ({}) });

/** Each element without its fraction, towards 0. Its gradient is 0 everywhere. */
export const trunc: Unary = pointwise({
  name: 'trunc',
  onnx: (f, { x }) => f('Mul', f('Sign', x), f('Floor', f('Abs', x))),
  vjp: () => ({}),
});

/**
 * What is left of a / b when the quotient is rounded towards 0: a − trunc(a/b) · b, with the sign of a, as C's fmod.
 * The quotient counts as constant in the gradient for b, as in PyTorch.
 */
export const fmod: Binary = arithmetic({
  name: 'fmod',
  onnx: (emitter, a, b) => emitter.node('Mod', [a, b], { attributes: { fmod: { int: 1 } } }),
  vjp: (g, { a, b }) => ({ a: g, b: neg(mul(g, trunc(div(a, b)))) }),
});

/**
 * What is left of a / b when the quotient is rounded down: a − floor(a/b) · b, with the sign of b, as Python's %.
 * The quotient counts as constant in the gradient for b, as in PyTorch.
 */
export const remainder: Binary = arithmetic({
  name: 'remainder',
  onnx: (emitter, a, b, dtype) => {
    if (!isFloat(dtype)) return emitter.node('Mod', [a, b]);
    const f = formulaIn(emitter, dtype);
    const rest = emitter.node('Mod', [a, b], { attributes: { fmod: { int: 1 } } });
    // A remainder of the other sign than b's is one b too far; their product is negative then, and only then.
    return f('Where', f('Less', f('Mul', f('Sign', rest), b), 0), f('Add', rest, b), rest);
  },
  vjp: (g, { a, b }) => ({ a: g, b: neg(mul(g, floor(div(a, b)))) }),
});
