import type { Tensor } from '../../tensor/index.ts';
import { type CtcLossOptions, ctcLoss } from '../functional/index.ts';
import { Module } from '../module.ts';

/**
 * Connectionist temporal classification; see `ctcLoss`.
 * Shapes: log_probs `[T, N, K]` or `[T, K]`, targets `[N, S]`, `[S]` or one list, lengths `[N]` → scalar, or `[N]` without reduction.
 * Like torch.nn.CTCLoss.
 */
export class CTCLoss extends Module {
  readonly #options: CtcLossOptions;

  constructor(options: CtcLossOptions = {}) {
    super();
    this.#options = options;
  }

  override forward(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | readonly number[],
    target_lengths: Tensor | readonly number[],
  ): Tensor {
    return ctcLoss(log_probs, targets, input_lengths, target_lengths, this.#options);
  }
}
