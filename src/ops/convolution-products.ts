import { type Shape, sizeOf } from '../core/index.ts';
import type { Emitter } from '../graph/index.ts';
import type { Sliding } from './convolution.ts';
import { columnsOf } from './unfold.ts';

/** A convolution whose operands may be names that an op emitted itself. */
interface Convolution {
  readonly x: string;
  /** `[N, C, ...L]`. */
  readonly shape: Shape;
  readonly weight: string;
  /** `[O, C/groups, ...K]`. */
  readonly kernels: Shape;
  readonly bias: string | null;
  readonly sliding: Sliding;
  /** The lengths of the result. */
  readonly counts: Shape;
}

/**
 * A convolution as one product of matrices with the unfolded x, for runtimes whose Conv wants its kernels stored in the model.
 * Gives `[N, O, ...counts]`.
 */
export function convolutionByProduct(
  emitter: Emitter,
  { x, shape, weight, kernels, bias, sliding, counts }: Convolution,
): string {
  const [batch, channels] = shape as [number, number];
  const [filters, , ...kernel] = kernels as [number, number, ...number[]];
  const { groups, ...windows } = sliding;
  const depth = (channels / groups) * sizeOf(kernel);
  const unfolded = columnsOf(emitter, { x, shape, kernel, windows });
  const columns = emitter.node('Reshape', [unfolded, emitter.dims([batch, groups, depth, sizeOf(counts)])]);
  const rows = emitter.node('Reshape', [weight, emitter.dims([groups, filters / groups, depth])]);
  const y = emitter.node('Reshape', [emitter.node('MatMul', [rows, columns]), emitter.dims([batch, filters, ...counts])]);
  if (!bias) return y;
  const perFilter = emitter.node('Reshape', [bias, emitter.dims([filters, ...kernel.map(() => 1)])]);
  return emitter.node('Add', [y, perFilter]);
}

/**
 * x with `stride` − 1 zeros between the elements of each spatial axis, and zeros before and after them; below 0 so many are cut.
 * `[N, C, ...M]` → `[N, C, ...(before + (M − 1) · stride + 1 + after)]`.
 */
export function spread(
  emitter: Emitter,
  x: string,
  shape: Shape,
  { stride, before, after }: Record<'stride' | 'before' | 'after', readonly number[]>,
): { readonly x: string; readonly shape: Shape } {
  const [batch, channels, ...lengths] = shape as [number, number, ...number[]];
  const pad = (images: string, ...zeros: readonly number[]) =>
    zeros.every((count) => count === 0)
      ? images
      : emitter.node('Pad', [images, emitter.constant('int64', zeros), emitter.constant('float32', [0], [])]);
  let images = x;
  if (stride.some((step) => step !== 1)) {
    // The zeros behind each element are an axis of their own, which then joins the one before.
    const apart = emitter.node('Reshape', [x, emitter.dims([batch, channels, ...lengths.flatMap((length) => [length, 1])])]);
    const none = [0, 0, ...stride.flatMap(() => [0, 0])];
    const behind = pad(apart, ...none, 0, 0, ...stride.flatMap((step) => [0, step - 1]));
    images = emitter.node('Reshape', [
      behind,
      emitter.dims([batch, channels, ...lengths.map((length, i) => length * stride[i]!)]),
    ]);
  }
  // Behind the last element stand zeros already.
  const left = after.map((zeros, i) => zeros - (stride[i]! - 1));
  return {
    x: pad(images, 0, 0, ...before, 0, 0, ...left),
    shape: [batch, channels, ...lengths.map((length, i) => before[i]! + length * stride[i]! + left[i]!)],
  };
}
