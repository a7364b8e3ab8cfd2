import { type Shape, sizeOf } from '../core/index.ts';
import type { Places, Type, Value } from '../graph/index.ts';
import { pad, pickRows, placeRows, reshape, slice } from '../ops/index.ts';

/** Which places: a range, or those a value lists, each at most once. */
export type Which = { readonly start: number; readonly end: number } | { readonly at: Value };

/**
 * Some places of a tensor. Its axes `first` to `last`, taken as one, count as `[outer, length, inner]`, and of the middle
 * one only some places are meant. Several axes, or parts of one, arise where a reshape joined or cut axes.
 */
export interface Selection {
  readonly first: number;
  readonly last: number;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly which: Which;
}

/** The selection of an op's `picks` or `fills` on the axis of a tensor. */
export function selectionOf(places: Places, shape: Shape, inputs: readonly (Value | null)[]): Selection {
  const { axis } = places;
  const which = 'at' in places ? { at: inputs[places.at]! } : { start: places.start, end: places.end };
  return { first: axis, last: axis, outer: 1, length: shape[axis]!, inner: 1, which };
}

/** How many places. */
export function countOf(which: Which): number {
  return 'at' in which ? which.at.shape[0]! : which.end - which.start;
}

/** Whether two selections of one tensor are the same. */
export function sameSelection(a: Selection, b: Selection): boolean {
  const samePlaces =
    'at' in a.which
      ? 'at' in b.which && a.which.at === b.which.at
      : !('at' in b.which) && a.which.start === b.which.start && a.which.end === b.which.end;
  return (
    samePlaces &&
    a.first === b.first &&
    a.last === b.last &&
    a.outer === b.outer &&
    a.length === b.length &&
    a.inner === b.inner
  );
}

/** The shape of what a selection leaves of a tensor. The number of axes stays. */
export function selectedShape(shape: Shape, { first, last, outer, inner, which }: Selection): Shape {
  return shape.map((length, axis) => {
    if (axis < first || axis > last) return length;
    return axis < last ? 1 : outer * countOf(which) * inner;
  });
}

/** The same elements of a tensor under another shape, or null where they are no selection there. */
export function reshapedSelection(selection: Selection, from: Shape, to: Shape): Selection | null {
  const before = sizeOf(from.slice(0, selection.first)) * selection.outer;
  const span = before * selection.length;
  let first = 0;
  let product = 1;
  while (first < to.length && product * to[first]! <= before) product *= to[first++]!;
  if (first === to.length || before % product !== 0) return null;
  const outer = before / product;
  let last = first;
  product *= to[first]!;
  while (product < span) product *= to[++last]!;
  return product % span === 0 ? usable({ ...selection, first, last, outer, inner: product / span }, to) : null;
}

/** The same places on other axes of another tensor: axis `first + i` becomes `axes[i]`. Null where they do not stand together. */
export function movedSelection(selection: Selection, axes: readonly number[], to: Shape): Selection | null {
  const first = axes[0]!;
  if (axes.some((axis, i) => axis !== first + i)) return null;
  return usable({ ...selection, first, last: first + axes.length - 1 }, to);
}

/** Whether the ops can take these places: rows of a list lie on the first axis that is longer than 1, and axes are joined whole. */
function usable(selection: Selection, shape: Shape): Selection | null {
  const { first, last, outer, inner, which } = selection;
  if (first !== last && (outer !== 1 || inner !== 1)) return null;
  if ('at' in which && sizeOf(shape.slice(0, first)) * outer !== 1) return null;
  return selection;
}

/** A tensor with the places of a selection as an axis of its own: `[before, length, after]`. */
function unfolded(x: Value, shape: Shape, { first, last, outer, inner }: Selection, length: number): Value {
  const before = sizeOf(shape.slice(0, first)) * outer;
  return reshape(x, { shape: [before, length, inner * sizeOf(shape.slice(last + 1))] });
}

/** What a selection leaves of a tensor. */
export function select(x: Value, selection: Selection): Value {
  const { which, length } = selection;
  const parts = unfolded(x, x.shape, selection, length);
  const chosen =
    'at' in which
      ? pickRows(reshape(parts, { shape: parts.shape.slice(1) }), which.at)
      : slice(parts, { axis: 1, start: which.start, end: which.end });
  return reshape(chosen, { shape: selectedShape(x.shape, selection) });
}

/** The tensor of this type that holds x at the selected places and zeros elsewhere. */
export function unselect(x: Value, { shape }: Type, selection: Selection): Value {
  const { which, length } = selection;
  const parts = unfolded(x, shape, selection, countOf(which));
  const whole =
    'at' in which
      ? placeRows(reshape(parts, { shape: parts.shape.slice(1) }), which.at, { rows: length })
      : pad(parts, { axis: 1, before: which.start, after: length - which.end });
  return reshape(whole, { shape });
}
