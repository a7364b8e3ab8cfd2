import type { Value } from '../graph/index.ts';
import { add, div, exp, like, log, mul, neg, sqrt, sub } from './elementwise.ts';
import { type Formula, pointwise, type Unary } from './pointwise.ts';

/** 2 to the power of each element. */
export const exp2: Unary = pointwise({
  name: 'exp2',
  onnx: (f, { x }) => f('Pow', 2, x),
  vjp: (g, { y }) => ({ x: mul(g, mul(y, like(Math.LN2, y))) }),
});

/** e^x − 1, exact for small x, where e^x and 1 would cancel. */
export const expm1: Unary = pointwise({
  name: 'expm1',
  // tanh(x/2) · (e^x + 1) has no difference of like numbers in it.
  onnx: (f, { x }) => f('Mul', f('Tanh', f('Mul', x, 0.5)), f('Add', f('Exp', x), 1)),
  vjp: (g, { x }) => ({ x: mul(g, exp(x)) }),
});

/** Logarithm to base 2 of each element. */
export function log2(x: Value): Value {
  return mul(log(x), like(Math.LOG2E, x));
}

/** Logarithm to base 10 of each element. */
export function log10(x: Value): Value {
  return mul(log(x), like(Math.LOG10E, x));
}

/**
 * Logarithm of 1 + x, exact for small x, where the sum would lose it.
 * Source: the correction (x − (u − 1))/u of log(u), u = 1 + x rounded, as in fdlibm's s_log1p.c.
 */
export const log1p: Unary = pointwise({
  name: 'log1p',
  onnx: (f, { x }) => {
    const u = f('Add', x, 1);
    const plain = f('Log', u);
    const corrected = f('Add', plain, f('Div', f('Sub', x, f('Sub', u, 1)), u));
    return f('Where', f('Less', f('Abs', x), 1), corrected, plain);
  },
  vjp: (g, { x }) => ({ x: div(g, add(x, like(1, x))) }),
});

/** Sine of each element, in radians. */
export const sin: Unary = pointwise({ name: 'sin', onnx: 'Sin', vjp: (g, { x }) => ({ x: mul(g, cos(x)) }) });

/** Cosine of each element, in radians. */
export const cos: Unary = pointwise({ name: 'cos', onnx: 'Cos', vjp: (g, { x }) => ({ x: neg(mul(g, sin(x))) }) });

/** Tangent of each element, in radians. */
export const tan: Unary = pointwise({
  name: 'tan',
  onnx: 'Tan',
  double: (f, { x }) => f('Div', f('Sin', x), f('Cos', x)),
  vjp: (g, { y }) => ({ x: add(g, mul(g, mul(y, y))) }),
});

/** Angle in radians, from −π/2 to π/2, whose sine is each element. NaN outside −1 to 1. */
export const asin: Unary = pointwise({
  name: 'asin',
  onnx: 'Asin',
  double: null,
  vjp: (g, { x }) => ({ x: div(g, sqrt(oneMinusSquare(x))) }),
});

/** Angle in radians, from 0 to π, whose cosine is each element. NaN outside −1 to 1. */
export const acos: Unary = pointwise({
  name: 'acos',
  onnx: 'Acos',
  double: null,
  vjp: (g, { x }) => ({ x: neg(div(g, sqrt(oneMinusSquare(x)))) }),
});

/** Angle in radians, from −π/2 to π/2, whose tangent is each element. */
export const atan: Unary = pointwise({
  name: 'atan',
  onnx: 'Atan',
  double: null,
  vjp: (g, { x }) => ({ x: div(g, add(mul(x, x), like(1, x))) }),
});

/** 1 − x², as a product that keeps its digits near 1. */
function oneMinusSquare(x: Value): Value {
  const one = like(1, x);
  return mul(sub(one, x), add(one, x));
}

/** (e^x ± e^−x)/2 in ONNX's nodes. */
const halfSum = (f: Formula, operator: 'Add' | 'Sub', x: string): string =>
  f('Mul', f(operator, f('Exp', x), f('Exp', f('Neg', x))), 0.5);

/** Hyperbolic sine of each element. */
export const sinh: Unary = pointwise({
  name: 'sinh',
  onnx: 'Sinh',
  double: (f, { x }) => halfSum(f, 'Sub', x),
  vjp: (g, { x }) => ({ x: mul(g, cosh(x)) }),
});

/** Hyperbolic cosine of each element. */
export const cosh: Unary = pointwise({
  name: 'cosh',
  onnx: 'Cosh',
  double: (f, { x }) => halfSum(f, 'Add', x),
  vjp: (g, { x }) => ({ x: mul(g, sinh(x)) }),
});

/** Number whose hyperbolic sine is each element. */
export const asinh: Unary = pointwise({
  name: 'asinh',
  onnx: 'Asinh',
  // sign(x) · log(|x| + √(x² + 1))
  double: (f, { x }) => {
    const size = f('Abs', x);
    return f('Mul', f('Sign', x), f('Log', f('Add', size, f('Sqrt', f('Add', f('Mul', x, x), 1)))));
  },
  vjp: (g, { x }) => ({ x: div(g, sqrt(add(mul(x, x), like(1, x)))) }),
});

/** Number from 0 whose hyperbolic cosine is each element. NaN below 1. */
export const acosh: Unary = pointwise({
  name: 'acosh',
  onnx: 'Acosh',
  // log(x + √(x − 1) √(x + 1))
  double: (f, { x }) => f('Log', f('Add', x, f('Mul', f('Sqrt', f('Sub', x, 1)), f('Sqrt', f('Add', x, 1))))),
  vjp: (g, { x }) => ({ x: div(g, sqrt(neg(oneMinusSquare(x)))) }),
});

/** Number whose hyperbolic tangent is each element. NaN outside −1 to 1. */
export const atanh: Unary = pointwise({
  name: 'atanh',
  onnx: 'Atanh',
  // ½ log((1 + x)/(1 − x))
  double: (f, { x }) => f('Mul', f('Log', f('Div', f('Add', x, 1), f('Sub', 1, x))), 0.5),
  vjp: (g, { x }) => ({ x: div(g, oneMinusSquare(x)) }),
});
