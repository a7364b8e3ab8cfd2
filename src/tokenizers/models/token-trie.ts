import type { TextList } from './text-list.ts';

/** Tokens that a trie takes in when a text first comes near them: those of some texts, without what `prefix` takes off. */
export interface TokenSource {
  readonly texts: TextList;
  /** The id of the text at a place; -1 leaves it out. */
  readonly idAt: (place: number) => number;
  /** Only texts that begin with it are tokens, and they are what follows it. */
  readonly prefix?: string;
}

/**
 * Tokens by their letters, for finding the longest one that a text goes on with, in one walk and without cutting strings.
 * Edges stand in one hash table of numbers, so that a vocabulary of 100,000 tokens costs a few megabytes and no objects.
 *
 * A trie of a vocabulary takes the tokens of two letters and more in by their first two letters, when a text first has these:
 * most texts need a small part of 250,000 tokens, and a small trie stays in the processor's caches.
 */
export class TokenTrie {
  /** The node each edge leads to, by a hash of the node it leaves and its letter; -1 is empty. */
  #slots: Int32Array;
  /** For each node: the node before it, its letter, the token that ends here (-1 is none), and nothing: all in one cache line. */
  #nodes: Int32Array;
  /** The node that each letter leads to from the first one, which is asked most often; -1 is none. */
  readonly #firsts: Int32Array = new Int32Array(0x10000).fill(-1);
  #size = 1;
  /** Where the token ends that `longest` found. */
  end = 0;
  /** Where the tokens end that `prefixes` found, and their ids. */
  ends: Int32Array = new Int32Array(32);
  found: Int32Array = new Int32Array(32);

  readonly #source: TokenSource | undefined;
  /** By a hash of a token's first two letters: the place of the first token that is not taken in yet, plus 1. */
  readonly #waiting: Int32Array = noPlaces;
  /** For each of the source's places: the one that waits behind it, plus 1. */
  readonly #behind: Int32Array = noPlaces;

  /** Empty, or of a vocabulary: `longest` and `prefixes` then find all its tokens. */
  constructor(source?: TokenSource) {
    const nodes = 1 << 9;
    this.#source = source;
    this.#slots = new Int32Array(2 * nodes).fill(-1);
    this.#nodes = new Int32Array(4 * nodes).fill(-1);
    if (source === undefined) return;
    const { texts, idAt, prefix = '' } = source;
    const { units, bounds } = texts;
    this.#waiting = new Int32Array(pairCount);
    this.#behind = new Int32Array(texts.length);
    // From the last to the first, so that of equal tokens the last is taken in last.
    for (let place = texts.length - 1; place >= 0; place--) {
      const from = bounds[place]! + prefix.length;
      const length = bounds[place + 1]! - from;
      if (length < 2 || !begins(units, bounds[place]!, prefix) || idAt(place) < 0) continue;
      const pair = pairOf(units[from]!, units[from + 1]!);
      this.#behind[place] = this.#waiting[pair]!;
      this.#waiting[pair] = place + 1;
    }
    for (let place = 0; place < texts.length; place++) {
      const from = bounds[place]! + prefix.length;
      if (bounds[place + 1]! - from !== 1 || !begins(units, bounds[place]!, prefix)) continue;
      const id = idAt(place);
      if (id < 0) continue;
      // The step may put a larger list in the place of the old one.
      const node = this.#step(0, units[from]!);
      this.#nodes[4 * node + 2] = id;
    }
  }

  /** How many nodes there are. Node 0 is the first one; a node's number is above that of the node before it. */
  get size(): number {
    return this.#size;
  }

  /** Adds a token: letters from `from` to the end of `text`. Ids are below 2 ** 31. */
  add(text: string, from: number, id: number): void {
    let node = 0;
    for (let i = from; i < text.length; i++) node = this.#step(node, text.charCodeAt(i));
    this.#nodes[4 * node + 2] = id;
  }

  /** Adds a token whose letters are read from the last to the first. */
  addBackwards(text: string, id: number): void {
    let node = 0;
    for (let i = text.length - 1; i >= 0; i--) node = this.#step(node, text.charCodeAt(i));
    this.#nodes[4 * node + 2] = id;
  }

  /** The node that a letter leads to from a node; -1 is none. */
  child(node: number, letter: number): number {
    return node === 0 ? this.#firsts[letter]! : this.#childOf(node, letter);
  }

  /** The node before a node that is not the first. */
  parentOf(node: number): number {
    return this.#nodes[4 * node]!;
  }

