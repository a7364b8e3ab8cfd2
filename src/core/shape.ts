import { ShapeError } from './errors.ts';

/** Lengths of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements that a shape holds. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Whether two shapes are the same, axis by axis. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** A shape as it is written in messages: `[2, 3]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** An axis counted from the front, where a negative one counts from the back. @throws ShapeError when there is no such axis. */
export function normalizeAxis(axis: number, rank: number, speaker: string): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const range = rank === 0 ? 'a scalar has no axes' : `axes go from ${-rank} to ${rank - 1}`;
    throw new ShapeError(`${speaker}: there is no axis ${axis} in a tensor of ${rank} axes; ${range}.`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Several axes counted from the front, ascending; `null` means all. @throws ShapeError on a missing or repeated axis. */
export function normalizeAxes(axes: number | readonly number[] | null, rank: number, speaker: string): number[] {
  if (axes === null) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(axis, rank, speaker));
  list.sort((a, b) => a - b);
  const repeated = list.find((axis, i) => axis === list[i - 1]);
  if (repeated !== undefined) throw new ShapeError(`${speaker}: axis ${repeated} is named twice.`);
  return list;
}

/**
 * The shape that two shapes broadcast to, by NumPy's rule: aligned at the last axis, lengths equal or one of them 1.
 * @throws ShapeError naming both shapes and the axis that disagrees.
 */
export function broadcastShapes(
  a: Shape,
  b: Shape,
  speaker: string,
  [nameA, nameB]: readonly [string, string] = ['a', 'b'],
): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const left = a[a.length - i] ?? 1;
    const right = b[b.length - i] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(
        `${speaker}: ${nameA} is ${formatShape(a)} and ${nameB} is ${formatShape(b)}; axis ${-i} is ${left} in ${nameA} and ${right} in ${nameB}, ` +
          'and axes broadcast only when they are equal or one of them is 1.',
      );
    }
    shape[rank - i] = left === 1 ? right : left;
  }
  return shape;
}

/**
 * A shape with its one `-1` replaced by what is left of `size` elements.
 * @throws ShapeError when the sizes cannot agree.
 */
export function resolveShape(shape: Shape, size: number, speaker: string): Shape {
  const open = shape.indexOf(-1);
  const known = shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
  if (shape.some((length) => !Number.isInteger(length) || length < -1) || open !== shape.lastIndexOf(-1)) {
    throw new ShapeError(
      `${speaker}: ${formatShape(shape)} is not a shape; lengths are whole numbers from 0, with at most one -1.`,
    );
  }
  const resolved = open < 0 ? shape : shape.map((length) => (length === -1 ? size / known : length));
  if (sizeOf(resolved) !== size || !resolved.every(Number.isInteger)) {
    throw new ShapeError(
      `${speaker}: ${size} elements do not fill ${formatShape(shape)}, which needs ${open < 0 ? known : `a multiple of ${known}`}.`,
    );
  }
  return resolved;
}
