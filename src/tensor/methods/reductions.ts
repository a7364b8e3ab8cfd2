import { normalizeAxes, normalizeAxis } from '../../core/index.ts';
import * as ops from '../../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { MovementMethods } from './movement.ts';

/** How a reduction leaves the axes that it went over. */
export interface ReduceOptions {
  /** Keep them, with length 1. Default false. */
  readonly keepDims?: boolean;
}

/** Methods that make few numbers of many, over one axis, several or all. */
export abstract class ReductionMethods extends MovementMethods {
  /** Sum over one axis, several, or (null, the default) all. */
  sum(axes: number | readonly number[] | null = null, { keepDims = false }: ReduceOptions = {}): Tensor {
    return this.derive(ops.sum(this.value, { axes: normalizeAxes(axes, this.rank, 'sum'), keepDims }));
  }
  /** Mean over one axis, several, or (null, the default) all. */
  mean(axes: number | readonly number[] | null = null, { keepDims = false }: ReduceOptions = {}): Tensor {
    return this.derive(ops.mean(this.value, { axes: normalizeAxes(axes, this.rank, 'mean'), keepDims }));
  }
  /** Largest element over axes. */
  max(axes: number | readonly number[] | null = null, { keepDims = false }: ReduceOptions = {}): Tensor {
    return this.derive(ops.max(this.value, { axes: normalizeAxes(axes, this.rank, 'max'), keepDims }));
  }
  /** Smallest element over axes. */
  min(axes: number | readonly number[] | null = null, { keepDims = false }: ReduceOptions = {}): Tensor {
    return this.derive(ops.min(this.value, { axes: normalizeAxes(axes, this.rank, 'min'), keepDims }));
  }
  /** Sum of squares over axes. */
  sumSquare(axes: number | readonly number[] | null = null, { keepDims = false }: ReduceOptions = {}): Tensor {
    return this.derive(ops.sumSquare(this.value, { axes: normalizeAxes(axes, this.rank, 'sumSquare'), keepDims }));
  }
  /** Position of the largest element along an axis, int64; the first of equals. */
  argmax(axis: number, { keepDims = false }: ReduceOptions = {}): Tensor {
    return this.derive(ops.argmax(this.value, { axis: normalizeAxis(axis, this.rank, 'argmax'), keepDims }));
  }
  /** Product over axes. */
  prod(axes: number | readonly number[] | null = null, { keepDims = false }: ReduceOptions = {}): Tensor {
    return this.derive(ops.prod(this.value, { axes: normalizeAxes(axes, this.rank, 'prod'), keepDims }));
  }
  /** log Σ e^x over axes; nothing overflows. */
  logsumexp(axes: number | readonly number[] | null = null, { keepDims = false }: ReduceOptions = {}): Tensor {
    return this.derive(ops.logsumexp(this.value, { axes: normalizeAxes(axes, this.rank, 'logsumexp'), keepDims }));
  }
  /** Whether an element over axes is not 0. */
  any(axes: number | readonly number[] | null = null, { keepDims = false }: ReduceOptions = {}): Tensor {
    return this.derive(ops.any(this.value, { axes: normalizeAxes(axes, this.rank, 'any'), keepDims }));
  }
  /** Whether every element over axes is not 0. */
  all(axes: number | readonly number[] | null = null, { keepDims = false }: ReduceOptions = {}): Tensor {
    return this.derive(ops.all(this.value, { axes: normalizeAxes(axes, this.rank, 'all'), keepDims }));
  }
  /** Variance over axes, divided by n − correction. Default 1, as in PyTorch. */
  var(
    axes: number | readonly number[] | null = null,
    { keepDims = false, correction = 1 }: ReduceOptions & { readonly correction?: number } = {},
  ): Tensor {
    return this.derive(ops.variance(this.value, { axes: normalizeAxes(axes, this.rank, 'var'), keepDims, correction }));
  }
  /** Standard deviation over axes: the root of `var`. */
  std(
    axes: number | readonly number[] | null = null,
    { keepDims = false, correction = 1 }: ReduceOptions & { readonly correction?: number } = {},
  ): Tensor {
    return this.derive(ops.std(this.value, { axes: normalizeAxes(axes, this.rank, 'std'), keepDims, correction }));
  }
  /** p-norm over axes. Default 2, the Euclidean one. */
  norm(p = 2, axes: number | readonly number[] | null = null, { keepDims = false }: ReduceOptions = {}): Tensor {
    return this.derive(ops.norm(this.value, { axes: normalizeAxes(axes, this.rank, 'norm'), keepDims, p }));
  }
  /** Position of the smallest element along an axis, int64; the first of equals. */
  argmin(axis: number, { keepDims = false }: ReduceOptions = {}): Tensor {
    return this.derive(ops.argmin(this.value, { axis: normalizeAxis(axis, this.rank, 'argmin'), keepDims }));
  }
  /** Running sums along an axis. */
  cumsum(axis: number, { reverse = false }: { readonly reverse?: boolean } = {}): Tensor {
    return this.derive(ops.cumsum(this.value, { axis: normalizeAxis(axis, this.rank, 'cumsum'), reverse }));
  }
  /** The k largest (or smallest) elements along an axis, best first, and their places. */
  topk(k: number, axis = -1, { largest = true }: { readonly largest?: boolean } = {}): { values: Tensor; indices: Tensor } {
    const { values, indices } = ops.topk(this.value, { k, axis, largest });
    return { values: this.derive(values), indices: this.derive(indices) };
  }
  /** The elements along an axis in order, and their places. Equal ones keep their order. */
  sort(axis = -1, { descending = false }: { readonly descending?: boolean } = {}): { values: Tensor; indices: Tensor } {
    const { values, indices } = ops.sort(this.value, { axis, descending });
    return { values: this.derive(values), indices: this.derive(indices) };
  }
  /** The places of the elements along an axis in their order. */
  argsort(axis = -1, { descending = false }: { readonly descending?: boolean } = {}): Tensor {
    return this.derive(ops.argsort(this.value, { axis, descending }));
  }
}
