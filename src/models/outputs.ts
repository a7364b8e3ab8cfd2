import type { Tensor } from '../tensor/index.ts';

/** What every encoder may give besides its result. */
export interface InnerOutputs {
  /** The embeddings and each layer's output, `[B, T, C]` each. */
  readonly hidden_states?: readonly Tensor[];
  /** Each layer's attention weights, `[B, H, T, T]` each. */
  readonly attentions?: readonly Tensor[];
}

/** What a text classifier reads; `[B, T]` each, labels `[B]`. */
export interface SequenceClassifierInputs {
  readonly input_ids: Tensor;
  readonly attention_mask?: Tensor | null;
  readonly token_type_ids?: Tensor | null;
  readonly labels?: Tensor | null;
}

/** What a classifier gives. */
export interface SequenceClassifierOutput extends InnerOutputs {
  /** Scalar; there only when labels were given. */
  readonly loss?: Tensor;
  /** `[B, K]` */
  readonly logits: Tensor;
}

/** What a model that guesses masked words gives. */
export interface MaskedLMOutput extends InnerOutputs {
  /** Scalar; there only when labels were given. */
  readonly loss?: Tensor;
  /** `[B, T, V]` */
  readonly logits: Tensor;
}
