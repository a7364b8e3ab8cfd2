import { DTypeError, formatShape, ShapeError, sameShape } from '../../../core/index.ts';
import { type Tensor, tensor, where } from '../../../tensor/index.ts';
import { type ReductionOptions, reduce, requireAlike } from './reduce.ts';

/** Options of losses with a margin. */
export interface MarginOptions extends ReductionOptions {
  /** Up to which difference, or distance, an example counts. */
  readonly margin?: number;
}

/**
 * max(0, −target · (input1 − input2) + margin): 1 as target wants the first to be larger, −1 the second. Default margin 0.
 * Shapes: all alike → scalar, or the same without reduction. As torch.nn.MarginRankingLoss.
 * @throws ShapeError when the shapes differ.
 */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  { margin = 0, reduction = 'mean' }: MarginOptions = {},
): Tensor {
  requireAlike('marginRankingLoss', input1, input2, ['input1', 'input2']);
  requireAlike('marginRankingLoss', input1, target, ['input1', 'target']);
  return reduce(target.mul(input2.sub(input1)).add(margin).clip(0, null), reduction, 'marginRankingLoss');
}

/**
 * The input where the target is 1; max(0, margin − input) where it is −1, for distances. Default margin 1.
 * Shapes: both alike → scalar, or the same without reduction. As torch.nn.HingeEmbeddingLoss.
 * @throws ShapeError when the two differ.
 */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  { margin = 1, reduction = 'mean' }: MarginOptions = {},
): Tensor {
  requireAlike('hingeEmbeddingLoss', input, target);
  const near = where(target.eq(-1), 0, input);
  const far = where(target.eq(1), 0, input.neg().add(margin).clip(0, null));
  return reduce(near.add(far), reduction, 'hingeEmbeddingLoss');
}

/**
 * For each class that holds and each that does not, by how much the second's score comes nearer than 1 to the first's:
 * Σ max(0, 1 − (x_i − x_j)) / K. The target lists the classes that hold, up to the first −1.
 * Shapes: input `[N, K]` or `[K]`, target the same, int32 or int64 → scalar, or `[N]` or `[]`. As torch.nn.MultiLabelMarginLoss.
 * Compares all pairs at once, so memory grows with N · K².
 * @throws ShapeError, DTypeError when the two do not fit.
 */
export function multilabelMarginLoss(input: Tensor, target: Tensor, { reduction = 'mean' }: ReductionOptions = {}): Tensor {
  if (!sameShape(input.shape, target.shape) || input.rank < 1 || input.rank > 2)
    throw new ShapeError(
      `multilabelMarginLoss: input is ${formatShape(input.shape)} and target is ${formatShape(target.shape)}; both must be [N, K] or [K].`,
    );
  if (target.dtype !== 'int32' && target.dtype !== 'int64')
    throw new DTypeError(`multilabelMarginLoss: target is ${target.dtype}; it must be int32 or int64, classes up to a −1.`);
  const classes = input.shape.at(-1)!;
  const isListed = target.lt(0).cast('int32').cumsum(-1).eq(0);
  const label = where(isListed, target, tensor(0, { dtype: target.dtype }));
  const places = tensor(
    Array.from({ length: classes }, (_, i) => i),
    { dtype: target.dtype },
  );
  // [..., listed, class]: which class each place of the list names.
  const names = label.unsqueeze(-1).eq(places).logicalAnd(isListed.unsqueeze(-1));
  const holds = names.any(-2);
  const ofListed = input.gather(-1, label).unsqueeze(-1);
  const shortfall = input.unsqueeze(-2).sub(ofListed).add(1).clip(0, null);
  const counts = isListed.unsqueeze(-1).logicalAnd(holds.logicalNot().unsqueeze(-2));
  return reduce(where(counts, shortfall, 0).sum([-1, -2]).div(classes), reduction, 'multilabelMarginLoss');
}
