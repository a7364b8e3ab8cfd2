import { cases } from '../../test/support/cases.ts';
import { alongAxis, sumOf } from '../../test/support/reference.ts';
import { bools, integers, normal, zeros } from '../../test/support/samples.ts';
import { cumsum } from './cumulative.ts';

export const cumsumCases = cases(
  cumsum,
  {
    torch: 'torch.cumsum',
    reference: ({ x, axis, reverse }) =>
      alongAxis(x, axis, (row) => row.map((_, i) => sumOf(reverse ? row.slice(i) : row.slice(0, i + 1)))),
    tolerance: 'rounding',
  },
  [
    { x: normal(5), axis: 0, reverse: false },
    { x: normal(2, 5), axis: 1, reverse: true },
    { x: normal(3, 2, 2), axis: 0, reverse: false },
    { x: integers(-5, 5, 4), axis: 0, reverse: false, tolerance: 'exact' },
    { x: zeros(3), axis: 1, reverse: false, throws: /there is no axis 1/ },
    { x: bools(3), axis: 0, reverse: false, throws: /x is bool; it needs a number type/ },
  ],
);
