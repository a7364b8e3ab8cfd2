import { DTypeError, formatShape, type Shape, ShapeError, sameShape, sizeOf } from '../core/index.ts';
import { defineOp, type Emitter, type Op, type Type, type Value } from '../graph/index.ts';
import { equal, logicalNot } from './comparison.ts';
import { cast, mul } from './elementwise.ts';
import { constant } from './leaf.ts';
import { alongOthers, reshape } from './movement.ts';

/** Throws where indices are not whole numbers. */
export function requireIndices(type: Type, speaker: string): void {
  if (type.dtype !== 'int32' && type.dtype !== 'int64') {
    throw new DTypeError(`${speaker}: the indices are ${type.dtype}; they need int32 or int64. Cast them.`);
  }
}

/** The axis behind an axis of picked rows: of the indices, or else of x. */
function alongIndices(axis: number, [, indices]: readonly (Type | null)[]): (number | null)[] {
  const rank = indices!.shape.length;
  return axis < rank ? [null, axis] : [axis - rank + 1, null];
}

/** The number of the row that gets no gradient, or null: PyTorch's padding_idx. A negative one counts from the back. */
type Padding = { paddingIdx: number | null };

/**
 * Rows of x, picked by index: a look-up table. The row `paddingIdx` is read as any other and gets no gradient.
 * Shapes: x `[V, ...rest]`, indices any shape `[...I]` → `[...I, ...rest]`. Negative indices count from the back; where
 * there is a padding row they must not name it.
 */
export const gatherRows: Op<['x', 'indices'], Padding> = defineOp({
  name: 'gatherRows',
  inputs: ['x', 'indices'],
  infer: ({ x, indices }) => {
    requireIndices(indices, 'gatherRows');
    if (x.shape.length === 0) throw new ShapeError('gatherRows: x is a scalar; it needs at least one axis to pick from.');
    return { shape: [...indices.shape, ...x.shape.slice(1)], dtype: x.dtype };
  },
  lower: (emitter, { x, indices }) => emitter.node('Gather', [x, indices]),
  vjp: (g, { x, indices, paddingIdx }) => {
    let rows = g;
    if (paddingIdx !== null) {
      const padding = paddingIdx < 0 ? paddingIdx + x.shape[0]! : paddingIdx;
      const real = cast(logicalNot(equal(indices, constant(padding, indices.dtype))), { to: g.dtype });
      rows = mul(g, reshape(real, { shape: [...indices.shape, ...x.shape.slice(1).map(() => 1)] }));
    }
    return { x: scatterRows(rows, indices, { rows: x.shape[0]! }) };
  },
  axes: { along: alongIndices },
});

/**
 * Rows of x at distinct places. What is `gatherRows` in general is here a promise, by which the graph can leave out work on
 * the other rows. Shapes: x `[N, ...rest]`, places `[M]`, each from 0 to N − 1 and none twice → `[M, ...rest]`.
 */
export const pickRows: Op<['x', 'places']> = defineOp({
  name: 'pickRows',
  inputs: ['x', 'places'],
  infer: ({ x, places }) => {
    requirePlaces(places, 'pickRows');
    if (x.shape.length === 0) throw new ShapeError('pickRows: x is a scalar; it needs at least one axis to pick from.');
    return { shape: [places.shape[0]!, ...x.shape.slice(1)], dtype: x.dtype };
  },
  lower: (emitter, { x, places }) => emitter.node('Gather', [x, places]),
  vjp: (g, { x, places }) => ({ x: placeRows(g, places, { rows: x.shape[0]! }) }),
  axes: { along: alongIndices, picks: () => ({ axis: 0, at: 1 }) },
});

/**
 * A tensor of zeros with rows set at distinct places; the adjoint of `pickRows`.
 * Shapes: x `[M, ...rest]`, places `[M]`, each from 0 to rows − 1 and none twice → `[rows, ...rest]`.
 */
