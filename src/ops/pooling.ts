import { formatShape, ShapeError, sizeOf } from '../core/index.ts';
import { defineOp, type Op, type Type, type Value } from '../graph/index.ts';
import { convolutionTransposed } from './convolution.ts';
import { like, mul } from './elementwise.ts';
import { scatterRows } from './indexing.ts';
import { constant, data, type HostSource } from './leaf.ts';
import { reshape } from './movement.ts';
import { padWith } from './padding.ts';
import { repeatInterleave } from './rearranging.ts';
import { mean } from './reduce.ts';
import { weighted } from './resize.ts';
import { indexSelect } from './scatter.ts';
import { reach, requireImages, surplus, windowAttributes, windowCounts } from './sliding.ts';
import type { Kernels } from './unfold.ts';

/** Windows of a pooling, a number for each spatial axis; `padding` is the same before and after. */
export interface PoolOptions {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  /** Whether a window that begins inside may reach out at the end. */
  readonly ceilMode: boolean;
}

function pooled(speaker: string, { x, ...kernels }: Kernels & { readonly x: Type }): Type {
  requireImages(speaker, x, kernels);
  const counts = windowCounts(speaker, x.shape, kernels.kernel, kernels);
  return { shape: [...x.shape.slice(0, 2), ...counts], dtype: x.dtype };
}

const maxPoolRow: Op<['x'], Kernels> = defineOp<readonly ['x'], Kernels>({
  name: 'maxPool',
  inputs: ['x'],
  infer: (seen) => pooled('maxPool', seen),
  flops: (_types, { kernel }, y) => sizeOf(y.shape) * sizeOf(kernel as readonly number[]),
  lower: (emitter, { x, kernel, ...windows }) =>
    emitter.node('MaxPool', [x], { attributes: { ...windowAttributes(windows), kernel_shape: { ints: kernel } } }),
  // The places are found in a second run over x: without them the forward pass takes a fraction of the time.
  vjp: (g, { x, stride, padding, dilation, kernel }) => {
    const places = reshape(largestPlaces(x, { stride, padding, dilation, kernel }), { shape: [-1] });
    const flat = scatterRows(reshape(g, { shape: [-1] }), places, { rows: sizeOf(x.shape) });
    return { x: reshape(flat, { shape: x.shape }) };
  },
  axes: { along: (axis) => (axis < 2 ? [axis] : null) },
});

/** Of each window the place of its largest element among all of x, the first of equals; int64. */
const largestPlaces: Op<['x'], Kernels> = defineOp<readonly ['x'], Kernels>({
  name: 'largestPlaces',
  inputs: ['x'],
  infer: (seen) => ({ ...pooled('maxPool', seen), dtype: 'int64' }),
  flops: (_types, { kernel }, y) => sizeOf(y.shape) * sizeOf(kernel as readonly number[]),
  lower: (emitter, { x, kernel, ...windows }) =>
    emitter.nodes('MaxPool', [x], 2, { attributes: { ...windowAttributes(windows), kernel_shape: { ints: kernel } } })[1]!,
  vjp: () => ({}),
});

const averagePoolRow: Op<['x'], Kernels> = defineOp<readonly ['x'], Kernels>({
  name: 'averagePool',
  inputs: ['x'],
  infer: (seen) => pooled('averagePool', seen),
  flops: (_types, { kernel }, y) => sizeOf(y.shape) * sizeOf(kernel as readonly number[]),
  lower: (emitter, { x, kernel, stride, padding }) =>
    emitter.node('AveragePool', [x], {
      attributes: {
        kernel_shape: { ints: kernel },
        strides: { ints: stride },
        pads: { ints: padding },
        count_include_pad: { int: 1 },
      },
    }),
  vjp: (g, { x, kernel, ...windows }) => {
    const [batch, channels, ...counts] = g.shape as [number, number, ...number[]];
    const share = 1 / sizeOf(kernel);
    const lengths = x.shape.slice(2);
    if (lengths.every((length, i) => length === counts[i]! * kernel[i]! && windows.stride[i] === kernel[i])) {
      // Windows side by side: each element's share goes to all of its window.
      const shares = mul(g, like(share, g));
      return { x: kernel.reduce((y, repeats, i) => repeatInterleave(y, { repeats, axis: i + 2 }), shares) };
    }
    const { stride, padding, dilation } = windows;
    const extra = surplus(lengths, counts, kernel, windows);
    const weight = constant(new Array<number>(sizeOf(kernel)).fill(share), g.dtype, [1, 1, ...kernel]);
    const images = reshape(g, { shape: [batch * channels, 1, ...counts] });
    const spread = convolutionTransposed(images, weight, null, { stride, padding, dilation, groups: 1, extra });
    return { x: reshape(spread, { shape: x.shape }) };
  },
  axes: { zeroWith: [[0]], along: (axis) => (axis < 2 ? [axis] : null) },
});

