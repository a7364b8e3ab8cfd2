import { broadcastShapes, type DType, formatShape, type Shape, ShapeError, sizeOf, UnsupportedError } from '../core/index.ts';
import { Value } from '../graph/index.ts';
import { less } from './comparison.ts';
import { add, cast, like, mul, where } from './elementwise.ts';
import { gatherRows, requireIndices } from './indexing.ts';
import { data, type HostSource } from './leaf.ts';
import { expand, reshape, slice, stridedSlice, transpose } from './movement.ts';
import { indexSelect } from './scatter.ts';

type Bound = number | '';
/** A slice as Python writes it: `'1:3'`, `':'`, `'::-1'`, `'-2:'`. */
export type SliceText = `${Bound}:${Bound}` | `${Bound}:${Bound}:${Bound}`;

/** Nested arrays of whole numbers (positions) or of booleans (a mask), of any depth. */
export type IndexArray = readonly (number | boolean | IndexArray)[];

/** A mask whose content is known: which elements are taken, row by row. */
export interface HostMask {
  readonly shape: Shape;
  readonly mask: ArrayLike<number | boolean>;
}

/**
 * One item of an index, as between Python's brackets: a position; a slice; `'...'` for the axes in between; null for a new
 * axis of length 1; positions as a tensor or as arrays; a mask as arrays of booleans.
 */
export type IndexItem = number | null | '...' | SliceText | IndexArray | HostMask | Value;

/** Positions along one axis, known (numbers) or not (a value). */
type Positions =
  | { readonly shape: Shape; readonly numbers: readonly number[] }
  | { readonly shape: Shape; readonly value: Value };

/** An item that was made sense of. Positions and numbers belong to one axis of x each. */
type Item =
  | { readonly kind: 'number'; readonly at: number }
  | { readonly kind: 'slice'; readonly text: string }
  | { readonly kind: 'new' }
  | { readonly kind: 'gap' }
  | { readonly kind: 'positions'; readonly at: Positions };

/**
 * Elements of x by NumPy's rules of indexing: `indexed(x, ['1:3', null, '...', [0, 2]])` is `x[1:3, None, ..., [0, 2]]`.
 *
 * Arrays of positions broadcast against each other, and their axes stand in the result where the first of them stood, or in
 * front when a slice, a new axis or `'...'` lies between them. A number beside arrays counts as one of them, as in NumPy;
 * PyTorch takes numbers first. A mask takes as many axes as it has.
 * @throws ShapeError when there are too many items, or a position lies outside, or nothing would be left.
 * @throws UnsupportedError for a mask whose content is not known, as its result has no shape before it runs.
 */
export function indexed(x: Value, items: readonly IndexItem[]): Value {
  const read = items.flatMap((item, i) => itemsOf(item, i));
  const open = x.shape.length - read.filter(({ kind }) => kind !== 'new' && kind !== 'gap').length;
  const gaps = read.filter(({ kind }) => kind === 'gap').length;
  const shown = `index: x is ${formatShape(x.shape)}`;
  if (open < 0 || gaps > 1)
    throw new ShapeError(
      `${shown} and the index has ${gaps > 1 ? `${gaps} times '...'` : `items for ${x.shape.length - open} axes`}; it may name each axis once, with '...' once at most.`,
    );
  const whole = new Array<Item>(open).fill({ kind: 'slice', text: ':' });
  const full = gaps === 0 ? [...read, ...whole] : read.flatMap((item) => (item.kind === 'gap' ? [item, ...whole] : [item]));
  const hasPositions = full.some(({ kind }) => kind === 'positions');

  // Slices, numbers and new axes first, one axis after the other; `axes` says where the positions' axes end up.
  let y = x;
  let axis = 0;
  const positions: { readonly at: Positions; readonly axis: number }[] = [];
  /** Axes in front of the first array, and whether something stands between arrays. */
  let front = -1;
  let between = false;
  let isApart = false;
  for (const item of full) {
    const joins = item.kind === 'positions' || (item.kind === 'number' && hasPositions);
    if (joins) {
      if (front < 0) front = axis - positions.length;
      else if (between) isApart = true;
    } else if (front >= 0) between = true;
    if (item.kind === 'gap') continue;
    if (item.kind === 'new') y = reshape(y, { shape: y.shape.toSpliced(axis, 0, 1) });
    else if (item.kind === 'slice') y = sliced(y, axis, item.text, shown);
    else if (item.kind === 'number') {
      const at = inside(item.at, y.shape[axis]!, shown);
      y = reshape(slice(y, { axis, start: at, end: at + 1 }), { shape: y.shape.toSpliced(axis, 1) });
      continue;
    } else positions.push({ at: item.at, axis });
    axis++;
  }
  return positions.length === 0 ? y : picked(y, positions, isApart ? 0 : front, shown);
}

