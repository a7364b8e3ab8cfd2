/**
 * The merges of a BPE model by their two tokens, in one hash table of numbers: 280,000 merges cost nine megabytes and no
 * objects. A pair that is added twice has the rank and the result of the last time, as in Hugging Face's library.
 */
export class PairTable {
  /** For each slot: left token, right token, rank and resulting token; an empty slot has -1 for the left one. */
  #slots: Int32Array;
  #mask: number;
  #size = 0;

  constructor(expected: number) {
    let slots = 64;
    while (slots < 2 * expected) slots *= 2;
    this.#mask = slots - 1;
    this.#slots = new Int32Array(4 * slots).fill(-1);
  }

  /** How many pairs there are. */
  get size(): number {
    return this.#size;
  }

  set(left: number, right: number, rank: number, result: number): void {
    if (2 * (this.#size + 1) > this.#mask + 1) this.#grow();
    const at = this.#placeOf(left, right);
    if (this.#slots[at]! < 0) this.#size++;
    this.#slots[at] = left;
    this.#slots[at + 1] = right;
    this.#slots[at + 2] = rank;
    this.#slots[at + 3] = result;
  }

  /** Where the pair stands, for `rankAt` and `resultAt`; -1 where it is no merge. */
  find(left: number, right: number): number {
    const at = this.#placeOf(left, right);
    return this.#slots[at]! < 0 ? -1 : at;
  }

  rankAt(at: number): number {
    return this.#slots[at + 2]!;
  }

  resultAt(at: number): number {
    return this.#slots[at + 3]!;
  }

  #placeOf(left: number, right: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    for (;;) {
      const at = 4 * slot;
      if (slots[at]! < 0 || (slots[at] === left && slots[at + 1] === right)) return at;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = 2 * (this.#mask + 1) - 1;
    this.#slots = new Int32Array(4 * (this.#mask + 1)).fill(-1);
    this.#size = 0;
    for (let at = 0; at < old.length; at += 4) if (old[at]! >= 0) this.set(old[at]!, old[at + 1]!, old[at + 2]!, old[at + 3]!);
  }
}
