import { ConfigError, seedKey, threefry } from '../../core/index.ts';
import { brief, type ComponentDefinition, type JsonObject } from '../component.ts';
import { byteCharacters, toByteCharacters, utf8Length } from '../text/byte-characters.ts';
import { isHigh, isLow } from '../text/surrogates.ts';
import { textOf, unitsOfText } from '../text/unit-text.ts';
import { BPEWord } from './bpe-word.ts';
import { defineModel, type Model, type TokenSink } from './model.ts';
import { PairTable } from './pair-table.ts';
import { TableModel } from './table-model.ts';
import { TextList } from './text-list.ts';
import type { TokenTable } from './token-table.ts';
import { checkVocabularyObject, vocabularyOf } from './vocabulary.ts';
import { WordCache } from './word-cache.ts';

/** The fields of a BPE model. */
export interface BPEFields {
  /** How likely a merge is left out each time, from 0 to 1; null is 0. */
  dropout: number | null;
  /** The token of a character that the vocabulary does not have. Without one the character vanishes. */
  unk_token: string | null;
  /** What a symbol starts with that does not begin a word. */
  continuing_subword_prefix: string | null;
  /** What a symbol ends with that ends a word. */
  end_of_word_suffix: string | null;
  /** One unknown token for several unknown characters in a row. */
  fuse_unk: boolean;
  /** Spell an unknown character as bytes, `<0xEA><0xB0>…`, where the vocabulary has them. */
  byte_fallback: boolean;
  /** Take a word that is in the vocabulary as it is, whatever the merges make of it. */
  ignore_merges: boolean;
  /** Token to id. */
  vocab: Record<string, number>;
  /** Pairs in the order of their ranks: `["t", "h"]`, or `"t h"` in older files. */
  merges: (string | [left: string, right: string])[];
}

/** What a BPE model takes beside vocabulary and merges. */
export interface BPEOptions extends Partial<Omit<BPEFields, 'vocab' | 'merges'>> {
  /** Where the random numbers of `dropout` begin. Default 0. */
  seed?: number;
}

/**
 * Byte-pair encoding: a word is its characters, and the pair of neighbours that was merged earliest in training is merged
 * first, until no merge is left. Takes n log n time for a word of n characters.
 * Source: Sennrich, Haddow and Birch, 2016, arXiv:1508.07909; dropout: Provilkov et al., 2020, arXiv:1910.13267.
 *
 * Differs from Hugging Face's library: `dropout` draws from a seeded generator, so runs repeat.
 */
export class BPE extends TableModel implements Model {
  readonly type = 'BPE';
  readonly dropout: number | null;
  readonly unk_token: string | null;
  readonly continuing_subword_prefix: string | null;
  readonly end_of_word_suffix: string | null;
  readonly fuse_unk: boolean;
  readonly byte_fallback: boolean;
  readonly ignore_merges: boolean;
  /** Left and right token of each merge, in the order of ranks. */
  readonly #pairs: Int32Array;
  readonly #merges: PairTable;
  readonly #word = new BPEWord();
  readonly #characterWords = new WordCache();
  readonly #byteWords = new WordCache();
  /** The id of each byte's character, by whether it begins and whether it ends a word; made when first needed. */
  readonly #byteIds: (Int32Array | undefined)[] = [];
  readonly #key: readonly [number, number];
  #draws = 0;

  /**
   * From a vocabulary, merges in the order of their ranks, and the fields of tokenizer.json.
   * @throws ConfigError for a merge whose tokens, or whose result, the vocabulary does not have.
   */
  constructor(
    vocab: ReadonlyMap<string, number> | TokenTable,
    merges: readonly (readonly [left: string, right: string])[] | TextList,
    options: BPEOptions = {},
    where = 'BPE',
  ) {
    super(vocab);
    this.dropout = options.dropout ?? null;
    this.unk_token = options.unk_token ?? null;
    this.continuing_subword_prefix = options.continuing_subword_prefix ?? null;
    this.end_of_word_suffix = options.end_of_word_suffix ?? null;
    this.fuse_unk = options.fuse_unk ?? false;
    this.byte_fallback = options.byte_fallback ?? false;
    this.ignore_merges = options.ignore_merges ?? false;
    this.#key = seedKey(options.seed ?? 0);
    const halves = merges instanceof TextList ? merges : TextList.of(merges.flat());
    const count = halves.length / 2;
    this.#pairs = new Int32Array(2 * count);
    this.#merges = new PairTable(count);
    const prefix = this.continuing_subword_prefix?.length ?? 0;
    const { units, bounds } = halves;
    const idOf = (rank: number, from: number, to: number, then = 0, end = 0): number => {
      const id = this.vocab.find(units, from, to, then, Math.max(then, end));
      if (id >= 0) return id;
      const token = textOf(units, from, to) + textOf(units, then, Math.max(then, end));
      throw new ConfigError(
        `${where}: merge ${rank} joins ${brief(halves.at(2 * rank))} and ${brief(halves.at(2 * rank + 1))}, and the vocabulary has no ${brief(token)}; take vocabulary and merges of one tokenizer.`,
      );
    };
    for (let rank = 0; rank < count; rank++) {
      const from = bounds[2 * rank]!;
      const middle = bounds[2 * rank + 1]!;
      const to = bounds[2 * rank + 2]!;
      const left = idOf(rank, from, middle);
      const right = idOf(rank, middle, to);
      this.#pairs[2 * rank] = left;
      this.#pairs[2 * rank + 1] = right;
      this.#merges.set(left, right, rank, idOf(rank, from, middle, middle + prefix, to));
    }
  }

