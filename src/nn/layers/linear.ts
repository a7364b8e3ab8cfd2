import type { Tensor } from '../../tensor/index.ts';
import { linear } from '../functional/index.ts';
import { kaimingUniform, uniform } from '../init.ts';
import { Module, Parameter } from '../module.ts';

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
    this.weight = new Parameter(kaimingUniform([outFeatures, inFeatures], { a: Math.sqrt(5) }));
    this.bias = bias ? new Parameter(uniform([outFeatures], { low: -bound, high: bound })) : null;
  }

  override forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
