import {
  combiningMarkRanges,
  nonspacingMarkRanges,
  notNormalizedRanges,
  numericRanges,
  punctuationRanges,
  removedByCleaning,
  reorderedSpacingRanges,
  whiteSpaceRanges,
  wordRanges,
  youngerThanPatterns,
} from './character-tables.ts';
import { matchesOf, type Pattern } from './matches.ts';

/**
 * A set of characters that answers in constant time below U+10000 and by binary search above.
 * The sets are those of Hugging Face's library, which froze its Unicode tables; an engine's own `\p{…}` is newer.
 */
export class CharacterClass {
  readonly #source: string;
  #ranges: number[] | undefined;
  #low: Uint8Array | undefined;
  #runs: Pattern | undefined;

  /** `source`: code points and ranges of them, in hexadecimal, with spaces between. Read when it is first asked. */
  constructor(source: string) {
    this.#source = source;
  }

  /** One byte per UTF-16 unit, 1 where that unit alone is a character of the class. */
  get low(): Uint8Array {
    if (this.#low === undefined) {
      this.#low = new Uint8Array(0x10000);
      this.mark(this.#low, 1);
    }
    return this.#low;
  }

  /** Sets a number for each UTF-16 unit that alone is a character of the class. */
  mark(units: Uint8Array | Uint16Array, number: number): void {
    const ranges = this.#bounds;
    for (let i = 0; i < ranges.length && ranges[i]! < 0x10000; i += 2)
      units.fill(number, ranges[i]!, Math.min(ranges[i + 1]! + 1, 0x10000));
  }

  /** Whether a code point is in the class. */
  has(codePoint: number): boolean {
    if (codePoint < 0x10000) return this.low[codePoint] === 1;
    const ranges = this.#bounds;
    let from = 0;
    let to = ranges.length / 2 - 1;
    while (from <= to) {
      const middle = (from + to) >> 1;
      if (codePoint < ranges[2 * middle]!) to = middle - 1;
      else if (codePoint > ranges[2 * middle + 1]!) from = middle + 1;
      else return true;
    }
    return false;
  }

  /** Whether a text has any of the characters. */
  isIn(text: string): boolean {
    const { low } = this;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (low[unit] === 1 || ((unit & 0xfc00) === 0xd800 && this.has(text.codePointAt(i)!))) return true;
    }
    return false;
  }

  /** Matches runs of the characters, all of them in a text. */
  get runs(): Pattern {
    this.#runs ??= matchesOf(new RegExp(`[${this.pattern}]+`, 'gu'));
    return this.#runs;
  }

  /** A regular expression's class body for the characters, for `[…]` with the flag u. */
  get pattern(): string {
    const ranges = this.#bounds;
    let body = '';
    for (let i = 0; i < ranges.length; i += 2) body += `\\u{${ranges[i]!.toString(16)}}-\\u{${ranges[i + 1]!.toString(16)}}`;
    return body;
  }

  get #bounds(): number[] {
    this.#ranges ??= this.#source.split(' ').flatMap((range) => {
      const [first, last = first] = range.split('-');
      return [Number.parseInt(first!, 16), Number.parseInt(last!, 16)];
    });
    return this.#ranges;
  }
}

