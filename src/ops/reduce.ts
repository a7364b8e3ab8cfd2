import { DTypeError, isFloat, normalizeAxis, type Shape, sizeOf } from '../core/index.ts';
import { type Attributes, defineOp, type Emitter, type Op, type Type, type Value } from '../graph/index.ts';
import { equal } from './comparison.ts';
import { cast, div, like, mul, sub } from './elementwise.ts';
import { shapeScalar } from './leaf.ts';
import { expand, reshape } from './movement.ts';

/** Which axes go, ascending and counted from the front, and whether they stay with length 1. */
export type Reduction = { axes: readonly number[]; keepDims: boolean };

/** The shape that a reduction leaves. */
export function reducedShape(shape: Shape, { axes, keepDims }: Reduction): Shape {
  return keepDims ? shape.map((size, i) => (axes.includes(i) ? 1 : size)) : shape.filter((_, i) => !axes.includes(i));
}

/** A reduction's result, or its gradient, with the reduced axes back at length 1. */
function kept(y: Value, x: Value, axes: readonly number[]): Value {
  return reshape(y, { shape: reducedShape(x.shape, { axes, keepDims: true }) });
}

/*@__NO_SIDE_EFFECTS__*/
function reduction<A extends Reduction = Reduction>(row: {
  readonly name: string;
  readonly lower: (emitter: Emitter, seen: { readonly x: string; readonly y: Type } & A) => string;
  readonly vjp: (g: Value, seen: { readonly x: Value; readonly y: Value; readonly axes: readonly number[] }) => Value;
  readonly integers?: boolean;
  /** Both give zero for zeros; a sum, besides, need not read them. */
  readonly adds?: 'sum' | 'mean';
}): Op<['x'], A> {
  return defineOp<readonly ['x'], A>({
    name: row.name,
    inputs: ['x'],
    infer: ({ x, axes, keepDims }) => {
      if (!isFloat(x.dtype) && !(row.integers && x.dtype !== 'bool')) {
        throw new DTypeError(
          `${row.name}: x is ${x.dtype}; it needs ${row.integers ? 'a number' : 'a floating-point'} type. Cast it first.`,
        );
      }
      return { shape: reducedShape(x.shape, { axes, keepDims }), dtype: x.dtype };
    },
    lower: row.lower,
    axes: {
      along: alongKept,
      ...(row.adds && { zeroWith: [[0]] }),
      ...(row.adds === 'sum' && {
        summed: (_types, { axes }) => (axes as readonly number[]).map((axis) => [[0, axis] as const]),
      }),
    },
    // Both gradients are formed with the reduced axes at length 1, so that they broadcast against x.
    vjp: (g, { x, y, axes }) => ({ x: row.vjp(kept(g, x, axes), { x, y: kept(y, x, axes), axes }) }),
  });
}

/** The axis of x behind an axis that a reduction keeps. */
function alongKept(axis: number, [x]: readonly (Type | null)[], { axes, keepDims }: Attributes): [number] | null {
  const reduced = axes as readonly number[];
  if (keepDims) return reduced.includes(axis) ? null : [axis];
  return [x!.shape.flatMap((_, i) => (reduced.includes(i) ? [] : [i]))[axis]!];
}

function reduceNode(emitter: Emitter, opType: string, { x, axes, keepDims }: { readonly x: string } & Reduction): string {
  // To ONNX no axes would mean all.
  if (axes.length === 0) return x;
  return emitter.node(opType, [x, emitter.constant('int64', axes)], { attributes: { keepdims: { int: keepDims ? 1 : 0 } } });
}

/**
 * Which axes are summed. With `ofFactor` x is a factor of products too, as the gradient of a layer's output is: its elements may be
 * rounded as products round them, where they round, and what is added up in float32 is the very numbers that those see.
 */
export type Summation = Reduction & { ofFactor?: true };

/** Sum over axes. */
export const sum: Op<['x'], Summation> = reduction<Summation>({
  name: 'sum',
  integers: true,
  adds: 'sum',
  lower: (emitter, seen) => {
    const { x, axes, y, ofFactor } = seen;
    const { shape, dtype } = emitter.type(x);
    // Not where products are rounded to fewer bits: a sum is to keep all of its own, unless they are lost already.
    const leading = axes.length > 0 && axes.length < shape.length && axes.every((axis, i) => axis === i);
    const mayMultiply = ofFactor || emitter.has('UnroundedMatMul');
    if (!leading || !isFloat(dtype) || !mayMultiply) return reduceNode(emitter, 'ReduceSum', seen);
    return sumByProduct(emitter, x, { shape, leading: axes.length, y });
  },
  vjp: (g, { x }) => expand(g, { shape: x.shape }),
});

