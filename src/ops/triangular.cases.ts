import { cases } from '../../test/support/cases.ts';
import { at, build, type Plain } from '../../test/support/reference.ts';
import { bools, integers, normal, zeros } from '../../test/support/samples.ts';
import { tril, triu } from './triangular.ts';

const keeping = (keeps: (right: number) => boolean) => ({
  reference: ({ x, diagonal }: { x: Plain; diagonal: number }) =>
    build(x.shape, (place) => (keeps(place.at(-1)! - place.at(-2)! - diagonal) ? at(x, place) : 0)),
  tolerance: 'exact' as const,
});

const matrices = [
  { x: normal(3, 3), diagonal: 0 },
  { x: normal(3, 4), diagonal: 1 },
  { x: normal(4, 3), diagonal: -1 },
  { x: normal(2, 2, 3, 3), diagonal: 0 },
  { x: integers(1, 9, 3, 3), diagonal: 0 },
  { x: bools(3, 3), diagonal: 0 },
  { x: zeros(3), diagonal: 0, throws: /x is \[3\]; it needs at least two axes/ },
];

export const triuCases = cases(triu, { torch: 'torch.triu', ...keeping((right) => right >= 0) }, matrices);
export const trilCases = cases(tril, { torch: 'torch.tril', ...keeping((right) => right <= 0) }, matrices);
