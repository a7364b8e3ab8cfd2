import { TextList } from './text-list.ts';

/**
 * A vocabulary in lists of numbers: tokens by id and ids by token, through a hash table over the tokens' units. 250,000 tokens
 * cost a few megabytes and no objects; a token's string is made when somebody asks for it.
 */
export class TokenTable {
  readonly texts: TextList;
  /** The id of each text; null where a text's place is its id. */
  readonly #ids: Int32Array | null;
  /** By hash: the place of a text plus 1; 0 is empty. Made when first needed. */
  #slots: Int32Array | undefined;
  /** By id: the place of its text plus 1. Made when first needed, and a list of numbers unless the ids are far apart. */
  #places: Int32Array | Map<number, number> | undefined;
  readonly #strings: (string | undefined)[] = [];

  constructor(texts: TextList, ids: Int32Array | null) {
    this.texts = texts;
    this.#ids = ids;
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
    const mask = slots.length - 1;
    for (let slot = finish(hash) & mask; ; slot = (slot + 1) & mask) {
      const place = slots[slot]! - 1;
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
    const mask = slots.length - 1;
    for (let slot = finish(hash) & mask; ; slot = (slot + 1) & mask) {
      const place = slots[slot]! - 1;
      if (place < 0) return -1;
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
    let different = 0;
    for (let place = 0; place < this.size; place++) {
      const from = bounds[place]!;
      const to = bounds[place + 1]!;
      let hash = start;
      for (let i = from; i < to; i++) hash = step(hash, units[i]!);
      let slot = finish(hash) & mask;
      for (; slots[slot] !== 0; slot = (slot + 1) & mask) if (isSame(units, bounds, slots[slot]! - 1, from, to)) break;
      if (slots[slot] === 0) different++;
      slots[slot] = place + 1;
    }
    this.#slots = slots;
    return different;
  }
}

function isSame(units: Uint16Array, bounds: Int32Array, place: number, from: number, to: number): boolean {
  let at = bounds[place]!;
  if (bounds[place + 1]! - at !== to - from) return false;
  for (let i = from; i < to; i++) if (units[at++] !== units[i]) return false;
  return true;
}

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
