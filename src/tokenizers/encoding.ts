import { type EncodingParts, JoinedParts, SequenceParts, TrimmedParts, type TrimOffsets } from './encoding-parts.ts';

/** The side of a text that is cut or padded. */
export type Side = 'left' | 'right';

/** What a tokenizer makes of one text or one pair: lists of equal length, an entry per token. A list is made when first asked for. */
export class Encoding {
  /** What truncation cut off, in further encodings. */
  overflowing: Encoding[] = [];
  readonly #parts: EncodingParts;

  constructor(parts: EncodingParts) {
    this.#parts = parts;
  }

  get ids(): number[] {
    return this.#parts.ids;
  }

  /** Which part of the input a token belongs to, as the model counts it: token_type_ids. */
  get type_ids(): number[] {
    return this.#parts.type_ids;
  }

  get tokens(): string[] {
    return this.#parts.tokens;
  }

  /** The word a token came from, counted within its sequence; null for special tokens. */
  get word_ids(): (number | null)[] {
    return this.#parts.word_ids;
  }

  /** 1 for tokens that the post-processor added, and for padding. */
  get special_tokens_mask(): number[] {
    return this.#parts.special_tokens_mask;
  }

  /** 0 for padding. */
  get attention_mask(): number[] {
    return this.#parts.attention_mask;
  }

  /** How many tokens there are. */
  get length(): number {
    return this.#parts.length;
  }

