import { DTypeError, formatShape, isFloat, type Shape, ShapeError, sizeOf } from '../core/index.ts';
import { defineOp, type EmittedAttribute, type Op, type Type, type Value } from '../graph/index.ts';
import { convolutionByProduct, convolutionTransposedByProduct, convolutionWeightByProduct } from './convolution-products.ts';
import { matmulOf } from './matmul.ts';
import { reshape } from './movement.ts';
import { sum } from './reduce.ts';

/**
 * How a kernel goes over its input: a number for each spatial axis. `padding` has two, zeros before and after, as
 * [before, before, after, after].
 */
export type Sliding = {
  stride: readonly number[];
  padding: readonly number[];
  dilation: readonly number[];
  groups: number;
};

/** How far along one axis a kernel of `length` reaches. */
const reach = (length: number, dilation: number) => dilation * (length - 1) + 1;

/** How much longer the input is on each axis than the shortest that gives an output of these lengths. */
function surplus(input: Shape, output: Shape, kernel: Shape, { stride, padding, dilation }: Sliding): number[] {
  const rank = stride.length;
  return stride.map((step, i) => {
    const padded = input[i + 2]! + padding[i]! + padding[rank + i]!;
    return padded - reach(kernel[i]!, dilation[i]!) - (output[i + 2]! - 1) * step;
  });
}

function attributesOf({ stride, padding, dilation, groups }: Sliding): Record<string, EmittedAttribute> {
  return {
    strides: { ints: stride },
    pads: { ints: padding },
    dilations: { ints: dilation },
    group: { int: groups },
  };
}

function requireParts(speaker: string, x: Type, weight: Type, bias: Type | null, { stride }: Sliding, filters: number): void {
  const parts = [x, weight, ...(bias ? [bias] : [])];
  if (!isFloat(x.dtype) || parts.some(({ dtype }) => dtype !== x.dtype)) {
    throw new DTypeError(
      `${speaker}: element types are ${parts.map(({ dtype }) => dtype).join(', ')}; all need one floating-point type.`,
    );
  }
  const rank = stride.length + 2;
  if (x.shape.length !== rank || weight.shape.length !== rank) {
    throw new ShapeError(
      `${speaker}: x is ${formatShape(x.shape)} and weight is ${formatShape(weight.shape)}; both need ${rank} axes, the last ${rank - 2} of them spatial.`,
    );
  }
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== filters))
    throw new ShapeError(`${speaker}: bias is ${formatShape(bias.shape)}; it must be [${filters}].`);
}

/**
 * The correlation of x with each kernel, zeros around x: what neural networks call a convolution.
 *
 * Shapes: x `[N, C, ...L]`, weight `[O, C/groups, ...K]`, bias `[O]` → `[N, O, ...M]`, one or two spatial axes,
 * M = ⌊(L + before + after − dilation · (K − 1) − 1) / stride⌋ + 1.
 * @throws ShapeError when the channels do not fit the groups, or a kernel reaches further than the padded input.
 */
export const convolution: Op<['x', 'weight', 'bias?'], Sliding> = defineOp<readonly ['x', 'weight', 'bias?'], Sliding>({
  name: 'convolution',
  inputs: ['x', 'weight', 'bias?'],
  infer: ({ x, weight, bias, ...sliding }) => {
    const { stride, padding, dilation, groups } = sliding;
    const [filters, channels, ...kernel] = weight.shape as [number, number, ...number[]];
    requireParts('convolution', x, weight, bias, sliding, filters);
    const shapes = `x is ${formatShape(x.shape)} and weight is ${formatShape(weight.shape)}`;
    if (x.shape[1] !== channels * groups || filters % groups !== 0) {
      throw new ShapeError(
        `convolution: ${shapes} in ${groups} groups; x needs ${channels * groups} channels, and the kernels must fall into groups of one size.`,
      );
    }
    const lengths = kernel.map((length, i) => {
      const padded = x.shape[i + 2]! + padding[i]! + padding[kernel.length + i]!;
      const room = padded - reach(length, dilation[i]!);
      if (room < 0)
        throw new ShapeError(
          `convolution: ${shapes}; on spatial axis ${i} the kernel reaches over ${reach(length, dilation[i]!)} and the padded input has ${padded}.`,
        );
      return Math.floor(room / stride[i]!) + 1;
    });
    return { shape: [x.shape[0]!, filters, ...lengths], dtype: x.dtype };
  },
  flops: ([, weight], _attributes, y) => 2 * sizeOf(y.shape) * sizeOf(weight!.shape.slice(1)),
  lower: (emitter, { x, weight, bias, y, ...sliding }) =>
    emitter.has('Conv')
      ? emitter.node('Conv', [x, weight, bias], { attributes: attributesOf(sliding) })
      : convolutionByProduct(emitter, x, weight, bias, { ...sliding, output: y.shape.slice(2) }),
  vjp: (g, { x, weight, bias, y, stride, padding, dilation, groups }) => {
    const sliding = { stride, padding, dilation, groups };
    const kernel = weight.shape.slice(2);
    return {
      x: convolutionTransposed(g, weight, null, { ...sliding, extra: surplus(x.shape, y.shape, kernel, sliding) }),
      weight: weightGradient(x, g, { ...sliding, kernel }),
      bias: bias ? channelSums(g) : null,
    };
  },
});

/**
 * The adjoint of `convolution` in x: each element of x adds its multiple of a kernel to the output.
 *
 * Shapes: x `[N, C, ...M]`, weight `[C, O/groups, ...K]`, bias `[O]` → `[N, O, ...L]`,
 * L = (M − 1) · stride − before − after + dilation · (K − 1) + 1 + extra.
 * @throws ShapeError when x's channels are not those of the weight, or the padding leaves nothing.
 */
