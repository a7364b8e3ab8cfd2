import { ConfigError, type DType, DTypeError, formatShape, ShapeError } from '../../core/index.ts';
import { concat, dropout, full, knownContent, type Tensor, where } from '../../tensor/index.ts';

/** Options of attention, named as in PyTorch. */
export interface AttentionOptions {
  /**
   * Broadcast to `[..., H, T, S]`. Of bools, true where attention is allowed; of numbers, added to the scores: 0 where it is
   * allowed, −∞ or a very negative number where not. Not together with `is_causal`.
   */
  readonly attn_mask?: Tensor | null;
  /** Share of the attention weights that is dropped, at every call; give 0 when not training. Default 0. */
  readonly dropout_p?: number;
  /** Place t attends to the places up to t only. Default false. */
  readonly is_causal?: boolean;
  /** Keys and values of places before these, to which every place attends as well. */
  readonly past?: Past | null;
  /** By how much the scores are scaled. Default 1/√D. */
  readonly scale?: number | null;
  /** Let k and v have fewer heads than q, each of them serving as many heads of q in a row. Default false. */
  readonly enable_gqa?: boolean;
}

/** Keys and values that were computed before, as a `KeyValueCache` keeps them. */
export interface Past {
  /** `[..., H, P, D]` */
  readonly key: Tensor;
  /** `[..., H, P, Dv]` */
  readonly value: Tensor;
  /** Which of the P places there are; broadcast to `[..., H, T, P]`, of bools or numbers as `attn_mask` is. Default: all. */
  readonly attn_mask?: Tensor | null;
}

/** What attention gives, and the weights by which it mixed the values. */
export interface Attended {
  /** `[..., H, T, Dv]` */
  readonly output: Tensor;
  /** After dropout, `[..., H, T, S]`; with a past of P places `[..., H, T, P + S]`. */
  readonly weights: Tensor;
}

/** Scores that are to weigh nothing get this added. It is finite, so that a row of nothing else has no NaN in it, nor in its gradient. */
const lowest = -3.4028234663852886e38;

/**
 * softmax(q kᵀ · scale + mask) v.
 * Shapes: q `[..., H, T, D]`, k `[..., H, S, D]`, v `[..., H, S, Dv]` → `[..., H, T, Dv]`; leading axes broadcast. With
 * `enable_gqa`, k and v have a number of heads that divides H.
 * Like torch.nn.functional.scaled_dot_product_attention: a place that may attend to none gives zeros (with a `past` it must not be).
 * The weights are seen by `inspect` and by `observeAttention`, whichever module calls this.
 * Source: Vaswani et al., 2017, arXiv:1706.03762, equation 1; shared heads: Ainslie et al., 2023, arXiv:2305.13245.
 * @throws ShapeError, DTypeError and ConfigError when inputs or options do not fit together.
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  return attend(q, k, v, options).output;
}

/** `scaledDotProductAttention`, with its weights. */
export function attend(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { attn_mask = null, dropout_p = 0, is_causal = false, past = null, scale = null, enable_gqa = false }: AttentionOptions = {},
): Attended {
  if (attn_mask && is_causal) throw new ConfigError(`${speaker}: attn_mask is given and is_causal is true; give one of them.`);
  if (!(dropout_p >= 0 && dropout_p <= 1))
    throw new ConfigError(`${speaker}: dropout_p is ${dropout_p}; it must be from 0 to 1.`);
  const groups = enable_gqa ? sharedHeads(q, k, v) : 1;
  // Scaling q rather than the scores touches T·D numbers a head instead of T·S.
  const factor = scale ?? 1 / Math.sqrt(q.shape.at(-1)!);
  const scaled = factor === 1 ? q : q.mul(factor);
  const scoresOf = (keys: Tensor) => perSharedHead(scaled, groups, (rows) => rows.matmul(keys.transpose()));
  const mixedOf = (weights: Tensor, values: Tensor) => perSharedHead(weights, groups, (rows) => rows.matmul(values));
  const scores = scoresOf(k);
  const [T, S] = scores.shape.slice(-2) as [number, number];
  // The first place is seen by all: a mask for it alone, as for each token that is generated, would forbid nothing.
  const mask = is_causal ? (S > 1 ? causalMask(T, S, q.dtype) : null) : attn_mask && additive(attn_mask, scores);
  const masked = mask ? scores.add(mask) : scores;
  const dropped = (attended: Tensor) => {
    observer?.(attended);
    return dropout_p > 0 ? dropout(attended, dropout_p) : attended;
  };
  if (!past) {
    const weights = dropped(withoutEmptyRows(masked.softmax(-1), attn_mask));
    return { output: mixedOf(weights, v), weights };
  }
  // The past stays where it lies: putting it and the new places into one tensor would copy all of it at each step.
  const pastScores = scoresOf(past.key);
  const pastMask = past.attn_mask ? additive(past.attn_mask, pastScores) : null;
  const weights = dropped(concat([pastMask ? pastScores.add(pastMask) : pastScores, masked], -1).softmax(-1));
  const [before, now] = weights.split([past.key.shape.at(-2)!, k.shape.at(-2)!], -1) as [Tensor, Tensor];
  return { output: mixedOf(before, past.value).add(mixedOf(now, v)), weights };
}

