import { DTypeError, isFloat, sizeOf } from '../core/index.ts';
import type { Value } from '../graph/index.ts';
import { equal, isfinite, notEqual } from './comparison.ts';
import { abs, add, cast, exp, like, log, mul, pow, sqrt, stopGradient, sub, where } from './elementwise.ts';
import { shapeScalar } from './leaf.ts';
import { concat, reshape, slice } from './movement.ts';
import { movedim } from './rearranging.ts';
import { max, min, type Reduction, reducedShape, sum, sumSquare, sumSquaredDeviation } from './reduce.ts';

/**
 * Product over axes, formed as a tree of products, so that the gradient is exact to any order where elements are 0 too.
 * Numbers may be whole.
 */
export function prod(x: Value, { axes, keepDims }: Reduction): Value {
  if (x.dtype === 'bool') throw new DTypeError('prod: x is bool; it needs a number type. Use all, or cast it first.');
  if (axes.length === 0) return x;
  const count = sizeOf(axes.map((axis) => x.shape[axis]!));
  const last = movedim(x, { from: axes, to: axes.map((_, i) => i - axes.length) });
  const shape = reducedShape(x.shape, { axes, keepDims: false });
  let y = reshape(last, { shape: [...shape, count] });
  for (let length = count; length > 1; length = Math.ceil(length / 2)) {
    const half = Math.floor(length / 2);
    const part = (start: number, end: number) => slice(y, { axis: -1, start, end });
    const product = mul(part(0, half), part(half, 2 * half));
    y = length % 2 === 0 ? product : concat([product, part(2 * half, length)], { axis: -1 });
  }
  return reshape(y, { shape: reducedShape(x.shape, { axes, keepDims }) });
}

/**
 * log Σ e^x over axes, the largest element taken off first so that nothing overflows. −∞ where every element is −∞; its
 * gradient is NaN there, as in PyTorch.
 */
export function logsumexp(x: Value, { axes, keepDims }: Reduction): Value {
  if (axes.length === 0) return x;
  const largest = stopGradient(max(x, { axes, keepDims: true }));
  // An infinite shift would make NaN of infinite elements.
  const shift = where(isfinite(largest), largest, like(0, x));
  const y = add(log(sum(exp(sub(x, shift)), { axes, keepDims: true })), shift);
  return keepDims ? y : reshape(y, { shape: reducedShape(x.shape, { axes, keepDims }) });
}

/** Which axes go, and by how much less than the number of elements the squared deviations are divided. */
export type Deviation = Reduction & {
  /** 1 (PyTorch's default) for an estimate from a sample, 0 for the variance of these numbers themselves. */
  readonly correction: number;
};

/** Mean squared distance from the mean over axes, divided by n − correction. NaN or infinite where that is not positive. */
export function variance(x: Value, { axes, keepDims, correction }: Deviation): Value {
  const count = sizeOf(axes.map((axis) => x.shape[axis]!));
  // Fed as a number that follows from the shape, as the mean's is.
  return mul(sumSquaredDeviation(x, { axes, keepDims }), shapeScalar(1 / Math.max(0, count - correction), x.dtype));
}

/** Square root of the variance over axes. Where it is 0 its gradient is 0, as in PyTorch. */
export function std(x: Value, deviation: Deviation): Value {
  return rootOrZero(variance(x, deviation));
}

/** √x with a gradient of 0 at 0, where the root has no slope. */
function rootOrZero(x: Value): Value {
  const isZero = equal(x, like(0, x));
  return where(isZero, like(0, x), sqrt(where(isZero, like(1, x), x)));
}

/**
 * The p-norm over axes, (Σ |x|^p)^(1/p): 2 is the Euclidean one, 1 the sum of sizes, ∞ the largest size and −∞ the smallest,
 * 0 the number of elements other than 0. Where the norm is 0, and for p below 1 at elements that are 0, its gradient is 0, as
 * in PyTorch.
 */
export function norm(x: Value, { axes, keepDims, p }: Reduction & { readonly p: number }): Value {
  const over = { axes, keepDims };
  if (p === 2) return rootOrZero(sumSquare(x, over));
  if (p === 0) return sum(cast(notEqual(x, like(0, x)), { to: x.dtype }), over);
  const size = abs(x);
  if (p === 1) return sum(size, over);
  if (p === Number.POSITIVE_INFINITY) return max(size, over);
  if (p === Number.NEGATIVE_INFINITY) return min(size, over);
  const zero = like(0, x);
  const toThe = (y: Value, exponent: number): Value => {
    const isZero = equal(y, zero);
    return where(isZero, like(0 ** exponent, x), pow(where(isZero, like(1, x), y), like(exponent, x)));
  };
  return toThe(sum(toThe(size, p), over), 1 / p);
}

/** Whether an element other than 0 (or true) is among those over axes. A bool; has no gradient. */
export function any(x: Value, over: Reduction): Value {
  return cast(max(truths(x), over), { to: 'bool' });
}

/** Whether every element over axes is other than 0 (or true). A bool; has no gradient. */
export function all(x: Value, over: Reduction): Value {
  return cast(min(truths(x), over), { to: 'bool' });
}

/** 1 where an element is other than 0, else 0. */
function truths(x: Value): Value {
  const isTrue = x.dtype === 'bool' ? x : notEqual(isFloat(x.dtype) ? stopGradient(x) : x, like(0, x));
  return cast(isTrue, { to: 'uint8' });
}
