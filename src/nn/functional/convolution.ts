import { ShapeError } from '../../core/index.ts';
import * as ops from '../../ops/index.ts';
import { lift, type Tensor } from '../../tensor/index.ts';
import { batched, liftSome, type PerAxis, perAxis, resolvePadding } from './sizes.ts';

/** Options of `conv1d` and `conv2d`; a number stands for all spatial axes. */
export interface ConvOptions {
  /** How far the kernel moves from one output to the next. Default 1. */
  readonly stride?: PerAxis;
  /**
   * Zeros on both sides of each spatial axis; 'valid' is 0, 'same' as many as keep the lengths, with one more at the end where
   * they do not fall evenly. Default 0.
   */
  readonly padding?: PerAxis | 'same' | 'valid';
  /** Distance between neighbouring elements of the kernel. Default 1. */
  readonly dilation?: PerAxis;
  /** Number of groups into which the channels fall; each kernel sees its own group only. Default 1. */
  readonly groups?: number;
}

/** Options of `convTranspose1d` and `convTranspose2d`. */
export interface ConvTransposeOptions {
  readonly stride?: PerAxis;
  /** How much less than all of the result is given, on both sides of each spatial axis. Default 0. */
  readonly padding?: PerAxis;
  /** How much longer the result is at the end; less than the stride. Default 0. */
  readonly output_padding?: PerAxis;
  readonly dilation?: PerAxis;
  readonly groups?: number;
}

function conv(rank: number, x: Tensor, weight: Tensor, bias: Tensor | null, options: ConvOptions): Tensor {
  const speaker = `conv${rank}d`;
  const stride = perAxis(speaker, 'stride', options.stride ?? 1, rank);
  const dilation = perAxis(speaker, 'dilation', options.dilation ?? 1, rank);
  const padding = resolvePadding(speaker, options.padding ?? 0, weight.shape.slice(2), { stride, dilation });
  const sliding = { stride, padding, dilation, groups: options.groups ?? 1 };
  return batched(x, rank, (images) =>
    liftSome(ops.convolution(images.value, weight.value, bias?.value ?? null, sliding), images, weight, bias),
  );
}

/**
 * The correlation of x with kernels along its last axis. Shapes: x `[N, C, L]` or `[C, L]`, weight `[O, C/groups, K]`, bias
 * `[O]` or null → `[N, O, M]` or `[O, M]`. torch.nn.functional.conv1d.
 */
export function conv1d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  return conv(1, x, weight, bias, options);
}

/**
 * The correlation of x with kernels along its last two axes. Shapes: x `[N, C, H, W]` or `[C, H, W]`, weight
 * `[O, C/groups, KH, KW]`, bias `[O]` or null → `[N, O, MH, MW]`. torch.nn.functional.conv2d.
 */
export function conv2d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  return conv(2, x, weight, bias, options);
}

function convTranspose(rank: number, x: Tensor, weight: Tensor, bias: Tensor | null, options: ConvTransposeOptions): Tensor {
  const speaker = `convTranspose${rank}d`;
  const both = perAxis(speaker, 'padding', options.padding ?? 0, rank, 0);
  const sliding = {
    stride: perAxis(speaker, 'stride', options.stride ?? 1, rank),
    padding: [...both, ...both],
    dilation: perAxis(speaker, 'dilation', options.dilation ?? 1, rank),
    groups: options.groups ?? 1,
    extra: perAxis(speaker, 'output_padding', options.output_padding ?? 0, rank, 0),
  };
  return batched(x, rank, (images) =>
    liftSome(ops.convolutionTransposed(images.value, weight.value, bias?.value ?? null, sliding), images, weight, bias),
  );
}

/**
 * The adjoint of `conv1d`: each element of x adds its multiple of a kernel. Shapes: x `[N, C, M]` or `[C, M]`, weight
 * `[C, O/groups, K]`, bias `[O]` or null → `[N, O, L]`,
 * L = (M − 1) · stride − 2 · padding + dilation · (K − 1) + output_padding + 1. torch.nn.functional.conv_transpose1d.
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTransposeOptions = {},
): Tensor {
  return convTranspose(1, x, weight, bias, options);
}

/** The adjoint of `conv2d`; see `convTranspose1d`. Shapes: x `[N, C, MH, MW]`, weight `[C, O/groups, KH, KW]` → `[N, O, H, W]`. */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTransposeOptions = {},
): Tensor {
  return convTranspose(2, x, weight, bias, options);
}

/** Options of `unfold` and `fold`; a number stands for both axes. */
export interface UnfoldOptions {
  readonly dilation?: PerAxis;
  /** Zeros on both sides. Default 0. */
  readonly padding?: PerAxis;
  readonly stride?: PerAxis;
}

function unfoldWindows(speaker: string, kernel_size: PerAxis, { dilation = 1, padding = 0, stride = 1 }: UnfoldOptions) {
  const both = perAxis(speaker, 'padding', padding, 2, 0);
  return {
    kernel: perAxis(speaker, 'kernel_size', kernel_size, 2),
    stride: perAxis(speaker, 'stride', stride, 2),
    padding: [...both, ...both],
    dilation: perAxis(speaker, 'dilation', dilation, 2),
  };
}

/**
 * The patches of pictures that windows cut out, each as a column. Shapes: x `[N, C, H, W]` or `[C, H, W]` →
 * `[N, C · KH · KW, windows]`. torch.nn.functional.unfold.
 */
export function unfold(x: Tensor, kernel_size: PerAxis, options: UnfoldOptions = {}): Tensor {
  const kernels = unfoldWindows('unfold', kernel_size, options);
  return batched(x, 2, (images) => lift(ops.unfold(images.value, kernels), images));
}

/**
 * Pictures of `output_size` from columns of patches, which are added up where they overlap: the adjoint of `unfold`.
 * Shapes: x `[N, C · KH · KW, windows]` or without N → `[N, C, ...output_size]`. torch.nn.functional.fold.
 */
export function fold(x: Tensor, output_size: PerAxis, kernel_size: PerAxis, options: UnfoldOptions = {}): Tensor {
  const kernels = unfoldWindows('fold', kernel_size, options);
  const lengths = perAxis('fold', 'output_size', output_size, 2);
  if (x.rank !== 2 && x.rank !== 3) throw new ShapeError(`fold: x has ${x.rank} axes; it needs [N, C · taps, windows].`);
  return batched(x, 1, (columns) => lift(ops.fold(columns.value, { ...kernels, lengths }), columns));
}
