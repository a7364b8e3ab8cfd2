import type { Tensor } from '../../tensor/index.ts';
import {
  type AdaptiveSize,
  type AvgPool2dOptions,
  type AvgPoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  type PerAxis,
} from '../functional/index.ts';
import { Module } from '../module.ts';

/** A layer without parameters that calls a function with what it was made with. */
abstract class Pool<Size, Options> extends Module {
  readonly #pool: (x: Tensor, size: Size, options: Options) => Tensor;
  readonly #size: Size;
  readonly #options: Options;

  constructor(pool: (x: Tensor, size: Size, options: Options) => Tensor, size: Size, options: Options) {
    super();
    this.#pool = pool;
    this.#size = size;
    this.#options = options;
  }

  override forward(x: Tensor): Tensor {
    return this.#pool(x, this.#size, this.#options);
  }
}

/** The largest element of each window along the last axis. Like torch.nn.MaxPool1d; see `functional.maxPool1d`. */
export class MaxPool1d extends Pool<PerAxis, MaxPoolOptions> {
  constructor(kernel_size: PerAxis, options: MaxPoolOptions = {}) {
    super(maxPool1d, kernel_size, options);
  }
}

/** The largest element of each window along the last two axes. Like torch.nn.MaxPool2d; see `functional.maxPool2d`. */
export class MaxPool2d extends Pool<PerAxis, MaxPoolOptions> {
  constructor(kernel_size: PerAxis, options: MaxPoolOptions = {}) {
    super(maxPool2d, kernel_size, options);
  }
}

/** The mean of each window along the last axis. Like torch.nn.AvgPool1d; see `functional.avgPool1d`. */
export class AvgPool1d extends Pool<PerAxis, AvgPoolOptions> {
  constructor(kernel_size: PerAxis, options: AvgPoolOptions = {}) {
    super(avgPool1d, kernel_size, options);
  }
}

/** The mean of each window along the last two axes. Like torch.nn.AvgPool2d; see `functional.avgPool2d`. */
export class AvgPool2d extends Pool<PerAxis, AvgPool2dOptions> {
  constructor(kernel_size: PerAxis, options: AvgPool2dOptions = {}) {
    super(avgPool2d, kernel_size, options);
  }
}

/** The mean of `output_size` windows laid over the last axis, whatever its length. Like torch.nn.AdaptiveAvgPool1d. */
export class AdaptiveAvgPool1d extends Pool<AdaptiveSize, undefined> {
  constructor(output_size: AdaptiveSize) {
    super(adaptiveAvgPool1d, output_size, undefined);
  }
}

/** The mean of `output_size` windows laid over the last two axes, whatever their lengths. Like torch.nn.AdaptiveAvgPool2d. */
export class AdaptiveAvgPool2d extends Pool<AdaptiveSize, undefined> {
  constructor(output_size: AdaptiveSize) {
    super(adaptiveAvgPool2d, output_size, undefined);
  }
}

/** The largest element of each of `output_size` windows laid over the last axis. Like torch.nn.AdaptiveMaxPool1d. */
export class AdaptiveMaxPool1d extends Pool<AdaptiveSize, undefined> {
  constructor(output_size: AdaptiveSize) {
    super(adaptiveMaxPool1d, output_size, undefined);
  }
}

/** The largest element of each of `output_size` windows laid over the last two axes. Like torch.nn.AdaptiveMaxPool2d. */
export class AdaptiveMaxPool2d extends Pool<AdaptiveSize, undefined> {
  constructor(output_size: AdaptiveSize) {
    super(adaptiveMaxPool2d, output_size, undefined);
  }
}
