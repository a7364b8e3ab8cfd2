import { describe, expect, test } from 'vitest';
import { at, build, type Plain, places } from '../../../../test/support/reference.ts';
import { difference } from '../../../../test/support/tolerances.ts';
import { grad, randn, type Tensor, tensor, zeros } from '../../../tensor/index.ts';
import { ctcLoss } from './ctc.ts';

const whole = (rows: number | readonly number[] | readonly (readonly number[])[]) => tensor(rows, { dtype: 'int64' });
const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

interface Given {
  readonly note: string;
  readonly targets: readonly (readonly number[])[];
  readonly inputLengths: readonly number[];
  readonly targetLengths: readonly number[];
  readonly blank?: number;
}

/** Every way of one class a time, added up where repeats and blanks taken out leave the target. */
const byAllWays = (logProbs: Plain, { targets, inputLengths, targetLengths, blank = 0 }: Given): Plain =>
  build([targets.length], ([n]) => {
    const target = targets[n!]!.slice(0, targetLengths[n!]!).join();
    let total = 0;
    for (const way of places(new Array<number>(inputLengths[n!]!).fill(logProbs.shape[2]!))) {
      const read = way.filter((k, t) => k !== blank && k !== way[t - 1]);
      if (read.join() === target) total += Math.exp(way.reduce((sum, k, t) => sum + at(logProbs, [t, n!, k]), 0));
    }
    return -Math.log(total);
  });

describe('all alignments are counted', () => {
  const pairs = [
    [1, 2],
    [2, 1],
    [1, 0],
  ];
  test.each<Given>([
    { note: 'one length', targets: pairs, inputLengths: [5, 5, 5], targetLengths: [2, 2, 1] },
    { note: 'several lengths', targets: pairs, inputLengths: [5, 4, 2], targetLengths: [2, 1, 0] },
    { note: 'another blank', targets: pairs, blank: 2, inputLengths: [5, 4, 5], targetLengths: [1, 0, 2] },
    {
      note: 'a label twice',
      targets: [
        [1, 1],
        [1, 2],
        [2, 2],
      ],
      inputLengths: [5, 3, 4],
      targetLengths: [2, 2, 2],
    },
    { note: 'one label', targets: [[1], [2], [1]], inputLengths: [5, 3, 1], targetLengths: [1, 1, 1] },
    { note: 'one time', targets: [[2], [1]], inputLengths: [1, 1], targetLengths: [1, 0] },
  ])('$note', async (given) => {
    const logProbs = randn([Math.max(...given.inputLengths), given.targets.length, 3], { key: [1, 7] });
    const loss = ctcLoss(logProbs, whole(given.targets), given.inputLengths, given.targetLengths, {
      blank: given.blank ?? 0,
      reduction: 'none',
    });
    const want = byAllWays({ shape: logProbs.shape, data: await numbers(logProbs) }, given);
    expect(difference(await numbers(loss), want.data, 'rounding')).toBeNull();
  });
});

describe('a target that no way leads to', () => {
  const targets = [
    [1, 1],
    [2, 1],
  ];
  const loss = (zero_infinity: boolean) => (x: Tensor) =>
    ctcLoss(x, whole(targets), [2, 3], [2, 2], { zero_infinity, reduction: 'sum' });

  test('is infinitely unlikely, and has no gradient', async () => {
    const x = randn([3, 2, 3], { key: [2, 7] });
    expect(await numbers(loss(false)(x))).toEqual([Number.POSITIVE_INFINITY]);
    const [slope] = grad(loss(false))(x);
    const ofFirst = (await numbers(slope!)).filter((_, i) => i % 6 < 3 && i < 12);
    expect(ofFirst.filter((each) => !Number.isNaN(each) && each !== 0)).toEqual([]);
  });

  test('is left out with zero_infinity', async () => {
    const x = randn([3, 2, 3], { key: [2, 7] });
    const second = ctcLoss(x.slice(1, 1), whole([[2, 1]]), [3], [2], { reduction: 'sum' });
    expect(difference(await numbers(loss(true)(x)), await numbers(second), 'rounding')).toBeNull();
    const [slope] = grad(loss(true))(x);
    expect((await numbers(slope!)).every(Number.isFinite)).toBe(true);
  });

  test('and what is no number stays none', async () => {
    const x = tensor([Number.NaN, 0, 0], { shape: [1, 1, 3] });
    expect(await numbers(ctcLoss(x, whole([[1]]), [1], [0], { zero_infinity: true }))).toEqual([Number.NaN]);
  });
});

test('what does not fit is refused', () => {
  const x = zeros([5, 3, 3]);
  const targets = whole([[1], [2], [1]]);
  const lengths = [1, 1, 1];
  const messages = [
    () => ctcLoss(x, whole([[1], [2]]), [5, 5], [1, 1]),
    () => ctcLoss(x.cast('int64'), targets, lengths, lengths),
    () => ctcLoss(x, targets, [5], lengths),
    () => ctcLoss(x, targets, tensor([5, 5, 5]), lengths),
    () => ctcLoss(x, targets, lengths, lengths, { blank: 3 }),
  ].map((f) => {
    try {
      return f();
    } catch (error) {
      return String(error);
    }
  });
  expect(messages.join('\n')).toMatchInlineSnapshot(`
    "ShapeError: ctcLoss: log_probs are [5, 3, 3] and targets [2, 1]; they must be [T, N, K] and [N, S].
    DTypeError: ctcLoss: log_probs are int64; they need a floating-point type.
    ShapeError: ctcLoss: input_lengths are [1]; they must be [3], one for each of the batch.
    DTypeError: ctcLoss: input_lengths are float32; they need int32 or int64. Cast them.
    ConfigError: ctcLoss: blank is 3; it must be a class from 0 to 2."
  `);
});
