import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpCases } from '../../test/support/cases.ts';
import { checkCase, leaf } from '../../test/support/check-op.ts';
import { openRuntime, probeRuntimes, type Runtime } from '../runtime/index.ts';
import * as activations from './activations.cases.ts';
import * as binaryCrossEntropy from './binary-cross-entropy.cases.ts';
import * as comparison from './comparison.cases.ts';
import * as convolution from './convolution.cases.ts';
import * as cumulative from './cumulative.cases.ts';
import * as einsum from './einsum.cases.ts';
import * as elementwise from './elementwise.cases.ts';
import * as ops from './index.ts';
import * as indexExpression from './index-expression.cases.ts';
import * as indexing from './indexing.cases.ts';
import * as matmul from './matmul.cases.ts';
import * as movement from './movement.cases.ts';
import * as normalize from './normalize.cases.ts';
import * as padding from './padding.cases.ts';
import * as pooling from './pooling.cases.ts';
import * as quantized from './quantized.cases.ts';
import * as rearranging from './rearranging.cases.ts';
import * as recompute from './recompute.cases.ts';
import * as reduce from './reduce.cases.ts';
import * as resize from './resize.cases.ts';
import * as rounding from './rounding.cases.ts';
import * as scatter from './scatter.cases.ts';
import * as sorting from './sorting.cases.ts';
import * as statistics from './statistics.cases.ts';
import * as transcendental from './transcendental.cases.ts';
import * as triangular from './triangular.cases.ts';
import * as unfold from './unfold.cases.ts';

const all: readonly OpCases[] = [
  activations,
  binaryCrossEntropy,
  comparison,
  convolution,
  cumulative,
  einsum,
  elementwise,
  indexExpression,
  indexing,
  matmul,
  movement,
  normalize,
  padding,
  pooling,
  quantized,
  rearranging,
  recompute,
  reduce,
  resize,
  rounding,
  scatter,
  sorting,
  statistics,
  transcendental,
  triangular,
  unfold,
].flatMap((family) => Object.values(family));
const subjects = new Set<unknown>(all.map(({ subject }) => subject));

/** What index.ts exports besides ops: leaves, and questions about them, which `leaf.test.ts` covers. */
const notOps = new Set<unknown>([ops.constant, ops.constantOf, ops.data, ops.isData, ops.like, ops.shapeScalar]);

test('every op has cases', () => {
  const lacking = Object.entries(ops).flatMap(([name, op]) => (subjects.has(op) || notOps.has(op) ? [] : [name]));
  expect(lacking).toEqual([]);
  expect(all.filter(({ cases }) => cases.length === 0)).toEqual([]);
});

/** The message of the error that a case throws. */
function messageOf(op: OpCases, { inputs, attributes }: OpCases['cases'][number]): string {
  try {
    op.apply(
      inputs().map(({ content, sample }) => content && leaf(content, sample!.dtype)),
      attributes,
    );
  } catch (error) {
    return String(error);
  }
  return 'nothing was thrown';
}

for (const { name, device, availability } of await probeRuntimes()) {
  const skipped = availability.available ? '' : ` (${availability.reason})`;
  describe.skipIf(!availability.available)(`${name} on ${device}${skipped}`, () => {
    let runtime: Runtime;
    beforeAll(async () => {
      runtime = await openRuntime({ name, threads: 1 });
    });
    afterAll(() => runtime.dispose());
    for (const op of all) {
      describe(op.name, () => {
        test.for(op.cases.filter(({ throws }) => !throws))('$title', (opCase, { skip }) => {
          const isDouble = opCase.inputs().some(({ sample }) => sample?.dtype === 'float64');
          if (isDouble && !runtime.computes('float64')) skip(`${name} does not compute in float64`);
          if (opCase.needs && !runtime.has(opCase.needs)) skip(`${name} has no ${opCase.needs}`);
          return checkCase(runtime, op, opCase);
        });
      });
    }
  });
}

