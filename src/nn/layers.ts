import { ConfigError } from '../core/index.ts';
import { dropout, type Tensor } from '../tensor/index.ts';
import { embedding, layerNorm, linear } from './functional.ts';
import { constant, kaimingUniform, normal, uniform } from './init.ts';
import { Module, Parameter } from './module.ts';

/**
 * An affine map of the last axis, y = x Wᵀ + b.
 *
 * Shapes: x `[..., in]` → `[..., out]`; weight `[out, in]`, bias `[out]`.
 * Like torch.nn.Linear, its initial values included: both spread evenly over ±1/√in.
 */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(inFeatures: number, outFeatures: number, { bias = true }: { readonly bias?: boolean } = {}) {
    super();
    const bound = 1 / Math.sqrt(inFeatures);
    this.weight = new Parameter(kaimingUniform([outFeatures, inFeatures], { gain: 1 / Math.sqrt(3) }));
    this.bias = bias ? new Parameter(uniform([outFeatures], { low: -bound, high: bound })) : null;
  }

  override forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}

/**
 * A table of vectors, looked up by id.
 *
 * Shapes: ids `[...I]` int32 or int64 → `[...I, dim]`; weight `[count, dim]`.
 * Like torch.nn.Embedding: initial values are standard normal, the row `padding_idx` starts at zero and is not trained.
 */
export class Embedding extends Module {
  readonly weight: Parameter;
  readonly #padding: number | null;

  constructor(count: number, dim: number, { padding_idx = null }: { readonly padding_idx?: number | null } = {}) {
    super();
    if (padding_idx !== null && !(padding_idx >= 0 && padding_idx < count)) {
      throw new ConfigError(`Embedding: padding_idx is ${padding_idx}; it must be from 0 to ${count - 1}.`);
    }
    this.#padding = padding_idx;
    this.weight = new Parameter(normal([count, dim], { zeroRow: padding_idx }));
  }

  /** The row that stands for padding, or null. */
  get padding_idx(): number | null {
    return this.#padding;
  }

  override forward(ids: Tensor): Tensor {
    return embedding(ids, this.weight, { padding_idx: this.#padding });
  }
}

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

/**
 * While training, sets each element to 0 with probability p and scales the others by 1/(1 − p).
 * p is rounded to a multiple of 1/256. Source: Srivastava et al., 2014, JMLR 15.
 */
export class Dropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ConfigError(`Dropout: p is ${p}; it must be from 0 to 1.`);
    this.p = p;
  }

  override forward(x: Tensor): Tensor {
    return this.training ? dropout(x, this.p) : x;
  }
}

/** Gaussian error linear unit, exact by erf. Source: Hendrycks and Gimpel, 2016, arXiv:1606.08415. */
export class GELU extends Module {
  override forward(x: Tensor): Tensor {
    return x.gelu();
  }
}

/** Hyperbolic tangent. */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return x.tanh();
  }
}

/** The positive part. */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return x.relu();
  }
}
