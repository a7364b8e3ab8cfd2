import { cases } from '../../test/support/cases.ts';
import { alongAxis, at, build, type Plain } from '../../test/support/reference.ts';
import { bools, distinct, integers, zeros } from '../../test/support/samples.ts';
import { argsort, sort, topk } from './sorting.ts';

/** The places along an axis in order of their elements, equal ones in the order they had. */
const orderOf = (x: Plain, axis: number, descending: boolean): Plain =>
  alongAxis(x, axis, (row) => [...row.keys()].sort((i, k) => (descending ? row[k]! - row[i]! : row[i]! - row[k]!) || i - k));

function first(x: Plain, along: number, k: number, descending: boolean): Plain[] {
  const axis = along < 0 ? along + x.shape.length : along;
  const order = orderOf(x, axis, descending);
  const shape = x.shape.with(axis, k);
  return [
    build(shape, (place) => at(x, place.with(axis, at(order, x.shape[axis] === 1 ? place.with(axis, 0) : place)))),
    build(shape, (place) => at(order, place)),
  ];
}

export const topkCases = cases(
  topk,
  {
    inputs: ['x'],
    torch: 'torch.topk',
    reference: ({ x, k, axis, largest = true }: { x: Plain; k: number; axis: number; largest?: boolean }) =>
      first(x, axis, k, largest),
    tolerance: 'exact',
  },
  [
    { x: distinct(6), k: 2, axis: 0 },
    { x: distinct(3, 5), k: 3, axis: -1, largest: false },
    { x: distinct(4, 3), k: 4, axis: 0, note: 'all' },
    { x: integers(0, 3, 8), k: 5, axis: 0, note: 'of equals the first', needs: 'StableTopK' },
    { x: zeros(3), k: 4, axis: 0, throws: /k is 4; on axis 0 it must be from 1 to 3/ },
    { x: bools(3), k: 1, axis: 0, throws: /topk: x is bool/ },
  ],
);

export const sortCases = cases(
  sort,
  {
    inputs: ['x'],
    torch: 'torch.sort',
    reference: ({ x, axis, descending = false }: { x: Plain; axis: number; descending?: boolean }) =>
      first(x, axis, x.shape.at(axis)!, descending),
    tolerance: 'exact',
  },
  [
    { x: distinct(6), axis: 0 },
    { x: distinct(3, 4), axis: 0, descending: true },
    { x: distinct(2, 3, 4), axis: -1 },
    { x: integers(0, 3, 9), axis: 0, note: 'equal ones keep their order', needs: 'StableTopK' },
    { x: integers(0, 3, 9), axis: 0, descending: true, note: 'equal ones keep their order', needs: 'StableTopK' },
  ],
);

export const argsortCases = cases(
  argsort,
  {
    inputs: ['x'],
    torch: 'torch.argsort(stable=True)',
    reference: ({ x, axis, descending = false }: { x: Plain; axis: number; descending?: boolean }) =>
      first(x, axis, x.shape.at(axis)!, descending)[1]!,
    tolerance: 'exact',
  },
  [
    { x: distinct(6), axis: 0 },
    { x: integers(0, 3, 3, 5), axis: 1, descending: true, needs: 'StableTopK' },
  ],
);
