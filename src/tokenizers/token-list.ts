import { Encoding } from './encoding.ts';
import { FoundParts } from './encoding-parts.ts';
import type { TokenSink } from './models/model.ts';
import { codePointsBefore } from './text/offsets.ts';
import type { UnitText } from './text/unit-text.ts';

/** Larger lists than this are let go once a text is done. */
const keptTokens = 1 << 16;

/** Collects the tokens of a text while it is being encoded, in lists of numbers that the next text uses again. */
export class TokenList implements TokenSink {
  length = 0;
  ids: Int32Array = new Int32Array(1 << 8);
  /** Start and end of each token, one after another. */
  spans: Int32Array = new Int32Array(1 << 9);
  #words: Int32Array = new Int32Array(1 << 8);
  /** The texts of tokens that are not those of their ids. */
  #texts: Map<number, string> | undefined;
  #codePointSpans: number[] | undefined;
  /** Tokens before this one have places in the original text already. */
  #settled = 0;
  #textStart = 0;

  /** Begins an encoding. */
  begin(): void {
    this.length = 0;
    this.#texts = undefined;
    this.#codePointSpans = undefined;
    this.#settled = 0;
    this.#textStart = 0;
  }

  add(id: number, start: number, end: number): void {
    const i = this.length;
    if (i === this.ids.length) this.#grow();
    this.ids[i] = id;
    this.spans[2 * i] = start;
    this.spans[2 * i + 1] = end;
    this.length = i + 1;
  }

  addSpelled(id: number, start: number, end: number, text: string): void {
    this.#texts ??= new Map();
    this.#texts.set(this.length, text);
    this.add(id, start, end);
  }

  /** Takes back the tokens from a place on. */
  cut(length: number): void {
    if (this.#texts !== undefined) for (let i = length; i < this.length; i++) this.#texts.delete(i);
    this.length = length;
  }

  /** Says which word the newest tokens belong to. */
  endWord(word: number): void {
    const words = this.#words;
    for (let i = this.#settled; i < this.length; i++) words[i] = word;
    this.#settled = this.length;
  }

  /** Turns the places of the tokens from `first` on, which are in a normalized text, into places of the original. */
  place({ isIdentity, shift, starts, ends }: UnitText, first: number): void {
    const { spans } = this;
    const last = 2 * this.length;
    if (!isIdentity) {
      for (let i = 2 * first; i < last; i += 2) {
        spans[i] = shift + starts[spans[i]!]!;
        spans[i + 1] = shift + ends[spans[i + 1]! - 1]!;
      }
    } else if (shift > 0) for (let i = 2 * first; i < last; i++) spans[i] = spans[i]! + shift;
  }

  /** Ends one text; the places of what follows are counted in another. `hasPairs` says whether it has surrogate pairs. */
  endText(text: string, hasPairs: boolean): void {
    const { spans } = this;
    const end = 2 * this.length;
    if (hasPairs) {
      const before = codePointsBefore(text);
      this.#codePointSpans ??= Array.from(spans.subarray(0, this.#textStart));
      for (let i = this.#textStart; i < end; i++) this.#codePointSpans.push(before[spans[i]!]!);
    } else if (this.#codePointSpans !== undefined) {
      for (let i = this.#textStart; i < end; i++) this.#codePointSpans.push(spans[i]!);
    }
    this.#textStart = end;
  }

  /** What was collected, without special tokens. `tokenOf` gives an id's token. */
  toEncoding(typeId: number, tokenOf: (id: number) => string): Encoding {
    const { length } = this;
    const spans = listOf(this.spans, 2 * length);
    const encoding = new Encoding(
      new FoundParts({
        ids: listOf(this.ids, length),
        words: listOf(this.#words, length),
        spans,
        codePointSpans: this.#codePointSpans ?? spans,
        texts: this.#texts,
        typeId,
        tokenOf,
      }),
    );
    if (this.ids.length > keptTokens) {
      this.ids = new Int32Array(1 << 8);
      this.spans = new Int32Array(1 << 9);
      this.#words = new Int32Array(1 << 8);
    }
    return encoding;
  }

  #grow(): void {
    this.ids = grown(this.ids);
    this.spans = grown(this.spans);
    this.#words = grown(this.#words);
  }
}

function grown(old: Int32Array): Int32Array {
  const bigger = new Int32Array(2 * old.length);
  bigger.set(old);
  return bigger;
}

/** The first numbers as a plain list. */
function listOf(numbers: Int32Array, length: number): number[] {
  const list = new Array<number>(length);
  for (let i = 0; i < length; i++) list[i] = numbers[i]!;
  return list;
}
