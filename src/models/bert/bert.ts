/**
 * BERT: an encoder that reads both ways.
 * Source: Devlin, Chang, Lee and Toutanova, 2019, arXiv:1810.04805; names and layout as in Hugging Face's transformers.
 * Letters: B batch, T time, C channels, H heads, D channels of one head, K classes.
 */
import { ConfigError, formatShape, ShapeError } from '../../core/index.ts';
import { Dropout, Embedding, functional, init, LayerNorm, Linear, Module, PackedTokens, Parameter } from '../../nn/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { activation } from '../activations.ts';
import { type ConfigInput, labelCount } from '../config.ts';
import type { InnerOutputs, MaskedLMOutput, SequenceClassifierOutput } from '../outputs.ts';
import { PreTrainedModel } from '../pretrained.ts';
import { type BertConfig, bertConfig } from './config.ts';

/** What a BERT model reads. */
export interface BertInputs {
  /** Ids of the tokens, `[B, T]`, int32 or int64. */
  readonly input_ids: Tensor;
  /** 1 for tokens, 0 for padding, `[B, T]`. Default: no padding. */
  readonly attention_mask?: Tensor | null;
  /** 0 for the first segment, 1 for the second, `[B, T]`. Default: all 0. */
  readonly token_type_ids?: Tensor | null;
}

/** What may be asked for besides. */
export interface BertOutputOptions {
  /** Give the embeddings and each layer's output. Default false. */
  readonly output_hidden_states?: boolean;
  /** Give each layer's attention weights. Default false. */
  readonly output_attentions?: boolean;
}

/** What the encoder gives. */
export interface BertOutput extends InnerOutputs {
  /** `[B, T, C]` */
  readonly last_hidden_state: Tensor;
  /** The first token's state after the pooler, `[B, C]`; null without a pooler. */
  readonly pooler_output: Tensor | null;
}

/** Sum of what the token is, where it stands and which segment it is of. */
export class BertEmbeddings extends Module {
  readonly word_embeddings: Embedding;
  readonly position_embeddings: Embedding;
  readonly token_type_embeddings: Embedding;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(config: BertConfig) {
    super();
    this.word_embeddings = new Embedding(config.vocab_size, config.hidden_size, { padding_idx: config.pad_token_id });
    this.position_embeddings = new Embedding(config.max_position_embeddings, config.hidden_size);
    this.token_type_embeddings = new Embedding(config.type_vocab_size, config.hidden_size);
    this.LayerNorm = new LayerNorm(config.hidden_size, { eps: config.layer_norm_eps });
    this.dropout = new Dropout(config.hidden_dropout_prob);
  }

  /** Shapes: ids `[B, T]` → `[B, T, C]`; of packed tokens `[N]` → `[N, C]`, with the position of each. */
  override forward({ input_ids, token_type_ids }: BertInputs, positions: Tensor | null = null): Tensor {
    const T = input_ids.shape.at(-1)!; // input_ids [B, T] or [N]
    const longest = this.position_embeddings.weight.shape[0]!;
    if (!positions && T > longest) {
      throw new ShapeError(
        `BertEmbeddings: input_ids are ${formatShape(input_ids.shape)}; the model has ${longest} positions. Truncate with max_length: ${longest}.`,
      );
    }
    const words = this.word_embeddings.forward(input_ids); // [B, T, C] or [N, C]
    const places = positions ? this.position_embeddings.forward(positions) : this.position_embeddings.weight.slice(0, 0, T); // [T, C] or [N, C]
    const segments = token_type_ids
      ? this.token_type_embeddings.forward(token_type_ids)
      : this.token_type_embeddings.weight.slice(0, 0, 1);
    return this.dropout.forward(this.LayerNorm.forward(words.add(segments).add(places)));
  }
}

/** What every layer's attention is told besides its input. */
export interface AttentionContext {
  /** True where a token may be attended to, `[B, 1, 1, T]`. Null where all may. */
  readonly attn_mask: Tensor | null;
  /** Where the tokens stand, if padding was left out: only attention needs to know. */
  readonly packing: PackedTokens | null;
}

