import { DTypeError, formatShape, type Shape, ShapeError, sameShape, sizeOf } from '../core/index.ts';
import { defineOp, type Emitter, type Op, type Type, type Value } from '../graph/index.ts';
import { product } from './matmul.ts';
import { sum, sumOfFirst } from './reduce.ts';
import { reach, requireImages, surplus, type Windows, windowAttributes, windowCounts } from './sliding.ts';
import { columnsOf, type Kernels } from './unfold.ts';

/** How a kernel goes over its input, zeros around it, and into how many groups the channels fall that know nothing of each other. */
export type Sliding = Windows & { groups: number };

function requireParts(speaker: string, x: Type, weight: Type, bias: Type | null, sliding: Sliding, filters: number): void {
  requireImages(speaker, x, sliding);
  const parts = [x, weight, ...(bias ? [bias] : [])];
  if (parts.some(({ dtype }) => dtype !== x.dtype))
    throw new DTypeError(`${speaker}: element types are ${parts.map(({ dtype }) => dtype).join(', ')}; all need float32.`);
  if (weight.shape.length !== x.shape.length)
    throw new ShapeError(
      `${speaker}: x is ${formatShape(x.shape)} and weight is ${formatShape(weight.shape)}; both need ${x.shape.length} axes.`,
    );
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== filters))
    throw new ShapeError(`${speaker}: bias is ${formatShape(bias.shape)}; it must be [${filters}].`);
}

/**
 * The correlation of x with each kernel, zeros around x: what neural networks call a convolution.
 *
 * Shapes: x `[N, C, ...L]`, weight `[O, C/groups, ...K]`, bias `[O]` → `[N, O, ...M]`, one or two spatial axes,
 * M = ⌊(L + before + after − dilation · (K − 1) − 1) / stride⌋ + 1.
 * @throws ShapeError when the channels do not fit the groups, or a kernel reaches further than the padded input.
 * @throws DTypeError for other types than float32: ONNX Runtime has no convolution in float64.
 */
export const convolution: Op<['x', 'weight', 'bias?'], Sliding> = defineOp<readonly ['x', 'weight', 'bias?'], Sliding>({
  name: 'convolution',
  wantsLengths: true,
  inputs: ['x', 'weight', 'bias?'],
  infer: ({ x, weight, bias, ...sliding }) => {
    const { groups } = sliding;
    const [filters, channels, ...kernel] = weight.shape as [number, number, ...number[]];
    requireParts('convolution', x, weight, bias, sliding, filters);
    if (x.shape[1] !== channels * groups || filters % groups !== 0) {
      throw new ShapeError(
        `convolution: x is ${formatShape(x.shape)} and weight is ${formatShape(weight.shape)} in ${groups} groups; x needs ${channels * groups} channels, and the kernels must fall into groups of one size.`,
      );
    }
    return { shape: [x.shape[0]!, filters, ...windowCounts('convolution', x.shape, kernel, sliding)], dtype: x.dtype };
  },
  flops: ([, weight], _attributes, y) => 2 * sizeOf(y.shape) * sizeOf(weight!.shape.slice(1)),
  lower: (emitter, { x, weight, bias, groups, ...windows }) =>
    emitter.node('Conv', [x, weight, bias], {
      attributes: { ...windowAttributes(windows), group: { int: groups } },
    }),
  vjp: (g, { x, weight, bias, y, stride, padding, dilation, groups }) => {
    const sliding = { stride, padding, dilation, groups };
    const kernel = weight.shape.slice(2);
    const extra = surplus(x.shape.slice(2), y.shape.slice(2), kernel, sliding);
    return {
      x: convolutionTransposed(g, weight, null, { ...sliding, extra }),
      weight: convolutionWeight(x, g, { ...sliding, kernel }),
      bias: bias ? channelSums(g) : null,
    };
  },
  axes: {
    along: (axis, [, , bias], { groups }) =>
      axis === 0 ? [0, null, null] : axis === 1 && groups === 1 ? [null, 0, bias ? 0 : null] : null,
  },
});

/**
 * The adjoint of `convolution` in x: each element of x adds its multiple of a kernel to the output.
 *
 * Shapes: x `[N, C, ...M]`, weight `[C, O/groups, ...K]`, bias `[O]` → `[N, O, ...L]`,
 * L = (M − 1) · stride − before − after + dilation · (K − 1) + 1 + extra.
 * @throws ShapeError when x's channels are not those of the weight, `extra` is not below the stride, or the padding leaves
 * nothing.
 * @throws DTypeError for other types than float32.
 */
export const convolutionTransposed: Op<['x', 'weight', 'bias?'], Sliding & { extra: readonly number[] }> = defineOp<
  readonly ['x', 'weight', 'bias?'],
  Sliding & { extra: readonly number[] }
