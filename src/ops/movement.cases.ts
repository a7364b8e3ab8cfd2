import { cases } from '../../test/support/cases.ts';
import { at, build, type Plain, transposed } from '../../test/support/reference.ts';
import { as, bools, integers, normal, zeros } from '../../test/support/samples.ts';
import {
  concat,
  expand,
  expandRow,
  pad,
  reshape,
  reshapeRow,
  slice,
  split,
  stridedSlice,
  transpose,
  zerosLike,
} from './movement.ts';

const reshaped = ({ x, shape }: { x: Plain; shape: readonly number[] }) => {
  const known = shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
  return { shape: shape.map((length) => (length === -1 ? x.data.length / known : length)), data: x.data };
};

export const reshapeCases = cases(reshape, { torch: 'torch.reshape', inputs: ['x'], reference: reshaped, tolerance: 'exact' }, [
  { x: normal(2, 3), shape: [3, 2] },
  { x: normal(2, 3), shape: [2, 3], note: 'the same shape' },
  { x: normal(2, 3, 4), shape: [-1, 4] },
  { x: normal(6), shape: [1, 2, 3, 1] },
  { x: normal(1, 1), shape: [], note: 'to a scalar' },
  { x: normal(), shape: [1, 1], note: 'from a scalar' },
  { x: integers(0, 9, 4), shape: [2, 2] },
  { x: bools(4), shape: [2, 2] },
  { x: zeros(2, 3), shape: [4, 2], throws: /6 elements do not fill \[4, 2\], which needs 8/ },
  { x: zeros(2, 3), shape: [-1, 4], throws: /needs a multiple of 4/ },
  { x: zeros(2, 3), shape: [-1, -1], throws: /at most one -1/ },
  { x: zeros(2, 3), shape: [1.5, 4], throws: /lengths are whole numbers/ },
]);

export const reshapeRowCases = cases(reshapeRow, { torch: '—', reference: reshaped, tolerance: 'exact' }, [
  { x: normal(2, 3), shape: [2, 3], note: 'the same shape, but another value' },
  { x: normal(), shape: [] },
]);

export const transposeCases = cases(
  transpose,
  { torch: 'torch.permute', reference: ({ x, perm }) => transposed(x, perm), tolerance: 'exact' },
  [
    { x: normal(), perm: [] },
    { x: normal(3), perm: [0] },
    { x: normal(2, 3), perm: [1, 0] },
    { x: normal(2, 3), perm: [0, 1], note: 'as it lies' },
    { x: normal(2, 3, 4), perm: [2, 0, 1], note: 'its own inverse is another' },
    { x: normal(2, 1, 3, 2), perm: [3, 1, 0, 2] },
    { x: integers(0, 9, 2, 3), perm: [1, 0] },
    { x: zeros(2, 3), perm: [0], throws: /perm must name each axis from 0 to 1 once/ },
    { x: zeros(2, 3), perm: [0, 0], throws: /perm must name each axis/ },
    { x: zeros(2, 3), perm: [1, 2], throws: /perm must name each axis/ },
  ],
);

const expanded = ({ x, shape }: { x: Plain; shape: readonly number[] }) => build(shape, (place) => at(x, place));
const expansions = [
  { x: normal(), shape: [2, 3] },
  { x: normal(3), shape: [2, 3] },
  { x: normal(2, 1), shape: [2, 3] },
  { x: normal(1, 2, 1), shape: [4, 3, 2, 5] },
  { x: integers(0, 9, 2, 1), shape: [2, 2] },
  { x: zeros(2, 3), shape: [3], throws: /x is \[2, 3\] and shape is \[3\]; each length of x/ },
  { x: zeros(2, 3), shape: [2, 1], throws: /shape is \[2, 1\]; each length of x/ },
  { x: zeros(2, 3), shape: [4, 3], throws: /must be 1 or the one of shape/ },
];

export const expandCases = cases(expand, { torch: 'Tensor.expand', inputs: ['x'], reference: expanded, tolerance: 'exact' }, [
  ...expansions,
  { x: normal(2, 3), shape: [2, 3], note: 'the same shape' },
  { x: normal(), shape: [] },
]);

