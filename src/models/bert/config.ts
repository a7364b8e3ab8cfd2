import { ConfigError } from '../../core/index.ts';
import { type ConfigInput, configWith, type PretrainedConfig } from '../config.ts';

/** The fields of a BERT `config.json`, with Hugging Face's names and defaults (those of bert-base-uncased). */
export interface BertConfig extends PretrainedConfig {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly hidden_act: string;
  readonly hidden_dropout_prob: number;
  readonly attention_probs_dropout_prob: number;
  /** Dropout before the classifier; `null` takes `hidden_dropout_prob`. */
  readonly classifier_dropout: number | null;
  readonly max_position_embeddings: number;
  readonly type_vocab_size: number;
  readonly initializer_range: number;
  readonly layer_norm_eps: number;
  readonly pad_token_id: number;
}

const defaults: BertConfig = {
  model_type: 'bert',
  vocab_size: 30522,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: 'gelu',
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  classifier_dropout: null,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  initializer_range: 0.02,
  layer_norm_eps: 1e-12,
  pad_token_id: 0,
};

/**
 * A whole BERT config from the part that is given.
 * @throws ConfigError when the heads do not divide the hidden size, or something is asked for that BERT here does not do.
 */
export function bertConfig(input: ConfigInput = {}): BertConfig {
  const config = configWith(defaults, input, 'BertConfig');
  const { hidden_size, num_attention_heads } = config;
  if (hidden_size % num_attention_heads !== 0) {
    throw new ConfigError(
      `BertConfig: hidden_size is ${hidden_size} and num_attention_heads ${num_attention_heads}; the heads must divide it evenly.`,
    );
  }
  const position = input.position_embedding_type;
  if (position !== undefined && position !== 'absolute') {
    throw new ConfigError(`BertConfig: position_embedding_type is ${JSON.stringify(position)}; only "absolute" is supported.`);
  }
  if (input.is_decoder === true) throw new ConfigError('BertConfig: is_decoder is true; BERT here is an encoder only.');
  return config;
}

/**
 * The sizes of the small BERT models by name.
 * Source: Turc, Chang, Lee and Toutanova, 2019, arXiv:1908.08962, table 1.
 */
export const bertSizes = {
  tiny: { num_hidden_layers: 2, hidden_size: 128, num_attention_heads: 2, intermediate_size: 512 },
  mini: { num_hidden_layers: 4, hidden_size: 256, num_attention_heads: 4, intermediate_size: 1024 },
  small: { num_hidden_layers: 4, hidden_size: 512, num_attention_heads: 8, intermediate_size: 2048 },
  medium: { num_hidden_layers: 8, hidden_size: 512, num_attention_heads: 8, intermediate_size: 2048 },
  base: { num_hidden_layers: 12, hidden_size: 768, num_attention_heads: 12, intermediate_size: 3072 },
} as const;
