import type { Options } from '../harness/question.ts';

/**
 * nanoGPT on a CPU, one step: the network and the sizes of `train.py config/train_shakespeare_char.py` with the flags that its
 * README gives for a machine without a GPU, on the 65 characters of Shakespeare; 0.8 M parameters.
 * Source: Karpathy, 2022, github.com/karpathy/nanoGPT, model.py, train.py and README.md.
 *
 * Both sides do exactly this, on 12 rows of 64 tokens:
 *  - embeddings (token + position), then 4 pre-norm blocks without biases: one map for query, key and value, causal attention
 *    over 4 heads, an output map; 128 → 512, GELU with erf, 512 → 128; a last LayerNorm, and the token embeddings once more as
 *    the head. No dropout. Then the mean cross entropy over all positions.
 *  - all gradients, their joint norm held to 1; AdamW with lr 1e-3, betas 0.9 and 0.99, eps 1e-8, weight decay 0.1 on
 *    matrices and 0 on the rest; the loss is read after each step.
 * Weights and tokens come from one formula (`filled` in fill.ts and fill.py).
 */
export const nanoGpt = {
  vocab_size: 65,
  block_size: 64,
  batch_size: 12,
  n_layer: 4,
  n_head: 4,
  n_embd: 128,
  lr: 1e-3,
  betas: [0.9, 0.99],
  eps: 1e-8,
  weight_decay: 0.1,
  grad_clip: 1,
  // Timed in one turn, after one that is not.
  steps_per_turn: 20,
} satisfies Options;
