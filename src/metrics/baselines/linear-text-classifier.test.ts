import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { accuracy } from '../classification.ts';
import { minimize } from './lbfgs.ts';
import { LinearTextClassifier } from './linear-text-classifier.ts';
import { wordsOf } from './sparse-text.ts';

interface Fit {
  C: number;
  train: string[];
  labels: number[];
  test: string[];
  features: number;
  probabilities: number[][];
}
const golden = new URL('../../../test/golden/metrics/linear-text-classifier.json', import.meta.url);
const { fits } = JSON.parse(readFileSync(golden, 'utf8')) as { fits: Fit[] };

describe('equal to scikit-learn', () => {
  test.each(fits.map((fit) => [fit.probabilities[0]!.length, fit.C, fit] as const))('%i classes, C %d', async (_k, C, fit) => {
    const model = await LinearTextClassifier.fit(fit.train, fit.labels, { C, tol: 1e-8, max_iter: 1000 });
    expect(model.size).toBe(fit.features);
    const found = await model.predict_proba(fit.test);
    for (const [row, expected] of fit.probabilities.entries()) {
      for (const [k, p] of expected.entries()) expect(Math.abs(found[row]![k]! - p)).toBeLessThan(1e-5);
    }
    expect(await model.predict(fit.test)).toEqual(fit.probabilities.map((row) => row.indexOf(Math.max(...row))));
  });
});

test('L-BFGS finds the minimum of a badly scaled quadratic', async () => {
  const scales = [1, 10, 100, 1000];
  const point = new Float64Array([1, 1, 1, 1]);
  const steps = await minimize(
    point,
    async (x, gradient) => {
      let value = 0;
      for (const [i, scale] of scales.entries()) {
        const off = x[i]! - i;
        gradient[i] = scale * off;
        value += (scale / 2) * off * off;
      }
      return value;
    },
    { max_iter: 100, tol: 1e-9 },
  );
  expect(steps).toBeLessThan(40);
  expect([...point].map((x) => Math.round(x * 1e6) / 1e6)).toEqual([0, 1, 2, 3]);
});

test('words of any script, runs of marks', () => {
  expect(wordsOf('재밌다ㅋㅋㅋ!!! Wow...  $100 It’s ＯＫ ^^')).toEqual([
    '재밌다ㅋㅋㅋ'.normalize('NFKC'),
    '!!!',
    'wow',
    '...',
    '$',
    '100',
    'it',
    '’',
    's',
    'ok',
    '^^',
  ]);
  expect(wordsOf(' ')).toEqual([]);
});

test('the same texts give the same weights; a text without known words gets the classes’ shares', async () => {
  const { train, labels } = fits[0]!;
  const [a, b] = [await LinearTextClassifier.fit(train, labels), await LinearTextClassifier.fit(train, labels)];
  expect(await a.predict_proba(train)).toEqual(await b.predict_proba(train));
  const [empty] = await a.predict_proba(['']);
  expect(empty![0]! + empty![1]!).toBeCloseTo(1, 12);
});

test('what cannot be fitted is refused', async () => {
  const failure = (...input: Parameters<typeof LinearTextClassifier.fit>) =>
    LinearTextClassifier.fit(...input).then(() => 'no error', String);
  expect(await failure(['a', 'b'], [0])).toMatchInlineSnapshot(
    `"DataError: LinearTextClassifier: 2 texts and 1 labels came; each text needs one label."`,
  );
  expect(await failure(['a', 'b'], [1, 1])).toMatchInlineSnapshot(
    `"DataError: LinearTextClassifier: all texts are of one class; at least two classes are needed."`,
  );
  expect(await failure(['a', 'b'], [0, -1])).toMatchInlineSnapshot(
    `"DataError: LinearTextClassifier: label 1 is -1; a class number from 0 is needed."`,
  );
  expect(await failure(['a', 'b'], [0, 1])).toMatchInlineSnapshot(
    `"DataError: LinearTextClassifier: no word stands in 2 texts or more; give more texts or a lower min_df."`,
  );
  expect(await failure(['a', 'b'], [0, 1], { C: 0 })).toMatchInlineSnapshot(
    `"ConfigError: LinearTextClassifier: C is 0; a number above 0 is needed."`,
  );
  expect(await failure(['a', 'b'], [0, 1], { ngram_range: [2, 1] })).toMatchInlineSnapshot(
    `"ConfigError: LinearTextClassifier: ngram_range is [2, 1]; a pair of whole numbers from 1, the smaller first, is needed."`,
  );
  expect(await failure(['a', 'b'], [0, 1], { min_df: 0 })).toMatchInlineSnapshot(
    `"ConfigError: LinearTextClassifier: min_df is 0; a whole number of at least 1 is needed."`,
  );
});

const nsmc = new URL('../../../../shared/data/nsmc/', import.meta.url);
test.skipIf(!existsSync(nsmc))(
  'NSMC: about 0.8 of 10,000 reviews (skipped where ../shared is absent)',
  { timeout: 120_000 },
  async () => {
    const read = (name: string) => {
      const lines = gunzipSync(readFileSync(new URL(name, nsmc)))
        .toString()
        .trimEnd()
        .split('\n')
        .slice(1);
      const rows = lines.map((line) => line.split('\t'));
      return { texts: rows.map((row) => row[1]!), labels: rows.map((row) => Number(row[2])) };
    };
    const train = read('ratings_train_40k.txt.gz');
    const held = read('ratings_test_10k.txt.gz');
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    const model = await LinearTextClassifier.fit(train.texts, train.labels);
    clearInterval(timer);
    // The event loop went round all the while.
    expect(ticks).toBeGreaterThan(50);
    const found = accuracy.compute({ predictions: await model.predict(held.texts), references: held.labels });
    expect(found.accuracy).toBeGreaterThan(0.79);
    expect(found.accuracy).toBeLessThan(0.83);
  },
);