export const expandRowCases = cases(expandRow, { torch: '—', reference: expanded, tolerance: 'exact' }, expansions);

const bound = (position: number, length: number) => (position < 0 ? position + length : position);

export const sliceCases = cases(
  slice,
  {
    inputs: ['x'],
    torch: 'x[start:end:step]',
    reference: ({ x, axis, start, end, step = 1 }: { x: Plain; axis: number; start: number; end?: number; step?: number }) => {
      const along = bound(axis, x.shape.length);
      const length = x.shape[along]!;
      const from = bound(start, length);
      const to = end === undefined ? (step > 0 ? length : -1) : bound(end, length);
      return build(x.shape.with(along, Math.ceil((to - from) / step)), (place) =>
        at(x, place.with(along, length === 1 ? 0 : place[along]! * step + from)),
      );
    },
    tolerance: 'exact',
  },
  [
    { x: normal(5), axis: 0, start: 1, end: 3 },
    { x: normal(5), axis: 0, start: 2, note: 'to the end' },
    { x: normal(2, 5), axis: -1, start: -3, end: -1, note: 'counted from the back' },
    { x: normal(2, 5), axis: 0, start: 0, end: 2, note: 'everything' },
    { x: normal(2, 5, 3), axis: 1, start: 4 },
    { x: normal(2, 1, 4, 3), axis: 2, start: 1, end: 3 },
    { x: integers(0, 9, 5), axis: 0, start: 1 },
    { x: normal(7), axis: 0, start: 1, step: 2 },
    { x: normal(2, 8), axis: 1, start: 1, end: 7, step: 3 },
    { x: normal(7), axis: 0, start: -1, step: -1, note: 'backwards' },
    { x: normal(2, 8, 2), axis: 1, start: 6, end: 1, step: -2 },
    { x: normal(3), axis: 0, start: 1, step: 5, note: 'one element' },
    { x: zeros(5), axis: 0, start: 1, step: 0, throws: /step is 0; it must be a whole number other than 0/ },
    { x: zeros(5), axis: 0, start: 1, end: 3, step: -1, throws: /the range on axis 0 is 1 to 3 by -1/ },
    { x: zeros(5), axis: 0, start: 3, end: 3, throws: /the range on axis 0 is 3 to 3; it must hold at least one element/ },
    { x: zeros(5), axis: 0, start: 2, end: 6, throws: /within 0 to 5/ },
    { x: zeros(5), axis: 0, start: -6, throws: /the range on axis 0 is -1 to 5/ },
    { x: zeros(5), axis: 1, start: 0, throws: /there is no axis 1 in a tensor of 1 axes/ },
  ],
);

export const padCases = cases(
  pad,
  {
    torch: 'F.pad',
    reference: ({ x, axis, before, after }) =>
      build(x.shape.with(axis, x.shape[axis]! + before + after), (place) => {
        const position = place[axis]! - before;
        return position < 0 || position >= x.shape[axis]! ? 0 : at(x, place.with(axis, position));
      }),
    tolerance: 'exact',
  },
  [
    { x: normal(3), axis: 0, before: 1, after: 2 },
    { x: normal(2, 3), axis: 1, before: 0, after: 1 },
    { x: normal(2, 3), axis: 0, before: 2, after: 0 },
    { x: normal(2, 1, 3, 2), axis: 1, before: 1, after: 1 },
    { x: integers(1, 9, 3), axis: 0, before: 1, after: 1 },
    { x: zeros(3), axis: 1, before: 1, after: 1, throws: /there is no axis 1/ },
    { x: zeros(3), axis: 0, before: -1, after: 1, throws: /before is -1 and after is 1; both must be whole numbers from 0/ },
  ],
);

function joined(xs: readonly Plain[], axis: number): Plain {
  const along = bound(axis, xs[0]!.shape.length);
  const total = xs.reduce((count, x) => count + x.shape[along]!, 0);
  return build(xs[0]!.shape.with(along, total), (place) => {
    let position = place[along]!;
    const part = xs.find((x) => {
      if (position < x.shape[along]!) return true;
      position -= x.shape[along]!;
      return false;
    })!;
    return at(part, place.with(along, position));
  });
}

