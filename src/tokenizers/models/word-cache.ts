import type { TokenSink } from './model.ts';

const mostWords = 1 << 16;
const longestWord = 255;
/** A word is looked for in this many slots, then taken for a new one: words made to fall on one slot cost no more than that. */
const mostProbes = 32;

/** The tokens of a word as they are found: id, start and end of each, one after another. */
export class FoundTokens implements TokenSink {
  numbers: Int32Array = new Int32Array(1 << 8);
  size = 0;
  /** Whether one of them has another text than its id has. */
  hasSpelled = false;
  readonly texts = new Map<number, string>();

  clear(): void {
    this.size = 0;
    this.hasSpelled = false;
  }

  add(id: number, start: number, end: number): void {
    if (this.size + 3 > this.numbers.length) {
      const bigger = new Int32Array(2 * this.numbers.length);
      bigger.set(this.numbers);
      this.numbers = bigger;
    }
    this.numbers[this.size++] = id;
    this.numbers[this.size++] = start;
    this.numbers[this.size++] = end;
  }

  addSpelled(id: number, start: number, end: number, text: string): void {
    if (!this.hasSpelled) this.texts.clear();
    this.hasSpelled = true;
    this.texts.set(this.size, text);
    this.add(id, start, end);
  }
}

/**
 * The tokens of words seen before, found by the words' UTF-16 units: hashes, words and tokens stand in lists of numbers, so a
 * word that is known costs no string. Holds a bounded number of words of bounded length, and starts anew when it is full.
 */
export class WordCache {
  /** What a new word's tokens are collected in. */
  readonly found: FoundTokens = new FoundTokens();
  /** For each slot: a word's hash, its place in `#units`, its length and number of tokens, and their place in `#tokens`. */
  #slots: Int32Array = new Int32Array(4 << 10);
  #mask = (1 << 10) - 1;
  #size = 0;
  #units: Uint16Array = new Uint16Array(1 << 12);
  #unitCount = 0;
  /** For each token: its id, and its start and end in the word as one number. */
  #tokens: Int32Array = new Int32Array(1 << 12);
  #tokenCount = 0;
  /** Where the word that was looked for last would stand, and its hash; -1 where it cannot be kept. */
  #free = -1;
  #hash = 0;

  /** The slot of the word from `start` to `end`, or -1; `found` is then empty for its tokens. */
  find(units: Uint16Array, start: number, end: number): number {
    const length = end - start;
    this.#free = -1;
    if (length <= longestWord) {
      let hash = length;
      for (let i = start; i < end; i++) hash = Math.imul(hash ^ units[i]!, 0x01000193) ^ (hash >>> 15);
      hash ^= hash >>> 13;
      const slots = this.#slots;
      const mask = this.#mask;
      const words = this.#units;
      for (let probe = 0, slot = hash & mask; probe < mostProbes; probe++, slot = (slot + 1) & mask) {
        const at = 4 * slot;
        const sizes = slots[at + 2]!;
        if (sizes === 0) {
          this.#free = at;
          break;
        }
        if (slots[at] !== hash || (sizes & 0xff) !== length) continue;
        let there = slots[at + 1]!;
        let here = start;
        while (here < end && words[there] === units[here]) {
          here++;
          there++;
        }
        if (here === end) return at;
      }
      this.#hash = hash;
    }
    this.found.clear();
    return -1;
  }

  /** Gives out the tokens of a known word that stands at `start`. */
  replay(at: number, start: number, sink: TokenSink): void {
    const tokens = this.#tokens;
    let place = this.#slots[at + 3]!;
    for (let count = this.#slots[at + 2]! >> 8; count > 0; count--) {
      const span = tokens[place + 1]!;
      sink.add(tokens[place]!, start + (span >> 8), start + (span & 0xff));
      place += 2;
    }
  }

  /** Gives out the tokens in `found`. */
  giveOut(sink: TokenSink): void {
    const { numbers, size, hasSpelled, texts } = this.found;
    for (let i = 0; i < size; i += 3) {
      const text = hasSpelled ? texts.get(i) : undefined;
      if (text === undefined) sink.add(numbers[i]!, numbers[i + 1]!, numbers[i + 2]!);
      else sink.addSpelled(numbers[i]!, numbers[i + 1]!, numbers[i + 2]!, text);
    }
  }

  /** Gives out the tokens in `found`, those of the word that was looked for last, and keeps them. */
  keep(units: Uint16Array, start: number, end: number, sink: TokenSink): void {
    this.giveOut(sink);
    const { numbers, size, hasSpelled } = this.found;
    const at = this.#free;
    if (at < 0 || hasSpelled || start === end) return;
    const slots = this.#slots;
    slots[at] = this.#hash;
    slots[at + 1] = this.#unitCount;
    slots[at + 2] = ((size / 3) << 8) | (end - start);
    slots[at + 3] = this.#tokenCount;
    if (this.#unitCount + end - start > this.#units.length) {
      const bigger = new Uint16Array(2 * this.#units.length);
      bigger.set(this.#units);
      this.#units = bigger;
    }
    for (let i = start; i < end; i++) this.#units[this.#unitCount++] = units[i]!;
    while (this.#tokenCount + size > this.#tokens.length) {
      const bigger = new Int32Array(2 * this.#tokens.length);
      bigger.set(this.#tokens);
      this.#tokens = bigger;
    }
    for (let i = 0; i < size; i += 3) {
      this.#tokens[this.#tokenCount++] = numbers[i]!;
      this.#tokens[this.#tokenCount++] = ((numbers[i + 1]! - start) << 8) | (numbers[i + 2]! - start);
    }
    this.#size++;
    if (2 * this.#size > this.#mask) this.#grow();
  }

  clear(): void {
    this.#slots = new Int32Array(4 << 10);
    this.#mask = (1 << 10) - 1;
    this.#size = 0;
    this.#unitCount = 0;
    this.#tokenCount = 0;
  }

  #grow(): void {
    if (this.#size >= mostWords) {
      this.clear();
      return;
    }
    const old = this.#slots;
    const mask = 2 * this.#mask + 1;
    const slots = new Int32Array(4 * (mask + 1));
    for (let from = 0; from < old.length; from += 4) {
      if (old[from + 2] === 0) continue;
      let slot = old[from]! & mask;
      while (slots[4 * slot + 2] !== 0) slot = (slot + 1) & mask;
      slots.set(old.subarray(from, from + 4), 4 * slot);
    }
    this.#slots = slots;
    this.#mask = mask;
  }
}
