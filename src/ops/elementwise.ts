import { broadcastShapes, type DType, DTypeError, isFloat } from '../core/index.ts';
import { defineOp, type Op, type Type, type Value } from '../graph/index.ts';
import { equal, greater, greaterOrEqual, lessOrEqual, logicalAnd } from './comparison.ts';
import { constant, constantOf } from './leaf.ts';
import { arithmetic, type Binary, pointwise, sameDType, type Unary } from './pointwise.ts';

/** A constant of the same element type as another value, for formulas. */
export function like(value: number, x: Type): Value {
  return constant(value, x.dtype);
}

/** Sum of two elements. */
export const add: Binary = arithmetic({
  name: 'add',
  onnx: 'Add',
  fold: (a, b) => a + b,
  zeroWith: [[0, 1]],
  vjp: (g) => ({ a: g, b: g }),
});

/** Difference of two elements. */
export const sub: Binary = arithmetic({
  name: 'sub',
  onnx: 'Sub',
  fold: (a, b) => a - b,
  zeroWith: [[0, 1]],
  vjp: (g) => ({ a: g, b: neg(g) }),
});

/** Product of two elements. */
export const mul: Binary = arithmetic({
  name: 'mul',
  onnx: 'Mul',
  fold: (a, b) => a * b,
  zeroWith: [[0], [1]],
  vjp: (g, { a, b }) => ({ a: mul(g, b), b: mul(g, a) }),
});

/** Quotient of two elements. Integers divide towards zero. */
export const div: Binary = arithmetic({
  name: 'div',
  onnx: 'Div',
  zeroWith: [[0]],
  vjp: (g, { b, y }) => {
    const overB = div(g, b);
    return { a: overB, b: neg(mul(overB, y)) };
  },
});

/** `a` to the power `b`. The gradient for `b` is 0 where `a` is not positive, as there the power is constant or undefined. */
export const pow: Binary = arithmetic({
  name: 'pow',
  onnx: 'Pow',
  vjp: (g, { a, b, y }) => {
    const one = like(1, a);
    const positive = greater(a, like(0, a));
    return {
      a: mul(g, powerSlope(a, b)),
      b: mul(g, mul(y, where(positive, log(where(positive, a, one)), like(0, a)))),
    };
  },
});

/** b · a^(b − 1), which is 0 for b = 0 even where a is 0. */
function powerSlope(a: Value, b: Value): Value {
  const zero = like(0, a);
  const exponents = constantOf(b);
  if (exponents?.length === 1) {
    const [exponent] = exponents as [number];
    if (exponent === 0) return zero;
    return exponent === 2 ? mul(a, b) : mul(b, pow(a, like(exponent - 1, a)));
  }
  // 0 · 0^−1 would be NaN; elsewhere the base is itself, so that the slope can be differentiated again.
  const base = where(logicalAnd(equal(a, zero), equal(b, zero)), like(1, a), a);
  return mul(b, pow(base, sub(b, like(1, a))));
}

/** The larger of two elements. Where they are equal each gets half of the gradient, as in PyTorch. */
export const maximum: Binary = arithmetic({ name: 'maximum', onnx: 'Max', vjp: (g, { a, b }) => shareByOrder(g, a, b) });

/** The smaller of two elements. Where they are equal each gets half of the gradient, as in PyTorch. */
export const minimum: Binary = arithmetic({ name: 'minimum', onnx: 'Min', vjp: (g, { a, b }) => shareByOrder(g, b, a) });

/** The gradient of an extreme: all of it to a where `more` exceeds `other`, half where they are equal, the rest to b. */
function shareByOrder(g: Value, more: Value, other: Value): { a: Value; b: Value } {
  const tie = where(equal(more, other), like(0.5, g), like(0, g));
  const share = where(greater(more, other), like(1, g), tie);
  return { a: mul(g, share), b: mul(g, sub(like(1, g), share)) };
}

/** Minus each element. */
export const neg: Unary = pointwise({
  name: 'neg',
  onnx: 'Neg',
  fold: (x) => -x,
  dtypes: 'any',
  keepsZero: true,
  vjp: (g) => ({ x: neg(g) }),
});

/** Absolute value of each element; its gradient at 0 is 0. */
export const abs: Unary = pointwise({ name: 'abs', onnx: 'Abs', dtypes: 'any', vjp: (g, { x }) => ({ x: mul(g, sign(x)) }) });