/** The elements at positions along several axes at once; the positions' axes come out at `front`. */
function picked(
  y: Value,
  positions: readonly { readonly at: Positions; readonly axis: number }[],
  front: number,
  shown: string,
): Value {
  const lengths = positions.map(({ axis }) => y.shape[axis]!);
  const shape = positions.reduce<Shape>(
    (all, { at }) => broadcastShapes(all, at.shape, 'index', ['the arrays', 'another']),
    [],
  );
  const place = flatPlaces(positions, lengths, shape, shown);
  const { axis } = positions[0]!;
  if (positions.length === 1 && axis === front) return indexSelect(y, place, { axis });
  const axes = positions.map((each) => each.axis);
  const rest = y.shape.flatMap((_, i) => (axes.includes(i) ? [] : [i]));
  const perm = [...axes, ...rest];
  const rows = perm.every((each, i) => each === i) ? y : transpose(y, { perm });
  const table = reshape(rows, { shape: [sizeOf(lengths), ...rest.map((i) => y.shape[i]!)] });
  const result = gatherRows(table, place, { paddingIdx: null });
  if (front === 0) return result;
  const back = [...result.shape.keys()];
  const mine = back.splice(0, shape.length);
  return transpose(result, { perm: back.toSpliced(front, 0, ...mine) });
}

/** Where each element lies when the positions' axes are one axis. Known numbers are put together here and now. */
function flatPlaces(
  positions: readonly { readonly at: Positions }[],
  lengths: readonly number[],
  shape: Shape,
  shown: string,
): Value {
  let known: number[] = new Array<number>(sizeOf(shape)).fill(0);
  let open: Value | null = null;
  for (const [i, { at }] of positions.entries()) {
    const stride = sizeOf(lengths.slice(i + 1));
    if ('numbers' in at) {
      const numbers = broadcastTo(
        at.numbers.map((number) => inside(number, lengths[i]!, shown)),
        at.shape,
        shape,
      );
      known = known.map((total, k) => total + numbers[k]! * stride);
      continue;
    }
    const index = at.value.dtype === 'int64' ? at.value : cast(at.value, { to: 'int64' });
    // Alone, a negative position is understood by the look-up itself.
    const counted =
      lengths.length === 1 ? index : where(less(index, like(0, index)), add(index, like(lengths[i]!, index)), index);
    const part = stride === 1 ? counted : mul(counted, like(stride, index));
    open = open ? add(open, part) : part;
  }
  if (open && known.every((number) => number === 0)) return expand(open, { shape });
  const numbers = data({ shape, dtype: 'int64' as DType }, {
    kind: 'host',
    data: BigInt64Array.from(known, BigInt),
  } as HostSource);
  return open ? add(open, numbers) : numbers;
}

function broadcastTo(numbers: readonly number[], from: Shape, to: Shape): number[] {
  const lead = to.length - from.length;
  return Array.from({ length: sizeOf(to) }, (_, flat) => {
    let [rest, index, stride] = [flat, 0, 1];
    for (let axis = to.length - 1; axis >= lead; axis--) {
      const place = rest % to[axis]!;
      rest = Math.floor(rest / to[axis]!);
      const length = from[axis - lead]!;
      if (length !== 1) index += place * stride;
      stride *= length;
    }
    return numbers[index]!;
  });
}

