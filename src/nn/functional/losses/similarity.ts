import { ConfigError, formatShape, normalizeAxis, ShapeError, sameShape } from '../../../core/index.ts';
import { type Tensor, where } from '../../../tensor/index.ts';
import { heldFrom } from './held.ts';
import { type ReductionOptions, reduce, requireAlike } from './reduce.ts';

/** Options of `cosineSimilarity`, named as in PyTorch. */
export interface CosineSimilarityOptions {
  /** The axis along which vectors lie. Default 1. */
  readonly dim?: number;
  /** The least that a length counts as. Default 1e−8. */
  readonly eps?: number;
}

/**
 * Cosine of the angle between vectors, x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps)).
 * Shapes: both broadcast; `[...A, D, ...B]` → `[...A, ...B]`. As torch.nn.functional.cosine_similarity: holding a length at
 * eps has a gradient of 1.
 */
export function cosineSimilarity(x1: Tensor, x2: Tensor, { dim = 1, eps = 1e-8 }: CosineSimilarityOptions = {}): Tensor {
  const rank = Math.max(x1.rank, x2.rank);
  const axis = normalizeAxis(dim, rank, 'cosineSimilarity');
  const unit = (x: Tensor) => x.div(heldFrom(x.norm(2, axis - rank, { keepDims: true }), eps));
  return unit(x1).mul(unit(x2)).sum(axis);
}

/** Options of `pairwiseDistance`, named as in PyTorch. */
export interface PairwiseDistanceOptions {
  /** Which norm. Default 2. */
  readonly p?: number;
  /** Added to each difference, so that a distance of 0 has a slope. Default 1e−6. */
  readonly eps?: number;
  /** Keep the last axis, with length 1. Default false. */
  readonly keepdim?: boolean;
}

/**
 * The p-norm of x1 − x2 + eps along the last axis. Shapes: both broadcast, `[..., D]` → `[...]`.
 * As torch.nn.functional.pairwise_distance.
 */
export function pairwiseDistance(
  x1: Tensor,
  x2: Tensor,
  { p = 2, eps = 1e-6, keepdim = false }: PairwiseDistanceOptions = {},
): Tensor {
  return x1.sub(x2).add(eps).norm(p, -1, { keepDims: keepdim });
}

/** Options of `cosineEmbeddingLoss`, named as in PyTorch. */
export interface CosineEmbeddingLossOptions extends ReductionOptions {
  /** The cosine from which vectors that are to differ count, from −1 to 1. Default 0. */
  readonly margin?: number;
}

/**
 * 1 − cos(input1, input2) where the target is 1; max(0, cos − margin) where it is −1.
 * Shapes: inputs `[N, D]` or `[D]`, target `[N]` or `[]` → scalar, or the target's. As torch.nn.CosineEmbeddingLoss.
 * @throws ShapeError when they do not fit.
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  { margin = 0, reduction = 'mean' }: CosineEmbeddingLossOptions = {},
): Tensor {
  requireAlike('cosineEmbeddingLoss', input1, input2, ['input1', 'input2']);
  if (input1.rank < 1 || input1.rank > 2 || !sameShape(target.shape, input1.shape.slice(0, -1)))
    throw new ShapeError(
      `cosineEmbeddingLoss: the inputs are ${formatShape(input1.shape)} and the target ${formatShape(target.shape)}; they must be [N, D] and [N], or [D] and [].`,
    );
  // Added to each square, as PyTorch does here, so that a zero vector has a cosine of 0 and a gradient.
  const square = (x: Tensor) => x.sumSquare(-1).add(1e-12);
  const cosine = input1
    .mul(input2)
    .sum(-1)
    .div(square(input1).mul(square(input2)).sqrt());
  const same = where(target.eq(1), cosine.neg().add(1), 0);
  return reduce(same.add(where(target.eq(-1), cosine.sub(margin).clip(0, null), 0)), reduction, 'cosineEmbeddingLoss');
}

/** Options of `tripletMarginWithDistanceLoss`, named as in PyTorch. */
export interface TripletMarginWithDistanceLossOptions extends ReductionOptions {
  /** Distance between vectors: two tensors `[..., D]` → `[...]`. Default `pairwiseDistance`. */
  readonly distance_function?: (a: Tensor, b: Tensor) => Tensor;
  /** By how much the negative is to lie further away than the positive. Default 1. */
  readonly margin?: number;
  /** Also look from the positive to the negative, and take the nearer of the two. Default false. */
  readonly swap?: boolean;
}

/** Options of `tripletMarginLoss`, named as in PyTorch. */
export interface TripletMarginLossOptions extends Omit<TripletMarginWithDistanceLossOptions, 'distance_function'> {
  /** Which norm the distance is. Default 2. */
  readonly p?: number;
  /** Added to each difference. Default 1e−6. */
  readonly eps?: number;
}

/**
 * max(0, d(anchor, positive) − d(anchor, negative) + margin), d the p-norm of the difference.
 * Shapes: all `[N, D]` or `[D]` → scalar, or without reduction `[N]` or `[]`. As torch.nn.TripletMarginLoss.
 * Source of `swap`: Balntas et al., 2016, BMVC, section 3.
 * @throws ShapeError when the shapes differ. @throws ConfigError when the margin is not positive.
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  { p = 2, eps = 1e-6, margin = 1, swap = false, reduction = 'mean' }: TripletMarginLossOptions = {},
): Tensor {
  const distance_function = (a: Tensor, b: Tensor) => pairwiseDistance(a, b, { p, eps });
  return triplets('tripletMarginLoss', [anchor, positive, negative], { distance_function, margin, swap, reduction });
}

/**
 * `tripletMarginLoss` with a distance of one's own. As torch.nn.TripletMarginWithDistanceLoss.
 * @throws ShapeError when the shapes differ. @throws ConfigError when the margin is not positive.
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  {
    distance_function = pairwiseDistance,
    margin = 1,
    swap = false,
    reduction = 'mean',
  }: TripletMarginWithDistanceLossOptions = {},
): Tensor {
  const options = { distance_function, margin, swap, reduction };
  return triplets('tripletMarginWithDistanceLoss', [anchor, positive, negative], options);
}

function triplets(
  speaker: string,
  [anchor, positive, negative]: readonly [Tensor, Tensor, Tensor],
  { distance_function: distance, margin, swap, reduction }: Required<TripletMarginWithDistanceLossOptions>,
): Tensor {
  requireAlike(speaker, anchor, positive, ['anchor', 'positive']);
  requireAlike(speaker, anchor, negative, ['anchor', 'negative']);
  if (!(margin > 0)) throw new ConfigError(`${speaker}: margin is ${margin}; it must be more than 0.`);
  const toNegative = distance(anchor, negative);
  const nearest = swap ? toNegative.minimum(distance(positive, negative)) : toNegative;
  return reduce(distance(anchor, positive).sub(nearest).add(margin).clip(0, null), reduction, speaker);
}
