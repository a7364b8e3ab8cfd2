import { describe, expect, test } from 'vitest';
import { bootstrap, pairedBootstrap } from './bootstrap.ts';
import { accuracy, precisionRecallF1 } from './classification.ts';

/** Predictions of which the first `right` of `count` are right. */
const judged = (right: number, count: number) => ({
  predictions: Array.from({ length: count }, (_, i) => (i < right ? i % 2 : 1 - (i % 2))),
  references: Array.from({ length: count }, (_, i) => i % 2),
});

describe('bootstrap', () => {
  test('an accuracy’s interval is the binomial’s', () => {
    const { accuracy: found } = bootstrap(accuracy, accuracy.segments(judged(450, 500)), { samples: 4000, seed: 3 });
    const half = 1.96 * Math.sqrt((0.9 * 0.1) / 500);
    expect(found!.score).toBe(0.9);
    expect(Math.abs(found!.low - (0.9 - half))).toBeLessThan(0.004);
    expect(Math.abs(found!.high - (0.9 + half))).toBeLessThan(0.004);
    const narrow = bootstrap(accuracy, accuracy.segments(judged(450, 500)), { samples: 4000, seed: 3, level: 0.5 });
    expect(narrow.accuracy!.high - narrow.accuracy!.low).toBeLessThan(0.5 * (found!.high - found!.low));
  });

  test('the seed decides; nested scores are named by path', () => {
    const segments = precisionRecallF1.segments(judged(80, 100));
    const run = (seed: number) => bootstrap(precisionRecallF1, segments, { samples: 50, seed });
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    expect(run(1)['macro.f1']!.score).toBeCloseTo(0.8, 12);
    expect(run(1)['f1.0']!.low).toBeLessThan(run(1)['f1.0']!.high);
  });

  test('a class that some samples lack keeps its place when labels are given', () => {
    const input = { predictions: [0, 0, 0, 0, 0, 0, 0, 1], references: [0, 0, 0, 0, 0, 0, 0, 1] };
    const found = bootstrap(precisionRecallF1, precisionRecallF1.segments(input), { samples: 200 }, { labels: [0, 1] });
    expect([found['f1.0']!.low, found['f1.1']!.low, found['f1.1']!.high]).toEqual([1, 0, 1]);
  });
});

describe('pairedBootstrap', () => {
  test('tells a real difference from none', () => {
    const better = accuracy.segments(judged(460, 500));
    const worse = accuracy.segments(judged(420, 500));
    const found = pairedBootstrap(accuracy, better, worse, { seed: 1 }).accuracy!;
    expect([found.a, found.b]).toEqual([0.92, 0.84]);
    expect(found.score).toBeCloseTo(0.08, 12);
    expect(found.low).toBeGreaterThan(0);
    expect(found.p_value).toBeLessThan(0.01);
    const same = pairedBootstrap(accuracy, better, better, { seed: 1 }).accuracy!;
    expect([same.score, same.low, same.high, same.p_value]).toEqual([0, 0, 0, 1]);
    const mirrored = accuracy.segments({ predictions: [0, 1, 0, 1], references: [0, 0, 1, 1] });
    const swapped = accuracy.segments({ predictions: [1, 0, 1, 0], references: [0, 0, 1, 1] });
    expect(pairedBootstrap(accuracy, mirrored, swapped).accuracy!.p_value).toBeGreaterThan(0.5);
  });
});

test('what cannot be drawn is refused', () => {
  const some = accuracy.segments(judged(1, 2));
  expect(() => bootstrap(accuracy, [])).toThrowErrorMatchingInlineSnapshot(
    `[DataError: bootstrap: no segment came; at least one is needed.]`,
  );
  expect(() => bootstrap(accuracy, some, { samples: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: bootstrap: samples is 0; a whole number of at least 1 is needed.]`,
  );
  expect(() => bootstrap(accuracy, some, { level: 95 })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: bootstrap: level is 95; a share between 0 and 1 is needed.]`,
  );
  expect(() => pairedBootstrap(accuracy, some, [])).toThrowErrorMatchingInlineSnapshot(
    `[DataError: pairedBootstrap: A has 2 segments and B 0; both must be scored on the same examples.]`,
  );
});
