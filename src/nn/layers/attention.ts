import { ConfigError, type DType, DTypeError, formatShape, ShapeError } from '../../core/index.ts';
import { concat, full, type Tensor, where, zeros } from '../../tensor/index.ts';
import { attend, linear } from '../functional/index.ts';
import { constant, xavierNormal, xavierUniform } from '../init.ts';
import { Module, Parameter } from '../module.ts';
import { Linear } from './linear.ts';

/** Options of `MultiheadAttention`, named as in PyTorch. */
export interface MultiheadAttentionOptions {
  /** Share of the attention weights that is dropped while training. Default 0. */
  readonly dropout?: number;
  /** Whether the maps of the inputs and the output have biases. Default true. */
  readonly bias?: boolean;
  /** Add a learnt key and value after the others. Default false. */
  readonly add_bias_kv?: boolean;
  /** Add a key and a value of zeros after the others. Default false. */
  readonly add_zero_attn?: boolean;
  /** Width of the keys that come in. Default embed_dim. */
  readonly kdim?: number;
  /** Width of the values that come in. Default embed_dim. */
  readonly vdim?: number;
  /** Whether inputs and outputs are `[B, T, C]` rather than `[T, B, C]`. Default false. */
  readonly batch_first?: boolean;
}

/** What one call of `MultiheadAttention` may be told. */
export interface MultiheadAttentionInputs {
  /** Keys to be left out, `[B, S]`: true where one is, or numbers that are added to its scores. */
  readonly key_padding_mask?: Tensor | null;
  /** Pairs to be left out, `[T, S]` or `[B·H, T, S]`: true where one is, or numbers that are added to the scores. */
  readonly attn_mask?: Tensor | null;
  /** Place t attends to the places up to t only, besides what the masks say. Default false. */
  readonly is_causal?: boolean;
  /** Give the attention weights as well. Default true. */
  readonly need_weights?: boolean;
  /** Give their mean over the heads. Default true. */
  readonly average_attn_weights?: boolean;
}

/**
 * Attention in several heads: maps of queries, keys and values, attention in each head, and a map of all heads' results.
 *
 * Shapes: query `[T, B, C]`, key `[S, B, kdim]`, value `[S, B, vdim]` → `[T, B, C]` and the weights `[B, T, S]`, or
 * `[B, H, T, S]` for each head. With `batch_first` B stands first everywhere; without a batch it is left out.
 * Like torch.nn.MultiheadAttention, with its state dict and initial values, but for three things. A place that may attend to
 * none gives zeros before the output's map; PyTorch gives NaN when weights are needed. `is_causal` makes the mask
 * rather than promising that `attn_mask` is one. Weights that nobody reads cost nothing.
 * A mask of bools is true where attention is forbidden, unlike that of `scaledDotProductAttention`.
 * Source: Vaswani et al., 2017, arXiv:1706.03762, section 3.2.2.
 */
export class MultiheadAttention extends Module {
  /** The maps of query, key and value, one below the other, `[3C, C]`; null where their widths differ. */
  readonly in_proj_weight: Parameter | null;
  readonly q_proj_weight: Parameter | null;
  readonly k_proj_weight: Parameter | null;
  readonly v_proj_weight: Parameter | null;
  readonly in_proj_bias: Parameter | null;
  readonly bias_k: Parameter | null;
  readonly bias_v: Parameter | null;
  readonly out_proj: Linear;
  readonly embed_dim: number;
  readonly num_heads: number;
  readonly dropout: number;
  readonly batch_first: boolean;
  readonly #addsZero: boolean;

