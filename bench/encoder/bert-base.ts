import type { Options } from '../harness/question.ts';

/**
 * BERT-base's encoder, forward only: 12 layers, 768 channels, 12 heads, 30,522 words; texts of 128 tokens without padding.
 * Every side gives the last layer's states. Weights and ids come from one formula (`filled` in fill.ts and fill.py); the
 * check is the first numbers of the states.
 */
export const bertBase = {
  vocab_size: 30522,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  max_position_embeddings: 512,
  length: 128,
  checked: 8,
  // Timed in one turn, after one that is not.
  runs_per_turn: 5,
} satisfies Options;
