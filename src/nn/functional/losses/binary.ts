import { broadcastShapes, formatShape, ShapeError, sameShape } from '../../../core/index.ts';
import * as ops from '../../../ops/index.ts';
import { lift, type Tensor } from '../../../tensor/index.ts';
import { type ReductionOptions, reduce, requireAlike } from './reduce.ts';

/** Options of losses whose elements may be weighted. */
export interface WeightedOptions extends ReductionOptions {
  /** Weight of each loss; broadcasts to the input. The mean still divides by the number of losses. */
  readonly weight?: Tensor | null;
}

/** Options of `binaryCrossEntropyWithLogits`, named as in PyTorch. */
export interface BinaryCrossEntropyWithLogitsOptions extends WeightedOptions {
  /** How much a positive label counts, beside a negative one; broadcasts to the input: one number, or one for each class. */
  readonly pos_weight?: Tensor | null;
}

/**
 * −(target · log input + (1 − target) · log(1 − input)), the input chances from 0 to 1. Logarithms are held at −100 and the
 * gradient is finite where a chance is 0 or 1, as in torch.nn.BCELoss. Prefer `binaryCrossEntropyWithLogits`, which loses
 * nothing. Shapes: both alike → scalar, or the same without reduction.
 * @throws ShapeError when the two differ.
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  { weight = null, reduction = 'mean' }: WeightedOptions = {},
): Tensor {
  requireAlike('binaryCrossEntropy', input, target);
  const losses = lift(ops.binaryCrossEntropy(input.value, target.value), input, target);
  return reduce(weighted('binaryCrossEntropy', losses, weight), reduction, 'binaryCrossEntropy');
}

/**
 * Binary cross entropy of σ(input), without forming it: (1 − target) · input + log(1 + e^−input), finite for every input.
 * Shapes: both alike → scalar, or the same without reduction. As torch.nn.BCEWithLogitsLoss: `pos_weight` p makes it
 * (1 − target) · input + (1 + (p − 1) · target) · log(1 + e^−input).
 * @throws ShapeError when the two differ, or a weight does not broadcast to them.
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  { weight = null, pos_weight = null, reduction = 'mean' }: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor {
  const speaker = 'binaryCrossEntropyWithLogits';
  requireAlike(speaker, input, target);
  const missed = logSigmoid(input).neg();
  if (pos_weight) requireBroadcast(speaker, 'pos_weight', input, pos_weight);
  const counted = pos_weight ? missed.mul(target.mul(pos_weight.sub(1)).add(1)) : missed;
  const losses = target.neg().add(1).mul(input).add(counted);
  return reduce(weighted(speaker, losses, weight), reduction, speaker);
}

/**
 * log(1 + e^(−target · input)) for labels of 1 and −1, which never overflows. Shapes: both alike → scalar, or the same without reduction.
 * As torch.nn.SoftMarginLoss. @throws ShapeError when the two differ.
 */
export function softMarginLoss(input: Tensor, target: Tensor, { reduction = 'mean' }: ReductionOptions = {}): Tensor {
  requireAlike('softMarginLoss', input, target);
  return reduce(logSigmoid(input.mul(target)).neg(), reduction, 'softMarginLoss');
}

/**
 * The mean over classes of the binary cross entropy of σ(input), a label for each class.
 * Shapes: both `[..., K]`, weight `[K]` → scalar, or `[...]` without reduction. As torch.nn.MultiLabelSoftMarginLoss.
 * @throws ShapeError when the two differ.
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  { weight = null, reduction = 'mean' }: WeightedOptions = {},
): Tensor {
  const losses = binaryCrossEntropyWithLogits(input, target, { weight, reduction: 'none' });
  return reduce(losses.mean(-1), reduction, 'multilabelSoftMarginLoss');
}

function logSigmoid(x: Tensor): Tensor {
  return lift(ops.logsigmoid(x.value), x);
}

function weighted(speaker: string, losses: Tensor, weight: Tensor | null): Tensor {
  if (!weight) return losses;
  requireBroadcast(speaker, 'weight', losses, weight);
  return losses.mul(weight);
}

function requireBroadcast(speaker: string, name: string, input: Tensor, weight: Tensor): void {
  const shape = broadcastShapes(input.shape, weight.shape, speaker, ['input', name]);
  if (!sameShape(shape, input.shape))
    throw new ShapeError(
      `${speaker}: input is ${formatShape(input.shape)} and ${name} is ${formatShape(weight.shape)}; ${name} must broadcast to the input.`,
    );
}
