import { ConfigError } from '../core/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { Optimizer, type ParamGroupInput, type UpdateInputs, type UpdateResult } from './optimizer.ts';

/** Hyper-parameters of Adam and AdamW, named as in PyTorch. */
export interface AdamOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: number;
  /** Decay of the running means of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the root in the denominator. Default 1e-8. */
  readonly eps?: number;
  /** Adam: added to the gradient as weight_decay · p, default 0. AdamW: p shrinks by lr · weight_decay, default 0.01. */
  readonly weight_decay?: number;
}

type AdamHyper = Required<AdamOptions>;

/** What Adam and AdamW share: the moments and the corrected step; they differ in where the weight decay goes. */
abstract class AdamBase extends Optimizer<AdamHyper> {
  constructor(
    name: string,
    params: readonly Tensor[] | readonly ParamGroupInput<AdamOptions>[],
    options: AdamOptions,
    weightDecay: number,
  ) {
    const hyper = { lr: 1e-3, betas: [0.9, 0.999] as const, eps: 1e-8, weight_decay: weightDecay, ...options };
    if (!hyper.betas.every((beta) => beta >= 0 && beta < 1))
      throw new ConfigError(`${name}: betas are ${hyper.betas.join(' and ')}; both must be from 0 up to, but not, 1.`);
    if (!(hyper.eps >= 0 && hyper.weight_decay >= 0))
      throw new ConfigError(`${name}: eps is ${hyper.eps} and weight_decay ${hyper.weight_decay}; neither may be negative.`);
    super(name, params as readonly Tensor[], hyper);
  }

  protected override stateNames(): readonly string[] {
    return ['exp_avg', 'exp_avg_sq'];
  }

  protected override scalars({ betas: [beta1, beta2], weight_decay }: AdamHyper, lr: number, step: number) {
    // The corrections of Kingma and Ba's algorithm 1, divided out so that each costs a multiplication by a scalar.
    return { stepSize: lr / (1 - beta1 ** step), rootScale: 1 / Math.sqrt(1 - beta2 ** step), kept: 1 - lr * weight_decay };
  }

  protected moments({ p, g, state, scalars }: UpdateInputs, { betas: [beta1, beta2], eps }: AdamHyper): UpdateResult {
    const exp_avg = state.exp_avg!.mul(beta1).add(g.mul(1 - beta1));
    const exp_avg_sq = state.exp_avg_sq!.mul(beta2).add(g.square().mul(1 - beta2));
    const denominator = exp_avg_sq.sqrt().mul(scalars.rootScale!).add(eps);
    return { p: p.sub(exp_avg.div(denominator).mul(scalars.stepSize!)), state: { exp_avg, exp_avg_sq } };
  }
}

/**
 * Adam: each parameter moves by the running mean of its gradient over the root of the running mean of its square.
 * Like torch.optim.Adam. Source: Kingma and Ba, 2015, arXiv:1412.6980, algorithm 1.
 */
export class Adam extends AdamBase {
  constructor(params: readonly Tensor[] | readonly ParamGroupInput<AdamOptions>[], options: AdamOptions = {}) {
    super('Adam', params, options, 0);
  }

  protected override update(inputs: UpdateInputs, hyper: AdamHyper): UpdateResult {
    const { p, g } = inputs;
    return this.moments(hyper.weight_decay === 0 ? inputs : { ...inputs, g: g.add(p.mul(hyper.weight_decay)) }, hyper);
  }
}

/**
 * Adam with the weight decay apart from the gradient: p first shrinks by lr · weight_decay.
 * Like torch.optim.AdamW. Source: Loshchilov and Hutter, 2019, arXiv:1711.05101, algorithm 2.
 */
export class AdamW extends AdamBase {
  constructor(params: readonly Tensor[] | readonly ParamGroupInput<AdamOptions>[], options: AdamOptions = {}) {
    super('AdamW', params, options, 0.01);
  }

  protected override update(inputs: UpdateInputs, hyper: AdamHyper): UpdateResult {
    const { p, scalars } = inputs;
    return this.moments(hyper.weight_decay === 0 ? inputs : { ...inputs, p: p.mul(scalars.kept!) }, hyper);
  }
}
