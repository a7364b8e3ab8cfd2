import { formatTable, type TableStyle } from './table.ts';

/** What a classifier gets on one class. */
export interface ClassScores {
  readonly label: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Examples of this class. */
  readonly support: number;
}

/** One line of a comparison: a model's name and its figures by name, each 0 to 1. */
export interface Contestant {
  readonly name: string;
  readonly scores: Readonly<Record<string, number>>;
}

const right = 'right' as const;

/** A share of one as a table writes it: `0.981`, and `–` where it is not defined. */
function share(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : '–';
}

/** Precision, recall and F1 of each class, their means, and the accuracy. */
export function scoresTable(classes: readonly ClassScores[], accuracy: number, style?: TableStyle): string {
  const columns = ['precision', 'recall', 'F1', 'examples'].map((head) => ({ head, align: right }));
  const count = classes.reduce((sum, { support }) => sum + support, 0);
  const mean = (key: 'precision' | 'recall' | 'f1') => classes.reduce((sum, each) => sum + each[key], 0) / classes.length;
  return formatTable(
    [{ head: 'class' }, ...columns],
    [
      ...classes.map(({ label, precision, recall, f1, support }) => [
        label,
        share(precision),
        share(recall),
        share(f1),
        String(support),
      ]),
      null,
      ['mean over classes', share(mean('precision')), share(mean('recall')), share(mean('f1')), String(count)],
      ['accuracy', '', '', share(accuracy), String(count)],
    ],
    style,
  );
}

/** How many examples of each class (rows) were taken for which (columns). `counts[i][j]`: class i taken for class j. */
export function confusionTable(labels: readonly string[], counts: readonly (readonly number[])[], style?: TableStyle): string {
  return formatTable(
    [{ head: 'is ↓  taken for →' }, ...labels.map((head) => ({ head, align: right }))],
    labels.map((label, i) => [label, ...labels.map((_, j) => String(counts[i]?.[j] ?? 0))]),
    style,
  );
}

/** Models beside each other on the same examples; the best figure of each column is marked. */
export function comparisonTable(contestants: readonly Contestant[], style?: TableStyle): string {
  const names = [...new Set(contestants.flatMap(({ scores }) => Object.keys(scores)))];
  const best = names.map((name) => Math.max(...contestants.map(({ scores }) => scores[name] ?? Number.NEGATIVE_INFINITY)));
  const mark = contestants.length > 1 ? '*' : '';
  return formatTable(
    [{ head: 'model' }, ...names.map((head) => ({ head, align: right }))],
    contestants.map(({ name, scores }) => [
      name,
      ...names.map((each, i) => {
        const value = scores[each];
        // The mark has its own place, so that the figures stay under each other.
        return value === undefined ? `–${mark && ' '}` : `${share(value)}${value === best[i] ? mark : mark && ' '}`;
      }),
    ]),
    style,
  );
}
