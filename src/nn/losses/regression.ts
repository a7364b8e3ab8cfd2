import type { Tensor } from '../../tensor/index.ts';
import {
  type HuberLossOptions,
  huberLoss,
  l1Loss,
  mseLoss,
  type ReductionOptions,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from '../functional/index.ts';
import { Module } from '../module.ts';

/**
 * Mean of squared differences. Shapes: both alike → scalar, or the same without reduction. Like torch.nn.MSELoss.
 */
export class MSELoss extends Module {
  readonly #options: ReductionOptions;

  constructor(options: ReductionOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.#options);
  }
}

/**
 * Mean of distances. Shapes: both alike → scalar, or the same without reduction. Like torch.nn.L1Loss.
 */
export class L1Loss extends Module {
  readonly #options: ReductionOptions;

  constructor(options: ReductionOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.#options);
  }
}

/**
 * The distance, with a square instead of its kink, ½ d²/beta below beta; see `smoothL1Loss`.
 * Shapes: both alike → scalar, or the same without reduction. Like torch.nn.SmoothL1Loss.
 */
export class SmoothL1Loss extends Module {
  readonly #options: SmoothL1LossOptions;

  constructor(options: SmoothL1LossOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.#options);
  }
}

/**
 * Half the square of the distance up to delta, and straight beyond; see `huberLoss`.
 * Shapes: both alike → scalar, or the same without reduction. Like torch.nn.HuberLoss.
 */
export class HuberLoss extends Module {
  readonly #options: HuberLossOptions;

  constructor(options: HuberLossOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.#options);
  }
}