/** Unicode's White_Space. */
export const whiteSpace: CharacterClass = /*@__PURE__*/ new CharacterClass(whiteSpaceRanges);
/** Punctuation as BERT sees it: Unicode's category P, and every ASCII character that is neither letter, digit, space nor control. */
export const punctuation: CharacterClass = /*@__PURE__*/ new CharacterClass(punctuationRanges);
/** What BERT's cleaning removes: NUL, U+FFFD, and control, format and private-use characters. */
export const uncleanCharacters: CharacterClass = /*@__PURE__*/ new CharacterClass(removedByCleaning);
/** Accents and other marks that take no room of their own (category Mn). */
export const nonspacingMarks: CharacterClass = /*@__PURE__*/ new CharacterClass(nonspacingMarkRanges);
/** All marks (category M). */
export const combiningMarks: CharacterClass = /*@__PURE__*/ new CharacterClass(combiningMarkRanges);
/** Characters that normalization may move past others and that are not in `nonspacingMarks`. */
export const reorderedSpacing: CharacterClass = /*@__PURE__*/ new CharacterClass(reorderedSpacingRanges);
/** Characters younger than the tables, which the normalization forms must leave alone. */
export const notNormalized: CharacterClass = /*@__PURE__*/ new CharacterClass(notNormalizedRanges);
/** The characters of the blocks of Chinese ideographs, each a word to BERT. Neither Hangul nor kana is among them. */
export const chineseCharacters: CharacterClass = /*@__PURE__*/ new CharacterClass(
  '3400-4dbf 4e00-9fff f900-faff 20000-2a6df 2a700-2b73f 2b740-2b81f 2b920-2ceaf 2f800-2fa1f',
);

/** Word characters, as `\w` is in Rust's regular expressions: Alphabetic, M, Nd, Pc and Join_Control. */
export const wordCharacters: CharacterClass = /*@__PURE__*/ new CharacterClass(wordRanges);

/** Numbers of any kind (category N). */
export const numericCharacters: CharacterClass = /*@__PURE__*/ new CharacterClass(numericRanges);
/** Characters that the library's regular expressions do not know yet; an engine's own tables may be newer. */
export const youngCharacters: CharacterClass = /*@__PURE__*/ new CharacterClass(youngerThanPatterns);

/** The characters of a Unicode property as the library's regular expressions have it; asks the engine when first needed. */
export class PropertyClass {
  readonly #name: string;
  #low: Uint8Array | undefined;
  #one: RegExp | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** One byte per UTF-16 unit, 1 where that unit alone is a character of the class. */
  get low(): Uint8Array {
    if (this.#low === undefined) {
      this.#low = new Uint8Array(0x10000);
      this.mark(this.#low, 1);
    }
    return this.#low;
  }

  /** Sets a number for each UTF-16 unit that alone is a character of the class. */
  mark(units: Uint8Array, number: number): void {
    for (const { 0: run, index } of knownCharacters().matchAll(new RegExp(`\\p{${this.#name}}+`, 'gu')))
      units.fill(number, index, index + run.length);
  }

  /** Whether a code point is in the class. */
  has(codePoint: number): boolean {
    if (codePoint < 0x10000) return this.low[codePoint] === 1;
    this.#one ??= new RegExp(`^\\p{${this.#name}}$`, 'u');
    return !youngCharacters.has(codePoint) && this.#one.test(String.fromCodePoint(codePoint));
  }
}

let known: string | undefined;

/** Each UTF-16 unit in its place; U+0000 for halves of surrogate pairs, and for characters that are younger than the tables. */
function knownCharacters(): string {
  if (known === undefined) {
    const units = new Uint16Array(0x10000);
    for (let unit = 0; unit < 0x10000; unit++) units[unit] = unit;
    units.fill(0, 0xd800, 0xe000);
    youngCharacters.mark(units, 0);
    known = '';
    for (let from = 0; from < 0x10000; from += 0x1000)
      known += String.fromCharCode.apply(null, units.subarray(from, from + 0x1000) as unknown as number[]);
  }
  return known;
}

/** Letters (category L). */
export const letters: PropertyClass = /*@__PURE__*/ new PropertyClass('L');
/** Numbers (category N), as regular expressions see them. */
export const numbers: PropertyClass = /*@__PURE__*/ new PropertyClass('N');

/** Text in which each half of a surrogate pair that stands alone is U+FFFD, as it is once written to UTF-8. Lengths stay. */
export function wellFormed(text: string): string {
  // Young engines say so themselves.
  if ((text as { isWellFormed?: () => boolean }).isWellFormed?.()) return text;
  return loneSurrogate.test(text) ? text.replace(/\p{Surrogate}/gu, '\ufffd') : text;
}

const loneSurrogate = /\p{Surrogate}/u;
