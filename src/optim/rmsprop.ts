import type { Shape } from '../core/index.ts';
import { Optimizer, type TrainedParameters } from './optimizer.ts';
import { descent, negativeIn, type Scalars, type StateArray, type UpdateInputs, type UpdateResult } from './update.ts';

/** Hyper-parameters of RMSprop, named as in PyTorch. */
export interface RMSpropOptions {
  /** Learning rate. Default 1e-2. */
  readonly lr?: number;
  /** Decay of the running mean of the squared gradient. Default 0.99. */
  readonly alpha?: number;
  /** Added to the root in the denominator. Default 1e-8. */
  readonly eps?: number;
  /** weight_decay · p is added to the gradient. Default 0. */
  readonly weight_decay?: number;
  /** How much of the last velocity is kept. Default 0. */
  readonly momentum?: number;
  /** Divides by the gradient's deviation from its running mean. Default false. */
  readonly centered?: boolean;
  /** Goes up the gradient. Default false. */
  readonly maximize?: boolean;
}

type RMSpropHyper = Required<RMSpropOptions>;

/**
 * RMSprop: the gradient over the root of the running mean of its square.
 *
 *   s ← alpha · s + (1 − alpha) · g²,   v ← momentum · v + g / (√s + eps),   p ← p − lr · v
 *
 * With centered s is less the square of the gradient's own running mean. Like torch.optim.RMSprop, except that a variance
 * that rounding makes negative counts as 0, where PyTorch's root of it is NaN.
 * Source: Tieleman and Hinton, 2012, lecture 6.5 of Neural Networks for Machine Learning; centred: Graves, 2013, arXiv:1308.0850.
 */
export class RMSprop extends Optimizer<RMSpropHyper> {
  constructor(params: TrainedParameters<RMSpropOptions>, options: RMSpropOptions = {}) {
    super('RMSprop', params, options, {
      lr: 1e-2,
      alpha: 0.99,
      eps: 1e-8,
      weight_decay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
    });
  }

  protected override problemIn(hyper: RMSpropHyper): string | undefined {
    return negativeIn(hyper, 'alpha', 'eps', 'weight_decay', 'momentum');
  }

  protected override stateOf(shape: Shape, { momentum, centered }: RMSpropHyper): Record<string, StateArray> {
    return {
      square_avg: { shape },
      ...(momentum > 0 && { momentum_buffer: { shape } }),
      ...(centered && { grad_avg: { shape } }),
    };
  }

  protected override scalars({ lr }: RMSpropHyper): Scalars {
    return { lr };
  }

  protected override update(inputs: UpdateInputs, hyper: RMSpropHyper): UpdateResult {
    const { p, state, scalars } = inputs;
    const { alpha, eps, momentum, centered } = hyper;
    const gradient = descent(inputs, hyper);
    const square_avg = state.square_avg!.mul(alpha).add(gradient.square().mul(1 - alpha));
    const grad_avg = centered ? state.grad_avg!.add(gradient.sub(state.grad_avg!).mul(1 - alpha)) : null;
    const variance = grad_avg ? square_avg.sub(grad_avg.square()).maximum(0) : square_avg;
    const scaled = gradient.div(variance.sqrt().add(eps));
    const momentum_buffer = momentum > 0 ? state.momentum_buffer!.mul(momentum).add(scaled) : null;
    return {
      p: p.sub((momentum_buffer ?? scaled).mul(scalars.lr!)),
      state: { square_avg, ...(momentum_buffer && { momentum_buffer }), ...(grad_avg && { grad_avg }) },
    };
  }
}
