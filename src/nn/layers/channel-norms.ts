import { ConfigError, formatShape, ShapeError } from '../../core/index.ts';
import { type Tensor, tensor } from '../../tensor/index.ts';
import { batchNorm, groupNorm, instanceNorm } from '../functional/index.ts';
import { constant } from '../init.ts';
import { Module, Parameter } from '../module.ts';

/** Options of `BatchNorm1d` and `BatchNorm2d`. */
export interface BatchNormOptions {
  readonly eps?: number;
  /** How much the newest batch counts in the running statistics; null for the plain average of all batches. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether the result is scaled and shifted by learned numbers. Default true. */
  readonly affine?: boolean;
  /** Whether statistics are kept for `eval`; without them it goes by the batch as well. Default true. */
  readonly track_running_stats?: boolean;
}

/** Options of `InstanceNorm1d` and `InstanceNorm2d`. */
export interface InstanceNormOptions {
  readonly eps?: number;
  /** How much the newest batch counts in the running statistics; null is 0, as in PyTorch. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether the result is scaled and shifted by learned numbers. Default false. */
  readonly affine?: boolean;
  /** Whether statistics are kept, by which `eval` goes. Default false. */
  readonly track_running_stats?: boolean;
}

/** The parameters and buffers of a norm over channels, in the order and under the names of PyTorch's state dict. */
abstract class ChannelNorm extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly running_mean: Tensor | null;
  readonly running_var: Tensor | null;
  readonly num_batches_tracked: Tensor | null;
  protected readonly momentum: number | null;
  protected readonly eps: number;
  /** How many axes x may have. */
  readonly #ranks: readonly number[];
  readonly #features: number;

  constructor(
    features: number,
    ranks: readonly number[],
    { eps = 1e-5, momentum = 0.1, affine, track_running_stats }: BatchNormOptions,
  ) {
    super();
    this.weight = affine ? new Parameter(constant([features], 1)) : null;
    this.bias = affine ? new Parameter(constant([features], 0)) : null;
    const isTracking = track_running_stats ?? false;
    this.running_mean = isTracking ? constant([features], 0) : null;
    this.running_var = isTracking ? constant([features], 1) : null;
    this.num_batches_tracked = isTracking ? tensor(0, { dtype: 'int64' }) : null;
    this.momentum = momentum;
    this.eps = eps;
    this.#ranks = ranks;
    this.#features = features;
  }

  /** @throws ShapeError when x has not the axes that the layer takes, or other channels. */
  protected require(x: Tensor, channels: number): void {
    const speaker = this.constructor.name;
    if (!this.#ranks.includes(x.rank))
      throw new ShapeError(`${speaker}: x is ${formatShape(x.shape)}; it needs ${this.#ranks.join(' or ')} axes.`);
    if (x.shape[channels] !== this.#features)
      throw new ShapeError(
        `${speaker}: x is ${formatShape(x.shape)}; axis ${channels} must have the layer's ${this.#features} channels.`,
      );
  }

  /** What the functions take, in their names. */
  protected get parts() {
    const { running_mean, running_var, weight, bias, eps } = this;
    return { running_mean, running_var, weight, bias, eps };
  }
}

abstract class BatchNorm extends ChannelNorm {
  constructor(
    num_features: number,
    ranks: readonly number[],
    { affine = true, track_running_stats = true, ...options }: BatchNormOptions,
  ) {
    super(num_features, ranks, { affine, track_running_stats, ...options });
  }

  override forward(x: Tensor): Tensor {
    this.require(x, 1);
    const counter = this.num_batches_tracked;
    if (!this.training || !counter) return batchNorm(x, { ...this.parts, training: this.training || !counter });
    const seen = counter.add(1);
    const momentum = this.momentum ?? seen.cast('float32').reciprocal();
    const y = batchNorm(x, { ...this.parts, momentum, training: true });
    counter.update(seen, { along: y });
    return y;
  }
}

/**
 * Normalizes each channel over the batch (and all places) to zero mean and unit variance, then scales and shifts:
 * by the batch's statistics while training, which are averaged into `running_mean` and `running_var`, and by these in `eval`.
 *
 *   y = (x − mean) / √(var + eps) · weight + bias,   running = (1 − momentum) · running + momentum · newest
 *
 * Shapes: x `[N, num_features]` or `[N, num_features, L]` → the same.
 * Like torch.nn.BatchNorm1d. The running statistics are computed in the run that computes the result or a step with it;
 * an output that is never computed leaves them to the next one, which counts both batches.
 * Source: Ioffe and Szegedy, 2015, arXiv:1502.03167.
 * @throws ShapeError when x has other channels, or while training one element in each.
 */
export class BatchNorm1d extends BatchNorm {
  constructor(num_features: number, options: BatchNormOptions = {}) {
    super(num_features, [2, 3], options);
  }
}

/** Normalizes each channel of pictures over the batch; see `BatchNorm1d`. Shapes: x `[N, num_features, H, W]`. Like torch.nn.BatchNorm2d. */
export class BatchNorm2d extends BatchNorm {
  constructor(num_features: number, options: BatchNormOptions = {}) {
    super(num_features, [4], options);
  }
}

abstract class InstanceNorm extends ChannelNorm {
  readonly #rank: number;

  constructor(
    num_features: number,
    rank: number,
    { affine = false, track_running_stats = false, ...options }: InstanceNormOptions,
  ) {
    super(num_features, [rank + 1, rank + 2], { affine, track_running_stats, ...options });
    this.#rank = rank;
  }

  override forward(x: Tensor): Tensor {
    const isSingle = x.rank === this.#rank + 1;
    this.require(x, isSingle ? 0 : 1);
    const images = isSingle ? x.reshape(1, ...x.shape) : x;
    const use_input_stats = this.training || !this.running_mean;
    const y = instanceNorm(images, { ...this.parts, momentum: this.momentum ?? 0, use_input_stats });
    return isSingle ? y.reshape(...x.shape) : y;
  }
}

/**
 * Normalizes each channel of each example over its places to zero mean and unit variance.
 *
 * Shapes: x `[N, num_features, L]` or `[num_features, L]` → the same.
 * Like torch.nn.InstanceNorm1d, whose `num_batches_tracked` stays 0 as well; other channels than `num_features` are refused
 * there only where there are parameters.
 * Source: Ulyanov, Vedaldi and Lempitsky, 2016, arXiv:1607.08022.
 * @throws ShapeError when x has other channels, or one place in each.
 */
export class InstanceNorm1d extends InstanceNorm {
  constructor(num_features: number, options: InstanceNormOptions = {}) {
    super(num_features, 1, options);
  }
}

/** Normalizes each channel of each picture; see `InstanceNorm1d`. Shapes: x `[N, num_features, H, W]` or without N. */
export class InstanceNorm2d extends InstanceNorm {
  constructor(num_features: number, options: InstanceNormOptions = {}) {
    super(num_features, 2, options);
  }
}

/** Options of `GroupNorm`. */
export interface GroupNormOptions {
  readonly eps?: number;
  /** Whether the result is scaled and shifted by learned numbers. Default true. */
  readonly affine?: boolean;
}

/**
 * Normalizes groups of channels of each example over their channels and places, then scales and shifts each channel.
 *
 * Shapes: x `[N, num_channels, ...]` → the same; weight and bias `[num_channels]`.
 * Like torch.nn.GroupNorm. Source: Wu and He, 2018, arXiv:1803.08494.
 * @throws ConfigError when the groups do not divide the channels.
 */
export class GroupNorm extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly #groups: number;
  readonly #channels: number;
  readonly #eps: number;

  constructor(num_groups: number, num_channels: number, { eps = 1e-5, affine = true }: GroupNormOptions = {}) {
    super();
    if (!Number.isInteger(num_groups) || num_groups < 1 || num_channels % num_groups !== 0)
      throw new ConfigError(
        `GroupNorm: num_groups is ${num_groups}; it must be a whole number that divides the ${num_channels} channels.`,
      );
    this.weight = affine ? new Parameter(constant([num_channels], 1)) : null;
    this.bias = affine ? new Parameter(constant([num_channels], 0)) : null;
    this.#groups = num_groups;
    this.#channels = num_channels;
    this.#eps = eps;
  }

  override forward(x: Tensor): Tensor {
    if (x.shape[1] !== this.#channels)
      throw new ShapeError(`GroupNorm: x is ${formatShape(x.shape)}; axis 1 must have the layer's ${this.#channels} channels.`);
    return groupNorm(x, this.#groups, { weight: this.weight, bias: this.bias, eps: this.#eps });
  }
}
