import { ConfigError, DTypeError, formatShape, isFloat, ShapeError, sameShape } from '../../../core/index.ts';
import { ones, type Tensor, tensor, where } from '../../../tensor/index.ts';
import { labelledRows } from '../../packed-tokens.ts';
import { type ReductionOptions, reduce, requireReduction } from './reduce.ts';

/** Options of `nllLoss`, named as in PyTorch. */
export interface NllLossOptions extends ReductionOptions {
  /** Weight of each class, `[K]`. */
  readonly weight?: Tensor | null;
  /** Label whose examples count for nothing. Default −100. */
  readonly ignore_index?: number;
}

/** Options of `crossEntropy`, named as in PyTorch. */
export interface CrossEntropyOptions extends NllLossOptions {
  /** Share of each target spread evenly over all classes. Default 0. */
  readonly label_smoothing?: number;
}

/**
 * −log of the probability that softmax(logits) gives to the target.
 *
 * Shapes: logits `[N, K, ...D]` or `[K]`. A target of classes is `[N, ...D]` or `[]`, int32 or int64; one of probabilities is
 * floating-point and has the shape of the logits. → scalar; without reduction `[N, ...D]` or `[]`.
 *
 * The mean over classes is over examples that are not ignored, weighted by their class's weight; it is NaN where all are
 * ignored, with a gradient of 0. The mean over probabilities is over all examples. As torch.nn.CrossEntropyLoss.
 * Rows whose label is `ignore_index` cost nothing where the labels are known when the graph is built.
 * @throws ShapeError when the two do not fit. @throws ConfigError for an `ignore_index` or a share that cannot be.
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  { weight = null, ignore_index = -100, label_smoothing = 0, reduction = 'mean' }: CrossEntropyOptions = {},
): Tensor {
  requireReduction(reduction, 'crossEntropy');
  if (!(label_smoothing >= 0 && label_smoothing <= 1))
    throw new ConfigError(`crossEntropy: label_smoothing is ${label_smoothing}; it must be from 0 to 1.`);
  if (!isFloat(target.dtype)) {
    const rows = classRows('crossEntropy', logits, target, weight);
    const options = { weight, ignore_index, label_smoothing, reduction };
    return ofClasses(rows, target, options, (x) => x.logSoftmax(-1));
  }
  if (!sameShape(logits.shape, target.shape))
    throw new ShapeError(
      `crossEntropy: logits are ${formatShape(logits.shape)} and the target ${formatShape(target.shape)}; probabilities must have the shape of the logits. Give classes as int64.`,
    );
  if (ignore_index >= 0)
    throw new ConfigError(
      `crossEntropy: ignore_index is ${ignore_index} and the target is ${target.dtype}, of probabilities; only a class can be ignored.`,
    );
  const [rows, wanted] = [classesLast('crossEntropy', logits), classesLast('crossEntropy', target)];
  requireWeight('crossEntropy', rows, weight);
  const smoothed = label_smoothing > 0 ? wanted.mul(1 - label_smoothing).add(label_smoothing / rows.shape[1]!) : wanted;
  const logProbabilities = rows.logSoftmax(-1);
  const products = (weight ? logProbabilities.mul(weight) : logProbabilities).mul(smoothed);
  const losses = products.sum(-1).neg();
  return reduce(losses.reshape(...exampleShape(logits)), reduction, 'crossEntropy');
}

/**
 * −input at the target: the loss of log-probabilities, such as logSoftmax makes.
 *
 * Shapes: input `[N, K, ...D]` or `[K]`, target `[N, ...D]` or `[]` int32 or int64 → scalar; without reduction the target's.
 * The mean is over examples that are not ignored, weighted by their class's weight, as torch.nn.NLLLoss.
 * @throws ShapeError when the two do not fit.
 */
export function nllLoss(
  input: Tensor,
  target: Tensor,
  { weight = null, ignore_index = -100, reduction = 'mean' }: NllLossOptions = {},
): Tensor {
  requireReduction(reduction, 'nllLoss');
  const rows = classRows('nllLoss', input, target, weight);
  return ofClasses(rows, target, { weight, ignore_index, label_smoothing: 0, reduction }, (x) => x);
}

/** Options of `multiMarginLoss`, named as in PyTorch. */
export interface MultiMarginLossOptions extends ReductionOptions {
  /** Power of each shortfall, 1 or 2. Default 1. */
  readonly p?: 1 | 2;
  /** By how much the target's score is to exceed the others. Default 1. */
  readonly margin?: number;
  /** Weight of each class, `[K]`. */
  readonly weight?: Tensor | null;
}

/**
 * By how much the scores of other classes come nearer to the target's than a margin: Σ max(0, margin − x_y + x_k)^p / K.
 * Shapes: input `[N, K]` or `[K]`, target `[N]` or `[]` int32 or int64 → scalar, or the target's. As torch.nn.MultiMarginLoss.
 * @throws ShapeError when the two do not fit. @throws ConfigError when p is another power.
 */