export const placeRows: Op<['x', 'places'], { rows: number }> = defineOp({
  name: 'placeRows',
  inputs: ['x', 'places'],
  infer: ({ x, places, rows }) => {
    requirePlaces(places, 'placeRows');
    if (x.shape.length === 0 || x.shape[0] !== places.shape[0] || rows < x.shape[0]!)
      throw new ShapeError(
        `placeRows: x is ${formatShape(x.shape)} and there are ${places.shape[0]} places among ${rows} rows; each row of x needs one place.`,
      );
    return { shape: [rows, ...x.shape.slice(1)], dtype: x.dtype };
  },
  lower: (emitter, { x, places, y }) => {
    const list = emitter.node('Reshape', [asInt64(emitter, places), emitter.constant('int64', [-1, 1])]);
    return emitter.node('ScatterND', [zeros(emitter, y), list, x]);
  },
  vjp: (g, { places }) => ({ x: pickRows(g, places) }),
  axes: {
    along: (axis) => (axis === 0 ? null : [axis, null]),
    zeroWith: [[0]],
    fills: () => ({ axis: 0, at: 1 }),
  },
});

function requirePlaces(places: Type, speaker: string): void {
  requireIndices(places, speaker);
  if (places.shape.length !== 1)
    throw new ShapeError(`${speaker}: the places are ${formatShape(places.shape)}; they must be a list, [M].`);
}

/**
 * Adds each row to the row of a zero table that its index names; the adjoint of `gatherRows`.
 * Shapes: updates `[...I, ...rest]`, indices `[...I]` → `[rows, ...rest]`.
 */
export const scatterRows: Op<['updates', 'indices'], { rows: number }> = defineOp({
  name: 'scatterRows',
  inputs: ['updates', 'indices'],
  infer: ({ updates, indices, rows }) => {
    requireIndices(indices, 'scatterRows');
    if (!sameShape(updates.shape.slice(0, indices.shape.length), indices.shape))
      throw new ShapeError(
        `scatterRows: updates are ${formatShape(updates.shape)} and indices are ${formatShape(indices.shape)}; the axes of updates must begin with those of indices.`,
      );
    return { shape: [rows, ...updates.shape.slice(indices.shape.length)], dtype: updates.dtype };
  },
  lower: (emitter, { updates, indices, y }) => {
    const rest = y.shape.slice(1);
    const shape = emitter.dims([sizeOf(emitter.type(indices).shape), ...rest]);
    const flat = emitter.node('Reshape', [updates, shape]);
    const listed = (ones: readonly number[]) =>
      emitter.node('Reshape', [asInt64(emitter, indices), emitter.constant('int64', [-1, ...ones])]);
    const add = { reduction: { string: 'add' } };
    if (emitter.has('AddingScatterND'))
      return emitter.node('ScatterND', [zeros(emitter, y), listed([1]), flat], { attributes: add });
    const places = emitter.node('Expand', [listed(rest.map(() => 1)), shape]);
    return emitter.node('ScatterElements', [zeros(emitter, y), places, flat], { attributes: { axis: { int: 0 }, ...add } });
  },
  vjp: (g, { indices }) => ({ updates: gatherRows(g, indices, { paddingIdx: null }) }),
  axes: {
    zeroWith: [[0]],
    along: (axis, [, indices]) => (axis === 0 ? null : [axis - 1 + indices!.shape.length, null]),
    summed: ([, indices]) =>
      indices!.shape.map((_, axis) => [
        [0, axis],
        [1, axis],
      ]),
  },
});

function asInt64(emitter: Emitter, indices: string): string {
  const isLong = emitter.type(indices).dtype === 'int64';
  return isLong ? indices : emitter.node('Cast', [indices], { attributes: { to: { dtype: 'int64' } } });
}

function zeros(emitter: Emitter, type: Type): string {
  return emitter.node('Expand', [emitter.constant(type.dtype, [0], []), emitter.dims(type.shape)]);
}