/**
 * Windows with the zeros after x that make ONNX's count of windows PyTorch's: in ceil mode a window more where it begins
 * inside x or the zeros before it.
 * @throws ShapeError when the padding is more than half a window, as then a window could lie in it altogether.
 */
function fitted(
  speaker: string,
  x: Value,
  { kernel, stride, padding, ceilMode }: PoolOptions,
  dilation: readonly number[],
): Kernels {
  requireImages(speaker, x, { stride });
  const after = kernel.map((length, i) => {
    const [step, before, from] = [stride[i]!, padding[i]!, x.shape[i + 2]!];
    const span = reach(length, dilation[i]!);
    if (before > span / 2)
      throw new ShapeError(
        `${speaker}: padding is ${formatShape(padding)} and the windows reach over ${span} on spatial axis ${i}; padding may be half of that at most.`,
      );
    if (!ceilMode) return before;
    const count = Math.ceil((from + 2 * before - span) / step) + 1;
    const last = (count - 1) * step < from + before ? count - 1 : count - 2;
    return Math.max(before, last * step + span - before - from);
  });
  return { kernel, stride, padding: [...padding, ...after], dilation };
}

/**
 * The largest element of each window; padding never is. Its gradient goes to the first of equals, as in PyTorch.
 * Shapes: x `[N, C, ...L]` → `[N, C, ...M]`, one or two spatial axes,
 * M = ⌊(L + 2 · padding − dilation · (kernel − 1) − 1) / stride⌋ + 1, rounded up with `ceilMode`.
 * @throws ShapeError when a window does not fit, or the padding is more than half of one.
 */
export function maxPool(x: Value, { dilation, ...options }: PoolOptions & { readonly dilation: readonly number[] }): Value {
  const fit = fitted('maxPool', x, options, dilation);
  const { kernel, padding } = fit;
  const rank = kernel.length;
  if (padding.every((count, i) => count < kernel[i % rank]!)) return maxPoolRow(x, fit);
  // ONNX Runtime refuses padding as long as the kernel, which a dilated one may need.
  const value = Number.NEGATIVE_INFINITY;
  const padded = kernel.reduce((part, _, i) => {
    const [before, after] = [padding[i]!, padding[rank + i]!];
    return before + after === 0 ? part : padWith(part, { axis: i + 2, before, after, value });
  }, x);
  return maxPoolRow(padded, { ...fit, padding: padding.map(() => 0) });
}

/**
 * The mean of each window. What divides is the number of its places that lie in x and, with `countIncludePad`, in the padding,
 * or `divisor` where that is given; what a window of `ceilMode` has beyond the padding never counts.
 * Shapes: x `[N, C, ...L]` → `[N, C, ...M]`, M = ⌊(L + 2 · padding − kernel) / stride⌋ + 1, rounded up with `ceilMode`.
 * @throws ShapeError when a window does not fit, or the padding is more than half of one.
 */
