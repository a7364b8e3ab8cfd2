import { Encoding } from './encoding.ts';
import type { TokenSink } from './models/model.ts';
import type { NormalizedString } from './text/normalized-string.ts';
import { codePointsBefore, hasSurrogates } from './text/offsets.ts';

/** Collects the tokens of a text while it is being encoded. */
export class TokenBuffer implements TokenSink {
  readonly ids: number[] = [];
  readonly tokens: string[] = [];
  readonly spans: number[] = [];
  readonly #words: (number | null)[] = [];
  #codePointSpans: number[] | undefined;
  /** Spans before this one are places in the original text already. */
  #settled = 0;
  #textStart = 0;

  /** Says which piece of which text the newest tokens came from: turns their places into places of the original. */
  settle(source: NormalizedString, word: number): void {
    const { spans } = this;
    if (!source.isIdentity) {
      for (let i = this.#settled; i < spans.length; i += 2) {
        spans[i] = source.shift + source.startOf(spans[i]!);
        spans[i + 1] = source.shift + source.endOf(spans[i + 1]! - 1);
      }
    } else if (source.shift > 0) {
      for (let i = this.#settled; i < spans.length; i++) spans[i] = spans[i]! + source.shift;
    }
    this.#settled = spans.length;
    while (this.#words.length < this.ids.length) this.#words.push(word);
  }

  /** Adds one token by its place in the original text. */
  push(id: number, token: string, start: number, end: number, word: number): void {
    this.ids.push(id);
    this.tokens.push(token);
    this.spans.push(start, end);
    this.#settled = this.spans.length;
    this.#words.push(word);
  }

  /** Ends one text; the places of what follows are counted in another. */
  endText(text: string): void {
    const { spans } = this;
    if (hasSurrogates(text)) {
      const before = codePointsBefore(text);
      this.#codePointSpans ??= spans.slice(0, this.#textStart);
      for (let i = this.#textStart; i < spans.length; i++) this.#codePointSpans.push(before[spans[i]!]!);
    } else if (this.#codePointSpans !== undefined) {
      for (let i = this.#textStart; i < spans.length; i++) this.#codePointSpans.push(spans[i]!);
    }
    this.#textStart = spans.length;
  }

  /** What was collected, without special tokens. */
  toEncoding(typeId: number): Encoding {
    const { length } = this.ids;
    return new Encoding({
      ids: this.ids,
      type_ids: new Array(length).fill(typeId),
      tokens: this.tokens,
      word_ids: this.#words,
      special_tokens_mask: new Array(length).fill(0),
      attention_mask: new Array(length).fill(1),
      spans: this.spans,
      codePointSpans: this.#codePointSpans ?? this.spans,
    });
  }
}
