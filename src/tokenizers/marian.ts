import type { JsonObject } from './component.ts';
import type { Model, TokenSink } from './models/model.ts';
import { TableModel } from './models/table-model.ts';
import type { TokenTable } from './models/token-table.ts';
import { Unigram } from './models/unigram.ts';
import type { SentencePieceModel } from './sentencepiece.ts';
import type { Spelling } from './specific-parts.ts';

/**
 * Marian's model of one language: text is cut by the pieces of that language's SentencePiece model, and a piece's id is that
 * of a vocabulary which two languages share. A piece that the vocabulary lacks is unknown.
 */
export class MarianModel extends TableModel implements Model {
  readonly type = 'Unigram';
  readonly unk_token: string;
  readonly #unknown: number;
  readonly #pieces: Unigram;
  /** The id in the vocabulary of each piece; -1 where it lacks the piece. */
  readonly #ids: Int32Array;
  readonly #scores: ReadonlyMap<string, number>;
  /** Where the tokens go whose ids are to be changed. */
  #sink: TokenSink | undefined;
  readonly #changed: TokenSink = {
    add: (piece, start, end) => {
      const id = this.#ids[piece]!;
      if (id >= 0) this.#sink!.add(id, start, end);
      else this.#sink!.addSpelled(this.#unknown, start, end, this.#pieces.id_to_token(piece)!);
    },
    // What one language cannot spell may be a piece of the other.
    addSpelled: (_unknown, start, end, text) => {
      const id = this.vocab.idOf(text);
      if (id === undefined) this.#sink!.addSpelled(this.#unknown, start, end, text);
      else this.#sink!.add(id, start, end);
    },
  };

  constructor(spm: SentencePieceModel, vocab: TokenTable, unk_token: string) {
    super(vocab);
    this.unk_token = unk_token;
    this.#unknown = vocab.idOf(unk_token)!;
    const own = spm.pieces.map(({ piece, score, type }): [string, number | null] => [piece, type === 'normal' ? score : null]);
    this.#pieces = new Unigram(own, { unk_id: spm.unk_id });
    this.#ids = Int32Array.from(spm.pieces, ({ piece }) => vocab.idOf(piece) ?? -1);
    this.#scores = new Map(own.filter((entry): entry is [string, number] => entry[1] !== null));
  }

  tokenize(units: Uint16Array, start: number, end: number, sink: TokenSink): void {
    this.#sink = sink;
    this.#pieces.tokenize(units, start, end, this.#changed);
    this.#sink = undefined;
  }

  /** As near as tokenizer.json comes: a Unigram model of the whole vocabulary, with null for what this language does not score. */
  toJSON(): JsonObject {
    const vocab = this.vocab.inOrder().map(([token]) => [token, this.#scores.get(token) ?? null]);
    return { type: 'Unigram', unk_id: this.#unknown, vocab, byte_fallback: false };
  }

  vocabularyFiles(): Record<string, string> {
    return { 'vocab.json': `${JSON.stringify(this.vocab.toObject(), null, 2)}\n` };
  }
}

/** Makes text of tokens as SentencePiece does with the pieces of the target language, or of the source language. */
export function marianSpelling(source: SentencePieceModel, target: SentencePieceModel) {
  const sides = { source: pieceTypes(source), target: pieceTypes(target) };
  return (tokens: readonly (string | undefined)[], spelling: Spelling): string => {
    const { special, skip_special_tokens = false, use_source_tokenizer = false } = spelling;
    const types = use_source_tokenizer ? sides.source : sides.target;
    let text = '';
    let run: string[] = [];
    for (const token of tokens) {
      if (token === undefined) continue;
      if (!special.has(token)) run.push(token);
      else if (!skip_special_tokens) {
        text += `${decodePieces(run, types)}${token} `;
        run = [];
      }
    }
    return (text + decodePieces(run, types)).replaceAll('▁', ' ').trim();
  };
}

type PieceTypes = ReadonlyMap<string, string>;

function pieceTypes({ pieces }: SentencePieceModel): PieceTypes {
  return new Map(pieces.map(({ piece, type }) => [piece, type]));
}

function decodePieces(pieces: readonly string[], types: PieceTypes): string {
  let text = '';
  for (const piece of pieces) {
    const type = types.get(piece);
    if (type === 'control') continue;
    if (type === 'unknown') text += ' \u2047 ';
    // The space before the first word goes, unless its piece is not of this language.
    else text += (text === '' && type !== undefined ? piece.replace(/^▁/, '') : piece).replaceAll('▁', ' ');
  }
  return text;
}
