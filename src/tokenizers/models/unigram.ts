import { ConfigError } from '../../core/index.ts';
import { brief, type ComponentDefinition, type JsonObject } from '../component.ts';
import { isHigh, isLow } from '../text/surrogates.ts';
import { textOf } from '../text/unit-text.ts';
import { defineModel, type Model, type TokenSink } from './model.ts';
import { TokenTrie } from './token-trie.ts';
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
  readonly #pieces: readonly string[];
  /** As given, and as searched with; there, what is not a number has not been needed yet. */
  readonly #given: Float64Array;
  readonly #asRead: boolean;
  #scores: Float64Array | undefined;
  #unknownScore = 0;
  readonly #words = new WordCache();
  #ids: Map<string, number> | undefined;
  #trie: TokenTrie | undefined;
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
    vocab: readonly (readonly [piece: string, score: number | null])[],
    { unk_id = null, byte_fallback = false }: Partial<Omit<UnigramFields, 'vocab'>> = {},
    { fromJSON = false }: { fromJSON?: boolean } = {},
  ) {
    this.#pieces = vocab.map(([piece]) => piece);
    this.#given = Float64Array.from(vocab, ([, score]) => score ?? Number.NaN);
    this.#asRead = fromJSON;
    this.unk_id = unk_id;
    this.byte_fallback = byte_fallback;
  }

  /** The unknown token's piece, or null. */
  get unk_token(): string | null {
    return this.unk_id === null ? null : (this.#pieces[this.unk_id] ?? null);
  }

  get vocab_size(): number {
    return this.#pieces.length;
  }

  get_vocab(): Map<string, number> {
    return new Map(this.#idsByPiece());
  }

  /** Pieces with their scores, in the order of ids. */
  get pieces(): [piece: string, score: number | null][] {
    return this.#pieces.map((piece, id) => [piece, Number.isNaN(this.#given[id]!) ? null : this.#given[id]!]);
  }

  token_to_id(token: string): number | undefined {
    return this.#idsByPiece().get(token);
  }

  id_to_token(id: number): string | undefined {
    return this.#pieces[id];
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
    const id = this.#idsByPiece().get(piece);
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
      const id = this.#idsByPiece().get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }

  /** Fills `#starts` and `#last` with the best way to every place of a text. */
  #search(units: Uint16Array, start: number, end: number): void {
    this.#trie ??= this.#plant();
    const trie = this.#trie;
    const scores = this.#scores!;
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
      const count = trie.prefixes(units, first, end);
      const { ends, found } = trie;
      let hasOne = false;
      for (let i = 0; i < count; i++) {
        const to = ends[i]! - start;
        const id = found[i]!;
        let own = scores[id]!;
        if (Number.isNaN(own)) {
          own = asSerdeReads(this.#given[id]!);
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

  #plant(): TokenTrie {
    const given = this.#given;
    // Reading a score as the library does takes longer than using it, so each is read when it is first needed.
    this.#scores = this.#asRead ? new Float64Array(given.length).fill(Number.NaN) : given;
    let least = Infinity;
    const trie = new TokenTrie(2 * given.length);
    for (const [id, piece] of this.#pieces.entries()) {
      const score = given[id]!;
      if (Number.isNaN(score)) continue;
      least = Math.min(least, score);
      if (piece !== '') trie.add(piece, 0, id);
    }
    this.#unknownScore = (this.#asRead ? asSerdeReads(least) : least) - unknownPenalty;
    return trie;
  }

  #idsByPiece(): Map<string, number> {
    this.#ids ??= new Map(this.#pieces.map((piece, id) => [piece, id]));
    return this.#ids;
  }

  #noUnknown(piece: string): ConfigError {
    return new ConfigError(`Unigram: ${brief(piece)} is not in the vocabulary and there is no unknown token; give an unk_id.`);
  }
}

const encoder = /*@__PURE__*/ new TextEncoder();

/**
 * A number as Rust's serde_json reads its shortest decimal form: the digits as one whole number, then a division by a power of
 * ten, each rounded. The last bit may differ from the nearest float64, and with it which of two equally good cuts wins.
 */
function asSerdeReads(score: number): number {
  const [mantissa, exponent = '0'] = String(score).split('e') as [string, string?];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?];
  const power = Number(exponent) - fraction.length;
  const digits = Number(whole + fraction);
  if (!Number.isFinite(digits) || Math.abs(power) > 308) return score;
  return power < 0 ? digits / Number(`1e${-power}`) : digits * Number(`1e${power}`);
}

/** Unigram in tokenizer.json: `{ "type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["▁a", -2.5], …], "byte_fallback": false }`. */
export const unigram: ComponentDefinition<Model> = defineModel<UnigramFields>({
  type: 'Unigram',
  defaults: { unk_id: null, vocab: [], byte_fallback: false },
  check: ({ unk_id, vocab }, where) => {
    for (const [i, entry] of vocab.entries()) {
      const isPair = Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string';
      if (!isPair || !(typeof entry[1] === 'number' || entry[1] === null))
        throw new ConfigError(
          `${where}.vocab[${i}]: it is ${brief(entry)}; a piece and its score are needed, as ["▁a", -2.5].`,
        );
    }
    if (unk_id !== null && !(Number.isSafeInteger(unk_id) && unk_id >= 0 && unk_id < vocab.length))
      throw new ConfigError(
        `${where}: unk_id is ${brief(unk_id)} and there are ${vocab.length} pieces; the id of one is needed.`,
      );
  },
  recognise: (json) => Array.isArray(json.vocab),
  create: ({ vocab, ...fields }) => new Unigram(vocab, fields, { fromJSON: true }),
});
