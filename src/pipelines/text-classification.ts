import { ConfigError } from '../core/index.ts';
import { definePipeline, type PipelineCallOptions } from './define-pipeline.ts';

/** A class and how likely it is (or its logit, by `function_to_apply`). */
export interface Classification {
  readonly label: string;
  readonly score: number;
}

/** Options of text classification, by Hugging Face's names. */
export interface TextClassificationOptions {
  /** How many classes to give of each text, the likeliest first; null for all. Default 1. */
  readonly top_k: number | null;
  /** What makes scores of the logits. Default softmax; sigmoid where the model has one class only. */
  readonly function_to_apply: 'softmax' | 'sigmoid' | 'none' | null;
}

type Given = Partial<TextClassificationOptions> & PipelineCallOptions;

/**
 * Classifies a text, or several. As in Hugging Face: one text gives a list, several give a list with the best class of each,
 * or with a list for each where `top_k` was written out.
 */
export interface ClassifyText {
  (text: string, options?: Given): Promise<Classification[]>;
  (texts: readonly string[], options: Given & { readonly top_k: number | null }): Promise<Classification[][]>;
  (texts: readonly string[], options?: Given & { readonly top_k?: never }): Promise<Classification[]>;
}

const functions = {
  softmax: (logits: readonly number[]) => {
    const most = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - most));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  },
  sigmoid: (logits: readonly number[]) => logits.map((logit) => 1 / (1 + Math.exp(-logit))),
  none: (logits: readonly number[]) => logits,
};

/** Texts to classes. */
export const textClassification = definePipeline<TextClassificationOptions, Classification[], ClassifyText>({
  task: 'text-classification',
  aliases: ['sentiment-analysis'],
  model: 'AutoModelForSequenceClassification',
  defaults: { top_k: 1, function_to_apply: null },
  check: ({ top_k, function_to_apply }) => {
    if (top_k !== null && !(Number.isSafeInteger(top_k) && top_k >= 1))
      throw new ConfigError(`pipeline: top_k is ${top_k}; a whole number of at least 1 is needed, or null for all classes.`);
    if (function_to_apply !== null && !Object.hasOwn(functions, function_to_apply))
      throw new ConfigError(
        `pipeline: function_to_apply is ${JSON.stringify(function_to_apply)}; it must be one of ${Object.keys(functions).join(', ')}.`,
      );
  },
  postprocess: ({ logits }, { model }, { top_k, function_to_apply }) => {
    const scores = functions[function_to_apply ?? (logits.length === 1 ? 'sigmoid' : 'softmax')](Array.from(logits));
    const names = model.config.id2label ?? {};
    return scores
      .map((score, i) => ({ label: names[i] ?? `LABEL_${i}`, score }))
      .sort((a, b) => b.score - a.score)
      .slice(0, top_k ?? scores.length);
  },
  arrange: (items, isSingle, given) => {
    if (isSingle) return items[0]!;
    return given.top_k === undefined ? items.map(([best]) => best!) : items;
  },
});
