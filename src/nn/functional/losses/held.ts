import type { Tensor } from '../../../tensor/index.ts';

/** x where it is more than `least`, which it counts as else; with the gradient of x, as if nothing were held. */
export function heldFrom(x: Tensor, least: number): Tensor {
  return x.add(x.maximum(least).sub(x).detach());
}