export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  { p = 1, margin = 1, weight = null, reduction = 'mean' }: MultiMarginLossOptions = {},
): Tensor {
  if (p !== 1 && p !== 2) throw new ConfigError(`multiMarginLoss: p is ${p}; it must be 1 or 2.`);
  if (input.rank > 2) throw new ShapeError(`multiMarginLoss: input is ${formatShape(input.shape)}; it must be [N, K] or [K].`);
  const rows = classRows('multiMarginLoss', input, target, weight);
  const [count, classes] = rows.shape as [number, number];
  const labels = target.reshape(count);
  const ofTarget = rows.gather(-1, labels.reshape(count, 1));
  const shortfall = rows.sub(ofTarget).add(margin).clip(0, null);
  const powers = (p === 2 ? shortfall.square() : shortfall).sum(-1);
  // The target's own term is the margin's power, whatever the scores.
  const others = powers.sub(Math.max(0, margin) ** p).div(classes);
  const losses = weight ? others.mul(weight.rows(labels)) : others;
  return reduce(losses.reshape(...target.shape), reduction, 'multiMarginLoss');
}

/** What the target of classes must look like beside these scores: the shape without the classes' axis. */
function exampleShape({ shape }: Tensor): readonly number[] {
  return shape.toSpliced(shape.length === 1 ? 0 : 1, 1);
}

/** Scores `[N, K, ...D]` or `[K]` as rows of classes, `[M, K]`. */
function classesLast(speaker: string, scores: Tensor): Tensor {
  if (scores.rank === 0) throw new ShapeError(`${speaker}: the scores are a scalar; they must be [N, K, ...] or [K].`);
  if (scores.size === 0)
    throw new ShapeError(
      `${speaker}: the scores are ${formatShape(scores.shape)}; tensors without elements are not supported. Leave the empty batch out.`,
    );
  if (scores.rank === 2) return scores;
  const last = scores.rank > 2 ? scores.permute(0, ...Array.from({ length: scores.rank - 2 }, (_, i) => i + 2), 1) : scores;
  return last.reshape(-1, last.shape.at(-1)!);
}

/** Scores as rows of classes, after a look at whether classes as targets fit them. */
function classRows(speaker: string, scores: Tensor, target: Tensor, weight: Tensor | null): Tensor {
  const rows = classesLast(speaker, scores);
  if (target.dtype !== 'int64' && target.dtype !== 'int32')
    throw new DTypeError(`${speaker}: the target is ${target.dtype}; classes must be int32 or int64. Cast it.`);
  if (!sameShape(target.shape, exampleShape(scores)))
    throw new ShapeError(
      `${speaker}: the scores are ${formatShape(scores.shape)} and the target ${formatShape(target.shape)}; classes must be ${formatShape(exampleShape(scores))}.`,
    );
  requireWeight(speaker, rows, weight);
  return rows;
}

function requireWeight(speaker: string, rows: Tensor, weight: Tensor | null): void {
  const classes = rows.shape[1]!;
  if (weight && !sameShape(weight.shape, [classes]))
    throw new ShapeError(`${speaker}: weight is ${formatShape(weight.shape)}; it must be [${classes}], one for each class.`);
}

/** The losses of rows by their labels: −log of the probability of each, smoothed, weighted, and reduced as told. */
function ofClasses(
  rows: Tensor,
  target: Tensor,
  options: Required<CrossEntropyOptions>,
  toLogProbabilities: (rows: Tensor) => Tensor,
): Tensor {
  const { weight, ignore_index, label_smoothing, reduction } = options;
  const all = target.reshape(rows.shape[0]!);
  const [x, labels] = reduction === 'none' ? [rows, all] : labelledRows(rows, all, ignore_index);
  const [count, classes] = x.shape as [number, number];
  const counted = labels.ne(ignore_index);
  // An ignored label may lie outside the classes, so class 0 stands in for it; its loss is set to 0 below.
  const known = where(counted, labels, tensor(0, { dtype: labels.dtype }));
  const logProbabilities = toLogProbabilities(x);
  const ofTarget = logProbabilities.gather(-1, known.reshape(count, 1)).reshape(count);
  const weights = weight ? weight.rows(known) : null;
  let losses = (weights ? ofTarget.mul(weights) : ofTarget).neg();
  if (label_smoothing > 0) {
    const spread = (weight ? logProbabilities.mul(weight) : logProbabilities).sum(-1).neg();
    losses = losses.mul(1 - label_smoothing).add(spread.mul(label_smoothing / classes));
  }
  losses = where(counted, losses, 0);
  if (reduction !== 'mean') return reduction === 'sum' ? losses.sum() : losses.reshape(...target.shape);
  const total = where(counted, weights ?? ones([count], { dtype: rows.dtype }), 0).sum();
  // Where every label is ignored the mean is NaN, as in PyTorch, but its gradient is 0 and harms no weights.
  const isEmpty = total.eq(0);
  return losses
    .sum()
    .div(where(isEmpty, 1, total))
    .add(where(isEmpty, Number.NaN, total.mul(0)));
}
