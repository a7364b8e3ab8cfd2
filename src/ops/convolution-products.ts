import { type Shape, sizeOf } from '../core/index.ts';
import type { Emitter } from '../graph/index.ts';

/** How a kernel of this many elements on each spatial axis goes over its input. */
interface Window {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** Zeros before each axis, then zeros after each; below 0 elements are cut. */
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  /** The lengths of the result. */
  readonly output: readonly number[];
  /** Whether the elements of a kernel are taken from the last to the first. */
  readonly reversed?: boolean;
}

/**
 * What each kernel sees, as columns: the input once for every element of the kernel, stacked element by element.
 * Shapes: x `[N, C, ...L]` → `[N, G, K · C/G, P]`, K the elements of the kernel and P those of the output.
 */
function columnsOf(emitter: Emitter, x: string, channels: number, batch: number, window: Window): string {
  const { kernel, stride, padding, dilation, groups, output, reversed = false } = window;
  const rank = kernel.length;
  const padded = padding.some((zeros) => zeros !== 0)
    ? emitter.node('Pad', [
        x,
        emitter.constant('int64', [0, 0, ...padding.slice(0, rank), 0, 0, ...padding.slice(rank)]),
        emitter.constant('float32', [0], []),
      ])
    : x;
  const axes = emitter.constant(
    'int64',
    kernel.map((_, i) => i + 2),
  );
  const pieces = Array.from({ length: sizeOf(kernel) }, (_, element) => {
    const place = placeOf(reversed ? sizeOf(kernel) - 1 - element : element, kernel);
    const starts = place.map((at, i) => at * dilation[i]!);
    const ends = starts.map((start, i) => start + (output[i]! - 1) * stride[i]! + 1);
    const seen = emitter.node('Slice', [
      padded,
      emitter.constant('int64', starts),
      emitter.dims(ends),
      axes,
      emitter.constant('int64', stride),
    ]);
    return emitter.node('Reshape', [seen, emitter.dims([batch, groups, channels / groups, sizeOf(output)])]);
  });
  return pieces.length === 1 ? pieces[0]! : emitter.node('Concat', pieces, { attributes: { axis: { int: 2 } } });
}

/** The place of an element in a kernel, the last axis fastest. */
function placeOf(element: number, kernel: Shape): number[] {
  let rest = element;
  const place = kernel.map(() => 0);
  for (let axis = kernel.length - 1; axis >= 0; axis--) {
    place[axis] = rest % kernel[axis]!;
    rest = Math.floor(rest / kernel[axis]!);
  }
  return place;
}

const permuted = (emitter: Emitter, x: string, perm: readonly number[]) =>
  emitter.node('Transpose', [x], { attributes: { perm: { ints: perm } } });

function withBias(emitter: Emitter, y: string, bias: string | null, filters: number, rank: number): string {
  if (!bias) return y;
  return emitter.node('Add', [y, emitter.node('Reshape', [bias, emitter.dims([filters, ...Array<number>(rank).fill(1)])])]);
}

/**
 * A convolution as one product of matrices, for runtimes whose Conv wants its kernels stored in the model.
 * Shapes: x `[N, C, ...L]`, weight `[O, C/G, ...K]`, bias `[O]` → `[N, O, ...output]`.
 */
export function convolutionByProduct(
  emitter: Emitter,
  x: string,
  weight: string,
  bias: string | null,
  window: Omit<Window, 'kernel'>,
): string {
  const [batch, channels] = emitter.type(x).shape as [number, number];
  const [filters, , ...kernel] = emitter.type(weight).shape as [number, number, ...number[]];
  const { groups, output } = window;
  const rank = kernel.length;
  const columns = columnsOf(emitter, x, channels, batch, { ...window, kernel });
  // [O, C/G, ...K] → [G, O/G, K · C/G]
  const turned = permuted(emitter, weight, [0, ...kernel.map((_, i) => i + 2), 1]);
  const shape = [groups, filters / groups, (sizeOf(kernel) * channels) / groups];
  const rows = emitter.node('Reshape', [turned, emitter.dims(shape)]);
  const products = emitter.node('MatMul', [rows, columns]);
  const y = emitter.node('Reshape', [products, emitter.dims([batch, filters, ...output])]);
  return withBias(emitter, y, bias, filters, rank);
}

