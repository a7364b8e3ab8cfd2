import { cases } from '../../test/support/cases.ts';
import { integers, normal } from '../../test/support/samples.ts';
import { after, standIn } from './recompute.ts';

export const afterCases = cases(after, { torch: '—', reference: ({ x }) => x, tolerance: 'exact' }, [
  { x: normal(2, 3), token: normal(4) },
  { x: normal(2, 3), token: normal(), note: 'after a scalar' },
  { x: normal(), token: normal(2), note: 'a scalar after something' },
  { x: integers(0, 9, 3), token: normal(2, 1) },
]);

export const standInCases = cases(standIn, { torch: '—', reference: ({ x }) => x, tolerance: 'exact' }, [
  { x: normal() },
  { x: normal(2, 3) },
  { x: integers(0, 9, 3) },
]);
