import { cases } from '../../test/support/cases.ts';
import { erfOf, mapped, type Plain } from '../../test/support/reference.ts';
import {
  as,
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
import type { Op } from '../graph/index.ts';
import {
  abs,
  add,
  cast,
  clip,
  cos,
  div,
  equal,
  erf,
  exp,
  gelu,
  greater,
  greaterOrEqual,
  halfPlusHalf,
  less,
  lessOrEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  relu,
  sigmoid,
  sign,
  sin,
  sqrt,
  stopGradient,
  sub,
  tanh,
  where,
} from './elementwise.ts';

type Binary = Op<['a', 'b']>;
type Unary = Op<['x']>;

/** All ranks from a scalar to four axes, and an axis of length 1; `make` gives inputs on which the function is smooth. */
const everyRank = (make: (...shape: number[]) => Sample) => [
  { x: make() },
  { x: make(5) },
  { x: make(2, 3) },
  { x: make(2, 1, 3) },
  { x: make(1, 2, 3, 2) },
];

/** The ways two shapes broadcast. */
const everyPair = (a: (...shape: number[]) => Sample, b = a) => [
  { a: a(), b: b() },
  { a: a(2, 3), b: b(2, 3) },
  { a: a(2, 3), b: b(), note: 'a scalar on the right' },
  { a: a(), b: b(2, 3), note: 'a scalar on the left' },
  { a: a(2, 3), b: b(3), note: 'a row' },
  { a: a(2, 1), b: b(2, 3), note: 'a column' },
  { a: a(4, 1, 3), b: b(2, 1), note: 'both sides broadcast' },
  { a: a(1, 3, 1, 2), b: b(2, 1, 4, 1), note: 'four axes' },
];

const disagree = [
  { a: zeros(2, 3), b: zeros(4, 3), throws: /axis -2 is 2 in a and 4 in b/ },
  { a: zeros(2, 3), b: as('int64', zeros(2, 3)), throws: /a is float32 and b is int64; both need one element type/ },
];

const whole = [{ a: integers(-9, 9, 2, 3), b: integers(1, 5, 3), note: 'whole numbers', tolerance: 'exact' as const }];

const unary = (f: (x: number) => number) => ({
  reference: ({ x }: { x: Plain }) => mapped(f, x),
  tolerance: 'rounding' as const,
});
const binary = (f: (a: number, b: number) => number) => ({
  reference: ({ a, b }: { a: Plain; b: Plain }) => mapped(f, a, b),
  tolerance: 'rounding' as const,
});

const notFloat = { x: as('int64', zeros(2)), throws: /x is int64; it needs a floating-point type/ };

export const addCases = cases(
  add,
  binary((a, b) => a + b),
  [...everyPair(normal), ...whole, ...disagree],
);

export const subCases = cases(
  sub,
  binary((a, b) => a - b),
  [...everyPair(normal), ...whole, ...disagree],
);

export const mulCases = cases(
  mul,
  binary((a, b) => a * b),
  [...everyPair(normal), ...whole, ...disagree],
);

export const divCases = cases(
  div,
  binary((a, b) => a / b),
  [
    ...everyPair(normal, positive),
    { a: normal(3), b: awayFrom([0], normal(3), 0.5), note: 'a divisor of both signs, not near 0' },
    ...disagree,
  ],
);

export const wholeDivCases = cases(div, { ...binary((a, b) => Math.trunc(a / b)), tolerance: 'exact' }, whole);

export const powCases = cases(
  pow,
  binary((a, b) => a ** b),
  [...everyPair(positive, normal)],
);

export const maximumCases = cases(maximum, binary(Math.max), [
  ...everyPair(distinct, (...shape) => shifted(distinct(...shape))),
  ...disagree,
]);

export const minimumCases = cases(minimum, binary(Math.min), [
  ...everyPair(distinct, (...shape) => shifted(distinct(...shape))),
  ...disagree,
]);

/** Numbers that never equal those of the unshifted sample: kinks lie where the two sides are equal. */
function shifted(sample: Sample): Sample {
  return { ...sample, draw: (key) => sample.draw(key).map((x) => x + 0.0625) };
}

const comparison = (op: Binary, f: (a: number, b: number) => boolean) =>
  cases(op, { reference: ({ a, b }) => mapped((x, y) => Number(f(x, y)), a, b), tolerance: 'exact' }, [
    ...everyPair(normal),
    { a: integers(0, 3, 4, 5), b: integers(0, 3, 4, 5), note: 'with ties' },
    { a: exactly([1, 2, 3]), b: exactly([1, 2.5, 3]), note: 'with ties' },
    ...disagree,
  ]);

export const equalCases = comparison(equal, (a, b) => a === b);
export const greaterCases = comparison(greater, (a, b) => a > b);
export const greaterOrEqualCases = comparison(greaterOrEqual, (a, b) => a >= b);
export const lessCases = comparison(less, (a, b) => a < b);
export const lessOrEqualCases = comparison(lessOrEqual, (a, b) => a <= b);

export const logicalAndCases = cases(logicalAnd, { ...binary((a, b) => a & b), tolerance: 'exact' }, everyPair(bools));
export const logicalOrCases = cases(logicalOr, { ...binary((a, b) => a | b), tolerance: 'exact' }, everyPair(bools));
export const logicalNotCases = cases(logicalNot, { ...unary((x) => 1 - x), tolerance: 'exact' }, everyRank(bools));

export const negCases = cases(neg, { ...unary((x) => -x), tolerance: 'exact' }, [
  ...everyRank(normal),
  { x: integers(-5, 5, 4), note: 'whole numbers' },
]);

const noZero = (...shape: number[]) => awayFrom([0], normal(...shape));

export const absCases = cases(abs, { ...unary(Math.abs), tolerance: 'exact' }, [
  ...everyRank(noZero),
  { x: integers(-5, 5, 4), note: 'whole numbers' },
]);

export const signCases = cases(sign, { ...unary(Math.sign), tolerance: 'exact' }, [
  ...everyRank(noZero),
  { x: integers(-2, 3, 8), note: 'whole numbers and 0' },
]);

const smooth = (op: Unary, f: (x: number) => number, make: (...shape: number[]) => Sample = normal) =>
  cases(op, unary(f), [...everyRank(make), notFloat]);

export const expCases = smooth(exp, Math.exp);
export const logCases = smooth(log, Math.log, positive);
export const sqrtCases = smooth(sqrt, Math.sqrt, positive);
export const reciprocalCases = smooth(
  reciprocal,
  (x) => 1 / x,
  (...shape) => awayFrom([0], normal(...shape), 0.5),
);
export const sinCases = smooth(sin, Math.sin);
export const cosCases = smooth(cos, Math.cos);
export const tanhCases = smooth(tanh, Math.tanh);
export const sigmoidCases = smooth(sigmoid, (x) => 1 / (1 + Math.exp(-x)));
export const erfCases = smooth(erf, erfOf);
export const reluCases = smooth(relu, (x) => Math.max(0, x), noZero);
export const geluCases = smooth(gelu, (x) => (x / 2) * (1 + erfOf(x / Math.SQRT2)));
export const halfPlusHalfCases = smooth(
  halfPlusHalf,
  (x) => Math.min(1, Math.max(0, 0.5 + 0.5 * x)),
  (...shape) => awayFrom([-1, 1], normal(...shape)),
);

export const whereCases = cases(
  where,
  { reference: ({ condition, a, b }) => mapped((c, x, y) => (c ? x : y), condition, a, b), tolerance: 'exact' },
  [
    { condition: bools(), a: normal(), b: normal() },
    { condition: bools(2, 3), a: normal(2, 3), b: normal(2, 3) },
    { condition: bools(2, 1), a: normal(3), b: normal(), note: 'all three broadcast' },
    { condition: bools(3), a: normal(2, 1, 1), b: normal(4, 1) },
    { condition: bools(5), a: integers(0, 9, 5), b: integers(0, 9, 1), note: 'whole numbers' },
    { condition: zeros(2), a: zeros(2), b: zeros(2), throws: /condition is float32; it needs bool/ },
    { condition: bools(2), a: zeros(2), b: bools(2), throws: /a is float32 and b is bool/ },
    { condition: bools(3), a: zeros(2), b: zeros(2), throws: /condition is \[3\] and a with b is \[2\]/ },
  ],
);

const clipped = (...shape: number[]) => awayFrom([-0.5, 0.75], normal(...shape));

export const clipCases = cases(
  clip,
  {
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

export const castCases = cases(cast, { reference: ({ x, to }) => castTo(x, to), tolerance: 'exact' }, [
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
]);

function castTo(x: Plain, to: string): Plain {
  if (to === 'bool') return mapped((number) => Number(number !== 0), x);
  return to.startsWith('int') ? mapped(Math.trunc, x) : x;
}

export const stopGradientCases = cases(
  stopGradient,
  { reference: ({ x }) => x, differentiated: ({ x }) => mapped(() => 0, x), tolerance: 'exact' },
  everyRank(normal),
);
