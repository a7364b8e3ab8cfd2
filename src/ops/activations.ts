import { formatShape, normalizeAxis, ShapeError } from '../core/index.ts';
import type { Emitter, Op, Value } from '../graph/index.ts';
import { greater, less, logicalAnd } from './comparison.ts';
import { abs, add, clip, exp, like, mul, neg, reciprocal, sub, where } from './elementwise.ts';
import { reshape, split } from './movement.ts';
import { type Formula, pointwise, type Unary } from './pointwise.ts';

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
  double: null,
  vjp: (g, { x }) => ({ x: mul(g, exp(sub(like(Math.log(2 / Math.sqrt(Math.PI)), x), mul(x, x)))) }),
});

/**
 * 1 where an element is positive, else 0. Written as a line steeper than any float32 needs, held between 0 and 1: one pass,
 * where a comparison and a cast take as long as four. Its own gradient is 0.
 */
const isPositive: Unary = pointwise({
  name: 'isPositive',
  onnx: (f, { x, emitter }) => heldLine(f, emitter, x, steepest, 0),
  double: (f, { x }) => f('Where', f('Greater', x, 0), 1, 0),
  vjp: () => ({}),
});

/** The largest power of two of float32: times it, the smallest number of full precision is 2. */
const steepest = 2 ** 127;

/**
 * alpha · x + beta, held between 0 and 1. One operator where the runtime has a good kernel for it; OpenVINO has a slow one, which
 * besides breaks the chain of operators that would be one kernel, and takes a beta of 0 for one left out.
 */
function heldLine(f: Formula, emitter: Emitter, x: string, alpha: number, beta: number): string {
  if (emitter.has('HardSigmoid'))
    return emitter.node('HardSigmoid', [x], { attributes: { alpha: { float: alpha }, beta: { float: beta } } });
  const line = f('Mul', x, alpha);
  return f('Clip', beta === 0 ? line : f('Add', line, beta), 0, 1);
}

/** The positive part of each element. Its gradient at 0 is 0, as in PyTorch. */
export const relu: Unary = pointwise({
  name: 'relu',
  onnx: 'Relu',
  // By y rather than x, which need not be kept then: what comes next keeps y.
  vjp: (g, { y }) => ({ x: mul(g, isPositive(y)) }),
});

/**
 * Gaussian error linear unit, x · Φ(x), with the normal distribution function exact by erf.
 * Source: Hendrycks and Gimpel, 2016, arXiv:1606.08415, equation 2.
 */
export const gelu: Unary = pointwise({
  name: 'gelu',
  onnx: 'Gelu',
  double: null,
  // d/dx = Φ(x) + x φ(x). With s = x/√2 this is ½ + ½ erf(s) + s exp(−s²)/√π: each step below is one pass over memory, and
  // the factor 1/√π takes none as it stands in the exponent.
  vjp: (g, { x }) => {
    const s = mul(x, like(Math.SQRT1_2, x));
    const density = mul(s, exp(sub(like(-0.5 * Math.log(Math.PI), x), mul(s, s))));
    return { x: mul(g, add(halfPlusHalf(erf(s)), density)) };
  },
});

/** √(2/π) and the coefficient of x³ in the argument of the hyperbolic tangent that stands for Φ. */
const [tanhScale, tanhCubic] = [Math.sqrt(2 / Math.PI), 0.044715];

/**
 * Gaussian error linear unit by the hyperbolic tangent, ½x (1 + tanh(√(2/π) (x + 0.044715 x³))): GPT-2's.
 * Source: Hendrycks and Gimpel, 2016, arXiv:1606.08415, section 2.
 */
export const geluTanh: Unary = pointwise({
  name: 'geluTanh',
  onnx: (_f, { x, emitter }) => emitter.node('Gelu', [x], { attributes: { approximate: { string: 'tanh' } } }),
  // ONNX Runtime's own one in float64 computes with constants rounded to float32.
  double: (f, { x }) => {
    const u = f('Mul', x, f('Add', f('Mul', f('Mul', x, x), tanhScale * tanhCubic), tanhScale));
    return f('Mul', f('Mul', x, 0.5), f('Add', f('Tanh', u), 1));
  },
  // With u the argument and t = tanh(u): ½(1 + t) + ½x (1 − t²) u′, u′ = √(2/π) (1 + 3 · 0.044715 x²).
  vjp: (g, { x }) => {
    const squared = mul(x, x);
    const u = mul(x, add(mul(squared, like(tanhScale * tanhCubic, x)), like(tanhScale, x)));
    const t = tanh(u);
    const slope = mul(x, add(mul(squared, like(1.5 * tanhScale * tanhCubic, x)), like(tanhScale / 2, x)));
    return { x: mul(g, add(halfPlusHalf(t), mul(slope, sub(like(1, x), mul(t, t))))) };
  },
});

