import type { Options } from '../harness/question.ts';

/**
 * ViT-tiny on pictures of 32 × 32, one step: forward, backward, AdamW on all 5.4 million parameters.
 *
 * Both sides do exactly this, on 32 pictures of 3 channels:
 *  - a convolution of 4 × 4 with stride 4 to 192 channels, so 64 patches; a learnt token before them, learnt positions added;
 *  - 12 pre-norm Transformer layers of 3 heads, 192 → 768, GELU with erf, 768 → 192, without dropout; a last LayerNorm;
 *  - a linear classifier of 10 classes on the first token, the mean cross entropy;
 *  - all gradients, AdamW with lr 1e-3 and weight decay 0.05; the loss is read after each step.
 * Sizes: Touvron et al., 2021, arXiv:2012.12877, table 1 (DeiT-Ti). Both sides use their `TransformerEncoderLayer`.
 * Weights and pictures come from one formula (fill.ts and fill.py), so the losses of the first three steps must agree.
 */
export const vit = {
  pictures: 32,
  size: 32,
  patch: 4,
  width: 192,
  layers: 12,
  heads: 3,
  inner: 768,
  classes: 10,
  lr: 1e-3,
  weight_decay: 0.05,
  steps_per_turn: 4,
} satisfies Options;