export const convolutionTransposed: Op<['x', 'weight', 'bias?'], Sliding & { extra: readonly number[] }> = defineOp<
  readonly ['x', 'weight', 'bias?'],
  Sliding & { extra: readonly number[] }
>({
  name: 'convolutionTransposed',
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
    const lengths = kernel.map((length, i) => {
      const cut = padding[i]! + padding[kernel.length + i]!;
      return (x.shape[i + 2]! - 1) * stride[i]! - cut + reach(length, dilation[i]!) + extra[i]!;
    });
    if (lengths.some((length) => length < 1))
      throw new ShapeError(`convolutionTransposed: ${shapes}; the padding ${formatShape(padding)} leaves nothing.`);
    return { shape: [x.shape[0]!, filters * groups, ...lengths], dtype: x.dtype };
  },
  flops: ([x, weight]) => 2 * sizeOf(x!.shape) * sizeOf(weight!.shape.slice(1)),
  lower: (emitter, { x, weight, bias, y, extra, ...sliding }) =>
    emitter.has('Conv')
      ? emitter.node('ConvTranspose', [x, weight, bias], {
          attributes: { ...attributesOf(sliding), output_padding: { ints: extra } },
        })
      : convolutionTransposedByProduct(emitter, x, weight, bias, { ...sliding, extra, output: y.shape.slice(2) }),
  vjp: (g, { x, weight, bias, stride, padding, dilation, groups }) => {
    const sliding = { stride, padding, dilation, groups };
    return {
      x: convolution(g, weight, null, sliding),
      weight: weightGradient(g, x, { ...sliding, kernel: weight.shape.slice(2) }),
      bias: bias ? channelSums(g) : null,
    };
  },
});

/**
 * The adjoint of `convolution` in its weight: for each place of a kernel, the products of what lies under it with g.
 *
 * Shapes: x `[N, C, ...L]`, g `[N, O, ...M]` → `[O, C/groups, ...kernel]`. Batch and channels change places, and g becomes
 * the kernel, its steps as wide as the stride.
 */
export const convolutionWeight: Op<['x', 'g'], Sliding & { kernel: readonly number[] }> = defineOp<
  readonly ['x', 'g'],
  Sliding & { kernel: readonly number[] }
>({
  name: 'convolutionWeight',
  inputs: ['x', 'g'],
  infer: ({ x, g, kernel, groups }) => ({ shape: [g.shape[1]!, x.shape[1]! / groups, ...kernel], dtype: x.dtype }),
  flops: ([, g], _attributes, y) => 2 * sizeOf(g!.shape) * sizeOf(y.shape.slice(1)),
  lower: (emitter, { x, g, kernel, stride, padding, dilation, groups }) => {
    if (!emitter.has('Conv')) return convolutionWeightByProduct(emitter, x, g, { kernel, stride, padding, dilation, groups });
    const type = emitter.type(x);
    const [batch, channels, ...lengths] = type.shape as [number, number, ...number[]];
    const spatial = kernel.map((_, i) => i);
    const perm = (...order: number[]) => ({ attributes: { perm: { ints: order } } });
    // [N, G, C/G, ...L] → [C/G, G·N, ...L]: each group of kernels meets the channels of its own group.
    const grouped = emitter.node('Reshape', [x, emitter.dims([batch, groups, channels / groups, ...lengths])]);
    const turned = emitter.node('Transpose', [grouped], perm(2, 1, 0, ...spatial.map((i) => i + 3)));
    const images = emitter.node('Reshape', [turned, emitter.dims([channels / groups, groups * batch, ...lengths])]);
    const kernels = emitter.node('Transpose', [g], perm(1, 0, ...spatial.map((i) => i + 2)));
    const attributes = attributesOf({ stride: dilation, padding, dilation: stride, groups });
    const products = emitter.node('Conv', [images, kernels], { attributes });
    // Where the stride does not come out even there is room for more than the kernel has.
    const cut = emitter.node('Slice', [
      products,
      emitter.constant(
        'int64',
        kernel.map(() => 0),
      ),
      emitter.constant('int64', kernel),
      emitter.constant(
        'int64',
        spatial.map((i) => i + 2),
      ),
    ]);
    return emitter.node('Transpose', [cut], perm(1, 0, ...spatial.map((i) => i + 2)));
  },
  vjp: (gradient, { x, g, kernel, stride, padding, dilation, groups }) => {
    const sliding = { stride, padding, dilation, groups };
    const extra = surplus(x.shape, g.shape, kernel, sliding);
    return {
      x: convolutionTransposed(g, gradient, null, { ...sliding, extra }),
      g: convolution(x, gradient, null, sliding),
    };
  },
});

/** The gradient of the weight: a product of matrices for each example where the kernel is one element. */
function weightGradient(x: Value, g: Value, attributes: Sliding & { readonly kernel: readonly number[] }): Value {
  const { kernel, stride, padding, groups } = attributes;
  const plain = groups === 1 && sizeOf(kernel) === 1 && stride.every((step) => step === 1) && padding.every((n) => n === 0);
  if (!plain) return convolutionWeight(x, g, attributes);
  const columns = (v: Value) => reshape(v, { shape: [v.shape[0]!, v.shape[1]!, -1] });
  const products = matmulOf(columns(g), columns(x), { transposeA: false, transposeB: true });
  return reshape(sum(products, { axes: [0], keepDims: false }), { shape: [g.shape[1]!, x.shape[1]!, ...kernel] });
}

/** Sums over all but the second axis: the gradient of a bias. */
function channelSums(g: Value): Value {
  return sum(g, { axes: g.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])), keepDims: false });
}
