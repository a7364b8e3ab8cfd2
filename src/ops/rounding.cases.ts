import { cases } from '../../test/support/cases.ts';
import { disagree, everyPair, smooth } from '../../test/support/pointwise-cases.ts';
import { mapped, type Plain } from '../../test/support/reference.ts';
import { as, awayFrom, exactly, integers, normal, type Sample } from '../../test/support/samples.ts';
import type { Op } from '../graph/index.ts';
import { ceil, floor, fmod, remainder, round, trunc } from './rounding.ts';

const halves = [-2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5];
/** Numbers away from those at which a rounding jumps. */
const betweenJumps = (...shape: number[]) => awayFrom(halves, normal(...shape), 0.05);

const evenHalf = (x: number) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

export const floorCases = smooth(floor, 'torch.floor', Math.floor, betweenJumps);
export const ceilCases = smooth(ceil, 'torch.ceil', Math.ceil, betweenJumps);
export const roundCases = smooth(round, 'torch.round', evenHalf, betweenJumps);
export const truncCases = smooth(trunc, 'torch.trunc', Math.trunc, betweenJumps);

/** Numbers whose quotients keep away from whole numbers, where a remainder jumps. */
const dividends = (...shape: number[]): Sample => awayFrom([-4, -3, -2, -1, 0, 1, 2, 3, 4], normal(...shape), 0.1);
const divisors = (...shape: number[]): Sample => ({
  ...normal(...shape),
  draw: (key) =>
    normal(...shape)
      .draw(key)
      .map((x) => (x < 0 ? -1 : 1)),
});

const remainders = (op: Op<['a', 'b']>, torch: string, f: (a: number, b: number) => number) =>
  cases(op, { torch, reference: ({ a, b }: { a: Plain; b: Plain }) => mapped(f, a, b), tolerance: 'rounding' }, [
    ...everyPair(dividends, divisors),
    { a: as('float64', dividends(2, 3)), b: as('float64', divisors(3)), tolerance: 'double' },
    { a: integers(-9, 9, 2, 3), b: as('int64', exactly([-4, 3, 5])), note: 'whole numbers', tolerance: 'exact' },
    ...disagree,
  ]);

export const fmodCases = remainders(fmod, 'torch.fmod', (a, b) => a % b);
export const remainderCases = remainders(remainder, 'torch.remainder', (a, b) => a - Math.floor(a / b) * b);
