import { ConfigError } from '../core/index.ts';
import type { DataCollator } from '../data/index.ts';
import { functional } from '../nn/index.ts';
import type { ComputeLoss } from './training-run.ts';

/** Options of `rDropLoss`. */
export interface RDropOptions {
  /** Weight of the term that pulls the two answers together. Default 1. */
  readonly alpha?: number;
  /** Share of each label that is spread over all classes. Default 0. */
  readonly label_smoothing?: number;
}

/**
 * A collator that puts each example of a batch there twice, the whole batch after the whole batch. Noise that `collate` adds
 * (`withMaskedTokens`) is drawn for each anew; so is the model's dropout.
 */
export function twice(collate: DataCollator): DataCollator {
  return (examples) => collate([...examples, ...examples]);
}

/**
 * Regularized dropout, for batches that a collator made by `twice`: the mean cross entropy, and how far apart the two answers to the
 * same example are, ½ (KL(p₁ ‖ p₂) + KL(p₂ ‖ p₁)), averaged over the examples, times `alpha`. The paper adds the two cross
 * entropies where here is their mean, so its α is twice this one.
 * Source: Liang et al., 2021, arXiv:2106.14448, equations 2 to 4.
 * @throws ConfigError for an alpha that is not a number of at least 0, and for a batch of an odd number of examples.
 * @example
 * import { AutoModelForSequenceClassification, Dataset } from 'qkv';
 * import { default_data_collator } from 'qkv/datasets';
 * import { rDropLoss, Trainer, twice } from 'qkv/trainer';
 * const model = AutoModelForSequenceClassification.from_config({ model_type: 'bert', vocab_size: 50, hidden_size: 32,
 *   num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64 });
 * const train_dataset = Dataset.from_dict({ input_ids: [[2, 5, 3], [2, 6, 3]], label: [0, 1] });
 * const trainer = new Trainer({ model, train_dataset, train_data_collator: twice(default_data_collator),
 *   compute_loss_func: rDropLoss({ alpha: 1 }), args: { max_steps: 10, save_strategy: 'no' } });
 * await trainer.train();
 */
export function rDropLoss({ alpha = 1, label_smoothing = 0 }: RDropOptions = {}): ComputeLoss {
  if (!(alpha >= 0 && Number.isFinite(alpha)))
    throw new ConfigError(`rDropLoss: alpha is ${alpha}; a number of at least 0 is needed.`);
  return ({ logits }, labels) => {
    const examples = logits.shape[0]!;
    const half = examples / 2;
    if (!Number.isInteger(half))
      throw new ConfigError(
        `rDropLoss: the batch has ${examples} examples, and each has to be there twice; set the Trainer's train_data_collator to twice(collator).`,
      );
    const answers = logits.logSoftmax(-1);
    const [first, second] = [answers.slice(0, 0, half), answers.slice(0, half, examples)];
    // Σ p (log p − log q) + Σ q (log q − log p)
    const apart = first.exp().sub(second.exp()).mul(first.sub(second)).sum();
    return functional.crossEntropy(logits, labels, { label_smoothing }).add(apart.mul((0.5 * alpha) / half));
  };
}
