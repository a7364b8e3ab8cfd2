import { ConfigError, formatShape, sizeOf } from '../../core/index.ts';
import { padWith } from '../../ops/index.ts';
import { lift, type Tensor } from '../../tensor/index.ts';
import {
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  type PerAxis,
} from '../functional/index.ts';
import { perAxis, resolvePadding } from '../functional/sizes.ts';
import { kaimingUniform, uniform } from '../init.ts';
import { Module, Parameter } from '../module.ts';

/** What a convolution finds beyond the edge: zeros, the mirrored inside without the edge, the edge, or the other end. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** Options of `Conv1d` and `Conv2d`. */
export interface ConvLayerOptions extends ConvOptions {
  /** Whether a learned number is added to each output channel. Default true. */
  readonly bias?: boolean;
  /** Default 'zeros'. */
  readonly padding_mode?: PaddingMode;
}

/** Options of `ConvTranspose1d` and `ConvTranspose2d`. */
export interface ConvTransposeLayerOptions extends ConvTransposeOptions {
  readonly bias?: boolean;
}

/** Kernels `[first, second / groups, ...kernel]` and a bias of `out`, spread evenly over ±1/√fan_in as in PyTorch. */
function parameters(
  speaker: string,
  [first, second]: readonly [number, number],
  kernel: readonly number[],
  {
    groups = 1,
    bias = true,
    out,
  }: { readonly groups?: number | undefined; readonly bias?: boolean | undefined; readonly out: number },
): { readonly weight: Parameter; readonly bias: Parameter | null } {
  if (!Number.isInteger(groups) || groups < 1 || first % groups !== 0 || second % groups !== 0)
    throw new ConfigError(
      `${speaker}: groups is ${groups}; it must be a whole number that divides the channels, ${Math.min(first, second)} and ${Math.max(first, second)}.`,
    );
  const shape = [first, second / groups, ...kernel];
  const bound = 1 / Math.sqrt(sizeOf(shape.slice(1)));
  return {
    weight: new Parameter(kaimingUniform(shape, { gain: 1 / Math.sqrt(3) })),
    bias: bias ? new Parameter(uniform([out], { low: -bound, high: bound })) : null,
  };
}

