import { ConfigError } from '../core/index.ts';
import { brief, isJsonObject, type JsonObject, readFields } from './component.ts';
import { LiteralFinder } from './literal-finder.ts';
import type { Model } from './models/model.ts';
import type { Normalizer } from './normalizers/normalizer.ts';
import { whiteSpace, wordCharacters } from './text/characters.ts';
import { isHigh, isLow } from './text/surrogates.ts';

/** A token that is found in the text itself, before any splitting: special tokens, and words added after training. */
export interface AddedToken {
  readonly content: string;
  /** Match only where neither neighbour is a word character. */
  readonly single_word: boolean;
  /** Take the white space on its left with it. */
  readonly lstrip: boolean;
  /** Take the white space on its right with it. */
  readonly rstrip: boolean;
  /** Look for it in the normalized text, in its normalized form. */
  readonly normalized: boolean;
  /** May be left out when decoding. */
  readonly special: boolean;
}

/** An AddedToken from its content and what differs from the defaults: special tokens are not normalized, others are. */
export function addedToken(content: string | (Partial<AddedToken> & { content: string }), special = false): AddedToken {
  const given = typeof content === 'string' ? { content } : content;
  const isSpecial = given.special ?? special;
  return { single_word: false, lstrip: false, rstrip: false, normalized: !isSpecial, ...given, special: isSpecial };
}

/** The added tokens of tokenizer.json, with the ids that the file gives them. */
export function readAddedTokens(json: unknown, where: string): { token: AddedToken; id: number }[] {
  if (json === undefined || json === null) return [];
  if (!Array.isArray(json)) throw new ConfigError(`${where}: it is ${brief(json)}; a list is needed.`);
  return json.map((entry: unknown, i) => {
    const place = `${where}[${i}]`;
    if (!isJsonObject(entry)) throw new ConfigError(`${place}: it is ${brief(entry)}; an object is needed.`);
    const defaults = {
      id: -1,
      content: '',
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: true,
      special: false,
    };
    const { id, ...token } = readFields(place, 'an added token', entry, defaults);
    if (!Number.isSafeInteger(id) || id < 0)
      throw new ConfigError(`${place}: id is ${brief(entry.id)}; a whole number from 0 is needed.`);
    return { token, id };
  });
}

/** A stretch of text that is one added token, or has none in it. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  /** The added token's id; undefined for plain text. */
  readonly id: number | undefined;
}

