import { TokenTrie } from './models/token-trie.ts';
import { escapeRegExp } from './text/pattern.ts';

/** A literal that stands in a text. */
export interface FoundLiteral {
  readonly start: number;
  readonly end: number;
  readonly id: number;
}

/**
 * Finds any of many literals in a text: the leftmost, and of those that begin there the longest, none overlapping another.
 * Takes time in proportion to the literals once, and then to each text, however many literals there are and however they
 * overlap.
 *
 * An automaton reads the text from its end to its beginning and knows at each place the longest literal that begins there; a
 * walk from the beginning then takes the first, goes on behind it, and so on.
 * Source: Aho and Corasick, 1975, "Efficient string matching".
 */
export class LiteralFinder {
  readonly #ids: readonly number[];
  readonly #lengths: readonly number[];
  /** The literals spelled backwards. */
  readonly #trie: TokenTrie = new TokenTrie();
  /** For each node: the node of its longest proper ending. */
  readonly #fallbacks: Int32Array;
  /** For each node: the longest literal that it or one of its endings is; -1 is none. */
  readonly #longest: Int32Array;
  readonly #firsts: RegExp;

  /** From the literals with their ids; none is empty. */
  constructor(literals: ReadonlyMap<string, number>) {
    this.#ids = [...literals.values()];
    this.#lengths = Array.from(literals.keys(), (literal) => literal.length);
    const firsts = new Set<string>();
    let number = 0;
    for (const literal of literals.keys()) {
      this.#trie.addBackwards(literal, number++);
      firsts.add(literal[0]!);
    }
    this.#firsts = new RegExp(`[${[...firsts].map(escapeForClass).join('')}]`);
    this.#fallbacks = new Int32Array(this.#trie.size);
    this.#longest = new Int32Array(this.#trie.size).fill(-1);
    this.#link();
  }

  /** The literals in a text, in order. */
  *find(text: string): Generator<FoundLiteral> {
    // Most texts have none, which the first letters tell at once.
    const first = text.search(this.#firsts);
    if (first < 0) return;
    const starts: number[] = [];
    const literals: number[] = [];
    for (let node = 0, i = text.length - 1; i >= first; i--) {
      node = this.#next(node, text.charCodeAt(i));
      const literal = this.#longest[node]!;
      if (literal < 0) continue;
      starts.push(i);
      literals.push(literal);
    }
    for (let i = starts.length - 1, from = 0; i >= 0; i--) {
      const start = starts[i]!;
      if (start < from) continue;
      const literal = literals[i]!;
      from = start + this.#lengths[literal]!;
      yield { start, end: from, id: this.#ids[literal]! };
    }
  }

  #next(from: number, letter: number): number {
    const trie = this.#trie;
    let node = from;
    let child = trie.child(node, letter);
    while (child < 0 && node !== 0) {
      node = this.#fallbacks[node]!;
      child = trie.child(node, letter);
    }
    return Math.max(child, 0);
  }

  /** Sets fallbacks and longest literals, shorter spellings first. */
  #link(): void {
    const trie = this.#trie;
    for (const node of byDepth(trie)) {
      const parent = trie.parentOf(node);
      const fallback = parent === 0 ? 0 : this.#next(this.#fallbacks[parent]!, trie.letterOf(node));
      this.#fallbacks[node] = fallback;
      const own = trie.tokenAt(node);
      this.#longest[node] = own >= 0 ? own : this.#longest[fallback]!;
    }
  }
}

/** All nodes but the first, the nearer to it the earlier. */
function byDepth(trie: TokenTrie): Int32Array {
  const depths = new Int32Array(trie.size);
  let deepest = 0;
  for (let node = 1; node < trie.size; node++) {
    depths[node] = depths[trie.parentOf(node)]! + 1;
    deepest = Math.max(deepest, depths[node]!);
  }
  const places = new Int32Array(deepest + 2);
  for (let node = 1; node < trie.size; node++) places[depths[node]! + 1]!++;
  for (let depth = 1; depth < places.length; depth++) places[depth]! += places[depth - 1]!;
  const order = new Int32Array(trie.size - 1);
  for (let node = 1; node < trie.size; node++) order[places[depths[node]!]!++] = node;
  return order;
}

function escapeForClass(character: string): string {
  const code = character.charCodeAt(0);
  // A half of a surrogate pair is searched as the unit it is: the expression has no flag u.
  return code >= 0xd800 && code <= 0xdfff ? `\\u${code.toString(16)}` : character === '-' ? '\\-' : escapeRegExp(character);
}
