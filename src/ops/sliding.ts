import { DTypeError, formatShape, type Shape, ShapeError } from '../core/index.ts';
import type { EmittedAttribute, Type } from '../graph/index.ts';

/**
 * How a window goes over the spatial axes of `[N, C, ...L]`: a number for each of them. `padding` has two, places before and
 * after, as [before, before, after, after].
 */
export type Windows = {
  stride: readonly number[];
  padding: readonly number[];
  dilation: readonly number[];
};

/** How far along one axis a window of `length` places reaches. */
export const reach = (length: number, dilation: number) => dilation * (length - 1) + 1;

/**
 * How many windows there are on each spatial axis, ⌊(L + before + after − reach) / stride⌋ + 1.
 * @throws ShapeError when a window reaches further than the padded input.
 */
export function windowCounts(speaker: string, x: Shape, kernel: Shape, { stride, padding, dilation }: Windows): number[] {
  const rank = kernel.length;
  return kernel.map((length, i) => {
    const padded = x[i + 2]! + padding[i]! + padding[rank + i]!;
    const room = padded - reach(length, dilation[i]!);
    if (room < 0)
      throw new ShapeError(
        `${speaker}: x is ${formatShape(x)} and the kernel is ${formatShape(kernel)}; on spatial axis ${i} it reaches over ${reach(length, dilation[i]!)} and the padded input has ${padded}.`,
      );
    return Math.floor(room / stride[i]!) + 1;
  });
}

/** How much longer than these windows need the spatial axes are. */
export function surplus(lengths: Shape, counts: Shape, kernel: Shape, { stride, padding, dilation }: Windows): number[] {
  const rank = kernel.length;
  return kernel.map((length, i) => {
    const padded = lengths[i]! + padding[i]! + padding[rank + i]!;
    return padded - reach(length, dilation[i]!) - (counts[i]! - 1) * stride[i]!;
  });
}

/** Windows as attributes of ONNX's operators. */
export function windowAttributes({ stride, padding, dilation }: Windows): Record<string, EmittedAttribute> {
  return { strides: { ints: stride }, pads: { ints: padding }, dilations: { ints: dilation } };
}

/**
 * Throws where x has not the axes that windows go over, or a type in which ONNX Runtime has no such operators.
 * @throws ShapeError @throws DTypeError
 */
export function requireImages(speaker: string, x: Type, { stride }: Pick<Windows, 'stride'>): void {
  if (x.dtype !== 'float32')
    throw new DTypeError(`${speaker}: x is ${x.dtype}; it needs float32. Use cast(x, { to: 'float32' }).`);
  if (x.shape.length !== stride.length + 2)
    throw new ShapeError(
      `${speaker}: x is ${formatShape(x.shape)}; it needs ${stride.length + 2} axes, the last ${stride.length} of them spatial.`,
    );
}
