import { broadcastShapes, sizeOf } from '../../src/core/index.ts';

/** An array in float64, as slow and as plain as can be: what the engine is compared with. Bools are 0 and 1. */
export interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** A scalar. */
export const scalar = (number: number): Plain => ({ shape: [], data: [number] });

/** All places of a shape, in the order in which elements lie. */
export function* places(shape: readonly number[]): Generator<number[]> {
  const place = shape.map(() => 0);
  const size = sizeOf(shape);
  for (let i = 0; i < size; i++) {
    yield [...place];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis]!++;
      if (place[axis]! < shape[axis]!) break;
      place[axis] = 0;
    }
  }
}

/** An array made place by place. */
export function build(shape: readonly number[], element: (place: number[]) => number): Plain {
  return { shape, data: Array.from(places(shape), element) };
}

/** The element at a place, which is aligned at the last axis; an axis of length 1 stands for any length. */
export function at(x: Plain, place: readonly number[]): number {
  let index = 0;
  for (let axis = 0; axis < x.shape.length; axis++) {
    const length = x.shape[axis]!;
    const position = length === 1 ? 0 : place[place.length - x.shape.length + axis]!;
    if (!(position >= 0 && position < length)) throw new RangeError(`no place ${place} in an array of ${x.shape}`);
    index = index * length + position;
  }
  return x.data[index]!;
}

/** A function of one element of each array, broadcast. */
export function mapped(f: (...numbers: number[]) => number, ...xs: readonly Plain[]): Plain {
  const shape = xs.reduce<readonly number[]>((all, x) => broadcastShapes(all, x.shape, 'reference'), []);
  return build(shape, (place) => f(...xs.map((x) => at(x, place))));
}

/** A function of the elements that lie along axes. */
export function reduced(
  x: Plain,
  { axes, keepDims }: { readonly axes: readonly number[]; readonly keepDims: boolean },
  f: (numbers: readonly number[]) => number,
): Plain {
  const kept = build(
    x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length)),
    (place) => {
      const numbers: number[] = [];
      for (const inner of places(axes.map((axis) => x.shape[axis]!))) {
        const full = [...place];
        axes.forEach((axis, i) => {
          full[axis] = inner[i]!;
        });
        numbers.push(at(x, full));
      }
      return f(numbers);
    },
  );
  return keepDims ? kept : { shape: kept.shape.filter((_, axis) => !axes.includes(axis)), data: kept.data };
}

/** Axes in another order. */
export function transposed(x: Plain, perm: readonly number[]): Plain {
  return build(
    perm.map((axis) => x.shape[axis]!),
    (place) => {
      const source = [...place];
      perm.forEach((axis, i) => {
        source[axis] = place[i]!;
      });
      return at(x, source);
    },
  );
}

/** The last two axes exchanged. */
export function lastTwoSwapped(x: Plain): Plain {
  const axes = x.shape.map((_, axis) => axis);
  return transposed(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

/** Matrix product of the last two axes, leading axes broadcast. */
export function matrixProduct(a: Plain, b: Plain): Plain {
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), 'reference');
  const inner = a.shape.at(-1)!;
  return build([...lead, a.shape.at(-2)!, b.shape.at(-1)!], (place) => {
    const before = place.slice(0, -2);
    let total = 0;
    for (let k = 0; k < inner; k++) total += at(a, [...before, place.at(-2)!, k]) * at(b, [...before, k, place.at(-1)!]);
    return total;
  });
}

export const sumOf = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

export const meanOf = (numbers: readonly number[]): number => sumOf(numbers) / numbers.length;

/** The function applied to each row along an axis; it gives a row of the same length. */
export function alongAxis(x: Plain, axis: number, f: (row: readonly number[]) => readonly number[]): Plain {
  const rows = new Map<string, readonly number[]>();
  return build(x.shape, (place) => {
    const key = place.filter((_, i) => i !== axis).join();
    let row = rows.get(key);
    if (!row) {
      row = f(Array.from({ length: x.shape[axis]! }, (_, i) => at(x, place.with(axis, i))));
      rows.set(key, row);
    }
    return row[place[axis]!]!;
  });
}

/** e^x over its sum. */
export function softmaxOf(row: readonly number[]): number[] {
  const largest = Math.max(...row);
  const powers = row.map((x) => Math.exp(x - largest));
  const total = sumOf(powers);
  return powers.map((power) => power / total);
}

/** Gauss's error function to full precision, by the series without cancellation (Abramowitz and Stegun, 7.1.6). */
export function erfOf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}
