import { ConfigError } from '../../core/index.ts';
import { brief, type ComponentDefinition, type JsonObject } from '../component.ts';
import { isHigh, isLow } from '../text/surrogates.ts';
import { textOf } from '../text/unit-text.ts';
import { defineModel, type Model, type TokenSink } from './model.ts';
import { leastScore, NumberScores, type PieceScores } from './piece-scores.ts';
import { TextList } from './text-list.ts';
import { TokenTable } from './token-table.ts';
import { WordCache } from './word-cache.ts';

/** The fields of a Unigram model. */
export interface UnigramFields {
  /** The id of the unknown token, or null. */
  unk_id: number | null;
  /**
   * Pieces with the logarithms of their probabilities; a piece's place is its id. A piece with null is never found in a text
   * (Marian's, of the other language); Hugging Face's library has no such pieces.
   */
  vocab: [piece: string, score: number | null][];
  /** Spell unknown text as bytes, `<0xEA><0xB0>…`, where the vocabulary has them. */
  byte_fallback: boolean;
}

/** How much worse than the worst piece an unknown character is. SentencePiece's constant. */
const unknownPenalty = 10;
const keptPlaces = 1 << 16;

/**
 * Unigram language model: of all ways to cut a text into pieces the most probable one, found by dynamic programming
 * (Viterbi). Unknown characters in a row are one token. Scores are added as float64.
 * Source: Kudo, 2018, arXiv:1804.10959.
 */
export class Unigram implements Model {
  readonly type = 'Unigram';
  readonly unk_id: number | null;
  readonly byte_fallback: boolean;
  readonly #pieces: TokenTable;
  readonly #given: PieceScores;
  /** The scores that have been needed; the others are not numbers here. */
  #scores: Float64Array = new Float64Array(0);
  #unknownScore = Number.NaN;
  readonly #words = new WordCache();
  /** For each place of a text: the best score of what ends there, where its last piece begins, and that piece. */
  #best: Float64Array = new Float64Array(256);
  #starts: Int32Array = new Int32Array(256);
  #last: Int32Array = new Int32Array(256);
  /** Where the pieces of the best way end, from the last to the first. */
  #way: Int32Array = new Int32Array(256);