  /** Start and end of each token in its text, counted in Unicode code points, as Hugging Face counts. */
  get offsets(): [start: number, end: number][] {
    return pairs(this.#parts.codePointSpans);
  }

  /** Start and end of each token in its text, counted in UTF-16 units: what `text.slice(start, end)` takes. */
  get utf16_offsets(): [start: number, end: number][] {
    return pairs(this.#parts.spans);
  }

  /** How many texts are in here. */
  get n_sequences(): number {
    return this.#parts.sequences.size || 1;
  }

  /** The number of the text each token came from; null for special tokens and padding. */
  get sequence_ids(): (number | null)[] {
    const ids: (number | null)[] = new Array(this.length).fill(null);
    for (let sequence = 0; sequence < this.n_sequences; sequence++) ids.fill(sequence, ...this.#rangeOf(sequence));
    return ids;
  }

  /** First and last-plus-one token of a word, or null. */
  word_to_tokens(word: number, sequence = 0): [start: number, end: number] | null {
    const [from, to] = this.#rangeOf(sequence);
    const start = this.word_ids.slice(from, to).indexOf(word);
    if (start < 0) return null;
    return [from + start, this.word_ids.slice(0, to).lastIndexOf(word) + 1];
  }

  /** The token that covers a place of the text, counted in code points, or null. */
  char_to_token(place: number, sequence = 0): number | null {
    const [from, to] = this.#rangeOf(sequence);
    for (let i = from; i < to; i++) {
      if (place >= this.#parts.codePointSpans[2 * i]! && place < this.#parts.codePointSpans[2 * i + 1]!) return i;
    }
    return null;
  }

  /** The whole encoding as belonging to one sequence. */
  asSequence(sequence: number): Encoding {
    return Encoding.#of(new SequenceParts(this.#parts, sequence), this.overflowing);
  }

  /** The whole encoding as belonging to one sequence, with one type id for all tokens; also of the overflow. */
  asPart(sequence: number, typeId: number): Encoding {
    const { overflowing } = this;
    return Encoding.#of(
      new SequenceParts(this.#parts, sequence, typeId),
      overflowing.length === 0 ? overflowing : overflowing.map((part) => part.asPart(sequence, typeId)),
    );
  }

  /**
   * The same with offsets that leave out as many characters at the beginning and the end of each token as `lengths` says; it
   * sees the token, its number and where it starts in code points. The characters must be below U+10000.
   */
  withTrimmedOffsets(lengths: TrimOffsets): Encoding {
    const overflowing = this.overflowing.map((part) => part.withTrimmedOffsets(lengths));
    return Encoding.#of(new TrimmedParts(this.#parts, lengths), overflowing);
  }

  /**
   * The first `maxLength` tokens (or the last, for `left`); the others follow in `overflowing`, in parts that overlap by
   * `stride` tokens. `stride` must be less than `maxLength`.
   */
  truncated(maxLength: number, stride: number, side: Side): Encoding {
    const { length } = this;
    if (length <= maxLength) return this;
    if (maxLength === 0) {
      const nothing = this.#part(0, 0);
      nothing.overflowing = [...this.overflowing, Encoding.#of(this.#parts, [])];
      return nothing;
    }
    const step = maxLength - stride;
    const parts: Encoding[] = [];
    for (let done = 0; ; done += step) {
      const from = side === 'right' ? done : Math.max(0, length - done - maxLength);
      const to = side === 'right' ? Math.min(done + maxLength, length) : length - done;
      parts.push(this.#part(from, to));
      if (side === 'right' ? to === length : from === 0) break;
    }
    const [first, ...rest] = parts;
    first!.overflowing = rest;
    return first!;
  }

  /** Padded to a length, with its overflow. Longer encodings stay as they are. */
  padded(length: number, { id, typeId, token, side }: { id: number; typeId: number; token: string; side: Side }): Encoding {
    const overflowing = this.overflowing.map((part) => part.padded(length, { id, typeId, token, side }));
    const missing = length - this.length;
    if (missing <= 0) return overflowing.length > 0 ? Encoding.#of(this.#parts, overflowing) : this;
    const extend = <T>(list: T[], value: T, times = missing): T[] => {
      const padding: T[] = new Array(times).fill(value);
      return side === 'right' ? list.concat(padding) : padding.concat(list);
    };
    const shift = side === 'right' ? 0 : missing;
    const sequences = new Map<number, readonly [number, number]>();
    for (let i = 0; i < this.n_sequences; i++) {
      const [from, to] = this.#rangeOf(i);
      sequences.set(i, [from + shift, to + shift]);
    }
    const spans = extend(this.#parts.spans, 0, 2 * missing);
    return Encoding.#of(
      {
        length,
        ids: extend(this.ids, id),
        type_ids: extend(this.type_ids, typeId),
        tokens: extend(this.tokens, token),
        word_ids: extend<number | null>(this.word_ids, null),
        special_tokens_mask: extend(this.special_tokens_mask, 1),
        attention_mask: extend(this.attention_mask, 0),
        spans,
        codePointSpans:
          this.#parts.codePointSpans === this.#parts.spans ? spans : extend(this.#parts.codePointSpans, 0, 2 * missing),
        sequences,
      },
      overflowing,
    );
  }

  /** Several encodings as one, in order. Overflows are combined with every part of the others, as in Hugging Face's library. */
  static merge(encodings: readonly Encoding[]): Encoding {
    if (encodings.length === 1) return encodings[0]!;
    if (encodings.every((encoding) => encoding.overflowing.length === 0)) return Encoding.#joined(encodings);
    return encodings.reduce((left, right) => {
      const overflowing: Encoding[] = [];
      const alone = Encoding.#of(right.#parts, []);
      for (const part of left.overflowing) {
        overflowing.push(Encoding.#joined([part, alone]));
        for (const other of right.overflowing) overflowing.push(Encoding.#joined([part, other]));
      }
      for (const other of right.overflowing) overflowing.push(Encoding.#joined([left, other]));
      const joined = Encoding.#joined([left, right]);
      joined.overflowing = overflowing;
      return joined;
    });
  }

  static #joined(encodings: readonly Encoding[]): Encoding {
    return new Encoding(new JoinedParts(encodings.map((encoding) => encoding.#parts)));
  }

  static #of(parts: EncodingParts, overflowing: Encoding[]): Encoding {
    const encoding = new Encoding(parts);
    encoding.overflowing = overflowing;
    return encoding;
  }

  #rangeOf(sequence: number): readonly [from: number, to: number] {
    return this.#parts.sequences.get(sequence) ?? [0, this.#parts.sequences.size === 0 ? this.length : 0];
  }

  #part(from: number, to: number): Encoding {
    const { spans, codePointSpans } = this.#parts;
    const some = spans.slice(2 * from, 2 * to);
    return new Encoding({
      length: to - from,
      ids: this.ids.slice(from, to),
      type_ids: this.type_ids.slice(from, to),
      tokens: this.tokens.slice(from, to),
      word_ids: this.word_ids.slice(from, to),
      special_tokens_mask: this.special_tokens_mask.slice(from, to),
      attention_mask: this.attention_mask.slice(from, to),
      spans: some,
      codePointSpans: codePointSpans === spans ? some : codePointSpans.slice(2 * from, 2 * to),
      sequences: new Map(),
    });
  }
}

function pairs(spans: readonly number[]): [number, number][] {
  const result: [number, number][] = [];
  for (let i = 0; i < spans.length; i += 2) result.push([spans[i]!, spans[i + 1]!]);
  return result;
}
