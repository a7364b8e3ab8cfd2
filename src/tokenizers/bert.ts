import { defineOptions, type GivenOptions, type OptionValues } from '../core/index.ts';
import { WordPieceDecoder } from './decoders/wordpiece-decoder.ts';
import { checkVocabulary } from './models/vocabulary.ts';
import { WordPiece } from './models/wordpiece.ts';
import { BertNormalizer } from './normalizers/bert-normalizer.ts';
import type { PostProcessor } from './post-processors/post-processor.ts';
import { type JsonTemplatePiece, TemplateProcessing } from './post-processors/template-processing.ts';
import { BertPreTokenizer } from './pre-tokenizers/bert-pre-tokenizer.ts';
import { PreTrainedTokenizerFast, type TokenizerConfig } from './pretrained-tokenizer.ts';
import { Tokenizer } from './tokenizer.ts';
import { tokenizerClass } from './tokenizer-classes.ts';
import type { TrainingOptions, TrainingTexts } from './trainers/trainer.ts';
import { readTrainingOptions } from './trainers/trainer-options.ts';
import { WordPieceTrainer, wordPieceTrainerOptions } from './trainers/wordpiece-trainer.ts';

/** What a BERT tokenizer does to text before splitting it, by the names of tokenizer_config.json. */
export interface BertTokenizerConfig extends TokenizerConfig {
  /** Default true. */
  do_lower_case?: boolean;
  /** Default null: as `do_lower_case`. */
  strip_accents?: boolean | null;
  /** Put each Chinese character apart. Default true. */
  tokenize_chinese_chars?: boolean;
}

/** A vocabulary: tokens in the order of their ids, or ids by token. */
export type Vocabulary = readonly string[] | ReadonlyMap<string, number> | Readonly<Record<string, number>>;

/**
 * BERT's tokenizer from a vocabulary, as `BertTokenizer` of Hugging Face's transformers.
 * Special tokens that the vocabulary lacks get ids after it.
 */
export class BertTokenizerFast extends PreTrainedTokenizerFast {
  constructor(vocab: Vocabulary, config: BertTokenizerConfig = {}) {
    const map = toMap(vocab);
    checkVocabulary(map, 'BertTokenizerFast: the vocabulary');
    super(bertBackend(map, config), withBertTokens(config));
  }
}

/** The options of `trainWordPiece`: the trainer's, and the normalizer's. */
export const trainWordPieceOptions = defineOptions({
  ...wordPieceTrainerOptions,
  do_lower_case: { type: 'boolean', default: true, help: 'Make letters small and take accents off' },
  strip_accents: { type: 'boolean', otherwise: 'as do_lower_case', help: 'Take accents off' },
  tokenize_chinese_chars: { type: 'boolean', default: true, help: 'Put each Chinese character apart' },
  model_max_length: { type: 'integer', min: 1, otherwise: 'no limit', help: 'The most tokens the model will take' },
});

/** What `trainWordPiece` takes beside the texts. */
export type TrainWordPieceOptions = GivenOptions<typeof trainWordPieceOptions> & TrainingOptions;

/**
 * Trains a WordPiece vocabulary on texts and gives a BERT tokenizer with it, ready to use and to save.
 * The event loop gets its turn between texts and every few milliseconds while merging.
 * Without `special_tokens` they are [PAD], [UNK], [CLS], [SEP] and [MASK], in this order from id 0.
 */
export async function trainWordPiece(
  texts: TrainingTexts,
  options: TrainWordPieceOptions = {},
): Promise<PreTrainedTokenizerFast> {
  const { settings, training } = readTrainingOptions('trainWordPiece', trainWordPieceOptions, options);
  const { tokenizer, trainer, config } = untrainedWordPiece(settings);
  await tokenizer.train_from_iterator(texts, trainer, training);
  const prefix = settings.continuing_subword_prefix;
  const full = withBertTokens(config);
  if (prefix !== '##') full.tokenizer_class = 'PreTrainedTokenizerFast';
  finish(tokenizer, full);
  tokenizer.decoder = WordPieceDecoder({ prefix });
  return new PreTrainedTokenizerFast(tokenizer, full);
}

