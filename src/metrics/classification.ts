import { ConfigError } from '../core/index.ts';
import { type Contribution, defineMetric, type Metric } from './define-metric.ts';

/** A class: its number or its name. */
export type Label = number | string;

/** Share of predictions equal to their reference. Range 0–1; higher is better. Like sklearn.metrics.accuracy_score. */
export const accuracy: Metric<Label, Label, object, { accuracy: number }> = defineMetric({
  name: 'accuracy',
  defaults: {},
  segment: (prediction: Label, reference: Label) => ({ hits: prediction === reference ? 1 : 0, count: 1 }),
  score: ({ hits = 0, count = 0 }) => ({ accuracy: hits / count }),
});

/** Options that decide which classes a score covers. */
export interface LabelOptions {
  /** The classes, in this order; default: all that occur, sorted. */
  labels: readonly Label[] | null;
}

/** Options of `precisionRecallF1`. */
export interface PrecisionRecallF1Options extends LabelOptions {
  /** What stands for 0/0: a class that is never predicted has no precision, one that never occurs no recall. Default 0. */
  zero_division: 0 | 1 | typeof Number.NaN;
}

/** Precision, recall and F1 over all classes together. */
export interface AveragedScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Precision, recall, F1 and the number of references, class by class, and their averages. */
export interface PrecisionRecallF1 {
  readonly labels: readonly Label[];
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly f1: readonly number[];
  readonly support: readonly number[];
  /** The classes' mean. */
  readonly macro: AveragedScores;
  /** Of the counts of all classes together. */
  readonly micro: AveragedScores;
  /** The classes' mean weighted by support. */
  readonly weighted: AveragedScores;
}

/**
 * How many of a class's predictions are right (precision), how many of its examples are found (recall), and their harmonic
 * mean (F1), class by class and averaged. Range 0–1; higher is better.
 * Like sklearn.metrics.precision_recall_fscore_support, with all averages at once and no warning at 0/0: `zero_division`
 * stands in (NaN leaves the class out of the averages).
 */
export const precisionRecallF1: Metric<Label, Label, PrecisionRecallF1Options, PrecisionRecallF1> = defineMetric({
  name: 'precision_recall_f1',
  defaults: { labels: null, zero_division: 0 } as PrecisionRecallF1Options,
  check: ({ labels, zero_division }) => {
    checkLabels('precision_recall_f1', labels);
    if (zero_division !== 0 && zero_division !== 1 && !Number.isNaN(zero_division)) {
      throw new ConfigError(`precision_recall_f1: zero_division is ${zero_division}; 0, 1 or NaN is needed.`);
    }
  },
  segment: cell,
  score: (sum, { labels: chosen, zero_division }) => {
    const { labels, matrix } = countsOf(sum, null);
    const covered = chosen ?? labels;
    const counts = covered.map((label) => {
      const i = labels.indexOf(label);
      if (i < 0) return { hits: 0, predicted: 0, support: 0 };
      return { hits: matrix[i]![i]!, predicted: total(matrix.map((row) => row[i]!)), support: total(matrix[i]!) };
    });
    const ratio = (part: number, whole: number) => (whole === 0 ? zero_division : part / whole);
    const scores = (of: (typeof counts)[number]): AveragedScores => ({
      precision: ratio(of.hits, of.predicted),
      recall: ratio(of.hits, of.support),
      f1: ratio(2 * of.hits, of.predicted + of.support),
    });
    const each = counts.map(scores);
    const support = counts.map((of) => of.support);
    const averaged = (weights: readonly number[]): AveragedScores => ({
      precision: average(
        each.map((of) => of.precision),
        weights,
        zero_division,
      ),
      recall: average(
        each.map((of) => of.recall),
        weights,
        zero_division,
      ),
      f1: average(
        each.map((of) => of.f1),
        weights,
        zero_division,
      ),
    });
    const together = { hits: 0, predicted: 0, support: 0 };
    for (const of of counts) {
      together.hits += of.hits;
      together.predicted += of.predicted;
      together.support += of.support;
    }
    return {
      labels: covered,
      precision: each.map((of) => of.precision),
      recall: each.map((of) => of.recall),
      f1: each.map((of) => of.f1),
      support,
      macro: averaged(each.map(() => 1)),
      micro: scores(together),
      weighted: averaged(support),
    };
  },
});

/** Options of `confusionMatrix`. */
export interface ConfusionMatrixOptions extends LabelOptions {
  /** Shares of each reference's row (`true`), each prediction's column (`pred`) or of all, instead of counts. */
  normalize: 'true' | 'pred' | 'all' | null;
}

