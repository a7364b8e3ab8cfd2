import { cases } from '../../test/support/cases.ts';
import { meanOf, type Plain, reduced, sumOf } from '../../test/support/reference.ts';
import { awayFrom, bools, distinct, exactly, integers, normal, positive, type Sample } from '../../test/support/samples.ts';
import type { Value } from '../graph/index.ts';
import { all, any, logsumexp, norm, prod, std, variance } from './statistics.ts';

type Over = { axes: readonly number[]; keepDims: boolean };

const everyReduction = (make: (...shape: number[]) => Sample) => [
  { x: make(4), axes: [0], keepDims: false },
  { x: make(3, 4), axes: [1], keepDims: true },
  { x: make(2, 3, 4), axes: [0, 2], keepDims: false },
  { x: make(2, 3, 2), axes: [0, 1, 2], keepDims: true, note: 'all axes' },
  { x: make(3, 1, 4), axes: [0], keepDims: false },
];

const over = <A extends object = object>(
  op: (x: Value, options: Over & A) => Value,
  torch: string,
  f: (numbers: readonly number[], options: A) => number,
  list: readonly object[],
) =>
  cases(
    op,
    {
      inputs: ['x'],
      torch,
      reference: ({ x, axes, keepDims, ...options }: { x: Plain } & Over & A) =>
        reduced(x, { axes, keepDims }, (numbers) => f(numbers, options as unknown as A)),
      tolerance: 'rounding',
    },
    list as never,
  );

export const prodCases = over(prod, 'torch.prod', (numbers) => numbers.reduce((a, b) => a * b, 1), [
  ...everyReduction(normal),
  { x: normal(2, 3), axes: [], keepDims: false, note: 'no axes' },
  { x: exactly([2, 0, 3, -1]), axes: [0], keepDims: false, note: 'one element is 0' },
  { x: exactly([2, 0, 3, 0]), axes: [0], keepDims: false, note: 'two are 0' },
  { x: integers(-3, 4, 5), axes: [0], keepDims: false, note: 'whole numbers' },
  { x: bools(3), axes: [0], keepDims: false, throws: /prod: x is bool/ },
]);

export const logsumexpCases = over(
  logsumexp,
  'torch.logsumexp',
  (numbers) => {
    const largest = Math.max(...numbers);
    return largest + Math.log(sumOf(numbers.map((x) => Math.exp(x - largest))));
  },
  [
    ...everyReduction(normal),
    { x: exactly([1000, 1001, -1000, -1001], [2, 2]), axes: [1], keepDims: false, note: 'large numbers do not overflow' },
    { x: normal(2), axes: [], keepDims: false, note: 'no axes' },
  ],
);

const varianceOf = (numbers: readonly number[], { correction }: { correction: number }) => {
  const center = meanOf(numbers);
  return sumOf(numbers.map((x) => (x - center) ** 2)) / (numbers.length - correction);
};
const corrected = [
  ...everyReduction(distinct).map((each) => ({ ...each, correction: 1 })),
  { x: normal(3, 4), axes: [1], keepDims: false, correction: 0 },
];

export const varianceCases = over<{ correction: number }>(variance, 'torch.var', varianceOf, [
  ...corrected,
  { x: exactly([10.5, 11, 12]), axes: [0], keepDims: false, correction: 1, note: 'far from 0' },
]);
export const stdCases = over<{ correction: number }>(
  std,
  'torch.std',
  (numbers, options) => Math.sqrt(varianceOf(numbers, options)),
  corrected,
);

const normOf = (numbers: readonly number[], { p }: { p: number }) => {
  const sizes = numbers.map(Math.abs);
  if (p === Number.POSITIVE_INFINITY) return Math.max(...sizes);
  if (p === Number.NEGATIVE_INFINITY) return Math.min(...sizes);
  if (p === 0) return sizes.filter((x) => x !== 0).length;
  return sumOf(sizes.map((x) => x ** p)) ** (1 / p);
};
const apart = (...shape: number[]): Sample => {
  const sample = awayFrom([0], distinct(...shape));
  // No two sizes are equal: at −x and x an extreme of sizes has a kink.
  return { ...sample, draw: (key) => sample.draw(key).map((x) => (x < 0 ? x - 0.0625 : x)) };
};

export const normCases = over<{ p: number }>(norm, 'torch.linalg.vector_norm', normOf, [
  ...everyReduction(apart).map((each) => ({ ...each, p: 2 })),
  ...[1, 3, 0.5, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((p) => ({
    x: apart(3, 4),
    axes: [1],
    keepDims: false,
    p,
  })),
  { x: integers(-2, 2, 9), axes: [0], keepDims: false, p: 0, note: 'a count' },
]);

export const anyCases = over(any, 'torch.any', (numbers) => Number(numbers.some((x) => x !== 0)), [
  { x: bools(3, 2), axes: [1], keepDims: false },
  { x: bools(3, 2), axes: [0, 1], keepDims: true },
  { x: integers(0, 2, 4, 2), axes: [1], keepDims: false },
  { x: positive(3), axes: [0], keepDims: false },
]);
export const allCases = over(all, 'torch.all', (numbers) => Number(numbers.every((x) => x !== 0)), [
  { x: bools(3, 2), axes: [1], keepDims: false },
  { x: bools(3, 2), axes: [0, 1], keepDims: true },
  { x: integers(0, 2, 4, 2), axes: [1], keepDims: false },
  { x: exactly([1, 0, 2]), axes: [0], keepDims: false },
]);
