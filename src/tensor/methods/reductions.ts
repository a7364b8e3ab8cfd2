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
}