/** What `trainWordPiece` trains, and the trainer it does it with. */
export function untrainedWordPiece(settings: OptionValues<typeof trainWordPieceOptions>): {
  tokenizer: Tokenizer;
  trainer: WordPieceTrainer;
  config: BertTokenizerConfig;
} {
  const { do_lower_case, strip_accents = null, tokenize_chinese_chars, model_max_length, limit_alphabet, ...rest } = settings;
  const config: BertTokenizerConfig = { do_lower_case, strip_accents, tokenize_chinese_chars };
  if (model_max_length !== undefined) config.model_max_length = model_max_length;
  const trainer = new WordPieceTrainer({
    ...rest,
    limit_alphabet,
    special_tokens: rest.special_tokens.length > 0 ? rest.special_tokens : ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
  });
  const model = new WordPiece(new Map(), { continuing_subword_prefix: rest.continuing_subword_prefix });
  return { tokenizer: new Tokenizer({ ...bertParts(config), model }), trainer, config };
}

/** The tokens of a vocab.txt: one a line, its number from 0 the id. */
export function readVocabularyLines(text: string): Map<string, number> {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return toMap(lines);
}

/** The bare tokenizer of BERT for a vocabulary. */
export function bertBackend(vocab: ReadonlyMap<string, number>, config: BertTokenizerConfig): Tokenizer {
  const full = withBertTokens(config);
  const unk_token = contentOf(full.unk_token) ?? '[UNK]';
  const tokenizer = new Tokenizer({ ...bertParts(config), model: new WordPiece(vocab, { unk_token }) });
  finish(tokenizer, full);
  return tokenizer;
}

function bertParts(config: BertTokenizerConfig) {
  return {
    normalizer: BertNormalizer({
      handle_chinese_chars: config.tokenize_chinese_chars ?? true,
      strip_accents: config.strip_accents ?? null,
      lowercase: config.do_lower_case ?? true,
    }),
    pre_tokenizer: BertPreTokenizer(),
    decoder: WordPieceDecoder(),
  };
}

/** Adds the special tokens, and the template that needs their ids. */
function finish(tokenizer: Tokenizer, config: BertTokenizerConfig): void {
  const names = ['pad_token', 'unk_token', 'cls_token', 'sep_token', 'mask_token'] as const;
  const contents = names.map((name) => contentOf(config[name])).filter((content) => content !== null);
  tokenizer.add_special_tokens(contents);
  const cls = contentOf(config.cls_token);
  const sep = contentOf(config.sep_token);
  if (cls !== null && sep !== null) tokenizer.post_processor = bertTemplate(tokenizer, cls, sep);
}

function bertTemplate(tokenizer: Tokenizer, cls: string, sep: string): PostProcessor {
  const token = (id: string, type_id: number): JsonTemplatePiece => ({ SpecialToken: { id, type_id } });
  const single: JsonTemplatePiece[] = [token(cls, 0), { Sequence: { id: 'A', type_id: 0 } }, token(sep, 0)];
  const special = (id: string) => ({ id, ids: [tokenizer.token_to_id(id)!], tokens: [id] });
  return TemplateProcessing({
    single,
    pair: [...single, { Sequence: { id: 'B', type_id: 1 } }, token(sep, 1)],
    special_tokens: { [cls]: special(cls), [sep]: special(sep) },
  });
}

function withBertTokens(config: BertTokenizerConfig): BertTokenizerConfig {
  const name = config.tokenizer_class ?? 'BertTokenizer';
  return { ...tokenizerClass('BertTokenizer').special_tokens, ...config, tokenizer_class: name };
}

function contentOf(token: BertTokenizerConfig['cls_token']): string | null {
  if (token === null || token === undefined) return null;
  return typeof token === 'string' ? token : String(token.content);
}

function toMap(vocab: Vocabulary): Map<string, number> {
  if (Array.isArray(vocab)) return new Map((vocab as readonly string[]).map((token, id) => [token, id]));
  return vocab instanceof Map ? new Map(vocab) : new Map(Object.entries(vocab as Record<string, number>));
}
