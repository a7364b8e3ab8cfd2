import type { Encoding } from './encoding.ts';

/** A list per text, or a list of lists for a batch. */
export type Ids = number[] | number[][];

/** The lists that a model takes, by the names it takes them by. Only those asked for are there. */
export interface EncodedLists<T extends Ids = Ids> {
  input_ids: T;
  token_type_ids?: T;
  attention_mask?: T;
  special_tokens_mask?: T;
  /** Start and end of each token in its text. */
  offset_mapping?: T extends number[][] ? [number, number][][] : [number, number][];
  /** The number of tokens of each row; a list also for one text, as in Hugging Face's library. */
  length?: number[];
  /** The text each row came from, where overflow made more rows than texts. */
  overflow_to_sample_mapping?: number[];
}

/**
 * What a tokenizer gives: the lists for a model as own properties, so that `Object.entries` and spreading see these and
 * nothing else, and questions about single tokens as methods.
 */
export class BatchEncoding<T extends Ids = Ids> implements EncodedLists<T> {
  declare input_ids: T;
  declare token_type_ids?: T;
  declare attention_mask?: T;
  declare special_tokens_mask?: T;
  /** The ids of `text_target`, where there is a text too. */
  declare labels?: T;
  declare offset_mapping?: T extends number[][] ? [number, number][][] : [number, number][];
  declare length?: number[];
  declare overflow_to_sample_mapping?: number[];
  readonly #encodings: readonly Encoding[];

  constructor(lists: EncodedLists<T>, encodings: readonly Encoding[] = []) {
    Object.assign(this, lists);
    this.#encodings = encodings;
  }

  /** The encodings behind the lists, one per row. */
  get encodings(): readonly Encoding[] {
    return this.#encodings;
  }

  /** The tokens of a row. */
  tokens(row = 0): string[] {
    return this.#encodings[row]!.tokens;
  }

  /** The word that each token of a row came from; null for special tokens. */
  word_ids(row = 0): (number | null)[] {
    return this.#encodings[row]!.word_ids;
  }

  /** 0 or 1 for the text of a pair that each token of a row came from; null for special tokens. */
  sequence_ids(row = 0): (number | null)[] {
    return this.#encodings[row]!.sequence_ids;
  }

  /** The token of a row that covers a place of its text, counted in code points, or null. */
  char_to_token(row: number, place: number, sequence = 0): number | null {
    return this.#encodings[row]!.char_to_token(place, sequence);
  }

  /** First and last-plus-one token of a word of a row, or null. */
  word_to_tokens(row: number, word: number, sequence = 0): [start: number, end: number] | null {
    return this.#encodings[row]!.word_to_tokens(word, sequence);
  }
}
