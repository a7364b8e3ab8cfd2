/**
 * Text to ids and back: normalizers, pre-tokenizers, models, post-processors, decoders and trainers, each as
 * Hugging Face's tokenizer.json names it. Imports core and hub.
 * To add a component: one file in the folder of its kind, and a place in the list of that folder's index.ts.
 */
export { type AddedToken, addedToken } from './added-vocabulary.ts';
export * from './auto-tokenizer.ts';
export * from './batch-encoding.ts';
export {
  type BertTokenizerConfig,
  BertTokenizerFast,
  type TrainWordPieceOptions,
  trainWordPiece,
  trainWordPieceOptions,
  type Vocabulary,
} from './bert.ts';
export type { CallOptions, PaddingOption, TruncationOption } from './call-options.ts';
export type { Component, Json, JsonObject } from './component.ts';
export type { Decoder } from './decoders/decoder.ts';
export * from './decoders/wordpiece-decoder.ts';
export { Encoding, type Side } from './encoding.ts';
export type { Model, TokenSink } from './models/model.ts';
export { WordPiece, type WordPieceFields } from './models/wordpiece.ts';
export * from './normalizers/bert-normalizer.ts';
export * from './normalizers/lowercase.ts';
export type { Normalizer } from './normalizers/normalizer.ts';
export * from './normalizers/replace.ts';
export * from './normalizers/strip.ts';
export * from './normalizers/strip-accents.ts';
export * from './normalizers/unicode-forms.ts';
export type { PadOptions } from './pad-lists.ts';
export type { Padding } from './padding.ts';
export * from './post-processors/bert-processing.ts';
export type { PostProcessor } from './post-processors/post-processor.ts';
export * from './post-processors/template-processing.ts';
export * from './pre-tokenizers/bert-pre-tokenizer.ts';
export type { PreTokenizer } from './pre-tokenizers/pre-tokenizer.ts';
export * from './pre-tokenizers/punctuation.ts';
export * from './pre-tokenizers/whitespace.ts';
export * from './pre-tokenizers/whitespace-split.ts';
export {
  type IdList,
  type IdsFor,
  PreTrainedTokenizerFast,
  type TextBatch,
  type TokenizerConfig,
} from './pretrained-tokenizer.ts';
export type { SpecialTokenName } from './special-tokens.ts';
export { NormalizedString } from './text/normalized-string.ts';
export { Pieces, type SplitBehavior } from './text/pieces.ts';
export { type EncodeOptions, type TextInput, Tokenizer, type TokenizerParts } from './tokenizer.ts';
export type { Trained, Trainer, TrainingOptions, TrainingProgress } from './trainers/trainer.ts';
export { WordPieceTrainer, type WordPieceTrainerOptions, wordPieceTrainerOptions } from './trainers/wordpiece-trainer.ts';
export type { Truncation, TruncationStrategy } from './truncation.ts';
