import { TextList } from './text-list.ts';
import { TokenTrie } from './token-trie.ts';

/** Letters that tokens begin with. */
export interface TokenPrefix {
  readonly text: string;
  /** The hash of these letters, to be gone on with. */
  readonly hash: number;
}

/**
 * A vocabulary in lists of numbers: tokens by id and ids by token, through a hash table over the tokens' units. 250,000 tokens
 * cost a few megabytes and no objects; a token's string is made when somebody asks for it.
 */
export class TokenTable {
  readonly texts: TextList;
  /** The id of each text; null where a text's place is its id. */
  readonly #ids: Int32Array | null;
  /**
   * By hash: the place of a text plus 1, in the low bits, and above them as many bits of its hash as fit; 0 is empty. Made when
   * first needed.
   */
  #slots: Int32Array | undefined;
  readonly #placeBits: number;
  /** A bit for each hash of a token, few enough to stay in the processor's caches: most lookups end here. */
  #bits: Int32Array = new Int32Array(0);
  /** By a hash of their first three letters: how long the longest token is that begins so. Made when first needed. */
  #longest: Uint8Array | undefined;
  #trie: TokenTrie | undefined;
  /** How long the longest token is. Known when the hash table is. */
  #mostUnits = 0;
  /** Where the token ends that `longest` found. */
  end = 0;
  /** Where the tokens end that `prefixes` found, and their ids. */
  ends: Int32Array = new Int32Array(longestHashed);
  found: Int32Array = new Int32Array(longestHashed);
  /** By id: the place of its text plus 1. Made when first needed, and a list of numbers unless the ids are far apart. */
  #places: Int32Array | Map<number, number> | undefined;
  readonly #strings: (string | undefined)[] = [];

  constructor(texts: TextList, ids: Int32Array | null) {
    this.texts = texts;
    this.#ids = ids;
    this.#placeBits = 32 - Math.clz32(texts.length + 1);
  }

  /** The table of a vocabulary. */
  static of(vocab: ReadonlyMap<string, number>): TokenTable {
    return new TokenTable(TextList.of([...vocab.keys()]), Int32Array.from(vocab.values()));
  }

  /** How many tokens there are. */
  get size(): number {
    return this.texts.length;
  }

  /** Whether no token and no id occurs twice. */
  get isOneToOne(): boolean {
    const ids = this.#ids;
    const places = this.#placesById();
    if (ids !== null && !(places instanceof Map))
      for (let i = 0; i < ids.length; i++) if (places[ids[i]!] !== i + 1) return false;
    if (places instanceof Map && places.size !== this.size) return false;
    return this.#fill() === this.size;
  }

  /** The id of a token, or undefined. */
  idOf(token: string): number | undefined {
    const slots = this.#table();
    const { units, bounds } = this.texts;
    const { length } = token;
    let hash = start;
    for (let i = 0; i < length; i++) hash = step(hash, token.charCodeAt(i));
    hash = finish(hash);
    const mask = slots.length - 1;
    const places = (1 << this.#placeBits) - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = (slots[slot]! & places) - 1;
      if (place < 0) return undefined;
      const from = bounds[place]!;
      if (bounds[place + 1]! - from !== length) continue;
      let i = 0;
      while (i < length && units[from + i] === token.charCodeAt(i)) i++;
      if (i === length) return this.idAt(place);
    }
  }

