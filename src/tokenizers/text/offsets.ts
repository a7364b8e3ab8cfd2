import { isLow } from './surrogates.ts';

const surrogate = /[\ud800-\udfff]/;

/** Whether code points and UTF-16 units count differently in a text. */
export function hasSurrogates(text: string): boolean {
  return surrogate.test(text);
}

/**
 * Places in a text counted in code points, from places counted in UTF-16 units. A place inside a surrogate pair counts as
 * after it, and a lone half of a pair as a code point of its own.
 */
export function codePointOffsets(text: string, ranges: readonly [start: number, end: number][]): [number, number][] {
  if (!hasSurrogates(text)) return ranges.map(([start, end]) => [start, end]);
  const before = codePointsBefore(text);
  return ranges.map(([start, end]) => [before[start]!, before[end]!]);
}

/** For each place of a text, up to its end: how many code points begin before it. */
export function codePointsBefore(text: string): Int32Array {
  const before = new Int32Array(text.length + 1);
  let count = 0;
  let previousIsHigh = false;
  for (let i = 0; i < text.length; i++) {
    before[i] = count;
    const unit = text.charCodeAt(i);
    if (!(previousIsHigh && isLow(unit))) count++;
    previousIsHigh = (unit & 0xfc00) === 0xd800;
  }
  before[text.length] = count;
  return before;
}