/** Attention of every token to every token, in several heads. */
export class BertSelfAttention extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly #heads: number;
  readonly dropout: Dropout;

  constructor(config: BertConfig) {
    super();
    this.query = new Linear(config.hidden_size, config.hidden_size);
    this.key = new Linear(config.hidden_size, config.hidden_size);
    this.value = new Linear(config.hidden_size, config.hidden_size);
    this.#heads = config.num_attention_heads;
    this.dropout = new Dropout(config.attention_probs_dropout_prob);
  }

  /** Shapes: x `[B, T, C]` or packed `[N, C]`, mask null or `[B, 1, 1, T]` → as x. */
  override forward(x: Tensor, { attn_mask, packing }: AttentionContext): Tensor {
    const H = this.#heads;
    const perHead = (map: Linear) => {
      const part = packing ? packing.unpack(map.forward(x)) : map.forward(x); // [B, T, C]
      const [B, T, C] = part.shape as [number, number, number];
      return part.reshape(B, T, H, C / H).permute(0, 2, 1, 3); // [B, H, T, D]
    };
    const [q, k, v] = [this.query, this.key, this.value].map(perHead) as [Tensor, Tensor, Tensor];
    const dropout_p = this.training ? this.dropout.p : 0;
    const mixed = functional.scaledDotProductAttention(q, k, v, { attn_mask, dropout_p }); // [B, H, T, D]
    const [B, , T, D] = mixed.shape as [number, number, number, number];
    const joined = mixed.permute(0, 2, 1, 3).reshape(B, T, H * D); // [B, T, C]
    return packing ? packing.pack(joined) : joined;
  }
}

/** A linear map, added to what came in, normalized. Ends both halves of a layer. */
export class BertOutputBlock extends Module {
  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(width: number, config: BertConfig) {
    super();
    this.dense = new Linear(width, config.hidden_size);
    this.LayerNorm = new LayerNorm(config.hidden_size, { eps: config.layer_norm_eps });
    this.dropout = new Dropout(config.hidden_dropout_prob);
  }

  /** Shapes: x `[B, T, width]`, residual `[B, T, C]` → `[B, T, C]`. */
  override forward(x: Tensor, residual: Tensor): Tensor {
    return this.LayerNorm.forward(this.dropout.forward(this.dense.forward(x)).add(residual));
  }
}

/** Attention with its output map. */
export class BertAttention extends Module {
  readonly self: BertSelfAttention;
  readonly output: BertOutputBlock;

  constructor(config: BertConfig) {
    super();
    this.self = new BertSelfAttention(config);
    this.output = new BertOutputBlock(config.hidden_size, config);
  }

  override forward(x: Tensor, context: AttentionContext): Tensor {
    return this.output.forward(this.self.forward(x, context), x);
  }
}

/** The wide half of a layer's feed-forward part. */
export class BertIntermediate extends Module {
  readonly dense: Linear;
  readonly #activation: (x: Tensor) => Tensor;

  constructor(config: BertConfig) {
    super();
    this.dense = new Linear(config.hidden_size, config.intermediate_size);
    this.#activation = activation(config.hidden_act, 'BertConfig');
  }

  override forward(x: Tensor): Tensor {
    return this.#activation(this.dense.forward(x));
  }
}

/** One layer: attention, then the feed-forward part, each with a residual connection and a norm. */
export class BertLayer extends Module {
  readonly attention: BertAttention;
  readonly intermediate: BertIntermediate;
  readonly output: BertOutputBlock;

  constructor(config: BertConfig) {
    super();
    this.attention = new BertAttention(config);
    this.intermediate = new BertIntermediate(config);
    this.output = new BertOutputBlock(config.intermediate_size, config);
  }

  /** Shapes: x `[B, T, C]` or packed `[N, C]` → the same. */
  override forward(x: Tensor, context: AttentionContext): Tensor {
    const attended = this.attention.forward(x, context);
    return this.output.forward(this.intermediate.forward(attended), attended);
  }
}

/** The stack of layers. */
export class BertEncoder extends Module {
  readonly layer: readonly BertLayer[];

  constructor(config: BertConfig) {
    super();
    this.layer = Array.from({ length: config.num_hidden_layers }, () => new BertLayer(config));
  }

  /** The states before, between and after the layers. */
  override forward(x: Tensor, context: AttentionContext): Tensor[] {
    const states = [x];
    for (const layer of this.layer) states.push(layer.forward(states.at(-1)!, context));
    return states;
  }
}

/** The first token's state, mapped and squashed. */
export class BertPooler extends Module {
  readonly dense: Linear;

  constructor(config: BertConfig) {
    super();
    this.dense = new Linear(config.hidden_size, config.hidden_size);
  }

  /** Shapes: the first tokens' states `[B, C]` → `[B, C]`. */
  override forward(x: Tensor): Tensor {
    return this.dense.forward(x).tanh();
  }
}

/** The encoder without a head. */
export class BertModel extends PreTrainedModel<BertConfig> {
  readonly embeddings: BertEmbeddings;
  readonly encoder: BertEncoder;
  readonly pooler: BertPooler | null;