  /** The fields beside vocabulary and merges, as another model takes them over. */
  get fields(): Required<Omit<BPEOptions, 'seed'>> {
    const { dropout, unk_token, continuing_subword_prefix, end_of_word_suffix } = this;
    const { fuse_unk, byte_fallback, ignore_merges } = this;
    return { dropout, unk_token, continuing_subword_prefix, end_of_word_suffix, fuse_unk, byte_fallback, ignore_merges };
  }

  /** The merges in the order of their ranks, each as its two tokens. */
  get merges(): [left: string, right: string][] {
    return Array.from({ length: this.#pairs.length / 2 }, (_, rank) => [
      this.vocab.tokenOf(this.#pairs[2 * rank]!)!,
      this.vocab.tokenOf(this.#pairs[2 * rank + 1]!)!,
    ]);
  }

  tokenize(units: Uint16Array, start: number, end: number, sink: TokenSink): void {
    this.#tokenize(units, start, end, sink, this.#characterWords, false);
  }

  tokenizeBytes(units: Uint16Array, start: number, end: number, sink: TokenSink): void {
    this.#tokenize(units, start, end, sink, this.#byteWords, true);
  }

  toJSON(): JsonObject {
    return {
      type: 'BPE',
      ...this.fields,
      vocab: this.vocab.toObject(),
      merges: this.merges,
    };
  }

  vocabularyFiles(): Record<string, string> {
    const { merges } = this;
    // A line separates a pair by a space, so a token with one in it cannot be written.
    if (merges.some((pair) => pair.some((token) => /[ \r\n]/.test(token)))) return {};
    return {
      'vocab.json': `${JSON.stringify(this.vocab.toObject())}\n`,
      'merges.txt': `#version: 0.2\n${merges.map(([left, right]) => `${left} ${right}\n`).join('')}`,
    };
  }

  #tokenize(units: Uint16Array, start: number, end: number, sink: TokenSink, words: WordCache, areBytes: boolean): void {
    // Dropout makes other tokens of a word each time.
    const isKept = !this.dropout;
    const known = isKept ? words.find(units, start, end) : -1;
    if (known >= 0) {
      words.replay(known, start, sink);
      return;
    }
    const { found } = words;
    found.clear();
    if (areBytes) this.#ofBytes(units, start, end, found);
    else this.#ofCharacters(textOf(units, start, end), start, found);
    if (isKept) words.keep(units, start, end, sink);
    else words.giveOut(sink);
  }

  /** The tokens of a text that stands at `start`. */
  #ofCharacters(text: string, start: number, found: TokenSink): void {
    const whole = this.ignore_merges ? this.vocab.idOf(text) : undefined;
    if (whole !== undefined) {
      found.add(whole, start, start + text.length);
      return;
    }
    const word = this.#word;
    if (this.#fill(text, unitsOf)) {
      this.#merge();
      for (let i = 0, at = start; i < word.size; i++) {
        const end = at + word.lengths[i]!;
        found.add(word.ids[i]!, at, end);
        at = end;
      }
      return;
    }
    // Characters were spelled as bytes or left out: places are found by counting bytes.
    this.#fill(text, bytesOf);
    this.#merge();
    const units = unitsOfText(text);
    this.#placed(units, 0, units.length, start, found);
  }