  /**
   * From pieces with their scores, in the order of ids, and the fields of tokenizer.json. `fromJSON` says that the scores were
   * read from a file, where Hugging Face's library rounds twice.
   */
  constructor(
    vocab: readonly (readonly [piece: string, score: number | null])[] | { tokens: TokenTable; scores: PieceScores },
    { unk_id = null, byte_fallback = false }: Partial<Omit<UnigramFields, 'vocab'>> = {},
    { fromJSON = false }: { fromJSON?: boolean } = {},
  ) {
    if ('tokens' in vocab) {
      this.#pieces = vocab.tokens;
      this.#given = vocab.scores;
    } else {
      this.#pieces = new TokenTable(TextList.of(vocab.map(([piece]) => piece)), null);
      this.#given = new NumberScores(
        Float64Array.from(vocab, ([, score]) => score ?? Number.NaN),
        fromJSON,
      );
    }
    this.unk_id = unk_id;
    this.byte_fallback = byte_fallback;
  }

  /** The unknown token's piece, or null. */
  get unk_token(): string | null {
    return this.unk_id === null ? null : (this.#pieces.tokenOf(this.unk_id) ?? null);
  }

  get vocab_size(): number {
    return this.#pieces.size;
  }

  get_vocab(): Map<string, number> {
    return this.#pieces.toMap();
  }

  /** Pieces with their scores, in the order of ids. */
  get pieces(): [piece: string, score: number | null][] {
    return Array.from({ length: this.#pieces.size }, (_, id) => {
      const score = this.#given.given(id);
      return [this.#pieces.texts.at(id), Number.isNaN(score) ? null : score];
    });
  }

  token_to_id(token: string): number | undefined {
    return this.#pieces.idOf(token);
  }

  id_to_token(id: number): string | undefined {
    return this.#pieces.tokenOf(id);
  }

  tokenize(units: Uint16Array, start: number, end: number, sink: TokenSink): void {
    const words = this.#words;
    const known = words.find(units, start, end);
    if (known >= 0) {
      words.replay(known, start, sink);
      return;
    }
    this.#encode(units, start, end, words.found);
    words.keep(units, start, end, sink);
  }

  toJSON(): JsonObject {
    return { type: 'Unigram', unk_id: this.unk_id, vocab: this.pieces, byte_fallback: this.byte_fallback };
  }

  vocabularyFiles(): Record<string, string> {
    return {};
  }

  /** Writes the tokens of the best way through a text. */
  #encode(units: Uint16Array, start: number, end: number, found: TokenSink): void {
    this.#search(units, start, end);
    const starts = this.#starts;
    const last = this.#last;
    const { unk_id } = this;
    const way = this.#way;
    let count = 0;
    for (let to = end - start; to > 0; ) {
      let from = starts[to]!;
      // Unknown pieces in a row are one.
      if (unk_id !== null && last[to] === unk_id) while (from > 0 && last[from] === unk_id) from = starts[from]!;
      way[count++] = to;
      to = from;
    }
    for (let from = start; count > 0; count--) {
      const place = way[count - 1]!;
      const to = start + place;
      if (last[place] === unk_id) this.#putUnknown(textOf(units, from, to), from, found);
      else found.add(last[place]!, from, to);
      from = to;
    }
    // What a very long text has left behind is let go.
    if (this.#best.length > keptPlaces) this.#makeRoom(256);
  }

  #putUnknown(piece: string, start: number, found: TokenSink): void {
    const end = start + piece.length;
    // Several unknown pieces together may be one of the vocabulary.
    const id = this.#pieces.idOf(piece);
    if (id !== undefined) {
      found.add(id, start, end);
      return;
    }
    const bytes = this.byte_fallback ? this.#bytesOf(piece) : undefined;
    if (bytes !== undefined) for (const byte of bytes) found.add(byte, start, end);
    // An unknown token is the text that it stands for.
    else found.addSpelled(this.unk_id!, start, end, piece);
  }

  #bytesOf(piece: string): number[] | undefined {
    const ids: number[] = [];
    for (const byte of encoder.encode(piece)) {
      const id = this.#pieces.idOf(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }

  /** Fills `#starts` and `#last` with the best way to every place of a text. */
  #search(units: Uint16Array, start: number, end: number): void {
    const pieces = this.#pieces;
    const scores = this.#scoresUsed();
    const length = end - start;
    if (length >= this.#best.length) this.#makeRoom(length + (length >> 1) + 1);
    const best = this.#best;
    const starts = this.#starts;
    const last = this.#last;
    starts.fill(-1, 0, length + 1);
    best[0] = 0;
    for (let at = 0; at < length; ) {
      const here = best[at]!;
      const first = start + at;
      const next = at + (isHigh(units[first]!) && first + 1 < end && isLow(units[first + 1]!) ? 2 : 1);
      const count = pieces.prefixes(units, first, end);
      const { ends, found } = pieces;
      let hasOne = false;
      for (let i = 0; i < count; i++) {
        const to = ends[i]! - start;
        const id = found[i]!;
        let own = scores[id]!;
        if (Number.isNaN(own)) {
          own = this.#given.used(id);
          if (Number.isNaN(own)) continue;
          scores[id] = own;
        }
        const score = own + here;
        if (starts[to]! < 0 || score > best[to]!) {
          best[to] = score;
          starts[to] = at;
          last[to] = id;
        }
        if (to === next) hasOne = true;
      }
      if (!hasOne) {
        if (Number.isNaN(this.#unknownScore)) this.#unknownScore = leastScore(this.#given, this.#pieces.size) - unknownPenalty;
        const score = this.#unknownScore + here;
        if (starts[next]! < 0 || score > best[next]!) {
          if (this.unk_id === null) throw this.#noUnknown(textOf(units, first, start + next));
          best[next] = score;
          starts[next] = at;
          last[next] = this.unk_id;
        }
      }
      at = next;
    }
  }

  #makeRoom(places: number): void {
    this.#best = new Float64Array(places);
    this.#starts = new Int32Array(places);
    this.#last = new Int32Array(places);
    this.#way = new Int32Array(places);
  }

  #scoresUsed(): Float64Array {
    // Reading a score as the library does takes longer than using it, so each is read when it is first needed.
    if (this.#scores.length < this.#pieces.size) this.#scores = new Float64Array(this.#pieces.size).fill(Number.NaN);
    return this.#scores;
  }

  #noUnknown(piece: string): ConfigError {
    return new ConfigError(`Unigram: ${brief(piece)} is not in the vocabulary and there is no unknown token; give an unk_id.`);
  }
}

const encoder = /*@__PURE__*/ new TextEncoder();

/** Unigram in tokenizer.json: `{ "type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["▁a", -2.5], …], "byte_fallback": false }`. */
export const unigram: ComponentDefinition<Model> = defineModel<UnigramFields>({
  type: 'Unigram',
  defaults: { unk_id: null, vocab: [], byte_fallback: false },
  check: ({ vocab }, where) => {
    for (const [i, entry] of vocab.entries()) {
      const isPair = Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string';
      if (!isPair || !(typeof entry[1] === 'number' || entry[1] === null))
        throw new ConfigError(
          `${where}.vocab[${i}]: it is ${brief(entry)}; a piece and its score are needed, as ["▁a", -2.5].`,
        );
    }
  },
  recognise: (json) => Array.isArray(json.vocab),
  create: ({ vocab, ...fields }, where) => {
    checkUnknown(fields.unk_id, vocab.length, where);
    return new Unigram(vocab, fields, { fromJSON: true });
  },
  createRead: ({ vocab: _, ...fields }, { tokens, scores }, where) => {
    checkUnknown(fields.unk_id, tokens.size, where);
    return new Unigram({ tokens, scores: scores! }, fields);
  },
});

function checkUnknown(unk_id: number | null, pieces: number, where: string): void {
  if (unk_id !== null && !(Number.isSafeInteger(unk_id) && unk_id >= 0 && unk_id < pieces))
    throw new ConfigError(`${where}: unk_id is ${brief(unk_id)} and there are ${pieces} pieces; the id of one is needed.`);
}
