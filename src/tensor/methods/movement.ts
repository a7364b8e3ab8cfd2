import { formatShape, normalizeAxis, ShapeError, sizeOf } from '../../core/index.ts';
import * as ops from '../../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import { ElementwiseMethods } from './elementwise.ts';

/** Methods that move elements and compute nothing. */
export abstract class MovementMethods extends ElementwiseMethods {
  /** The same elements under another shape; one length may be −1. */
  reshape(...shape: number[]): Tensor {
    return this.derive(ops.reshape(this.value, { shape }));
  }
  /** Axes `from` to `to`, both included, made one. Default: all. */
  flatten(from = 0, to = -1): Tensor {
    const first = normalizeAxis(from, this.rank, 'flatten');
    const last = normalizeAxis(to, this.rank, 'flatten');
    return this.reshape(
      ...this.shape.slice(0, first),
      sizeOf(this.shape.slice(first, last + 1)),
      ...this.shape.slice(last + 1),
    );
  }
  /** Axes in another order: axis i of the result is axis `axes[i]`. */
  permute(...axes: number[]): Tensor {
    return this.derive(ops.transpose(this.value, { perm: axes.map((axis) => normalizeAxis(axis, this.rank, 'permute')) }));
  }
  /** Two axes exchanged. Default: the last two. */
  transpose(a = -2, b = -1): Tensor {
    const first = normalizeAxis(a, this.rank, 'transpose');
    const second = normalizeAxis(b, this.rank, 'transpose');
    return this.permute(...this.shape.map((_, axis) => (axis === first ? second : axis === second ? first : axis)));
  }
  /** Repeated along axes of length 1, and along new leading axes, until it has this shape. */
  expand(...shape: number[]): Tensor {
    return this.derive(ops.expand(this.value, { shape }));
  }
  /** A new axis of length 1 before `axis`. */
  unsqueeze(axis: number): Tensor {
    const at = normalizeAxis(axis, this.rank + 1, 'unsqueeze');
    return this.reshape(...this.shape.slice(0, at), 1, ...this.shape.slice(at));
  }
  /** Without the axis, which must have length 1. */
  squeeze(axis: number): Tensor {
    const at = normalizeAxis(axis, this.rank, 'squeeze');
    if (this.shape[at] !== 1)
      throw new ShapeError(
        `squeeze: x is ${formatShape(this.shape)}; axis ${axis} has length ${this.shape[at]} and only 1 can be left out.`,
      );
    return this.reshape(...this.shape.filter((_, i) => i !== at));
  }
  /**
   * The elements from `start` up to `end` (default: the end) along an axis; negative bounds count from the back. With a step
   * every so-manieth; a negative one goes backwards, by default past the front.
   */
  slice(axis: number, start: number, end?: number, step = 1): Tensor {
    return this.derive(ops.slice(this.value, { axis, start, step, ...(end !== undefined && { end }) }));
  }
  /** The elements at one position of an axis, which goes away. */
  select(axis: number, index: number): Tensor {
    const at = index < 0 ? index + this.shape[normalizeAxis(axis, this.rank, 'select')]! : index;
    return this.slice(axis, at, at + 1).squeeze(axis);
  }
  /** Consecutive parts along an axis, of these sizes. */
  split(sizes: readonly number[], axis: number): Tensor[] {
    return ops.split(this.value, { axis, sizes }).map((part) => this.derive(part));
  }
  /** Elements set before and after along an axis: zeros, another number, or its own by PyTorch's padding modes. */
  pad(
    axis: number,
    before: number,
    after: number,
    { mode = 'constant', value = 0 }: { readonly mode?: ops.PadMode; readonly value?: number } = {},
  ): Tensor {
    return this.derive(ops.padWith(this.value, { axis, before, after, mode, value }));
  }
  /** About equal parts along an axis. */
  chunk(chunks: number, axis = 0): Tensor[] {
    return ops.chunk(this.value, { chunks, axis }).map((part) => this.derive(part));
  }
  /** The slices along an axis, without it. */
  unbind(axis = 0): Tensor[] {
    return ops.unbind(this.value, { axis }).map((part) => this.derive(part));
  }
  /** Axes moved to other places, the rest kept in order. */
  movedim(from: number | readonly number[], to: number | readonly number[]): Tensor {
    return this.derive(ops.movedim(this.value, { from: [from].flat(), to: [to].flat() }));
  }
  /** Axes in the opposite order. Default: all. */
  flip(axes: number | readonly number[] | null = null): Tensor {
    return this.derive(ops.flip(this.value, { axes }));
  }
  /** Elements moved on along axes, those at the end to the front. Without axes all move as one row. */
  roll(shifts: number | readonly number[], axes: number | readonly number[] | null = null): Tensor {
    return this.derive(ops.roll(this.value, { shifts, axes }));
  }
  /** Laid several times along each axis; missing axes are put in front. */
  tile(...repeats: number[]): Tensor {
    return this.derive(ops.tile(this.value, { repeats }));
  }
  /** Each element along an axis several times in a row. */
  repeatInterleave(repeats: number, axis: number): Tensor {
    return this.derive(ops.repeatInterleave(this.value, { repeats, axis }));
  }
  /** The elements at equal places of two axes, as a new last axis. */
  diagonal(offset = 0, axis1 = 0, axis2 = 1): Tensor {
    return this.derive(ops.diagonal(this.value, { offset, axis1, axis2 }));
  }
  /** The upper triangle of the last two axes, from a diagonal on. */
  triu(diagonal = 0): Tensor {
    return this.derive(ops.triu(this.value, { diagonal }));
  }
  /** The lower triangle of the last two axes, up to a diagonal. */
  tril(diagonal = 0): Tensor {
    return this.derive(ops.tril(this.value, { diagonal }));
  }
}
