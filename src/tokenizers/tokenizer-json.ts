import { DigitScores } from './models/piece-scores.ts';
import { TextList } from './models/text-list.ts';
import { TokenTable } from './models/token-table.ts';

/** Vocabulary and merges of a tokenizer.json as they were read from its bytes. */
export interface ReadVocabulary {
  /** The tokens; those of a list of pieces have their places as ids. */
  readonly tokens: TokenTable;
  /** The scores of a list of pieces. */
  readonly scores: DigitScores | null;
  /** The two tokens of each merge, one after another. */
  readonly merges: TextList | null;
}

/** Where the model of what `parseTokenizerJson` gives has its `ReadVocabulary`; its `vocab` and `merges` are empty then. */
export const readVocabulary: unique symbol = /*@__PURE__*/ Symbol('vocabulary read from bytes');

/**
 * The content of a tokenizer.json, whose vocabulary and merges go from bytes to lists of numbers: `JSON.parse` would make an
 * object of each. Undefined for whatever is not plainly a well-formed file, which `JSON.parse` then reads or refuses.
 */
export function parseTokenizerJson(bytes: Uint8Array): unknown {
  try {
    const reader = new VocabularyReader(bytes);
    reader.read();
    const { vocab, merges } = reader;
    if (vocab === null || !(vocab.scores !== null || vocab.tokens.isOneToOne)) return undefined;
    const cuts = [vocab, ...(merges === null ? [] : [merges])].sort((a, b) => a.from - b.from);
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let text = '';
    let last = 0;
    for (const { from, to } of cuts) {
      text += decoder.decode(bytes.subarray(last, from + 1)) + String.fromCharCode(bytes[to - 1]!);
      last = to;
    }
    const json = JSON.parse(text + decoder.decode(bytes.subarray(last)));
    const read: ReadVocabulary = { tokens: vocab.tokens, scores: vocab.scores, merges: merges?.texts ?? null };
    json.model[readVocabulary] = read;
    return json;
  } catch {
    return undefined;
  }
}

interface Stretch {
  /** From its first bracket to behind its last, in bytes. */
  readonly from: number;
  readonly to: number;
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
const minus = 0x2d;
const zero = 0x30;
const nine = 0x39;

/** Reads what it must of a tokenizer.json's bytes, and throws at anything unusual: `JSON.parse` then has the say. */
class VocabularyReader {
  vocab: (Stretch & { readonly tokens: TokenTable; readonly scores: DigitScores | null }) | null = null;
  merges: (Stretch & { readonly texts: TextList }) | null = null;
  readonly #bytes: Uint8Array;
  #at = 0;
  /** No byte gives more than one unit, so there is room for all. */
  readonly #units: Uint16Array;
  #unitCount = 0;
  #bounds = new Int32Array(1 << 12);
  #textCount = 0;
  /** What `score` found: see DigitScores. */
  #leading = 0;
  #rest = 0;
  #shape = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#units = new Uint16Array(bytes.length);
  }