/** Sums down columns run at the speed of a matrix product, several times that of ReduceSum. */
function sumByProduct(
  emitter: Emitter,
  x: string,
  { shape, leading, y }: { readonly shape: Shape; readonly leading: number; readonly y: Type },
): string {
  const columns = sizeOf(shape.slice(leading));
  const rows = sizeOf(shape) / columns;
  const matrix = shape.length === 2 ? x : emitter.node('Reshape', [x, emitter.dims([rows, columns])]);
  const ones = emitter.node('Expand', [emitter.constant(y.dtype, [1], []), emitter.dims([1, rows])]);
  return emitter.node('Reshape', [emitter.node('MatMul', [ones, matrix]), emitter.dims(y.shape)]);
}

/** The sum over the first axis of a name of the given shape, which an op has emitted itself, as `y`. */
export function sumOfFirst(emitter: Emitter, x: string, { shape, y }: { readonly shape: Shape; readonly y: Type }): string {
  if (emitter.has('UnroundedMatMul')) return sumByProduct(emitter, x, { shape, leading: 1, y });
  const sums = reduceNode(emitter, 'ReduceSum', { x, axes: [0], keepDims: false });
  return emitter.node('Reshape', [sums, emitter.dims(y.shape)]);
}

/** Mean over axes. */
export const mean: Op<['x'], Reduction> = reduction({
  name: 'mean',
  adds: 'mean',
  lower: (emitter, seen) => reduceNode(emitter, 'ReduceMean', seen),
  vjp: (g, { x, y }) => expand(mul(g, shapeScalar(sizeOf(y.shape) / sizeOf(x.shape), x.dtype)), { shape: x.shape }),
});

/** Gradient of an extreme: shared evenly among the elements that equal it, as in PyTorch's amax and amin. */
function toExtremes(
  g: Value,
  { x, y, axes }: { readonly x: Value; readonly y: Value; readonly axes: readonly number[] },
): Value {
  const hits = cast(equal(x, y), { to: x.dtype });
  return mul(div(g, sum(hits, { axes, keepDims: true })), hits);
}

/** Largest element over axes. */
export const max: Op<['x'], Reduction> = reduction({
  name: 'max',
  integers: true,
  lower: (emitter, seen) => reduceNode(emitter, 'ReduceMax', seen),
  vjp: toExtremes,
});

/** Smallest element over axes. */
export const min: Op<['x'], Reduction> = reduction({
  name: 'min',
  integers: true,
  lower: (emitter, seen) => reduceNode(emitter, 'ReduceMin', seen),
  vjp: toExtremes,
});

/** The place of an extreme along one axis; the first of equals. */
/*@__NO_SIDE_EFFECTS__*/
function place(name: string, onnx: string): Op<['x'], { axis: number; keepDims: boolean }> {
  return defineOp<readonly ['x'], { axis: number; keepDims: boolean }>({
    name,
    inputs: ['x'],
    infer: ({ x, axis, keepDims }) => {
      if (x.dtype === 'bool') throw new DTypeError(`${name}: x is bool; it needs a number type. Cast it first.`);
      normalizeAxis(axis, x.shape.length, name);
      return { shape: reducedShape(x.shape, { axes: [axis], keepDims }), dtype: 'int64' };
    },
    lower: (emitter, { x, axis, keepDims }) =>
      emitter.node(onnx, [x], { attributes: { axis: { int: axis }, keepdims: { int: keepDims ? 1 : 0 } } }),
    vjp: () => ({}),
    axes: {
      along: (axis, types, { axis: reduced, keepDims }) =>
        alongKept(axis, types, { axes: [reduced as number], keepDims: keepDims! }),
    },
  });
}

/** Index of the largest element along one axis, int64; the first of equals. Has no gradient. */
export const argmax: Op<['x'], { axis: number; keepDims: boolean }> = place('argmax', 'ArgMax');

/** Index of the smallest element along one axis, int64; the first of equals. Has no gradient. */
export const argmin: Op<['x'], { axis: number; keepDims: boolean }> = place('argmin', 'ArgMin');

/** Sum of squares over axes, in one pass. */
export const sumSquare: Op<['x'], Reduction> = reduction({
  name: 'sumSquare',
  adds: 'sum',
  lower: (emitter, seen) =>
    seen.axes.length === 0 ? emitter.node('Mul', [seen.x, seen.x]) : reduceNode(emitter, 'ReduceSumSquare', seen),
  // The factor goes to the small side.
  vjp: (g, { x }) => mul(x, mul(g, like(2, x))),
});

/** Sum over axes of the squared distances from the mean over these axes: the variance without its divisor. */
export const sumSquaredDeviation: Op<['x'], Reduction> = reduction({
  name: 'sumSquaredDeviation',
  lower: (emitter, seen) => {
    const { x, axes } = seen;
    if (axes.length === 0) return emitter.node('Sub', [x, x]);
    const center = reduceNode(emitter, 'ReduceMean', { x, axes, keepDims: true });
    return reduceNode(emitter, 'ReduceSumSquare', { ...seen, x: emitter.node('Sub', [x, center]) });
  },
  // What the mean itself contributes adds up to 0, so it needs no pass; differentiated again it does count.
  vjp: (g, { x, axes }) => mul(sub(x, mean(x, { axes, keepDims: true })), mul(g, like(2, x))),
});
