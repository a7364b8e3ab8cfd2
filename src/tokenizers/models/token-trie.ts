/**
 * Tokens by their letters, for finding the longest one that a text goes on with, in one walk and without cutting strings.
 * Edges stand in one hash table of numbers, so that a vocabulary of 100,000 tokens costs a few megabytes and no objects.
 */
export class TokenTrie {
  /** The node each edge leads to, by a hash of the node it leaves and its letter; -1 is empty. */
  #slots: Int32Array = new Int32Array(1 << 10).fill(-1);
  #parents: Int32Array = new Int32Array(1 << 9);
  #letters: Uint16Array = new Uint16Array(1 << 9);
  /** The token that ends at each node; -1 is none. */
  #ids: Int32Array = new Int32Array(1 << 9).fill(-1);
  #size = 1;
  /** Where the token ends that `longest` found. */
  end = 0;
  /** Where the tokens end that `prefixes` found, and their ids. */
  ends: Int32Array = new Int32Array(32);
  found: Int32Array = new Int32Array(32);

  /** Adds a token: letters from `from` to the end of `text`. Ids are below 2 ** 31. */
  add(text: string, from: number, id: number): void {
    let node = 0;
    for (let i = from; i < text.length; i++) {
      const letter = text.charCodeAt(i);
      const child = this.#child(node, letter);
      node = child >= 0 ? child : this.#newNode(node, letter);
    }
    this.#ids[node] = id;
  }

  /** The id of the longest token that begins at `from` and ends at `to` or before, or -1; `end` then says where it ends. */
  longest(text: string, from: number, to: number): number {
    const slots = this.#slots;
    const parents = this.#parents;
    const letters = this.#letters;
    const ids = this.#ids;
    const mask = slots.length - 1;
    let node = 0;
    let best = -1;
    for (let i = from; i < to; i++) {
      const letter = text.charCodeAt(i);
      let slot = hash(node, letter) & mask;
      let child = slots[slot]!;
      while (child >= 0 && (parents[child] !== node || letters[child] !== letter)) {
        slot = (slot + 1) & mask;
        child = slots[slot]!;
      }
      if (child < 0) break;
      node = child;
      if (ids[node]! >= 0) {
        best = ids[node]!;
        this.end = i + 1;
      }
    }
    return best;
  }

  /** How many tokens begin at `from` and end at `to` or before; `ends` and `found` then say which, the shortest first. */
  prefixes(text: string, from: number, to: number): number {
    const slots = this.#slots;
    const parents = this.#parents;
    const letters = this.#letters;
    const ids = this.#ids;
    const mask = slots.length - 1;
    let node = 0;
    let count = 0;
    for (let i = from; i < to; i++) {
      const letter = text.charCodeAt(i);
      let slot = hash(node, letter) & mask;
      let child = slots[slot]!;
      while (child >= 0 && (parents[child] !== node || letters[child] !== letter)) {
        slot = (slot + 1) & mask;
        child = slots[slot]!;
      }
      if (child < 0) break;
      node = child;
      if (ids[node]! < 0) continue;
      if (count === this.ends.length) this.#growFound();
      this.ends[count] = i + 1;
      this.found[count++] = ids[node]!;
    }
    return count;
  }

  #growFound(): void {
    for (const name of ['ends', 'found'] as const) {
      const bigger = new Int32Array(2 * this[name].length);
      bigger.set(this[name]);
      this[name] = bigger;
    }
  }

  #child(node: number, letter: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash(node, letter) & mask; ; slot = (slot + 1) & mask) {
      const child = this.#slots[slot]!;
      if (child < 0 || (this.#parents[child] === node && this.#letters[child] === letter)) return child;
    }
  }

  #newNode(parent: number, letter: number): number {
    const node = this.#size++;
    if (node === this.#ids.length) this.#grow();
    this.#parents[node] = parent;
    this.#letters[node] = letter;
    this.#place(node);
    return node;
  }

  #place(node: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash(this.#parents[node]!, this.#letters[node]!) & mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = node;
  }

  #grow(): void {
    const length = 2 * this.#ids.length;
    const old = { parents: this.#parents, letters: this.#letters, ids: this.#ids };
    this.#parents = new Int32Array(length);
    this.#parents.set(old.parents);
    this.#letters = new Uint16Array(length);
    this.#letters.set(old.letters);
    this.#ids = new Int32Array(length).fill(-1);
    this.#ids.set(old.ids);
    this.#slots = new Int32Array(2 * length).fill(-1);
    for (let node = 1; node < old.ids.length; node++) this.#place(node);
  }
}

function hash(node: number, letter: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(letter, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
