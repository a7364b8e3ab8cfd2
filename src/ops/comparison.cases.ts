import { cases } from '../../test/support/cases.ts';
import { binary, comparisonCases, everyPair, everyRank, notFloat, unary } from '../../test/support/pointwise-cases.ts';
import { mapped, type Plain } from '../../test/support/reference.ts';
import { as, bools, exactly, normal, type Sample, zeros } from '../../test/support/samples.ts';
import type { Op } from '../graph/index.ts';
import {
  equal,
  greater,
  greaterOrEqual,
  isfinite,
  isinf,
  isnan,
  less,
  lessOrEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
} from './comparison.ts';

const notBools = { a: bools(2), b: bools(2), throws: /a and b are bool; they need a number type/ };

const randomBroadcasts = 'NumPy, random broadcasts';

export const equalCases = comparisonCases(
  equal,
  'torch.eq',
  (a, b) => a === b,
  [{ a: bools(2, 3), b: bools(3), note: 'bools' }],
  randomBroadcasts,
);
export const notEqualCases = comparisonCases(
  notEqual,
  'torch.ne',
  (a, b) => a !== b,
  [{ a: bools(2, 3), b: bools(3), note: 'bools' }],
  randomBroadcasts,
);
export const greaterCases = comparisonCases(greater, 'torch.gt', (a, b) => a > b, [notBools]);
export const greaterOrEqualCases = comparisonCases(greaterOrEqual, 'torch.ge', (a, b) => a >= b, [notBools], randomBroadcasts);
export const lessCases = comparisonCases(less, 'torch.lt', (a, b) => a < b, [notBools], randomBroadcasts);
export const lessOrEqualCases = comparisonCases(lessOrEqual, 'torch.le', (a, b) => a <= b, [notBools]);

const logical = (op: Op<['a', 'b']>, torch: string, f: (a: number, b: number) => number) =>
  cases(op, { torch, ...binary(f), tolerance: 'exact' }, [
    ...everyPair(bools),
    { a: zeros(2), b: zeros(2), throws: /a and b are float32; they need bool/ },
  ]);

export const logicalAndCases = logical(logicalAnd, 'torch.logical_and', (a, b) => a & b);
export const logicalOrCases = logical(logicalOr, 'torch.logical_or', (a, b) => a | b);
export const logicalXorCases = logical(logicalXor, 'torch.logical_xor', (a, b) => a ^ b);
export const logicalNotCases = cases(logicalNot, { torch: 'torch.logical_not', ...unary((x) => 1 - x), tolerance: 'exact' }, [
  ...everyRank(bools),
  { x: zeros(2), throws: /x is float32; it needs bool/ },
]);

const strange = () => exactly([0, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e38], [2, 3]);
const nature = (f: (x: number) => boolean) => ({
  reference: ({ x }: { x: Plain }) => mapped((number) => Number(f(number)), x),
  tolerance: 'exact' as const,
});
const natural: { x: Sample; throws?: RegExp }[] = [
  { x: strange() },
  { x: as('float64', strange()) },
  { x: normal() },
  notFloat,
];

export const isnanCases = cases(isnan, { torch: 'torch.isnan', ...nature(Number.isNaN) }, natural);
export const isinfCases = cases(
  isinf,
  { torch: 'torch.isinf', ...nature((x) => Math.abs(x) === Number.POSITIVE_INFINITY) },
  natural,
);
export const isfiniteCases = cases(isfinite, { inputs: ['x'], torch: 'torch.isfinite', ...nature(Number.isFinite) }, natural);