/** The added tokens on top of a model's vocabulary. */
export class AddedVocabulary {
  readonly #ids = new Map<string, number>();
  readonly #tokens = new Map<number, AddedToken>();
  /** How decoders see a token that was normalized on its way in. */
  readonly #normalized = new Map<number, string>();
  /** One more than the highest id. */
  #end = 0;
  #made: Finders | undefined;

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }

  /** Whether some have to be looked for in the normalized text. */
  get hasNormalized(): boolean {
    return this.#finders.normalized !== null;
  }

  /** Added tokens by id. */
  get decoder(): ReadonlyMap<number, AddedToken> {
    return this.#tokens;
  }

  /** Ids by content. */
  get encoder(): ReadonlyMap<string, number> {
    return this.#ids;
  }

  /** The text that an added token stands for when decoding, or undefined. */
  tokenFor(id: number): string | undefined {
    return this.#normalized.get(id) ?? this.#tokens.get(id)?.content;
  }

  /** Whether a token may be left out when decoding. */
  isSpecial(id: number): boolean {
    return this.#tokens.get(id)?.special === true;
  }

  /** Adds tokens; those the model does not have get the next free ids. Gives how many were new or changed. */
  add(tokens: readonly AddedToken[], model: Model, normalizer: Normalizer | null): number {
    let added = 0;
    let next = Math.max(this.#end, model.vocab_size);
    for (const token of tokens) {
      if (token.content === '') continue;
      const old = this.#ids.get(token.content);
      if (old !== undefined && same(this.#tokens.get(old)!, token)) continue;
      added++;
      this.#put(token, old ?? model.token_to_id(token.content) ?? next++, normalizer);
    }
    return added;
  }

  /**
   * Adds the tokens of tokenizer.json under the ids they have there.
   * @throws ConfigError when an id is not the token's own in the vocabulary, or belongs to another token.
   */
  load(
    entries: readonly { token: AddedToken; id: number }[],
    model: Model,
    normalizer: Normalizer | null,
    where: string,
  ): void {
    for (const [i, { token, id }] of entries.entries()) {
      const place = `${where}[${i}]`;
      const content = brief(token.content);
      const own = this.#ids.get(token.content) ?? model.token_to_id(token.content);
      if (own !== undefined && own !== id)
        throw new ConfigError(`${place}: ${content} has the id ${id} here and ${own} elsewhere in the file; they must agree.`);
      const other = this.#tokens.get(id)?.content ?? model.id_to_token(id);
      if (other !== undefined && other !== token.content)
        throw new ConfigError(
          `${place}: ${content} has the id ${id}, which is that of ${brief(other)}; each token needs its own.`,
        );
      this.#put(token, id, normalizer);
    }
  }

  /** Cuts text at the tokens that are looked for before normalization (or after it). The segments cover the text. */
  segments(text: string, isNormalized: boolean, keepSpecial = false): Segment[] {
    const finder = isNormalized ? this.#finders.normalized : this.#finders.plain;
    if (finder === null || text === '') return [{ start: 0, end: text.length, id: undefined }];
    const segments: Segment[] = [];
    let last = 0;
    for (const match of finder.find(text)) {
      const token = this.#tokens.get(match.id)!;
      if (keepSpecial && token.special) continue;
      let { start, end } = match;
      if (token.single_word && (wordBefore(text, start) || wordAfter(text, end))) continue;
      if (token.lstrip) while (start > last && whiteSpace.low[text.charCodeAt(start - 1)]) start--;
      if (token.rstrip) while (end < text.length && whiteSpace.low[text.charCodeAt(end)]) end++;
      start = Math.max(start, last);
      if (last < start) segments.push({ start: last, end: start, id: undefined });
      segments.push({ start, end, id: match.id });
      last = end;
    }
    if (last < text.length) segments.push({ start: last, end: text.length, id: undefined });
    return segments;
  }

  /** The list as tokenizer.json has it, by ids. */
  toJSON(): JsonObject[] {
    return [...this.#tokens]
      .sort((a, b) => a[0] - b[0])
      .map(([id, { content, single_word, lstrip, rstrip, normalized, special }]) => ({
        id,
        content,
        single_word,
        lstrip,
        rstrip,
        normalized,
        special,
      }));
  }

  #put(token: AddedToken, id: number, normalizer: Normalizer | null): void {
    this.#made = undefined;
    this.#end = Math.max(this.#end, id + 1);
    this.#ids.set(token.content, id);
    this.#tokens.set(id, token);
    this.#normalized.delete(id);
    if (!token.normalized || normalizer === null) return;
    const normalized = normalizer.normalize_str(token.content);
    if (normalized !== token.content) this.#normalized.set(id, normalized);
  }

  /** What finds the tokens; made when it is first asked for, so that adding one token after another costs no more than all at once. */
  get #finders(): Finders {
    if (this.#made === undefined) {
      const plain = new Map<string, number>();
      const normalized = new Map<string, number>();
      for (const [id, token] of this.#tokens) {
        if (token.normalized) normalized.set(this.#normalized.get(id) ?? token.content, id);
        else plain.set(token.content, id);
      }
      normalized.delete('');
      this.#made = {
        plain: plain.size > 0 ? new LiteralFinder(plain) : null,
        normalized: normalized.size > 0 ? new LiteralFinder(normalized) : null,
      };
    }
    return this.#made;
  }
}

/** What finds the tokens in a text as it is given, and in its normalized form; null where there are none. */
interface Finders {
  readonly plain: LiteralFinder | null;
  readonly normalized: LiteralFinder | null;
}

function wordBefore(text: string, place: number): boolean {
  if (place === 0) return false;
  const isPair = isLow(text.charCodeAt(place - 1)) && isHigh(text.charCodeAt(place - 2));
  return wordCharacters.has(text.codePointAt(isPair ? place - 2 : place - 1)!);
}

function wordAfter(text: string, place: number): boolean {
  return place < text.length && wordCharacters.has(text.codePointAt(place)!);
}

function same(a: AddedToken, b: AddedToken): boolean {
  return (
    a.content === b.content &&
    a.single_word === b.single_word &&
    a.lstrip === b.lstrip &&
    a.rstrip === b.rstrip &&
    a.normalized === b.normalized &&
    a.special === b.special
  );
}