  /** Finds the model's vocabulary and merges and reads them. */
  read(): void {
    const seen = new Set<string>();
    const once = (key: string) => {
      if (seen.has(key)) throw unusual;
      seen.add(key);
    };
    this.#members((key) => {
      if (key !== 'model') return this.#skip();
      once(key);
      if (this.#next() !== openObject) throw unusual;
      this.#members((name) => {
        const from = this.#at;
        const first = this.#bytes[from];
        if (name === 'vocab' && (first === openList || first === openObject)) {
          once(name);
          const read = first === openList ? this.#pieces() : this.#ids();
          this.vocab = { from, to: this.#at, ...read };
        } else if (name === 'merges' && first === openList) {
          once(name);
          const texts = this.#merges();
          this.merges = { from, to: this.#at, texts };
        } else this.#skip();
      });
    });
  }

  /** The first byte that is not white space. */
  #next(): number {
    const bytes = this.#bytes;
    for (;;) {
      const byte = bytes[this.#at];
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) this.#at++;
      else if (byte === undefined) throw unusual;
      else return byte;
    }
  }

  #expect(byte: number): void {
    if (this.#next() !== byte) throw unusual;
    this.#at++;
  }

  /** Reads an object; `value` reads what stands behind a key. */
  #members(value: (key: string) => void): void {
    this.#expect(openObject);
    if (this.#next() === closeObject) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#expect(quote);
      const begin = this.#unitCount;
      this.#string();
      const key = String.fromCharCode(...this.#units.subarray(begin, this.#unitCount));
      this.#unitCount = begin;
      this.#expect(colon);
      this.#next();
      value(key);
      if (this.#next() === closeObject) break;
      this.#expect(comma);
    }
    this.#at++;
  }

  /** Passes over a value, whose spelling `JSON.parse` will check. */
  #skip(): void {
    const bytes = this.#bytes;
    let depth = 0;
    for (;;) {
      const byte = this.#next();
      if (byte === quote) {
        for (;;) {
          this.#at = bytes.indexOf(quote, this.#at + 1);
          if (this.#at < 0) throw unusual;
          let back = this.#at;
          while (bytes[back - 1] === backslash) back--;
          if ((this.#at - back) % 2 === 0) break;
        }
        this.#at++;
      } else if (byte === openObject || byte === openList) {
        depth++;
        this.#at++;
      } else if (byte === closeObject || byte === closeList || byte === comma || byte === colon) {
        if (depth === 0) return;
        if (byte === closeObject || byte === closeList) depth--;
        this.#at++;
      } else this.#at++;
      // A scalar goes on to the bracket or comma behind it.
      if (depth === 0 && (byte === quote || byte === closeObject || byte === closeList)) return;
    }
  }

  #begin(): void {
    this.#unitCount = 0;
    this.#textCount = 0;
  }

  /** Ends a text. */
  #close(): void {
    if (this.#textCount + 2 > this.#bounds.length) this.#bounds = grown(this.#bounds, 2 * this.#bounds.length);
    this.#bounds[++this.#textCount] = this.#unitCount;
  }

  #texts(): TextList {
    return new TextList(this.#units.slice(0, this.#unitCount), this.#bounds.slice(0, this.#textCount + 1));
  }

  /** A list of pieces with their scores. */
  #pieces(): { tokens: TokenTable; scores: DigitScores } {
    this.#begin();
    let leading = new Float64Array(1 << 12);
    let rest = new Uint16Array(1 << 12);
    let shapes = new Int16Array(1 << 12);
    this.#items(() => {
      this.#expect(openList);
      this.#expect(quote);
      this.#string();
      this.#expect(comma);
      this.#next();
      const i = this.#textCount;
      if (i === leading.length) {
        leading = grown(leading, 2 * i);
        rest = grown(rest, 2 * i);
        shapes = grown(shapes, 2 * i);
      }
      this.#score();
      leading[i] = this.#leading;
      rest[i] = this.#rest;
      shapes[i] = this.#shape;
      this.#expect(closeList);
      this.#close();
    });
    const count = this.#textCount;
    const scores = new DigitScores(leading.slice(0, count), rest.slice(0, count), shapes.slice(0, count));
    return { tokens: new TokenTable(this.#texts(), null), scores };
  }

  /** An object from tokens to ids. */
  #ids(): { tokens: TokenTable; scores: null } {
    this.#begin();
    this.#expect(openObject);
    if (this.#next() === closeObject) {
      this.#at++;
      return { tokens: new TokenTable(this.#texts(), new Int32Array(0)), scores: null };
    }
    // One loop with nothing to call for the usual: it runs once, and mostly before calls would be compiled away.
    const bytes = this.#bytes;
    const units = this.#units;
    let bounds = this.#bounds;
    let ids = new Int32Array(bounds.length);
    let isCounting = true;
    let at = this.#at;
    let unitCount = 0;
    let count = 0;
    for (;;) {
      let byte = bytes[at]!;
      while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at]!;
      if (byte !== quote) throw unusual;
      byte = bytes[++at]!;
      // Letters and most of the rest of ASCII stand for themselves.
      for (; byte > backslash ? byte < 0x80 : byte > quote && byte < backslash; byte = bytes[++at]!) units[unitCount++] = byte;
      if (byte !== quote) {
        this.#at = at;
        this.#unitCount = unitCount;
        this.#string();
        at = this.#at - 1;
        unitCount = this.#unitCount;
      }
      byte = bytes[++at]!;
      while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at]!;
      if (byte !== colon) throw unusual;
      byte = bytes[++at]!;
      while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at]!;
      const first = at;
      let id = 0;
      for (; byte >= zero && byte <= nine; byte = bytes[++at]!) id = 10 * id + byte - zero;
      const length = at - first;
      if (length === 0 || length > 9 || (length > 1 && bytes[first] === zero)) throw unusual;
      if (id !== count) isCounting = false;
      if (count + 2 > bounds.length) {
        bounds = grown(bounds, 2 * bounds.length);
        ids = grown(ids, bounds.length);
      }
      ids[count++] = id;
      bounds[count] = unitCount;
      while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at]!;
      at++;
      if (byte === closeObject) break;
      if (byte !== comma) throw unusual;
    }
    this.#at = at;
    this.#unitCount = unitCount;
    this.#bounds = bounds;
    this.#textCount = count;
    return { tokens: new TokenTable(this.#texts(), isCounting ? null : ids.slice(0, count)), scores: null };
  }

  /** A list of pairs of tokens, each a list or a text with one space in it. */
  #merges(): TextList {
    this.#begin();
    this.#items(() => {
      if (this.#next() === openList) {
        this.#at++;
        this.#expect(quote);
        this.#string();
        this.#close();
        this.#expect(comma);
        this.#expect(quote);
        this.#string();
        this.#close();
        this.#expect(closeList);
        return;
      }
      this.#expect(quote);
      const from = this.#unitCount;
      this.#string();
      const units = this.#units;
      const to = this.#unitCount;
      let gap = from;
      while (gap < to && units[gap] !== 0x20) gap++;
      // A line that begins with a number sign may be the version.
      if (gap === to || (units[from] === 0x23 && units[from + 1] === 0x76)) throw unusual;
      this.#unitCount = gap;
      this.#close();
      for (let i = gap + 1; i < to; i++) {
        if (units[i] === 0x20) throw unusual;
        units[i - 1] = units[i]!;
      }
      this.#unitCount = to - 1;
      this.#close();
    });
    return this.#texts();
  }

  #items(item: () => void): void {
    this.#expect(openList);
    if (this.#next() !== closeList) {
      for (;;) {
        item();
        if (this.#next() === closeList) break;
        this.#expect(comma);
      }
    }
    this.#at++;
  }

  /** A number of up to 19 digits, or null. */
  #score(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    this.#rest = 0;
    this.#shape = 0;
    if (bytes[at] === 0x6e && bytes[at + 1] === 0x75 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x6c) {
      this.#leading = Number.NaN;
      this.#at = at + 4;
      return;
    }
    const isNegative = bytes[at] === minus;
    if (isNegative) at++;
    let leading = 0;
    let rest = 0;
    let digits = 0;
    let fraction = -1;
    const first = at;
    for (; ; at++) {
      const byte = bytes[at]!;
      const digit = byte - zero;
      if (digit >= 0 && digit <= 9) {
        if (digits > 0 || digit > 0) digits++;
        if (digits <= 15) leading = 10 * leading + digit;
        else rest = 10 * rest + digit;
        if (fraction >= 0) fraction++;
      } else if (byte === 0x2e && fraction < 0 && at > first) fraction = 0;
      else break;
    }
    const whole = at - first - (fraction < 0 ? 0 : fraction + 1);
    if (whole === 0 || (whole > 1 && bytes[first] === zero) || fraction === 0 || digits > 19) throw unusual;
    let exponent = 0;
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      at++;
      const isBelow = bytes[at] === minus;
      if (isBelow || bytes[at] === 0x2b) at++;
      const begin = at;
      for (let digit = bytes[at]! - zero; digit >= 0 && digit <= 9; digit = bytes[++at]! - zero)
        exponent = 10 * exponent + digit;
      if (at === begin || at - begin > 2) throw unusual;
      if (isBelow) exponent = -exponent;
    }
    this.#at = at;
    this.#leading = isNegative ? -leading : leading;
    this.#rest = rest;
    this.#shape = 8 * (exponent - Math.max(0, fraction)) + Math.max(0, digits - 15);
  }

  /** Adds a string's units; the place is behind its first quote before and behind its last one after. */
  #string(): void {
    const bytes = this.#bytes;
    const units = this.#units;
    let count = this.#unitCount;
    let at = this.#at;
    for (;;) {
      const byte = bytes[at++]!;
      if (byte === quote) break;
      if (byte === backslash) {
        const letter = bytes[at++];
        if (letter === 0x75) {
          const code = String.fromCharCode(...bytes.subarray(at, at + 4));
          if (!/^[\da-fA-F]{4}$/.test(code)) throw unusual;
          units[count++] = Number.parseInt(code, 16);
          at += 4;
        } else {
          const unit = escapes.get(letter);
          if (unit === undefined) throw unusual;
          units[count++] = unit;
        }
      } else if (byte >= 0x20 && byte < 0x80) units[count++] = byte;
      else if (byte >= 0xc2 && byte < 0xe0) {
        units[count++] = ((byte & 0x1f) << 6) | tail(bytes[at++]);
      } else if (byte >= 0xe0 && byte < 0xf0) {
        const code = ((byte & 0xf) << 12) | (tail(bytes[at++]) << 6) | tail(bytes[at++]);
        if (code < 0x800 || (code & 0xf800) === 0xd800) throw unusual;
        units[count++] = code;
      } else if (byte >= 0xf0 && byte < 0xf5) {
        const code = ((byte & 7) << 18) | (tail(bytes[at++]) << 12) | (tail(bytes[at++]) << 6) | tail(bytes[at++]);
        if (code < 0x10000 || code > 0x10ffff) throw unusual;
        units[count++] = 0xd7c0 + (code >> 10);
        units[count++] = 0xdc00 | (code & 0x3ff);
      } else throw unusual;
    }
    this.#unitCount = count;
    this.#at = at;
  }
}

const unusual = /*@__PURE__*/ Symbol('left to JSON.parse');

/** What stands behind a backslash, and what it means. */
const escapes: ReadonlyMap<number | undefined, number> = /*@__PURE__*/ new Map([
  [quote, quote],
  [backslash, backslash],
  [0x2f, 0x2f],
  [0x62, 8],
  [0x66, 0xc],
  [0x6e, 0xa],
  [0x72, 0xd],
  [0x74, 9],
]);

function tail(byte: number | undefined): number {
  if (byte === undefined || (byte & 0xc0) !== 0x80) throw unusual;
  return byte & 0x3f;
}

function grown<A extends Uint16Array | Int16Array | Int32Array | Float64Array>(old: A, length: number): A {
  const bigger = new (old.constructor as new (length: number) => A)(length);
  bigger.set(old);
  return bigger;
}