describe('errors', () => {
  for (const op of all) {
    test.each(op.cases.filter(({ throws }) => throws))(`${op.name} $title`, (opCase) => {
      expect(messageOf(op, opCase)).toMatch(opCase.throws!);
    });
  }

  test('say who speaks, what came and what was needed', () => {
    const speakers = new Map<string, Set<string>>();
    for (const op of all) {
      for (const opCase of op.cases.filter(({ throws }) => throws)) {
        const [, speaker, rest] = /^\w+: ([^:]*): (.*)$/.exec(messageOf(op, opCase))!;
        speakers.set(rest!, (speakers.get(rest!) ?? new Set()).add(speaker!));
      }
    }
    const lines = Array.from(speakers, ([rest, names]) => `${[...names].join(', ')}: ${rest}`);
    expect(lines.sort().join('\n')).toMatchInlineSnapshot(`
      "addAlong: updates are [2, 3] and indices are [2, 1]; they must have one shape.
      addmm: a is [2, 3] and b is [2, 4]; the last axis of a (3) must equal the second-last of b (2).
      addmm: c is [2, 2, 4], a is [2, 2, 3] and b is [3, 4]; a and b need two axes, and c must broadcast to their product.
      addmm: c is [3, 4], a is [1, 3] and b is [3, 4]; a and b need two axes, and c must broadcast to their product.
      addmm: c is float64 and a is float32; both need one element type. Cast one of them.
      batchNorm: x is [2, 3] and mean is [2]; mean must be [3].
      batchNorm: x is [4]; it needs at least [N, C].
      binaryCrossEntropy, equal, greater, greaterOrEqual, less, lessOrEqual, add, sub, mul, div, maximum, minimum, fmod, remainder: a is [2, 3] and b is [4, 3]; axis -2 is 2 in a and 4 in b, and axes broadcast only when they are equal or one of them is 1.
      binaryCrossEntropy, equal, greater, greaterOrEqual, less, lessOrEqual, add, sub, mul, div, maximum, minimum, fmod, remainder: a is float32 and b is int64; both need one element type. Cast one of them.
      binaryCrossEntropy: a and b are int64; they need a floating-point type. Cast them first.
      chunk: chunks is 0; it must be a whole number from 1.
      concat, softmax, logSoftmax: there is no axis 0 in a tensor of 0 axes; a scalar has no axes.
      concat: [2, 3], [2, 4] must have the same lengths on every axis but 0.
      concat: [2, 3], [6] must have the same lengths on every axis but 0.
      concat: element types are float32, int64; all need one. Cast first.
      concat: there are no tensors to join; it needs at least one.
      convolution, convolutionWeight, unfold: x is float64; it needs float32. Use cast(x, { to: 'float32' }).
      convolution, unfold: x is [2, 3, 2] and the kernel is [3]; on spatial axis 0 it reaches over 3 and the padded input has 2.
      convolution: bias is [3]; it must be [4].
      convolution: element types are float32, float64; all need float32.
      convolution: x is [2, 3, 7] and weight is [4, 2, 3] in 1 groups; x needs 2 channels, and the kernels must fall into groups of one size.
      convolution: x is [2, 3, 7] and weight is [4, 3]; both need 3 axes.
      convolution: x is [3, 7]; it needs 3 axes, the last 1 of them spatial.
      convolutionTransposed: extra is [1] and stride [1]; each must be less than its stride.
      convolutionTransposed: x is [2, 3, 1] and weight is [3, 2, 1]; the padding [1, 0] leaves nothing.
      convolutionTransposed: x is [2, 3, 4] and weight is [2, 2, 3] in 1 groups; x needs 2 channels, which must fall into groups of one size.
      convolutionWeight, unfold: x is [2, 3]; it needs 3 axes, the last 1 of them spatial.
      convolutionWeight: x is [2, 3, 7] and g is [2, 4, 4], in 1 groups; g must be [2, 4, 5], and the channels of both must fall into groups of one size.
      cumsum, slice, pad, concat, flip, argmax, argmin, indexSelect: there is no axis 1 in a tensor of 1 axes; axes go from -1 to 0.
      cumsum, sum, max, min, argmax, argmin, topk: x is bool; it needs a number type. Cast it first.
      dequantize: scales is [3]; of 3 rows in 2 groups of 16 numbers of 4 bits it must be [3, 2].
      dequantize: weight is [3, 2, 16]; of 3 rows in 2 groups of 16 numbers of 4 bits it must be [3, 2, 8].
      dequantize: weight, scales and zeros are float32, float32; they must be uint8, float32 and uint8.
      diagonal: axis1 and axis2 are both 0; they must be two axes.
      diagonal: x is [2, 2] and offset is 2; there is no such diagonal of 2 rows and 2 columns.
      dropoutMask: bytes are float32; they need uint8.
      einsum: element types are bool; all need one number type. Cast first.
      einsum: element types are float32, float64; all need one number type. Cast first.
      einsum: the equation is "......i->i" and the operands are [2]; ... may stand once in each operand and in the result.
      einsum: the equation is "i->i->i" and the operands are [2]; it must be letters, commas, ... and at most one ->.
      einsum: the equation is "ii->i" and the operands are [2, 3]; the axes named i of one operand have lengths 2 and 3.
      einsum: the equation is "ij,jk->ik" and the operands are [2, 3], [4, 2]; the axis j is 3 in one operand and 4 in another.
      einsum: the equation is "ij,jk->ik" and the operands are [2, 3]; it names 2 operands and 1 came.
      einsum: the equation is "ij->ik" and the operands are [2, 3]; k must stand in an operand, and once in the result.
      einsum: the equation is "ijk->i" and the operands are [2, 3]; operand 1 has 2 axes and "ijk" names 3.
      erf, gelu, asin, acos, atan: x is float64, in which ONNX Runtime does not compute it. Use cast(x, { to: 'float32' }).
      expand: x is [2, 3] and shape is [2, 1]; each length of x, aligned at the last axis, must be 1 or the one of shape.
      expand: x is [2, 3] and shape is [3]; each length of x, aligned at the last axis, must be 1 or the one of shape.
      expand: x is [2, 3] and shape is [4, 3]; each length of x, aligned at the last axis, must be 1 or the one of shape.
      fold: x is [2, 5, 5]; windows of [3] over [7] need [N, C · 3, 5].
      fold: x is [2, 6, 4]; windows of [3] over [7] need [N, C · 3, 5].
      gather: x is [2, 3] and indices are [3, 1]; they must have as many axes, and on every axis but 1 no more elements than x.
      gatherRows, pickRows: x is a scalar; it needs at least one axis to pick from.
      glu, softmax, logSoftmax, stack: there is no axis 2 in a tensor of 2 axes; axes go from -2 to 1.
      glu: x is [2, 3]; axis 1 has length 3 and must be even.
      greater, greaterOrEqual, less, lessOrEqual: a and b are bool; they need a number type. Cast them first.
      groupNorm: x is [2, 4, 3] and weight is [3]; weight must be [4].
      groupNorm: x is [2, 4, 3]; its 4 channels do not fall into 3 groups.
      index, gatherRows, pickRows, scatterRows, takeAlong, addAlong, indexSelect, scatter: the indices are float32; they need int32 or int64. Cast them.
      index: item 0 is '1;2'; a slice is written 'start:end' or 'start:end:step', each of which may be left out.
      index: item 0 is a bool tensor that has to run first, so how many elements it takes is not known. Use where(mask, x, other), or give the mask as an array of booleans.
      index: item 0 is an array that is empty or ragged; all its rows must have one length of at least 1.
      index: the mask takes no element; tensors without elements are not supported.
      index: x is [2, 3] and position -3 is asked of an axis of length 2; they go from -2 to 1.
      index: x is [2, 3] and position 2 is asked of an axis of length 2; they go from -2 to 1.
      index: x is [2, 3] and the index has 2 times '...'; it may name each axis once, with '...' once at most.
      index: x is [2, 3] and the index has items for 3 axes; it may name each axis once, with '...' once at most.
      index: x is [2, 3] and the slice '2:2' takes nothing of an axis of length 2; tensors without elements are not supported.
      index: x is [2, 3] and the slice is '::0'; its step must not be 0.
      interpolate: alignCorners has no meaning with mode nearest; use it with a linear or cubic mode.
      interpolate: give either size or scaleFactor, and not both.
      interpolate: size is [4, 4]; it needs 1 positive numbers.
      interpolate: x is [1, 1, 3] and its spatial axes would be [0]; they must be whole numbers from 1.
      interpolate: x is [1, 1, 3] and mode is bilinear; it needs [B, C] and 2 spatial axes.
      layerNorm, rmsNorm: there is no axis -1 in a tensor of 0 axes; a scalar has no axes.
      layerNorm, rmsNorm: x is [2, 3] and weight is [4]; weight must be [3].
      layerNorm: x is [2, 3] and bias is [2]; bias must be [3].
      layerNorm: x is [2, 3] and weight is [1, 3]; weight must be [3].
      layerNorm: x is float32 and weight is float64; both need one element type. Cast one.
      linear: bias is [3] and weight is [4, 3]; bias must be [4].
      linear: x is [2, 3] and weight is [3]; weight needs two axes, [out, in].
      linear: x is [2, 3] and weight is [4, 5]; the last axis of x (3) must equal the last of weight (5).
      linear: x is [] and weight is [4, 3]; x is a scalar and needs at least one axis.
      linear: x is float32, weight is float32 and bias is float64; all need one floating-point type.
      linear: x is float64, weight is float32; all need one floating-point type.
      logicalAnd, logicalOr, logicalXor: a and b are float32; they need bool. Use a comparison, such as notEqual with 0.
      logicalNot: x is float32; it needs bool. Use a comparison.
      maskedFill: mask is float32; it needs bool. Use a comparison.
      matmul (leading axes): a is [2] and b is [4]; axis -1 is 2 in a and 4 in b, and axes broadcast only when they are equal or one of them is 1.
      matmul: a is [1, 4] and b is [3, 1]; the last axis of a (4) must equal the second-last of b (3).
      matmul: a is [2, 3] and b is [4, 5]; the last axis of a (3) must equal the second-last of b (4).
      matmul: a is [2, 5] and b is [7, 9]; the last axis of a (5) must equal the last of b (9).
      matmul: a is [2, 5] and b is [7, 9]; the second-last axis of a (2) must equal the last of b (9).
      matmul: a is [2, 5] and b is [7, 9]; the second-last axis of a (2) must equal the second-last of b (7).
      matmul: a is [] and b is [3, 2]; both need at least two axes, or one for a vector.
      matmul: a is float32 and b is float64; both need one floating-point type. Cast one of them.
      matmul: a is int64 and b is int64; both need one floating-point type. Cast one of them.
      maxPool, averagePool, adaptiveAveragePool, adaptiveMaxPool: x is [3, 5]; it needs 3 axes, the last 1 of them spatial.
      maxPool, averagePool: padding is [2] and the windows reach over 3 on spatial axis 0; padding may be half of that at most.
      maxPool: x is [1, 1, 2] and the kernel is [3]; on spatial axis 0 it reaches over 3 and the padded input has 2.
      maxPool: x is int64; it needs float32. Use cast(x, { to: 'float32' }).
      mean, sumSquare: x is bool; it needs a floating-point type. Cast it first.
      movedim: from is [0, 0] and to is [0, 1]; they must name as many axes, each once.
      movedim: from is [0, 1] and to is [0]; they must name as many axes, each once.
      pad: before is -1 and after is 1; both must be whole numbers from 0. Cut with slice.
      pad: x is [3], mode is circular and after is 4; on axis 0 it must be a whole number from 0 to 3.
      pad: x is [3], mode is reflect and before is 3; on axis 0 it must be a whole number from 0 to 2.
      pad: x is [3], mode is replicate and before is -1; on axis 0 it must be a whole number from 0.
      pickRows: the places are [1, 2]; they must be a list, [M].
      placeRows: x is [2, 3] and there are 1 places among 2 rows; each row of x needs one place.
      placeRows: x is [2, 3] and there are 2 places among 1 rows; each row of x needs one place.
      prelu: x is [2, 3] and weight is [2]; weight must be [1] or [3].
      prelu: x is [4] and weight is [4]; weight must be [1].
      prod: x is bool; it needs a number type. Use all, or cast it first.
      quantizedLinear: bias is [2]; it must be [3].
      quantizedLinear: x is [5, 16] and weight [3, 32]; the last axis of x (16) must equal the last of weight (32).
      quantizedLinear: x is uint8; it must be float32.
      repeatInterleave: repeats are [1.5]; they must be whole numbers from 1.
      reshape of [2, 3]: 6 elements do not fill [-1, 4], which needs a multiple of 4.
      reshape of [2, 3]: 6 elements do not fill [4, 2], which needs 8.
      reshape of [2, 3]: [-1, -1] is not a shape; lengths are whole numbers from 0, with at most one -1.
      reshape of [2, 3]: [1.5, 4] is not a shape; lengths are whole numbers from 0, with at most one -1.
      roll: shifts are [1] and axes [0, 1]; there must be one shift for each axis.
      scatter: updates are [3] and indices are [2]; they must have one shape.
      scatter: x is float32 and updates are int64; both need one element type. Cast one.
      scatterRows: updates are [4, 2] and indices are [3]; the axes of updates must begin with those of indices.
      slice: step is 0; it must be a whole number other than 0.
      slice: x is [5] and the range on axis 0 is -1 to 5; it must hold at least one element within 0 to 5.
      slice: x is [5] and the range on axis 0 is 1 to 3 by -1; it must hold at least one element within 0 to 5.
      slice: x is [5] and the range on axis 0 is 2 to 6; it must hold at least one element within 0 to 5.
      slice: x is [5] and the range on axis 0 is 3 to 3; it must hold at least one element within 0 to 5.
      softmax, logSoftmax, layerNorm, mean, sumSquare: x is int64; it needs a floating-point type. Cast it first.
      split: there is no axis 2 in a tensor of 1 axes; axes go from -1 to 0.
      split: x is [5] and sizes are [2, 2]; they must be positive and add up to 5 on axis 0.
      split: x is [5] and sizes are [5, 0]; they must be positive and add up to 5 on axis 0.
      stack: one tensor is [2] and another [3]; all must have one shape.
      stack: there are no tensors to stack; it needs at least one.
      takeAlong: x is [2, 5] and indices are [2]; they must have the same lengths on every axis but 1.
      takeAlong: x is [2, 5] and indices are [3, 1]; they must have the same lengths on every axis but 1.
      takeAlongDim: x is [2, 1] and indices is [3, 1]; axis -2 is 2 in x and 3 in indices, and axes broadcast only when they are equal or one of them is 1.
      takeAlongDim: x is [2, 3] and indices are [1]; they must have as many axes.
      tanh, sigmoid, erf, relu, gelu, geluTanh, silu, quickGelu, halfPlusHalf, hardsigmoid, hardtanh, elu, softplus, softsign, leakyRelu, isnan, isinf, exp, log, sqrt, reciprocal, rsqrt, batchNorm, interpolate, floor, ceil, round, trunc, exp2, expm1, log1p, sin, cos, tan, asin, acos, atan, sinh, cosh, asinh, acosh, atanh: x is int64; it needs a floating-point type. Use cast(x, { to: 'float32' }).
      tile: repeats are [0]; they must be whole numbers from 1.
      topk: x is [3] and k is 4; on axis 0 it must be from 1 to 3.
      transpose: x is [2, 3] and perm is [0, 0]; perm must name each axis from 0 to 1 once.
      transpose: x is [2, 3] and perm is [0]; perm must name each axis from 0 to 1 once.
      transpose: x is [2, 3] and perm is [1, 2]; perm must name each axis from 0 to 1 once.
      triu, tril: x is [3]; it needs at least two axes, rows and columns.
      where: a is float32 and b is bool; both need one element type. Cast one of them.
      where: condition is [3] and a with b is [2]; axis -1 is 3 in condition and 2 in a with b, and axes broadcast only when they are equal or one of them is 1.
      where: condition is float32; it needs bool. Use a comparison."
    `);
  });
});
