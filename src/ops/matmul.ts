import { broadcastShapes, type DType, DTypeError, formatShape, isFloat, ShapeError, sameShape, sizeOf } from '../core/index.ts';
import { alongBroadcast, defineOp, type Emitter, type Op, type Type, type Value } from '../graph/index.ts';
import { reshape, transpose } from './movement.ts';
import { sum } from './reduce.ts';

/** How `matmulOf` reads its factors. A type rather than an interface, so that it is a record of attributes. */
type Transposes = { transposeA: boolean; transposeB: boolean };

/**
 * Matrix product of the last two axes; leading axes broadcast. Either factor may be read with its last two axes swapped.
 * Shapes: a `[..., M, K]`, b `[..., K, N]` → `[..., M, N]`; with `transposeA` a is `[..., K, M]`, with `transposeB` b is `[..., N, K]`.
 * @throws ShapeError when a and b disagree on K, or a factor has fewer than two axes.
 */
export const matmulOf: Op<['a', 'b'], Transposes> = defineOp({
  name: 'matmul',
  inputs: ['a', 'b'],
  infer: ({ a, b, transposeA, transposeB }) => matmulType(a, b, { transposeA, transposeB }),
  flops: ([a], { transposeA }, y) => 2 * sizeOf(y.shape) * a!.shape.at(transposeA ? -2 : -1)!,
  lower: (emitter, { a, b, transposeA, transposeB }) => lowerMatmul(emitter, a, b, { transposeA, transposeB }),
  vjp: (g, { a, b, transposeA, transposeB }) => {
    // A matrix that multiplies every one of a batch gets one product over all rows, not one a batch and a sum.
    if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
      const rows = (v: Value) => reshape(v, { shape: [-1, v.shape.at(-1)!] });
      const gradientA = matmulOf(g, b, { transposeA: false, transposeB: !transposeB });
      const [left, right] = transposeB ? [g, a] : [a, g];
      return { a: gradientA, b: matmulOf(rows(left), rows(right), { transposeA: true, transposeB: false }) };
    }
    return factorGradients(g, a, b, { transposeA, transposeB });
  },
  axes: {
    zeroWith: [[0], [1]],
    along: (axis, [a, b], { transposeA, transposeB }, y) => {
      const fromEnd = y.shape.length - axis;
      if (fromEnd > 2) return alongBroadcast(axis, [a!, b!], {}, y);
      return fromEnd === 2 ? [a!.shape.length - (transposeA ? 1 : 2), null] : [null, b!.shape.length - (transposeB ? 2 : 1)];
    },
    summed: ([a, b], { transposeA, transposeB }) => [
      [
        [0, a!.shape.length - (transposeA ? 2 : 1)],
        [1, b!.shape.length - (transposeB ? 1 : 2)],
      ],
    ],
  },
});

function factorGradients(g: Value, a: Value, b: Value, { transposeA, transposeB }: Transposes): { a: Value; b: Value } {
  return {
    a: transposeA
      ? matmulOf(b, g, { transposeA: transposeB, transposeB: true })
      : matmulOf(g, b, { transposeA: false, transposeB: !transposeB }),
    b: transposeB
      ? matmulOf(g, a, { transposeA: true, transposeB: transposeA })
      : matmulOf(a, g, { transposeA: !transposeA, transposeB: false }),
  };
}

/**
 * A matrix plus the product of two others, in one pass over the result. Either factor may be read with its axes swapped.
 * Shapes: c broadcasts to `[M, N]`, a `[M, K]`, b `[K, N]` → `[M, N]`; with `transposeA` a is `[K, M]`, with `transposeB` b is `[N, K]`.
 * @throws ShapeError when a and b disagree on K, one of them has not two axes, or c does not fit the product.
 */
