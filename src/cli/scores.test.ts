import { expect, it } from 'vitest';
import { comparisonTable, confusionTable, scoresTable } from './scores.ts';

it('lists precision, recall and F1 of each class, and their means', () => {
  const table = scoresTable(
    [
      { label: 'ham', precision: 0.9912, recall: 0.9951, f1: 0.9931, support: 612 },
      { label: '스팸', precision: 0.978, recall: 0.961, f1: 0.9694, support: 128 },
      { label: 'never seen', precision: Number.NaN, recall: Number.NaN, f1: Number.NaN, support: 0 },
    ],
    0.9892,
  );
  expect(table).toMatchInlineSnapshot(`
    "class              precision  recall     F1  examples
    ─────────────────────────────────────────────────────
    ham                    0.991   0.995  0.993       612
    스팸                   0.978   0.961  0.969       128
    never seen                 –       –      –         0
    ─────────────────────────────────────────────────────
    mean over classes          –       –      –       740
    accuracy                              0.989       740
    "
  `);
});

it('shows who was taken for whom', () => {
  expect(
    confusionTable(
      ['ham', '스팸'],
      [
        [609, 3],
        [5, 123],
      ],
    ),
  ).toMatchInlineSnapshot(`
    "is ↓  taken for →  ham  스팸
    ────────────────────────────
    ham                609     3
    스팸                 5   123
    "
  `);
  expect(confusionTable(['only'], [[7]])).toMatchInlineSnapshot(`
    "is ↓  taken for →  only
    ───────────────────────
    only                  7
    "
  `);
});

it('marks the best of each column', () => {
  const table = comparisonTable([
    { name: 'encoder', scores: { accuracy: 0.989, 'F1 of spam': 0.969 } },
    { name: 'bag of words', scores: { accuracy: 0.981, 'F1 of spam': 0.969, other: 0.5 } },
  ]);
  expect(table).toMatchInlineSnapshot(`
    "model         accuracy  F1 of spam   other
    ──────────────────────────────────────────
    encoder         0.989*      0.969*      –
    bag of words    0.981       0.969*  0.500*
    "
  `);
  expect(comparisonTable([{ name: 'encoder', scores: { accuracy: 0.989 } }])).not.toContain('*');
});
