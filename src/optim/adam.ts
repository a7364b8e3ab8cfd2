import type { Shape } from '../core/index.ts';
import { Optimizer, type TrainedParameters } from './optimizer.ts';
import { descent, negativeIn, problemInBetas, type StateArray, type UpdateInputs, type UpdateResult } from './update.ts';

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
  /** Divides by the root of the largest mean so far. Default false. Source: Reddi, Kale and Kumar, 2018, arXiv:1904.09237. */
  readonly amsgrad?: boolean;
  /** Goes up the gradient. Default false. */
  readonly maximize?: boolean;
}

type AdamHyper = Required<AdamOptions>;

const defaults: AdamHyper = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 0,
  amsgrad: false,
  maximize: false,
};

/** What Adam and AdamW share: the moments and the corrected step; they differ in where the weight decay goes. */
abstract class AdamBase extends Optimizer<AdamHyper> {
  protected override problemIn(hyper: AdamHyper): string | undefined {
    return problemInBetas(hyper.betas) ?? negativeIn(hyper, 'eps', 'weight_decay');
  }

  protected override stateOf(shape: Shape, { amsgrad }: AdamHyper): Record<string, StateArray> {
    return { exp_avg: { shape }, exp_avg_sq: { shape }, ...(amsgrad && { max_exp_avg_sq: { shape } }) };
  }

  protected override scalars({ lr, betas: [beta1, beta2], weight_decay }: AdamHyper, step: number) {
    // The corrections of Kingma and Ba's algorithm 1, divided out so that each costs a multiplication by a scalar.
    return { stepSize: lr / (1 - beta1 ** step), rootScale: 1 / Math.sqrt(1 - beta2 ** step), kept: 1 - lr * weight_decay };
  }

  protected moments({ p, g, state, scalars }: UpdateInputs, { betas: [beta1, beta2], eps, amsgrad }: AdamHyper): UpdateResult {
    const exp_avg = state.exp_avg!.mul(beta1).add(g.mul(1 - beta1));
    const exp_avg_sq = state.exp_avg_sq!.mul(beta2).add(g.square().mul(1 - beta2));
    const max_exp_avg_sq = amsgrad ? state.max_exp_avg_sq!.maximum(exp_avg_sq) : null;
    const denominator = (max_exp_avg_sq ?? exp_avg_sq).sqrt().mul(scalars.rootScale!).add(eps);
    return {
      p: p.sub(exp_avg.div(denominator).mul(scalars.stepSize!)),
      state: { exp_avg, exp_avg_sq, ...(max_exp_avg_sq && { max_exp_avg_sq }) },
    };
  }
}

/**
 * Adam: each parameter moves by the running mean of its gradient over the root of the running mean of its square.
 *
 *   m ← β₁ · m + (1 − β₁) · g,   v ← β₂ · v + (1 − β₂) · g²,   p ← p − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + eps)
 *
 * Like torch.optim.Adam. Source: Kingma and Ba, 2015, arXiv:1412.6980, algorithm 1.
 */
export class Adam extends AdamBase {
  constructor(params: TrainedParameters<AdamOptions>, options: AdamOptions = {}) {
    super('Adam', params, options, defaults);
  }

  protected override update(inputs: UpdateInputs, hyper: AdamHyper): UpdateResult {
    return this.moments({ ...inputs, g: descent(inputs, hyper) }, hyper);
  }
}

/**
 * Adam with the weight decay apart from the gradient: p first shrinks by lr · weight_decay.
 * Like torch.optim.AdamW. Source: Loshchilov and Hutter, 2019, arXiv:1711.05101, algorithm 2.
 */
export class AdamW extends AdamBase {
  constructor(params: TrainedParameters<AdamOptions>, options: AdamOptions = {}) {
    super('AdamW', params, options, { ...defaults, weight_decay: 0.01 });
  }

  protected override update(inputs: UpdateInputs, hyper: AdamHyper): UpdateResult {
    const { p, scalars } = inputs;
    const g = descent(inputs, { ...hyper, weight_decay: 0 });
    return this.moments({ ...inputs, g, p: hyper.weight_decay === 0 ? p : p.mul(scalars.kept!) }, hyper);
  }
}
