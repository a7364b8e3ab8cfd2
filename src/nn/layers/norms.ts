import type { Tensor } from '../../tensor/index.ts';
import { layerNorm, rmsNorm } from '../functional/index.ts';
import { constant } from '../init.ts';
import { Module, Parameter } from '../module.ts';

/** The last axes that are normalized together: their lengths, or one length for the last axis alone. */
export type NormalizedShape = number | readonly number[];

const lengthsOf = (shape: NormalizedShape): readonly number[] => (typeof shape === 'number' ? [shape] : shape);

/** Options of `LayerNorm`. */
export interface LayerNormOptions {
  readonly eps?: number;
  /** Whether the result is scaled and shifted by learned numbers. Default true. */
  readonly elementwise_affine?: boolean;
  /** Whether it is shifted where it is scaled. Default true. */
  readonly bias?: boolean;
}

/**
 * Normalizes the last axes to zero mean and unit variance, then scales and shifts.
 *
 *   y = (x − mean(x)) / √(var(x) + eps) · weight + bias
 *
 * Shapes: x `[..., ...normalized_shape]` → the same; weight and bias `normalized_shape`.
 * Like torch.nn.LayerNorm: the variance divides by the number of elements, eps stands inside the root.
 * Source: Ba, Kiros and Hinton, 2016, arXiv:1607.06450.
 */
export class LayerNorm extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly #shape: readonly number[];
  readonly #eps: number;

  constructor(
    normalized_shape: NormalizedShape,
    { eps = 1e-5, elementwise_affine = true, bias = true }: LayerNormOptions = {},
  ) {
    super();
    this.#shape = lengthsOf(normalized_shape);
    this.weight = elementwise_affine ? new Parameter(constant(this.#shape, 1)) : null;
    this.bias = elementwise_affine && bias ? new Parameter(constant(this.#shape, 0)) : null;
    this.#eps = eps;
  }

  override forward(x: Tensor): Tensor {
    return layerNorm(x, this.weight, this.bias, { eps: this.#eps, normalized_shape: this.#shape });
  }
}

/** Options of `RMSNorm`. */
export interface RMSNormOptions {
  /** null (the default, as in PyTorch) is the float32 epsilon, 2⁻²³. */
  readonly eps?: number | null;
  /** Whether the result is scaled by learned numbers. Default true. */
  readonly elementwise_affine?: boolean;
}

/**
 * Divides the last axes by the root of their mean square, then scales: x / √(mean(x²) + eps) · weight.
 *
 * Shapes: x `[..., ...normalized_shape]` → the same; weight `normalized_shape`.
 * Like torch.nn.RMSNorm. Source: Zhang and Sennrich, 2019, arXiv:1910.07467.
 */
export class RMSNorm extends Module {
  readonly weight: Parameter | null;
  readonly #shape: readonly number[];
  readonly #eps: number | null;

  constructor(normalized_shape: NormalizedShape, { eps = null, elementwise_affine = true }: RMSNormOptions = {}) {
    super();
    this.#shape = lengthsOf(normalized_shape);
    this.weight = elementwise_affine ? new Parameter(constant(this.#shape, 1)) : null;
    this.#eps = eps;
  }

  override forward(x: Tensor): Tensor {
    return rmsNorm(x, this.weight, { eps: this.#eps, normalized_shape: this.#shape });
  }
}
