import type { Tensor } from '../../tensor/index.ts';
import {
  type CosineEmbeddingLossOptions,
  type CosineSimilarityOptions,
  cosineEmbeddingLoss,
  cosineSimilarity,
  type PairwiseDistanceOptions,
  pairwiseDistance,
  type TripletMarginLossOptions,
  type TripletMarginWithDistanceLossOptions,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from '../functional/index.ts';
import { Module } from '../module.ts';

/**
 * 1 − cos of two vectors where the target is 1, max(0, cos − margin) where it is −1.
 * Shapes: inputs `[N, D]` or `[D]`, target `[N]` or `[]` → scalar, or the target's. Like torch.nn.CosineEmbeddingLoss.
 */
export class CosineEmbeddingLoss extends Module {
  readonly #options: CosineEmbeddingLossOptions;

  constructor(options: CosineEmbeddingLossOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this.#options);
  }
}

/**
 * max(0, d(anchor, positive) − d(anchor, negative) + margin), d a p-norm; see `tripletMarginLoss`.
 * Shapes: all `[N, D]` or `[D]` → scalar, or `[N]` or `[]`. Like torch.nn.TripletMarginLoss.
 */
export class TripletMarginLoss extends Module {
  readonly #options: TripletMarginLossOptions;

  constructor(options: TripletMarginLossOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.#options);
  }
}

/**
 * `TripletMarginLoss` with a distance of one's own. Like torch.nn.TripletMarginWithDistanceLoss.
 */
export class TripletMarginWithDistanceLoss extends Module {
  readonly #options: TripletMarginWithDistanceLossOptions;

  constructor(options: TripletMarginWithDistanceLossOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginWithDistanceLoss(anchor, positive, negative, this.#options);
  }
}

/**
 * Cosine of the angle between vectors along an axis. Shapes: `[...A, D, ...B]` → `[...A, ...B]`. Like torch.nn.CosineSimilarity.
 */
export class CosineSimilarity extends Module {
  readonly #options: CosineSimilarityOptions;

  constructor(options: CosineSimilarityOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this.#options);
  }
}

/**
 * p-norm of the difference of vectors along the last axis. Shapes: `[..., D]` → `[...]`. Like torch.nn.PairwiseDistance.
 */
export class PairwiseDistance extends Module {
  readonly #options: PairwiseDistanceOptions;

  constructor(options: PairwiseDistanceOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this.#options);
  }
}