/**
 * The adjoint of a convolution in its input: the convolution of x, with zeros between its elements, by the kernels from
 * their last element to their first.
 * Shapes: x `[N, C, ...M]`, weight `[C, O/G, ...K]`, bias `[O]` → `[N, O, ...output]`.
 */
export function convolutionTransposedByProduct(
  emitter: Emitter,
  x: string,
  weight: string,
  bias: string | null,
  { stride, padding, dilation, groups, extra, output }: Omit<Window, 'kernel'> & { readonly extra: readonly number[] },
): string {
  const [batch, channels, ...lengths] = emitter.type(x).shape as [number, number, ...number[]];
  const [, width, ...kernel] = emitter.type(weight).shape as [number, number, ...number[]];
  const rank = kernel.length;
  const filters = width * groups;
  const reach = kernel.map((length, i) => dilation[i]! * (length - 1));
  const around = [
    ...reach.map((far, i) => far - padding[i]!),
    ...reach.map((far, i) => far - padding[rank + i]! + extra[i]! - (stride[i]! - 1)),
  ];
  const columns = columnsOf(emitter, spread(emitter, x, stride), channels, batch, {
    kernel,
    stride: kernel.map(() => 1),
    padding: around,
    dilation,
    groups,
    output,
    reversed: true,
  });
  // [C, O/G, ...K] → [G, C/G, O/G, ...K] → [G, O/G, ...K, C/G] → [G, O/G, K · C/G]
  const grouped = emitter.node('Reshape', [weight, emitter.dims([groups, channels / groups, width, ...kernel])]);
  const turned = permuted(emitter, grouped, [0, 2, ...kernel.map((_, i) => i + 3), 1]);
  const rows = emitter.node('Reshape', [turned, emitter.dims([groups, width, (sizeOf(kernel) * channels) / groups])]);
  const products = emitter.node('MatMul', [rows, columns]);
  const y = emitter.node('Reshape', [products, emitter.dims([batch, filters, ...output])]);
  return withBias(emitter, y, bias, filters, lengths.length);
}

/** x with `stride` − 1 zeros behind each element of each spatial axis: `[N, C, ...M]` → `[N, C, ...(M · stride)]`. */
function spread(emitter: Emitter, x: string, stride: readonly number[]): string {
  if (stride.every((step) => step === 1)) return x;
  const [batch, channels, ...lengths] = emitter.type(x).shape as [number, number, ...number[]];
  const apart = emitter.node('Reshape', [x, emitter.dims([batch, channels, ...lengths.flatMap((length) => [length, 1])])]);
  const zeros = [0, 0, ...stride.flatMap(() => [0, 0])];
  const behind = [0, 0, ...stride.flatMap((step) => [0, step - 1])];
  const padded = emitter.node('Pad', [
    apart,
    emitter.constant('int64', [...zeros, ...behind]),
    emitter.constant('float32', [0], []),
  ]);
  return emitter.node('Reshape', [padded, emitter.dims([batch, channels, ...lengths.map((length, i) => length * stride[i]!)])]);
}

/**
 * The adjoint of a convolution in its weight: for each example the product of g with what the kernels saw, summed.
 * Shapes: x `[N, C, ...L]`, g `[N, O, ...M]` → `[O, C/G, ...kernel]`.
 */
export function convolutionWeightByProduct(emitter: Emitter, x: string, g: string, window: Omit<Window, 'output'>): string {
  const [batch, channels] = emitter.type(x).shape as [number, number];
  const [, filters, ...output] = emitter.type(g).shape as [number, number, ...number[]];
  const { kernel, groups } = window;
  const columns = columnsOf(emitter, x, channels, batch, { ...window, output });
  const rows = emitter.node('Reshape', [g, emitter.dims([batch, groups, filters / groups, sizeOf(output)])]);
  const products = emitter.node('MatMul', [rows, permuted(emitter, columns, [0, 1, 3, 2])]);
  const sum = emitter.node('ReduceSum', [products, emitter.constant('int64', [0])], { attributes: { keepdims: { int: 0 } } });
  const apart = emitter.node('Reshape', [sum, emitter.dims([filters, ...kernel, channels / groups])]);
  return permuted(emitter, apart, [0, kernel.length + 1, ...kernel.map((_, i) => i + 1)]);
}
