import { cases } from '../../test/support/cases.ts';
import { binary, disagree, everyPair, everyRank, inDouble, noZero, smooth, unary } from '../../test/support/pointwise-cases.ts';
import { mapped, type Plain } from '../../test/support/reference.ts';
import {
  awayFrom,
  bools,
  distinct,
  exactly,
  integers,
  normal,
  positive,
  type Sample,
  zeros,
} from '../../test/support/samples.ts';
import {
  abs,
  add,
  cast,
  clip,
  div,
  exp,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  rsqrt,
  sign,
  sqrt,
  square,
  stopGradient,
  sub,
  where,
} from './elementwise.ts';

const randomBroadcasts = 'NumPy, random broadcasts';

const whole = [{ a: integers(-9, 9, 2, 3), b: integers(1, 5, 3), note: 'whole numbers', tolerance: 'exact' as const }];

export const addCases = cases(add, { torch: 'torch.add', alsoAgainst: randomBroadcasts, ...binary((a, b) => a + b) }, [
  ...everyPair(normal),
  ...whole,
  ...disagree,
]);

export const subCases = cases(sub, { torch: 'torch.sub', alsoAgainst: randomBroadcasts, ...binary((a, b) => a - b) }, [
  ...everyPair(normal),
  ...whole,
  ...disagree,
]);

export const mulCases = cases(mul, { torch: 'torch.mul', alsoAgainst: randomBroadcasts, ...binary((a, b) => a * b) }, [
  ...everyPair(normal),
  ...whole,
  ...disagree,
]);

export const divCases = cases(div, { torch: 'torch.div', ...binary((a, b) => a / b) }, [
  ...everyPair(normal, positive),
  { a: normal(3), b: awayFrom([0], normal(3), 0.5), note: 'a divisor of both signs, not near 0' },
  ...disagree,
]);

export const wholeDivCases = cases(
  div,
  { torch: "torch.div(rounding_mode='trunc')", ...binary((a, b) => Math.trunc(a / b)), tolerance: 'exact' },
  whole,
);

export const powCases = cases(pow, { torch: 'torch.pow', ...binary((a, b) => a ** b) }, [
  ...everyPair(positive, normal),
  ...[-1, 0, 1, 2, 3].map((number) => ({ a: positive(5), b: exactly([number], []), note: 'one whole number for all' })),
]);

export const maximumCases = cases(maximum, { torch: 'torch.maximum', alsoAgainst: randomBroadcasts, ...binary(Math.max) }, [
  ...everyPair(distinct, (...shape) => shifted(distinct(...shape))),
  ...disagree,
]);

export const minimumCases = cases(minimum, { torch: 'torch.minimum', alsoAgainst: randomBroadcasts, ...binary(Math.min) }, [
  ...everyPair(distinct, (...shape) => shifted(distinct(...shape))),
  ...disagree,
]);

/** Numbers that never equal those of the unshifted sample: kinks lie where the two sides are equal. */
function shifted(sample: Sample): Sample {
  return { ...sample, draw: (key) => sample.draw(key).map((x) => x + 0.0625) };
}

export const negCases = cases(neg, { torch: 'torch.neg', ...unary((x) => -x), tolerance: 'exact' }, [
  ...everyRank(normal),
  { x: integers(-5, 5, 4), note: 'whole numbers' },
]);

export const absCases = cases(abs, { torch: 'torch.abs', ...unary(Math.abs), tolerance: 'exact' }, [
  ...everyRank(noZero),
  { x: integers(-5, 5, 4), note: 'whole numbers' },
]);

export const signCases = cases(sign, { torch: 'torch.sign', ...unary(Math.sign), tolerance: 'exact' }, [
  ...everyRank(noZero),
  { x: integers(-2, 3, 8), note: 'whole numbers and 0' },
]);

