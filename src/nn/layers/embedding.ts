import { ConfigError } from '../../core/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { embedding } from '../functional/index.ts';
import { normal } from '../init.ts';
import { Module, Parameter } from '../module.ts';

/**
 * A table of vectors, looked up by id.
 *
 * Shapes: ids `[...I]` int32 or int64 → `[...I, dim]`; weight `[count, dim]`.
 * Like torch.nn.Embedding: initial values are standard normal, the row `padding_idx` starts at zero and is not trained.
 */
export class Embedding extends Module {
  readonly weight: Parameter;
  readonly #padding: number | null;

  constructor(count: number, dim: number, { padding_idx = null }: { readonly padding_idx?: number | null } = {}) {
    super();
    if (padding_idx !== null && !(padding_idx >= 0 && padding_idx < count)) {
      throw new ConfigError(`Embedding: padding_idx is ${padding_idx}; it must be from 0 to ${count - 1}.`);
    }
    this.#padding = padding_idx;
    this.weight = new Parameter(normal([count, dim], { zeroRow: padding_idx }));
  }

  /** The row that stands for padding, or null. */
  get padding_idx(): number | null {
    return this.#padding;
  }

  override forward(ids: Tensor): Tensor {
    return embedding(ids, this.weight, { padding_idx: this.#padding });
  }
}
