import type { Options } from '../harness/question.ts';

/**
 * BERT-mini, one step: forward, backward, AdamW on all 5.4 M parameters.
 *
 * Both sides do exactly this, on 32 rows of 128 tokens without padding:
 *  - embeddings (word + position + token type 0, LayerNorm), then 4 post-norm encoder layers: query, key, value and output
 *    projections with biases, softmax(q·kᵀ/√64)·v over 4 heads, LayerNorm(x + attention); 256 → 1024, GELU with erf,
 *    1024 → 256, LayerNorm(x + feed-forward). LayerNorm's eps is 1e-12. No dropout, no attention mask.
 *  - the head that `head` names: `mean` is the mean over the positions and a linear classifier, so that every row of every
 *    layer is needed and no side can leave work out; `first` the classifier on the first position alone, as [CLS] is used;
 *    `words` is Hugging Face's head that guesses masked words. Then the mean cross entropy.
 *  - all gradients; AdamW with lr 1e-4, betas 0.9 and 0.999, eps 1e-8, weight decay 0.01 on every parameter; the loss is
 *    read after each step.
 * Weights and tokens come from one formula (`filled` in fill.ts and fill.py), so the losses of the first three
 * steps must agree; the harness says when they do not.
 */
export const bertMini = {
  head: 'mean',
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
} satisfies Options;

/** The first position is read, as a classifier of texts does. */
export const firstToken = { ...bertMini, head: 'first' } satisfies Options;

/** 15 % of the words are to be guessed, of a vocabulary as large as bert-base-uncased's. */
export const maskedWords = { ...bertMini, head: 'words', vocab_size: 30522, labelled: 15, steps_per_turn: 2 } satisfies Options;

/** Adapters of rank 8 on query and value; everything else but the classifier is frozen. */
export const lora = { ...firstToken, lora_rank: 8, lora_alpha: 16 } satisfies Options;
