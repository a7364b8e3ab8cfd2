import type { Tensor } from '../../tensor/index.ts';
import {
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  multilabelSoftMarginLoss,
  type ReductionOptions,
  softMarginLoss,
  type WeightedOptions,
} from '../functional/index.ts';
import { Module } from '../module.ts';

/**
 * Binary cross entropy of chances from 0 to 1; see `binaryCrossEntropy`.
 * Shapes: both alike → scalar, or the same without reduction. Like torch.nn.BCELoss.
 */
export class BCELoss extends Module {
  readonly weight: Tensor | null;
  readonly #options: Omit<WeightedOptions, 'weight'>;

  constructor({ weight = null, ...options }: WeightedOptions = {}) {
    super();
    this.weight = weight;
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, { ...this.#options, weight: this.weight });
  }
}

/**
 * Binary cross entropy of σ(input); see `binaryCrossEntropyWithLogits`.
 * Shapes: both alike → scalar, or the same without reduction. Like torch.nn.BCEWithLogitsLoss.
 */
export class BCEWithLogitsLoss extends Module {
  readonly weight: Tensor | null;
  readonly pos_weight: Tensor | null;
  readonly #options: Omit<BinaryCrossEntropyWithLogitsOptions, 'weight' | 'pos_weight'>;

  constructor({ weight = null, pos_weight = null, ...options }: BinaryCrossEntropyWithLogitsOptions = {}) {
    super();
    this.weight = weight;
    this.pos_weight = pos_weight;
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(input, target, { ...this.#options, weight: this.weight, pos_weight: this.pos_weight });
  }
}

/**
 * log(1 + e^(−target · input)) for labels of 1 and −1.
 * Shapes: both alike → scalar, or the same without reduction. Like torch.nn.SoftMarginLoss.
 */
export class SoftMarginLoss extends Module {
  readonly #options: ReductionOptions;

  constructor(options: ReductionOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, this.#options);
  }
}

/**
 * The mean over classes of the binary cross entropy of σ(input).
 * Shapes: both `[..., K]` → scalar, or `[...]` without reduction. Like torch.nn.MultiLabelSoftMarginLoss.
 */
export class MultiLabelSoftMarginLoss extends Module {
  readonly weight: Tensor | null;
  readonly #options: Omit<WeightedOptions, 'weight'>;

  constructor({ weight = null, ...options }: WeightedOptions = {}) {
    super();
    this.weight = weight;
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return multilabelSoftMarginLoss(input, target, { ...this.#options, weight: this.weight });
  }
}