  #ofBytes(units: Uint16Array, start: number, end: number, found: TokenSink): void {
    if (this.ignore_merges) {
      const whole = this.vocab.idOf(toByteCharacters(textOf(units, start, end)));
      if (whole !== undefined) {
        found.add(whole, start, end);
        return;
      }
    }
    if (this.#fillBytes(units, start, end)) {
      this.#merge();
      this.#placed(units, start, end, 0, found);
      return;
    }
    // Some byte has no token: the characters of bytes are taken like any others, and each counts as one byte.
    const [first, last] = unitsByByte(units, start, end);
    this.#ofCharacters(toByteCharacters(textOf(units, start, end)), 0, {
      add: (id, from, to) => found.add(id, first[from] ?? end, last[to - 1] ?? end),
      addSpelled: (id, from, to, text) => found.addSpelled(id, first[from] ?? end, last[to - 1] ?? end, text),
    });
  }

  #merge(): void {
    this.#word.merge(this.#merges, this.dropout ?? 0, () => (threefry(this.#key, 0, this.#draws++)[0] >>> 0) / 2 ** 32);
  }

  /** The symbols of a word before any merge. False when some do not stand for just the characters at their place. */
  #fill(text: string, lengthOf: (text: string, from: number, to: number) => number): boolean {
    const word = this.#word;
    const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix, unk_token } = this;
    let unknown = 0;
    let isExact = true;
    word.clear();
    for (let at = 0; at < text.length; ) {
      const to = at + (isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1)) ? 2 : 1);
      let symbol = text.slice(at, to);
      if (prefix !== null && at > 0) symbol = prefix + symbol;
      if (suffix !== null && to === text.length) symbol += suffix;
      const length = lengthOf(text, at, to);
      at = to;
      const id = this.vocab.idOf(symbol);
      if (id !== undefined) {
        if (unknown > 0) word.add(this.#unknown(), unknown);
        unknown = 0;
        word.add(id, length);
        continue;
      }
      const bytes = this.byte_fallback ? this.#bytesOf(symbol) : undefined;
      if (bytes !== undefined) {
        isExact = false;
        for (const byte of bytes) word.add(byte, 1);
      } else if (unk_token === null) isExact = false;
      else if (unknown > 0 && this.fuse_unk) unknown += length;
      else {
        if (unknown > 0) word.add(this.#unknown(), unknown);
        this.#unknown();
        unknown = length;
      }
    }
    if (unknown > 0) word.add(this.#unknown(), unknown);
    return isExact;
  }

  /** The ids of the tokens such as `<0xEA>` for a symbol's bytes, or undefined where one is missing. */
  #bytesOf(symbol: string): number[] | undefined {
    const ids: number[] = [];
    for (const byte of encoder.encode(symbol)) {
      const id = this.vocab.idOf(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }

  /** The symbols of a word's bytes, each of length 1. False when the vocabulary lacks one. */
  #fillBytes(units: Uint16Array, start: number, end: number): boolean {
    const word = this.#word;
    word.clear();
    for (let i = start; i < end; i++) {
      const unit = units[i]!;
      if (unit < 0x80) {
        const id = this.#byteId(unit, i === start, i + 1 === end);
        if (id < 0) return false;
        word.add(id, 1);
        continue;
      }
      const isFirst = i === start;
      let code = unit;
      if (isHigh(unit) && i + 1 < end) code = 0x10000 + ((unit & 0x3ff) << 10) + (units[++i]! & 0x3ff);
      const bytes = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      const lead = bytes === 2 ? 0xc0 : bytes === 3 ? 0xe0 : 0xf0;
      for (let k = bytes - 1; k >= 0; k--) {
        const byte = k === bytes - 1 ? lead | (code >> (6 * k)) : 0x80 | ((code >> (6 * k)) & 0x3f);
        const id = this.#byteId(byte, isFirst && k === bytes - 1, i + 1 === end && k === 0);
        if (id < 0) return false;
        word.add(id, 1);
      }
    }
    return true;
  }

  #byteId(byte: number, isFirst: boolean, isLast: boolean): number {
    const kind = (isFirst ? 1 : 0) + (isLast ? 2 : 0);
    let ids = this.#byteIds[kind];
    if (ids === undefined) {
      const prefix = isFirst ? '' : (this.continuing_subword_prefix ?? '');
      const suffix = isLast ? (this.end_of_word_suffix ?? '') : '';
      ids = Int32Array.from(byteCharacters, (character) => this.vocab.idOf(prefix + character + suffix) ?? -1);
      this.#byteIds[kind] = ids;
    }
    return ids[byte]!;
  }

  /**
   * Gives out the word's tokens with their places among its units, from lengths in bytes. A part of a character has the whole
   * one's place. `shift` is added to places.
   */
  #placed(units: Uint16Array, start: number, end: number, shift: number, found: TokenSink): void {
    const { ids, lengths, size } = this.#word;
    let unit = start;
    /** Bytes before `unit`, and before the token. */
    let before = 0;
    let from = 0;
    for (let i = 0; i < size; i++) {
      const to = from + lengths[i]!;
      for (let width = widthAt(units, unit, end); unit < end && before + width <= from; width = widthAt(units, unit, end)) {
        before += width;
        unit += width === 4 ? 2 : 1;
      }
      const first = unit;
      for (let width = widthAt(units, unit, end); unit < end && before + width < to; width = widthAt(units, unit, end)) {
        before += width;
        unit += width === 4 ? 2 : 1;
      }
      const last = Math.min(end, unit + (widthAt(units, unit, end) === 4 ? 2 : 1));
      found.add(ids[i]!, shift + first, shift + last);
      from = to;
    }
  }

  #unknown(): number {
    const id = this.vocab.idOf(this.unk_token!);
    if (id !== undefined) return id;
    throw new ConfigError(
      `BPE: a character is not in the vocabulary, and neither is the unknown token ${brief(this.unk_token)}; add that token, or name another as unk_token.`,
    );
  }
}

