/**
 * The Transformer of the paper, layer by layer, as torch.nn has it.
 * Source: Vaswani et al., 2017, arXiv:1706.03762; with `norm_first`: Xiong et al., 2020, arXiv:2002.04745.
 * Letters: B batch, T places of the target, S places of the source, C channels (`d_model`). `[T, B, C]` stands for `[B, T, C]`
 * where `batch_first` is set, and for `[T, C]` without a batch.
 */
import { ConfigError, formatShape, ShapeError } from '../../core/index.ts';
import { type Tensor, tensor } from '../../tensor/index.ts';
import { xavierUniform } from '../init.ts';
import { Module } from '../module.ts';
import { MultiheadAttention } from './attention.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';
import { LayerNorm } from './norms.ts';

/** Options of the layers of a Transformer, named as in PyTorch. */
export interface TransformerLayerOptions {
  /** Width of the hidden layer of the feed-forward part. Default 2048. */
  readonly dim_feedforward?: number;
  /** Default 0.1. */
  readonly dropout?: number;
  /** Of the feed-forward part: a name, or any function. Default `relu`. */
  readonly activation?: 'relu' | 'gelu' | ((x: Tensor) => Tensor);
  /** Default 1e-5. */
  readonly layer_norm_eps?: number;
  /** Whether inputs and outputs are `[B, T, C]` rather than `[T, B, C]`. Default false. */
  readonly batch_first?: boolean;
  /** Normalize before attention and feed-forward part rather than after. Default false. */
  readonly norm_first?: boolean;
  /** Whether linear maps, attention and norms have biases. Default true. */
  readonly bias?: boolean;
}

/** Masks of an encoder layer's attention; true where attention is forbidden, or numbers that are added to the scores. */
export interface EncoderLayerMasks {
  /** `[S, S]` or `[B·H, S, S]`. */
  readonly src_mask?: Tensor | null;
  /** Padding, `[B, S]`. */
  readonly src_key_padding_mask?: Tensor | null;
  /** Each place attends to those up to it, besides what the masks say. Default false. */
  readonly is_causal?: boolean;
}

/** Masks of a decoder's attention; true where attention is forbidden, or numbers that are added to the scores. */
export interface DecoderMasks {
  /** `[T, T]` or `[B·H, T, T]`. */
  readonly tgt_mask?: Tensor | null;
  /** `[T, S]` or `[B·H, T, S]`. */
  readonly memory_mask?: Tensor | null;
  /** Padding of the target, `[B, T]`. */
  readonly tgt_key_padding_mask?: Tensor | null;
  /** Padding of the source, `[B, S]`. */
  readonly memory_key_padding_mask?: Tensor | null;
  /** Each place of the target attends to those up to it, besides what the masks say. Default false. */
  readonly tgt_is_causal?: boolean;
  /** Place t of the target attends to the places of the source up to t, besides what the masks say. Default false. */
  readonly memory_is_causal?: boolean;
}

/** What one attention of a layer is told. */
interface Masks {
  readonly attn_mask: Tensor | null;
  readonly key_padding_mask: Tensor | null;
  readonly is_causal: boolean;
}

function activationOf(activation: Required<TransformerLayerOptions>['activation'], speaker: string): (x: Tensor) => Tensor {
  if (typeof activation === 'function') return activation;
  if (activation === 'relu') return (x) => x.relu();
  if (activation === 'gelu') return (x) => x.gelu();
  throw new ConfigError(`${speaker}: activation is ${activation}; it must be relu, gelu or a function.`);
}

/**
 * Self-attention and a feed-forward part of two linear maps, each with a residual connection and a norm.
 *
 *   y = norm1(x + attention(x)), norm2(y + feedForward(y)); with norm_first y = x + attention(norm1(x)), y + feedForward(norm2(y))
 *
 * Shapes: src `[S, B, C]` → the same.
 * Like torch.nn.TransformerEncoderLayer, its state dict and initial values included; masks as `MultiheadAttention` takes them.
 */