export const expCases = smooth(exp, 'torch.exp', Math.exp);
export const logCases = smooth(log, 'torch.log', Math.log, positive);
export const sqrtCases = smooth(sqrt, 'torch.sqrt', Math.sqrt, positive);
export const reciprocalCases = smooth(
  reciprocal,
  'torch.reciprocal',
  (x) => 1 / x,
  (...shape) => awayFrom([0], normal(...shape), 0.5),
);
export const rsqrtCases = smooth(rsqrt, 'torch.rsqrt', (x) => 1 / Math.sqrt(x), positive);
export const squareCases = cases(square, { inputs: ['x'], torch: 'torch.square', ...unary((x) => x * x) }, [
  ...everyRank(normal),
  inDouble(normal),
  { x: integers(-5, 5, 4), note: 'whole numbers' },
]);

export const whereCases = cases(
  where,
  {
    torch: 'torch.where',
    reference: ({ condition, a, b }) => mapped((c, x, y) => (c ? x : y), condition, a, b),
    tolerance: 'exact',
  },
  [
    { condition: bools(), a: normal(), b: normal() },
    { condition: bools(2, 3), a: normal(2, 3), b: normal(2, 3) },
    { condition: bools(2, 1), a: normal(3), b: normal(), note: 'all three broadcast' },
    { condition: bools(3), a: normal(2, 1, 1), b: normal(4, 1) },
    { condition: bools(5), a: integers(0, 9, 5), b: integers(0, 9, 1), note: 'whole numbers' },
    { condition: bools(2, 3), a: bools(3), b: bools(), note: 'bools' },
    { condition: zeros(2), a: zeros(2), b: zeros(2), throws: /condition is float32; it needs bool/ },
    { condition: bools(2), a: zeros(2), b: bools(2), throws: /a is float32 and b is bool/ },
    { condition: bools(3), a: zeros(2), b: zeros(2), throws: /condition is \[3\] and a with b is \[2\]/ },
  ],
);

const clipped = (...shape: number[]) => awayFrom([-0.5, 0.75], normal(...shape));

export const clipCases = cases(
  clip,
  {
    torch: 'torch.clamp',
    reference: ({ x, min, max }) =>
      mapped((number) => Math.min(max ?? Number.POSITIVE_INFINITY, Math.max(min ?? Number.NEGATIVE_INFINITY, number)), x),
    tolerance: 'exact',
  },
  [
    ...everyRank(clipped).map(({ x }) => ({ x, min: -0.5, max: 0.75 })),
    { x: clipped(6), min: null, max: 0.75 },
    { x: clipped(6), min: -0.5, max: null },
    { x: clipped(6), min: null, max: null },
    { x: integers(-5, 5, 6), min: -2, max: 3, note: 'whole numbers' },
  ],
);

export const castCases = cases(
  cast,
  { torch: 'Tensor.to(dtype)', reference: ({ x, to }) => castTo(x, to), tolerance: 'exact' },
  [
    { x: noZero(2, 3), to: 'float32', note: 'the same type' },
    { x: normal(), to: 'float64' },
    {
      x: awayFrom([-3, -2, -1, 0, 1, 2, 3], normal(2, 3), 0.01),
      to: 'int64',
      note: 'towards 0; away from whole numbers, where it jumps',
    },
    { x: awayFrom([-3, -2, -1, 0, 1, 2, 3], normal(2, 3), 0.01), to: 'int32' },
    { x: noZero(4), to: 'bool', note: 'anything but 0 is true' },
    { x: bools(2, 1, 3), to: 'float32' },
    { x: integers(-5, 5, 4), to: 'float32' },
  ],
);

function castTo(x: Plain, to: string): Plain {
  if (to === 'bool') return mapped((number) => Number(number !== 0), x);
  return to.startsWith('int') ? mapped(Math.trunc, x) : x;
}

export const stopGradientCases = cases(
  stopGradient,
  { torch: 'Tensor.detach', reference: ({ x }) => x, differentiated: ({ x }) => mapped(() => 0, x), tolerance: 'exact' },
  everyRank(normal),
);
