import { ConfigError } from '../../../core/index.ts';
import type { Tensor } from '../../../tensor/index.ts';
import { type ReductionOptions, reduce, requireAlike } from './reduce.ts';

/** Options of losses of distances, whose elements may be weighted. */
export interface DistanceLossOptions extends ReductionOptions {
  /** Weight of each loss; of the input's shape. */
  readonly weight?: Tensor | null;
}

/**
 * (input − target)². Shapes: both alike → scalar, or the same without reduction. As torch.nn.functional.mse_loss, whose mean
 * with a `weight` divides by the sum of the weights.
 * @throws ShapeError when the two differ: PyTorch broadcasts them and warns.
 */
export function mseLoss(
  input: Tensor,
  target: Tensor,
  { weight = null, reduction = 'mean' }: DistanceLossOptions = {},
): Tensor {
  requireAlike('mseLoss', input, target);
  return weightedMean('mseLoss', input.sub(target).square(), weight, reduction);
}

/**
 * |input − target|. Shapes: both alike → scalar, or the same without reduction. As torch.nn.functional.l1_loss, whose mean with
 * a `weight` divides by the sum of the weights. Its gradient is 0 where the two are equal.
 * @throws ShapeError when the two differ: PyTorch broadcasts them and warns.
 */
export function l1Loss(input: Tensor, target: Tensor, { weight = null, reduction = 'mean' }: DistanceLossOptions = {}): Tensor {
  requireAlike('l1Loss', input, target);
  return weightedMean('l1Loss', input.sub(target).abs(), weight, reduction);
}

/** Options of `smoothL1Loss`, named as in PyTorch. */
export interface SmoothL1LossOptions extends ReductionOptions {
  /** The distance up to which the loss is a square. Default 1. */
  readonly beta?: number;
}

/**
 * ½ (input − target)² / beta where the two are nearer than `beta`, else |input − target| − beta/2; with a beta of 0 the
 * distance itself. Shapes: both alike → scalar, or the same without reduction. As torch.nn.SmoothL1Loss.
 * Source: Girshick, 2015, arXiv:1504.08083, equation 3.
 * @throws ShapeError when the two differ. @throws ConfigError when beta is negative.
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  { beta = 1, reduction = 'mean' }: SmoothL1LossOptions = {},
): Tensor {
  if (!(beta >= 0)) throw new ConfigError(`smoothL1Loss: beta is ${beta}; it must be 0 or more.`);
  requireAlike('smoothL1Loss', input, target);
  const distance = input.sub(target);
  return reduce(beta === 0 ? distance.abs() : huberOf(distance, beta).div(beta), reduction, 'smoothL1Loss');
}

/** Options of `huberLoss`, named as in PyTorch. */
export interface HuberLossOptions extends DistanceLossOptions {
  /** The distance up to which the loss is a square. Default 1. */
  readonly delta?: number;
}

/**
 * ½ (input − target)² where the two are nearer than `delta`, else delta · (|input − target| − delta/2).
 * Shapes: both alike, and the weight → scalar, or the same without reduction. As torch.nn.HuberLoss; the mean with a weight
 * divides by the number of losses. Source: Huber, 1964, Annals of Mathematical Statistics 35(1).
 * @throws ShapeError when the two differ. @throws ConfigError when delta is not positive.
 */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  { delta = 1, weight = null, reduction = 'mean' }: HuberLossOptions = {},
): Tensor {
  if (!(delta > 0)) throw new ConfigError(`huberLoss: delta is ${delta}; it must be more than 0.`);
  requireAlike('huberLoss', input, target);
  const losses = huberOf(input.sub(target), delta);
  if (weight) requireAlike('huberLoss', input, weight, ['input', 'weight']);
  return reduce(weight ? losses.mul(weight) : losses, reduction, 'huberLoss');
}

/** With c the distance held between ±delta, c (d − c/2): square near 0 and straight beyond, with no choice between the two. */
function huberOf(distance: Tensor, delta: number): Tensor {
  const held = distance.clip(-delta, delta);
  return held.mul(distance.sub(held.mul(0.5)));
}

function weightedMean(
  speaker: string,
  losses: Tensor,
  weight: Tensor | null,
  reduction: NonNullable<ReductionOptions['reduction']>,
): Tensor {
  if (!weight) return reduce(losses, reduction, speaker);
  requireAlike(speaker, losses, weight, ['input', 'weight']);
  const weighted = losses.mul(weight);
  return reduction === 'mean' ? weighted.sum().div(weight.sum()) : reduce(weighted, reduction, speaker);
}