  /** @throws ConfigError when the heads do not divide the width, or `dropout` is no probability. */
  constructor(
    embed_dim: number,
    num_heads: number,
    {
      dropout = 0,
      bias = true,
      add_bias_kv = false,
      add_zero_attn = false,
      kdim = embed_dim,
      vdim = embed_dim,
      batch_first = false,
    }: MultiheadAttentionOptions = {},
  ) {
    super();
    if (!(embed_dim > 0 && num_heads > 0 && Number.isInteger(embed_dim / num_heads)))
      throw new ConfigError(
        `MultiheadAttention: embed_dim is ${embed_dim} and num_heads ${num_heads}; num_heads must divide embed_dim.`,
      );
    if (!(dropout >= 0 && dropout <= 1))
      throw new ConfigError(`MultiheadAttention: dropout is ${dropout}; it must be from 0 to 1.`);
    const isPacked = kdim === embed_dim && vdim === embed_dim;
    const map = (rows: number, width: number, wanted: boolean) => (wanted ? new Parameter(xavierUniform([rows, width])) : null);
    this.in_proj_weight = map(3 * embed_dim, embed_dim, isPacked);
    this.q_proj_weight = map(embed_dim, embed_dim, !isPacked);
    this.k_proj_weight = map(embed_dim, kdim, !isPacked);
    this.v_proj_weight = map(embed_dim, vdim, !isPacked);
    this.in_proj_bias = bias ? new Parameter(constant([3 * embed_dim], 0)) : null;
    this.bias_k = add_bias_kv ? new Parameter(xavierNormal([1, 1, embed_dim])) : null;
    this.bias_v = add_bias_kv ? new Parameter(xavierNormal([1, 1, embed_dim])) : null;
    this.out_proj = new Linear(embed_dim, embed_dim, { bias });
    this.out_proj.bias?.reset(constant([embed_dim], 0));
    this.embed_dim = embed_dim;
    this.num_heads = num_heads;
    this.dropout = dropout;
    this.batch_first = batch_first;
    this.#addsZero = add_zero_attn;
  }

  /**
   * The result, and the attention weights where `need_weights` is not false.
   * @throws ShapeError and DTypeError when inputs or masks do not fit.
   */
  override forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    {
      key_padding_mask = null,
      attn_mask = null,
      is_causal = false,
      need_weights = true,
      average_attn_weights = true,
    }: MultiheadAttentionInputs = {},
  ): [Tensor, Tensor | null] {
    const isBatched = this.#checkRanks(query, key, value);
    const time = isBatched && this.batch_first ? 1 : 0;
    const batched = (x: Tensor) => (isBatched ? x : x.unsqueeze(1));
    let [q, k, v] = this.#projected(query, key, value).map(batched) as [Tensor, Tensor, Tensor];
    const [T, S] = [q.shape[time]!, k.shape[time]!];
    const B = q.shape[1 - time]!;
    if (this.bias_k && this.bias_v) {
      const row = [B, B, this.embed_dim].with(time, 1);
      [k, v] = [concat([k, this.bias_k.expand(...row)], time), concat([v, this.bias_v.expand(...row)], time)];
    }
    if (this.#addsZero) {
      const row = zeros([B, B, this.embed_dim].with(time, 1), { dtype: k.dtype });
      [k, v] = [concat([k, row], time), concat([v, row], time)];
    }
    // [B, H, T, D]
    const perHead = (x: Tensor) => x.reshape(x.shape[0]!, x.shape[1]!, this.num_heads, -1).permute(1 - time, 2, time, 3);
    const masks = [
      attn_mask && this.#pairMask(attn_mask, [B, T, S]),
      key_padding_mask && keyMask(isBatched ? key_padding_mask : key_padding_mask.unsqueeze(0), [B, S]),
    ].filter((mask) => mask !== null);
    const added = k.shape[time]! - S;
    const isPlainCausal = is_causal && masks.length === 0 && added === 0;
    if (is_causal && !isPlainCausal) masks.push(full([T, S], Number.NEGATIVE_INFINITY, { dtype: q.dtype }).triu(1));
    const { output, weights } = attend(perHead(q), perHead(k), perHead(v), {
      attn_mask: allowedPairs(masks, added, q.dtype),
      is_causal: isPlainCausal,
      dropout_p: this.training ? this.dropout : 0,
    });
    const joined = output.permute(...(time === 1 ? [0, 2, 1, 3] : [2, 0, 1, 3])).reshape(...q.shape);
    const result = this.out_proj.forward(isBatched ? joined : joined.squeeze(1));
    if (!need_weights) return [result, null];
    const shown = average_attn_weights ? weights.mean(1) : weights;
    return [result, isBatched ? shown : shown.squeeze(0)];
  }

  /** Whether there is a batch axis. */
  #checkRanks(query: Tensor, key: Tensor, value: Tensor): boolean {
    const given = `query is ${formatShape(query.shape)}, key is ${formatShape(key.shape)} and value is ${formatShape(value.shape)}`;
    const { rank } = query;
    if ((rank !== 2 && rank !== 3) || key.rank !== rank || value.rank !== rank)
      throw new ShapeError(`MultiheadAttention: ${given}; all need three axes, or two without a batch.`);
    const batch = this.batch_first ? 0 : 1;
    if (
      key.shape.slice(0, -1).join() !== value.shape.slice(0, -1).join() ||
      (rank === 3 && key.shape[batch] !== query.shape[batch])
    )
      throw new ShapeError(
        `MultiheadAttention: ${given}; key and value must agree on all axes but the last, and all on the batch (axis ${batch}).`,
      );
    return rank === 3;
  }

  /** Query, key and value mapped to C channels each. What is the same tensor is mapped in one product. */
  #projected(query: Tensor, key: Tensor, value: Tensor): Tensor[] {
    const C = this.embed_dim;
    const inputs = [query, key, value];
    const { in_proj_weight, in_proj_bias } = this;
    if (in_proj_weight && query === key && key === value)
      return linear(query, in_proj_weight, in_proj_bias).split([C, C, C], -1);
    const weights = in_proj_weight?.split([C, C, C], 0) ?? [this.q_proj_weight!, this.k_proj_weight!, this.v_proj_weight!];
    const biases = in_proj_bias?.split([C, C, C], 0);
    return inputs.map((input, i) => linear(input, weights[i]!, biases?.[i] ?? null));
  }

  /** `[T, S]` or `[B·H, T, S]` → broadcast to `[B, H, T, S]`. */
  #pairMask(mask: Tensor, [B, T, S]: readonly [number, number, number]): Tensor {
    const H = this.num_heads;
    const shape = formatShape(mask.shape);
    if (shape === formatShape([T, S])) return mask;
    if (shape === formatShape([B * H, T, S])) return mask.reshape(B, H, T, S);
    throw new ShapeError(
      `MultiheadAttention: attn_mask is ${shape}; it must be ${formatShape([T, S])}, or ${formatShape([B * H, T, S])} for each head of each example.`,
    );
  }
}

