import { formatShape, normalizeAxes, normalizeAxis, ShapeError } from '../core/index.ts';
import type { Value } from '../graph/index.ts';
import { concat, expand, flipAxis, reshape, slice, split, stridedSlice, transpose } from './movement.ts';

/**
 * Tensors of one shape along a new axis.
 * Shapes: n of `[...S]` → `[...S]` with n before `axis`.
 * @throws ShapeError when the list is empty or the shapes differ.
 */
export function stack(xs: readonly Value[], { axis }: { readonly axis: number }): Value {
  const [first] = xs;
  if (!first) throw new ShapeError('stack: there are no tensors to stack; it needs at least one.');
  const other = xs.find(({ shape }) => shape.join() !== first.shape.join());
  if (other)
    throw new ShapeError(
      `stack: one tensor is ${formatShape(first.shape)} and another ${formatShape(other.shape)}; all must have one shape.`,
    );
  const at = normalizeAxis(axis, first.shape.length + 1, 'stack');
  return concat(
    xs.map((x) => reshape(x, { shape: x.shape.toSpliced(at, 0, 1) })),
    { axis: at },
  );
}

/**
 * About equal parts along an axis, as torch.chunk: each ⌈length/chunks⌉ long but for the last, and perhaps fewer than asked.
 * @throws ShapeError when `chunks` is not a whole number from 1.
 */
export function chunk(x: Value, { chunks, axis }: { readonly chunks: number; readonly axis: number }): Value[] {
  if (!Number.isInteger(chunks) || chunks < 1)
    throw new ShapeError(`chunk: chunks is ${chunks}; it must be a whole number from 1.`);
  const at = normalizeAxis(axis, x.shape.length, 'chunk');
  const length = x.shape[at]!;
  const size = Math.ceil(length / chunks);
  const sizes = Array.from({ length: Math.ceil(length / size) }, (_, i) => Math.min(size, length - i * size));
  return split(x, { axis: at, sizes });
}

/** The slices along an axis, without it. */
export function unbind(x: Value, { axis }: { readonly axis: number }): Value[] {
  const at = normalizeAxis(axis, x.shape.length, 'unbind');
  const shape = x.shape.toSpliced(at, 1);
  return split(x, { axis: at, sizes: new Array<number>(x.shape[at]!).fill(1) }).map((part) => reshape(part, { shape }));
}

/** Axes moved to other places, the rest kept in order: torch.movedim. */
export function movedim(x: Value, { from, to }: { readonly from: readonly number[]; readonly to: readonly number[] }): Value {
  const rank = x.shape.length;
  const sources = from.map((axis) => normalizeAxis(axis, rank, 'movedim'));
  const targets = to.map((axis) => normalizeAxis(axis, rank, 'movedim'));
  if (sources.length !== targets.length || new Set(sources).size + new Set(targets).size !== 2 * sources.length)
    throw new ShapeError(
      `movedim: from is ${formatShape(from)} and to is ${formatShape(to)}; they must name as many axes, each once.`,
    );
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !sources.includes(axis));
  const perm = x.shape.map((_, axis) => (targets.includes(axis) ? sources[targets.indexOf(axis)]! : rest.shift()!));
  return perm.every((axis, i) => axis === i) ? x : transpose(x, { perm });
}

/** Axes in the opposite order; `null` means all. */
export function flip(x: Value, { axes }: { readonly axes: number | readonly number[] | null }): Value {
  return normalizeAxes(axes, x.shape.length, 'flip').reduce(flipAxis, x);
}

/**
 * Elements moved on by `shifts` along `axes`; what leaves at the end comes in at the front. With `axes` null all elements
 * move as one row, as in torch.roll.
 * @throws ShapeError when there are not as many shifts as axes.
 */
