import { ConfigError, DTypeError, formatShape, ShapeError } from '../../../core/index.ts';
import * as ops from '../../../ops/index.ts';
import { knownContent, lift, type Tensor, tensor } from '../../../tensor/index.ts';
import { type ReductionOptions, reduce, requireReduction } from './reduce.ts';

/** Options of `ctcLoss`, named as in PyTorch. */
export interface CtcLossOptions extends ReductionOptions {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number;
  /** Counts targets too long for their input as 0, with a gradient of 0, instead of infinite. Default false. */
  readonly zero_infinity?: boolean;
}

/**
 * −log of the probability of a target without alignment, summed over all its alignments (connectionist temporal
 * classification). The mean divides each loss by its target's length first.
 *
 * Shapes: log_probs `[T, N, K]` or `[T, K]`, such as logSoftmax makes; targets `[N, S]` or `[S]`, or all in one list, int32 or
 * int64; lengths `[N]`, as tensors or numbers → scalar, or `[N]`. As torch.nn.CTCLoss, but for this: the gradient is that of
 * the log-probabilities as they are, −(share of each class at each time), and PyTorch's adds softmax to it, which comes to the
 * same behind a logSoftmax. Differentiable once. Source: Graves et al., 2006, ICML.
 * @throws ShapeError, DTypeError when they do not fit. @throws ConfigError for a list of targets whose lengths are not known.
 */
export function ctcLoss(
  log_probs: Tensor,
  targets: Tensor,
  input_lengths: Tensor | readonly number[],
  target_lengths: Tensor | readonly number[],
  { blank = 0, zero_infinity = false, reduction = 'mean' }: CtcLossOptions = {},
): Tensor {
  requireReduction(reduction, 'ctcLoss');
  if (log_probs.rank === 2) {
    const losses = ctcLoss(
      log_probs.unsqueeze(1),
      targets.reshape(1, -1),
      oneLength(input_lengths),
      oneLength(target_lengths),
      {
        blank,
        zero_infinity,
        reduction,
      },
    );
    return losses.reshape();
  }
  const [inputs, lengths] = [asLengths(input_lengths), asLengths(target_lengths)];
  const rows = targets.rank === 1 ? asRows(targets, lengths) : targets;
  const losses = lift(
    ops.ctcLoss(log_probs.value, rows.value, inputs.value, lengths.value, { blank, zeroInfinity: zero_infinity }),
    log_probs,
  );
  return reduce(reduction === 'mean' ? losses.div(lengths.clip(1, null).cast(losses.dtype)) : losses, reduction, 'ctcLoss');
}

function asLengths(lengths: Tensor | readonly number[]): Tensor {
  return 'value' in lengths ? lengths : tensor([...lengths], { dtype: 'int64' });
}

function oneLength(lengths: Tensor | readonly number[]): Tensor {
  return asLengths(lengths).reshape(1);
}

/** Targets that stand in one list, one to a row: `[S₁ + … + Sₙ]` → `[N, S]`. */
function asRows(targets: Tensor, lengths: Tensor): Tensor {
  const [labels, known] = [knownContent(targets), knownContent(lengths)];
  if (!labels || !known)
    throw new ConfigError(
      'ctcLoss: the targets are one list, and they or their lengths have to be computed first, so where each begins is not known. Give them as [N, S].',
    );
  if (targets.dtype !== 'int64' && targets.dtype !== 'int32')
    throw new DTypeError(`ctcLoss: the targets are ${targets.dtype}; they need int32 or int64. Cast them.`);
  const counts = Array.from(known, Number);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== labels.length)
    throw new ShapeError(
      `ctcLoss: the targets are one list, ${formatShape(targets.shape)}, and their lengths add up to ${total}; the two must be equal.`,
    );
  const width = Math.max(1, ...counts);
  const rows = new Array<number>(counts.length * width).fill(0);
  let from = 0;
  for (const [n, count] of counts.entries()) {
    for (let s = 0; s < count; s++) rows[n * width + s] = Number(labels[from + s]);
    from += count;
  }
  return tensor(rows, { shape: [counts.length, width], dtype: 'int64' });
}
