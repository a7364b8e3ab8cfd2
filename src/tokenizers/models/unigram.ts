import { ConfigError } from '../../core/index.ts';
import { brief, type ComponentDefinition, type JsonObject } from '../component.ts';
import { isHigh, isLow } from '../text/normalized-string.ts';
import { defineModel, type Model, type TokenSink } from './model.ts';
import { TokenTrie } from './token-trie.ts';
import { type CachedWord, WordCache } from './word-cache.ts';

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
  /** As given, and as searched with; the latter made when first needed. */
  readonly #given: Float64Array;
  readonly #asRead: boolean;
  #scores: Float64Array | undefined;
  #unknownScore = 0;
  readonly #cache = new WordCache();
  #ids: Map<string, number> | undefined;
  #trie: TokenTrie | undefined;
  /** For each place of a text: the best score of what ends there, where its last piece begins, and that piece. */
  #best: Float64Array = new Float64Array(256);
  #starts: Int32Array = new Int32Array(256);
  #last: Int32Array = new Int32Array(256);

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

  tokenize(text: string, start: number, end: number, sink: TokenSink): void {
    const word = start === 0 && end === text.length ? text : text.slice(start, end);
    const isKept = this.#cache.takes(word.length);
    let tokens = isKept ? this.#cache.get(word) : undefined;
    if (tokens === undefined) {
      tokens = this.#encode(word);
      if (isKept) this.#cache.set(word, tokens);
    }
    for (let i = 0; i < tokens.length; i += 3) {
      const [id, from, to] = [tokens[i]!, tokens[i + 1]!, tokens[i + 2]!];
      const isSpelled = id >= 0;
      sink.ids.push(isSpelled ? id : this.unk_id!);
      // An unknown token is the text that it stands for.
      sink.tokens.push(isSpelled ? this.#pieces[id]! : word.slice(from, to));
      sink.spans.push(start + from, start + to);
    }
  }

  toJSON(): JsonObject {
    return { type: 'Unigram', unk_id: this.unk_id, vocab: this.pieces, byte_fallback: this.byte_fallback };
  }

  vocabularyFiles(): Record<string, string> {
    return {};
  }

  /** Tokens by id, start and end; id -1 for what is unknown. */
  #encode(text: string): CachedWord {
    this.#search(text);
    const starts = this.#starts;
    const last = this.#last;
    const cuts: number[] = [];
    for (let end = text.length; end > 0; ) {
      let start = starts[end]!;
      // Unknown pieces in a row are one.
      if (this.unk_id !== null && last[end] === this.unk_id)
        while (start > 0 && last[start] === this.unk_id) start = starts[start]!;
      cuts.push(end, start);
      end = start;
    }
    const tokens: number[] = [];
    for (let i = cuts.length - 1; i > 0; i -= 2) this.#put(text.slice(cuts[i], cuts[i - 1]), cuts[i]!, tokens);
    return tokens;
  }

  #put(piece: string, start: number, tokens: number[]): void {
    const end = start + piece.length;
    const id = this.#idsByPiece().get(piece);
    if (id !== undefined) {
      tokens.push(id, start, end);
      return;
    }
    const bytes = this.byte_fallback ? this.#bytesOf(piece) : undefined;
    if (bytes !== undefined) for (const byte of bytes) tokens.push(byte, start, end);
    else {
      if (this.unk_id === null) throw this.#noUnknown(piece);
      tokens.push(-1, start, end);
    }
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

  /** Fills `#starts` and `#last` with the best way to every place of the text. */
  #search(text: string): void {
    this.#trie ??= this.#plant();
    const trie = this.#trie;
    const scores = this.#scores!;
    const { length } = text;
    if (length >= this.#best.length) {
      this.#best = new Float64Array(2 * length);
      this.#starts = new Int32Array(2 * length);
      this.#last = new Int32Array(2 * length);
    }
    const best = this.#best;
    const starts = this.#starts;
    const last = this.#last;
    starts.fill(-1, 0, length + 1);
    best[0] = 0;
    for (let at = 0; at < length; ) {
      const here = best[at]!;
      const next = at + (isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1)) ? 2 : 1);
      const count = trie.prefixes(text, at, length);
      let hasOne = false;
      for (let i = 0; i < count; i++) {
        const end = trie.ends[i]!;
        const id = trie.found[i]!;
        const score = scores[id]! + here;
        if (starts[end]! < 0 || score > best[end]!) {
          best[end] = score;
          starts[end] = at;
          last[end] = id;
        }
        if (end === next) hasOne = true;
      }
      if (!hasOne) {
        const score = this.#unknownScore + here;
        if (starts[next]! < 0 || score > best[next]!) {
          if (this.unk_id === null) throw this.#noUnknown(text.slice(at, next));
          best[next] = score;
          starts[next] = at;
          last[next] = this.unk_id;
        }
      }
      at = next;
    }
  }

  #plant(): TokenTrie {
    this.#scores = this.#asRead ? this.#given.map(asSerdeReads) : this.#given;
    this.#unknownScore =
      this.#scores.filter((score) => !Number.isNaN(score)).reduce((a, b) => Math.min(a, b), Infinity) - unknownPenalty;
    const trie = new TokenTrie();
    for (const [id, piece] of this.#pieces.entries())
      if (piece !== '' && !Number.isNaN(this.#scores[id]!)) trie.add(piece, 0, id);
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