abstract class Conv extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly #options: ConvOptions;
  readonly #mode: PaddingMode;
  /** Before and after each spatial axis, where something else than zeros is set there. */
  readonly #around: readonly number[];

  constructor(
    speaker: string,
    rank: number,
    [inChannels, outChannels]: readonly [number, number],
    kernel_size: PerAxis,
    { bias, padding_mode = 'zeros', ...options }: ConvLayerOptions,
  ) {
    super();
    const kernel = perAxis(speaker, 'kernel_size', kernel_size, rank);
    const stride = perAxis(speaker, 'stride', options.stride ?? 1, rank);
    const dilation = perAxis(speaker, 'dilation', options.dilation ?? 1, rank);
    const padding = resolvePadding(speaker, options.padding ?? 0, kernel, { stride, dilation });
    const made = parameters(speaker, [outChannels, inChannels], kernel, { ...options, bias, out: outChannels });
    this.weight = made.weight;
    this.bias = made.bias;
    this.#mode = padding_mode;
    this.#around = padding_mode === 'zeros' ? [] : padding;
    this.#options = { ...options, stride, dilation, ...(padding_mode !== 'zeros' && { padding: 0 }) };
  }

  override forward(x: Tensor): Tensor {
    const rank = this.weight.rank - 2;
    const conv = rank === 1 ? conv1d : conv2d;
    const half = this.#around.length / 2;
    let y = x;
    for (let i = 0; i < half; i++) {
      const [before, after] = [this.#around[i]!, this.#around[half + i]!];
      const mode = this.#mode as Exclude<PaddingMode, 'zeros'>;
      if (before + after > 0) y = lift(padWith(y.value, { axis: i - rank, before, after, mode }), y);
    }
    return conv(y, this.weight, this.bias, this.#options);
  }
}

/**
 * Learned kernels that go over the last axis: y = x ⋆ weight + bias, where ⋆ is the correlation.
 *
 * Shapes: x `[N, in, L]` or `[in, L]` → `[N, out, M]`, M = ⌊(L + 2 · padding − dilation · (K − 1) − 1) / stride⌋ + 1; weight
 * `[out, in / groups, K]`, bias `[out]`.
 * Like torch.nn.Conv1d, its initial values included: both spread evenly over ±1/√(in / groups · K).
 * @throws ConfigError when the groups do not divide the channels, or 'same' padding meets a stride.
 */
export class Conv1d extends Conv {
  constructor(inChannels: number, outChannels: number, kernel_size: PerAxis, options: ConvLayerOptions = {}) {
    super('Conv1d', 1, [inChannels, outChannels], kernel_size, options);
  }
}

/**
 * Learned kernels that go over the last two axes; see `Conv1d`.
 *
 * Shapes: x `[N, in, H, W]` or `[in, H, W]` → `[N, out, MH, MW]`; weight `[out, in / groups, KH, KW]`, bias `[out]`.
 * Like torch.nn.Conv2d, its initial values included.
 */
export class Conv2d extends Conv {
  constructor(inChannels: number, outChannels: number, kernel_size: PerAxis, options: ConvLayerOptions = {}) {
    super('Conv2d', 2, [inChannels, outChannels], kernel_size, options);
  }
}

abstract class ConvTranspose extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly #options: ConvTransposeOptions;

  constructor(
    speaker: string,
    rank: number,
    [inChannels, outChannels]: readonly [number, number],
    kernel_size: PerAxis,
    { bias, ...options }: ConvTransposeLayerOptions,
  ) {
    super();
    const kernel = perAxis(speaker, 'kernel_size', kernel_size, rank);
    const made = parameters(speaker, [inChannels, outChannels], kernel, { ...options, bias, out: outChannels });
    this.weight = made.weight;
    this.bias = made.bias;
    this.#options = options;
  }

  /**
   * @param output_size the lengths of the result's spatial axes, of those that the stride leaves open. Default: the shortest,
   * with `output_padding`.
   * @throws ConfigError when there is no such result.
   */
  override forward(x: Tensor, output_size?: readonly number[]): Tensor {
    const rank = this.weight.rank - 2;
    const convTranspose = rank === 1 ? convTranspose1d : convTranspose2d;
    const output_padding = output_size ? this.#missing(x.shape.slice(-rank), output_size) : this.#options.output_padding;
    return convTranspose(x, this.weight, this.bias, { ...this.#options, ...(output_padding && { output_padding }) });
  }

  /** How much longer than the shortest result these lengths are. */
  #missing(lengths: readonly number[], output_size: readonly number[]): readonly number[] {
    const rank = lengths.length;
    const speaker = this.constructor.name;
    const [stride, padding, dilation] = [
      perAxis(speaker, 'stride', this.#options.stride ?? 1, rank),
      perAxis(speaker, 'padding', this.#options.padding ?? 0, rank, 0),
      perAxis(speaker, 'dilation', this.#options.dilation ?? 1, rank),
    ];
    const shortest = lengths.map(
      (length, i) => (length - 1) * stride[i]! - 2 * padding[i]! + dilation[i]! * (this.weight.shape[i + 2]! - 1) + 1,
    );
    const missing = shortest.map((length, i) => output_size[i]! - length);
    if (output_size.length !== rank || missing.some((more, i) => !(more >= 0 && more < stride[i]!)))
      throw new ConfigError(
        `${speaker}: output_size is ${formatShape(output_size)}; from x's ${formatShape(lengths)} come lengths from ${formatShape(shortest)} to ${formatShape(shortest.map((length, i) => length + stride[i]! - 1))}.`,
      );
    return missing;
  }
}

/**
 * The adjoint of `Conv1d`: every element of x adds its multiple of a kernel, `stride` places from the one before.
 *
 * Shapes: x `[N, in, M]` or `[in, M]` → `[N, out, L]`, L = (M − 1) · stride − 2 · padding + dilation · (K − 1) + output_padding + 1;
 * weight `[in, out / groups, K]`, bias `[out]`.
 * Like torch.nn.ConvTranspose1d, its initial values included: both spread evenly over ±1/√(out / groups · K). `output_padding`
 * must be less than the stride, where PyTorch allows as well what is less than the dilation. The padding mode is 'zeros', as there.
 */
export class ConvTranspose1d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernel_size: PerAxis, options: ConvTransposeLayerOptions = {}) {
    super('ConvTranspose1d', 1, [inChannels, outChannels], kernel_size, options);
  }
}

/**
 * The adjoint of `Conv2d`; see `ConvTranspose1d`.
 *
 * Shapes: x `[N, in, MH, MW]` or `[in, MH, MW]` → `[N, out, H, W]`; weight `[in, out / groups, KH, KW]`, bias `[out]`.
 * Like torch.nn.ConvTranspose2d.
 */
export class ConvTranspose2d extends ConvTranspose {
  constructor(inChannels: number, outChannels: number, kernel_size: PerAxis, options: ConvTransposeLayerOptions = {}) {
    super('ConvTranspose2d', 2, [inChannels, outChannels], kernel_size, options);
  }
}
