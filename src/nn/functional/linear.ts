import { ConfigError } from '../../core/index.ts';
import * as ops from '../../ops/index.ts';
import { concat, lift, type Tensor } from '../../tensor/index.ts';

/** x Wᵀ + b. Shapes: x `[..., in]`, weight `[out, in]`, bias `[out]` or null → `[..., out]`. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  return lift(ops.linear(x.value, weight.value, bias?.value ?? null), x, weight, ...(bias ? [bias] : []));
}

/** Weight and bias of one of several affine maps of the same input. */
export interface Affine {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
}

/**
 * Several affine maps of one input, computed as one matrix product, forward and backward.
 * Shapes: x `[..., in]` → for each map `[..., out]`. All maps have a bias, or none has.
 */
export function linears(x: Tensor, maps: readonly Affine[]): Tensor[] {
  const biases = maps.flatMap(({ bias }) => (bias ? [bias] : []));
  if (biases.length !== 0 && biases.length !== maps.length)
    throw new ConfigError('linears: some of the maps have a bias and some have not; give all or none a bias.');
  const weight = concat(
    maps.map((map) => map.weight),
    0,
  );
  const sizes = maps.map((map) => map.weight.shape[0]!);
  return linear(x, weight, biases.length > 0 ? concat(biases, 0) : null).split(sizes, -1);
}
