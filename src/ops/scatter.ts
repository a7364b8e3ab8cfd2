import { broadcastShapes, DTypeError, formatShape, normalizeAxis, ShapeError } from '../core/index.ts';
import { defineOp, type Op, type Type, type Value } from '../graph/index.ts';
import { like, where } from './elementwise.ts';
import { requireIndices, scatterRows, takeAlong } from './indexing.ts';
import { expand, slice, transpose, zerosLike } from './movement.ts';

/**
 * Slices of an axis (counted from the front), picked by index. Negative indices count from the back.
 * Shapes: x `[...A, n, ...B]`, indices `[...I]` → `[...A, ...I, ...B]`. torch.index_select takes indices of one axis only.
 */
export const indexSelect: Op<['x', 'indices'], { axis: number }> = defineOp({
  name: 'indexSelect',
  inputs: ['x', 'indices'],
  infer: ({ x, indices, axis }) => {
    requireIndices(indices, 'indexSelect');
    normalizeAxis(axis, x.shape.length, 'indexSelect');
    return { shape: x.shape.toSpliced(axis, 1, ...indices.shape), dtype: x.dtype };
  },
  lower: (emitter, { x, indices, axis }) => emitter.node('Gather', [x, indices], { attributes: { axis: { int: axis } } }),
  vjp: (g, { x, indices, axis }) => {
    const places = indices.shape.length;
    // The indices' axes to the front, added up into a table, whose rows go back to their axis.
    const front = g.shape.map((_, i) => (i < places ? i + axis : i < places + axis ? i - places : i));
    const table = scatterRows(transpose(g, { perm: front }), indices, { rows: x.shape[axis]! });
    return { x: transpose(table, { perm: x.shape.map((_, i) => (i === axis ? 0 : i < axis ? i + 1 : i)) }) };
  },
  axes: {
    zeroWith: [[0]],
    along: (axis, [, indices], { axis: picked }) => {
      const own = axis - (picked as number);
      const { length } = indices!.shape;
      if (own >= 0 && own < length) return [null, own];
      return [own < 0 ? axis : axis - length + 1, null];
    },
  },
});

function requireWithin(x: Type, indices: Type, axis: number, speaker: string): void {
  requireIndices(indices, speaker);
  normalizeAxis(axis, x.shape.length, speaker);
  const fits =
    x.shape.length === indices.shape.length && indices.shape.every((length, i) => i === axis || length <= x.shape[i]!);
  if (!fits)
    throw new ShapeError(
      `${speaker}: x is ${formatShape(x.shape)} and indices are ${formatShape(indices.shape)}; they must have as many axes, and on every axis but ${axis} no more elements than x.`,
    );
}

/**
 * For each place, the element of x whose position along `axis` the index names; on other axes indices may be shorter.
 * Shapes: x `[...S]`, indices as many axes → the shape of indices. torch.gather.
 */
export function gather(x: Value, indices: Value, { axis }: { readonly axis: number }): Value {
  const at = normalizeAxis(axis, x.shape.length, 'gather');
  requireWithin(x, indices, at, 'gather');
  const part = indices.shape.reduce((y, length, i) => (i === at ? y : slice(y, { axis: i, start: 0, end: length })), x);
  return takeAlong(part, indices, { axis: at });
}

/** `gather` with x and the indices broadcast against each other on every axis but `axis`: NumPy's take_along_axis. */
export function takeAlongDim(x: Value, indices: Value, { axis }: { readonly axis: number }): Value {
  const at = normalizeAxis(axis, x.shape.length, 'takeAlongDim');
  if (x.shape.length !== indices.shape.length)
    throw new ShapeError(
      `takeAlongDim: x is ${formatShape(x.shape)} and indices are ${formatShape(indices.shape)}; they must have as many axes.`,
    );
  const shape = broadcastShapes(x.shape.with(at, 1), indices.shape.with(at, 1), 'takeAlongDim', ['x', 'indices']);
  return takeAlong(
    expand(x, { shape: shape.with(at, x.shape[at]!) }),
    expand(indices, { shape: shape.with(at, indices.shape[at]!) }),
    {
      axis: at,
    },
  );
}

/**
 * x with elements put, or added, at the positions along `axis` that the indices name.
 * Shapes: x `[...S]`, indices and updates alike, on other axes no longer than x → the shape of x. torch.scatter and
 * torch.scatter_add: where two indices name one place, one of the updates is put there, and it is not said which; added are all.
 */
export const scatter: Op<['x', 'indices', 'updates'], { axis: number; reduce: 'none' | 'add' }> = defineOp({
  name: 'scatter',
  inputs: ['x', 'indices', 'updates'],
  infer: ({ x, indices, updates, axis }) => {
    requireWithin(x, indices, axis, 'scatter');
    if (updates.shape.join() !== indices.shape.join())
      throw new ShapeError(
        `scatter: updates are ${formatShape(updates.shape)} and indices are ${formatShape(indices.shape)}; they must have one shape.`,
      );
    if (updates.dtype !== x.dtype)
      throw new DTypeError(`scatter: x is ${x.dtype} and updates are ${updates.dtype}; both need one element type. Cast one.`);
    return { shape: x.shape, dtype: x.dtype };
  },
  lower: (emitter, { x, indices, updates, axis, reduce }) =>
    emitter.node('ScatterElements', [x, indices, updates], {
      attributes: { axis: { int: axis }, reduction: { string: reduce } },
    }),
  vjp: (g, { indices, updates, axis, reduce }) => ({
    x: reduce === 'add' ? g : scatter(g, indices, zerosLike(updates), { axis, reduce }),
    updates: gather(g, indices, { axis }),
  }),
  axes: {
    zeroWith: [[0, 2]],
    // Where the indices are shorter, places of x behind their end have none beside them.
    along: (axis, [x, indices], attributes) =>
      axis === attributes.axis || indices!.shape[axis] !== x!.shape[axis] ? null : [axis, axis, axis],
  },
});

/** x with `value` where the mask holds; the two broadcast. */
export function maskedFill(x: Value, mask: Value, { value }: { readonly value: number }): Value {
  if (mask.dtype !== 'bool') throw new DTypeError(`maskedFill: mask is ${mask.dtype}; it needs bool. Use a comparison.`);
  return where(mask, like(value, x), x);
}
