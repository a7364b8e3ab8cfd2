import type { Options } from '../harness/question.ts';

/**
 * A language model of bytes by LSTM, one step: forward, backward, AdamW on all 1.2 M parameters.
 *
 * Both sides do exactly this, on 32 rows of 64 bytes: an embedding of 256 bytes, two LSTM layers of 256 units from states of
 * zero, a linear map with bias to 256 bytes at every position, and the mean cross entropy over all of them; all gradients;
 * AdamW with lr 1e-4, betas 0.9 and 0.999, eps 1e-8 and weight decay 0.01 on every parameter. The loss is read after each
 * step. Weights and bytes come from one formula (`filled` in fill.ts and fill.py).
 */
export const lstm = {
  vocab_size: 256,
  hidden_size: 256,
  num_layers: 2,
  rows: 32,
  tokens: 64,
  lr: 1e-4,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 0.01,
  // Timed in one turn, after one that is not.
  steps_per_turn: 5,
} satisfies Options;