export class TransformerEncoderLayer extends Module {
  readonly self_attn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly norm_first: boolean;
  readonly #activation: (x: Tensor) => Tensor;

  constructor(
    d_model: number,
    nhead: number,
    {
      dim_feedforward = 2048,
      dropout = 0.1,
      activation = 'relu',
      layer_norm_eps: eps = 1e-5,
      batch_first = false,
      norm_first = false,
      bias = true,
    }: TransformerLayerOptions = {},
  ) {
    super();
    this.self_attn = new MultiheadAttention(d_model, nhead, { dropout, bias, batch_first });
    this.linear1 = new Linear(d_model, dim_feedforward, { bias });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dim_feedforward, d_model, { bias });
    this.norm1 = new LayerNorm(d_model, { eps, bias });
    this.norm2 = new LayerNorm(d_model, { eps, bias });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.norm_first = norm_first;
    this.#activation = activationOf(activation, 'TransformerEncoderLayer');
  }

  override forward(
    src: Tensor,
    { src_mask = null, src_key_padding_mask = null, is_causal = false }: EncoderLayerMasks = {},
  ): Tensor {
    const masks = { attn_mask: src_mask, key_padding_mask: src_key_padding_mask, is_causal };
    if (this.norm_first) {
      const x = src.add(this.#attention(this.norm1.forward(src), masks));
      return x.add(this.#feedForward(this.norm2.forward(x)));
    }
    const x = this.norm1.forward(src.add(this.#attention(src, masks)));
    return this.norm2.forward(x.add(this.#feedForward(x)));
  }

  #attention(x: Tensor, masks: Masks): Tensor {
    const [y] = this.self_attn.forward(x, x, x, { ...masks, need_weights: false });
    return this.dropout1.forward(y);
  }

  #feedForward(x: Tensor): Tensor {
    const hidden = this.dropout.forward(this.#activation(this.linear1.forward(x)));
    return this.dropout2.forward(this.linear2.forward(hidden));
  }
}

/**
 * Self-attention, attention to an encoder's output (`memory`) and a feed-forward part, each with a residual connection and a norm.
 * Shapes: tgt `[T, B, C]`, memory `[S, B, C]` → the shape of tgt.
 * Like torch.nn.TransformerDecoderLayer, its state dict and initial values included; masks as `MultiheadAttention` takes them.
 */
export class TransformerDecoderLayer extends Module {
  readonly self_attn: MultiheadAttention;
  readonly multihead_attn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;
  readonly norm_first: boolean;
  readonly #activation: (x: Tensor) => Tensor;

  constructor(
    d_model: number,
    nhead: number,
    {
      dim_feedforward = 2048,
      dropout = 0.1,
      activation = 'relu',
      layer_norm_eps: eps = 1e-5,
      batch_first = false,
      norm_first = false,
      bias = true,
    }: TransformerLayerOptions = {},
  ) {
    super();
    this.self_attn = new MultiheadAttention(d_model, nhead, { dropout, bias, batch_first });
    this.multihead_attn = new MultiheadAttention(d_model, nhead, { dropout, bias, batch_first });
    this.linear1 = new Linear(d_model, dim_feedforward, { bias });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dim_feedforward, d_model, { bias });
    this.norm1 = new LayerNorm(d_model, { eps, bias });
    this.norm2 = new LayerNorm(d_model, { eps, bias });
    this.norm3 = new LayerNorm(d_model, { eps, bias });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
    this.norm_first = norm_first;
    this.#activation = activationOf(activation, 'TransformerDecoderLayer');
  }

  override forward(
    tgt: Tensor,
    memory: Tensor,
    {
      tgt_mask = null,
      memory_mask = null,
      tgt_key_padding_mask = null,
      memory_key_padding_mask = null,
      tgt_is_causal = false,
      memory_is_causal = false,
    }: DecoderMasks = {},
  ): Tensor {
    const own = { attn_mask: tgt_mask, key_padding_mask: tgt_key_padding_mask, is_causal: tgt_is_causal };
    const other = { attn_mask: memory_mask, key_padding_mask: memory_key_padding_mask, is_causal: memory_is_causal };
    if (this.norm_first) {
      let x = tgt.add(this.#selfAttention(this.norm1.forward(tgt), own));
      x = x.add(this.#attentionTo(memory, this.norm2.forward(x), other));
      return x.add(this.#feedForward(this.norm3.forward(x)));
    }
    let x = this.norm1.forward(tgt.add(this.#selfAttention(tgt, own)));
    x = this.norm2.forward(x.add(this.#attentionTo(memory, x, other)));
    return this.norm3.forward(x.add(this.#feedForward(x)));
  }

  #selfAttention(x: Tensor, masks: Masks): Tensor {
    const [y] = this.self_attn.forward(x, x, x, { ...masks, need_weights: false });
    return this.dropout1.forward(y);
  }

  #attentionTo(memory: Tensor, x: Tensor, masks: Masks): Tensor {
    const [y] = this.multihead_attn.forward(x, memory, memory, { ...masks, need_weights: false });
    return this.dropout2.forward(y);
  }

  #feedForward(x: Tensor): Tensor {
    const hidden = this.dropout.forward(this.#activation(this.linear1.forward(x)));
    return this.dropout3.forward(this.linear2.forward(hidden));
  }
}

/** Options of a stack of layers. */
export interface TransformerStackOptions {
  /** Applied to the last layer's output. Default: nothing is. */
  readonly norm?: LayerNorm | null;
}

/**
 * Encoder layers one after another.
 * Like torch.nn.TransformerEncoder, but that it takes a function that makes a layer where PyTorch copies a layer, initial
 * values and all: so each layer starts with values of its own.
 */
export class TransformerEncoder extends Module {
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: LayerNorm | null;

  constructor(
    makeLayer: (index: number) => TransformerEncoderLayer,
    num_layers: number,
    { norm = null }: TransformerStackOptions = {},
  ) {
    super();
    this.layers = Array.from({ length: num_layers }, (_, i) => makeLayer(i));
    this.norm = norm;
  }

  /** Shapes: src `[S, B, C]` → the same. */
  override forward(
    src: Tensor,
    {
      mask = null,
      src_key_padding_mask = null,
      is_causal = false,
    }: Omit<EncoderLayerMasks, 'src_mask'> & { readonly mask?: Tensor | null } = {},
  ): Tensor {
    let x = src;
    for (const layer of this.layers) x = layer.forward(x, { src_mask: mask, src_key_padding_mask, is_causal });
    return this.norm ? this.norm.forward(x) : x;
  }
}

/**
 * Decoder layers one after another, each attending to the same `memory`.
 * Like torch.nn.TransformerDecoder, but that it takes a function that makes a layer; see `TransformerEncoder`.
 */
export class TransformerDecoder extends Module {
  readonly layers: readonly TransformerDecoderLayer[];
  readonly norm: LayerNorm | null;

  constructor(
    makeLayer: (index: number) => TransformerDecoderLayer,
    num_layers: number,
    { norm = null }: TransformerStackOptions = {},
  ) {
    super();
    this.layers = Array.from({ length: num_layers }, (_, i) => makeLayer(i));
    this.norm = norm;
  }

  /** Shapes: tgt `[T, B, C]`, memory `[S, B, C]` → the shape of tgt. */
  override forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    let x = tgt;
    for (const layer of this.layers) x = layer.forward(x, memory, masks);
    return this.norm ? this.norm.forward(x) : x;
  }
}

/** Options of `Transformer`, named as in PyTorch. */
export interface TransformerOptions extends TransformerLayerOptions {
  /** Channels of inputs and outputs. Default 512. */
  readonly d_model?: number;
  /** Default 8. */
  readonly nhead?: number;
  /** Default 6. */
  readonly num_encoder_layers?: number;
  /** Default 6. */
  readonly num_decoder_layers?: number;
  /** Takes the encoder's place. */
  readonly custom_encoder?: TransformerEncoder | null;
  /** Takes the decoder's place. */
  readonly custom_decoder?: TransformerDecoder | null;
}

/** Masks of a Transformer; true where attention is forbidden, or numbers that are added to the scores. */
export interface TransformerMasks extends DecoderMasks {
  /** `[S, S]` or `[B·H, S, S]`. */
  readonly src_mask?: Tensor | null;
  /** Padding of the source, `[B, S]`, for the encoder; the decoder takes `memory_key_padding_mask`. */
  readonly src_key_padding_mask?: Tensor | null;
  /** Each place of the source attends to those up to it, besides what the masks say. Default false. */
  readonly src_is_causal?: boolean;
}

/**
 * An encoder and a decoder that attends to the encoder's output, each ending in a norm. It has no embeddings and no positions.
 * Like torch.nn.Transformer: its state dict, and its initial values, with every matrix as `init.xavierUniform` makes it.
 *
 * @example
 * const model = new Transformer({ d_model: 16, nhead: 4, num_encoder_layers: 1, num_decoder_layers: 1, batch_first: true });
 * const y = model.forward(randn([2, 10, 16]), randn([2, 7, 16]), { tgt_is_causal: true }); // [2, 7, 16]
 */
export class Transformer extends Module {
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;
  readonly d_model: number;
  readonly nhead: number;
  readonly batch_first: boolean;

  constructor({
    d_model = 512,
    nhead = 8,
    num_encoder_layers = 6,
    num_decoder_layers = 6,
    custom_encoder = null,
    custom_decoder = null,
    ...options
  }: TransformerOptions = {}) {
    super();
    const { layer_norm_eps: eps = 1e-5, bias = true, batch_first = false } = options;
    const norm = () => new LayerNorm(d_model, { eps, bias });
    this.encoder =
      custom_encoder ??
      new TransformerEncoder(() => new TransformerEncoderLayer(d_model, nhead, options), num_encoder_layers, { norm: norm() });
    this.decoder =
      custom_decoder ??
      new TransformerDecoder(() => new TransformerDecoderLayer(d_model, nhead, options), num_decoder_layers, { norm: norm() });
    for (const parameter of this.parameters()) if (parameter.rank > 1) parameter.reset(xavierUniform(parameter.shape));
    this.d_model = d_model;
    this.nhead = nhead;
    this.batch_first = batch_first;
  }

  /**
   * Shapes: src `[S, B, C]`, tgt `[T, B, C]` → the shape of tgt.
   * @throws ShapeError when src and tgt differ in the batch, or have other channels than `d_model`.
   */
  override forward(
    src: Tensor,
    tgt: Tensor,
    { src_mask = null, src_key_padding_mask = null, src_is_causal = false, ...masks }: TransformerMasks = {},
  ): Tensor {
    const batch = this.batch_first ? 0 : 1;
    const isOneBatch = src.rank === tgt.rank && (src.rank !== 3 || src.shape[batch] === tgt.shape[batch]);
    if (!isOneBatch || src.shape.at(-1) !== this.d_model || tgt.shape.at(-1) !== this.d_model)
      throw new ShapeError(
        `Transformer: src is ${formatShape(src.shape)} and tgt is ${formatShape(tgt.shape)}; both need ${this.d_model} channels and one batch (axis ${batch}).`,
      );
    const memory = this.encoder.forward(src, { mask: src_mask, src_key_padding_mask, is_causal: src_is_causal });
    return this.decoder.forward(tgt, memory, masks);
  }

  /**
   * The mask by which each place attends to itself and those before it: 0 there and −∞ elsewhere, `[size, size]`. `is_causal`
   * does the same without a table. PyTorch's generate_square_subsequent_mask.
   */
  static generateSquareSubsequentMask(size: number): Tensor {
    const mask = new Float32Array(size * size);
    for (let t = 0; t < size; t++) mask.fill(Number.NEGATIVE_INFINITY, t * size + t + 1, (t + 1) * size);
    return tensor(mask, { shape: [size, size] });
  }
}