/** `[B, S]` → `[B, 1, 1, S]`. */
function keyMask(mask: Tensor, [B, S]: readonly [number, number]): Tensor {
  if (formatShape(mask.shape) === formatShape([B, S])) return mask.reshape(B, 1, 1, S);
  throw new ShapeError(
    `MultiheadAttention: key_padding_mask is ${formatShape(mask.shape)}; it must be ${formatShape([B, S])}.`,
  );
}

/**
 * One mask as `attend` wants it, of several that are true where attention is forbidden or are added to the scores. Of bools
 * alone it is true where attention is allowed. `added` keys at the end may always be attended to.
 */
function allowedPairs(masks: readonly Tensor[], added: number, dtype: DType): Tensor | null {
  if (masks.length === 0) return null;
  for (const mask of masks) {
    if (mask.dtype !== 'bool' && mask.dtype !== dtype)
      throw new DTypeError(
        `MultiheadAttention: a mask is ${mask.dtype} and the query ${dtype}; masks must be bool, true where attention is forbidden, or of the query's type, to be added.`,
      );
  }
  const areBool = masks.every((mask) => mask.dtype === 'bool');
  const parts = masks.map((mask) => {
    if (areBool) return mask.logicalNot();
    return mask.dtype === 'bool' ? where(mask, full([], Number.NEGATIVE_INFINITY, { dtype }), 0) : mask;
  });
  const all = parts.reduce((a, b) => (areBool ? a.logicalAnd(b) : a.add(b)));
  return added === 0 ? all : all.pad(-1, 0, added, { value: areBool ? 1 : 0 });
}
