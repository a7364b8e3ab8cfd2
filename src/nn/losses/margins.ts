import type { Tensor } from '../../tensor/index.ts';
import {
  hingeEmbeddingLoss,
  type MarginOptions,
  marginRankingLoss,
  multilabelMarginLoss,
  type ReductionOptions,
} from '../functional/index.ts';
import { Module } from '../module.ts';

/**
 * max(0, −target · (input1 − input2) + margin).
 * Shapes: all alike → scalar, or the same without reduction. Like torch.nn.MarginRankingLoss.
 */
export class MarginRankingLoss extends Module {
  readonly #options: MarginOptions;

  constructor(options: MarginOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(input1, input2, target, this.#options);
  }
}

/**
 * The input where the target is 1, max(0, margin − input) where it is −1.
 * Shapes: both alike → scalar, or the same without reduction. Like torch.nn.HingeEmbeddingLoss.
 */
export class HingeEmbeddingLoss extends Module {
  readonly #options: MarginOptions;

  constructor(options: MarginOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(input, target, this.#options);
  }
}

/**
 * By how much classes that do not hold come nearer than 1 to those that do; see `multilabelMarginLoss`.
 * Shapes: input and target `[N, K]` or `[K]` → scalar, or `[N]` or `[]`. Like torch.nn.MultiLabelMarginLoss.
 */
export class MultiLabelMarginLoss extends Module {
  readonly #options: ReductionOptions;

  constructor(options: ReductionOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return multilabelMarginLoss(input, target, this.#options);
  }
}