  constructor(input: ConfigInput = {}, { add_pooling_layer = true }: { readonly add_pooling_layer?: boolean } = {}) {
    const config = bertConfig(input);
    super(config);
    [this.embeddings, this.encoder, this.pooler] = init.skipInit(() => [
      new BertEmbeddings(config),
      new BertEncoder(config),
      add_pooling_layer ? new BertPooler(config) : null,
    ]);
    this.initializeWeights();
  }

  get base_model_prefix(): string {
    return 'bert';
  }

  /**
   * Shapes: `[B, T]` each → states `[B, T, C]`, pooled `[B, C]`.
   * @throws ShapeError when the inputs' shapes differ.
   */
  override forward(inputs: BertInputs & BertOutputOptions): BertOutput {
    const { states, first, attentions } = this.encode(inputs);
    return {
      last_hidden_state: states.at(-1)!,
      pooler_output: this.pooler ? this.pooler.forward(first) : null,
      ...(inputs.output_hidden_states && { hidden_states: states }),
      ...(inputs.output_attentions && { attentions }),
    };
  }

  /**
   * The layers' states as heads read them: `[B, T, C]`, or `[N, C]` where padding was left out.
   * @param skip_padding do no work on padding but attention's, where the mask's content is known beforehand, as that of a
   * loader's batch is. Then the states of padding are not there, which to Hugging Face's model are numbers without meaning.
   */
  encode(
    { input_ids, attention_mask = null, token_type_ids = null, output_attentions = false }: BertInputs & BertOutputOptions,
    { skip_padding = false }: { readonly skip_padding?: boolean } = {},
  ): EncodedTokens {
    checkInputs({ input_ids, attention_mask, token_type_ids });
    const packing = skip_padding && attention_mask ? PackedTokens.of(attention_mask) : null;
    const embedded = packing
      ? this.embeddings.forward(
          { input_ids: packing.pack(input_ids), token_type_ids: token_type_ids && packing.pack(token_type_ids) },
          packing.positions,
        ) // [N, C]
      : this.embeddings.forward({ input_ids, token_type_ids }); // [B, T, C]
    const attentions: Tensor[] = [];
    const [B, T] = input_ids.shape as [number, number];
    const attn_mask = attention_mask?.cast('bool').reshape(B, 1, 1, T) ?? null;
    const states = functional.observeAttention(
      (weights) => {
        if (output_attentions) attentions.push(weights);
      },
      () => this.encoder.forward(embedded, { attn_mask, packing }),
    );
    const last = states.at(-1)!;
    return { states, first: packing ? packing.firsts(last) : last.select(1, 0), attentions, packing };
  }
}

/** What `encode` gives. */
export interface EncodedTokens {
  /** The embeddings and each layer's output: `[B, T, C]` each, or `[N, C]` with a packing. */
  readonly states: readonly Tensor[];
  /** The first token of each text, `[B, C]`. */
  readonly first: Tensor;
  /** Each layer's attention weights, if they were asked for. */
  readonly attentions: readonly Tensor[];
  /** Where the tokens stand, if padding was left out. */
  readonly packing: PackedTokens | null;
}

function checkInputs(inputs: BertInputs): void {
  const { shape } = inputs.input_ids;
  if (shape.length !== 2) {
    const mend =
      shape.length === 1
        ? ' The batch axis is missing: give [[ids]], or let the tokenizer and the collator make the batch.'
        : '';
    throw new ShapeError(`BertModel: input_ids are ${formatShape(shape)}; they must be [batch, time].${mend}`);
  }
  for (const name of ['attention_mask', 'token_type_ids'] as const) {
    const tensor = inputs[name];
    if (tensor && formatShape(tensor.shape) !== formatShape(shape)) {
      throw new ShapeError(
        `BertModel: ${name} is ${formatShape(tensor.shape)} and input_ids are ${formatShape(shape)}; both must be alike.`,
      );
    }
  }
}

/** BERT with a linear classifier on the pooled first token. */
export class BertForSequenceClassification extends PreTrainedModel<BertConfig> {
  readonly bert: BertModel;
  readonly classifier: Linear;
  readonly dropout: Dropout;

  constructor(input: ConfigInput = {}) {
    const config = bertConfig(input);
    super(config);
    if (config.problem_type && config.problem_type !== 'single_label_classification') {
      throw new ConfigError(
        `BertForSequenceClassification: problem_type is ${config.problem_type}; only single_label_classification is supported.`,
      );
    }
    [this.bert, this.classifier] = init.skipInit(() => [
      new BertModel(input),
      new Linear(config.hidden_size, labelCount(config)),
    ]);
    this.dropout = new Dropout(config.classifier_dropout ?? config.hidden_dropout_prob);
    this.initializeWeights();
  }

  get base_model_prefix(): string {
    return 'bert';
  }

