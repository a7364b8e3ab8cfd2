import { ConfigError } from '../core/index.ts';
import { brief, isJsonObject, type JsonObject, readFields } from './component.ts';
import type { Encoding, Side } from './encoding.ts';

/** Which text of a pair is cut when both are too long together. */
export type TruncationStrategy = 'longest_first' | 'only_first' | 'only_second';

/** How encodings are cut to a length. */
export interface Truncation {
  /** The most tokens an encoding may have, special tokens included. */
  max_length: number;
  strategy: TruncationStrategy;
  /** How many tokens a part repeats from the part before it. */
  stride: number;
  direction: Side;
}

const strategies = { LongestFirst: 'longest_first', OnlyFirst: 'only_first', OnlySecond: 'only_second' } as const;
const sides = { Right: 'right', Left: 'left' } as const;

/** The truncation settings of tokenizer.json. */
export function readTruncation(json: unknown, where: string): Truncation | null {
  if (json === null || json === undefined) return null;
  if (!isJsonObject(json)) throw new ConfigError(`${where}: it is ${brief(json)}; an object or null is needed.`);
  const fields = readFields(where, 'truncation', json, {
    direction: 'Right',
    max_length: 512,
    strategy: 'LongestFirst',
    stride: 0,
  });
  return {
    max_length: wholeNumber(fields.max_length, `${where}.max_length`),
    strategy: oneOf(strategies, fields.strategy, `${where}.strategy`),
    stride: wholeNumber(fields.stride, `${where}.stride`),
    direction: oneOf(sides, fields.direction, `${where}.direction`),
  };
}

/** Truncation settings as tokenizer.json has them. */
export function truncationToJSON({ direction, max_length, strategy, stride }: Truncation): JsonObject {
  return { direction: keyOf(sides, direction), max_length, strategy: keyOf(strategies, strategy), stride };
}

/**
 * Cuts one encoding, or the two of a pair, so that together with `added` special tokens they have at most `max_length` tokens.
 * @throws ConfigError when the stride leaves no progress, or the text to cut is too short to make the rest fit.
 */
export function truncate(
  first: Encoding,
  second: Encoding | undefined,
  { max_length, strategy, stride, direction }: Truncation,
  added: number,
): [first: Encoding, second: Encoding | undefined] {
  const room = max_length - added;
  const total = first.length + (second?.length ?? 0);
  if (room < 0)
    throw new ConfigError(
      `truncation: max_length is ${max_length} and ${added} special tokens are added; at least ${added} is needed.`,
    );
  if (total <= room) return [first, second];
  const cut = (encoding: Encoding, length: number): Encoding => {
    if (encoding.length > length && length > 0 && stride >= length) {
      throw new ConfigError(
        `truncation: stride is ${stride} and ${length} tokens are left of a text; the stride must be less than that (max_length without special tokens, or a text's share of it).`,
      );
    }
    return encoding.truncated(length, stride, direction);
  };
  if (room === 0) return [cut(first, 0), second && cut(second, 0)];
  if (strategy === 'longest_first') {
    if (second === undefined) return [cut(first, room), undefined];
    const [a, b] = shares(first.length, second.length, room);
    return [cut(first, a), cut(second, b)];
  }
  const target = strategy === 'only_first' ? first : second;
  if (target === undefined)
    throw new ConfigError('truncation: the strategy is only_second and there is no second text; give one, or use only_first.');
  const left = target.length - (total - room);
  if (left <= 0) {
    throw new ConfigError(
      `truncation: ${strategy} would have to cut ${total - room} of ${target.length} tokens; use longest_first or a larger max_length.`,
    );
  }
  return target === first ? [cut(first, left), second] : [first, cut(target, left)];
}

/** How many tokens each text of a pair keeps: the shorter one all of its own while it takes at most half. */
function shares(first: number, second: number, room: number): [number, number] {
  const shorter = Math.min(first, second);
  let small = shorter;
  let large = shorter > room ? shorter : Math.max(shorter, room - shorter);
  if (small + large > room) {
    small = Math.floor(room / 2);
    large = small + (room % 2);
  }
  return first > second ? [large, small] : [small, large];
}

/** Checks that a value of tokenizer.json is a whole number from 0. */
export function wholeNumber(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ConfigError(`${where}: it is ${brief(value)}; a whole number from 0 is needed.`);
}

/** The value that a word of tokenizer.json stands for. */
export function oneOf<Values extends Record<string, string>>(
  values: Values,
  word: unknown,
  where: string,
): Values[keyof Values] {
  if (typeof word === 'string' && Object.hasOwn(values, word)) return values[word] as Values[keyof Values];
  throw new ConfigError(`${where}: it is ${brief(word)}; one of ${Object.keys(values).join(', ')} is needed.`);
}

/** The word of tokenizer.json for a value. */
export function keyOf(values: Record<string, string>, value: string): string {
  return Object.keys(values).find((key) => values[key] === value)!;
}
