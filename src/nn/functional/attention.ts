import type { Tensor } from '../../tensor/index.ts';

/** Options of attention. */
export interface AttentionOptions {
  /** Added to the scores, broadcast to `[B, H, T, S]`: 0 where attention is allowed, very negative where not. */
  readonly mask?: Tensor | null;
  /** Applied to the attention weights; the place for dropout and for a look at them. */
  readonly onWeights?: (weights: Tensor) => Tensor;
  /** By how much the scores are scaled. Default 1/√D. */
  readonly scale?: number;
}

/**
 * softmax(q kᵀ · scale + mask) v.
 * Shapes: q `[B, H, T, D]`, k and v `[B, H, S, D]` → `[B, H, T, D]`.
 * Source: Vaswani et al., 2017, arXiv:1706.03762, equation 1.
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { mask = null, onWeights = (weights) => weights, scale = 1 / Math.sqrt(q.shape.at(-1)!) }: AttentionOptions = {},
): Tensor {
  // Scaling q rather than the scores touches T·D numbers a head instead of T·S.
  const scores = (scale === 1 ? q : q.mul(scale)).matmul(k.transpose());
  const weights = (mask ? scores.add(mask) : scores).softmax(-1);
  return onWeights(weights).matmul(v);
}
