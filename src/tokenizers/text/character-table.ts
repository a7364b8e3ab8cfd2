import { isHigh, isLow } from './surrogates.ts';
import type { UnitText } from './unit-text.ts';

/**
 * What becomes of a character wherever it stands, as a normalizer says it: the text that it is replaced by, all of whose units
 * come from that character; null where its neighbours have a say.
 */
export type CharacterMap = (character: string) => string | null;

const unknown = 0;
const several = 0x10001;
const contextual = 0x7fffffff;

/** A CharacterMap's answers, each asked for once and then read from a list, so that a text is normalized in one pass. */
export class CharacterTable {
  readonly #map: CharacterMap;
  /** By UTF-16 unit: its one-unit result plus 1, `several` plus a place in `#results`, or `contextual`. */
  readonly #byUnit: Int32Array = new Int32Array(0x10000);
  readonly #results: string[] = [];
  readonly #byPair = new Map<number, string | null>();

  constructor(map: CharacterMap) {
    this.#map = map;
  }

  /** Writes part of a well-formed text, normalized, as one piece. False where some character's neighbours have a say. */
  write(text: string, from: number, to: number, into: UnitText): boolean {
    into.begin(to - from, from);
    const { units } = into;
    const table = this.#byUnit;
    let length = 0;
    for (let i = from; i < to; i++) {
      const unit = text.charCodeAt(i);
      let found = table[unit]!;
      if (found === unknown) found = this.#learn(unit);
      if (found >= several) {
        into.length = length;
        if (!this.#writeRest(text, i, from, to, into)) return false;
        into.onePiece();
        return true;
      }
      units[length++] = found - 1;
    }
    into.length = length;
    into.onePiece();
    return true;
  }

  /** From the first character on that does not stay one unit. */
  #writeRest(text: string, at: number, from: number, to: number, into: UnitText): boolean {
    into.align();
    into.reserve(into.length + to - at);
    const table = this.#byUnit;
    let { units, starts, ends, length } = into;
    for (let i = at; i < to; i++) {
      const unit = text.charCodeAt(i);
      let found = table[unit]!;
      if (found === unknown) found = this.#learn(unit);
      if (found < several) {
        units[length] = found - 1;
        starts[length] = i - from;
        ends[length++] = i - from + 1;
        // Room is there: every unit of the text has its own.
        continue;
      }
      let result: string | null;
      let end = i + 1;
      if (isHigh(unit) && isLow(text.charCodeAt(end))) {
        into.hasPairs = true;
        result = this.#ofPair(text.codePointAt(i)!);
        end++;
      } else result = found === contextual ? null : this.#results[found - several]!;
      if (result === null) return false;
      const needed = length + result.length + (to - end);
      if (needed > units.length) {
        into.length = length;
        into.reserve(needed);
        ({ units, starts, ends } = into);
      }
      for (let k = 0; k < result.length; k++) {
        units[length] = result.charCodeAt(k);
        starts[length] = i - from;
        ends[length++] = end - from;
      }
      i = end - 1;
    }
    into.length = length;
    return true;
  }

  #learn(unit: number): number {
    // Halves of surrogate pairs are looked up as pairs.
    const result = isHigh(unit) || isLow(unit) ? null : this.#map(String.fromCharCode(unit));
    const isOne = result?.length === 1;
    const code = result === null ? contextual : isOne ? result.charCodeAt(0) + 1 : several + this.#results.push(result) - 1;
    this.#byUnit[unit] = code;
    return code;
  }

  #ofPair(codePoint: number): string | null {
    let result = this.#byPair.get(codePoint);
    if (result === undefined) {
      result = this.#map(String.fromCodePoint(codePoint));
      this.#byPair.set(codePoint, result);
    }
    return result;
  }
}
