import { cases } from '../../test/support/cases.ts';
import { at, build, mapped, type Plain, places } from '../../test/support/reference.ts';
import { as, bools, exactly, integers, normal, zeros } from '../../test/support/samples.ts';
import { gather, indexSelect, maskedFill, scatter, takeAlongDim } from './scatter.ts';

const counted = (index: number, length: number) => (index < 0 ? index + length : index);
const given = (numbers: readonly number[], ...shape: number[]) => as('int64', exactly(numbers, shape));

export const indexSelectCases = cases(
  indexSelect,
  {
    torch: 'torch.index_select',
    reference: ({ x, indices, axis }) => {
      const count = indices.shape.length;
      return build(x.shape.toSpliced(axis, 1, ...indices.shape), (place) => {
        const index = counted(at(indices, place.slice(axis, axis + count)), x.shape[axis]!);
        return at(x, place.toSpliced(axis, count, index));
      });
    },
    tolerance: 'exact',
  },
  [
    { x: normal(5), indices: integers(0, 5, 3), axis: 0 },
    { x: normal(3, 5), indices: integers(0, 5, 4), axis: 1 },
    { x: normal(2, 4, 3), indices: integers(0, 4, 2, 3), axis: 1, note: 'indices of two axes' },
    { x: normal(2, 4, 3), indices: given([2]), axis: 1, note: 'one index, which is a scalar' },
    { x: normal(2, 4), indices: given([-1, 0, -4], 3), axis: 1, note: 'counted from the back' },
    { x: bools(2, 4), indices: as('int32', integers(0, 4, 3)), axis: 1 },
    { x: zeros(3), indices: zeros(2), axis: 0, throws: /the indices are float32/ },
    { x: zeros(3), indices: given([0], 1), axis: 1, throws: /there is no axis 1/ },
  ],
);

const taken = (x: Plain, indices: Plain, axis: number) =>
  build(indices.shape, (place) => at(x, place.with(axis, counted(at(indices, place), x.shape[axis]!))));

export const gatherCases = cases(
  gather,
  {
    inputs: ['x', 'indices'],
    torch: 'torch.gather',
    reference: ({ x, indices, axis }: { x: Plain; indices: Plain; axis: number }) => taken(x, indices, axis),
    tolerance: 'exact',
  },
  [
    { x: normal(2, 5), indices: integers(0, 5, 2, 3), axis: 1 },
    { x: normal(4, 5), indices: integers(0, 4, 2, 3), axis: 0, note: 'shorter on the other axis' },
    { x: normal(3, 3, 2), indices: integers(0, 3, 2, 4, 1), axis: 1 },
    { x: zeros(2, 3), indices: given([0, 0, 0], 3, 1), axis: 1, throws: /on every axis but 1 no more elements than x/ },
  ],
);

export const takeAlongDimCases = cases(
  takeAlongDim,
  {
    inputs: ['x', 'indices'],
    torch: 'torch.take_along_dim',
    reference: ({ x, indices, axis }: { x: Plain; indices: Plain; axis: number }) => {
      const lengths = x.shape.map((length, i) => (i === axis ? indices.shape[i]! : Math.max(length, indices.shape[i]!)));
      return build(lengths, (place) => {
        const index = at(indices, place);
        return at(x, place.with(axis, counted(index, x.shape[axis]!)));
      });
    },
    tolerance: 'exact',
  },
  [
    { x: normal(2, 5), indices: integers(0, 5, 1, 3), axis: 1, note: 'the indices broadcast' },
    { x: normal(1, 5), indices: integers(0, 5, 4, 2), axis: 1, note: 'x broadcasts' },
    { x: zeros(2, 3), indices: given([0], 1), axis: 1, throws: /they must have as many axes/ },
    { x: zeros(2, 3), indices: given([0, 0, 0], 3, 1), axis: 1, throws: /axis -2 is 2 in x and 3 in indices/ },
  ],
);

export const scatterCases = cases(
  scatter,
  {
    torch: 'torch.scatter, torch.scatter_add',
    reference: ({ x, indices, updates, axis, reduce }) => {
      const data = [...x.data];
      for (const place of places(indices.shape)) {
        const target = place.with(axis, counted(at(indices, place), x.shape[axis]!));
        const flat = target.reduce((index, position, i) => index * x.shape[i]! + position, 0);
        data[flat] = (reduce === 'add' ? data[flat]! : 0) + at(updates, place);
      }
      return { shape: x.shape, data };
    },
    tolerance: 'rounding',
  },
  [
    { x: normal(5), indices: given([3, 0], 2), updates: normal(2), axis: 0, reduce: 'none' },
    { x: normal(2, 5), indices: given([3, -1, 0, 1], 2, 2), updates: normal(2, 2), axis: 1, reduce: 'none' },
    { x: normal(2, 5), indices: integers(0, 5, 2, 4), updates: normal(2, 4), axis: 1, reduce: 'add', note: 'several into one' },
    { x: normal(4, 5), indices: integers(0, 4, 3, 2), updates: normal(3, 2), axis: 0, reduce: 'add', note: 'shorter' },
    { x: integers(0, 9, 5), indices: given([3, 0], 2), updates: integers(0, 9, 2), axis: 0, reduce: 'add' },
    {
      x: zeros(5),
      indices: given([3, 0], 2),
      updates: zeros(3),
      axis: 0,
      reduce: 'none',
      throws: /updates are \[3\] and indices are \[2\]/,
    },
    { x: zeros(5), indices: zeros(2), updates: zeros(2), axis: 0, reduce: 'none', throws: /the indices are float32/ },
    {
      x: zeros(5),
      indices: given([3, 0], 2),
      updates: as('int64', zeros(2)),
      axis: 0,
      reduce: 'none',
      throws: /x is float32 and updates are int64/,
    },
  ],
);

export const maskedFillCases = cases(
  maskedFill,
  {
    inputs: ['x', 'mask'],
    torch: 'torch.masked_fill',
    reference: ({ x, mask, value }: { x: Plain; mask: Plain; value: number }) =>
      mapped((number, isMasked) => (isMasked ? value : number), x, mask),
    tolerance: 'exact',
  },
  [
    { x: normal(2, 3), mask: bools(2, 3), value: -10 },
    { x: normal(2, 3), mask: bools(3), value: 0, note: 'the mask broadcasts' },
    { x: integers(0, 9, 4), mask: bools(4), value: 7 },
    { x: zeros(3), mask: zeros(3), value: 0, throws: /mask is float32; it needs bool/ },
  ],
);