export const addmm: Op<['c', 'a', 'b'], Transposes> = defineOp({
  name: 'addmm',
  inputs: ['c', 'a', 'b'],
  infer: ({ c, a, b, transposeA, transposeB }) => {
    const product = matmulType(a, b, { transposeA, transposeB }, 'addmm');
    const fits = product.shape.length === 2 && sameShape(broadcastShapes(c.shape, product.shape, 'addmm'), product.shape);
    if (!fits)
      throw new ShapeError(
        `addmm: c is ${formatShape(c.shape)}, a is ${formatShape(a.shape)} and b is ${formatShape(b.shape)}; a and b need two axes, and c must broadcast to their product.`,
      );
    if (c.dtype !== a.dtype)
      throw new DTypeError(`addmm: c is ${c.dtype} and a is ${a.dtype}; both need one element type. Cast one of them.`);
    return product;
  },
  flops: ([, a], { transposeA }, y) => 2 * sizeOf(y.shape) * a!.shape.at(transposeA ? -2 : -1)!,
  lower: (emitter, { c, a, b, transposeA, transposeB }) =>
    emitter.node('Gemm', [a, b, c], {
      attributes: { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } },
    }),
  vjp: (g, { a, b, transposeA, transposeB }) => ({ c: g, ...factorGradients(g, a, b, { transposeA, transposeB }) }),
});

/**
 * Matrix product of the last two axes; leading axes broadcast. A vector stands for a row on the left and for a column on the
 * right, and its axis is left out again, as in NumPy and PyTorch.
 * Shapes: a `[..., M, K]`, b `[..., K, N]` → `[..., M, N]`; a `[K]` → `[..., N]`; b `[K]` → `[..., M]`; both → a scalar.
 * @throws ShapeError when a and b disagree on K, or one of them is a scalar.
 */
export function matmul(a: Value, b: Value): Value {
  if (a.shape.length !== 1 && b.shape.length !== 1) return matmulOf(a, b, { transposeA: false, transposeB: false });
  const [rows, columns] = [a.shape.length === 1, b.shape.length === 1];
  const left = rows ? reshape(a, { shape: [1, a.shape[0]!] }) : a;
  const right = columns ? reshape(b, { shape: [b.shape[0]!, 1] }) : b;
  const y = matmulOf(left, right, { transposeA: false, transposeB: false });
  const shape = [...y.shape.slice(0, -2), ...(rows ? [] : [y.shape.at(-2)!]), ...(columns ? [] : [y.shape.at(-1)!])];
  return reshape(y, { shape });
}

function matmulType(a: Type, b: Type, { transposeA, transposeB }: Transposes, speaker = 'matmul'): Type {
  if (a.dtype !== b.dtype || !isFloat(a.dtype)) {
    throw new DTypeError(
      `${speaker}: a is ${a.dtype} and b is ${b.dtype}; both need one floating-point type. Cast one of them.`,
    );
  }
  const shapes = `a is ${formatShape(a.shape)} and b is ${formatShape(b.shape)}`;
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new ShapeError(`${speaker}: ${shapes}; both need at least two axes, or one for a vector.`);
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [k2, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== k2) {
    const axisA = transposeA ? 'second-last' : 'last';
    const axisB = transposeB ? 'last' : 'second-last';
    throw new ShapeError(`${speaker}: ${shapes}; the ${axisA} axis of a (${k}) must equal the ${axisB} of b (${k2}).`);
  }
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), `${speaker} (leading axes)`);
  return { shape: [...batch, m, n], dtype: a.dtype };
}

function lowerMatmul(emitter: Emitter, a: string, b: string, transposes: Transposes): string {
  const [typeA, typeB] = [emitter.type(a), emitter.type(b)];
  return product(emitter, a, b, { ...transposes, ranks: [typeA.shape.length, typeB.shape.length], dtype: typeA.dtype });
}

/** A matrix product in ONNX, of names that an op may have emitted itself. */
export function product(
  emitter: Emitter,
  a: string,
  b: string,
  {
    transposeA,
    transposeB,
    ranks: [rankA, rankB],
    dtype,
  }: Transposes & { readonly ranks: readonly [number, number]; readonly dtype: DType },
): string {
  const flags = { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } };
  if (!transposeA && !transposeB) return emitter.node('MatMul', [a, b]);
  if (rankA === 2 && rankB === 2) return emitter.node('Gemm', [a, b], { attributes: flags });
  if (emitter.has('FusedMatMul') && dtype === 'float32') {
    return emitter.node('FusedMatMul', [a, b], { attributes: flags, domain: 'com.microsoft' });
  }
  const swapped = (name: string, rank: number) =>
    emitter.node('Transpose', [name], { attributes: { perm: { ints: swapLastTwo(rank) } } });
  return emitter.node('MatMul', [transposeA ? swapped(a, rankA) : a, transposeB ? swapped(b, rankB) : b]);
}

