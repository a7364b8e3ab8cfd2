import type { Tensor } from '../../tensor/index.ts';
import {
  type CrossEntropyOptions,
  crossEntropy,
  type MultiMarginLossOptions,
  multiMarginLoss,
  type NllLossOptions,
  nllLoss,
} from '../functional/index.ts';
import { Module } from '../module.ts';

/**
 * −log of the probability that softmax(logits) gives to the target, which is classes or probabilities; see `crossEntropy`.
 * Shapes: logits `[N, K, ...D]` or `[K]`, target `[N, ...D]` or `[]` of classes, or of probabilities like the logits → scalar, or
 * the former without reduction. Like torch.nn.CrossEntropyLoss.
 */
export class CrossEntropyLoss extends Module {
  readonly weight: Tensor | null;
  readonly #options: Omit<CrossEntropyOptions, 'weight'>;

  constructor({ weight = null, ...options }: CrossEntropyOptions = {}) {
    super();
    this.weight = weight;
    this.#options = options;
  }

  override forward(logits: Tensor, target: Tensor): Tensor {
    return crossEntropy(logits, target, { ...this.#options, weight: this.weight });
  }
}

/**
 * −input at the target, the input log-probabilities; see `nllLoss`.
 * Shapes: input `[N, K, ...D]` or `[K]`, target `[N, ...D]` or `[]` → scalar, or the target's. Like torch.nn.NLLLoss.
 */
export class NLLLoss extends Module {
  readonly weight: Tensor | null;
  readonly #options: Omit<NllLossOptions, 'weight'>;

  constructor({ weight = null, ...options }: NllLossOptions = {}) {
    super();
    this.weight = weight;
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, { ...this.#options, weight: this.weight });
  }
}

/**
 * By how much the scores of other classes come nearer to the target's than a margin; see `multiMarginLoss`.
 * Shapes: input `[N, K]` or `[K]`, target `[N]` or `[]` → scalar, or the target's. Like torch.nn.MultiMarginLoss.
 */
export class MultiMarginLoss extends Module {
  readonly weight: Tensor | null;
  readonly #options: Omit<MultiMarginLossOptions, 'weight'>;

  constructor({ weight = null, ...options }: MultiMarginLossOptions = {}) {
    super();
    this.weight = weight;
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return multiMarginLoss(input, target, { ...this.#options, weight: this.weight });
  }
}