const speaker = 'scaledDotProductAttention';
let observer: ((weights: Tensor) => void) | null = null;

/**
 * Runs f; whenever attention is computed meanwhile, `seen` is given its weights before dropout, `[..., H, T, S]`. They are
 * part of the graph as it is, so those that nobody reads cost nothing.
 */
export function observeAttention<T>(seen: (weights: Tensor) => void, f: () => T): T {
  const before = observer;
  observer = (weights) => {
    before?.(weights);
    seen(weights);
  };
  try {
    return f();
  } finally {
    observer = before;
  }
}

/** How many heads of q share one of k and v. */
function sharedHeads(q: Tensor, k: Tensor, v: Tensor): number {
  const [heads, shared, ofValues] = [q, k, v].map(({ rank, shape }) => (rank < 3 ? 0 : shape.at(-3)!)) as [
    number,
    number,
    number,
  ];
  if (shared !== ofValues || !(heads % shared === 0))
    throw new ShapeError(
      `${speaker}: q is ${formatShape(q.shape)}, k is ${formatShape(k.shape)} and v is ${formatShape(v.shape)}; with enable_gqa all need heads on the third axis from the end, k and v as many, and their number must divide q's.`,
    );
  return heads / shared;
}

/** A product with k or v, of all rows of the heads that share one of theirs at once. Shapes: x `[..., H, T, N]` → `[..., H, T, M]`. */
function perSharedHead(x: Tensor, groups: number, product: (rows: Tensor) => Tensor): Tensor {
  if (groups === 1) return product(x);
  const [H, T, N] = x.shape.slice(-3) as [number, number, number];
  const leading = x.shape.slice(0, -3);
  const y = product(x.reshape(...leading, H / groups, groups * T, N));
  return y.reshape(...leading, H, T, y.shape.at(-1)!);
}

/** What is added to the scores so that each place sees those before it and itself: 0 and the lowest number. `[T, S]` */
function causalMask(T: number, S: number, dtype: DType): Tensor {
  return full([T, S], lowest, { dtype }).triu(1);
}

/** A mask as numbers to be added, none of them −∞. */
function additive(mask: Tensor, { dtype, shape }: Tensor): Tensor {
  if (mask.dtype !== 'bool' && mask.dtype !== dtype)
    throw new DTypeError(
      `${speaker}: attn_mask is ${mask.dtype} and q is ${dtype}; a mask must be bool, true where attention is allowed, or of q's type, to be added.`,
    );
  if (mask.rank > shape.length || !mask.shape.every((size, i) => size === 1 || size === shape[shape.length - mask.rank + i]))
    throw new ShapeError(
      `${speaker}: attn_mask is ${formatShape(mask.shape)} and the scores are ${formatShape(shape)}; the mask must broadcast to them.`,
    );
  return mask.dtype === 'bool' ? where(mask, full([], 0, { dtype }), lowest) : mask.maximum(lowest);
}

/** The weights, zero in the rows that a mask forbids altogether. Where the mask is known to have no such row, nothing is done. */
function withoutEmptyRows(weights: Tensor, mask: Tensor | null): Tensor {
  if (!mask || hasNoEmptyRow(mask)) return weights;
  const allowed = mask.dtype === 'bool' ? mask : mask.gt(Number.NEGATIVE_INFINITY);
  return weights.mul(allowed.any(-1, { keepDims: true }).cast(weights.dtype));
}

/** What is known of masks; one mask serves all layers of a model. */
const fullRows = new WeakMap<object, boolean>();

function hasNoEmptyRow(mask: Tensor): boolean {
  const known = fullRows.get(mask.value);
  if (known !== undefined) return known;
  const content = knownContent(mask);
  if (!content) return false;
  const length = mask.shape.at(-1) ?? 1;
  const forbidden = mask.dtype === 'bool' ? 0 : Number.NEGATIVE_INFINITY;
  let isFull = true;
  for (let row = 0; row < content.length && isFull; row += length) {
    let at = row;
    while (at < row + length && content[at] === forbidden) at++;
    isFull = at < row + length;
  }
  fullRows.set(mask.value, isFull);
  return isFull;
}
