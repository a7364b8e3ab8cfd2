import { ConfigError, DataError } from '../core/index.ts';

/** What a piece of a SentencePiece model is. */
export type PieceType = 'normal' | 'unknown' | 'control' | 'user_defined' | 'unused' | 'byte';

/** A SentencePiece model's file: pieces in the order of their ids, and the settings that change what it does to text. */
export interface SentencePieceModel {
  readonly pieces: readonly { readonly piece: string; readonly score: number; readonly type: PieceType }[];
  readonly model_type: 'unigram' | 'bpe';
  readonly byte_fallback: boolean;
  readonly unk_id: number;
  readonly unk_piece: string;
  /** The compiled normalization table, in base64; empty where text stays as it is. */
  readonly precompiled_charsmap: string;
  readonly add_dummy_prefix: boolean;
  readonly remove_extra_whitespaces: boolean;
}

const pieceTypes: readonly (PieceType | undefined)[] = [
  undefined,
  'normal',
  'unknown',
  'control',
  'user_defined',
  'unused',
  'byte',
];

/**
 * Reads a SentencePiece model (`spiece.model`, `tokenizer.model`, `source.spm`): Protocol Buffers' wire format, of which only
 * the fields that matter here are looked at.
 * @throws DataError when the bytes are no such file, or end too early.
 * @throws ConfigError for models that are neither Unigram nor BPE.
 */
export function readSentencePiece(bytes: Uint8Array, where: string): SentencePieceModel {
  const pieces: { piece: string; score: number; type: PieceType }[] = [];
  let trainer: Message = new Map();
  let normalizer: Message = new Map();
  const whole = new Fields(bytes, where);
  for (const [number, value] of whole) {
    if (!(value instanceof Uint8Array)) continue;
    if (number === 1) {
      const fields = messageOf(value, where);
      const type = pieceTypes[numberOf(fields.get(3), 1)];
      if (type === undefined)
        throw new DataError(`${where}: piece ${pieces.length} has the type ${String(fields.get(3))}; 1 to 6 is needed.`);
      pieces.push({ piece: textOf(fields.get(1), ''), score: numberOf(fields.get(2), 0), type });
    } else if (number === 2) trainer = messageOf(value, where);
    else if (number === 3) normalizer = messageOf(value, where);
  }
  if (pieces.length === 0) throw new DataError(`${where}: it has no pieces; a SentencePiece model is needed.`);
  const kind = numberOf(trainer.get(3), 1);
  if (kind !== 1 && kind !== 2) throw new ConfigError(`${where}: its model type is ${kind}; 1 (Unigram) or 2 (BPE) is needed.`);
  const charsmap = normalizer.get(2);
  return {
    pieces,
    model_type: kind === 1 ? 'unigram' : 'bpe',
    byte_fallback: numberOf(trainer.get(35), 0) === 1,
    unk_id: numberOf(trainer.get(40), 0),
    unk_piece: textOf(trainer.get(45), '<unk>'),
    precompiled_charsmap: charsmap instanceof Uint8Array ? toBase64(charsmap) : '',
    add_dummy_prefix: numberOf(normalizer.get(3), 1) === 1,
    remove_extra_whitespaces: numberOf(normalizer.get(4), 1) === 1,
  };
}

/** A field's value: bytes, or a number. */
type Value = Uint8Array | number;

/** The last value of each field. */
type Message = Map<number, Value>;

/** Walks over the fields of a message; strings and messages inside are left as bytes. */
class Fields implements Iterable<[number: number, value: Value]> {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #where: string;
  #at = 0;

  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#where = where;
  }

  *[Symbol.iterator](): Generator<[number, Value]> {
    while (this.#at < this.#bytes.length) {
      const tag = this.#varint();
      yield [Math.floor(tag / 8), this.#value(tag % 8)];
    }
  }

  #value(kind: number): Value {
    if (kind === 0) return this.#varint();
    if (kind === 2) {
      const length = this.#varint();
      const start = this.#skip(length);
      return this.#bytes.subarray(start, start + length);
    }
    if (kind === 5) return this.#view.getFloat32(this.#skip(4), true);
    if (kind === 1) return this.#view.getFloat64(this.#skip(8), true);
    throw this.#broken(`a field of the wire type ${kind}`);
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = this.#bytes[this.#skip(1)]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw this.#broken('a number of more than ten bytes');
  }

  /** Where the next `length` bytes begin; they count as read. */
  #skip(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw this.#broken(`${length} bytes announced and fewer left`);
    this.#at += length;
    return start;
  }

  #broken(what: string): DataError {
    return new DataError(
      `${this.#where}: at byte ${this.#at} there is ${what}; a whole SentencePiece model is needed: fetch the file again.`,
    );
  }
}

function messageOf(bytes: Uint8Array, where: string): Message {
  return new Map(new Fields(bytes, where));
}

function numberOf(value: Value | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

const decoder = /*@__PURE__*/ new TextDecoder('utf-8', { ignoreBOM: true });

function textOf(value: Value | undefined, otherwise: string): string {
  return value instanceof Uint8Array ? decoder.decode(value) : otherwise;
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x2000) text += String.fromCharCode(...bytes.subarray(i, i + 0x2000));
  return btoa(text);
}

/**
 * The merges of a SentencePiece BPE model, which keeps only their results: every way to make a piece of two others, by the
 * piece's id, then by the length of the left part. As in Hugging Face's transformers.
 */
export function mergesOfPieces(vocab: ReadonlyMap<string, number>): [left: string, right: string][] {
  const merges: { left: string; right: string; id: number; size: number }[] = [];
  for (const [piece, id] of vocab) {
    const letters = [...piece];
    const local: typeof merges = [];
    let left = '';
    for (let size = 1; size < letters.length; size++) {
      left += letters[size - 1];
      const right = piece.slice(left.length);
      if (vocab.has(left) && vocab.has(right)) local.push({ left, right, id, size });
    }
    merges.push(...local);
  }
  merges.sort((a, b) => a.id - b.id || a.size - b.size);
  return merges.map(({ left, right }) => [left, right]);
}
