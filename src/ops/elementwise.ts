import { broadcastShapes, type DType, DTypeError, isFloat } from '../core/index.ts';
import { type AxisFacts, defineOp, type Op, type Type, type Value } from '../graph/index.ts';
import { constant } from './leaf.ts';

type Unary = Op<['x']>;
type Binary = Op<['a', 'b']>;

/** A function of each element. Floating point only, unless `dtypes` says 'any'. */
/*@__NO_SIDE_EFFECTS__*/
function pointwise(row: {
  readonly name: string;
  readonly onnx: string;
  readonly dtypes?: 'any';
  readonly fold?: (x: number) => number;
  /** Zero stays zero. */
  readonly keepsZero?: boolean;
  readonly vjp?: (g: Value, seen: { readonly x: Value; readonly y: Value }) => { readonly x?: Value | null };
}): Unary {
  const { name, onnx, dtypes, fold, keepsZero, vjp } = row;
  return defineOp({
    name,
    inputs: ['x'],
    infer: ({ x }) => {
      if (dtypes !== 'any') requireFloat(x, name);
      return { shape: x.shape, dtype: x.dtype };
    },
    lower: (emitter, { x }) => emitter.node(onnx, [x]),
    ...(vjp && { vjp }),
    ...(fold && { fold }),
    ...(keepsZero && { axes: { zeroWith: [[0]] } }),
    pointwise: true,
  });
}

/** A function of two elements, broadcast by NumPy's rule. Both sides have one element type. */
/*@__NO_SIDE_EFFECTS__*/
function arithmetic(row: {
  readonly name: string;
  readonly onnx: string;
  readonly fold?: (a: number, b: number) => number;
  readonly zeroWith?: AxisFacts['zeroWith'];
  readonly vjp?: (
    g: Value,
    seen: { readonly a: Value; readonly b: Value; readonly y: Value },
  ) => { readonly a?: Value; readonly b?: Value };
}): Binary {
  const { name, onnx, fold, zeroWith, vjp } = row;
  return defineOp({
    name,
    inputs: ['a', 'b'],
    infer: ({ a, b }) => ({ shape: broadcastShapes(a.shape, b.shape, name), dtype: sameDType(a, b, name) }),
    lower: (emitter, { a, b }) => emitter.node(onnx, [a, b]),
    ...(vjp && { vjp }),
    ...(fold && { fold }),
    ...(zeroWith && { axes: { zeroWith } }),
    pointwise: true,
  });
}

/** A question about two elements, broadcast by NumPy's rule; the answer is a bool and has no gradient. */
/*@__NO_SIDE_EFFECTS__*/
function comparison(name: string, onnx: string): Binary {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    infer: ({ a, b }) => {
      sameDType(a, b, name);
      return { shape: broadcastShapes(a.shape, b.shape, name), dtype: 'bool' };
    },
    lower: (emitter, { a, b }) => emitter.node(onnx, [a, b]),
    vjp: () => ({}),
    pointwise: true,
  });
}

function requireFloat(x: Type, speaker: string): void {
  if (!isFloat(x.dtype))
    throw new DTypeError(`${speaker}: x is ${x.dtype}; it needs a floating-point type. Use cast(x, { to: 'float32' }).`);
}

function sameDType(a: Type, b: Type, speaker: string): DType {
  if (a.dtype !== b.dtype) {
    throw new DTypeError(`${speaker}: a is ${a.dtype} and b is ${b.dtype}; both need one element type. Cast one of them.`);
  }
  return a.dtype;
}

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
      a: mul(g, mul(b, pow(a, sub(b, one)))),
      b: mul(g, mul(y, where(positive, log(where(positive, a, one)), like(0, a)))),
    };
  },
});

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

/** Whether two elements are equal. */
export const equal: Binary = comparison('equal', 'Equal');

/** Whether `a` is greater than `b`. */
export const greater: Binary = comparison('greater', 'Greater');

/** Whether `a` is at least `b`. */
export const greaterOrEqual: Binary = comparison('greaterOrEqual', 'GreaterOrEqual');

/** Whether `a` is less than `b`. */
export const less: Binary = comparison('less', 'Less');

