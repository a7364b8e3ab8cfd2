import { ConfigError } from '../core/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { Optimizer, type ParamGroupInput, type UpdateInputs, type UpdateResult } from './optimizer.ts';

/** Hyper-parameters of SGD, named as in PyTorch. */
export interface SGDOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: number;
  /** How much of the last velocity is kept. Default 0. */
  readonly momentum?: number;
  /** Look ahead along the velocity. Needs momentum. Default false. */
  readonly nesterov?: boolean;
  /** weight_decay · p is added to the gradient. Default 0. */
  readonly weight_decay?: number;
}

type SGDHyper = Required<SGDOptions>;

/**
 * Stochastic gradient descent, with momentum on request.
 * Like torch.optim.SGD without dampening: the velocity is momentum · velocity + gradient.
 */
export class SGD extends Optimizer<SGDHyper> {
  constructor(params: readonly Tensor[] | readonly ParamGroupInput<SGDOptions>[], options: SGDOptions = {}) {
    const hyper = { lr: 1e-3, momentum: 0, nesterov: false, weight_decay: 0, ...options };
    if (!(hyper.momentum >= 0 && hyper.weight_decay >= 0))
      throw new ConfigError(
        `SGD: momentum is ${hyper.momentum} and weight_decay ${hyper.weight_decay}; neither may be negative.`,
      );
    if (hyper.nesterov && hyper.momentum === 0)
      throw new ConfigError('SGD: nesterov is set and momentum is 0; it needs momentum.');
    super('SGD', params as readonly Tensor[], hyper);
  }

  protected override stateNames({ momentum }: SGDHyper): readonly string[] {
    return momentum === 0 ? [] : ['momentum_buffer'];
  }

  protected override scalars(_hyper: SGDHyper, lr: number) {
    return { lr };
  }

  protected override update(
    { p, g, state, scalars }: UpdateInputs,
    { momentum, nesterov, weight_decay }: SGDHyper,
  ): UpdateResult {
    const gradient = weight_decay === 0 ? g : g.add(p.mul(weight_decay));
    if (momentum === 0) return { p: p.sub(gradient.mul(scalars.lr!)), state: {} };
    const momentum_buffer = state.momentum_buffer!.mul(momentum).add(gradient);
    const direction = nesterov ? gradient.add(momentum_buffer.mul(momentum)) : momentum_buffer;
    return { p: p.sub(direction.mul(scalars.lr!)), state: { momentum_buffer } };
  }
}
