import type { Shape } from '../core/index.ts';
import { Optimizer, type TrainedParameters } from './optimizer.ts';
import { descent, negativeIn, type Scalars, type StateArray, type UpdateInputs, type UpdateResult } from './update.ts';

/** Hyper-parameters of Adagrad, named as in PyTorch. */
export interface AdagradOptions {
  /** Learning rate. Default 1e-2. */
  readonly lr?: number;
  /** The learning rate is divided by 1 + lr_decay · steps before. Default 0. */
  readonly lr_decay?: number;
  /** weight_decay · p is added to the gradient. Default 0. */
  readonly weight_decay?: number;
  /** What the sum of squares begins with. Default 0. */
  readonly initial_accumulator_value?: number;
  /** Added to the root in the denominator. Default 1e-10. */
  readonly eps?: number;
  /** Goes up the gradient. Default false. */
  readonly maximize?: boolean;
}

type AdagradHyper = Required<AdagradOptions>;

/**
 * Adagrad: the gradient over the root of the sum of its squares so far.
 *
 *   s ← s + g²,   p ← p − lr / (1 + (t − 1) · lr_decay) · g / (√s + eps)
 *
 * Like torch.optim.Adagrad. Source: Duchi, Hazan and Singer, 2011, JMLR 12.
 */
export class Adagrad extends Optimizer<AdagradHyper> {
  constructor(params: TrainedParameters<AdagradOptions>, options: AdagradOptions = {}) {
    super('Adagrad', params, options, {
      lr: 1e-2,
      lr_decay: 0,
      weight_decay: 0,
      initial_accumulator_value: 0,
      eps: 1e-10,
      maximize: false,
    });
  }

  protected override problemIn(hyper: AdagradHyper): string | undefined {
    return negativeIn(hyper, 'lr_decay', 'weight_decay', 'initial_accumulator_value', 'eps');
  }

  protected override stateOf(shape: Shape, { initial_accumulator_value }: AdagradHyper): Record<string, StateArray> {
    return { sum: { shape, fill: initial_accumulator_value } };
  }

  protected override scalars({ lr, lr_decay }: AdagradHyper, step: number): Scalars {
    return { rate: lr / (1 + (step - 1) * lr_decay) };
  }

  protected override update(inputs: UpdateInputs, hyper: AdagradHyper): UpdateResult {
    const { p, state, scalars } = inputs;
    const gradient = descent(inputs, hyper);
    const sum = state.sum!.add(gradient.square());
    return { p: p.sub(gradient.div(sum.sqrt().add(hyper.eps)).mul(scalars.rate!)), state: { sum } };
  }
}
