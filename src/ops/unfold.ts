import { formatShape, type Shape, ShapeError, sizeOf } from '../core/index.ts';
import { defineOp, type Emitter, type Op } from '../graph/index.ts';
import { requireImages, surplus, type Windows, windowAttributes, windowCounts } from './sliding.ts';

/** Windows with the number of places of each on each spatial axis. */
export type Kernels = Windows & { kernel: readonly number[] };

/** For each place of a window a kernel over one channel, which picks the element that lies under that place. */
function placeKernels(emitter: Emitter, kernel: Shape): string {
  const taps = sizeOf(kernel);
  const identity = Array.from({ length: taps * taps }, (_, i) => (i % (taps + 1) === 0 ? 1 : 0));
  return emitter.constant('float32', identity, [taps, 1, ...kernel]);
}

/** What `unfold` gives, before it is brought into its shape: `[N · C, taps, ...windows]`. x is `[N, C, ...L]`, the given shape. */
export function columnsOf(
  emitter: Emitter,
  {
    x,
    shape,
    kernel,
    windows,
  }: { readonly x: string; readonly shape: Shape; readonly kernel: Shape; readonly windows: Windows },
): string {
  const [batch, channels, ...lengths] = shape as [number, number, ...number[]];
  const images = emitter.node('Reshape', [x, emitter.dims([batch * channels, 1, ...lengths])]);
  return emitter.node('Conv', [images, placeKernels(emitter, kernel)], { attributes: windowAttributes(windows) });
}

/**
 * For each place of a window, the elements that lie under it as the window goes over x: a column for each window.
 * Shapes: x `[N, C, ...L]` → `[N, C · taps, windows]`, taps the number of a window's places; zeros stand around x.
 *
 * Written as a convolution of each channel with kernels that pick one element: it runs in parallel, and knows strides,
 * padding and dilation. Slices put together take up to three times as long (docs/decisions/convolution.md).
 */
export const unfold: Op<['x'], Kernels> = defineOp<readonly ['x'], Kernels>({
  name: 'unfold',
  inputs: ['x'],
  infer: ({ x, kernel, ...windows }) => {
    requireImages('unfold', x, windows);
    const [batch, channels] = x.shape as [number, number];
    const count = sizeOf(windowCounts('unfold', x.shape, kernel, windows));
    return { shape: [batch, channels * sizeOf(kernel), count], dtype: x.dtype };
  },
  flops: () => 0,
  lower: (emitter, { x, y, kernel, ...windows }) => {
    const columns = columnsOf(emitter, { x, shape: emitter.type(x).shape, kernel, windows });
    return emitter.node('Reshape', [columns, emitter.dims(y.shape)]);
  },
  vjp: (g, { x, stride, padding, dilation, kernel }) => ({
    x: fold(g, { stride, padding, dilation, kernel, lengths: x.shape.slice(2) }),
  }),
  axes: { zeroWith: [[0]], along: (axis) => (axis === 0 ? [0] : null) },
});

/**
 * The adjoint of `unfold`: every element of a column is added to the place from which it was taken.
 * Shapes: x `[N, C · taps, windows]` → `[N, C, ...lengths]`.
 * @throws ShapeError when x has not a column for each window, or its rows are not those of whole windows.
 */
export const fold: Op<['x'], Kernels & { lengths: readonly number[] }> = defineOp<
  readonly ['x'],
  Kernels & { lengths: readonly number[] }
>({
  name: 'fold',
  inputs: ['x'],
  infer: ({ x, kernel, lengths, ...windows }) => {
    requireImages('fold', x, { stride: [1] });
    const [batch, rows, columns] = x.shape as [number, number, number];
    const channels = rows / sizeOf(kernel);
    const shape = [batch, channels, ...lengths];
    const count = sizeOf(windowCounts('fold', shape, kernel, windows));
    if (!Number.isInteger(channels) || columns !== count)
      throw new ShapeError(
        `fold: x is ${formatShape(x.shape)}; windows of ${formatShape(kernel)} over ${formatShape(lengths)} need [N, C · ${sizeOf(kernel)}, ${count}].`,
      );
    return { shape, dtype: x.dtype };
  },
  flops: () => 0,
  lower: (emitter, { x, y, kernel, lengths, ...windows }) => {
    const [batch, channels] = y.shape as [number, number];
    const counts = windowCounts('fold', y.shape, kernel, windows);
    const columns = emitter.node('Reshape', [x, emitter.dims([batch * channels, sizeOf(kernel), ...counts])]);
    const attributes = {
      ...windowAttributes(windows),
      output_padding: { ints: surplus(lengths, counts, kernel, windows) },
    };
    const images = emitter.node('ConvTranspose', [columns, placeKernels(emitter, kernel)], { attributes });
    return emitter.node('Reshape', [images, emitter.dims(y.shape)]);
  },
  vjp: (g, { stride, padding, dilation, kernel }) => ({ x: unfold(g, { stride, padding, dilation, kernel }) }),
  axes: { zeroWith: [[0]], along: (axis) => (axis === 0 ? [0] : null) },
});
