import type { Tensor } from '../../tensor/index.ts';
import {
  type GaussianNllLossOptions,
  gaussianNllLoss,
  type KlDivOptions,
  klDiv,
  type PoissonNllLossOptions,
  poissonNllLoss,
} from '../functional/index.ts';
import { Module } from '../module.ts';

/**
 * Kullback–Leibler divergence of the target from the input, the input log-probabilities; see `klDiv`.
 * Shapes: both alike → scalar, or the same without reduction. Like torch.nn.KLDivLoss.
 */
export class KLDivLoss extends Module {
  readonly #options: KlDivOptions;

  constructor(options: KlDivOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.#options);
  }
}

/**
 * −log of the probability of a count by Poisson's distribution; see `poissonNllLoss`.
 * Shapes: both alike → scalar, or the same without reduction. Like torch.nn.PoissonNLLLoss.
 */
export class PoissonNLLLoss extends Module {
  readonly #options: PoissonNllLossOptions;

  constructor(options: PoissonNllLossOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(input, target, this.#options);
  }
}

/**
 * −log of the density of the target by a normal distribution; see `gaussianNllLoss`.
 * Shapes: input and target alike → scalar, or the same without reduction. Like torch.nn.GaussianNLLLoss.
 */
export class GaussianNLLLoss extends Module {
  readonly #options: GaussianNllLossOptions;

  constructor(options: GaussianNllLossOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    return gaussianNllLoss(input, target, variance, this.#options);
  }
}