  /** Shapes: inputs `[B, T]`, labels `[B]` → logits `[B, K]`, loss scalar. */
  override forward({
    labels,
    ...inputs
  }: BertInputs & BertOutputOptions & { readonly labels?: Tensor | null }): SequenceClassifierOutput {
    // Nothing that is read here depends on padding, unless someone wants to look inside.
    const { output_hidden_states = false, output_attentions = false } = inputs;
    const skip_padding = !output_hidden_states && !output_attentions;
    const { states, first, attentions } = this.bert.encode(inputs, { skip_padding });
    const logits = this.classifier.forward(this.dropout.forward(this.bert.pooler!.forward(first))); // [B, K]
    return {
      ...(labels && { loss: functional.crossEntropy(logits, labels) }),
      logits,
      ...(output_hidden_states && { hidden_states: states }),
      ...(output_attentions && { attentions }),
    };
  }
}

/** What turns a state into a guess at the word: a linear map, the activation and a norm. */
export class BertPredictionHeadTransform extends Module {
  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;
  readonly #activation: (x: Tensor) => Tensor;

  constructor(config: BertConfig) {
    super();
    this.dense = new Linear(config.hidden_size, config.hidden_size);
    this.LayerNorm = new LayerNorm(config.hidden_size, { eps: config.layer_norm_eps });
    this.#activation = activation(config.hidden_act, 'BertConfig');
  }

  override forward(x: Tensor): Tensor {
    return this.LayerNorm.forward(this.#activation(this.dense.forward(x)));
  }
}

/** Scores of all words, by the table of word embeddings, which serves both ends. */
export class BertLMPredictionHead extends Module {
  readonly transform: BertPredictionHeadTransform;
  readonly bias: Parameter;

  constructor(config: BertConfig) {
    super();
    this.transform = new BertPredictionHeadTransform(config);
    this.bias = new Parameter(init.constant([config.vocab_size], 0));
  }

  /** Shapes: x `[..., C]`, words `[V, C]` → `[..., V]`. */
  override forward(x: Tensor, words: Tensor): Tensor {
    return functional.linear(this.transform.forward(x), words, this.bias);
  }
}

/** The head under the name that checkpoints give it. */
export class BertOnlyMLMHead extends Module {
  readonly predictions: BertLMPredictionHead;

  constructor(config: BertConfig) {
    super();
    this.predictions = new BertLMPredictionHead(config);
  }

  override forward(x: Tensor, words: Tensor): Tensor {
    return this.predictions.forward(x, words);
  }
}

/** BERT with a head that guesses masked words. */
export class BertForMaskedLM extends PreTrainedModel<BertConfig> {
  readonly bert: BertModel;
  readonly cls: BertOnlyMLMHead;

  constructor(input: ConfigInput = {}) {
    const config = bertConfig(input);
    super(config);
    if (input.tie_word_embeddings === false)
      throw new ConfigError('BertForMaskedLM: tie_word_embeddings is false; only true is supported.');
    [this.bert, this.cls] = init.skipInit(() => [
      new BertModel(input, { add_pooling_layer: false }),
      new BertOnlyMLMHead(config),
    ]);
    this.initializeWeights();
  }

  get base_model_prefix(): string {
    return 'bert';
  }

  /** What checkpoints may hold a second time. */
  override get tiedWeights(): Readonly<Record<string, string>> {
    return {
      'cls.predictions.decoder.weight': 'bert.embeddings.word_embeddings.weight',
      'cls.predictions.decoder.bias': 'cls.predictions.bias',
    };
  }

  /**
   * Shapes: inputs `[B, T]`, labels `[B, T]` with −100 where nothing is to be guessed → logits `[B, T, V]`, loss scalar.
   * While training, padding's logits are those of a state of zeros.
   */
  override forward({
    labels,
    ...inputs
  }: BertInputs & BertOutputOptions & { readonly labels?: Tensor | null }): MaskedLMOutput {
    const { output_hidden_states = false, output_attentions = false } = inputs;
    const skip_padding = this.training && !output_hidden_states && !output_attentions;
    const { states, attentions, packing } = this.bert.encode(inputs, { skip_padding });
    const scores = this.cls.forward(states.at(-1)!, this.bert.embeddings.word_embeddings.weight); // [B, T, V] or [N, V]
    const V = scores.shape.at(-1)!;
    const targets = labels && (packing ? packing.pack(labels) : labels);
    return {
      ...(targets && { loss: functional.crossEntropy(scores.reshape(-1, V), targets.reshape(-1)) }),
      logits: packing ? packing.unpack(scores) : scores,
      ...(output_hidden_states && { hidden_states: states }),
      ...(output_attentions && { attentions }),
    };
  }
}