export const concatCases = cases(
  concat,
  {
    torch: 'torch.cat',
    inputs: ['...xs'],
    reference: ({ xs, axis }: { xs: readonly Plain[]; axis: number }) => joined(xs, axis),
    tolerance: 'exact',
  },
  [
    { xs: [normal(2), normal(3)], axis: 0 },
    { xs: [normal(2, 3)], axis: 0, note: 'one alone' },
    { xs: [normal(2, 3), normal(2, 1), normal(2, 4)], axis: 1 },
    { xs: [normal(2, 3), normal(1, 3)], axis: -2 },
    { xs: [normal(2, 1, 2, 3), normal(2, 2, 2, 3)], axis: 1 },
    { xs: [integers(0, 9, 2), integers(0, 9, 2)], axis: 0 },
    { xs: [], axis: 0, throws: /there are no tensors to join/ },
    { xs: [zeros(2, 3), zeros(2, 4)], axis: 0, throws: /must have the same lengths on every axis but 0/ },
    { xs: [zeros(2, 3), zeros(6)], axis: 0, throws: /\[2, 3\], \[6\] must have the same lengths/ },
    { xs: [zeros(2), as('int64', zeros(2))], axis: 0, throws: /element types are float32, int64; all need one/ },
    { xs: [zeros(2), zeros(2)], axis: 1, throws: /there is no axis 1/ },
    { xs: [zeros(), zeros()], axis: 0, throws: /a scalar has no axes/ },
  ],
);

export const splitCases = cases(
  split,
  {
    torch: 'torch.split',
    inputs: ['x'],
    reference: ({ x, axis, sizes }: { x: Plain; axis: number; sizes: readonly number[] }) => {
      const along = bound(axis, x.shape.length);
      let start = 0;
      return sizes.map((size) => {
        const from = start;
        start += size;
        return build(x.shape.with(along, size), (place) => at(x, place.with(along, place[along]! + from)));
      });
    },
    tolerance: 'exact',
  },
  [
    { x: normal(5), axis: 0, sizes: [2, 3] },
    { x: normal(5), axis: 0, sizes: [5], note: 'one part' },
    { x: normal(2, 6), axis: -1, sizes: [1, 2, 3] },
    { x: normal(4, 3, 2), axis: 1, sizes: [1, 1, 1] },
    { x: zeros(5), axis: 0, sizes: [2, 2], throws: /must be positive and add up to 5 on axis 0/ },
    { x: zeros(5), axis: 0, sizes: [5, 0], throws: /must be positive/ },
    { x: zeros(5), axis: 2, sizes: [5], throws: /there is no axis 2/ },
  ],
);

export const zerosLikeCases = cases(
  zerosLike,
  { torch: 'torch.zeros_like', inputs: ['x'], reference: ({ x }) => build(x.shape, () => 0), tolerance: 'exact' },
  [{ x: normal() }, { x: normal(2, 3) }, { x: normal(2, 1, 3) }, { x: integers(0, 9, 2, 2) }],
);

export const stridedSliceCases = cases(
  stridedSlice,
  {
    torch: 'x[start::step]',
    reference: ({ x, axis, start, step, count }) =>
      build(x.shape.with(axis, count), (place) => at(x, place.with(axis, start + place[axis]! * step))),
    tolerance: 'exact',
  },
  [
    { x: normal(7), axis: 0, start: 1, step: 2, count: 3 },
    { x: normal(7), axis: 0, start: 0, step: 3, count: 3, note: 'to the last' },
    { x: normal(2, 7), axis: 1, start: 5, step: -2, count: 2, note: 'not to the first' },
    { x: normal(7, 2), axis: 0, start: 6, step: -3, count: 3, note: 'to the first' },
    { x: bools(6), axis: 0, start: 5, step: -1, count: 6 },
  ],
);
