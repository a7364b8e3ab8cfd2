import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpCases } from '../../test/support/cases.ts';
import { checkCase, leaf } from '../../test/support/check-op.ts';
import { openRuntime, probeRuntimes, type Runtime } from '../runtime/index.ts';
import * as activations from './activations.cases.ts';
import * as comparison from './comparison.cases.ts';
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

const all: readonly OpCases[] = [
  activations,
  comparison,
  cumulative,
  einsum,
  elementwise,
  indexExpression,
  indexing,
  matmul,
  movement,
  normalize,
  padding,
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
        test.each(op.cases.filter(({ throws }) => !throws))('$title', (opCase) => checkCase(runtime, op, opCase));
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
      concat, softmax, logSoftmax: there is no axis 0 in a tensor of 0 axes; a scalar has no axes.
      concat: [2, 3], [2, 4] must have the same lengths on every axis but 0.
      concat: [2, 3], [6] must have the same lengths on every axis but 0.
      concat: element types are float32, int64; all need one. Cast first.
      concat: there are no tensors to join; it needs at least one.
      dropoutMask: bytes are float32; they need uint8.
      equal, greater, greaterOrEqual, less, lessOrEqual, add, sub, mul, div, maximum, minimum, fmod, remainder: a is [2, 3] and b is [4, 3]; axis -2 is 2 in a and 4 in b, and axes broadcast only when they are equal or one of them is 1.
      equal, greater, greaterOrEqual, less, lessOrEqual, add, sub, mul, div, maximum, minimum, fmod, remainder: a is float32 and b is int64; both need one element type. Cast one of them.
      erf, gelu, asin, acos, atan: x is float64, in which ONNX Runtime does not compute it. Use cast(x, { to: 'float32' }).
      expand: x is [2, 3] and shape is [2, 1]; each length of x, aligned at the last axis, must be 1 or the one of shape.
      expand: x is [2, 3] and shape is [3]; each length of x, aligned at the last axis, must be 1 or the one of shape.
      expand: x is [2, 3] and shape is [4, 3]; each length of x, aligned at the last axis, must be 1 or the one of shape.
      gatherRows, scatterRows, takeAlong, addAlong: the indices are float32; they need int32 or int64. Cast them.
      gatherRows: x is a scalar; it needs at least one axis to pick from.
      glu, softmax, logSoftmax: there is no axis 2 in a tensor of 2 axes; axes go from -2 to 1.
      glu: x is [2, 3]; axis 1 has length 3 and must be even.
      greater, greaterOrEqual, less, lessOrEqual: a and b are bool; they need a number type. Cast them first.
      layerNorm: there is no axis -1 in a tensor of 0 axes; a scalar has no axes.
      layerNorm: x is [2, 3] and bias is [2]; bias must be [3].
      layerNorm: x is [2, 3] and weight is [1, 3]; weight must be [3].
      layerNorm: x is [2, 3] and weight is [4]; weight must be [3].
      layerNorm: x is float32 and weight is float64; both need one element type. Cast one.
      linear: bias is [3] and weight is [4, 3]; bias must be [4].
      linear: x is [2, 3] and weight is [3]; weight needs two axes, [out, in].
      linear: x is [2, 3] and weight is [4, 5]; the last axis of x (3) must equal the last of weight (5).
      linear: x is [] and weight is [4, 3]; x is a scalar and needs at least one axis.
      linear: x is float32, weight is float32 and bias is float64; all need one floating-point type.
      linear: x is float64, weight is float32; all need one floating-point type.
      logicalAnd, logicalOr, logicalXor: a and b are float32; they need bool. Use a comparison, such as notEqual with 0.
      logicalNot: x is float32; it needs bool. Use a comparison.
      matmul (leading axes): a is [2] and b is [4]; axis -1 is 2 in a and 4 in b, and axes broadcast only when they are equal or one of them is 1.
      matmul: a is [2, 3] and b is [4, 5]; the last axis of a (3) must equal the second-last of b (4).
      matmul: a is [2, 5] and b is [7, 9]; the last axis of a (5) must equal the last of b (9).
      matmul: a is [2, 5] and b is [7, 9]; the second-last axis of a (2) must equal the last of b (9).
      matmul: a is [2, 5] and b is [7, 9]; the second-last axis of a (2) must equal the second-last of b (7).
      matmul: a is [3] and b is [3, 2]; both need at least two axes. Reshape a vector first.
      matmul: a is float32 and b is float64; both need one floating-point type. Cast one of them.
      matmul: a is int64 and b is int64; both need one floating-point type. Cast one of them.
      mean, sumSquare: x is bool; it needs a floating-point type. Cast it first.
      pad: before is -1 and after is 1; both must be whole numbers from 0. Cut with slice.
      prelu: x is [2, 3] and weight is [2]; weight must be [1] or [3].
      prelu: x is [4] and weight is [4]; weight must be [1].
      reshape of [2, 3]: 6 elements do not fill [-1, 4], which needs a multiple of 4.
      reshape of [2, 3]: 6 elements do not fill [4, 2], which needs 8.
      reshape of [2, 3]: [-1, -1] is not a shape; lengths are whole numbers from 0, with at most one -1.
      reshape of [2, 3]: [1.5, 4] is not a shape; lengths are whole numbers from 0, with at most one -1.
      scatterRows: updates are [4, 2] and indices are [3]; the axes of updates must begin with those of indices.
      slice, pad, concat, argmax: there is no axis 1 in a tensor of 1 axes; axes go from -1 to 0.
      slice: x is [5] and the range on axis 0 is -1 to 5; it must hold at least one element within 0 to 5.
      slice: x is [5] and the range on axis 0 is 2 to 6; it must hold at least one element within 0 to 5.
      slice: x is [5] and the range on axis 0 is 3 to 3; it must hold at least one element within 0 to 5.
      softmax, logSoftmax, layerNorm, mean, sumSquare: x is int64; it needs a floating-point type. Cast it first.
      split: there is no axis 2 in a tensor of 1 axes; axes go from -1 to 0.
      split: x is [5] and sizes are [2, 2]; they must be positive and add up to 5 on axis 0.
      split: x is [5] and sizes are [5, 0]; they must be positive and add up to 5 on axis 0.
      sum, max, min, argmax: x is bool; it needs a number type. Cast it first.
      takeAlong: x is [2, 5] and indices are [2]; they must have the same lengths on every axis but 1.
      takeAlong: x is [2, 5] and indices are [3, 1]; they must have the same lengths on every axis but 1.
      tanh, sigmoid, erf, relu, gelu, geluTanh, silu, quickGelu, halfPlusHalf, hardsigmoid, hardtanh, elu, softplus, softsign, leakyRelu, isnan, isinf, exp, log, sqrt, reciprocal, rsqrt, floor, ceil, round, trunc, exp2, expm1, log1p, sin, cos, tan, asin, acos, atan, sinh, cosh, asinh, acosh, atanh: x is int64; it needs a floating-point type. Use cast(x, { to: 'float32' }).
      transpose: x is [2, 3] and perm is [0, 0]; perm must name each axis from 0 to 1 once.
      transpose: x is [2, 3] and perm is [0]; perm must name each axis from 0 to 1 once.
      transpose: x is [2, 3] and perm is [1, 2]; perm must name each axis from 0 to 1 once.
      where: a is float32 and b is bool; both need one element type. Cast one of them.
      where: condition is [3] and a with b is [2]; axis -1 is 3 in condition and 2 in a with b, and axes broadcast only when they are equal or one of them is 1.
      where: condition is float32; it needs bool. Use a comparison."
    `);
  });
});
