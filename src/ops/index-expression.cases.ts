import { cases } from '../../test/support/cases.ts';
import { at, build, type Plain } from '../../test/support/reference.ts';
import { as, bools, exactly, integers, normal, zeros } from '../../test/support/samples.ts';
import type { Value } from '../graph/index.ts';
import { type IndexItem, indexed } from './index-expression.ts';

/** An index that may name its second input as 'indices', and the place in x that each place of the result shows. */
interface Index {
  readonly items: readonly (IndexItem | 'indices')[];
  readonly shape: readonly number[];
  readonly source: (place: readonly number[], index: (place: readonly number[]) => number) => readonly number[];
}

const withIndices = (x: Value, indices: Value | null, { items }: Index) =>
  indexed(
    x,
    items.map((item) => (item === 'indices' ? indices! : item) as IndexItem),
  );

export const indexedCases = {
  ...cases(
    withIndices,
    {
      inputs: ['x', 'indices?'],
      torch: 'x[…]',
      alsoAgainst: 'NumPy, 2000 random indices',
      reference: ({ x, indices, shape, source }: { x: Plain; indices: Plain | null } & Index) =>
        build(shape, (place) =>
          at(
            x,
            source(place, (inner) => at(indices!, inner)),
          ),
        ),
      tolerance: 'exact',
    },
    [
      { x: normal(4, 5), items: ['1:3'], shape: [2, 5], source: ([i, j]) => [i! + 1, j!] },
      { x: normal(4, 5), items: ['...', '::-2'], shape: [4, 3], source: ([i, j]) => [i!, 4 - 2 * j!] },
      { x: normal(4, 5), items: [-1, null, '-3:'], shape: [1, 3], source: ([, j]) => [3, j! + 2] },
      { x: normal(4, 5), items: ['-99:99', 2], shape: [4], source: ([i]) => [i!, 2], note: 'bounds past the ends' },
      { x: normal(4, 5), items: [[2, 0, 2]], shape: [3, 5], source: ([i, j]) => [[2, 0, 2][i!]!, j!] },
      { x: normal(4, 5), items: [':', [[0, -1]]], shape: [4, 1, 2], source: ([i, , k]) => [i!, [0, 4][k!]!] },
      {
        x: normal(4, 5),
        items: [
          [0, 1],
          [2, 3],
        ],
        shape: [2],
        source: ([i]) => [i!, i! + 2],
        note: 'pairs',
      },
      {
        x: normal(3, 2, 4),
        items: [[[0], [2]], ':', [1, 3, 0]],
        shape: [2, 3, 2],
        source: ([i, j, k]) => [2 * i!, k!, [1, 3, 0][j!]!],
        note: 'arrays apart go to the front',
      },
      {
        x: normal(2, 3, 4),
        items: [0, ':', [1, 3]],
        shape: [2, 3],
        source: ([i, j]) => [0, j!, [1, 3][i!]!],
        note: 'a number counts as an array',
      },
      { x: normal(3, 2), items: [[true, false, true]], shape: [2, 2], source: ([i, j]) => [2 * i!, j!], note: 'a mask' },
      {
        x: normal(2, 2, 3),
        items: [
          [
            [false, true],
            [true, true],
          ],
        ] as IndexItem[],
        shape: [3, 3],
        source: ([i, j]) => [[0, 1, 1][i!]!, [1, 0, 1][i!]!, j!],
        note: 'a mask of two axes',
      },
      {
        x: normal(4, 3),
        indices: integers(0, 4, 2, 2),
        items: ['indices'],
        shape: [2, 2, 3],
        source: ([i, j, k], index) => [index([i!, j!]), k!],
      },
      {
        x: normal(3, 4),
        indices: as('int64', exactly([-1, 0, 2])),
        items: ['indices', [1, 2, 3]],
        shape: [3],
        source: ([i], index) => [(index([i!]) + 3) % 3, i! + 1],
        note: 'computed and known positions together',
      },
      { x: zeros(2, 3), items: [0, 0, 0], shape: [], source: () => [], throws: /items for 3 axes/ },
      { x: zeros(2, 3), items: ['...', '...'], shape: [], source: () => [], throws: /2 times '...'/ },
      { x: zeros(2, 3), items: [2], shape: [], source: () => [], throws: /position 2 is asked of an axis of length 2/ },
      { x: zeros(2, 3), items: [[0, -3]], shape: [], source: () => [], throws: /position -3 is asked/ },
      {
        x: zeros(2, 3),
        items: ['2:2'],
        shape: [],
        source: () => [],
        throws: /the slice '2:2' takes nothing of an axis of length 2/,
      },
      { x: zeros(2, 3), items: ['::0'], shape: [], source: () => [], throws: /its step must not be 0/ },
      { x: zeros(2, 3), items: ['1;2' as '1:2'], shape: [], source: () => [], throws: /item 0 is '1;2'; a slice is written/ },
      {
        x: zeros(2, 3),
        indices: bools(2),
        items: ['indices'],
        shape: [],
        source: () => [],
        throws: /item 0 is a bool tensor that has to run first/,
      },
      { x: zeros(2, 3), items: [[false, false]], shape: [], source: () => [], throws: /the mask takes no element/ },
      { x: zeros(2, 3), items: [[[1], [1, 2]]], shape: [], source: () => [], throws: /an array that is empty or ragged/ },
      { x: zeros(2, 3), indices: zeros(2), items: ['indices'], shape: [], source: () => [], throws: /the indices are float32/ },
    ],
  ),
  subject: indexed,
  name: 'indexed',
};
