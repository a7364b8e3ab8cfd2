import { cases } from '../../test/support/cases.ts';
import { at, build, mapped, type Plain, places } from '../../test/support/reference.ts';
import { as, exactly, integers, normal, zeros } from '../../test/support/samples.ts';
import { sizeOf } from '../core/index.ts';
import { addAlong, dropoutMask, gatherRows, oneHot, pickRows, placeRows, scatterRows, takeAlong } from './indexing.ts';

const counted = (index: number, length: number) => (index < 0 ? index + length : index);

function picked(x: Plain, indices: Plain, paddingIdx: number | null): Plain {
  const rank = indices.shape.length;
  return build([...indices.shape, ...x.shape.slice(1)], (place) => {
    const index = counted(at(indices, place.slice(0, rank)), x.shape[0]!);
    return paddingIdx !== null && index === counted(paddingIdx, x.shape[0]!) ? 0 : at(x, [index, ...place.slice(rank)]);
  });
}

const given = (numbers: readonly number[], ...shape: number[]) => as('int64', exactly(numbers, shape));

export const gatherRowsCases = cases(
  gatherRows,
  {
    torch: 'F.embedding',
    reference: ({ x, indices }) => picked(x, indices, null),
    // The padding row is read as any other, but does not learn: along it the result counts as constant.
    differentiated: ({ x, indices, paddingIdx }) => picked(x, indices, paddingIdx),
    tolerance: 'exact',
  },
  [
    { x: normal(5, 3), indices: integers(0, 5, 4), paddingIdx: null },
    { x: normal(5), indices: integers(0, 5, 4), paddingIdx: null, note: 'rows of one element' },
    { x: normal(5, 3), indices: given([2]), paddingIdx: null, note: 'one index, which is a scalar' },
    { x: normal(4, 2, 3), indices: integers(0, 4, 2, 3), paddingIdx: null },
    { x: normal(3, 2), indices: given([1, 1, 1, 0], 4), paddingIdx: null, note: 'a row that is read again and again' },
    { x: normal(4, 2), indices: given([-1, -4, 3, 0], 4), paddingIdx: null, note: 'counted from the back' },
    { x: normal(3, 2), indices: given([1, 0, 1, 2], 2, 2), paddingIdx: 1, note: 'the padding row does not learn' },
    { x: normal(3), indices: given([1, 0, 1, 2], 4), paddingIdx: 0 },
    { x: normal(3, 2), indices: given([2, 0], 2), paddingIdx: -1, note: 'padding named from the back' },
    { x: normal(5, 3), indices: as('int32', integers(0, 5, 4)), paddingIdx: 2 },
    { x: integers(0, 99, 5, 2), indices: integers(0, 5, 3), paddingIdx: null, note: 'whole numbers' },
    { x: zeros(5, 3), indices: zeros(2), paddingIdx: null, throws: /the indices are float32; they need int32 or int64/ },
    { x: zeros(), indices: given([0], 1), paddingIdx: null, throws: /x is a scalar/ },
  ],
);

export const pickRowsCases = cases(
  pickRows,
  { torch: 'x[places]', reference: ({ x, places: chosen }) => picked(x, chosen, null), tolerance: 'exact' },
  [
    { x: normal(5, 3), places: given([4, 0, 2], 3) },
    { x: normal(5), places: given([1], 1), note: 'rows of one element' },
    { x: normal(4, 2, 3), places: as('int32', exactly([3, 1], [2])) },
    { x: integers(0, 99, 3, 2), places: given([2, 0, 1], 3), note: 'all of them, whole numbers' },
    { x: zeros(5, 3), places: zeros(2), throws: /the indices are float32; they need int32 or int64/ },
    { x: zeros(5, 3), places: given([0, 1], 1, 2), throws: /the places are \[1, 2\]; they must be a list/ },
    { x: zeros(), places: given([0], 1), throws: /x is a scalar/ },
  ],
);

export const placeRowsCases = cases(
  placeRows,
  {
    torch: '—',
    reference: ({ x, places: chosen, rows }) =>
      build([rows, ...x.shape.slice(1)], ([row, ...rest]) => {
        const from = chosen.data.indexOf(row!);
        return from < 0 ? 0 : at(x, [from, ...rest]);
      }),
    tolerance: 'exact',
  },
  [
    { x: normal(3, 2), places: given([4, 0, 2], 3), rows: 5 },
    { x: normal(1), places: given([1], 1), rows: 3, note: 'rows of one element' },
    { x: normal(2, 2, 3), places: as('int32', exactly([3, 1], [2])), rows: 4 },
    { x: normal(2, 3), places: given([1, 0], 2), rows: 2, note: 'a permutation' },
    { x: zeros(2, 3), places: given([0], 1), rows: 2, throws: /x is \[2, 3\] and there are 1 places among 2 rows/ },
    { x: zeros(2, 3), places: given([0, 1], 2), rows: 1, throws: /2 places among 1 rows/ },
  ],
);

