import { DTypeError, formatShape, type Shape, ShapeError, sizeOf } from '../core/index.ts';
import { defineOp, type Emitter, type Op, type Type, type Value } from '../graph/index.ts';
import { like, mul } from './elementwise.ts';
import { matmul, matmulOf } from './matmul.ts';
import { expand, reshape } from './movement.ts';
import { sum } from './reduce.ts';

/** How a weight is packed. A type rather than an interface, so that it is a record of attributes. */
export type Packing = {
  /** Bits of one number: 4 or 8. */
  bits: number;
  /** How many numbers of a row in succession share a scale. */
  groupSize: number;
};

/** Where a packed weight stands among the inputs of an op. */
interface Packed<T> {
  readonly weight: T;
  readonly scales: T;
  readonly zeros: T | null;
}

/** `[out, in]` of a packed weight. */
function unpackedShape(
  speaker: string,
  { weight, scales, zeros }: Packed<Type>,
  { bits, groupSize }: Packing,
): [number, number] {
  const types = [weight, scales, ...(zeros ? [zeros] : [])].map(({ dtype }) => dtype);
  if (types.join() !== ['uint8', 'float32', 'uint8'].slice(0, types.length).join())
    throw new DTypeError(
      `${speaker}: weight, scales and zeros are ${types.join(', ')}; they must be uint8, float32 and uint8.`,
    );
  const [out, groups, bytes] = weight.shape as [number, number, number];
  const expected: readonly Shape[] = [
    [out, groups, (groupSize * bits) / 8],
    [out, groups],
    [out, Math.ceil((groups * bits) / 8)],
  ];
  for (const [i, part] of [weight, scales, zeros].entries()) {
    if (!part || formatShape(part.shape) === formatShape(expected[i]!)) continue;
    throw new ShapeError(
      `${speaker}: ${['weight', 'scales', 'zeros'][i]} is ${formatShape(part.shape)}; of ${out} rows in ${groups} groups of ${groupSize} numbers of ${bits} bits it must be ${formatShape(expected[i]!)}.`,
    );
  }
  if (bytes === undefined) throw new ShapeError(`${speaker}: weight is ${formatShape(weight.shape)}; it needs three axes.`);
  return [out, groups * groupSize];
}

/** The numbers of bytes that hold one or two each, as float32; of two, that in the lower bits comes first. `[..., n]` → `[..., n · 8 / bits]`. */
function unpacked(emitter: Emitter, bytes: string, bits: number, shape: Shape): string {
  const numbers = emitter.node('Cast', [bytes], { attributes: { to: { dtype: 'float32' } } });
  if (bits === 8) return numbers;
  const number = (value: number) => emitter.constant('float32', [value], []);
  const high = emitter.node('Floor', [emitter.node('Mul', [numbers, number(1 / 16)])]);
  const low = emitter.node('Sub', [numbers, emitter.node('Mul', [high, number(16)])]);
  const axis = emitter.constant('int64', [shape.length]);
  const halves = [low, high].map((half) => emitter.node('Unsqueeze', [half, axis]));
  const pairs = emitter.node('Concat', halves, { attributes: { axis: { int: shape.length } } });
  return emitter.node('Reshape', [pairs, emitter.dims([...shape.slice(0, -1), shape.at(-1)! * 2])]);
}

/** A packed weight as the float32 matrix that it stands for, `[out, in]`, in operators that every runtime has. */
function lowerDequantize(emitter: Emitter, { weight, scales, zeros }: Packed<string>, { bits, groupSize }: Packing): string {
  const { shape } = emitter.type(weight);
  const [out, groups] = shape as [number, number, number];
  const last = emitter.constant('int64', [2]);
  let offsets = emitter.constant('float32', [2 ** (bits - 1)], []);
  if (zeros) {
    const all = unpacked(emitter, zeros, bits, emitter.type(zeros).shape);
    const own = emitter.node('Slice', [
      all,
      emitter.constant('int64', [0]),
      emitter.dims([groups]),
      emitter.constant('int64', [1]),
    ]);
    offsets = emitter.node('Unsqueeze', [own, last]);
  }
  const centred = emitter.node('Sub', [unpacked(emitter, weight, bits, shape), offsets]);
  const scaled = emitter.node('Mul', [centred, emitter.node('Unsqueeze', [scales, last])]);
  return emitter.node('Reshape', [scaled, emitter.dims([out, groups * groupSize])]);
}

/**
 * A packed weight as float32: (number − zero) · scale.
 * Shapes: weight uint8 `[out, groups, groupSize · bits / 8]`, scales `[out, groups]`, zeros uint8 `[out, ⌈groups · bits / 8⌉]`
 * or null for 2^(bits − 1) → `[out, groups · groupSize]`. Of two numbers in a byte the first has the lower bits.
 */