>({
  name: 'convolutionTransposed',
  wantsLengths: true,
  inputs: ['x', 'weight', 'bias?'],
  infer: ({ x, weight, bias, extra, ...sliding }) => {
    const { stride, padding, dilation, groups } = sliding;
    const [channels, filters, ...kernel] = weight.shape as [number, number, ...number[]];
    requireParts('convolutionTransposed', x, weight, bias, sliding, filters * groups);
    const shapes = `x is ${formatShape(x.shape)} and weight is ${formatShape(weight.shape)}`;
    if (x.shape[1] !== channels || channels % groups !== 0) {
      throw new ShapeError(
        `convolutionTransposed: ${shapes} in ${groups} groups; x needs ${channels} channels, which must fall into groups of one size.`,
      );
    }
    if (extra.some((more, i) => more >= stride[i]!))
      throw new ShapeError(
        `convolutionTransposed: extra is ${formatShape(extra)} and stride ${formatShape(stride)}; each must be less than its stride.`,
      );
    const lengths = kernel.map((length, i) => {
      const cut = padding[i]! + padding[kernel.length + i]!;
      return (x.shape[i + 2]! - 1) * stride[i]! - cut + reach(length, dilation[i]!) + extra[i]!;
    });
    if (lengths.some((length) => length < 1))
      throw new ShapeError(`convolutionTransposed: ${shapes}; the padding ${formatShape(padding)} leaves nothing.`);
    return { shape: [x.shape[0]!, filters * groups, ...lengths], dtype: x.dtype };
  },
  flops: ([x, weight]) => 2 * sizeOf(x!.shape) * sizeOf(weight!.shape.slice(1)),
  lower: (emitter, { x, weight, bias, extra, groups, ...windows }) => {
    const { stride, padding, dilation } = windows;
    const kernel = emitter.type(weight).shape.slice(2);
    const before = kernel.map((length, i) => reach(length, dilation[i]!) - 1 - padding[i]!);
    const after = kernel.map((length, i) => reach(length, dilation[i]!) - 1 - padding[kernel.length + i]! + extra[i]!);
    // With steps of one it is a convolution with turned kernels, which is computed up to four times as fast.
    if (stride.every((step) => step === 1) && [...before, ...after].every((zeros) => zeros >= 0)) {
      const attributes = { ...windowAttributes({ ...windows, padding: [...before, ...after] }), group: { int: groups } };
      return emitter.node('Conv', [x, turned(emitter, weight, groups), bias], { attributes });
    }
    return emitter.node('ConvTranspose', [x, weight, bias], {
      attributes: { ...windowAttributes(windows), group: { int: groups }, output_padding: { ints: extra } },
    });
  },
  vjp: (g, { x, weight, bias, stride, padding, dilation, groups }) => {
    const sliding = { stride, padding, dilation, groups };
    return {
      x: convolution(g, weight, null, sliding),
      weight: convolutionWeight(g, x, { ...sliding, kernel: weight.shape.slice(2) }),
      bias: bias ? channelSums(g) : null,
    };
  },
  axes: {
    along: (axis, [, , bias], { groups }) =>
      axis === 0 ? [0, null, null] : axis === 1 && groups === 1 ? [null, 1, bias ? 0 : null] : null,
  },
});

/** Kernels `[C, O/groups, ...K]` back to front, as `[O, C/groups, ...K]`. */
function turned(emitter: Emitter, weight: string, groups: number): string {
  const [channels, filters, ...kernel] = emitter.type(weight).shape as [number, number, ...number[]];
  const spatial = kernel.map((_, i) => i + 3);
  const apart = emitter.node('Reshape', [weight, emitter.dims([groups, channels / groups, filters, ...kernel])]);
  const swapped = emitter.node('Transpose', [apart], { attributes: { perm: { ints: [0, 2, 1, ...spatial] } } });
  const bounds = (at: (length: number) => number) => emitter.constant('int64', kernel.map(at));
  const reversed = kernel.every((length) => length === 1)
    ? swapped
    : emitter.node('Slice', [
        swapped,
        bounds(() => -1),
        // Past the front, counted from the back.
        bounds((length) => -length - 1),
        emitter.constant('int64', spatial),
        bounds(() => -1),
      ]);
  return emitter.node('Reshape', [reversed, emitter.dims([filters * groups, channels / groups, ...kernel])]);
}

/**
 * The adjoint of `convolution` in its weight: for each place of a kernel, the products of what lies under it with g.
 * Shapes: x `[N, C, ...L]`, g `[N, O, ...M]` → `[O, C/groups, ...kernel]`.
 *
 * For each example one matrix product of g with the unfolded x, and the sum of those; on a runtime whose convolutions have fast
 * kernels for it, a convolution of x by g. What else was tried is in docs/decisions/convolution.md.
 * @throws ShapeError when g has not a place for each window, or the channels do not fall into the groups.
 */
