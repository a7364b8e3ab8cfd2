import { DTypeError, formatShape, normalizeAxis, ShapeError } from '../core/index.ts';
import { defineMultiOp, type MultiOp, type Value } from '../graph/index.ts';
import { addAlong } from './indexing.ts';
import { alongOthers } from './movement.ts';

/** Elements in order, and where each of them stood along the axis (int64). */
export interface Sorted {
  readonly values: Value;
  readonly indices: Value;
}

type Choice = { k: number; axis: number; largest: boolean };

const topkRow: MultiOp<readonly ['x'], readonly ['values', 'indices'], Choice> = defineMultiOp<
  readonly ['x'],
  readonly ['values', 'indices'],
  Choice
>({
  name: 'topk',
  inputs: ['x'],
  outputs: ['values', 'indices'],
  infer: ({ x, k, axis }) => {
    const shape = x.shape.map((length, i) => (i === axis ? k : length));
    return { values: { shape, dtype: x.dtype }, indices: { shape, dtype: 'int64' } };
  },
  lower: (emitter, { x, k, axis, largest }) =>
    emitter.nodes('TopK', [x, emitter.dims([k])], 2, {
      attributes: { axis: { int: axis }, largest: { int: largest ? 1 : 0 }, sorted: { int: 1 } },
    }),
  vjp: ({ values }, { x, indices, axis }) => ({
    x: values && addAlong(values, indices, { axis, size: x.shape[axis]! }),
  }),
  axes: { along: alongOthers },
});

/**
 * The k largest elements along an axis (or smallest, with `largest` false), best first, and their places. Of equal ones the
 * first come first. The gradient goes to the elements that were taken.
 * @throws ShapeError when k is not from 1 to the axis's length. @throws DTypeError for bools.
 */
export function topk(
  x: Value,
  { k, axis, largest = true }: { readonly k: number; readonly axis: number; readonly largest?: boolean },
): Sorted {
  return ordered(x, { k, axis, largest }, 'topk');
}

/** All elements along an axis in ascending order (or descending), and their places. Equal ones keep their order. */
export function sort(x: Value, { axis, descending = false }: { readonly axis: number; readonly descending?: boolean }): Sorted {
  return ordered(x, { k: null, axis, largest: descending }, 'sort');
}

/** The places of the elements along an axis in ascending order (or descending), int64. Equal ones keep their order. */
export function argsort(
  x: Value,
  { axis, descending = false }: { readonly axis: number; readonly descending?: boolean },
): Value {
  return ordered(x, { k: null, axis, largest: descending }, 'argsort').indices;
}

function ordered(
  x: Value,
  { k, axis, largest }: { readonly k: number | null; readonly axis: number; readonly largest: boolean },
  speaker: string,
): Sorted {
  if (x.dtype === 'bool') throw new DTypeError(`${speaker}: x is bool; it needs a number type. Cast it first.`);
  const at = normalizeAxis(axis, x.shape.length, speaker);
  const length = x.shape[at]!;
  const count = k ?? length;
  if (!Number.isInteger(count) || count < 1 || count > length)
    throw new ShapeError(
      `${speaker}: x is ${formatShape(x.shape)} and k is ${k}; on axis ${at} it must be from 1 to ${length}.`,
    );
  return topkRow(x, { k: count, axis: at, largest });
}
