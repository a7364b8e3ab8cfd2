import { ConfigError } from '../../core/index.ts';
import { brief } from '../component.ts';
import { chineseCharacters, nonspacingMarks, reorderedSpacing, uncleanCharacters, whiteSpace } from '../text/characters.ts';
import { isHigh, isLow, NormalizedString } from '../text/normalized-string.ts';
import { defineNormalizer, type Normalize, type NormalizerDefinition } from './normalizer.ts';

/** The fields of BertNormalizer. */
export interface BertNormalizerFields {
  /** Remove control characters, turn all white space into spaces. */
  clean_text: boolean;
  /** Put spaces around Chinese characters. */
  handle_chinese_chars: boolean;
  /** Decompose and remove accents; null does so where `lowercase` is on. */
  strip_accents: boolean | null;
  lowercase: boolean;
}

/**
 * What BERT does to text before splitting it: cleaning, Chinese characters apart, accents off, lower case.
 * In tokenizer.json: `{ "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true }`.
 */
export const BertNormalizer: NormalizerDefinition<BertNormalizerFields> = defineNormalizer<BertNormalizerFields>({
  type: 'BertNormalizer',
  defaults: { clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  check: ({ strip_accents }, where) => {
    if (strip_accents !== null && typeof strip_accents !== 'boolean')
      throw new ConfigError(`${where}: strip_accents is ${brief(strip_accents)}; true, false or null is needed.`);
  },
  prepare: (fields) => {
    const general = stepByStep(fields);
    const quick = new CharacterTable(general, fields.strip_accents ?? fields.lowercase);
    const { lowercase, clean_text } = fields;
    return (text) => {
      if (plainAscii.test(text.text)) {
        const clean = clean_text ? text.text.replace(/[\t\n\r]/g, ' ') : text.text;
        return text.withSameLengths(lowercase ? clean.toLowerCase() : clean);
      }
      return text.isIdentity ? (quick.apply(text) ?? general(text)) : general(text);
    };
  },
});

/** Nothing to remove, to decompose or to set apart: only white space and case may change. */
const plainAscii = /^[ -~\t\n\r]*$/;

/** The definition itself, pass after pass over the text. */
function stepByStep({ clean_text, handle_chinese_chars, strip_accents, lowercase }: BertNormalizerFields): Normalize {
  const spaces = new RegExp(`[${whiteSpace.pattern}]`, 'gu');
  const chinese = new RegExp(`[${chineseCharacters.pattern}]`, 'gu');
  return (text) => {
    let current = text;
    if (clean_text) {
      current = current.remove(uncleanCharacters);
      if (whiteSpace.isIn(current.text)) current = current.withSameLengths(current.text.replace(spaces, ' '));
    }
    if (handle_chinese_chars && chineseCharacters.isIn(current.text))
      current = current.rewrite(chinese, (match, put) => put(` ${match[0]} `, match.index));
    if (strip_accents ?? lowercase) current = current.toForm('NFD').remove(nonspacingMarks);
    return lowercase ? current.lowercase() : current;
  };
}

const unknown = 0;
const several = 0x10000;
const contextual = 0x20000;

/**
 * What each character becomes, asked of the definition once and remembered, for one pass instead of eight.
 * A character's result depends on its neighbours only where decomposition reorders marks that are kept; those few
 * characters send the whole text to the definition.
 */
class CharacterTable {
  readonly #general: Normalize;
  readonly #decomposes: boolean;
  /** By UTF-16 unit: its one-unit result plus 1, `several` plus a place in `#results`, or `contextual`. */
  readonly #results: string[] = [''];
  #byUnit: Int32Array | undefined;
  readonly #byPair = new Map<number, string>();

  constructor(general: Normalize, decomposes: boolean) {
    this.#general = general;
    this.#decomposes = decomposes;
  }

  /** The text, rewritten; undefined where the definition has to do it. `source` has no alignment yet. */
  apply(source: NormalizedString): NormalizedString | undefined {
    const { text } = source;
    this.#byUnit ??= new Int32Array(0x10000);
    const table = this.#byUnit;
    let units = new Uint16Array(text.length + (text.length >> 1) + 16);
    // Places of the original, from the first change of a length on.
    let starts: Int32Array | undefined;
    let ends: Int32Array | undefined;
    let length = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      let result: string;
      let end = i + 1;
      if (isHigh(unit) && isLow(text.charCodeAt(i + 1))) {
        const codePoint = text.codePointAt(i)!;
        if (this.#decomposes && reorderedSpacing.has(codePoint)) return undefined;
        result = this.#ofPair(codePoint);
        end = i + 2;
        // A pair that stays is aligned as one character, which the alignment of unchanged texts knows.
        if (starts === undefined && result.length === 2 && isHigh(result.charCodeAt(0))) {
          units[length++] = result.charCodeAt(0);
          units[length++] = result.charCodeAt(1);
          i++;
          continue;
        }
      } else {
        let found = table[unit]!;
        if (found === unknown) found = this.#learn(unit);
        if (found < several) {
          if (starts !== undefined) {
            starts[length] = i;
            ends![length] = end;
          }
          units[length++] = found - 1;
          // Room for this one is there: every unit of the text has one.
          continue;
        }
        if (found === contextual) return undefined;
        result = this.#results[found - several]!;
      }
      if (starts === undefined) {
        starts = new Int32Array(units.length);
        ends = new Int32Array(units.length);
        for (let unit = 0; unit < length; unit++) {
          starts[unit] = source.startOf(unit);
          ends[unit] = source.endOf(unit);
        }
      }
      const needed = length + result.length + (text.length - end);
      if (needed > units.length) {
        const size = needed + (needed >> 1);
        units = grown(units, new Uint16Array(size));
        starts = grown(starts, new Int32Array(size));
        ends = grown(ends!, new Int32Array(size));
      }
      for (let k = 0; k < result.length; k++) {
        starts[length] = i;
        ends![length] = end;
        units[length++] = result.charCodeAt(k);
      }
      i = end - 1;
    }
    const written = textOf(units.subarray(0, length));
    return starts === undefined
      ? source.withSameLengths(written)
      : new NormalizedString(written, source.shift, starts.slice(0, length), ends!.slice(0, length));
  }

  #learn(unit: number): number {
    const result = this.#general(new NormalizedString(String.fromCharCode(unit))).text;
    let code: number;
    if (this.#decomposes && reorderedSpacing.low[unit] === 1) code = contextual;
    else if (result.length === 1 && result.charCodeAt(0) < 0xffff) code = result.charCodeAt(0) + 1;
    else code = several + this.#results.push(result) - 1;
    this.#byUnit![unit] = code;
    return code;
  }

  #ofPair(codePoint: number): string {
    let result = this.#byPair.get(codePoint);
    if (result === undefined) {
      result = this.#general(new NormalizedString(String.fromCodePoint(codePoint))).text;
      this.#byPair.set(codePoint, result);
    }
    return result;
  }
}

function grown<A extends Uint16Array | Int32Array>(old: A, bigger: A): A {
  bigger.set(old);
  return bigger;
}

const decoder = /*@__PURE__*/ new TextDecoder('utf-16le', { ignoreBOM: true });

/** Short texts are made at once; for long ones the platform's decoder is quicker. */
function textOf(units: Uint16Array): string {
  if (units.length <= 4096) return String.fromCharCode.apply(null, units as unknown as number[]);
  return decoder.decode(units);
}
