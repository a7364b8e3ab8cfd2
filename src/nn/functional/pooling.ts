import * as ops from '../../ops/index.ts';
import { lift, type Tensor } from '../../tensor/index.ts';
import { batched, type PerAxis, perAxis } from './sizes.ts';

/** Options of `maxPool1d` and `maxPool2d`; a number stands for all spatial axes. */
export interface MaxPoolOptions {
  /** How far one window is from the next. Default: the kernel's size, so that windows lie side by side. */
  readonly stride?: PerAxis;
  /** Places on both sides that are never the largest; half a window at most. Default 0. */
  readonly padding?: PerAxis;
  /** Distance between neighbouring places of a window. Default 1. */
  readonly dilation?: PerAxis;
  /** Whether a window that begins inside may reach out at the end. Default false. */
  readonly ceil_mode?: boolean;
}

/** Options of `avgPool1d` and `avgPool2d`. */
export interface AvgPoolOptions {
  readonly stride?: PerAxis;
  /** Zeros on both sides; half a window at most. Default 0. */
  readonly padding?: PerAxis;
  readonly ceil_mode?: boolean;
  /** Whether the zeros count when the mean is taken. Default true. */
  readonly count_include_pad?: boolean;
}

/** Options of `avgPool2d`. */
export interface AvgPool2dOptions extends AvgPoolOptions {
  /** By what the sum of a window is divided, instead of by its size. Default null. */
  readonly divisor_override?: number | null;
}

function windowsOf(
  speaker: string,
  rank: number,
  kernel_size: PerAxis,
  { stride, padding, ceil_mode }: Pick<MaxPoolOptions, 'stride' | 'padding' | 'ceil_mode'>,
) {
  return {
    kernel: perAxis(speaker, 'kernel_size', kernel_size, rank),
    stride: perAxis(speaker, 'stride', stride ?? kernel_size, rank),
    padding: perAxis(speaker, 'padding', padding ?? 0, rank, 0),
    ceilMode: ceil_mode ?? false,
  };
}

function maxPool(rank: number, x: Tensor, kernel_size: PerAxis, options: MaxPoolOptions): Tensor {
  const speaker = `maxPool${rank}d`;
  const windows = windowsOf(speaker, rank, kernel_size, options);
  const dilation = perAxis(speaker, 'dilation', options.dilation ?? 1, rank);
  return batched(x, rank, (images) => lift(ops.maxPool(images.value, { ...windows, dilation }), images));
}

/** The largest element of each window along the last axis. Shapes: x `[N, C, L]` or `[C, L]` → `[N, C, M]`. */
export function maxPool1d(x: Tensor, kernel_size: PerAxis, options: MaxPoolOptions = {}): Tensor {
  return maxPool(1, x, kernel_size, options);
}

/** The largest element of each window along the last two axes. Shapes: x `[N, C, H, W]` or `[C, H, W]` → `[N, C, MH, MW]`. */
export function maxPool2d(x: Tensor, kernel_size: PerAxis, options: MaxPoolOptions = {}): Tensor {
  return maxPool(2, x, kernel_size, options);
}

function avgPool(rank: number, x: Tensor, kernel_size: PerAxis, options: AvgPool2dOptions): Tensor {
  const windows = {
    ...windowsOf(`avgPool${rank}d`, rank, kernel_size, options),
    countIncludePad: options.count_include_pad ?? true,
    divisor: options.divisor_override ?? null,
  };
  return batched(x, rank, (images) => lift(ops.averagePool(images.value, windows), images));
}

/** The mean of each window along the last axis. Shapes: x `[N, C, L]` or `[C, L]` → `[N, C, M]`. */
export function avgPool1d(x: Tensor, kernel_size: PerAxis, options: AvgPoolOptions = {}): Tensor {
  return avgPool(1, x, kernel_size, options);
}

/** The mean of each window along the last two axes. Shapes: x `[N, C, H, W]` or `[C, H, W]` → `[N, C, MH, MW]`. */
export function avgPool2d(x: Tensor, kernel_size: PerAxis, options: AvgPool2dOptions = {}): Tensor {
  return avgPool(2, x, kernel_size, options);
}

/** How many windows are to come out: for all spatial axes, or for each; null keeps the length of an axis. */
export type AdaptiveSize = number | readonly (number | null)[];

function adaptive(kind: 'Avg' | 'Max', rank: number, x: Tensor, output_size: AdaptiveSize): Tensor {
  const own = x.shape.slice(-rank);
  const wanted = typeof output_size === 'number' ? output_size : output_size.map((length, i) => length ?? own[i]!);
  const lengths = perAxis(`adaptive${kind}Pool${rank}d`, 'output_size', wanted, rank);
  const pool = kind === 'Avg' ? ops.adaptiveAveragePool : ops.adaptiveMaxPool;
  return batched(x, rank, (images) => lift(pool(images.value, { lengths }), images));
}

/** The mean of `output_size` windows laid over the last axis. Shapes: x `[N, C, L]` or `[C, L]` → `[N, C, output_size]`. */
export function adaptiveAvgPool1d(x: Tensor, output_size: AdaptiveSize): Tensor {
  return adaptive('Avg', 1, x, output_size);
}

/** The mean of `output_size` windows laid over the last two axes. Shapes: x `[N, C, H, W]` → `[N, C, ...output_size]`. */
export function adaptiveAvgPool2d(x: Tensor, output_size: AdaptiveSize): Tensor {
  return adaptive('Avg', 2, x, output_size);
}

/** The largest element of each of `output_size` windows laid over the last axis. */
export function adaptiveMaxPool1d(x: Tensor, output_size: AdaptiveSize): Tensor {
  return adaptive('Max', 1, x, output_size);
}

/** The largest element of each of `output_size` windows laid over the last two axes. */
export function adaptiveMaxPool2d(x: Tensor, output_size: AdaptiveSize): Tensor {
  return adaptive('Max', 2, x, output_size);
}
