import { textOf } from '../text/unit-text.ts';

/**
 * How often words occur, in lists of numbers: a word that was seen before costs no string. Words keep the order in which they
 * were first seen.
 */
export class WordCounts {
  /** The number of the word in each slot, by its hash; -1 is empty. */
  #slots: Int32Array = new Int32Array(1 << 12).fill(-1);
  #hashes: Int32Array = new Int32Array(1 << 11);
  /** Where each word begins in `#units`; it ends where the next one begins. */
  #starts: Int32Array = new Int32Array((1 << 11) + 1);
  #counts: Float64Array = new Float64Array(1 << 11);
  #units: Uint16Array = new Uint16Array(1 << 14);
  #size = 0;

  /** Counts the word that stands in a text's units from one place to another. */
  add(text: Uint16Array, from: number, to: number): void {
    let hash = to - from;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ text[i]!, 0x01000193) ^ (hash >>> 15);
    hash ^= hash >>> 13;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (; ; slot = (slot + 1) & mask) {
      const word = this.#slots[slot]!;
      if (word < 0) break;
      if (this.#hashes[word] === hash && this.#is(word, text, from, to)) {
        this.#counts[word]!++;
        return;
      }
    }
    this.#slots[slot] = this.#new(hash, text, from, to);
    if (2 * this.#size > this.#slots.length) this.#rehash();
  }

  /** The words with their counts. */
  *[Symbol.iterator](): Generator<[word: string, count: number]> {
    for (let word = 0; word < this.#size; word++) {
      yield [textOf(this.#units, this.#starts[word]!, this.#starts[word + 1]!), this.#counts[word]!];
    }
  }

  #is(word: number, text: Uint16Array, from: number, to: number): boolean {
    const start = this.#starts[word]!;
    if (this.#starts[word + 1]! - start !== to - from) return false;
    for (let i = from, k = start; i < to; i++, k++) if (this.#units[k] !== text[i]!) return false;
    return true;
  }

  #new(hash: number, text: Uint16Array, from: number, to: number): number {
    const word = this.#size++;
    if (word === this.#hashes.length) {
      this.#hashes = grown(this.#hashes, new Int32Array(2 * word));
      this.#counts = grown(this.#counts, new Float64Array(2 * word));
      this.#starts = grown(this.#starts, new Int32Array(2 * word + 1));
    }
    let end = this.#starts[word]!;
    if (end + to - from > this.#units.length) {
      this.#units = grown(this.#units, new Uint16Array(2 * (end + to - from)));
    }
    for (let i = from; i < to; i++) this.#units[end++] = text[i]!;
    this.#starts[word + 1] = end;
    this.#hashes[word] = hash;
    this.#counts[word] = 1;
    return word;
  }

  #rehash(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(-1);
    const mask = this.#slots.length - 1;
    for (let word = 0; word < this.#size; word++) {
      let slot = this.#hashes[word]! & mask;
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = word;
    }
  }
}

function grown<A extends Int32Array | Float64Array | Uint16Array>(old: A, bigger: A): A {
  bigger.set(old);
  return bigger;
}