export function roll(
  x: Value,
  { shifts, axes }: { readonly shifts: number | readonly number[]; readonly axes: number | readonly number[] | null },
): Value {
  const by = typeof shifts === 'number' ? [shifts] : shifts;
  if (axes === null && by.length === 1) return reshape(rollAxis(reshape(x, { shape: [-1] }), 0, by[0]!), { shape: x.shape });
  const along = typeof axes === 'number' ? [axes] : (axes ?? []);
  if (along.length !== by.length)
    throw new ShapeError(
      `roll: shifts are ${formatShape(by)} and axes ${formatShape(along)}; there must be one shift for each axis.`,
    );
  return along.reduce((y, axis, i) => rollAxis(y, normalizeAxis(axis, y.shape.length, 'roll'), by[i]!), x);
}

function rollAxis(x: Value, axis: number, shift: number): Value {
  const length = x.shape[axis]!;
  const by = ((shift % length) + length) % length;
  if (by === 0) return x;
  return concat([slice(x, { axis, start: length - by }), slice(x, { axis, start: 0, end: length - by })], { axis });
}

/**
 * x as a tile, laid `repeats[i]` times along axis i. Missing axes are put in front, as in NumPy's and PyTorch's tile.
 * @throws ShapeError for a number of repeats that is not a whole number from 1.
 */
export function tile(x: Value, { repeats }: { readonly repeats: readonly number[] }): Value {
  requireRepeats(repeats, 'tile');
  const rank = Math.max(repeats.length, x.shape.length);
  const lengths = [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape];
  const times = [...new Array<number>(rank - repeats.length).fill(1), ...repeats];
  const wide = expand(reshape(x, { shape: lengths.flatMap((length) => [1, length]) }), {
    shape: lengths.flatMap((length, i) => [times[i]!, length]),
  });
  return reshape(wide, { shape: lengths.map((length, i) => length * times[i]!) });
}

/** Each element along an axis `repeats` times in a row. */
export function repeatInterleave(x: Value, { repeats, axis }: { readonly repeats: number; readonly axis: number }): Value {
  requireRepeats([repeats], 'repeatInterleave');
  const at = normalizeAxis(axis, x.shape.length, 'repeatInterleave');
  const apart = x.shape.toSpliced(at + 1, 0, 1);
  const wide = expand(reshape(x, { shape: apart }), { shape: apart.with(at + 1, repeats) });
  return reshape(wide, { shape: x.shape.with(at, x.shape[at]! * repeats) });
}

function requireRepeats(repeats: readonly number[], speaker: string): void {
  if (!repeats.every((count) => Number.isInteger(count) && count >= 1))
    throw new ShapeError(`${speaker}: repeats are ${formatShape(repeats)}; they must be whole numbers from 1.`);
}

/**
 * The elements whose places on two axes are equal, or `offset` apart, as a new last axis.
 * Shapes: `[..., R, ..., C, ...]` → `[..., D]`, the rest in order. Like torch.diagonal.
 * @throws ShapeError when the axes are the same or the diagonal lies outside.
 */
export function diagonal(
  x: Value,
  { offset = 0, axis1 = 0, axis2 = 1 }: { readonly offset?: number; readonly axis1?: number; readonly axis2?: number } = {},
): Value {
  const rank = x.shape.length;
  const [row, column] = [normalizeAxis(axis1, rank, 'diagonal'), normalizeAxis(axis2, rank, 'diagonal')];
  if (row === column) throw new ShapeError(`diagonal: axis1 and axis2 are both ${row}; they must be two axes.`);
  const moved = movedim(x, { from: [row, column], to: [-2, -1] });
  const [rows, columns] = moved.shape.slice(-2) as [number, number];
  const size = Math.min(rows + Math.min(offset, 0), columns - Math.max(offset, 0));
  if (size < 1)
    throw new ShapeError(
      `diagonal: x is ${formatShape(x.shape)} and offset is ${offset}; there is no such diagonal of ${rows} rows and ${columns} columns.`,
    );
  const [top, left] = [Math.max(-offset, 0), Math.max(offset, 0)];
  const below = slice(moved, { axis: -2, start: top, end: top + size });
  const square = slice(below, { axis: -1, start: left, end: left + size });
  const flat = reshape(square, { shape: [...moved.shape.slice(0, -2), size * size] });
  return size === 1 ? flat : stridedSlice(flat, { axis: rank - 2, start: 0, step: size + 1, count: size });
}
