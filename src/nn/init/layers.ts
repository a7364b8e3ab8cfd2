import { ConfigError, formatShape, type Shape, ShapeError, sizeOf } from '../../core/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { normal, uniform } from './distributions.ts';

/** A function behind a layer, by its name in PyTorch. */
export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'conv_transpose1d'
  | 'conv_transpose2d'
  | 'conv_transpose3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leaky_relu'
  | 'selu';

/**
 * By how much weights are scaled, so that what a function does to the variance is made up for: 1 for linear maps and sigmoid,
 * 5/3 for tanh, √2 for relu, √(2 / (1 + slope²)) for leaky_relu, 3/4 for selu. Like torch.nn.init.calculate_gain.
 * @throws ConfigError for another function.
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  if (/^(linear|conv(_transpose)?[123]d|sigmoid)$/.test(nonlinearity)) return 1;
  const gains: Readonly<Record<string, number>> = {
    tanh: 5 / 3,
    relu: Math.SQRT2,
    leaky_relu: Math.sqrt(2 / (1 + slope ** 2)),
    selu: 3 / 4,
  };
  const gain = gains[nonlinearity];
  if (gain === undefined)
    throw new ConfigError(
      `calculateGain: there is no gain for '${nonlinearity}'; there is one for linear, conv1d to conv3d, conv_transpose1d to conv_transpose3d, sigmoid, ${Object.keys(gains).join(', ')}.`,
    );
  return gain;
}

/** How many numbers come together in one element of a layer's output, and in one of its input's gradient. Shape `[out, in, ...]`. */
function fans(shape: Shape, speaker: string): { readonly fan_in: number; readonly fan_out: number } {
  const [out, into, ...field] = shape;
  if (out === undefined || into === undefined)
    throw new ShapeError(`${speaker}: the shape is ${formatShape(shape)}; it needs at least two axes, [out, in].`);
  return { fan_in: into * sizeOf(field), fan_out: out * sizeOf(field) };
}

/** Options of the initialisers by Glorot and Bengio. */
export interface XavierOptions {
  /** Scales the weights; see `calculateGain`. Default 1. */
  readonly gain?: number;
}

/**
 * Numbers spread evenly over ±gain·√(6 / (fan_in + fan_out)). Shape `[out, in, ...]`. Like torch.nn.init.xavier_uniform_.
 * Source: Glorot and Bengio, 2010, AISTATS 9. @throws ShapeError when there are fewer than two axes.
 */
export function xavierUniform(shape: Shape, { gain = 1 }: XavierOptions = {}): Tensor {
  const { fan_in, fan_out } = fans(shape, 'xavierUniform');
  const bound = gain * Math.sqrt(6 / (fan_in + fan_out));
  return uniform(shape, { low: -bound, high: bound });
}

/**
 * Numbers of a normal distribution of deviation gain·√(2 / (fan_in + fan_out)). Shape `[out, in, ...]`.
 * Like torch.nn.init.xavier_normal_. Source: Glorot and Bengio, 2010, AISTATS 9. @throws ShapeError when there are fewer than two axes.
 */
export function xavierNormal(shape: Shape, { gain = 1 }: XavierOptions = {}): Tensor {
  const { fan_in, fan_out } = fans(shape, 'xavierNormal');
  return normal(shape, { std: gain * Math.sqrt(2 / (fan_in + fan_out)) });
}

/** Options of the initialisers by He and others. */
export interface KaimingOptions {
  /** Slope of leaky_relu for negative numbers. Default 0. */
  readonly a?: number;
  /** Whose variance is kept: that of what a layer gives ('fan_in', the default), or that of the gradient that it passes on. */
  readonly mode?: 'fan_in' | 'fan_out';
  /** The function behind the layer. Default 'leaky_relu'. */
  readonly nonlinearity?: Nonlinearity;
  /** Scales the weights. Default `calculateGain(nonlinearity, a)`. */
  readonly gain?: number;
}

function kaimingStd(
  shape: Shape,
  {
    a = 0,
    mode = 'fan_in',
    nonlinearity = 'leaky_relu',
    gain = calculateGain(nonlinearity, nonlinearity === 'leaky_relu' ? a : undefined),
  }: KaimingOptions,
  speaker: string,
): number {
  if (mode !== 'fan_in' && mode !== 'fan_out')
    throw new ConfigError(`${speaker}: mode is '${mode}'; it must be fan_in or fan_out.`);
  return gain / Math.sqrt(fans(shape, speaker)[mode]);
}

/**
 * Numbers spread evenly over ±gain·√(3 / fan_in), which keeps the variance of a layer's output near that of its input.
 * Shape `[out, in, ...]`. Like torch.nn.init.kaiming_uniform_.
 * Source: He, Zhang, Ren and Sun, 2015, arXiv:1502.01852. @throws ShapeError when there are fewer than two axes.
 */
export function kaimingUniform(shape: Shape, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd(shape, options, 'kaimingUniform');
  return uniform(shape, { low: -bound, high: bound });
}

/**
 * Numbers of a normal distribution of deviation gain / √fan_in. Shape `[out, in, ...]`. Like torch.nn.init.kaiming_normal_.
 * Source: He, Zhang, Ren and Sun, 2015, arXiv:1502.01852. @throws ShapeError when there are fewer than two axes.
 */
export function kaimingNormal(shape: Shape, options: KaimingOptions = {}): Tensor {
  return normal(shape, { std: kaimingStd(shape, options, 'kaimingNormal') });
}