  /** The letter that leads to a node that is not the first. */
  letterOf(node: number): number {
    return this.#nodes[4 * node + 1]!;
  }

  /** The token that ends at a node; -1 is none. */
  tokenAt(node: number): number {
    return this.#nodes[4 * node + 2]!;
  }

  /** The id of the longest token that begins at `from` and ends at `to` or before, or -1; `end` then says where it ends. */
  longest(units: Uint16Array, from: number, to: number): number {
    if (this.#source !== undefined && from + 1 < to) this.#takeIn(units[from]!, units[from + 1]!);
    const nodes = this.#nodes;
    let best = -1;
    let node = from < to ? this.#firsts[units[from]!]! : -1;
    for (let i = from + 1; node >= 0; i++) {
      const id = nodes[4 * node + 2]!;
      if (id >= 0) {
        best = id;
        this.end = i;
      }
      if (i === to) break;
      node = this.#childOf(node, units[i]!);
    }
    return best;
  }

  /** How many tokens begin at `from` and end at `to` or before; `ends` and `found` then say which, the shortest first. */
  prefixes(units: Uint16Array, from: number, to: number): number {
    if (this.#source !== undefined && from + 1 < to) this.#takeIn(units[from]!, units[from + 1]!);
    const nodes = this.#nodes;
    let count = 0;
    let node = from < to ? this.#firsts[units[from]!]! : -1;
    for (let i = from + 1; node >= 0; i++) {
      const id = nodes[4 * node + 2]!;
      if (id >= 0) {
        if (count === this.ends.length) this.#growFound();
        this.ends[count] = i;
        this.found[count++] = id;
      }
      if (i === to) break;
      node = this.#childOf(node, units[i]!);
    }
    return count;
  }

  /** Takes in the tokens that wait for two letters. */
  #takeIn(first: number, second: number): void {
    const pair = pairOf(first, second);
    let waiting = this.#waiting[pair]!;
    if (waiting === 0) return;
    this.#waiting[pair] = 0;
    const { texts, idAt, prefix = '' } = this.#source!;
    const { units, bounds } = texts;
    while (waiting > 0) {
      const place = waiting - 1;
      const to = bounds[place + 1]!;
      let node = 0;
      for (let i = bounds[place]! + prefix.length; i < to; i++) node = this.#step(node, units[i]!);
      this.#nodes[4 * node + 2] = idAt(place);
      waiting = this.#behind[place]!;
    }
  }

  /** The node that a letter leads to from one that is not the first; -1 is none. */
  #childOf(node: number, letter: number): number {
    const slots = this.#slots;
    const nodes = this.#nodes;
    const mask = slots.length - 1;
    for (let slot = hash(node, letter) & mask; ; slot = (slot + 1) & mask) {
      const child = slots[slot]!;
      if (child < 0 || (nodes[4 * child] === node && nodes[4 * child + 1] === letter)) return child;
    }
  }

  #growFound(): void {
    for (const name of ['ends', 'found'] as const) {
      const bigger = new Int32Array(2 * this[name].length);
      bigger.set(this[name]);
      this[name] = bigger;
    }
  }

  #step(node: number, letter: number): number {
    const child = this.child(node, letter);
    return child >= 0 ? child : this.#newNode(node, letter);
  }

  #newNode(parent: number, letter: number): number {
    const node = this.#size++;
    if (4 * node === this.#nodes.length) this.#grow();
    this.#nodes[4 * node] = parent;
    this.#nodes[4 * node + 1] = letter;
    if (parent === 0) this.#firsts[letter] = node;
    else this.#place(node);
    return node;
  }

  #place(node: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash(this.#nodes[4 * node]!, this.#nodes[4 * node + 1]!) & mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = node;
  }

  #grow(): void {
    const old = this.#nodes;
    this.#nodes = new Int32Array(2 * old.length).fill(-1);
    this.#nodes.set(old);
    this.#slots = new Int32Array(old.length).fill(-1);
    for (let node = 1; 4 * node < old.length; node++) if (old[4 * node] !== 0) this.#place(node);
  }
}

const noPlaces = /*@__PURE__*/ new Int32Array(0);

/** How many groups the pairs of first letters fall into. */
const pairCount = 1 << 16;

function pairOf(first: number, second: number): number {
  return (Math.imul(first, 0x9e3779b1) >>> 16) ^ second;
}

function begins(units: Uint16Array, from: number, prefix: string): boolean {
  for (let i = 0; i < prefix.length; i++) if (units[from + i] !== prefix.charCodeAt(i)) return false;
  return true;
}

function hash(node: number, letter: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(letter, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
