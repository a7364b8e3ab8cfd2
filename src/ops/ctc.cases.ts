import { cases } from '../../test/support/cases.ts';
import { at, build, type Plain, places } from '../../test/support/reference.ts';
import { as, normal, type Sample, zeros } from '../../test/support/samples.ts';
import { ctcLoss } from './ctc.ts';

const whole = (numbers: readonly number[], ...shape: number[]): Sample => ({
  shape: shape.length > 0 ? shape : [numbers.length],
  dtype: 'int64',
  draw: () => numbers,
});

interface Given {
  readonly logProbs: Plain;
  readonly targets: Plain;
  readonly inputLengths: Plain;
  readonly targetLengths: Plain;
  readonly blank: number;
  readonly zeroInfinity: boolean;
}

/** Every way of one class a time, added up where repeats and blanks taken out leave the target. */
const byAllWays = ({ logProbs, targets, inputLengths, targetLengths, blank, zeroInfinity }: Given): Plain =>
  build([targets.shape[0]!], ([n]) => {
    const length = inputLengths.data[n!]!;
    const target = Array.from({ length: targetLengths.data[n!]! }, (_, s) => at(targets, [n!, s])).join();
    let total = 0;
    for (const way of places(new Array<number>(length).fill(logProbs.shape[2]!))) {
      const read = way.filter((k, t) => k !== blank && k !== way[t - 1]);
      if (read.join() === target) total += Math.exp(way.reduce((sum, k, t) => sum + at(logProbs, [t, n!, k]), 0));
    }
    return total === 0 && zeroInfinity ? 0 : -Math.log(total);
  });

const [T, N, K] = [5, 3, 3];
const shared = { logProbs: normal(T, N, K), blank: 0, zeroInfinity: false, needs: 'Scan' };
const targets = whole([1, 2, 2, 1, 1, 0], N, 2);

export const ctcLossCases = cases(
  ctcLoss,
  {
    inputs: ['logProbs', 'targets', 'inputLengths', 'targetLengths'],
    torch: 'F.ctc_loss',
    alsoAgainst: 'PyTorch',
    differentiable: 'once',
    reference: byAllWays,
    tolerance: 'rounding',
  },
  [
    { ...shared, targets, inputLengths: whole([5, 5, 5]), targetLengths: whole([2, 2, 1]) },
    { ...shared, targets, inputLengths: whole([5, 4, 2]), targetLengths: whole([2, 1, 0]), note: 'of several lengths' },
    { ...shared, targets, blank: 2, inputLengths: whole([5, 4, 5]), targetLengths: whole([1, 0, 2]), note: 'another blank' },
    { ...shared, targets: whole([1, 1, 1, 2, 2, 1], N, 2), inputLengths: whole([5, 3, 4]), targetLengths: whole([2, 2, 2]) },
    { ...shared, targets: whole([1, 2, 1], N, 1), inputLengths: whole([5, 3, 1]), targetLengths: whole([1, 1, 1]) },
    {
      ...shared,
      logProbs: normal(1, 2, K),
      targets: whole([2, 1], 2, 1),
      inputLengths: whole([1, 1]),
      targetLengths: whole([1, 0]),
      note: 'one time',
    },
    {
      ...shared,
      targets: whole([1, 1, 2, 1, 2, 1], N, 2),
      inputLengths: whole([2, 5, 1]),
      targetLengths: whole([2, 2, 2]),
      zeroInfinity: true,
      note: 'targets too long',
    },
    {
      ...shared,
      logProbs: as('float64', normal(T, N, K)),
      targets: as('int32', targets),
      inputLengths: as('int32', whole([5, 4, 3])),
      targetLengths: whole([2, 2, 1]),
    },
    { ...shared, targets: whole([1, 2]), inputLengths: whole([5, 5, 5]), targetLengths: whole([2, 2, 2]), throws: /\[N, S\]/ },
    { ...shared, targets, inputLengths: whole([5]), targetLengths: whole([2, 2, 2]), throws: /inputLengths are \[1\]/ },
    { ...shared, targets, inputLengths: zeros(3), targetLengths: whole([2, 2, 2]), throws: /the indices are float32/ },
    { ...shared, targets, blank: 3, inputLengths: whole([5, 5, 5]), targetLengths: whole([2, 2, 2]), throws: /blank is 3/ },
    {
      ...shared,
      logProbs: as('int64', zeros(T, N, K)),
      targets,
      inputLengths: whole([5, 5, 5]),
      targetLengths: whole([2, 2, 2]),
      throws: /logProbs are int64/,
    },
  ],
);
