import { accuracy, confusionMatrix, precisionRecallF1 } from '../../metrics/index.ts';
import type { EvalPrediction } from '../evaluate.ts';

/** What a classifier gets on one class. */
export interface ClassScores {
  readonly label: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Examples of this class. */
  readonly support: number;
}

/** What a classifier gets on a part of the data. */
export interface Scores {
  readonly accuracy: number;
  /** The classes' mean F1. */
  readonly macro_f1: number;
  readonly classes: readonly ClassScores[];
  /** `confusion_matrix[i][j]`: examples of class i taken for class j. */
  readonly confusion_matrix: readonly (readonly number[])[];
}

/** The scores of predicted class numbers against the true ones. */
export function scoresOf(predictions: readonly number[], references: ArrayLike<number>, labels: readonly string[]): Scores {
  const numbers = labels.map((_, i) => i);
  const judged = { predictions, references: Array.from(references), labels: numbers };
  const each = precisionRecallF1.compute(judged);
  return {
    accuracy: accuracy.compute({ predictions, references: judged.references }).accuracy,
    macro_f1: each.macro.f1,
    classes: labels.map((label, i) => ({
      label,
      precision: each.precision[i]!,
      recall: each.recall[i]!,
      f1: each.f1[i]!,
      support: each.support[i]!,
    })),
    confusion_matrix: confusionMatrix.compute(judged).confusion_matrix,
  };
}

/** The likeliest class of each example. */
export function bestClasses({ predictions }: Pick<EvalPrediction, 'predictions'>): number[] {
  return predictions.map((logits) => logits.indexOf(Math.max(...logits)));
}
