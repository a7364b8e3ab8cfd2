import type { Tensor } from '../tensor/index.ts';
import { type CrossEntropyOptions, crossEntropy, mseLoss, type Reduction } from './functional/index.ts';
import { Module } from './module.ts';

/**
 * −log of the probability that softmax(logits) gives to the labels; see `crossEntropy`.
 * Shapes: logits `[N, K]`, labels `[N]` → scalar. Like torch.nn.CrossEntropyLoss with class indices.
 */
export class CrossEntropyLoss extends Module {
  readonly #options: CrossEntropyOptions;

  constructor(options: CrossEntropyOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(logits: Tensor, labels: Tensor): Tensor {
    return crossEntropy(logits, labels, this.#options);
  }
}

/** Mean of squared differences. Shapes: both alike → scalar. Like torch.nn.MSELoss. */
export class MSELoss extends Module {
  readonly #reduction: Reduction;

  constructor({ reduction = 'mean' }: { readonly reduction?: Reduction } = {}) {
    super();
    this.#reduction = reduction;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, { reduction: this.#reduction });
  }
}
