import { ConfigError, formatShape, ShapeError } from '../../core/index.ts';
import { type Tensor, tensor, where } from '../../tensor/index.ts';
import { labelledRows } from '../packed-tokens.ts';

/** How the losses of examples become one. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options of `crossEntropy`, named as in PyTorch. */
export interface CrossEntropyOptions {
  /** Weight of each class, `[K]`. */
  readonly weight?: Tensor | null;
  /** Label whose examples count for nothing. Default −100. */
  readonly ignore_index?: number;
  /** Share of each target spread evenly over all classes. Default 0. */
  readonly label_smoothing?: number;
  readonly reduction?: Reduction;
}

/**
 * −log of the probability that softmax(logits) gives to the labels.
 * Shapes: logits `[N, K]`, labels `[N]` int32 or int64 → scalar, or `[N]` without reduction. The mean is over examples that
 * are not ignored, weighted by their class's weight, as in torch.nn.CrossEntropyLoss.
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { weight = null, ignore_index = -100, label_smoothing = 0, reduction = 'mean' }: CrossEntropyOptions = {},
): Tensor {
  const [count, classes] = logits.shape;
  if (logits.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== count) {
    throw new ShapeError(
      `crossEntropy: logits are ${formatShape(logits.shape)} and labels ${formatShape(labels.shape)}; they must be [N, K] and [N].`,
    );
  }
  if (!(label_smoothing >= 0 && label_smoothing <= 1))
    throw new ConfigError(`crossEntropy: label_smoothing is ${label_smoothing}; it must be from 0 to 1.`);
  if (reduction !== 'none') {
    const [x, y] = labelledRows(logits, labels, ignore_index);
    if (x !== logits) return crossEntropy(x, y, { weight, ignore_index, label_smoothing, reduction });
  }
  const counted = labels.eq(ignore_index).logicalNot();
  // An ignored label may lie outside the classes, so class 0 stands in for it; its loss is set to 0 below.
  const targets = where(counted, labels, tensor(0, { dtype: labels.dtype }));
  const logProbabilities = logits.logSoftmax(-1);
  const ofTarget = logProbabilities.gather(-1, targets.reshape(count!, 1)).reshape(count!);
  const weightOfTarget = weight ? weight.rows(targets) : null;
  let losses = (weightOfTarget ? ofTarget.mul(weightOfTarget) : ofTarget).neg();
  if (label_smoothing > 0) {
    const all = (weight ? logProbabilities.mul(weight) : logProbabilities).sum(-1).neg();
    losses = losses.mul(1 - label_smoothing).add(all.mul(label_smoothing / classes!));
  }
  const kept = counted.cast(logits.dtype);
  losses = losses.mul(kept);
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return losses.sum();
  const total = (weightOfTarget ? weightOfTarget.mul(kept) : kept).sum();
  // Where every label is ignored the mean is NaN, as in PyTorch, but its gradient is 0 and harms no weights.
  const isEmpty = total.eq(0);
  return losses
    .sum()
    .div(where(isEmpty, 1, total))
    .add(where(isEmpty, Number.NaN, total.mul(0)));
}

/** Mean (or sum) of squared differences. Shapes: both alike → scalar, or the same without reduction. */
export function mseLoss(
  input: Tensor,
  target: Tensor,
  { reduction = 'mean' }: { readonly reduction?: Reduction } = {},
): Tensor {
  const squares = input.sub(target).square();
  return reduction === 'none' ? squares : reduction === 'sum' ? squares.sum() : squares.mean();
}
