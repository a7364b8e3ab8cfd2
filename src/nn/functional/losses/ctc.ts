import { ConfigError, DTypeError, formatShape, isFloat, ShapeError } from '../../../core/index.ts';
import { arange, concat, full, knownContent, scan, stack, type Tensor, tensor, where, zeros } from '../../../tensor/index.ts';
import { type ReductionOptions, reduce, requireReduction } from './reduce.ts';

/** Options of `ctcLoss`, named as in PyTorch. */
export interface CtcLossOptions extends ReductionOptions {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number;
  /** Counts targets too long for their input as 0, with a gradient of 0, instead of infinite. Default false. */
  readonly zero_infinity?: boolean;
}

/** The logarithm that stands for a probability of 0: finite, so that the difference of two of them is a number. */
const impossible = -1e30;

/**
 * −log of the probability of a target without alignment, summed over all its alignments (connectionist temporal
 * classification). The mean divides each loss by its target's length first. Infinite, with a gradient that is no number,
 * where a target is too long for its input, unless `zero_infinity` is set.
 *
 * Shapes: log_probs `[T, N, K]` or `[T, K]`, such as logSoftmax makes; targets `[N, S]` or `[S]`, or all in one list, int32 or
 * int64; lengths `[N]`, as tensors or numbers → scalar, or `[N]`. What stands behind a target's length does not matter. As
 * torch.nn.CTCLoss, but for this: the gradient is that of the log-probabilities as they are, −(share of each class at each
 * time), and PyTorch's adds softmax to it, which comes to the same behind a logSoftmax; and it can be differentiated again.
 *
 * The recursion is a loop of the runtime over T, in logarithms of which each time takes its largest off, so nothing underflows
 * or loses digits. Source: Graves et al., 2006, ICML, equations 6 to 8; its gradient is the share of each state given the
 * target (equations 9 to 16), which the loop's own gradient finds from the end.
 * @throws ShapeError, DTypeError when they do not fit. @throws ConfigError when `blank` is no class, and for a list of targets
 * whose lengths are not known.
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
    const one = [log_probs.unsqueeze(1), targets.reshape(1, -1), oneLength(input_lengths), oneLength(target_lengths)] as const;
    return ctcLoss(...one, { blank, zero_infinity, reduction }).reshape();
  }
  const [inputs, lengths] = [asLengths(input_lengths), asLengths(target_lengths)];
  const rows = targets.rank === 1 && log_probs.rank === 3 ? asRows(targets, lengths) : targets;
  requireFit(log_probs, rows, { input_lengths: inputs, target_lengths: lengths }, blank);
  const [lattice, of] = [latticeOf(rows.cast('int64'), lengths.cast('int64'), blank), log_probs.dtype];
  const all = alongLattice(log_probs, lattice, inputs.cast('int64'));
  const tooLong = all.ge(-impossible / 2);
  // A factor that is no number where the loss is infinite makes its gradient none.
  const losses = zero_infinity
    ? where(tooLong, 0, all)
    : where(tooLong, Number.POSITIVE_INFINITY, all.mul(where(tooLong, Number.NaN, full([1], 1, { dtype: of }))));
  return reduce(reduction === 'mean' ? losses.div(lengths.clip(1, null).cast(of)) : losses, reduction, 'ctcLoss');
}

/** The states that a target is read through: a blank before each label, and one behind the last. */
interface Lattice {
  /** The class of each state, `[N, L]`. */
  readonly classes: Tensor;
  /** Whether a state may follow the one two before it at once, `[N, L]`: a label after another label, without the blank. */
  readonly skips: Tensor;
  /** Whether a target may end in a state, `[N, L]`. */
  readonly ends: Tensor;
}