/** x · σ(βx), in one pass where the runtime has an operator for it. */
/*@__NO_SIDE_EFFECTS__*/
function swish(name: string, beta: number): Unary {
  return pointwise({
    name,
    onnx: (f, { x, emitter }) => {
      if (!emitter.has('QuickGelu') || emitter.type(x).dtype !== 'float32')
        return f('Mul', x, f('Sigmoid', beta === 1 ? x : f('Mul', x, beta)));
      return emitter.node('QuickGelu', [x], { attributes: { alpha: { float: beta } }, domain: 'com.microsoft' });
    },
    // d/dx = σ + βy (1 − σ)
    vjp: (g, { x, y }) => {
      const s = sigmoid(mul(x, like(beta, x)));
      return { x: mul(g, add(s, mul(mul(y, like(beta, x)), sub(like(1, x), s)))) };
    },
  });
}

/** Sigmoid linear unit, x · σ(x), also named swish. Source: Elfwing, Uchibe and Doya, 2017, arXiv:1702.03118. */
export const silu: Unary = swish('silu', 1);

/** x · σ(1.702x), an approximation of GELU: CLIP's. Source: Hendrycks and Gimpel, 2016, arXiv:1606.08415, section 2. */
export const quickGelu: Unary = swish('quickGelu', 1.702);

/** ½ + slope · x, held between 0 and 1: one operator. The gradient is 0 where it is held, and at the two corners. */
/*@__NO_SIDE_EFFECTS__*/
function ramp(name: string, slope: number): Unary {
  return pointwise({
    name,
    onnx: (f, { x, emitter }) => heldLine(f, emitter, x, slope, 0.5),
    double: (f, { x }) => f('Max', f('Min', f('Add', f('Mul', x, slope), 0.5), 1), 0),
    vjp: (g, { x }) => ({ x: mul(g, where(less(abs(x), like(0.5 / slope, x)), like(slope, x), like(0, x))) }),
  });
}

/** ½ + ½x for x from −1 to 1, in one pass where the formula takes two. Outside that range it is clipped, and its gradient is 0. */
export const halfPlusHalf: Unary = ramp('halfPlusHalf', 0.5);

/** ½ + x/6 for x from −3 to 3, held between 0 and 1 outside. Its gradient at −3 and 3 is 0, as in PyTorch. */
export const hardsigmoid: Unary = ramp('hardsigmoid', 1 / 6);

/** x · hardsigmoid(x). Its gradient is 0 at −3 and 1 at 3, as in PyTorch. Source: Howard et al., 2019, arXiv:1905.02244. */
export function hardswish(x: Value): Value {
  return mul(x, hardsigmoid(x));
}

/** Each element held between `min` and `max`. Unlike `clip`, its gradient at these two is 0, as in PyTorch. */
export const hardtanh: Op<['x'], { min: number; max: number }> = pointwise<{ min: number; max: number }>({
  name: 'hardtanh',
  onnx: (f, { x, min, max }) => f('Clip', x, min, max),
  vjp: (g, { x, min, max }) => {
    const inside = logicalAnd(greater(x, like(min, x)), less(x, like(max, x)));
    return { x: where(inside, g, like(0, g)) };
  },
});

/** Each element held between 0 and 6. Its gradient at these two is 0, as in PyTorch. */
export function relu6(x: Value): Value {
  return hardtanh(x, { min: 0, max: 6 });
}

/** x where it is positive, `negativeSlope` · x elsewhere, 0 included. */
export const leakyRelu: Op<['x'], { negativeSlope: number }> = pointwise<{ negativeSlope: number }>({
  name: 'leakyRelu',
  onnx: (_f, { x, negativeSlope, emitter }) =>
    emitter.node('LeakyRelu', [x], { attributes: { alpha: { float: negativeSlope } } }),
  double: (f, { x, negativeSlope }) => f('Where', f('Greater', x, 0), x, f('Mul', x, negativeSlope)),
  vjp: (g, { x, negativeSlope }) => ({ x: where(greater(x, like(0, x)), g, mul(g, like(negativeSlope, g))) }),
});

/**
 * x where it is positive, weight · x elsewhere, 0 included; the weight is learned, one for all or one for each channel.
 * Shapes: x `[B, C, ...]`, weight `[C]` or `[1]` → the shape of x. Source: He et al., 2015, arXiv:1502.01852.
 * @throws ShapeError when the weight is of another shape.
 */
export function prelu(x: Value, weight: Value): Value {
  const channels = x.shape.length > 1 ? x.shape[1] : 1;
  if (weight.shape.length !== 1 || (weight.shape[0] !== 1 && weight.shape[0] !== channels))
    throw new ShapeError(
      `prelu: x is ${formatShape(x.shape)} and weight is ${formatShape(weight.shape)}; weight must be [1]${channels === 1 ? '' : ` or [${channels}]`}.`,
    );
  const slope = weight.shape[0] === 1 ? weight : reshape(weight, { shape: [channels!, ...x.shape.slice(2).map(() => 1)] });
  return where(greater(x, like(0, x)), x, mul(x, slope));
}

