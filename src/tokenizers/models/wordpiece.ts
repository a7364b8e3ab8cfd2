import { ConfigError } from '../../core/index.ts';
import type { ComponentDefinition, JsonObject } from '../component.ts';
import { isHigh, isLow } from '../text/surrogates.ts';
import { defineModel, type Model, type TokenSink } from './model.ts';
import { TableModel } from './table-model.ts';
import type { TokenPrefix, TokenTable } from './token-table.ts';
import { TokenTrie } from './token-trie.ts';
import { checkVocabularyObject, vocabularyOf } from './vocabulary.ts';
import { type FoundTokens, WordCache } from './word-cache.ts';

/** The fields of a WordPiece model. */
export interface WordPieceFields {
  /** The token of a word that cannot be spelled. */
  unk_token: string;
  /** What a token starts with that continues a word. */
  continuing_subword_prefix: string;
  /** Longer words, counted in code points, become `unk_token`. */
  max_input_chars_per_word: number;
  /** Token to id. */
  vocab: Record<string, number>;
}

/**
 * WordPiece: a word is the longest token it starts with, then the longest that continues it, and so on to its end.
 * A word that gets stuck is one unknown token.
 * Source: Schuster and Nakajima, 2012, "Japanese and Korean voice search"; Devlin et al., 2018, arXiv:1810.04805.
 */
export class WordPiece extends TableModel implements Model {
  readonly type = 'WordPiece';
  readonly unk_token: string;
  readonly continuing_subword_prefix: string;
  readonly max_input_chars_per_word: number;
  readonly #words = new WordCache();
  /** What tokens begin with that start a word, and those that continue one. */
  readonly #starting: TokenPrefix;
  readonly #following: TokenPrefix;
  /** Where there are very long tokens: those that start a word, and those that continue one. Made when first needed. */
  #initial: TokenTrie | undefined;
  #continuing: TokenTrie | undefined;

  /** From a vocabulary and the fields of tokenizer.json. */
  constructor(
    vocab: ReadonlyMap<string, number> | TokenTable,
    {
      unk_token = '[UNK]',
      continuing_subword_prefix = '##',
      max_input_chars_per_word = 100,
    }: Partial<Omit<WordPieceFields, 'vocab'>> = {},
  ) {
    super(vocab);
    this.unk_token = unk_token;
    this.continuing_subword_prefix = continuing_subword_prefix;
    this.max_input_chars_per_word = max_input_chars_per_word;
    this.#starting = this.vocab.prefix('');
    this.#following = this.vocab.prefix(continuing_subword_prefix);
  }

  tokenize(units: Uint16Array, start: number, end: number, sink: TokenSink): void {
    const words = this.#words;
    const known = words.find(units, start, end);
    if (known >= 0) {
      words.replay(known, start, sink);
      return;
    }
    const found = words.found;
    if (!this.#spell(units, start, end, found)) {
      found.clear();
      found.add(this.#unknown(), start, end);
    }
    words.keep(units, start, end, sink);
  }

  toJSON(): JsonObject {
    return {
      type: 'WordPiece',
      unk_token: this.unk_token,
      continuing_subword_prefix: this.continuing_subword_prefix,
      max_input_chars_per_word: this.max_input_chars_per_word,
      vocab: this.vocab.toObject(),
    };
  }

  vocabularyFiles(): Record<string, string> {
    // A line's number is its id there, so a gap or a line break in a token cannot be written.
    const ordered = this.vocab.inOrder();
    if (ordered.some(([token, id], line) => id !== line || /[\r\n]/.test(token))) return {};
    return { 'vocab.txt': ordered.map(([token]) => `${token}\n`).join('') };
  }

  #plant(): void {
    const vocab = this.vocab;
    const { texts } = vocab;
    const idAt = (place: number) => vocab.idAt(place);
    this.#initial = new TokenTrie({ texts, idAt });
    this.#continuing = new TokenTrie({ texts, idAt, prefix: this.continuing_subword_prefix });
  }

  /** Finds the tokens of a word; false where it gets stuck. */
  #spell(units: Uint16Array, start: number, end: number, found: FoundTokens): boolean {
    if (this.#isTooLong(units, start, end)) return false;
    const vocab = this.vocab;
    if (!vocab.isShort) return this.#spellByTries(units, start, end, found);
    for (let from = start; from < end; ) {
      const id = vocab.longest(from === start ? this.#starting : this.#following, units, from, end);
      if (id < 0) return false;
      found.add(id, from, vocab.end);
      from = vocab.end;
    }
    return true;
  }

  #spellByTries(units: Uint16Array, start: number, end: number, found: FoundTokens): boolean {
    if (this.#initial === undefined || this.#continuing === undefined) this.#plant();
    for (let from = start; from < end; ) {
      const trie = from === start ? this.#initial! : this.#continuing!;
      const id = trie.longest(units, from, end);
      if (id < 0) return false;
      found.add(id, from, trie.end);
      from = trie.end;
    }
    return true;
  }

  #isTooLong(units: Uint16Array, start: number, end: number): boolean {
    const most = this.max_input_chars_per_word;
    if (end - start <= most) return false;
    if (end - start > 2 * most) return true;
    let characters = end - start;
    for (let i = start + 1; i < end; i++) if (isLow(units[i]!) && isHigh(units[i - 1]!)) characters--;
    return characters > most;
  }

  #unknown(): number {
    const id = this.vocab.idOf(this.unk_token);
    if (id !== undefined) return id;
    throw new ConfigError(
      `WordPiece: a word cannot be spelled and the vocabulary has no ${JSON.stringify(this.unk_token)}; add that token, or name another as unk_token.`,
    );
  }
}

/** WordPiece in tokenizer.json: `{ "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": { … } }`. */
export const wordPiece: ComponentDefinition<Model> = defineModel<WordPieceFields>({
  type: 'WordPiece',
  defaults: { unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: {} },
  check: ({ vocab, max_input_chars_per_word }, where) => {
    checkVocabularyObject(vocab, `${where}.vocab`);
    if (!Number.isSafeInteger(max_input_chars_per_word) || max_input_chars_per_word < 0)
      throw new ConfigError(
        `${where}: max_input_chars_per_word is ${max_input_chars_per_word}; a whole number from 0 is needed.`,
      );
  },
  recognise: (json) => 'max_input_chars_per_word' in json && 'vocab' in json,
  create: ({ vocab, ...fields }) => new WordPiece(vocabularyOf(vocab), fields),
  createRead: ({ vocab: _, ...fields }, { tokens }) => new WordPiece(tokens, fields),
});
