import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  accuracy,
  confusionMatrix,
  type Label,
  matthewsCorrelation,
  type PrecisionRecallF1,
  precisionRecallF1,
} from './classification.ts';

interface Case {
  note: string;
  predictions: Label[];
  references: Label[];
  labels: Label[] | null;
  accuracy: number;
  matthews_correlation: number;
  scores: Record<'0' | '1' | 'NaN', PrecisionRecallF1>;
  confusion: Record<'None' | 'true' | 'pred' | 'all', number[][]> | null;
}
const text = readFileSync(new URL('../../test/golden/metrics/classification.json', import.meta.url), 'utf8');
const { cases } = JSON.parse(text, (_, value) => (value === 'NaN' ? Number.NaN : value)) as { cases: Case[] };

/** Equal within 1e-12, NaN equal to NaN. */
function expectClose(found: unknown, expected: unknown, path: string): void {
  if (typeof expected === 'number') {
    if (Number.isNaN(expected)) expect(found, path).toBeNaN();
    else expect(Math.abs((found as number) - expected), `${path}: ${found} is not ${expected}`).toBeLessThan(1e-12);
  } else {
    for (const [key, value] of Object.entries(expected as object)) {
      expectClose((found as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  }
}

describe('equal to scikit-learn', () => {
  test.each(cases)('$note', ({ predictions, references, labels, ...expected }) => {
    const input = { predictions, references };
    expectClose(accuracy.compute(input).accuracy, expected.accuracy, 'accuracy');
    expectClose(matthewsCorrelation.compute(input).matthews_correlation, expected.matthews_correlation, 'matthews');
    for (const [name, zero_division] of [
      ['0', 0],
      ['1', 1],
      ['NaN', Number.NaN],
    ] as const) {
      const found = precisionRecallF1.compute({ ...input, labels, zero_division });
      expectClose(found, expected.scores[name], `zero_division ${name}`);
    }
    if (!expected.confusion) return;
    for (const [name, normalize] of [
      ['None', null],
      ['true', 'true'],
      ['pred', 'pred'],
      ['all', 'all'],
    ] as const) {
      const found = confusionMatrix.compute({ ...input, labels, normalize });
      expectClose(found.confusion_matrix, expected.confusion[name], `normalize ${name}`);
    }
  });
});

describe('as metrics', () => {
  const input = { predictions: ['a', 'b', 'a'], references: ['a', 'b', 'b'] };

  test('streaming gives the same as all at once', () => {
    const running = precisionRecallF1.start();
    running.add('a', 'a');
    running.add_batch({ predictions: ['b', 'a'], references: ['b', 'b'] });
    expect(running.compute()).toEqual(precisionRecallF1.compute(input));
    expect(running.compute().labels).toEqual(['a', 'b']);
  });

  test('numbers and names that look alike stay apart', () => {
    expect(accuracy.compute({ predictions: [1, '1'], references: [1, 1] }).accuracy).toBe(0.5);
    expect(confusionMatrix.compute({ predictions: [1, '1'], references: [1, 1] }).labels).toEqual([1, '1']);
  });

  test('a score carries its signature, out of the way of logs', () => {
    const result = precisionRecallF1.compute({ ...input, zero_division: 1 });
    expect(result.signature).toBe('precision_recall_f1|zero_division:1|version:1');
    expect(Object.keys(result)).not.toContain('signature');
    expect(accuracy.signature()).toBe('accuracy|version:1');
    expect(confusionMatrix.signature({ labels: ['b', 'a'] })).toBe('confusion_matrix|labels:["b","a"]|version:1');
  });

  test('what cannot be scored is refused', () => {
    expect(() => accuracy.compute({ predictions: [1], references: [1, 2] })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: accuracy: 1 predictions and 2 references came; there must be one reference for each prediction.]`,
    );
    expect(() => accuracy.compute({ predictions: [], references: [] })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: accuracy: no example came; at least one is needed.]`,
    );
    expect(() => accuracy.compute({ ...input, normalize: false } as never)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: accuracy: there is no option normalize; it has none.]`,
    );
    expect(() => precisionRecallF1.compute({ ...input, label: ['a'] } as never)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: precision_recall_f1: there is no option label; did you mean labels?]`,
    );
    expect(() => precisionRecallF1.compute({ ...input, labels: ['a', 'a'] })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: precision_recall_f1: labels are [a, a]; at least one, and each once, is needed.]`,
    );
    expect(() => precisionRecallF1.compute({ ...input, zero_division: 0.5 as never })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: precision_recall_f1: zero_division is 0.5; 0, 1 or NaN is needed.]`,
    );
    expect(() => confusionMatrix.compute({ ...input, normalize: 'rows' as never })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: confusion_matrix: normalize is 'rows'; 'true', 'pred', 'all' or null is needed.]`,
    );
  });
});
