/** First and last-plus-one token of each sequence. */
export type Sequences = ReadonlyMap<number, readonly [from: number, to: number]>;

/** What an Encoding is made of: plain lists, or one of the classes below, which make a list when it is first asked for. */
export interface EncodingParts {
  /** How many tokens there are. */
  readonly length: number;
  readonly ids: number[];
  readonly type_ids: number[];
  readonly tokens: string[];
  readonly word_ids: (number | null)[];
  readonly special_tokens_mask: number[];
  readonly attention_mask: number[];
  /** Start and end of each token, one after another, in UTF-16 units. */
  readonly spans: number[];
  /** The same in code points; the same list where the text has no surrogates. */
  readonly codePointSpans: number[];
  /** Empty where there is one sequence that covers all. */
  readonly sequences: Sequences;
}

const oneSequence: Sequences = /*@__PURE__*/ new Map();

/** What encoding a text gives at once; the rest follows from it. */
interface Found {
  readonly ids: number[];
  readonly words: number[];
  readonly spans: number[];
  readonly codePointSpans: number[];
  /** The texts of tokens, by their places, that are not those of their ids. */
  readonly texts: ReadonlyMap<number, string> | undefined;
  readonly typeId: number;
  readonly tokenOf: (id: number) => string;
}

/** The tokens of one text as the model found them. */
export class FoundParts implements EncodingParts {
  readonly ids: number[];
  readonly word_ids: (number | null)[];
  readonly spans: number[];
  readonly codePointSpans: number[];
  readonly #found: Found;
  #typeIds: number[] | undefined;
  #tokens: string[] | undefined;
  #specialMask: number[] | undefined;
  #attentionMask: number[] | undefined;

  constructor(found: Found) {
    this.#found = found;
    this.ids = found.ids;
    this.word_ids = found.words;
    this.spans = found.spans;
    this.codePointSpans = found.codePointSpans;
  }

  get length(): number {
    return this.ids.length;
  }

  get type_ids(): number[] {
    this.#typeIds ??= new Array(this.length).fill(this.#found.typeId);
    return this.#typeIds;
  }

  get tokens(): string[] {
    const { ids, texts, tokenOf } = this.#found;
    this.#tokens ??= ids.map((id, i) => texts?.get(i) ?? tokenOf(id));
    return this.#tokens;
  }

  get special_tokens_mask(): number[] {
    this.#specialMask ??= new Array(this.length).fill(0);
    return this.#specialMask;
  }

  get attention_mask(): number[] {
    this.#attentionMask ??= new Array(this.length).fill(1);
    return this.#attentionMask;
  }

  get sequences(): Sequences {
    return oneSequence;
  }
}

/** All of some parts as one sequence, with one type id where one is given. */
export class SequenceParts implements EncodingParts {
  readonly #all: EncodingParts;
  readonly #sequence: number;
  readonly #typeId: number | undefined;
  #typeIds: number[] | undefined;
  #sequences: Sequences | undefined;

  constructor(all: EncodingParts, sequence: number, typeId?: number) {
    this.#all = all;
    this.#sequence = sequence;
    this.#typeId = typeId;
  }

  get length(): number {
    return this.#all.length;
  }

  get ids(): number[] {
    return this.#all.ids;
  }

  get type_ids(): number[] {
    this.#typeIds ??= this.#typeId === undefined ? this.#all.type_ids : new Array(this.length).fill(this.#typeId);
    return this.#typeIds;
  }

  get tokens(): string[] {
    return this.#all.tokens;
  }

  get word_ids(): (number | null)[] {
    return this.#all.word_ids;
  }

  get special_tokens_mask(): number[] {
    return this.#all.special_tokens_mask;
  }

  get attention_mask(): number[] {
    return this.#all.attention_mask;
  }

  get spans(): number[] {
    return this.#all.spans;
  }

  get codePointSpans(): number[] {
    return this.#all.codePointSpans;
  }

  get sequences(): Sequences {
    this.#sequences ??= new Map([[this.#sequence, [0, this.length] as const]]);
    return this.#sequences;
  }
}

/** Several encodings' parts, one after another. */
export class JoinedParts implements EncodingParts {
  readonly length: number;
  readonly #parts: readonly EncodingParts[];
  readonly #lists: { -readonly [Name in keyof EncodingParts]?: EncodingParts[Name] } = {};