  /** The id of the token that has the units from `from` to `to`, and behind them those from `then` to `end`; -1 is none. */
  find(given: Uint16Array, from: number, to: number, then = 0, end = 0): number {
    const slots = this.#table();
    const { units, bounds } = this.texts;
    let hash = start;
    for (let i = from; i < to; i++) hash = step(hash, given[i]!);
    for (let i = then; i < end; i++) hash = step(hash, given[i]!);
    const length = to - from + end - then;
    hash = finish(hash);
    const mask = slots.length - 1;
    const places = (1 << this.#placeBits) - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot]!;
      if (entry === 0) return -1;
      if ((entry ^ hash) >>> this.#placeBits !== 0) continue;
      const place = (entry & places) - 1;
      let at = bounds[place]!;
      if (bounds[place + 1]! - at !== length) continue;
      let i = from;
      while (i < to && units[at] === given[i]) {
        i++;
        at++;
      }
      if (i < to) continue;
      i = then;
      while (i < end && units[at] === given[i]) {
        i++;
        at++;
      }
      if (i === end) return this.idAt(place);
    }
  }

  /** What `longest` needs to know of what its tokens begin with. */
  prefix(text: string): TokenPrefix {
    let hash = start;
    for (let i = 0; i < text.length; i++) hash = step(hash, text.charCodeAt(i));
    return { text, hash };
  }

  /** Whether `longest` may be used: with longer tokens a text could come near them often without having them. */
  get isShort(): boolean {
    this.#table();
    return this.#mostUnits <= longestHashed;
  }

  /**
   * The id of the longest token that is a prefix and then what begins at `from` and ends at `to` or before, at least one unit of
   * it; -1 is none. `end` then says where it ends.
   */
  longest(prefix: TokenPrefix, given: Uint16Array, from: number, to: number): number {
    const slots = this.#table();
    const { units, bounds } = this.texts;
    const known = this.#bits;
    const before = prefix.text.length;
    const last = Math.min(to, from + this.#mostUnits - before);
    const bits = this.#placeBits;
    const places = (1 << bits) - 1;
    const mask = slots.length - 1;
    let { hash } = prefix;
    let found = -1;
    for (let end = from + 1; end <= last; end++) {
      hash = step(hash, given[end - 1]!);
      const mixed = finish(hash);
      if ((known[(mixed >>> 5) & wordMask]! & (1 << (mixed & 31))) === 0) continue;
      for (let slot = mixed & mask; ; slot = (slot + 1) & mask) {
        const entry = slots[slot]!;
        if (entry === 0) break;
        if ((entry ^ mixed) >>> bits !== 0) continue;
        const place = (entry & places) - 1;
        let at = bounds[place]! + before;
        if (bounds[place + 1]! - at !== end - from) continue;
        let i = from;
        while (i < end && units[at] === given[i]) {
          i++;
          at++;
        }
        if (i < end || !this.#begins(place, prefix.text)) continue;
        found = place;
        this.end = end;
        break;
      }
    }
    return found < 0 ? -1 : this.idAt(found);
  }

  #begins(place: number, text: string): boolean {
    const { units, bounds } = this.texts;
    const from = bounds[place]!;
    for (let i = 0; i < text.length; i++) if (units[from + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /**
   * How many tokens begin at `from` and end at `to` or before; `ends` and `found` then say which, the shortest first. Each
   * length that a token of these first letters may have is looked up: the table of all tokens is there anyway, and making a trie
   * of 250,000 takes longer than encoding most texts.
   */
  prefixes(given: Uint16Array, from: number, to: number): number {
    if (this.#longest === undefined) this.#measure();
    const slots = this.#table();
    const most = from + 2 < to ? this.#longest![groupOf(given[from]!, given[from + 1]!, given[from + 2]!)]! : 2;
    if (most > longestHashed) return this.#prefixesInTrie(given, from, to);
    const { units, bounds } = this.texts;
    const { ends, found } = this;
    const ids = this.#ids;
    const known = this.#bits;
    const last = Math.min(to, from + Math.max(2, most));
    const bits = this.#placeBits;
    const places = (1 << bits) - 1;
    const mask = slots.length - 1;
    let hash = start;
    let count = 0;
    for (let end = from + 1; end <= last; end++) {
      hash = step(hash, given[end - 1]!);
      const mixed = finish(hash);
      if ((known[(mixed >>> 5) & wordMask]! & (1 << (mixed & 31))) === 0) continue;
      for (let slot = mixed & mask; ; slot = (slot + 1) & mask) {
        const entry = slots[slot]!;
        if (entry === 0) break;
        if ((entry ^ mixed) >>> bits !== 0) continue;
        const place = (entry & places) - 1;
        let at = bounds[place]!;
        if (bounds[place + 1]! - at !== end - from) continue;
        let i = from;
        while (i < end && units[at] === given[i]) {
          i++;
          at++;
        }
        if (i < end) continue;
        ends[count] = end;
        found[count++] = ids === null ? place : ids[place]!;
        break;
      }
    }
    return count;
  }

  #prefixesInTrie(given: Uint16Array, from: number, to: number): number {
    this.#trie ??= new TokenTrie({ texts: this.texts, idAt: (place) => this.idAt(place) });
    const count = this.#trie.prefixes(given, from, to);
    this.ends = this.#trie.ends;
    this.found = this.#trie.found;
    return count;
  }

  /** Finds how long the longest token is for each three first letters. */
  #measure(): void {
    const { units, bounds } = this.texts;
    const longest = new Uint8Array(groups);
    for (let place = 0; place < this.size; place++) {
      const from = bounds[place]!;
      const length = bounds[place + 1]! - from;
      if (length < 3) continue;
      const group = groupOf(units[from]!, units[from + 1]!, units[from + 2]!);
      if (length > longest[group]!) longest[group] = Math.min(length, longestHashed + 1);
    }
    this.#longest = longest;
  }

  /** The id of the token at a place of `texts`. */
  idAt(place: number): number {
    return this.#ids === null ? place : this.#ids[place]!;
  }

  /** The token of an id, or undefined. */
  tokenOf(id: number): string | undefined {
    if (!Number.isSafeInteger(id) || id < 0) return undefined;
    const known = this.#strings[id];
    if (known !== undefined) return known;
    const place = this.#placeOf(id);
    if (place < 0) return undefined;
    const token = this.texts.at(place);
    if (id < 2 * this.size + spare) this.#strings[id] = token;
    return token;
  }

  /** All tokens with their ids, in the order they were given in. */
  toMap(): Map<string, number> {
    const map = new Map<string, number>();
    for (let place = 0; place < this.size; place++) map.set(this.texts.at(place), this.idAt(place));
    return map;
  }

  /** All tokens with their ids, in the order of ids. */
  inOrder(): [token: string, id: number][] {
    return [...this.toMap()].sort((a, b) => a[1] - b[1]);
  }

  /** The same as an object. */
  toObject(): Record<string, number> {
    return Object.fromEntries(this.inOrder());
  }

  #placeOf(id: number): number {
    if (this.#ids === null) return id < this.size ? id : -1;
    const places = this.#placesById();
    return ((places instanceof Map ? places.get(id) : places[id]) ?? 0) - 1;
  }

  #placesById(): Int32Array | Map<number, number> {
    if (this.#places === undefined) {
      const ids = this.#ids ?? new Int32Array(0);
      let end = 0;
      for (let i = 0; i < ids.length; i++) end = Math.max(end, ids[i]! + 1);
      if (end <= 2 * ids.length + spare) {
        this.#places = new Int32Array(end);
        for (let i = 0; i < ids.length; i++) this.#places[ids[i]!] = i + 1;
      } else {
        this.#places = new Map();
        for (let i = 0; i < ids.length; i++) this.#places.set(ids[i]!, i + 1);
      }
    }
    return this.#places;
  }

  #table(): Int32Array {
    if (this.#slots === undefined) this.#fill();
    return this.#slots!;
  }

  /** Makes the hash table. Gives how many tokens differ; of equal ones the last is found. */
  #fill(): number {
    const { units, bounds } = this.texts;
    let size = 16;
    while (size < 2 * this.size) size *= 2;
    const slots = new Int32Array(size);
    const mask = size - 1;
    const bits = this.#placeBits;
    const places = (1 << bits) - 1;
    const known = new Int32Array(bitCount / 32);
    const count = bounds.length - 1;
    let different = 0;
    let most = 0;
    // `step` and `finish` are written out: this runs once, and mostly before calls would be compiled away.
    for (let place = 0, from = bounds[0]!; place < count; place++) {
      const to = bounds[place + 1]!;
      if (to - from > most) most = to - from;
      let hash = start;
      for (let i = from; i < to; i++) hash = Math.imul(hash ^ units[i]!, 0x01000193) ^ (hash >>> 15);
      hash ^= hash >>> 13;
      let slot = hash & mask;
      for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
        const entry = slots[slot]!;
        if ((entry ^ hash) >>> bits === 0 && isSame(units, bounds, (entry & places) - 1, from, to)) break;
      }
      if (slots[slot] === 0) different++;
      known[(hash >>> 5) & wordMask]! |= 1 << (hash & 31);
      slots[slot] = ((hash >>> bits) << bits) | (place + 1);
      from = to;
    }
    this.#slots = slots;
    this.#bits = known;
    this.#mostUnits = most;
    return different;
  }
}

function isSame(units: Uint16Array, bounds: Int32Array, place: number, from: number, to: number): boolean {
  let at = bounds[place]!;
  if (bounds[place + 1]! - at !== to - from) return false;
  for (let i = from; i < to; i++) if (units[at++] !== units[i]) return false;
  return true;
}

const bitCount = 1 << 21;
const wordMask = bitCount / 32 - 1;
const groups = 1 << 17;

function groupOf(first: number, second: number, third: number): number {
  const mixed = Math.imul(Math.imul(first, 0x9e3779b1) ^ second, 0x85ebca6b) ^ third;
  return (mixed ^ (mixed >>> 15)) & (groups - 1);
}

/** Tokens that are longer are found in a trie: a text may come near them often without having them. */
const longestHashed = 32;

/** Ids up to this much beyond twice the number of tokens are kept in lists. */
const spare = 1024;

/** Where hashes begin: another number in each process, so that no file can be made whose tokens all fall on one slot. */
const start = /*@__PURE__*/ Math.floor(/*@__PURE__*/ Math.random() * 0x7fffffff);

function step(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193) ^ (hash >>> 15);
}

function finish(hash: number): number {
  return hash ^ (hash >>> 13);
}
