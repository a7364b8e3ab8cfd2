import { DTypeError, formatShape, isFloat, normalizeAxis, ShapeError } from '../core/index.ts';
import { defineMultiOp, defineOp, type MultiOp, type Op, type Type, type Value } from '../graph/index.ts';
import { add, exp, like, mul, sub } from './elementwise.ts';
import { shapeScalar } from './leaf.ts';
import { alongOthers } from './movement.ts';
import { mean, sum } from './reduce.ts';

function alongAxis({ x, axis }: { readonly x: Type; readonly axis: number }, speaker: string): Type {
  if (!isFloat(x.dtype)) throw new DTypeError(`${speaker}: x is ${x.dtype}; it needs a floating-point type. Cast it first.`);
  normalizeAxis(axis, x.shape.length, speaker);
  return { shape: x.shape, dtype: x.dtype };
}

/** e^x divided by its sum along `axis` (counted from the front), the largest element taken off first so that nothing overflows. */
export const softmax: Op<['x'], { axis: number }> = defineOp({
  name: 'softmax',
  inputs: ['x'],
  infer: (seen) => alongAxis(seen, 'softmax'),
  lower: (emitter, { x, axis }) => emitter.node('Softmax', [x], { attributes: { axis: { int: axis } } }),
  vjp: (g, { y, axis }) => ({ x: mul(y, sub(g, sum(mul(g, y), { axes: [axis], keepDims: true }))) }),
  axes: { along: alongOthers },
});

/** Logarithm of softmax along `axis` (counted from the front), without forming the softmax. */
export const logSoftmax: Op<['x'], { axis: number }> = defineOp({
  name: 'logSoftmax',
  inputs: ['x'],
  infer: (seen) => alongAxis(seen, 'logSoftmax'),
  lower: (emitter, { x, axis }) => emitter.node('LogSoftmax', [x], { attributes: { axis: { int: axis } } }),
  vjp: (g, { y, axis }) => ({ x: sub(g, mul(exp(y), sum(g, { axes: [axis], keepDims: true }))) }),
  axes: { along: alongOthers },
});

const layerNormRow: MultiOp<['x', 'weight', 'bias?'], ['y', 'mean', 'invStd'], { eps: number }> = defineMultiOp({
  name: 'layerNorm',
  inputs: ['x', 'weight', 'bias?'],
  outputs: ['y', 'mean', 'invStd'],
  infer: ({ x, weight, bias }) => {
    const type = alongAxis({ x, axis: -1 }, 'layerNorm');
    const size = x.shape.at(-1);
    for (const [name, part] of [
      ['weight', weight],
      ['bias', bias],
    ] as const) {
      if (part && (part.shape.length !== 1 || part.shape[0] !== size)) {
        throw new ShapeError(
          `layerNorm: x is ${formatShape(x.shape)} and ${name} is ${formatShape(part.shape)}; ${name} must be [${size}].`,
        );
      }
      if (part && part.dtype !== x.dtype) {
        throw new DTypeError(`layerNorm: x is ${x.dtype} and ${name} is ${part.dtype}; both need one element type. Cast one.`);
      }
    }
    const statistics = { shape: [...x.shape.slice(0, -1), 1], dtype: x.dtype };
    return { y: type, mean: statistics, invStd: statistics };
  },
  lower: (emitter, { x, weight, bias, eps }) =>
    emitter.nodes('LayerNormalization', [x, weight, bias], 3, { attributes: { axis: { int: -1 }, epsilon: { float: eps } } }),
  vjp: (gradients, { x, weight, bias, mean: center, invStd }) => {
    const last = [x.shape.length - 1];
    const rowMean = (v: Value) => mean(v, { axes: last, keepDims: true });
    const centered = sub(x, center);
    const parts: Value[] = [];
    let forWeight: Value | null = null;
    if (gradients.y) {
      const normalized = mul(centered, invStd);
      const scaled = mul(gradients.y, weight);
      parts.push(mul(sub(sub(scaled, rowMean(scaled)), mul(normalized, rowMean(mul(scaled, normalized)))), invStd));
      forWeight = mul(gradients.y, normalized);
    }
    // The statistics have gradients of their own only when a gradient is differentiated again.
    const count = shapeScalar(1 / x.shape.at(-1)!, x.dtype);
    if (gradients.mean) parts.push(mul(gradients.mean, mul(count, like(1, x))));
    if (gradients.invStd) {
      const cubed = mul(invStd, mul(invStd, invStd));
      parts.push(mul(mul(gradients.invStd, mul(cubed, mul(count, like(-1, x)))), centered));
    }
    return {
      x: parts.length > 0 ? parts.reduce((a, b) => add(a, b)) : null,
      weight: forWeight,
      bias: bias ? gradients.y : null,
    };
  },
  axes: { along: (axis, _types, _attributes, y) => (axis < y.shape.length - 1 ? [axis, null, null] : null) },
});

/**
 * The last axis brought to zero mean and unit variance, then scaled and shifted.
 * Shapes: x `[..., size]`, weight and bias `[size]` → `[..., size]`. The variance divides by size; eps stands inside the root.
 * Source: Ba, Kiros and Hinton, 2016, arXiv:1607.06450.
 */
export function layerNorm(x: Value, weight: Value, bias: Value | null, { eps }: { readonly eps: number }): Value {
  return layerNormRow(x, weight, bias, { eps }).y;
}
