import type { Shape } from '../core/index.ts';
import { Optimizer, type TrainedParameters } from './optimizer.ts';
import { descent, negativeIn, type Scalars, type StateArray, type UpdateInputs, type UpdateResult } from './update.ts';

/** Hyper-parameters of SGD, named as in PyTorch. */
export interface SGDOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: number;
  /** How much of the last velocity is kept. Default 0. */
  readonly momentum?: number;
  /** The share of the gradient that the velocity leaves out, from the second step on. Default 0. */
  readonly dampening?: number;
  /** weight_decay · p is added to the gradient. Default 0. */
  readonly weight_decay?: number;
  /** Looks ahead along the velocity. Needs momentum and no dampening. Default false. */
  readonly nesterov?: boolean;
  /** Goes up the gradient. Default false. */
  readonly maximize?: boolean;
}

type SGDHyper = Required<SGDOptions>;

/**
 * Stochastic gradient descent, with momentum on request.
 *
 *   v ← g at a parameter's first step, then momentum · v + (1 − dampening) · g;   p ← p − lr · v
 *
 * With nesterov p moves along g + momentum · v. Like torch.optim.SGD.
 * Source: Sutskever, Martens, Dahl and Hinton, 2013, PMLR 28(3), with PyTorch's place for the learning rate.
 */
export class SGD extends Optimizer<SGDHyper> {
  constructor(params: TrainedParameters<SGDOptions>, options: SGDOptions = {}) {
    super('SGD', params, options, {
      lr: 1e-3,
      momentum: 0,
      dampening: 0,
      weight_decay: 0,
      nesterov: false,
      maximize: false,
    });
  }

  protected override problemIn(hyper: SGDHyper): string | undefined {
    const { momentum, dampening, nesterov } = hyper;
    if (nesterov && momentum === 0) return 'nesterov is set and momentum is 0; it needs momentum';
    if (nesterov && dampening !== 0) return `nesterov is set and dampening is ${dampening}; it goes without`;
    return negativeIn(hyper, 'momentum', 'weight_decay');
  }

  protected override stateOf(shape: Shape, { momentum }: SGDHyper): Record<string, StateArray> {
    return momentum === 0 ? {} : { momentum_buffer: { shape } };
  }

  protected override scalars({ lr, dampening }: SGDHyper, step: number): Scalars {
    return { lr, taken: step === 1 ? 1 : 1 - dampening };
  }

  protected override update(inputs: UpdateInputs, hyper: SGDHyper): UpdateResult {
    const { p, state, scalars } = inputs;
    const { momentum, dampening, nesterov } = hyper;
    const gradient = descent(inputs, hyper);
    if (momentum === 0) return { p: p.sub(gradient.mul(scalars.lr!)), state: {} };
    const taken = dampening === 0 ? gradient : gradient.mul(scalars.taken!);
    const momentum_buffer = state.momentum_buffer!.mul(momentum).add(taken);
    const direction = nesterov ? gradient.add(momentum_buffer.mul(momentum)) : momentum_buffer;
    return { p: p.sub(direction.mul(scalars.lr!)), state: { momentum_buffer } };
  }
}
