import * as ops from '../../ops/index.ts';
import { lift, type Tensor } from '../../tensor/index.ts';

/** The last axis brought to zero mean and unit variance, scaled by weight `[size]` and shifted by bias `[size]` or null. */
export function layerNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  { eps = 1e-5 }: { readonly eps?: number } = {},
): Tensor {
  return lift(ops.layerNorm(x.value, weight.value, bias?.value ?? null, { eps }), x, weight, ...(bias ? [bias] : []));
}
