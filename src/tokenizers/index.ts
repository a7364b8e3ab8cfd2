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
export type { CallOptions, PaddingOption, TextBatch, TruncationOption } from './call-options.ts';
export type { ChatMessage, ChatTemplateOptions } from './chat-template.ts';
export type { Component, Json, JsonObject } from './component.ts';
export * from './decoders/bpe-decoder.ts';
export * from './decoders/byte-fallback.ts';
export * from './decoders/byte-level.ts';
export * from './decoders/ctc.ts';
export type { Decoder } from './decoders/decoder.ts';
export * from './decoders/fuse.ts';
export * from './decoders/metaspace.ts';
export * from './decoders/replace.ts';
export * from './decoders/sequence.ts';
export * from './decoders/strip.ts';
export * from './decoders/wordpiece-decoder.ts';
export { Encoding, type Side } from './encoding.ts';
export { BPE, type BPEFields, type BPEOptions } from './models/bpe.ts';
export type { Model, TokenSink } from './models/model.ts';
export { Unigram, type UnigramFields } from './models/unigram.ts';
export { WordLevel, type WordLevelFields } from './models/wordlevel.ts';
export { WordPiece, type WordPieceFields } from './models/wordpiece.ts';
export * from './normalizers/bert-normalizer.ts';
export * from './normalizers/byte-level.ts';
export * from './normalizers/lowercase.ts';
export * from './normalizers/nmt.ts';
export type { Normalizer } from './normalizers/normalizer.ts';
export * from './normalizers/precompiled.ts';
export * from './normalizers/prepend.ts';
export * from './normalizers/replace.ts';
export * from './normalizers/sequence.ts';
export * from './normalizers/strip.ts';
export * from './normalizers/strip-accents.ts';
export * from './normalizers/unicode-forms.ts';
export type { PadOptions } from './pad-lists.ts';
export type { Padding } from './padding.ts';
export * from './post-processors/bert-processing.ts';
export { ByteLevelProcessing, type ByteLevelProcessingFields } from './post-processors/byte-level.ts';
export type { PostProcessor } from './post-processors/post-processor.ts';
export * from './post-processors/roberta-processing.ts';
export * from './post-processors/sequence.ts';
export * from './post-processors/template-processing.ts';
export * from './pre-tokenizers/bert-pre-tokenizer.ts';
export * from './pre-tokenizers/byte-level.ts';
export * from './pre-tokenizers/char-delimiter-split.ts';
export * from './pre-tokenizers/digits.ts';
export * from './pre-tokenizers/fixed-length.ts';
export { Metaspace, type MetaspaceFields, type PrependScheme } from './pre-tokenizers/metaspace.ts';
export type { PreTokenizer } from './pre-tokenizers/pre-tokenizer.ts';
export * from './pre-tokenizers/punctuation.ts';
export * from './pre-tokenizers/sequence.ts';
export * from './pre-tokenizers/split.ts';
export * from './pre-tokenizers/unicode-scripts.ts';
export * from './pre-tokenizers/whitespace.ts';
export * from './pre-tokenizers/whitespace-split.ts';
export {
  type IdList,
  type IdsFor,
  PreTrainedTokenizerFast,
  type TokenizerConfig,
} from './pretrained-tokenizer.ts';
export type { SpecialTokenName } from './special-tokens.ts';
export type { DecodeOptions, SpecificParts, Spelling } from './specific-parts.ts';
export { NormalizedString } from './text/normalized-string.ts';
export { Pieces, type SplitBehavior } from './text/pieces.ts';
export { type EncodeOptions, type TextInput, Tokenizer, type TokenizerParts } from './tokenizer.ts';
export { BpeTrainer, type BpeTrainerOptions, bpeTrainerOptions, byteLevelAlphabet } from './trainers/bpe-trainer.ts';
export { type ChangedWord, MergeReplay, type MergeStep, replayTraining } from './trainers/merge-replay.ts';
export type { MergingTrainer } from './trainers/merging.ts';
export type { Merge, MergeProgress, MergeStart } from './trainers/pair-merges.ts';
export { readableToken } from './trainers/readable-token.ts';
export {
  mergingKinds,
  replayTokenizer,
  type TokenizerKind,
  type TrainTokenizerOptions,
  tokenizerKinds,
  trainTokenizer,
  trainTokenizerOptions,
} from './trainers/tokenizer-kinds.ts';
export type { Trained, Trainer, TrainingOptions, TrainingProgress, TrainingTexts } from './trainers/trainer.ts';
export { UnigramTrainer, type UnigramTrainerOptions, unigramTrainerOptions } from './trainers/unigram-trainer.ts';
export { WordLevelTrainer, type WordLevelTrainerOptions, wordLevelTrainerOptions } from './trainers/wordlevel-trainer.ts';
export { WordPieceTrainer, type WordPieceTrainerOptions, wordPieceTrainerOptions } from './trainers/wordpiece-trainer.ts';
export type { Truncation, TruncationStrategy } from './truncation.ts';
