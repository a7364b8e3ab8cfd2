import { cases } from '../../test/support/cases.ts';
import { binary, disagree, everyPair } from '../../test/support/pointwise-cases.ts';
import { as, exactly, positive, type Sample, zeros } from '../../test/support/samples.ts';
import { binaryCrossEntropy } from './binary-cross-entropy.ts';

/** Chances from 0.1 to 0.9. */
const chances = (...shape: number[]): Sample => {
  const sample = positive(...shape);
  return { ...sample, draw: (key) => sample.draw(key).map((x) => Math.fround(0.4 * x - 0.1)) };
};
const heldLog = (x: number) => Math.max(Math.log(x), -100);

export const binaryCrossEntropyCases = cases(
  binaryCrossEntropy,
  {
    torch: 'F.binary_cross_entropy',
    alsoAgainst: 'PyTorch',
    ...binary((a, b) => -(b * heldLog(a) + (1 - b) * heldLog(1 - a))),
  },
  [
    ...everyPair(chances),
    { a: chances(3), b: exactly([0, 1, 1]), note: 'whole labels' },
    { a: as('float64', chances(2, 3)), b: as('float64', chances(2, 3)), tolerance: 'double' },
    ...disagree,
    { a: as('int64', zeros(2)), b: as('int64', zeros(2)), throws: /a and b are int64; they need a floating-point type/ },
  ],
);
