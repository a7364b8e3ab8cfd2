import type { Shape } from '../core/index.ts';
import { Optimizer, type TrainedParameters } from './optimizer.ts';
import { negativeIn, problemInBetas, type Scalars, type StateArray, type UpdateInputs, type UpdateResult } from './update.ts';

/** Hyper-parameters of Lion, named as in the lion-pytorch package. */
export interface LionOptions {
  /** Learning rate, as a rule a third to a tenth of AdamW's. Default 1e-4. */
  readonly lr?: number;
  /** How much of the running mean goes into the step, and how much of it is kept. Default [0.9, 0.99]. */
  readonly betas?: readonly [number, number];
  /** p shrinks by lr · weight_decay. Default 0. */
  readonly weight_decay?: number;
}

type LionHyper = Required<LionOptions>;

/**
 * Lion: every element moves by the learning rate, up or down as the sign of an interpolated gradient says. Half of Adam's state.
 *
 *   p ← p · (1 − lr · weight_decay) − lr · sign(β₁ · m + (1 − β₁) · g),   then m ← β₂ · m + (1 − β₂) · g
 *
 * Like lion_pytorch.Lion, and as transformers' `lion_32bit` with 32-bit state.
 * Source: Chen et al., 2023, arXiv:2302.06675, algorithm 2.
 */
export class Lion extends Optimizer<LionHyper> {
  constructor(params: TrainedParameters<LionOptions>, options: LionOptions = {}) {
    super('Lion', params, options, { lr: 1e-4, betas: [0.9, 0.99], weight_decay: 0 });
  }

  protected override problemIn(hyper: LionHyper): string | undefined {
    return problemInBetas(hyper.betas) ?? negativeIn(hyper, 'weight_decay');
  }

  protected override stateOf(shape: Shape): Record<string, StateArray> {
    return { exp_avg: { shape } };
  }

  protected override scalars({ lr, weight_decay }: LionHyper): Scalars {
    return { lr, kept: 1 - lr * weight_decay };
  }

  protected override update({ p, g, state, scalars }: UpdateInputs, { betas, weight_decay }: LionHyper): UpdateResult {
    const [beta1, beta2] = betas;
    const held = state.exp_avg!;
    const direction = held
      .mul(beta1)
      .add(g.mul(1 - beta1))
      .sign();
    const shrunk = weight_decay === 0 ? p : p.mul(scalars.kept!);
    return { p: shrunk.sub(direction.mul(scalars.lr!)), state: { exp_avg: held.mul(beta2).add(g.mul(1 - beta2)) } };
  }
}
