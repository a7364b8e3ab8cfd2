import type { Options } from '../harness/question.ts';

/**
 * Greedy decoding with a network of GPT-2 small's shape: 12 layers, 768 channels, 12 heads, 50,257 words; 124 M parameters.
 * A prompt of 32 tokens is read, then 128 are written, each the most probable one; a turn's value is the time of all that,
 * divided by 128. GELU is the exact one, which is the faster in Hugging Face's code. Peers call Hugging Face's `generate` with its cache, `do_sample=False` and as many new tokens.
 *
 * Weights come from one formula (`filled` in fill.ts and fill.py) on every side: matrices with a deviation of 0.02, LayerNorm
 * weights 1, biases 0. What such a network writes has no meaning; the checks are its first tokens.
 */
export const gpt2 = {
  vocab_size: 50257,
  n_positions: 1024,
  n_embd: 768,
  n_layer: 12,
  n_head: 12,
  layer_norm_epsilon: 1e-5,
  prompt_length: 32,
  max_new_tokens: 128,
  checked_tokens: 16,
} satisfies Options;

/** How qkv computes. */
export interface Decoding {
  readonly runtime?: string;
  readonly precision?: 'float32' | 'bfloat16';
  /** What the weights of linear maps are rounded to. */
  readonly quantization?: { readonly dtype: 'int8' | 'int4'; readonly group_size: number };
}
