import {
  DTypeError,
  formatShape,
  normalizeAxis,
  resolveShape,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
} from '../core/index.ts';
import {
  type Attributes,
  alongBroadcast,
  defineMultiOp,
  defineOp,
  type Emitter,
  type MultiOp,
  type Op,
  type Type,
  type Value,
} from '../graph/index.ts';
import { constant } from './leaf.ts';

/** Of an op that moves things along its attribute `axis` and nowhere else. */
export function alongOthers(axis: number, inputs: readonly (Type | null)[], attributes: Attributes): (number | null)[] | null {
  return axis === attributes.axis ? null : inputs.map(() => axis);
}

/** The row behind `reshape`. */
export const reshapeRow: Op<['x'], { shape: Shape }> = defineOp({
  name: 'reshape',
  inputs: ['x'],
  infer: ({ x, shape }) => ({ shape, dtype: x.dtype }),
  lower: (emitter, { x, y }) => {
    if (y.shape.length > 0) return emitter.node('Reshape', [x, emitter.dims(y.shape)]);
    // A reshape to a scalar would take an empty shape, on which OpenVINO crashes behind a product.
    const axes = emitter.type(x).shape.map((_, axis) => axis);
    return emitter.node('Squeeze', [x, emitter.constant('int64', axes)]);
  },
  vjp: (g, { x }) => ({ x: reshape(g, { shape: x.shape }) }),
  view: true,
  axes: { zeroWith: [[0]], attributesFor: ({ shape }) => ({ shape }) },
});

/**
 * The same elements in the same order under another shape; one length may be −1, which takes what is left.
 * @throws ShapeError when the number of elements differs.
 */
export function reshape(x: Value, { shape }: { readonly shape: Shape }): Value {
  const resolved = resolveShape(shape, sizeOf(x.shape), `reshape of ${formatShape(x.shape)}`);
  return sameShape(resolved, x.shape) ? x : reshapeRow(x, { shape: resolved });
}

/**
 * Axes in another order: axis i of the result is axis `perm[i]` of x.
 * @throws ShapeError when `perm` is not an order of x's axes.
 */
export const transpose: Op<['x'], { perm: readonly number[] }> = defineOp({
  name: 'transpose',
  inputs: ['x'],
  infer: ({ x, perm }) => {
    const sorted = [...perm].sort((a, b) => a - b);
    if (perm.length !== x.shape.length || sorted.some((axis, i) => axis !== i)) {
      throw new ShapeError(
        `transpose: x is ${formatShape(x.shape)} and perm is ${formatShape(perm)}; perm must name each axis from 0 to ${x.shape.length - 1} once.`,
      );
    }
    return { shape: perm.map((axis) => x.shape[axis]!), dtype: x.dtype };
  },
  lower: (emitter, { x, perm }) => emitter.node('Transpose', [x], { attributes: { perm: { ints: perm } } }),
  vjp: (g, { perm }) => ({ x: transpose(g, { perm: perm.map((_, i) => perm.indexOf(i)) }) }),
  moves: true,
  axes: { zeroWith: [[0]], along: (axis, _types, { perm }) => [(perm as readonly number[])[axis]!] },
});

/** The row behind `expand`. */
export const expandRow: Op<['x'], { shape: Shape }> = defineOp({
  name: 'expand',
  inputs: ['x'],
  infer: ({ x, shape }) => {
    const added = shape.length - x.shape.length;
    if (added < 0 || x.shape.some((length, axis) => length !== 1 && length !== shape[axis + added])) {
      throw new ShapeError(
        `expand: x is ${formatShape(x.shape)} and shape is ${formatShape(shape)}; each length of x, aligned at the last axis, must be 1 or the one of shape.`,
      );
    }
    return { shape, dtype: x.dtype };
  },
  lower: (emitter, { x, y }) => emitter.node('Expand', [x, emitter.dims(y.shape)]),
  // The reverse walk sums over broadcast axes.
  vjp: (g) => ({ x: g }),
  moves: true,
  axes: { zeroWith: [[0]], along: alongBroadcast, attributesFor: ({ shape }) => ({ shape }) },
});

/**
 * x repeated along axes of length 1, and along new leading axes, until it has `shape`.
 * @throws ShapeError when x does not broadcast to `shape`.
 */
export function expand(x: Value, { shape }: { readonly shape: Shape }): Value {
  return sameShape(shape, x.shape) ? x : expandRow(x, { shape });
}

/**
 * The elements from `start` up to `end` along one axis; negative bounds count from the back.
 * @throws ShapeError when the range is empty or goes past the end.
 */
