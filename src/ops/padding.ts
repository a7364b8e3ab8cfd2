import { formatShape, normalizeAxis, ShapeError } from '../core/index.ts';
import type { Value } from '../graph/index.ts';
import { constant } from './leaf.ts';
import { concat, expand, pad, slice } from './movement.ts';

/** What is set beside a tensor: one number, its mirror image without the edge, its edge, or its other end. PyTorch's names. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

/**
 * x with `before` and `after` elements set along an axis.
 *
 *   constant: v v | a b c | v    reflect: c b | a b c | b    replicate: a a | a b c | c    circular: b c | a b c | a
 *
 * @throws ShapeError when the numbers are not whole or negative, or larger than what can be mirrored (length − 1) or
 * repeated (length).
 */
export function padWith(
  x: Value,
  {
    axis,
    before,
    after,
    mode = 'constant',
    value = 0,
  }: {
    readonly axis: number;
    readonly before: number;
    readonly after: number;
    readonly mode?: PadMode;
    readonly value?: number;
  },
): Value {
  const at = normalizeAxis(axis, x.shape.length, 'pad');
  const length = x.shape[at]!;
  if (mode === 'constant' && value === 0) return pad(x, { axis: at, before, after });
  const limit = mode === 'reflect' ? length - 1 : mode === 'circular' ? length : Number.POSITIVE_INFINITY;
  for (const [name, count] of Object.entries({ before, after })) {
    if (!Number.isInteger(count) || count < 0 || count > limit)
      throw new ShapeError(
        `pad: x is ${formatShape(x.shape)}, mode is ${mode} and ${name} is ${count}; on axis ${at} it must be a whole number from 0${Number.isFinite(limit) ? ` to ${limit}` : ''}.`,
      );
  }
  /** `count` elements to set before x, or after it. */
  const beside = (count: number, side: 'before' | 'after'): Value => {
    const isBefore = side === 'before';
    if (mode === 'constant' || mode === 'replicate') {
      const edge = slice(x, { axis: at, start: isBefore ? 0 : length - 1, end: isBefore ? 1 : length });
      return expand(mode === 'constant' ? constant(value, x.dtype) : edge, { shape: x.shape.with(at, count) });
    }
    if (mode === 'circular')
      return slice(x, { axis: at, start: isBefore ? length - count : 0, end: isBefore ? length : count });
    const start = isBefore ? count : length - 2;
    return count === 1
      ? slice(x, { axis: at, start, end: start + 1 })
      : slice(x, { axis: at, start, ...(start - count >= 0 && { end: start - count }), step: -1 });
  };
  const parts = [...(before > 0 ? [beside(before, 'before')] : []), x, ...(after > 0 ? [beside(after, 'after')] : [])];
  return concat(parts, { axis: at });
}
