import { ConfigError, formatShape, ShapeError, sameShape } from '../../../core/index.ts';
import { full as filled, type Tensor, where } from '../../../tensor/index.ts';
import { heldFrom } from './held.ts';
import { type Reduction, type ReductionOptions, reduce, requireAlike, requireReduction } from './reduce.ts';

/** Options of `klDiv`, named as in PyTorch. */
export interface KlDivOptions {
  /** 'batchmean' divides the sum by the length of the first axis: the divergence proper. Default 'mean', over all elements. */
  readonly reduction?: Reduction | 'batchmean';
  /** Whether the target holds logarithms too. Default false. */
  readonly log_target?: boolean;
}

/**
 * Kullback–Leibler divergence of the target from the input: target · (log target − input), the input logarithms of
 * probabilities. A target of 0 counts 0. Shapes: both alike → scalar, or the same without reduction. As torch.nn.KLDivLoss.
 * @throws ShapeError when the two differ.
 */
export function klDiv(input: Tensor, target: Tensor, { reduction = 'mean', log_target = false }: KlDivOptions = {}): Tensor {
  requireAlike('klDiv', input, target);
  requireReduction(reduction, 'klDiv', ['mean', 'batchmean', 'sum', 'none']);
  const losses = log_target ? target.exp().mul(target.sub(input)) : timesOwnLog(target).sub(target.mul(input));
  if (reduction !== 'batchmean') return reduce(losses, reduction, 'klDiv');
  return reduce(losses, 'sum', 'klDiv').div(input.shape[0] ?? 1);
}

/** x log x, which is 0 at 0, where its gradient is 0 as well. */
function timesOwnLog(x: Tensor): Tensor {
  const isZero = x.eq(0);
  const safe = where(isZero, 1, x);
  return where(isZero, 0, safe.mul(safe.log()));
}

/** Options of `poissonNllLoss`, named as in PyTorch. */
export interface PoissonNllLossOptions extends ReductionOptions {
  /** Whether the input is the logarithm of the rate. Default true. */
  readonly log_input?: boolean;
  /** Adds Stirling's approximation of log(target!) where the target exceeds 1. Default false. */
  readonly full?: boolean;
  /** Added under the logarithm where the input is the rate. Default 1e−8. */
  readonly eps?: number;
}

/**
 * −log of the probability of a count by Poisson's distribution: e^input − target · input, or with the rate itself as input
 * input − target · log(input + eps). Shapes: both alike → scalar, or the same. As torch.nn.PoissonNLLLoss.
 * @throws ShapeError when the two differ.
 */
export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  { log_input = true, full = false, eps = 1e-8, reduction = 'mean' }: PoissonNllLossOptions = {},
): Tensor {
  requireAlike('poissonNllLoss', input, target);
  const losses = log_input ? input.exp().sub(target.mul(input)) : input.sub(target.mul(input.add(eps).log()));
  return reduce(full ? losses.add(stirling(target)) : losses, reduction, 'poissonNllLoss');
}

/** log x! where x exceeds 1, by Stirling: x log x − x + ½ log 2πx. */
function stirling(x: Tensor): Tensor {
  const isLarge = x.gt(1);
  const safe = where(isLarge, x, 1);
  const approximation = safe
    .mul(safe.log())
    .sub(safe)
    .add(
      safe
        .mul(2 * Math.PI)
        .log()
        .mul(0.5),
    );
  return where(isLarge, approximation, 0);
}

/** Options of `gaussianNllLoss`, named as in PyTorch. */
export interface GaussianNllLossOptions extends ReductionOptions {
  /** Adds the constant ½ log 2π. Default false. */
  readonly full?: boolean;
  /** The least that a variance counts as. Default 1e−6. */
  readonly eps?: number;
}

/**
 * −log of the density of the target by a normal distribution: ½ (log var + (input − target)² / var), var held at eps.
 * Shapes: input and target alike; `variance` like them, or with its last or another axis of length 1, or without the last
 * axis, or one number → scalar, or the input's shape. As torch.nn.GaussianNLLLoss: the holding has a gradient of 1. A negative
 * variance counts as eps; PyTorch refuses it.
 * @throws ShapeError when they do not fit.
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor | number,
  { full = false, eps = 1e-6, reduction = 'mean' }: GaussianNllLossOptions = {},
): Tensor {
  requireAlike('gaussianNllLoss', input, target);
  if (!(eps > 0)) throw new ConfigError(`gaussianNllLoss: eps is ${eps}; it must be more than 0.`);
  const given = typeof variance === 'number' ? filled(input.shape, variance, { dtype: input.dtype }) : variance;
  const own = sameShape(given.shape, input.shape.slice(0, -1)) ? given.unsqueeze(-1) : given;
  const differing = own.shape.filter((length, axis) => length !== input.shape[axis]);
  if (own.rank !== input.rank || differing.length > 1 || differing.some((length) => length !== 1))
    throw new ShapeError(
      `gaussianNllLoss: input is ${formatShape(input.shape)} and variance is ${formatShape(given.shape)}; it needs the same shape, with at most one axis of length 1, or without the last axis.`,
    );
  const held = heldFrom(own, eps);
  const losses = held.log().add(input.sub(target).square().div(held)).mul(0.5);
  return reduce(full ? losses.add(0.5 * Math.log(2 * Math.PI)) : losses, reduction, 'gaussianNllLoss');
}