const sliceRow: Op<['x'], { axis: number; start: number; end: number }> = defineOp({
  name: 'slice',
  inputs: ['x'],
  infer: ({ x, axis, start, end }) => {
    const length = x.shape[axis]!;
    if (!(start >= 0 && start < end && end <= length)) {
      throw new ShapeError(
        `slice: x is ${formatShape(x.shape)} and the range on axis ${axis} is ${start} to ${end}; it must hold at least one element within 0 to ${length}.`,
      );
    }
    return { shape: x.shape.map((size, i) => (i === axis ? end - start : size)), dtype: x.dtype };
  },
  lower: (emitter, { x, axis, start, end }) =>
    emitter.node('Slice', [x, emitter.dims([start]), emitter.dims([end]), emitter.constant('int64', [axis])]),
  vjp: (g, { x, axis, start, end }) => ({ x: pad(g, { axis, before: start, after: x.shape[axis]! - end }) }),
  moves: true,
  axes: {
    zeroWith: [[0]],
    along: alongOthers,
    picks: ({ axis, start, end }) => ({ axis: axis as number, start: start as number, end: end as number }),
  },
});

/**
 * The elements from `start` up to `end` (default: the end) along `axis`; negative numbers count from the back. With a `step`
 * every so-manieth of them; with a negative one from `start` down to, not including, `end` (default: past the front).
 * @throws ShapeError when there is no such axis, or the range is empty or goes past the end.
 */
export function slice(
  x: Value,
  {
    axis,
    start,
    end,
    step = 1,
  }: { readonly axis: number; readonly start: number; readonly end?: number; readonly step?: number },
): Value {
  const at = normalizeAxis(axis, x.shape.length, 'slice');
  const length = x.shape[at]!;
  const from = start < 0 ? start + length : start;
  if (!Number.isInteger(step) || step === 0)
    throw new ShapeError(`slice: step is ${step}; it must be a whole number other than 0.`);
  const open = step > 0 ? length : -1;
  const to = end === undefined ? open : end < 0 ? end + length : end;
  if (step === 1) return from === 0 && to === length ? x : sliceRow(x, { axis: at, start: from, end: to });
  const count = Math.ceil((to - from) / step);
  if (!(count >= 1 && from >= 0 && from < length && to >= -1 && to <= length)) {
    throw new ShapeError(
      `slice: x is ${formatShape(x.shape)} and the range on axis ${at} is ${from} to ${to} by ${step}; it must hold at least one element within 0 to ${length}.`,
    );
  }
  return stridedSlice(x, { axis: at, start: from, step, count });
}

/** `count` elements along an axis (counted from the front), the first at `start`, each `step` after the one before. Inside x. */
export const stridedSlice: Op<['x'], { axis: number; start: number; step: number; count: number }> = defineOp({
  name: 'stridedSlice',
  inputs: ['x'],
  infer: ({ x, axis, count }) => ({ shape: x.shape.map((size, i) => (i === axis ? count : size)), dtype: x.dtype }),
  lower: (emitter, { x, axis, start, step, count }) => {
    const last = start + (count - 1) * step;
    // Past the front is written from the back, as −1 would mean the last element.
    const end = step > 0 ? last + 1 : last > 0 ? last - 1 : -emitter.type(x).shape[axis]! - 1;
    const [axes, steps] = [emitter.constant('int64', [axis]), emitter.constant('int64', [step])];
    return emitter.node('Slice', [x, emitter.dims([start]), emitter.dims([end]), axes, steps]);
  },
  vjp: (g, { x, axis, start, step, count }) => {
    const ascending = step > 0 ? g : flipAxis(g, axis);
    const first = step > 0 ? start : start + (count - 1) * step;
    const spread = spaced(ascending, axis, Math.abs(step));
    const after = x.shape[axis]! - first - spread.shape[axis]!;
    return { x: first === 0 && after === 0 ? spread : pad(spread, { axis, before: first, after }) };
  },
  axes: { zeroWith: [[0]], along: alongOthers },
});

/** An axis (counted from the front) in the opposite order. */
export function flipAxis(x: Value, axis: number): Value {
  const count = x.shape[axis]!;
  return count === 1 ? x : stridedSlice(x, { axis, start: count - 1, step: -1, count });
}

/** The elements along an axis `distance` apart, with zeros in between. */
function spaced(x: Value, axis: number, distance: number): Value {
  const count = x.shape[axis]!;
  if (distance === 1 || count === 1) return x;
  const apart = reshape(x, { shape: [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)] });
  const filled = pad(apart, { axis: axis + 1, before: 0, after: distance - 1 });
  const joined = reshape(filled, { shape: x.shape.map((size, i) => (i === axis ? count * distance : size)) });
  return slice(joined, { axis, start: 0, end: (count - 1) * distance + 1 });
}