export const convolutionWeight: Op<['x', 'g'], Kernels & Sliding> = defineOp<readonly ['x', 'g'], Kernels & Sliding>({
  name: 'convolutionWeight',
  wantsLengths: true,
  inputs: ['x', 'g'],
  infer: ({ x, g, kernel, groups, ...windows }) => {
    const speaker = 'convolutionWeight';
    requireImages(speaker, x, windows);
    const [batch, channels] = x.shape as [number, number];
    const filters = g.shape[1]!;
    const places = [batch, filters, ...windowCounts(speaker, x.shape, kernel, windows)];
    if (!sameShape(g.shape, places) || channels % groups !== 0 || filters % groups !== 0)
      throw new ShapeError(
        `${speaker}: x is ${formatShape(x.shape)} and g is ${formatShape(g.shape)}, in ${groups} groups; g must be ${formatShape(places)}, and the channels of both must fall into groups of one size.`,
      );
    return { shape: [filters, channels / groups, ...kernel], dtype: x.dtype };
  },
  flops: ([, g], _attributes, y) => 2 * sizeOf(g!.shape) * sizeOf(y.shape.slice(1)),
  lower: (emitter, { x, g, y, kernel, groups, ...windows }) => {
    const counts = emitter.type(g).shape.slice(2);
    const lengths = emitter.type(x).shape.slice(2);
    const isPlain = sizeOf(kernel) === 1 && windows.stride.every((step, i) => step === 1 && counts[i] === lengths[i]);
    return groups === 1 && !isPlain && !emitter.has('UnshapedConv')
      ? weightByConvolution(emitter, { x, g, kernel, windows })
      : weightByProducts(emitter, { x, g, y, kernel, groups, windows, isPlain });
  },
  vjp: (gradient, { x, g, kernel, stride, padding, dilation, groups }) => {
    const sliding = { stride, padding, dilation, groups };
    const extra = surplus(x.shape.slice(2), g.shape.slice(2), kernel, sliding);
    return { x: convolutionTransposed(g, gradient, null, { ...sliding, extra }), g: convolution(x, gradient, null, sliding) };
  },
  axes: {
    zeroWith: [[0], [1]],
    along: (axis, _types, { groups }) => (groups !== 1 ? null : axis === 0 ? [null, 1] : axis === 1 ? [1, null] : null),
    summed: () => [
      [
        [0, 0],
        [1, 0],
      ],
    ],
  },
});

interface WeightParts {
  readonly x: string;
  readonly g: string;
  readonly kernel: Shape;
  readonly windows: Windows;
}

/**
 * With examples and channels changing places, g slides over x: by steps of the dilation, dilated by the stride.
 */
function weightByConvolution(emitter: Emitter, { x, g, kernel, windows }: WeightParts): string {
  const { stride, padding, dilation } = windows;
  const shapes = { x: emitter.type(x).shape, g: emitter.type(g).shape };
  const counts = shapes.g.slice(2);
  const spatial = kernel.map((_, i) => i + 2);
  const swapped = (name: string) => emitter.node('Transpose', [name], { attributes: { perm: { ints: [1, 0, ...spatial] } } });
  const before = padding.slice(0, kernel.length);
  const after = kernel.map(
    (length, i) => reach(length, dilation[i]!) + (counts[i]! - 1) * stride[i]! - before[i]! - shapes.x[i + 2]!,
  );
  let images = x;
  if (after.some((zeros) => zeros < 0)) {
    // What the last window does not reach is cut.
    const ends = after.map((zeros, i) => shapes.x[i + 2]! + Math.min(zeros, 0));
    const [starts, axes] = [spatial.map(() => 0), spatial];
    images = emitter.node('Slice', [images, ...[starts, ends, axes].map((ints) => emitter.constant('int64', ints))]);
  }
  const weight = emitter.node('Conv', [swapped(images), swapped(g)], {
    attributes: windowAttributes({
      stride: dilation,
      dilation: stride,
      padding: [...before, ...after.map((zeros) => Math.max(zeros, 0))],
    }),
  });
  return swapped(weight);
}

function weightByProducts(
  emitter: Emitter,
  {
    x,
    g,
    y,
    kernel,
    groups,
    windows,
    isPlain,
  }: WeightParts & { readonly y: Type; readonly groups: number; readonly isPlain: boolean },
): string {
  const { shape } = emitter.type(x);
  const [batch, filters, ...counts] = emitter.type(g).shape as [number, number, ...number[]];
  const depth = (shape[1]! / groups) * sizeOf(kernel);
  const columns = isPlain ? x : columnsOf(emitter, { x, shape, kernel, windows });
  const grouped = (name: string, rows: number) =>
    emitter.node('Reshape', [name, emitter.dims([batch, groups, rows, sizeOf(counts)])]);
  const products = product(emitter, grouped(g, filters / groups), grouped(columns, depth), {
    transposeA: false,
    transposeB: true,
    ranks: [4, 4],
    dtype: y.dtype,
  });
  return sumOfFirst(emitter, products, { shape: [batch, groups, filters / groups, depth], y });
}

/** Sums over all but the second axis: the gradient of a bias. */
function channelSums(g: Value): Value {
  return sum(g, { axes: g.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])), keepDims: false });
}