/** How often class `labels[row]` was predicted as `labels[column]`. */
export interface ConfusionMatrix {
  readonly labels: readonly Label[];
  readonly confusion_matrix: number[][];
}

/**
 * How often each class (rows) was predicted as each (columns). Like sklearn.metrics.confusion_matrix: examples whose
 * reference or prediction is not among `labels` do not count, and the share of nothing is 0.
 */
export const confusionMatrix: Metric<Label, Label, ConfusionMatrixOptions, ConfusionMatrix> = defineMetric({
  name: 'confusion_matrix',
  defaults: { labels: null, normalize: null } as ConfusionMatrixOptions,
  check: ({ labels, normalize }) => {
    checkLabels('confusion_matrix', labels);
    if (normalize !== null && !['true', 'pred', 'all'].includes(normalize)) {
      throw new ConfigError(`confusion_matrix: normalize is '${normalize}'; 'true', 'pred', 'all' or null is needed.`);
    }
  },
  segment: cell,
  score: (sum, { labels: chosen, normalize }) => {
    const { labels, matrix } = countsOf(sum, chosen);
    const rows = matrix.map(total);
    const columns = labels.map((_, column) => total(matrix.map((row) => row[column]!)));
    const whole = (row: number, column: number): number =>
      normalize === null ? 1 : normalize === 'true' ? rows[row]! : normalize === 'pred' ? columns[column]! : total(rows);
    const shares = matrix.map((row, i) => row.map((count, k) => (whole(i, k) === 0 ? 0 : count / whole(i, k))));
    return { labels, confusion_matrix: shares };
  },
});

/**
 * Correlation between predictions and references, for two classes or more. Range −1 to 1; higher is better; 0 where one of
 * them is always the same class. Like sklearn.metrics.matthews_corrcoef.
 * Source: Gorodkin, 2004, "Comparing two K-category assignments by a K-category correlation coefficient".
 */
export const matthewsCorrelation: Metric<Label, Label, object, { matthews_correlation: number }> = defineMetric({
  name: 'matthews_correlation',
  defaults: {},
  segment: cell,
  score: (sum) => {
    const { labels, matrix } = countsOf(sum, null);
    const all = total(matrix.map(total));
    const right = total(labels.map((_, i) => matrix[i]![i]!));
    const occurs = matrix.map(total);
    const predicted = labels.map((_, column) => total(matrix.map((row) => row[column]!)));
    const product = total(labels.map((_, i) => occurs[i]! * predicted[i]!));
    const spread = (counts: number[]) => all * all - total(counts.map((count) => count * count));
    const scale = Math.sqrt(spread(occurs) * spread(predicted));
    return { matthews_correlation: scale === 0 ? 0 : (right * all - product) / scale };
  },
});

/** One example's place in the confusion matrix; numbers and names stay apart as JSON keeps them apart. */
function cell(prediction: Label, reference: Label): Contribution {
  return { [JSON.stringify([reference, prediction])]: 1 };
}

function countsOf(sum: Contribution, chosen: readonly Label[] | null): { labels: readonly Label[]; matrix: number[][] } {
  const cells = Object.entries(sum).map(([key, count]) => ({ pair: JSON.parse(key) as [Label, Label], count }));
  const seen = [...new Set(cells.flatMap(({ pair }) => pair))];
  const labels = chosen ?? seen.sort((a, b) => (typeof a === typeof b ? (a < b ? -1 : 1) : typeof a === 'number' ? -1 : 1));
  const places = new Map(labels.map((label, place) => [label, place]));
  const matrix = labels.map(() => labels.map(() => 0));
  for (const { pair, count } of cells) {
    const [row, column] = [places.get(pair[0]), places.get(pair[1])];
    if (row !== undefined && column !== undefined) matrix[row]![column]! += count;
  }
  return { labels, matrix };
}

function checkLabels(speaker: string, labels: readonly Label[] | null): void {
  if (labels !== null && (labels.length === 0 || new Set(labels).size < labels.length)) {
    throw new ConfigError(`${speaker}: labels are [${labels.join(', ')}]; at least one, and each once, is needed.`);
  }
}

/** The weighted mean of what is not NaN; where no weight is left, what stands for 0/0. */
function average(values: readonly number[], weights: readonly number[], zeroDivision: number): number {
  let sum = 0;
  let weight = 0;
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    sum += value * weights[i]!;
    weight += weights[i]!;
  }
  return weight === 0 ? zeroDivision : sum / weight;
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
