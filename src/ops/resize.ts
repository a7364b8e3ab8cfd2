import { ConfigError, formatShape, newArray, type Shape, ShapeError, sizeOf } from '../core/index.ts';
import type { Value } from '../graph/index.ts';
import { data, type HostSource } from './leaf.ts';
import { matmul } from './matmul.ts';
import { reshape, stridedSlice } from './movement.ts';
import { requireFloat } from './pointwise.ts';
import { repeatInterleave } from './rearranging.ts';
import { indexSelect } from './scatter.ts';

/** How elements in between are made up, by PyTorch's names. */
export type InterpolationMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'trilinear' | 'bicubic';

/** Options of `interpolate`, as torch.nn.functional.interpolate has them. */
export interface InterpolateOptions {
  /** Lengths of the spatial axes that come out; one number for all. Either this or `scaleFactor`. */
  readonly size?: number | readonly number[];
  /** By how much the spatial axes grow; one number for all. */
  readonly scaleFactor?: number | readonly number[];
  /** Default 'nearest'. */
  readonly mode?: InterpolationMode;
  /** Whether the first and last elements of input and output lie on each other, rather than the outer edges. Default false. */
  readonly alignCorners?: boolean;
}

const spatialAxes: Partial<Record<InterpolationMode, number>> = { linear: 1, bilinear: 2, trilinear: 3, bicubic: 2 };

/**
 * Signals, images and volumes of another size. Linear and cubic modes are one matrix product for each axis, with a matrix of
 * weights that follows from the lengths; the gradient is the product with its transpose.
 * Shapes: x `[B, C, ...S]` → `[B, C, ...size]`; linear takes one spatial axis, bilinear and bicubic two, trilinear three.
 * Like torch.nn.functional.interpolate without antialiasing; a `scaleFactor` is used as it is, not recomputed from the lengths.
 * Source: Keys, 1981, IEEE TASSP 29(6), for cubic weights, with a = −0.75.
 * @throws ConfigError for options that contradict each other. @throws ShapeError when x does not fit the mode.
 */
export function interpolate(
  x: Value,
  { size, scaleFactor, mode = 'nearest', alignCorners = false }: InterpolateOptions,
): Value {
  requireFloat(x, 'interpolate');
  const spatial = x.shape.slice(2);
  const wanted = spatialAxes[mode];
  if (spatial.length === 0 || (wanted !== undefined && spatial.length !== wanted))
    throw new ShapeError(
      `interpolate: x is ${formatShape(x.shape)} and mode is ${mode}; it needs [B, C] and ${wanted ?? 'at least 1'} spatial ${wanted === 1 ? 'axis' : 'axes'}.`,
    );
  if ((size === undefined) === (scaleFactor === undefined))
    throw new ConfigError('interpolate: give either size or scaleFactor, and not both.');
  if (alignCorners && mode.startsWith('nearest'))
    throw new ConfigError(`interpolate: alignCorners has no meaning with mode ${mode}; use it with a linear or cubic mode.`);
  const each = (given: number | readonly number[], name: string): readonly number[] => {
    const list = typeof given === 'number' ? spatial.map(() => given) : given;
    if (list.length !== spatial.length || !list.every((number) => number > 0))
      throw new ConfigError(`interpolate: ${name} is ${formatShape(list)}; it needs ${spatial.length} positive numbers.`);
    return list;
  };
  const factors = scaleFactor === undefined ? null : each(scaleFactor, 'scaleFactor');
  const lengths = factors ? factors.map((factor, i) => Math.floor(spatial[i]! * factor)) : each(size!, 'size');
  if (!lengths.every((length) => Number.isInteger(length) && length >= 1))
    throw new ShapeError(
      `interpolate: x is ${formatShape(x.shape)} and its spatial axes would be ${formatShape(lengths)}; they must be whole numbers from 1.`,
    );
  // Axes that shrink go first: what comes after them has less to do.
  const order = [...lengths.keys()].sort((a, b) => lengths[a]! / spatial[a]! - lengths[b]! / spatial[b]!);
  return order.reduce((y, i) => {
    const axis = i + 2;
    const [from, to] = [spatial[i]!, lengths[i]!];
    const scale = alignCorners ? (to > 1 ? (from - 1) / (to - 1) : 0) : factors ? 1 / factors[i]! : from / to;
    if (mode.startsWith('nearest')) return nearestAlong(y, axis, to, scale, mode === 'nearest-exact');
    if (from === to && scale === 1) return y;
    return weighted(y, axis, weights(from, to, scale, alignCorners, mode === 'bicubic'));
  }, x);
}

function nearestAlong(x: Value, axis: number, to: number, scale: number, exact: boolean): Value {
  const from = x.shape[axis]!;
  if (scale === 1 && from === to) return x;
  // Whole factors need no look-up, and their gradient no scatter.
  if (to % from === 0 && scale === from / to) return repeatInterleave(x, { repeats: to / from, axis });
  if (from % to === 0 && scale === from / to)
    return stridedSlice(x, { axis, start: exact ? Math.floor(scale / 2) : 0, step: scale, count: to });
  // In float32, as PyTorch computes it, so that halves fall to the same side.
  const step = Math.fround(scale);
  const places = BigInt64Array.from({ length: to }, (_, i) =>
    BigInt(Math.min(from - 1, Math.floor(Math.fround((exact ? i + 0.5 : i) * step)))),
  );
  return indexSelect(x, data({ shape: [to], dtype: 'int64' }, { kind: 'host', data: places } as HostSource), { axis });
}

/** How much each element of an axis of length `from` counts in each of `to` new ones: `to` rows. */
function weights(from: number, to: number, scale: number, alignCorners: boolean, isCubic: boolean): number[][] {
  return Array.from({ length: to }, (_, i) => {
    const row = new Array<number>(from).fill(0);
    const centre = alignCorners ? scale * i : scale * (i + 0.5) - 0.5;
    const place = isCubic ? centre : Math.max(0, centre);
    const first = Math.floor(place);
    const t = place - first;
    const taps = isCubic ? [cubic(1 + t), cubic(t), cubic(1 - t), cubic(2 - t)] : [1 - t, t];
    taps.forEach((weight, k) => {
      row[Math.min(from - 1, Math.max(0, first + k - (isCubic ? 1 : 0)))]! += weight;
    });
    return row;
  });
}

/** Keys' cubic kernel at a distance, with a = −0.75. */
function cubic(distance: number): number {
  const a = -0.75;
  const d = distance;
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/** x with each row along an axis replaced by weighted sums of it. */
export function weighted(x: Value, axis: number, rows: readonly (readonly number[])[]): Value {
  const [from, to] = [x.shape[axis]!, rows.length];
  const behind = sizeOf(x.shape.slice(axis + 1));
  const shape: Shape = x.shape.map((length, i) => (i === axis ? to : length));
  // Behind the axis nothing: one product over all rows, the weights on the right.
  const isLast = behind === 1;
  const content = newArray(x.dtype === 'float64' ? 'float64' : 'float32', from * to);
  rows.forEach((row, i) => {
    row.forEach((weight, j) => {
      content[isLast ? j * to + i : i * from + j] = weight;
    });
  });
  const matrix = data({ shape: isLast ? [from, to] : [to, from], dtype: x.dtype }, {
    kind: 'host',
    data: content,
  } as HostSource);
  const lead = sizeOf(x.shape.slice(0, axis));
  const y = isLast
    ? matmul(reshape(x, { shape: [lead, from] }), matrix)
    : matmul(matrix, reshape(x, { shape: [lead, from, behind] }));
  return reshape(y, { shape });
}
