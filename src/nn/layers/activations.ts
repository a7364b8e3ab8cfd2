import type { Tensor } from '../../tensor/index.ts';
import { Module } from '../module.ts';

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