function alongAxisType(x: Type, indices: Type, axis: number): void {
  requireIndices(indices, 'takeAlong');
  const fits = x.shape.length === indices.shape.length && x.shape.every((size, i) => i === axis || indices.shape[i] === size);
  if (!fits) {
    throw new ShapeError(
      `takeAlong: x is ${formatShape(x.shape)} and indices are ${formatShape(indices.shape)}; they must have the same lengths on every axis but ${axis}.`,
    );
  }
}

/**
 * For each place, the element of x whose position along `axis` the index names: PyTorch's gather.
 * Shapes: indices as x but for `axis` → the shape of indices.
 */
export const takeAlong: Op<['x', 'indices'], { axis: number }> = defineOp({
  name: 'takeAlong',
  inputs: ['x', 'indices'],
  infer: ({ x, indices, axis }) => {
    alongAxisType(x, indices, axis);
    return { shape: indices.shape, dtype: x.dtype };
  },
  lower: (emitter, { x, indices, axis }) =>
    emitter.node('GatherElements', [x, indices], { attributes: { axis: { int: axis } } }),
  vjp: (g, { x, indices, axis }) => ({ x: addAlong(g, indices, { axis, size: x.shape[axis]! }) }),
  axes: { along: alongOthers, zeroWith: [[0]] },
});

/**
 * Adds each element to a zero tensor at the position along `axis` that its index names; the adjoint of `takeAlong`.
 * Shapes: updates and indices alike → the same with `axis` of length `size`.
 */
export const addAlong: Op<['updates', 'indices'], { axis: number; size: number }> = defineOp({
  name: 'addAlong',
  inputs: ['updates', 'indices'],
  infer: ({ updates, indices, axis, size }) => {
    requireIndices(indices, 'addAlong');
    if (!sameShape(updates.shape, indices.shape))
      throw new ShapeError(
        `addAlong: updates are ${formatShape(updates.shape)} and indices are ${formatShape(indices.shape)}; they must have one shape.`,
      );
    const shape: Shape = updates.shape.map((length, i) => (i === axis ? size : length));
    return { shape, dtype: updates.dtype };
  },
  lower: (emitter, { updates, indices, axis, y }) =>
    emitter.node('ScatterElements', [zeros(emitter, y), indices, updates], {
      attributes: { axis: { int: axis }, reduction: { string: 'add' } },
    }),
  vjp: (g, { indices, axis }) => ({ updates: takeAlong(g, indices, { axis }) }),
  axes: { along: alongOthers, zeroWith: [[0]] },
});

/**
 * What dropout multiplies by: 1/keep where the random byte is below `kept`, else 0, with keep = kept/256 exactly.
 * Shapes: bytes (uint8) any shape → the same shape, float32. Has no gradient.
 */
export const dropoutMask: Op<['bytes'], { kept: number }> = defineOp({
  name: 'dropoutMask',
  inputs: ['bytes'],
  infer: ({ bytes }) => {
    if (bytes.dtype !== 'uint8') throw new DTypeError(`dropoutMask: bytes are ${bytes.dtype}; they need uint8.`);
    return { shape: bytes.shape, dtype: 'float32' };
  },
  lower: (emitter, { bytes, kept }) => {
    const keep = emitter.node('Less', [bytes, emitter.constant('uint8', [kept], [])]);
    const mask = emitter.node('Cast', [keep], { attributes: { to: { dtype: 'float32' } } });
    return emitter.node('Mul', [mask, emitter.constant('float32', [256 / kept], [])]);
  },
  vjp: () => ({}),
  pointwise: true,
});

/** Whether each index equals the number of its place along a new last axis, as 0 or 1. Shapes: indices `[...I]` → `[...I, size]`. */
export function oneHot(
  indices: Value,
  { size, dtype = 'float32' }: { readonly size: number; readonly dtype?: 'float32' | 'float64' },
): Value {
  const places = constant(
    Array.from({ length: size }, (_, i) => i),
    indices.dtype,
  );
  return cast(equal(reshape(indices, { shape: [...indices.shape, 1] }), places), { to: dtype });
}