export const scatterRowsCases = cases(
  scatterRows,
  {
    torch: 'torch.index_add',
    reference: ({ updates, indices, rows }) => {
      const rank = indices.shape.length;
      const rest = updates.shape.slice(rank);
      const table = build([rows, ...rest], () => 0);
      const data = [...table.data];
      const size = sizeOf(rest);
      for (const place of places(updates.shape)) {
        const row = counted(at(indices, place.slice(0, rank)), rows);
        const offset = place.slice(rank).reduce((index, position, i) => index * rest[i]! + position, 0);
        data[row * size + offset]! += at(updates, place);
      }
      return { shape: table.shape, data };
    },
    tolerance: 'rounding',
  },
  [
    { updates: normal(4, 3), indices: integers(0, 5, 4), rows: 5 },
    { updates: normal(4), indices: integers(0, 3, 4), rows: 3, note: 'rows of one element' },
    { updates: normal(3), indices: given([1]), rows: 2, note: 'one index, which is a scalar' },
    { updates: normal(2, 3, 2, 2), indices: integers(0, 4, 2, 3), rows: 4 },
    { updates: normal(4, 2), indices: given([1, 1, 1, 1], 4), rows: 2, note: 'all into one row' },
    { updates: normal(4, 2), indices: given([-1, 0, -3, 2], 4), rows: 3, note: 'counted from the back' },
    { updates: normal(4, 2), indices: as('int32', integers(0, 3, 4)), rows: 3 },
    { updates: zeros(4, 2), indices: zeros(4), rows: 3, throws: /the indices are float32/ },
    {
      updates: zeros(4, 2),
      indices: as('int64', zeros(3)),
      rows: 3,
      throws: /updates are \[4, 2\] and indices are \[3\]; the axes of updates must begin with those of indices/,
    },
  ],
);

export const takeAlongCases = cases(
  takeAlong,
  {
    torch: 'torch.gather',
    reference: ({ x, indices, axis }) =>
      build(indices.shape, (place) => at(x, place.with(axis, counted(at(indices, place), x.shape[axis]!)))),
    tolerance: 'exact',
  },
  [
    { x: normal(5), indices: integers(0, 5, 3), axis: 0 },
    { x: normal(2, 5), indices: integers(0, 5, 2, 3), axis: 1 },
    { x: normal(2, 5), indices: integers(0, 2, 4, 5), axis: 0, note: 'more than there are' },
    { x: normal(2, 4), indices: given([-1, 0, -4, 3], 2, 2), axis: 1, note: 'counted from the back' },
    { x: normal(2, 4), indices: given([1, 1, 1, 2, 2, 2], 2, 3), axis: 1, note: 'the same again and again' },
    { x: normal(2, 1, 3, 2), indices: integers(0, 3, 2, 1, 1, 2), axis: 2 },
    { x: normal(2, 5), indices: as('int32', integers(0, 5, 2, 1)), axis: 1 },
    { x: integers(0, 99, 5), indices: integers(0, 5, 3), axis: 0 },
    { x: zeros(2, 5), indices: given([0, 0, 0], 3, 1), axis: 1, throws: /must have the same lengths on every axis but 1/ },
    { x: zeros(2, 5), indices: given([0, 0], 2), axis: 1, throws: /x is \[2, 5\] and indices are \[2\]/ },
    { x: zeros(2, 5), indices: zeros(2, 1), axis: 1, throws: /the indices are float32/ },
  ],
);

export const addAlongCases = cases(
  addAlong,
  {
    torch: 'torch.scatter_add',
    reference: ({ updates, indices, axis, size }) => {
      const shape = updates.shape.with(axis, size);
      const data = [...build(shape, () => 0).data];
      for (const place of places(updates.shape)) {
        const target = place.with(axis, counted(at(indices, place), size));
        data[target.reduce((index, position, i) => index * shape[i]! + position, 0)]! += at(updates, place);
      }
      return { shape, data };
    },
    tolerance: 'rounding',
  },
  [
    { updates: normal(3), indices: integers(0, 5, 3), axis: 0, size: 5 },
    { updates: normal(2, 3), indices: integers(0, 5, 2, 3), axis: 1, size: 5 },
    { updates: normal(4, 2), indices: integers(0, 2, 4, 2), axis: 0, size: 2, note: 'several into one' },
    { updates: normal(2, 2), indices: given([-1, 0, -3, 2], 2, 2), axis: 1, size: 3, note: 'counted from the back' },
    { updates: normal(2, 1, 3, 2), indices: integers(0, 4, 2, 1, 3, 2), axis: 2, size: 4 },
    {
      updates: zeros(2, 3),
      indices: given([0, 0], 2, 1),
      axis: 1,
      size: 5,
      throws: /updates are \[2, 3\] and indices are \[2, 1\]; they must have one shape/,
    },
    { updates: zeros(2, 3), indices: zeros(2, 3), axis: 1, size: 5, throws: /the indices are float32/ },
  ],
);

export const dropoutMaskCases = cases(
  dropoutMask,
  {
    torch: 'F.dropout',
    reference: ({ bytes, kept }) => mapped((byte) => (byte < kept ? 256 / kept : 0), bytes),
    tolerance: 'rounding',
  },
  [
    { bytes: as('uint8', integers(0, 256, 100)), kept: 230 },
    { bytes: as('uint8', integers(0, 256, 2, 3)), kept: 128 },
    { bytes: given8([0, 1, 254, 255]), kept: 255, note: 'the last byte is dropped' },
    { bytes: given8([0, 1, 254, 255]), kept: 1, note: 'the first byte is kept' },
    { bytes: zeros(3), kept: 128, throws: /bytes are float32; they need uint8/ },
  ],
);

function given8(bytes: readonly number[]) {
  return as('uint8', exactly(bytes));
}

export const oneHotCases = cases(
  oneHot,
  {
    torch: 'F.one_hot',
    inputs: ['indices'],
    reference: ({ indices, size }: { indices: Plain; size: number }) =>
      build([...indices.shape, size], (place) => Number(at(indices, place.slice(0, -1)) === place.at(-1))),
    tolerance: 'exact',
  },
  [
    { indices: integers(0, 5, 4), size: 5 },
    { indices: integers(0, 5, 2, 3), size: 5, dtype: 'float64' as const },
    { indices: given([1]), size: 3, note: 'a scalar' },
    { indices: given([0, 7, -1], 3), size: 3, note: 'what is outside has no place' },
    { indices: as('int32', integers(0, 2, 4)), size: 2 },
  ],
);
