import { DTypeError, formatShape, isFloat, normalizeAxis, ShapeError } from '../core/index.ts';
import { defineMultiOp, defineOp, type MultiOp, type Op, type Type, type Value } from '../graph/index.ts';
import { add, exp, like, mul, neg, rsqrt, sub } from './elementwise.ts';
import { shapeScalar } from './leaf.ts';
import { alongOthers, expand, reshape } from './movement.ts';
import { formulaIn, requireFloat } from './pointwise.ts';
import { repeatInterleave } from './rearranging.ts';
import { mean, sum, sumSquare } from './reduce.ts';

function alongAxis({ x, axis }: { readonly x: Type; readonly axis: number }, speaker: string): Type {
  if (!isFloat(x.dtype)) throw new DTypeError(`${speaker}: x is ${x.dtype}; it needs a floating-point type. Cast it first.`);
  normalizeAxis(axis, x.shape.length, speaker);
  return { shape: x.shape, dtype: x.dtype };
}

/** Throws where one of the parts is not one number for each of `size` places, in x's element type. */
function requireParts(speaker: string, x: Type, parts: Readonly<Record<string, Type | null>>, size: number): void {
  for (const [name, part] of Object.entries(parts)) {
    if (part && (part.shape.length !== 1 || part.shape[0] !== size)) {
      throw new ShapeError(
        `${speaker}: x is ${formatShape(x.shape)} and ${name} is ${formatShape(part.shape)}; ${name} must be [${size}].`,
      );
    }
    if (part && part.dtype !== x.dtype)
      throw new DTypeError(`${speaker}: x is ${x.dtype} and ${name} is ${part.dtype}; both need one element type. Cast one.`);
  }
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
    requireParts('layerNorm', x, { weight, bias }, x.shape.at(-1)!);
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

const rmsNormRow: MultiOp<['x', 'weight'], ['y', 'invRms'], { eps: number }> = defineMultiOp({
  name: 'rmsNorm',
  inputs: ['x', 'weight'],
  outputs: ['y', 'invRms'],
  infer: ({ x, weight }) => {
    const type = alongAxis({ x, axis: -1 }, 'rmsNorm');
    requireParts('rmsNorm', x, { weight }, x.shape.at(-1)!);
    return { y: type, invRms: { shape: [...x.shape.slice(0, -1), 1], dtype: x.dtype } };
  },
  lower: (emitter, { x, weight, eps, types }) => {
    const { dtype } = types[0]!;
    if (emitter.has('SimplifiedLayerNormalization') && dtype === 'float32')
      return emitter.nodes('SimplifiedLayerNormalization', [x, weight], 2, {
        attributes: { axis: { int: -1 }, epsilon: { float: eps } },
      });
    const f = formulaIn(emitter, dtype);
    const squares = emitter.node('ReduceMean', [f('Mul', x, x), emitter.constant('int64', [-1])]);
    const invRms = f('Reciprocal', f('Sqrt', f('Add', squares, eps)));
    return [f('Mul', f('Mul', x, invRms), weight), invRms];
  },
  vjp: (gradients, { x, weight, invRms }) => {
    const last = [x.shape.length - 1];
    const parts: Value[] = [];
    let forWeight: Value | null = null;
    if (gradients.y) {
      const normalized = mul(x, invRms);
      const scaled = mul(gradients.y, weight);
      const along = mean(mul(scaled, normalized), { axes: last, keepDims: true });
      parts.push(mul(sub(scaled, mul(normalized, along)), invRms));
      forWeight = mul(gradients.y, normalized);
    }
    // Has a gradient of its own only when a gradient is differentiated again.
    if (gradients.invRms) {
      const cubed = mul(invRms, mul(invRms, invRms));
      const share = shapeScalar(-1 / x.shape.at(-1)!, x.dtype);
      parts.push(mul(mul(gradients.invRms, mul(cubed, share)), x));
    }
    return { x: parts.length > 0 ? parts.reduce((a, b) => add(a, b)) : null, weight: forWeight };
  },
  axes: { along: (axis, _types, _attributes, y) => (axis < y.shape.length - 1 ? [axis, null] : null) },
});

/**
 * The last axis over the root of its mean square, then scaled: x / √(mean(x²) + eps) · weight.
 * Shapes: x `[..., size]`, weight `[size]` → `[..., size]`. Source: Zhang and Sennrich, 2019, arXiv:1910.07467.
 */
export function rmsNorm(x: Value, weight: Value, { eps }: { readonly eps: number }): Value {
  return rmsNormRow(x, weight, { eps }).y;
}

/** One over the number of elements that share a mean. */
function shareOf({ shape: [batch, channels, places], dtype }: Value, over: Over): Value {
  return shapeScalar(over === 'batch' ? 1 / (batch! * places!) : over / (channels! * places!), dtype);
}

/** Of a number for each group, `[1, C]` or `[N, groups]`, one for each row of places: `[1, C, 1]` or `[N, C, 1]`. */
function toRows(statistic: Value, { shape: [batch, channels] }: Value, over: Over): Value {
  if (over === 'batch' || over === channels) return reshape(statistic, { shape: [-1, channels!, 1] });
  const wide = repeatInterleave(statistic, { repeats: channels! / over, axis: 1 });
  return reshape(wide, { shape: [batch!, channels!, 1] });
}

/** What `channelNorm` takes a mean over: a channel of the whole batch, or one of so many groups of channels of one example. */
type Over = 'batch' | number;

/**
 * Rows of places `[N, C, S]` less their group's mean, and that mean, `[1, C]` or `[N, groups]`.
 * What it does to x it does to a gradient, so that this takes two passes, where that of a difference takes four.
 */
const centerRow: MultiOp<['rows'], ['centered', 'mean'], { over: Over }> = defineMultiOp({
  name: 'center',
  inputs: ['rows'],
  outputs: ['centered', 'mean'],
  infer: ({ rows: { shape, dtype }, over }) => ({
    centered: { shape, dtype },
    mean: { shape: over === 'batch' ? [1, shape[1]!] : [shape[0]!, over], dtype },
  }),
  lower: (emitter, { rows, over }) => {
    const [batch, channels] = emitter.type(rows).shape as [number, number];
    const meanOf = (x: string, axis: number) => emitter.node('ReduceMean', [x, emitter.constant('int64', [axis])]);
    const ofRows = meanOf(rows, 2);
    if (over === 'batch') {
      const center = meanOf(ofRows, 0);
      return [emitter.node('Sub', [rows, center]), emitter.node('Reshape', [center, emitter.dims([1, channels])])];
    }
    const members = channels / over;
    const center = meanOf(emitter.node('Reshape', [ofRows, emitter.dims([batch, over, members])]), 2);
    const wide = emitter.node('Expand', [center, emitter.dims([batch, over, members])]);
    return [
      emitter.node('Sub', [rows, emitter.node('Reshape', [wide, emitter.dims([batch, channels, 1])])]),
      emitter.node('Reshape', [center, emitter.dims([batch, over])]),
    ];
  },
  vjp: (gradients, { rows, over }) => {
    const parts: Value[] = [];
    if (gradients.centered) parts.push(centerRow(gradients.centered, { over }).centered);
    if (gradients.mean) parts.push(expand(toRows(mul(gradients.mean, shareOf(rows, over)), rows, over), { shape: rows.shape }));
    return { rows: parts.length > 0 ? parts.reduce((a, b) => add(a, b)) : null };
  },
});

/** What `channelNorm` gives: the result, and the statistics that it took, each as its group's mean or variance. */
export interface ChannelNorm {
  readonly y: Value;
  /** Shape `[1, C]` over the batch, `[N, groups]` otherwise. */
  readonly mean: Value;
  /** The mean squared distance from the mean; of the same shape. */
  readonly variance: Value;
}

/**
 * Channels brought to zero mean and unit variance over what `over` says, then scaled and shifted channel by channel: over the
 * batch and all places for `batch` (batch normalization), else over the places and the channels of one of so many groups
 * (group normalization; with a group for each channel instance normalization).
 *
 *   y = (x − mean) / √(variance + eps) · weight + bias
 *
 * Shapes: x `[N, C, ...]`, weight and bias `[C]` → the shape of x. The variance divides by the number of elements.
 * Written so that the large tensor is read few times: all but five passes over it are about tables of N · C numbers.
 * Sources: Ioffe and Szegedy, 2015, arXiv:1502.03167; Wu and He, 2018, arXiv:1803.08494; Ulyanov et al., 2016, arXiv:1607.08022.
 * @throws ShapeError when x has no channels, they do not fall into the groups, or weight or bias is not `[C]`.
 */
export function channelNorm(
  x: Value,
  weight: Value | null,
  bias: Value | null,
  { over, eps }: { readonly over: Over; readonly eps: number },
): ChannelNorm {
  const speaker = over === 'batch' ? 'batchNorm' : 'groupNorm';
  const [batch, channels] = requireChannels(speaker, x, { weight, bias });
  if (over !== 'batch' && (!Number.isInteger(over) || channels % over !== 0))
    throw new ShapeError(`${speaker}: x is ${formatShape(x.shape)}; its ${channels} channels do not fall into ${over} groups.`);
  const rows = reshape(x, { shape: [batch, channels, -1] });
  const { centered, mean: center } = centerRow(rows, { over });
  const squares = sumSquare(centered, { axes: [2], keepDims: false });
  const grouped = over === 'batch' ? squares : reshape(squares, { shape: [batch, over, -1] });
  const total = sum(grouped, { axes: [over === 'batch' ? 0 : 2], keepDims: over === 'batch' });
  const variance = mul(total, shareOf(rows, over));
  const invStd = toRows(rsqrt(add(variance, like(eps, x))), rows, over);
  const y = affine(centered, weight ? mul(invStd, perChannel(weight)) : invStd, bias);
  return { y: reshape(y, { shape: x.shape }), mean: center, variance };
}

/**
 * Channels normalized by statistics that were gathered before, as batch normalization does when it does not train.
 * Shapes: x `[N, C, ...]`, mean, variance, weight and bias `[C]` → the shape of x.
 * @throws ShapeError when x has no channels, or one of the others is not `[C]`.
 */
export function normalizeBy(
  x: Value,
  center: Value,
  variance: Value,
  weight: Value | null,
  bias: Value | null,
  { eps }: { readonly eps: number },
): Value {
  const [batch, channels] = requireChannels('batchNorm', x, { mean: center, variance, weight, bias });
  const invStd = rsqrt(add(variance, like(eps, x)));
  const scale = weight ? mul(invStd, weight) : invStd;
  // Both are small, so that x itself is read twice only.
  const shift = bias ? sub(bias, mul(center, scale)) : neg(mul(center, scale));
  const y = affine(reshape(x, { shape: [batch, channels, -1] }), perChannel(scale), shift);
  return reshape(y, { shape: x.shape });
}

/** Rows of places `[N, C, S]` times a number for each, plus one for each channel. */
function affine(rows: Value, scale: Value, bias: Value | null): Value {
  const scaled = mul(rows, scale);
  return bias ? add(scaled, perChannel(bias)) : scaled;
}

const perChannel = (v: Value) => reshape(v, { shape: [-1, 1] });

function requireChannels(
  speaker: string,
  x: Value,
  parts: Readonly<Record<string, Value | null>>,
): readonly [batch: number, channels: number] {
  requireFloat(x, speaker);
  if (x.shape.length < 2) throw new ShapeError(`${speaker}: x is ${formatShape(x.shape)}; it needs at least [N, C].`);
  const [batch, channels] = x.shape as [number, number];
  requireParts(speaker, x, parts, channels);
  return [batch, channels];
}