const encoder = /*@__PURE__*/ new TextEncoder();

function unitsOf(_text: string, from: number, to: number): number {
  return to - from;
}

function bytesOf(text: string, from: number, to: number): number {
  return to - from === 2 ? 4 : utf8Length(text.charCodeAt(from));
}

/** How many bytes the character at a place takes. */
function widthAt(units: Uint16Array, at: number, end: number): number {
  const unit = units[at]!;
  return unit < 0x80 ? 1 : unit < 0x800 ? 2 : isHigh(unit) && at + 1 < end && isLow(units[at + 1]!) ? 4 : 3;
}

/** For each byte of some units, where the character that it belongs to begins and ends. */
function unitsByByte(units: Uint16Array, start: number, end: number): [first: number[], last: number[]] {
  const first: number[] = [];
  const last: number[] = [];
  for (let unit = start; unit < end; ) {
    const width = widthAt(units, unit, end);
    const next = unit + (width === 4 ? 2 : 1);
    for (let i = 0; i < width; i++) {
      first.push(unit);
      last.push(next);
    }
    unit = next;
  }
  return [first, last];
}

/**
 * The merges of tokenizer.json or of merges.txt's lines as pairs.
 * @throws ConfigError for an entry that is no pair.
 */
export function readMerges(merges: readonly unknown[], where: string): [left: string, right: string][] {
  const pairs: [string, string][] = [];
  for (const [i, merge] of merges.entries()) {
    if (typeof merge === 'string' && merge.startsWith('#version')) continue;
    const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(parts) || parts.length !== 2 || parts.some((part) => typeof part !== 'string'))
      throw new ConfigError(`${where}[${i}]: it is ${brief(merge)}; a pair is needed, as ["t", "h"] or "t h".`);
    pairs.push(parts as [string, string]);
  }
  return pairs;
}

/** BPE in tokenizer.json: `{ "type": "BPE", "dropout": null, "unk_token": null, …, "vocab": { … }, "merges": [["t", "h"], …] }`. */
export const bpe: ComponentDefinition<Model> = defineModel<BPEFields>({
  type: 'BPE',
  defaults: {
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: {},
    merges: [],
  },
  check: (fields, where) => {
    checkVocabularyObject(fields.vocab, `${where}.vocab`);
    const { dropout } = fields;
    if (dropout !== null && !(typeof dropout === 'number' && dropout >= 0 && dropout <= 1))
      throw new ConfigError(`${where}: dropout is ${brief(dropout)}; a number from 0 to 1, or null, is needed.`);
    for (const name of ['unk_token', 'continuing_subword_prefix', 'end_of_word_suffix'] as const)
      if (fields[name] !== null && typeof fields[name] !== 'string')
        throw new ConfigError(`${where}: ${name} is ${brief(fields[name])}; a string or null is needed.`);
  },
  recognise: (json) => 'merges' in json && 'vocab' in json,
  create: ({ vocab, merges, ...options }, where) =>
    new BPE(vocabularyOf(vocab), readMerges(merges, `${where}.merges`), options, where),
  createRead: ({ vocab: _, merges: __, ...options }, { tokens, merges }, where) =>
    new BPE(tokens, merges ?? [], options, where),
});