  constructor(parts: readonly EncodingParts[]) {
    this.#parts = parts;
    let length = 0;
    for (const part of parts) length += part.length;
    this.length = length;
  }

  get ids(): number[] {
    this.#lists.ids ??= joined(this.#parts.map((part) => part.ids));
    return this.#lists.ids;
  }

  get type_ids(): number[] {
    this.#lists.type_ids ??= joined(this.#parts.map((part) => part.type_ids));
    return this.#lists.type_ids;
  }

  get tokens(): string[] {
    this.#lists.tokens ??= joined(this.#parts.map((part) => part.tokens));
    return this.#lists.tokens;
  }

  get word_ids(): (number | null)[] {
    this.#lists.word_ids ??= joined(this.#parts.map((part) => part.word_ids));
    return this.#lists.word_ids;
  }

  get special_tokens_mask(): number[] {
    this.#lists.special_tokens_mask ??= joined(this.#parts.map((part) => part.special_tokens_mask));
    return this.#lists.special_tokens_mask;
  }

  get attention_mask(): number[] {
    this.#lists.attention_mask ??= joined(this.#parts.map((part) => part.attention_mask));
    return this.#lists.attention_mask;
  }

  get spans(): number[] {
    this.#lists.spans ??= joined(this.#parts.map((part) => part.spans));
    return this.#lists.spans;
  }

  get codePointSpans(): number[] {
    if (this.#lists.codePointSpans === undefined) {
      const agree = this.#parts.every((part) => part.codePointSpans === part.spans);
      this.#lists.codePointSpans = agree ? this.spans : joined(this.#parts.map((part) => part.codePointSpans));
    }
    return this.#lists.codePointSpans;
  }

  get sequences(): Sequences {
    if (this.#lists.sequences === undefined) {
      const sequences = new Map<number, readonly [number, number]>();
      let before = 0;
      for (const part of this.#parts) {
        for (const [sequence, [from, to]] of part.sequences) sequences.set(sequence, [before + from, before + to]);
        before += part.length;
      }
      this.#lists.sequences = sequences;
    }
    return this.#lists.sequences;
  }
}

/** Leaves characters out of a token's place: how many at its beginning and at its end. Sees the token, its number and where it starts. */
export type TrimOffsets = (token: string, i: number, start: number) => [leading: number, trailing: number];

/** Parts whose places leave out what `lengths` says; the characters left out are below U+10000. */
export class TrimmedParts implements EncodingParts {
  readonly #all: EncodingParts;
  readonly #lengths: TrimOffsets;
  #trimmed: { spans: number[]; points: number[] } | undefined;

  constructor(all: EncodingParts, lengths: TrimOffsets) {
    this.#all = all;
    this.#lengths = lengths;
  }

  get length(): number {
    return this.#all.length;
  }

  get ids(): number[] {
    return this.#all.ids;
  }

  get type_ids(): number[] {
    return this.#all.type_ids;
  }

  get tokens(): string[] {
    return this.#all.tokens;
  }

  get word_ids(): (number | null)[] {
    return this.#all.word_ids;
  }

  get special_tokens_mask(): number[] {
    return this.#all.special_tokens_mask;
  }

  get attention_mask(): number[] {
    return this.#all.attention_mask;
  }

  get spans(): number[] {
    this.#trimmed ??= this.#trim();
    return this.#trimmed.spans;
  }

  get codePointSpans(): number[] {
    this.#trimmed ??= this.#trim();
    return this.#trimmed.points;
  }

  get sequences(): Sequences {
    return this.#all.sequences;
  }

  #trim(): { spans: number[]; points: number[] } {
    const { spans: given, codePointSpans } = this.#all;
    const spans = [...given];
    const points = codePointSpans === given ? spans : [...codePointSpans];
    for (const [i, token] of this.tokens.entries()) {
      const [leading, trailing] = this.#lengths(token, i, points[2 * i]!);
      if (leading === 0 && trailing === 0) continue;
      for (const list of points === spans ? [spans] : [spans, points]) {
        const start = Math.min(list[2 * i]! + leading, list[2 * i + 1]!);
        if (list[2 * i + 1]! >= trailing) list[2 * i + 1] = Math.max(list[2 * i + 1]! - trailing, start);
        list[2 * i] = start;
      }
    }
    return { spans, points };
  }
}

function joined<T>(lists: readonly T[][]): T[] {
  const [first, ...rest] = lists;
  return first!.concat(...rest);
}