/** x where it is positive, α(e^x − 1) elsewhere. Its gradient at 0 is α, as in PyTorch. Source: Clevert et al., 2015, arXiv:1511.07289. */
export const elu: Op<['x'], { alpha: number }> = pointwise<{ alpha: number }>({
  name: 'elu',
  onnx: (_f, { x, alpha, emitter }) => emitter.node('Elu', [x], { attributes: { alpha: { float: alpha } } }),
  double: (f, { x, alpha }) => f('Where', f('Greater', x, 0), x, f('Mul', f('Sub', f('Exp', f('Min', x, 0)), 1), alpha)),
  // α e^x is y + α.
  vjp: (g, { x, y, alpha }) => ({ x: where(greater(x, like(0, x)), g, mul(g, add(y, like(alpha, y)))) }),
});

/** Scaled ELU, which keeps zero mean and unit variance: 1.0507 · elu(x, α = 1.6733). Source: Klambauer et al., 2017, arXiv:1706.02515. */
export function selu(x: Value): Value {
  return mul(elu(x, { alpha: 1.6732632423543772 }), like(1.0507009873554805, x));
}

/** α · elu(x/α): an ELU whose slope at 0 is 1 for every α. Source: Barron, 2017, arXiv:1704.07483. */
export function celu(x: Value, { alpha }: { readonly alpha: number }): Value {
  return mul(elu(mul(x, like(1 / alpha, x)), { alpha: 1 }), like(alpha, x));
}

const softplusRow: Unary = pointwise({
  name: 'softplus',
  onnx: 'Softplus',
  double: (f, { x }) => f('Add', f('Max', x, 0), f('Log', f('Add', f('Exp', f('Neg', f('Abs', x))), 1))),
  vjp: (g, { x }) => ({ x: mul(g, sigmoid(x)) }),
});

/**
 * log(1 + e^βx)/β, a smooth relu; x itself where βx exceeds `threshold`. Nothing overflows, so by default there is no threshold:
 * PyTorch's of 20 makes no difference that float32 could hold.
 */
export function softplus(
  x: Value,
  { beta = 1, threshold = null }: { readonly beta?: number; readonly threshold?: number | null } = {},
): Value {
  const scaled = beta === 1 ? x : mul(x, like(beta, x));
  const y = beta === 1 ? softplusRow(x) : mul(softplusRow(scaled), like(1 / beta, x));
  return threshold === null ? y : where(greater(scaled, like(threshold, x)), x, y);
}

/** log σ(x), without forming σ(x), which would be 0 for very negative x. */
export function logsigmoid(x: Value): Value {
  return neg(softplusRow(neg(x)));
}

/** x / (1 + |x|). */
export const softsign: Unary = pointwise({
  name: 'softsign',
  onnx: 'Softsign',
  double: (f, { x }) => f('Div', x, f('Add', f('Abs', x), 1)),
  vjp: (g, { x }) => {
    const share = reciprocal(add(abs(x), like(1, x)));
    return { x: mul(g, mul(share, share)) };
  },
});

/** x · tanh(softplus(x)). Source: Misra, 2019, arXiv:1908.08681. */
export function mish(x: Value): Value {
  return mul(x, tanh(softplusRow(x)));
}

/** x − tanh(x). */
export function tanhshrink(x: Value): Value {
  return sub(x, tanh(x));
}

/** x brought nearer to 0 by `lambda`, and 0 where |x| is not larger than that. */
export function softshrink(x: Value, { lambda }: { readonly lambda: number }): Value {
  return sub(x, clip(x, { min: -lambda, max: lambda }));
}

/** x where |x| is larger than `lambda`, else 0. */
export function hardshrink(x: Value, { lambda }: { readonly lambda: number }): Value {
  return where(greater(abs(x), like(lambda, x)), x, like(0, x));
}

/** x where it is larger than `threshold`, else `value`. */
export function threshold(
  x: Value,
  { threshold: limit, value }: { readonly threshold: number; readonly value: number },
): Value {
  return where(greater(x, like(limit, x)), x, like(value, x));
}

/**
 * Gated linear unit: the first half of an axis times σ of the second.
 * Shapes: `[..., 2n, ...]` → `[..., n, ...]`. Source: Dauphin et al., 2016, arXiv:1612.08083.
 * @throws ShapeError when the axis has an odd length.
 */
export function glu(x: Value, { axis }: { readonly axis: number }): Value {
  const at = normalizeAxis(axis, x.shape.length, 'glu');
  const half = x.shape[at]! / 2;
  if (!Number.isInteger(half))
    throw new ShapeError(`glu: x is ${formatShape(x.shape)}; axis ${axis} has length ${x.shape[at]} and must be even.`);
  const [a, b] = split(x, { axis: at, sizes: [half, half] });
  return mul(a!, sigmoid(b!));
}
