import type { Tensor } from '../../tensor/index.ts';
import { layerNorm } from '../functional/index.ts';
import { constant } from '../init.ts';
import { Module, Parameter } from '../module.ts';

/** Options of `LayerNorm`. */
export interface LayerNormOptions {
  readonly eps?: number;
  readonly bias?: boolean;
}

/**
 * Normalizes the last axis to zero mean and unit variance, then scales and shifts.
 *
 *   y = (x − mean(x)) / √(var(x) + eps) · weight + bias
 *
 * Shapes: x `[..., size]` → `[..., size]`; weight and bias `[size]`.
 * Like torch.nn.LayerNorm: variance divides by size, eps stands inside the root.
 * Source: Ba, Kiros and Hinton, 2016, arXiv:1607.06450.
 */
export class LayerNorm extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly #eps: number;

  constructor(size: number, { eps = 1e-5, bias = true }: LayerNormOptions = {}) {
    super();
    this.weight = new Parameter(constant([size], 1));
    this.bias = bias ? new Parameter(constant([size], 0)) : null;
    this.#eps = eps;
  }

  override forward(x: Tensor): Tensor {
    return layerNorm(x, this.weight, this.bias, { eps: this.#eps });
  }
}
