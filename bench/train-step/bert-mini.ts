import type { Options } from '../harness/question.ts';

/**
 * BERT-mini, one step: forward, backward, AdamW on all 5.4 M parameters.
 *
 * Both sides do exactly this, on 32 rows of 128 tokens without padding:
 *  - embeddings (word + position + token type 0, LayerNorm), then 4 post-norm encoder layers: query, key, value and output
 *    projections with biases, softmax(q·kᵀ/√64)·v over 4 heads, LayerNorm(x + attention); 256 → 1024, GELU with erf,
 *    1024 → 256, LayerNorm(x + feed-forward). LayerNorm's eps is 1e-12. No dropout, no attention mask.
 *  - the mean over the 128 positions, a linear classifier of 2 classes, the mean cross entropy. (The mean, not the first
 *    position: every row of every layer is then needed, and no side can leave work out.)
 *  - all gradients; AdamW with lr 1e-4, betas 0.9 and 0.999, eps 1e-8, weight decay 0.01 on every parameter; the loss is
 *    read after each step.
 * Weights and tokens come from one formula (`filled` in fill.ts and fill.py), so the losses of the first three
 * steps must agree; the harness says when they do not.
 */
export const bertMini: Options = {
  vocab_size: 8192,
  hidden_size: 256,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  intermediate_size: 1024,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  layer_norm_eps: 1e-12,
  num_labels: 2,
  rows: 32,
  tokens: 128,
  lr: 1e-4,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 0.01,
  // Timed in one turn, after one that is not.
  steps_per_turn: 3,
};
