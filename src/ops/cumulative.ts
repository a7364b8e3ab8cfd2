import { DTypeError, normalizeAxis } from '../core/index.ts';
import { defineOp, type Op } from '../graph/index.ts';
import { alongOthers } from './movement.ts';

/**
 * Running sums along an axis (counted from the front); with `reverse` from the end.
 * Shapes: any → the same.
 */
export const cumsum: Op<['x'], { axis: number; reverse: boolean }> = defineOp({
  name: 'cumsum',
  inputs: ['x'],
  infer: ({ x, axis }) => {
    if (x.dtype === 'bool') throw new DTypeError('cumsum: x is bool; it needs a number type. Cast it first.');
    normalizeAxis(axis, x.shape.length, 'cumsum');
    return { shape: x.shape, dtype: x.dtype };
  },
  lower: (emitter, { x, axis, reverse }) =>
    emitter.node('CumSum', [x, emitter.constant('int64', [axis], [])], { attributes: { reverse: { int: reverse ? 1 : 0 } } }),
  // What comes early counts in every later sum.
  vjp: (g, { axis, reverse }) => ({ x: cumsum(g, { axis, reverse: !reverse }) }),
  axes: { zeroWith: [[0]], along: alongOthers },
});
