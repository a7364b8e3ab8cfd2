import { cases } from '../../test/support/cases.ts';
import { meanOf, type Plain, reduced, sumOf } from '../../test/support/reference.ts';
import { as, bools, distinct, integers, normal, type Sample, zeros } from '../../test/support/samples.ts';
import type { Op } from '../graph/index.ts';
import { argmax, argmin, max, mean, min, sum, sumSquare } from './reduce.ts';

type Reduction = Op<['x'], { axes: readonly number[]; keepDims: boolean }>;

/** Every place that axes can lie at: in front, behind, in between, all, none. */
const reductions = (make: (...shape: number[]) => Sample) => [
  { x: make(), axes: [], keepDims: false },
  { x: make(2, 3), axes: [], keepDims: false, note: 'no axes: nothing is reduced' },
  { x: make(4), axes: [0], keepDims: false },
  { x: make(4), axes: [0], keepDims: true },
  { x: make(3, 4), axes: [0], keepDims: false, note: 'the first axis' },
  { x: make(3, 4), axes: [0], keepDims: true },
  { x: make(3, 4), axes: [1], keepDims: false, note: 'the last axis' },
  { x: make(3, 4), axes: [1], keepDims: true },
  { x: make(3, 4), axes: [0, 1], keepDims: false, note: 'all axes' },
  { x: make(3, 1, 4), axes: [1], keepDims: false, note: 'an axis of length 1' },
  { x: make(2, 3, 4), axes: [0, 1], keepDims: false, note: 'leading axes' },
  { x: make(2, 3, 4), axes: [0, 2], keepDims: true, note: 'axes apart' },
  { x: make(2, 3, 2, 2), axes: [1, 2], keepDims: false, note: 'axes in the middle' },
];

const reduction = (op: Reduction, f: (numbers: readonly number[]) => number, make: typeof normal, extra: readonly object[]) =>
  cases(
    op,
    {
      torch: op.row.name === 'sumSquare' ? '—' : `torch.${{ max: 'amax', min: 'amin' }[op.row.name] ?? op.row.name}`,
      reference: ({ x, axes, keepDims }) => reduced(x, { axes, keepDims }, f),
      tolerance: 'rounding',
    },
    [
      ...reductions(make),
      { x: bools(3), axes: [0], keepDims: false, throws: /x is bool; it needs a (number|floating-point) type/ },
      ...(extra as []),
    ],
  );

const whole = { x: integers(-9, 9, 3, 4), axes: [0], keepDims: false, note: 'whole numbers', tolerance: 'exact' };
const refuseWhole = {
  x: as('int64', zeros(3)),
  axes: [0],
  keepDims: false,
  throws: /x is int64; it needs a floating-point type/,
};

export const sumCases = reduction(sum, sumOf, normal, [
  whole,
  { x: normal(3, 4), axes: [0], keepDims: false, ofFactor: true, note: 'of a factor of products' },
]);
export const meanCases = reduction(mean, meanOf, normal, [refuseWhole]);
export const maxCases = reduction(max, (numbers) => Math.max(...numbers), distinct, [whole]);
export const minCases = reduction(min, (numbers) => Math.min(...numbers), distinct, [whole]);
export const sumSquareCases = reduction(sumSquare, (numbers) => sumOf(numbers.map((x) => x * x)), normal, [refuseWhole]);

type Place = { x: Plain; axis: number; keepDims: boolean };
const placeOf =
  (extreme: (...numbers: number[]) => number) =>
  ({ x, axis, keepDims }: Place) =>
    reduced(x, { axes: [axis], keepDims }, (numbers) => numbers.indexOf(extreme(...numbers)));

const rows = [
  { x: normal(4), axis: 0, keepDims: false },
  { x: normal(3, 4), axis: 0, keepDims: true },
  { x: normal(2, 3, 4), axis: 1, keepDims: false },
  { x: normal(2, 1, 3, 2), axis: 3, keepDims: true },
  { x: integers(0, 3, 4, 6), axis: 1, keepDims: false, note: 'the first of equals' },
  { x: as('float32', integers(0, 2, 3, 6)), axis: 1, keepDims: false, note: 'the first of equals' },
  { x: zeros(3), axis: 1, keepDims: false, throws: /there is no axis 1/ },
  { x: bools(3), axis: 0, keepDims: false, throws: /x is bool; it needs a number type/ },
];

export const argmaxCases = cases(argmax, { torch: 'torch.argmax', reference: placeOf(Math.max), tolerance: 'exact' }, rows);
export const argminCases = cases(argmin, { torch: 'torch.argmin', reference: placeOf(Math.min), tolerance: 'exact' }, rows);