export function averagePool(
  x: Value,
  {
    countIncludePad,
    divisor,
    ...options
  }: PoolOptions & { readonly countIncludePad: boolean; readonly divisor: number | null },
): Value {
  const { kernel, stride, padding } = options;
  const fit = fitted(
    'averagePool',
    x,
    options,
    kernel.map(() => 1),
  );
  const y = averagePoolRow(x, fit);
  const taps = sizeOf(kernel);
  if (divisor !== null) return divisor === taps ? y : mul(y, like(taps / divisor, y));
  /** The places that count of each window on one axis. */
  const counted = kernel.map((length, i) =>
    Array.from({ length: y.shape[i + 2]! }, (_, window) => {
      const start = window * stride[i]! - padding[i]!;
      const outer = countIncludePad ? padding[i]! : 0;
      return Math.min(start + length, x.shape[i + 2]! + outer) - Math.max(start, -outer);
    }),
  );
  if (counted.every((list, i) => list.every((count) => count === kernel[i]))) return y;
  const factors = counted.reduce<number[]>((all, list) => all.flatMap((a) => list.map((b) => a / b)), [taps]);
  return mul(y, feed(Float32Array.from(factors), y.shape.slice(2)));
}

/** Where a window of `adaptive` pooling begins and ends: each element lies in one at least, and lengths differ by one at most. */
function adaptiveWindows(from: number, to: number): (readonly [start: number, end: number])[] {
  return Array.from({ length: to }, (_, i) => [Math.floor((i * from) / to), Math.ceil(((i + 1) * from) / to)]);
}

/**
 * The mean of windows that are laid so that `lengths` of them come out on the spatial axes, whatever x's lengths: window i
 * goes from ⌊i L / M⌋ to ⌈(i + 1) L / M⌉. Shapes: x `[N, C, ...L]` → `[N, C, ...lengths]`.
 */
export function adaptiveAveragePool(x: Value, { lengths }: { readonly lengths: readonly number[] }): Value {
  requireImages('adaptiveAveragePool', x, { stride: lengths });
  const axes = lengths.map((_, i) => i + 2);
  if (lengths.every((to) => to === 1)) return mean(x, { axes, keepDims: true });
  const kernel = lengths.map((to, i) => x.shape[i + 2]! / to);
  if (kernel.every(Number.isInteger)) {
    const none = kernel.map(() => 0);
    return averagePoolRow(x, { kernel, stride: kernel, padding: [...none, ...none], dilation: kernel.map(() => 1) });
  }
  return lengths.reduce((y, to, i) => {
    const from = x.shape[i + 2]!;
    if (from === to) return y;
    const rows = adaptiveWindows(from, to).map(([start, end]) =>
      Array.from({ length: from }, (_, at) => (at >= start && at < end ? 1 / (end - start) : 0)),
    );
    return weighted(y, i + 2, rows);
  }, x);
}

/**
 * The largest element of each of the windows of `adaptiveAveragePool`. Its gradient goes to the first of equals.
 * Shapes: x `[N, C, ...L]` → `[N, C, ...lengths]`.
 */
export function adaptiveMaxPool(x: Value, { lengths }: { readonly lengths: readonly number[] }): Value {
  requireImages('adaptiveMaxPool', x, { stride: lengths });
  const kernel: number[] = [];
  const laid = lengths.reduce((y, to, i) => {
    const from = x.shape[i + 2]!;
    const windows = adaptiveWindows(from, to);
    const longest = Math.max(...windows.map(([start, end]) => end - start));
    kernel.push(longest);
    if (to * longest === from) return y;
    // Shorter windows repeat their last element, which as a later equal is never the one that is taken.
    const places = windows.flatMap(([start, end]) =>
      Array.from({ length: longest }, (_, k) => BigInt(Math.min(start + k, end - 1))),
    );
    return indexSelect(y, feed(BigInt64Array.from(places), [places.length]), { axis: i + 2 });
  }, x);
  const none = kernel.map(() => 0);
  return maxPoolRow(laid, { kernel, stride: kernel, padding: [...none, ...none], dilation: kernel.map(() => 1) });
}

/** Numbers that follow from shapes, handed over when the graph runs, so that they are no part of the program. */
function feed(numbers: Float32Array | BigInt64Array, shape: readonly number[]): Value {
  const dtype = numbers instanceof Float32Array ? 'float32' : 'int64';
  return data({ shape, dtype }, { kind: 'host', data: numbers } as HostSource);
}