/** −1, 0 or 1 by the sign of each element. */
export const sign: Unary = pointwise({ name: 'sign', onnx: 'Sign', dtypes: 'any', vjp: () => ({}) });

/** e to the power of each element. */
export const exp: Unary = pointwise({ name: 'exp', onnx: 'Exp', vjp: (g, { y }) => ({ x: mul(g, y) }) });

/** Natural logarithm of each element. */
export const log: Unary = pointwise({ name: 'log', onnx: 'Log', vjp: (g, { x }) => ({ x: div(g, x) }) });

/** Each element times itself. */
export function square(x: Value): Value {
  return mul(x, x);
}

/** Square root of each element. */
export const sqrt: Unary = pointwise({ name: 'sqrt', onnx: 'Sqrt', vjp: (g, { y }) => ({ x: div(mul(g, like(0.5, g)), y) }) });

/** One over each element. */
export const reciprocal: Unary = pointwise({
  name: 'reciprocal',
  onnx: 'Reciprocal',
  vjp: (g, { y }) => ({ x: neg(mul(g, mul(y, y))) }),
});

/** One over the square root of each element. */
export const rsqrt: Unary = pointwise({
  name: 'rsqrt',
  onnx: (f, { x }) => f('Reciprocal', f('Sqrt', x)),
  vjp: (g, { y }) => ({ x: mul(mul(g, like(-0.5, g)), mul(y, mul(y, y))) }),
});

/** Elements of `a` where `condition` holds, of `b` elsewhere; all three broadcast. */
export const where: Op<['condition', 'a', 'b']> = defineOp({
  name: 'where',
  inputs: ['condition', 'a', 'b'],
  infer: ({ condition, a, b }) => {
    if (condition.dtype !== 'bool')
      throw new DTypeError(`where: condition is ${condition.dtype}; it needs bool. Use a comparison.`);
    const dtype = sameDType(a, b, 'where');
    const chosen = broadcastShapes(a.shape, b.shape, 'where');
    return { shape: broadcastShapes(condition.shape, chosen, 'where', ['condition', 'a with b']), dtype };
  },
  lower: (emitter, { condition, a, b, y }) => {
    if (y.dtype !== 'bool') return emitter.node('Where', [condition, a, b]);
    // ONNX Runtime has no kernel that chooses among bools.
    const cast = (x: string, to: DType) => emitter.node('Cast', [x], { attributes: { to: { dtype: to } } });
    return cast(emitter.node('Where', [condition, cast(a, 'uint8'), cast(b, 'uint8')]), 'bool');
  },
  vjp: (g, { condition }) => ({ a: where(condition, g, like(0, g)), b: where(condition, like(0, g), g) }),
  pointwise: true,
  axes: { zeroWith: [[1, 2]] },
});

/** Each element held between `min` and `max`, either of which may be null. Its gradient is 1 inside, ends included, and 0 outside. */
export const clip: Op<['x'], { min: number | null; max: number | null }> = defineOp({
  name: 'clip',
  inputs: ['x'],
  infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  lower: (emitter, { x, min, max }) => {
    const { dtype } = emitter.type(x);
    const limit = (value: number | null) => (value === null ? null : emitter.constant(dtype, [value], []));
    return emitter.node('Clip', [x, limit(min), limit(max)]);
  },
  vjp: (g, { x, min, max }) => {
    let gradient = g;
    if (min !== null) gradient = where(greaterOrEqual(x, like(min, x)), gradient, like(0, g));
    if (max !== null) gradient = where(lessOrEqual(x, like(max, x)), gradient, like(0, g));
    return { x: gradient };
  },
  pointwise: true,
});

/** Each element as another type. A gradient flows only between floating-point types. */
export const cast: Op<['x'], { to: DType }> = defineOp({
  name: 'cast',
  inputs: ['x'],
  infer: ({ x, to }) => ({ shape: x.shape, dtype: to }),
  lower: (emitter, { x, to }) => emitter.node('Cast', [x], { attributes: { to: { dtype: to } } }),
  vjp: (g, { x, to }) => ({ x: isFloat(x.dtype) && isFloat(to) ? cast(g, { to: x.dtype }) : null }),
  pointwise: true,
  axes: { zeroWith: [[0]] },
});

/** The same elements; no gradient flows back through. */
export const stopGradient: Unary = defineOp({
  name: 'stopGradient',
  inputs: ['x'],
  infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  lower: (_emitter, { x }) => x,
  vjp: () => ({}),
  pointwise: true,
  view: true,
  axes: { zeroWith: [[0]] },
});