/** A position counted from the front. */
function inside(position: number, length: number, shown: string): number {
  if (!Number.isInteger(position) || position < -length || position >= length)
    throw new ShapeError(
      `${shown} and position ${position} is asked of an axis of length ${length}; they go from ${-length} to ${length - 1}.`,
    );
  return position < 0 ? position + length : position;
}

/** A slice of an axis with bounds as Python takes them: what lies outside is cut off. */
function sliced(x: Value, axis: number, text: string, shown: string): Value {
  const length = x.shape[axis]!;
  const [start, end, by] = text.split(':').map((part) => (part === '' ? null : Number(part)));
  const step = by ?? 1;
  if (step === 0) throw new ShapeError(`${shown} and the slice is '${text}'; its step must not be 0.`);
  const bound = (at: number | null | undefined, open: number) => {
    if (at === null || at === undefined) return open;
    return Math.min(Math.max(at < 0 ? at + length : at, step > 0 ? 0 : -1), step > 0 ? length : length - 1);
  };
  const from = bound(start, step > 0 ? 0 : length - 1);
  const count = Math.ceil((bound(end, step > 0 ? length : -1) - from) / step);
  if (count < 1)
    throw new ShapeError(
      `${shown} and the slice '${text}' takes nothing of an axis of length ${length}; tensors without elements are not supported.`,
    );
  if (step === 1) return slice(x, { axis, start: from, end: from + count });
  return count === 1 ? slice(x, { axis, start: from, end: from + 1 }) : stridedSlice(x, { axis, start: from, step, count });
}

/** What an item of the index stands for. A mask is the positions of its true elements, an array for each of its axes. */
function itemsOf(item: IndexItem, i: number): Item[] {
  if (item === null) return [{ kind: 'new' }];
  if (item === '...') return [{ kind: 'gap' }];
  if (typeof item === 'number') return [{ kind: 'number', at: item }];
  if (typeof item === 'string') {
    if (!/^(-?\d+)?:(-?\d+)?(:(-?\d+)?)?$/.test(item))
      throw new ShapeError(
        `index: item ${i} is '${item}'; a slice is written 'start:end' or 'start:end:step', each of which may be left out.`,
      );
    return [{ kind: 'slice', text: item }];
  }
  if (item instanceof Value) {
    if (item.dtype === 'bool')
      throw new UnsupportedError(
        `index: item ${i} is a bool tensor that has to run first, so how many elements it takes is not known. Use where(mask, x, other), or give the mask as an array of booleans.`,
      );
    requireIndices(item, 'index');
    return [{ kind: 'positions', at: { shape: item.shape, value: item } }];
  }
  if ('mask' in item) return fromMask(item);
  const shape = nestedShape(item, i);
  const flat = (item as readonly unknown[]).flat(Number.POSITIVE_INFINITY) as (number | boolean)[];
  if (typeof flat[0] === 'boolean') return fromMask({ shape, mask: flat as boolean[] });
  return [{ kind: 'positions', at: { shape, numbers: flat as number[] } }];
}

function nestedShape(item: IndexArray | number | boolean, i: number): Shape {
  if (!Array.isArray(item)) return [];
  const shapes = item.map((each) => nestedShape(each as IndexArray, i));
  if (shapes.length === 0 || shapes.some((shape) => shape.join() !== shapes[0]!.join()))
    throw new ShapeError(
      `index: item ${i} is an array that is empty or ragged; all its rows must have one length of at least 1.`,
    );
  return [shapes.length, ...shapes[0]!];
}

function fromMask({ shape, mask }: HostMask): Item[] {
  const flat = Array.from(mask).flatMap((isTaken, i) => (isTaken ? [i] : []));
  if (flat.length === 0) throw new ShapeError('index: the mask takes no element; tensors without elements are not supported.');
  return shape.map((length, axis) => {
    const stride = sizeOf(shape.slice(axis + 1));
    return {
      kind: 'positions',
      at: { shape: [flat.length], numbers: flat.map((place) => Math.floor(place / stride) % length) },
    };
  });
}