function latticeOf(targets: Tensor, lengths: Tensor, blank: number): Lattice {
  const [N, S] = targets.shape as [number, number];
  const L = 2 * S + 1;
  const column = lengths.reshape(N, 1);
  const labels = where(arange(S, { dtype: 'int64' }).lt(column), targets, blank);
  /** Something for each label, with something else before each and behind the last: `[N, S]` → `[N, L]`. */
  const interleaved = (x: Tensor, between: Tensor) => {
    const gap = between.expand(N, S);
    return concat([stack([gap, x], 2).reshape(N, 2 * S), gap.slice(1, 0, 1)], 1);
  };
  const no = zeros([1, 1], { dtype: 'int64' });
  const first = no.expand(N, 1);
  const differs = (from: Tensor, to: Tensor) => from.ne(to).cast('int64');
  const apart = S === 1 ? first : concat([first, differs(labels.slice(1, 0, S - 1), labels.slice(1, 1))], 1);
  const fromEnd = arange(L, { dtype: 'int64' }).sub(column.mul(2));
  return {
    classes: interleaved(labels, no.add(blank)),
    skips: interleaved(apart, no).gt(0),
    ends: fromEnd.eq(0).logicalOr(fromEnd.eq(-1)),
  };
}

/** −log of the probability of all ways through a lattice, `[N]`, each of as many times as `lengths` says. */
function alongLattice(log_probs: Tensor, { classes, skips, ends }: Lattice, lengths: Tensor): Tensor {
  const [T, N] = log_probs.shape as [number, number];
  const L = classes.shape[1]!;
  const dtype = log_probs.dtype;
  const allowed = (condition: Tensor) => where(condition, zeros([1], { dtype }), impossible);
  const emissions = log_probs.takeAlongDim(classes.reshape(1, N, L).expand(T, N, L), 2).clip(impossible, null);
  const alive = arange(T, { dtype: 'int64' })
    .reshape(T, 1, 1)
    .lt(lengths.reshape(1, N, 1));
  const start = allowed(arange(L).eq(0)).expand(N, L);

  const { carried, stacked } = scan(
    ([before], [emission, isAlive], [skip]) => {
      const arriving = logOfSum([before!, later(before!, 1), later(before!, 2).add(skip!)]).add(emission!);
      const level = arriving.max(1, { keepDims: true }).detach();
      return {
        carried: [where(isAlive!, arriving.sub(level), before!)],
        stacked: [where(isAlive!, level, 0)],
      };
    },
    { carried: [start], sliced: [emissions, alive], captured: [allowed(skips)] },
  );
  const ended = carried[0]!.add(allowed(ends)).logsumexp(1);
  return stacked[0]!.sum(0).reshape(N).add(ended).neg();
}

/** What was in the states some places before: x moved to the right, and `impossible` where nothing was. */
function later(x: Tensor, places: number): Tensor {
  const [N, L] = x.shape as [number, number];
  return concat([full([N, places], impossible, { dtype: x.dtype }), x.slice(1, 0, L - places)], 1);
}

/** log Σ e^x of tensors that are nowhere infinite. */
function logOfSum(xs: readonly Tensor[]): Tensor {
  const largest = xs.reduce((a, b) => a.maximum(b)).detach();
  return xs
    .map((x) => x.sub(largest).exp())
    .reduce((a, b) => a.add(b))
    .log()
    .add(largest);
}

function requireFit(log_probs: Tensor, targets: Tensor, lengths: Readonly<Record<string, Tensor>>, blank: number): void {
  const [, N, K] = log_probs.shape as [number, number, number];
  if (log_probs.rank !== 3 || targets.rank !== 2 || targets.shape[0] !== N)
    throw new ShapeError(
      `ctcLoss: log_probs are ${formatShape(log_probs.shape)} and targets ${formatShape(targets.shape)}; they must be [T, N, K] and [N, S].`,
    );
  if (!isFloat(log_probs.dtype))
    throw new DTypeError(`ctcLoss: log_probs are ${log_probs.dtype}; they need a floating-point type.`);
  for (const [name, each] of Object.entries(lengths)) {
    requireWhole(each, name);
    if (each.rank !== 1 || each.shape[0] !== N)
      throw new ShapeError(`ctcLoss: ${name} are ${formatShape(each.shape)}; they must be [${N}], one for each of the batch.`);
  }
  requireWhole(targets, 'targets');
  if (!(Number.isInteger(blank) && blank >= 0 && blank < K))
    throw new ConfigError(`ctcLoss: blank is ${blank}; it must be a class from 0 to ${K - 1}.`);
}

function requireWhole({ dtype }: Tensor, name: string): void {
  if (dtype !== 'int64' && dtype !== 'int32')
    throw new DTypeError(`ctcLoss: ${name} are ${dtype}; they need int32 or int64. Cast them.`);
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
  requireWhole(targets, 'targets');
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