/** Whether `a` is at most `b`. */
export const lessOrEqual: Binary = comparison('lessOrEqual', 'LessOrEqual');

/** Whether both are true. Bools only. */
export const logicalAnd: Binary = comparison('logicalAnd', 'And');

/** Whether at least one is true. Bools only. */
export const logicalOr: Binary = comparison('logicalOr', 'Or');

/** Whether an element is false. Bools only. */
export const logicalNot: Unary = pointwise({ name: 'logicalNot', onnx: 'Not', dtypes: 'any', vjp: () => ({}) });

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

/** Square root of each element. */
export const sqrt: Unary = pointwise({ name: 'sqrt', onnx: 'Sqrt', vjp: (g, { y }) => ({ x: div(mul(g, like(0.5, g)), y) }) });

/** One over each element. */
export const reciprocal: Unary = pointwise({
  name: 'reciprocal',
  onnx: 'Reciprocal',
  vjp: (g, { y }) => ({ x: neg(mul(g, mul(y, y))) }),
});

/** Sine of each element, in radians. */
export const sin: Unary = pointwise({ name: 'sin', onnx: 'Sin', vjp: (g, { x }) => ({ x: mul(g, cos(x)) }) });

/** Cosine of each element, in radians. */
export const cos: Unary = pointwise({ name: 'cos', onnx: 'Cos', vjp: (g, { x }) => ({ x: neg(mul(g, sin(x))) }) });

/** Hyperbolic tangent of each element. */
export const tanh: Unary = pointwise({ name: 'tanh', onnx: 'Tanh', vjp: (g, { y }) => ({ x: sub(g, mul(g, mul(y, y))) }) });

/** Logistic function of each element, 1 / (1 + e^−x). */
export const sigmoid: Unary = pointwise({
  name: 'sigmoid',
  onnx: 'Sigmoid',
  vjp: (g, { y }) => ({ x: mul(g, sub(y, mul(y, y))) }),
});

/** Gauss error function of each element. */
export const erf: Unary = pointwise({
  name: 'erf',
  onnx: 'Erf',
  vjp: (g, { x }) => ({ x: mul(g, mul(exp(neg(mul(x, x))), like(2 / Math.sqrt(Math.PI), x))) }),
});

/** The positive part of each element. Its gradient at 0 is 0, as in PyTorch. */
export const relu: Unary = pointwise({
  name: 'relu',
  onnx: 'Relu',
  vjp: (g, { x }) => ({ x: mul(g, cast(greater(x, like(0, x)), { to: g.dtype })) }),
});

/**
 * Gaussian error linear unit, x · Φ(x), with the normal distribution function exact by erf.
 * Source: Hendrycks and Gimpel, 2016, arXiv:1606.08415, equation 2.
 */
export const gelu: Unary = pointwise({
  name: 'gelu',
  onnx: 'Gelu',
  // d/dx = Φ(x) + x φ(x). With s = x/√2 this is ½ + ½ erf(s) + s exp(−s²)/√π: each step below is one pass over memory.
  vjp: (g, { x }) => {
    const s = mul(x, like(Math.SQRT1_2, x));
    const density = mul(exp(neg(mul(s, s))), mul(s, like(1 / Math.sqrt(Math.PI), x)));
    return { x: mul(g, add(halfPlusHalf(erf(s)), density)) };
  },
});

/** ½ + ½x for x from −1 to 1, in one pass where the formula takes two. Outside that range it is clipped, and its gradient is 0. */
export const halfPlusHalf: Unary = defineOp({
  name: 'halfPlusHalf',
  inputs: ['x'],
  infer: ({ x }) => {
    requireFloat(x, 'halfPlusHalf');
    return { shape: x.shape, dtype: x.dtype };
  },
  lower: (emitter, { x }) => emitter.node('HardSigmoid', [x], { attributes: { alpha: { float: 0.5 }, beta: { float: 0.5 } } }),
  vjp: (g, { x }) => ({ x: mul(g, where(less(abs(x), like(1, x)), like(0.5, x), like(0, x))) }),
  pointwise: true,
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
  lower: (emitter, { condition, a, b }) => emitter.node('Where', [condition, a, b]),
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
