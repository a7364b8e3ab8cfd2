import {
  ConfigError,
  foldIn,
  formatShape,
  randomNormal,
  randomPermutation,
  type Shape,
  ShapeError,
  sizeOf,
} from '../../core/index.ts';
import { nextRandomKey, type Tensor } from '../../tensor/index.ts';
import { filled, scaled } from './filled.ts';
import type { XavierOptions } from './layers.ts';

/**
 * A random matrix whose rows are orthogonal and of length `gain`, or its columns where there are more rows; the axes behind the
 * first count as one. Every such matrix is as likely. Like torch.nn.init.orthogonal_. Computed in float64 by modified
 * Gram–Schmidt, which is the QR decomposition with a positive diagonal; the time grows with the cube of the smaller side.
 * Source: Saxe, McClelland and Ganguli, 2014, arXiv:1312.6120; Mezzadri, 2007, arXiv:math-ph/0609050, for the likelihood.
 * @throws ShapeError when there are fewer than two axes.
 */
export function orthogonal(shape: Shape, { gain = 1 }: XavierOptions = {}): Tensor {
  if (shape.length < 2)
    throw new ShapeError(`orthogonal: the shape is ${formatShape(shape)}; it needs at least two axes, rows and columns.`);
  const rows = shape[0]!;
  const columns = sizeOf(shape.slice(1));
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
  return filled(shape, (size) => {
    const vectors = Float64Array.from(randomNormal(nextRandomKey(), size));
    orthonormalize(vectors, count, length);
    if (rows <= columns) return Float32Array.from(vectors, (x) => gain * x);
    return Float32Array.from({ length: size }, (_, i) => gain * vectors[(i % columns) * rows + Math.floor(i / columns)]!);
  });
}

/** Vectors one after another, each made orthogonal to those before it and of length 1. */
function orthonormalize(vectors: Float64Array, count: number, length: number): void {
  for (let i = 0; i < count; i++) {
    const own = vectors.subarray(i * length, (i + 1) * length);
    let square = 0;
    for (let k = 0; k < length; k++) square += own[k]! * own[k]!;
    const norm = Math.sqrt(square);
    for (let k = 0; k < length; k++) own[k]! /= norm;
    for (let j = i + 1; j < count; j++) {
      const other = vectors.subarray(j * length, (j + 1) * length);
      let product = 0;
      for (let k = 0; k < length; k++) product += own[k]! * other[k]!;
      for (let k = 0; k < length; k++) other[k]! -= product * own[k]!;
    }
  }
}

/** Ones on the diagonal, zeros elsewhere. Like torch.nn.init.eye_. @throws ShapeError when there are not two axes. */
export function eye(shape: Shape): Tensor {
  const [rows, columns] = twoAxes(shape, 'eye');
  return filled(shape, (count) => {
    const out = new Float32Array(count);
    for (let i = 0; i < Math.min(rows, columns); i++) out[i * (columns + 1)] = 1;
    return out;
  });
}

/**
 * Kernels of a convolution that passes its channels on as they are, as many as there are. Shape `[out, in / groups, ...]`.
 * Like torch.nn.init.dirac_. @throws ShapeError when there are not three to five axes, or the groups do not divide `out`.
 */
export function dirac(shape: Shape, { groups = 1 }: { readonly groups?: number } = {}): Tensor {
  const [out, into, ...field] = shape as [number, number, ...number[]];
  if (shape.length < 3 || shape.length > 5 || !(Number.isInteger(groups) && groups >= 1) || out % groups !== 0)
    throw new ShapeError(
      `dirac: the shape is ${formatShape(shape)} in ${groups} groups; it needs three to five axes, [out, in, ...], and groups that divide out.`,
    );
  const centre = field.reduce((place, length) => place * length + Math.floor(length / 2), 0);
  const kernels = out / groups;
  return filled(shape, (count) => {
    const numbers = new Float32Array(count);
    for (let group = 0; group < groups; group++)
      for (let i = 0; i < Math.min(kernels, into); i++)
        numbers[((group * kernels + i) * into + i) * sizeOf(field) + centre] = 1;
    return numbers;
  });
}

/**
 * Numbers of a normal distribution, of which in each column a share, rounded up to whole rows, is set to zero at random places.
 * Like torch.nn.init.sparse_. Source: Martens, 2010, ICML.
 * @throws ShapeError when there are not two axes. @throws ConfigError when sparsity is no share.
 */
export function sparse(shape: Shape, { sparsity, std = 0.01 }: { readonly sparsity: number; readonly std?: number }): Tensor {
  const [rows, columns] = twoAxes(shape, 'sparse');
  if (!(sparsity >= 0 && sparsity <= 1)) throw new ConfigError(`sparse: sparsity is ${sparsity}; it must be from 0 to 1.`);
  return filled(shape, (count) => {
    const key = nextRandomKey();
    const numbers = scaled(randomNormal(foldIn(key, columns), count), std, 0);
    const zeroed = Math.ceil(sparsity * rows);
    for (let column = 0; column < columns; column++)
      for (const row of randomPermutation(foldIn(key, column), rows).subarray(0, zeroed)) numbers[row * columns + column] = 0;
    return numbers;
  });
}

function twoAxes(shape: Shape, speaker: string): readonly [number, number] {
  if (shape.length !== 2)
    throw new ShapeError(`${speaker}: the shape is ${formatShape(shape)}; it needs two axes, rows and columns.`);
  return shape as readonly [number, number];
}