export const dequantize: Op<['weight', 'scales', 'zeros?'], Packing> = defineOp({
  name: 'dequantize',
  inputs: ['weight', 'scales', 'zeros?'],
  infer: ({ bits, groupSize, ...packed }) => ({
    shape: unpackedShape('dequantize', packed, { bits, groupSize }),
    dtype: 'float32',
  }),
  lower: (emitter, { bits, groupSize, weight, scales, zeros }) =>
    lowerDequantize(emitter, { weight, scales, zeros }, { bits, groupSize }),
  vjp: (g, { weight, scales, zeros, ...packing }) => ({
    weight: null,
    scales: scaleGradient(g, { weight, scales, zeros }, packing),
    zeros: null,
  }),
});

/** The gradient of the scales, given that of the unpacked weight. */
function scaleGradient(g: Value, { weight, scales, zeros }: Packed<Value>, { bits, groupSize }: Packing): Value {
  const ones = expand(like(1, scales), { shape: scales.shape });
  const products = mul(g, dequantize(weight, ones, zeros, { bits, groupSize }));
  const grouped = reshape(products, { shape: [...scales.shape, groupSize] });
  return sum(grouped, { axes: [2], keepDims: false });
}

/**
 * x Wᵀ + b with W packed as in `dequantize`. Where the runtime has a kernel for it and W is part of the program, W stays packed
 * and x is rounded to 8 bits in groups as well; elsewhere W is unpacked at each run.
 * Shapes: x `[..., in]`, bias `[out]` or null → `[..., out]`.
 */
export const quantizedLinear: Op<['x', 'weight', 'scales', 'zeros?', 'bias?'], Packing> = defineOp({
  name: 'quantizedLinear',
  inputs: ['x', 'weight', 'scales', 'zeros?', 'bias?'],
  infer: ({ x, weight, scales, zeros, bias, bits, groupSize }) => {
    const [out, width] = unpackedShape('quantizedLinear', { weight, scales, zeros }, { bits, groupSize });
    for (const [name, part] of Object.entries({ x, bias }))
      if (part && part.dtype !== 'float32')
        throw new DTypeError(`quantizedLinear: ${name} is ${part.dtype}; it must be float32.`);
    if (bias && formatShape(bias.shape) !== formatShape([out]))
      throw new ShapeError(`quantizedLinear: bias is ${formatShape(bias.shape)}; it must be [${out}].`);
    if (x.shape.at(-1) !== width)
      throw new ShapeError(
        `quantizedLinear: x is ${formatShape(x.shape)} and weight ${formatShape([out, width])}; the last axis of x (${x.shape.at(-1)}) must equal the last of weight (${width}).`,
      );
    return { shape: [...x.shape.slice(0, -1), out], dtype: 'float32' };
  },
  flops: ([x], _attributes, y) => 2 * sizeOf(y.shape) * x!.shape.at(-1)!,
  lower: (emitter, { x, weight, scales, zeros, bias, bits, groupSize, y }) => {
    const width = emitter.type(x).shape.at(-1)!;
    if (!emitter.has('MatMulNBits') || ![weight, scales, zeros].every((name) => name === null || emitter.isWeight(name))) {
      const unpackedWeight = lowerDequantize(emitter, { weight, scales, zeros }, { bits, groupSize });
      const rows = emitter.node('Reshape', [x, emitter.constant('int64', [-1, width])]);
      const product = emitter.node('Gemm', [rows, unpackedWeight, bias], { attributes: { transB: { int: 1 } } });
      return emitter.node('Reshape', [product, emitter.dims(y.shape)]);
    }
    // The operator takes a bias whose length is known before it runs.
    const inside = bias !== null && emitter.isWeight(bias) ? bias : null;
    const product = emitter.node('MatMulNBits', [x, weight, scales, zeros, null, inside], {
      domain: 'com.microsoft',
      attributes: {
        K: { int: width },
        N: { int: y.shape.at(-1)! },
        bits: { int: bits },
        block_size: { int: groupSize },
        // x in int8, in groups, so that products are of whole numbers.
        accuracy_level: { int: 4 },
      },
    });
    return bias === inside ? product : emitter.node('Add', [product, bias]);
  },
  vjp: (g, { x, weight, scales, zeros, bias, bits, groupSize }) => {
    const packing = { bits, groupSize };
    const rows = (v: Value) => reshape(v, { shape: [-1, v.shape.at(-1)!] });
    const ofWeight = matmulOf(rows(g), rows(x), { transposeA: true, transposeB: false });
    return {
      x: matmul(g, dequantize(weight, scales, zeros, packing)),
      weight: null,
      scales: scaleGradient(ofWeight, { weight, scales, zeros }, packing),
      zeros: null,
      bias: bias ? sum(rows(g), { axes: [0], keepDims: false }) : null,
    };
  },
  axes: { along: (axis, _inputs, _attributes, y) => (axis < y.shape.length - 1 ? [axis, null, null, null, null] : null) },
});
