import { ConfigError, formatShape, ShapeError, sizeOf } from '../../core/index.ts';
import * as ops from '../../ops/index.ts';
import { Tensor } from '../../tensor/index.ts';
import { liftSome } from './sizes.ts';

/**
 * The last axes brought to zero mean and unit variance, scaled by weight and shifted by bias: as many axes as `weight` has, or
 * as `normalized_shape` names where there is no weight.
 * Shapes: x `[..., ...size]`, weight and bias `[...size]` or null → the shape of x.
 * @throws ShapeError when x does not end in these axes.
 */
export function layerNorm(
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  { eps = 1e-5, normalized_shape }: { readonly eps?: number; readonly normalized_shape?: readonly number[] } = {},
): Tensor {
  const size = normalized_shape ?? weight?.shape ?? x.shape.slice(-1);
  const { rows, scale } = flattened('layerNorm', x, weight, size);
  const shift = bias && (size.length === 1 ? bias.value : ops.reshape(bias.value, { shape: [-1] }));
  const y = ops.layerNorm(rows, scale, shift, { eps });
  return liftSome(ops.reshape(y, { shape: x.shape }), x, weight, bias);
}

/** The smallest step from 1 to the next number of float32: PyTorch's eps where none is given. */
const float32Epsilon = 2 ** -23;

/**
 * The last axes over the root of their mean square, scaled by weight: x / √(mean(x²) + eps) · weight.
 * Shapes: x `[..., ...size]`, weight `[...size]` or null → the shape of x. torch.nn.functional.rms_norm; eps null is 2⁻²³.
 * @throws ShapeError when x does not end in these axes.
 */
export function rmsNorm(
  x: Tensor,
  weight: Tensor | null,
  { eps = null, normalized_shape }: { readonly eps?: number | null; readonly normalized_shape?: readonly number[] } = {},
): Tensor {
  const size = normalized_shape ?? weight?.shape ?? x.shape.slice(-1);
  const { rows, scale } = flattened('rmsNorm', x, weight, size);
  const y = ops.rmsNorm(rows, scale, { eps: eps ?? float32Epsilon });
  return liftSome(ops.reshape(y, { shape: x.shape }), x, weight);
}

/** x with its last axes, which must be those of `size`, as one; and the weight as one axis, ones where there is none. */
function flattened(speaker: string, x: Tensor, weight: Tensor | null, size: readonly number[]) {
  const lead = x.shape.slice(0, x.rank - size.length);
  const width = sizeOf(size);
  if (size.length > 1 && (x.rank < size.length || size.some((length, i) => x.shape[lead.length + i] !== length)))
    throw new ShapeError(
      `${speaker}: x is ${formatShape(x.shape)}; its last axes must be ${formatShape(size)}, over which it is normalized.`,
    );
  const one = () => ops.expand(ops.constant(1, x.dtype), { shape: [width] });
  return {
    rows: size.length === 1 ? x.value : ops.reshape(x.value, { shape: [...lead, width] }),
    scale: weight ? ops.reshape(weight.value, { shape: size.length === 1 ? weight.shape : [width] }) : one(),
  };
}

/** What `batchNorm` and `instanceNorm` take besides x. */
export interface ChannelNormOptions {
  /** Averages of the statistics seen so far, `[C]`; updated while training, in the run that computes the result. */
  readonly running_mean?: Tensor | null;
  readonly running_var?: Tensor | null;
  /** `[C]` */
  readonly weight?: Tensor | null;
  /** `[C]` */
  readonly bias?: Tensor | null;
  /** How much the newest statistics count in the averages: a number, or a scalar tensor that is known when the graph runs. Default 0.1. */
  readonly momentum?: number | Tensor;
  /** Default 1e-5. */
  readonly eps?: number;
}

/**
 * Each channel normalized over the batch and all places: by the batch's own statistics while `training`, else by the running ones.
 * The batch's are then averaged into the running ones, the variance with n − 1 as its divisor.
 * Shapes: x `[N, C, ...]` → the shape of x. Like torch.nn.functional.batch_norm, but that the running statistics change when the
 * result is computed. Source: Ioffe and Szegedy, 2015, arXiv:1502.03167.
 * @throws ConfigError when it does not train and there are no running statistics. @throws ShapeError for one element a channel.
 */