/** x with `before` and `after` zeros set along one axis (counted from the front); undoes the shape of `slice`. */
export const pad: Op<['x'], { axis: number; before: number; after: number }> = defineOp({
  name: 'pad',
  inputs: ['x'],
  infer: ({ x, axis, before, after }) => {
    normalizeAxis(axis, x.shape.length, 'pad');
    if (![before, after].every((count) => Number.isInteger(count) && count >= 0))
      throw new ShapeError(
        `pad: before is ${before} and after is ${after}; both must be whole numbers from 0. Cut with slice.`,
      );
    return { shape: x.shape.map((size, i) => (i === axis ? size + before + after : size)), dtype: x.dtype };
  },
  lower: (emitter, { x, axis, before, after }) =>
    emitter.node('Pad', [x, emitter.dims([before, after]), null, emitter.constant('int64', [axis])]),
  vjp: (g, { x, axis, before }) => ({ x: sliceRow(g, { axis, start: before, end: before + x.shape[axis]! }) }),
  axes: {
    zeroWith: [[0]],
    along: alongOthers,
    fills: ({ axis, before }, [x]) => ({
      axis: axis as number,
      start: before as number,
      end: (before as number) + x!.shape[axis as number]!,
    }),
  },
});

const concatRow: Op<['...xs'], { axis: number }> = defineOp({
  name: 'concat',
  inputs: ['...xs'],
  infer: ({ xs, axis }) => {
    const [first] = xs;
    for (const x of xs) {
      const fits = x.shape.length === first!.shape.length && x.shape.every((size, i) => i === axis || size === first!.shape[i]);
      if (!fits)
        throw new ShapeError(
          `concat: ${xs.map((t) => formatShape(t.shape)).join(', ')} must have the same lengths on every axis but ${axis}.`,
        );
      if (x.dtype !== first!.dtype)
        throw new DTypeError(`concat: element types are ${xs.map((t) => t.dtype).join(', ')}; all need one. Cast first.`);
    }
    const total = xs.reduce((count, x) => count + x.shape[axis]!, 0);
    return { shape: first!.shape.map((size, i) => (i === axis ? total : size)), dtype: first!.dtype };
  },
  lower: (emitter, { xs, axis }) => emitter.node('Concat', xs, { attributes: { axis: { int: axis } } }),
  vjp: (g, { xs, axis }) => ({ xs: split(g, { axis, sizes: xs.map((x) => x.shape[axis]!) }) }),
  axes: { along: alongOthers },
});

/**
 * Tensors one after another along `axis`.
 * @throws ShapeError when the list is empty or another axis differs.
 */
export function concat(xs: readonly Value[], { axis }: { readonly axis: number }): Value {
  if (xs.length === 0) throw new ShapeError('concat: there are no tensors to join; it needs at least one.');
  return xs.length === 1 ? xs[0]! : concatRow(xs, { axis: normalizeAxis(axis, xs[0]!.shape.length, 'concat') });
}

type Split = MultiOp<['x'], string[], { axis: number; sizes: readonly number[] }>;
const splitRows = new Map<number, Split>();

// The number of outputs is part of a row, so there is a row for each number of parts.
function splitInto(parts: number): Split {
  let row = splitRows.get(parts);
  if (!row) {
    const outputs = Array.from({ length: parts }, (_, i) => `part${i}`);
    row = defineMultiOp({
      name: 'split',
      inputs: ['x'],
      outputs,
      infer: ({ x, axis, sizes }) =>
        Object.fromEntries(
          outputs.map((name, i) => [
            name,
            { shape: x.shape.map((size, at) => (at === axis ? sizes[i]! : size)), dtype: x.dtype },
          ]),
        ),
      lower: (emitter: Emitter, { x, axis, sizes }) =>
        emitter.nodes('Split', [x, emitter.dims(sizes)], sizes.length, { attributes: { axis: { int: axis } } }),
      vjp: (gradients, seen) => {
        const pieces = outputs.map((name) => gradients[name] ?? zerosLike(seen[name] as Value));
        return { x: concat(pieces, { axis: seen.axis }) };
      },
      moves: true,
      axes: { zeroWith: [[0]], along: alongOthers },
    }) as Split;
    splitRows.set(parts, row);
  }
  return row;
}

/**
 * Consecutive parts of x along `axis`, of the given sizes.
 * @throws ShapeError when the sizes do not add up to the axis.
 */
export function split(x: Value, { axis, sizes }: { readonly axis: number; readonly sizes: readonly number[] }): Value[] {
  const at = normalizeAxis(axis, x.shape.length, 'split');
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== x.shape[at] || sizes.some((size) => size < 1)) {
    throw new ShapeError(
      `split: x is ${formatShape(x.shape)} and sizes are ${formatShape(sizes)}; they must be positive and add up to ${x.shape[at]} on axis ${at}.`,
    );
  }
  if (sizes.length === 1) return [x];
  return Object.values(splitInto(sizes.length)(x, { axis: at, sizes }));
}

/** Zeros of the same shape and element type. */
export function zerosLike(x: Value): Value {
  return expand(constant(0, x.dtype), { shape: x.shape });
}
