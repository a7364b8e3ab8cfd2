import type { Shape } from '../core/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { Optimizer, type TrainedParameters } from './optimizer.ts';
import { negativeIn, type Scalars, type StateArray, type UpdateInputs, type UpdateResult } from './update.ts';

/** Hyper-parameters of Adafactor, named as in Hugging Face's transformers. */
export interface AdafactorOptions {
  /** Learning rate; null, the default, where relative_step makes it. */
  readonly lr?: number | null;
  /** Added to the squared gradient; and the least root mean square of a parameter that scale_parameter sees. Default [1e-30, 1e-3]. */
  readonly eps?: readonly [number, number];
  /** The largest root mean square of an update; a larger one is scaled down. Default 1. */
  readonly clip_threshold?: number;
  /** The running mean of the square keeps 1 − stepᵈᵉᶜᵃʸ_ʳᵃᵗᵉ of itself. Default −0.8. */
  readonly decay_rate?: number;
  /** Decay of the running mean of the update; null, the default, keeps none, and saves its memory. */
  readonly beta1?: number | null;
  /** p shrinks by its learning rate · weight_decay. Default 0. */
  readonly weight_decay?: number;
  /** Multiplies the learning rate by the parameter's root mean square. Default true. */
  readonly scale_parameter?: boolean;
  /** The learning rate is 1/√step and at most 0.01. Default true. */
  readonly relative_step?: boolean;
  /** That limit rises from 0 by 1e-6 a step. Needs relative_step. Default false. */
  readonly warmup_init?: boolean;
}

type AdafactorHyper = Required<AdafactorOptions>;

/**
 * Adafactor: Adam's step with the mean of the squared gradient kept, for all matrices, as the means of its rows and of its
 * columns, so that the state of an `[R, C]` weight is R + C numbers.
 *
 *   row ← β · row + (1 − β) · mean(g² + eps₀, last axis),   column likewise over the second-last,   β = 1 − tᵈᵉᶜᵃʸ_ʳᵃᵗᵉ
 *   u = g / √(row · column / mean(row)),   u ← u / max(1, rms(u) / clip_threshold),   p ← p − lr · max(eps₁, rms(p)) · u
 *
 * Shapes: of a parameter `[..., R, C]` the state is `[..., R]` and `[..., C]`; vectors and scalars keep the whole mean.
 * Like transformers.optimization.Adafactor, defaults included; to give a learning rate set relative_step to false.
 * Source: Shazeer and Stern, 2018, arXiv:1804.04235, algorithms 4 to 6.
 */
export class Adafactor extends Optimizer<AdafactorHyper> {
  constructor(params: TrainedParameters<AdafactorOptions>, options: AdafactorOptions = {}) {
    super('Adafactor', params, options, {
      lr: null,
      eps: [1e-30, 1e-3],
      clip_threshold: 1,
      decay_rate: -0.8,
      beta1: null,
      weight_decay: 0,
      scale_parameter: true,
      relative_step: true,
      warmup_init: false,
    });
  }

  protected override problemIn(hyper: AdafactorHyper): string | undefined {
    const { lr, eps, clip_threshold, beta1, relative_step, warmup_init } = hyper;
    if (lr !== null && relative_step)
      return `lr is ${lr} and relative_step makes the learning rate; give one of them, or set relative_step to false`;
    if (lr === null && !relative_step) return 'relative_step is false and there is no lr; give one';
    if (warmup_init && !relative_step) return 'warmup_init is set and relative_step is not; it warms up what that makes';
    if (eps.length !== 2 || !eps.every((each) => each >= 0))
      return `eps is ${eps.join(' and ')}; it must be two numbers of at least 0`;
    if (!(clip_threshold > 0)) return `clip_threshold is ${clip_threshold}; it must be positive`;
    if (beta1 !== null && !(beta1 >= 0 && beta1 < 1)) return `beta1 is ${beta1}; it must be from 0 up to, but not, 1, or null`;
    return negativeIn(hyper, 'weight_decay');
  }

  protected override stateOf(shape: Shape, { beta1 }: AdafactorHyper): Record<string, StateArray> {
    const mean: Record<string, StateArray> = isFactored(shape)
      ? { exp_avg_sq_row: { shape: shape.slice(0, -1) }, exp_avg_sq_col: { shape: [...shape.slice(0, -2), shape.at(-1)!] } }
      : { exp_avg_sq: { shape } };
    return { ...mean, ...(beta1 !== null && { exp_avg: { shape } }) };
  }

  protected override scalars({ lr, decay_rate, relative_step, warmup_init }: AdafactorHyper, step: number): Scalars {
    const limit = warmup_init ? 1e-6 * step : 1e-2;
    const kept = 1 - step ** decay_rate;
    return { rate: relative_step ? Math.min(limit, 1 / Math.sqrt(step)) : lr!, kept, taken: 1 - kept };
  }

  protected override update({ p, g, state, scalars }: UpdateInputs, hyper: AdafactorHyper): UpdateResult {
    const { eps, clip_threshold, beta1, weight_decay, scale_parameter } = hyper;
    const rate = scale_parameter ? rms(p).maximum(eps[1]).mul(scalars.rate!) : scalars.rate!;
    const square = g.square().add(eps[0]);
    const mean = (held: Tensor, now: Tensor) => held.mul(scalars.kept!).add(now.mul(scalars.taken!));
    const means: Record<string, Tensor> = {};
    let direction: Tensor;
    if (isFactored(p.shape)) {
      const row = mean(state.exp_avg_sq_row!, square.mean(-1));
      const column = mean(state.exp_avg_sq_col!, square.mean(-2));
      Object.assign(means, { exp_avg_sq_row: row, exp_avg_sq_col: column });
      const ofRow = row.div(row.mean(-1, { keepDims: true })).rsqrt();
      direction = ofRow.unsqueeze(-1).mul(column.rsqrt().unsqueeze(-2)).mul(g);
    } else {
      means.exp_avg_sq = mean(state.exp_avg_sq!, square);
      direction = means.exp_avg_sq.rsqrt().mul(g);
    }
    const clipped = direction.div(rms(direction).div(clip_threshold).maximum(1)).mul(rate);
    if (beta1 !== null) means.exp_avg = state.exp_avg!.mul(beta1).add(clipped.mul(1 - beta1));
    const shrunk = weight_decay === 0 ? p : p.sub(p.mul(rate.mul(weight_decay)));
    return { p: shrunk.sub(means.exp_avg ?? clipped), state: means };
  }
}

const isFactored = (shape: Shape) => shape.length >= 2;

/** The root of the mean square of all elements. */
function rms(x: Tensor): Tensor {
  return x.sumSquare().div(x.size).sqrt();
}
