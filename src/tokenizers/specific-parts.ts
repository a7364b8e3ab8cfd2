import type { Tokenizer } from './tokenizer.ts';

/** How ids or tokens become text, by Hugging Face's names. */
export interface DecodeOptions {
  /** Default false. */
  skip_special_tokens?: boolean | undefined;
  /** Take out spaces before punctuation. Default: the tokenizer's own setting, else false. */
  clean_up_tokenization_spaces?: boolean | undefined;
  /** Of equal tokens in a row keep one, as frames of speech need; only Wav2Vec2CTCTokenizer has it. Default true. */
  group_tokens?: boolean | undefined;
  /** Spell by the pieces of the source language; only MarianTokenizer has it. Default false: by those of the target language. */
  use_source_tokenizer?: boolean | undefined;
}

/** What a tokenizer's own way of making text is told. */
export interface Spelling extends DecodeOptions {
  readonly special: ReadonlySet<string>;
  readonly unk_token: string | null;
  readonly pad_token: string | null;
}

/** What a class of tokenizers has that a tokenizer.json cannot say. */
export interface SpecificParts {
  /** What encodes `text_target`, where it is not what encodes a text. */
  readonly target?: Tokenizer;
  /** Special tokens beyond those with a role. */
  readonly special?: readonly string[];
  /** Makes text of tokens; undefined stands for an id that no token has. */
  readonly spell: (tokens: readonly (string | undefined)[], spelling: Spelling) => string;
  /** The option of `decode` that is its own. */
  readonly decodeOption: 'group_tokens' | 'use_source_tokenizer';
  /** Whether texts may come as lists of words. */
  readonly takesWords: boolean;
  /** The files that are saved in place of tokenizer.json, by name. */
  readonly files: () => Record<string, string | Uint8Array>;
}

/** A tokenizer that was put together from a folder's older parts. */
export interface BuiltTokenizer {
  readonly backend: Tokenizer;
  readonly specific?: SpecificParts;
}