/** The axes of a tensor of `rank` axes with the last two swapped. */
function swapLastTwo(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  axes[rank - 2] = rank - 1;
  axes[rank - 1] = rank - 2;
  return axes;
}

/** The value with its last two axes swapped. */
export function swapLast(x: Value): Value {
  return transpose(x, { perm: swapLastTwo(x.shape.length) });
}

/**
 * An affine map of the last axis: x Wᵀ + b, the weight kept as PyTorch keeps it.
 * Shapes: x `[..., in]`, weight `[out, in]`, bias `[out]` → `[..., out]`.
 * @throws ShapeError when x's last axis is not the weight's `in`, or the bias is not `[out]`.
 */
export const linear: Op<['x', 'weight', 'bias?']> = defineOp({
  name: 'linear',
  inputs: ['x', 'weight', 'bias?'],
  infer: ({ x, weight, bias }) => {
    const [out, width] = weight.shape;
    const shapes = `x is ${formatShape(x.shape)} and weight is ${formatShape(weight.shape)}`;
    if (weight.shape.length !== 2) throw new ShapeError(`linear: ${shapes}; weight needs two axes, [out, in].`);
    if (x.shape.length === 0) throw new ShapeError(`linear: ${shapes}; x is a scalar and needs at least one axis.`);
    if (x.shape.at(-1) !== width)
      throw new ShapeError(
        `linear: ${shapes}; the last axis of x (${x.shape.at(-1)}) must equal the last of weight (${width}).`,
      );
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== out)) {
      throw new ShapeError(
        `linear: bias is ${formatShape(bias.shape)} and weight is ${formatShape(weight.shape)}; bias must be [${out}].`,
      );
    }
    const types = [x, weight, ...(bias ? [bias] : [])].map(({ dtype }) => dtype);
    if (types.some((dtype) => dtype !== x.dtype) || !isFloat(x.dtype))
      throw new DTypeError(
        `linear: x is ${x.dtype}, weight is ${weight.dtype}${bias ? ` and bias is ${bias.dtype}` : ''}; all need one floating-point type.`,
      );
    return { shape: [...x.shape.slice(0, -1), out!], dtype: x.dtype };
  },
  flops: ([x], _attributes, y) => 2 * sizeOf(y.shape) * x!.shape.at(-1)!,
  lower: (emitter, { x, weight, bias, y }) => {
    const type = emitter.type(x);
    const flat = type.shape.length === 2;
    const rows = flat ? x : emitter.node('Reshape', [x, emitter.constant('int64', [-1, type.shape.at(-1)!])]);
    // Where a bias is a pass of its own it goes behind the reshape, to what is added next, a residual: one pass then for both.
    const apart = bias && !flat && !emitter.has('BiasedGemm') && !emitter.isWeight(bias);
    const products = emitter.node('Gemm', [rows, weight, apart ? null : bias], { attributes: { transB: { int: 1 } } });
    const shaped = flat ? products : emitter.node('Reshape', [products, emitter.dims(y.shape)]);
    return apart ? emitter.node('Add', [shaped, bias]) : shaped;
  },
  vjp: (g, { x, weight, bias }) => {
    const rows = (v: Value) => reshape(v, { shape: [-1, v.shape.at(-1)!] });
    const gradients = rows(g);
    const inputs = matmul(gradients, weight);
    return {
      x: reshape(inputs, { shape: x.shape }),
      weight: matmulOf(gradients, rows(x), { transposeA: true, transposeB: false }),
      bias: bias ? sum(gradients, { axes: [0], keepDims: false, ofFactor: true }) : null,
    };
  },
  axes: {
    along: (axis, [, , bias], _attributes, y) => (axis < y.shape.length - 1 ? [axis, null, null] : [null, 0, bias ? 0 : null]),
  },
});