export function batchNorm(
  x: Tensor,
  { training = false, ...options }: ChannelNormOptions & { readonly training?: boolean },
): Tensor {
  const { running_mean = null, running_var = null, weight = null, bias = null, momentum = 0.1, eps = 1e-5 } = options;
  if (!training) return byRunningStatistics('batchNorm', x, options);
  const count = x.size / (x.shape[1] ?? 1);
  if (count === 1)
    throw new ShapeError(
      `batchNorm: x is ${formatShape(x.shape)}; while training there must be more than one element in each channel.`,
    );
  const result = ops.channelNorm(x.value, weight?.value ?? null, bias?.value ?? null, { over: 'batch', eps });
  const y = liftSome(result.y, x, weight, bias);
  const flat = (statistic: typeof result.mean) => new Tensor(ops.reshape(statistic, { shape: [-1] }));
  average(running_mean, flat(result.mean), momentum, y);
  average(running_var, flat(sampleVariance(result.variance, count)), momentum, y);
  return y;
}

/**
 * Each channel of each example normalized over its places: by its own statistics with `use_input_stats`, else by the running ones.
 * Shapes: x `[N, C, ...]` → the shape of x. Like torch.nn.functional.instance_norm.
 * Source: Ulyanov, Vedaldi and Lempitsky, 2016, arXiv:1607.08022.
 * @throws ConfigError when the input's statistics are not used and there are no running ones. @throws ShapeError for one place.
 */
export function instanceNorm(
  x: Tensor,
  { use_input_stats = true, ...options }: ChannelNormOptions & { readonly use_input_stats?: boolean } = {},
): Tensor {
  const { running_mean = null, running_var = null, weight = null, bias = null, momentum = 0.1, eps = 1e-5 } = options;
  if (!use_input_stats) return byRunningStatistics('instanceNorm', x, options);
  const count = sizeOf(x.shape.slice(2));
  if (count === 1)
    throw new ShapeError(`instanceNorm: x is ${formatShape(x.shape)}; there must be more than one place in each channel.`);
  const result = ops.channelNorm(x.value, weight?.value ?? null, bias?.value ?? null, { over: x.shape[1] ?? 1, eps });
  const y = liftSome(result.y, x, weight, bias);
  const overBatch = (statistic: typeof result.mean) => new Tensor(ops.mean(statistic, { axes: [0], keepDims: false }));
  average(running_mean, overBatch(result.mean), momentum, y);
  average(running_var, overBatch(sampleVariance(result.variance, count)), momentum, y);
  return y;
}

function byRunningStatistics(speaker: string, x: Tensor, options: ChannelNormOptions): Tensor {
  const { running_mean, running_var, weight = null, bias = null, eps = 1e-5 } = options;
  if (!running_mean || !running_var)
    throw new ConfigError(`${speaker}: there are no running statistics to normalize by; give running_mean and running_var.`);
  const [center, variance] = [running_mean.value, running_var.value];
  const y = ops.normalizeBy(x.value, center, variance, weight?.value ?? null, bias?.value ?? null, { eps });
  return liftSome(y, x, weight, bias);
}

/** A variance whose divisor was n, with n − 1 instead. */
const sampleVariance = (variance: ReturnType<typeof ops.mean>, count: number) =>
  ops.mul(variance, ops.shapeScalar(count / (count - 1), variance.dtype));

/** Moves a running average, if there is one, towards the newest statistic, in the run that computes `along`. */
function average(running: Tensor | null, newest: Tensor, momentum: number | Tensor, along: Tensor): void {
  if (!running) return;
  const next = running.add(newest.sub(running).mul(momentum));
  running.update(next, { along });
}

/**
 * Channels in `groups` groups, each normalized over its channels and places in each example, then scaled and shifted.
 * Shapes: x `[N, C, ...]`, weight and bias `[C]` or null → the shape of x. torch.nn.functional.group_norm.
 * Source: Wu and He, 2018, arXiv:1803.08494.
 * @throws ShapeError when the channels do not fall into the groups.
 */
export function groupNorm(
  x: Tensor,
  groups: number,
  {
    weight = null,
    bias = null,
    eps = 1e-5,
  }: { readonly weight?: Tensor | null; readonly bias?: Tensor | null; readonly eps?: number } = {},
): Tensor {
  const { y } = ops.channelNorm(x.value, weight?.value ?? null, bias?.value ?? null, { over: groups, eps });
  return liftSome(y, x, weight, bias);
}
