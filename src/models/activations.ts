import { ConfigError, nearest } from '../core/index.ts';
import type { Tensor } from '../tensor/index.ts';

const activations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  gelu: (x) => x.gelu(),
  relu: (x) => x.relu(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
  silu: (x) => x.mul(x.sigmoid()),
  swish: (x) => x.mul(x.sigmoid()),
};

/** The activation that a config names as `hidden_act`. @throws ConfigError for one that is not supported. */
export function activation(name: string, speaker: string): (x: Tensor) => Tensor {
  const found = activations[name];
  if (found) return found;
  const close = nearest(name, Object.keys(activations));
  throw new ConfigError(
    `${speaker}: hidden_act is ${name}, which is not supported; ${close ? `did you mean ${close}?` : `there are ${Object.keys(activations).join(', ')}.`}`,
  );
}
