import { Heap } from './heap.ts';

/** Words as lists of symbols, and the tokens those symbols are: where merging starts. */
export interface MergeStart {
  /** The tokens so far; a symbol is a place in this list. Merging adds to it. */
  readonly tokens: string[];
  /** The symbols of all words, one word after the other. */
  readonly symbols: Int32Array;
  /** Where each word begins in `symbols`, and last the end of all. */
  readonly starts: Int32Array;
  /** How often each word occurs. */
  readonly counts: Float64Array;
}

/** When merging stops, and how tokens are joined. */
export interface MergeLimits {
  readonly vocab_size: number;
  /** Pairs rarer than this are not merged. */
  readonly min_frequency: number;
  /** What a token starts with that continues a word; it disappears where two tokens are joined. */
  readonly prefix: string;
  /** A pair is counted only where its token would have fewer characters than this; the pairs of single characters always. */
  readonly max_token_length?: number | undefined;
}

/** One merge: the two symbols that were joined, and the one they are now. */
export interface Merge {
  readonly first: number;
  readonly second: number;
  readonly id: number;
  /** How often the pair stood in the texts. */
  readonly count: number;
  /** What made it the best pair: its count, or how much likelier it is than its parts by chance. */
  readonly score: number;
  /** The words it may have stood in, by number: all in which it stood are among them. */
  readonly words: readonly number[];
}

/** How far merging is. After each merge, what it was. */
export interface MergeProgress {
  readonly stage: 'count pairs' | 'merge pairs';
  readonly done: number;
  readonly merge?: Merge;
}

/** A pair of symbols in the queue. `words` are those in which it was seen when it was put there. */
interface Candidate {
  count: number;
  readonly pair: number;
  readonly words: readonly number[];
}

/**
 * Joins the most frequent pair of neighbouring symbols to a new token, again and again (byte-pair encoding), and yields the
 * stage and how far it is, so that a caller can rest in between. Among equally frequent pairs the one with the lower
 * symbols comes first. The steps, and so the result, are those of Hugging Face's Rust trainer.
 * Source: Sennrich, Haddow and Birch, 2016, arXiv:1508.07909.
 */
export function* mergePairs(start: MergeStart, limits: MergeLimits): Generator<MergeProgress> {
  const { tokens, symbols, starts, counts } = start;
  const { max_token_length = Number.POSITIVE_INFINITY } = limits;
  // How many characters each symbol stands for; only a limit needs to know.
  const sizes = max_token_length < Number.POSITIVE_INFINITY ? tokens.map(() => 1) : null;
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const lengths = new Int32Array(counts.length);
  for (let word = 0; word < counts.length; word++) lengths[word] = starts[word + 1]! - starts[word]!;
  const pairs = new PairTable();
  const queue = new Heap<Candidate>((x, y) => {
    if (x.count !== y.count) return x.count > y.count;
    const difference = pairs.first(x.pair) - pairs.first(y.pair);
    return difference !== 0 ? difference < 0 : pairs.second(x.pair) < pairs.second(y.pair);
  });

  for (let word = 0; word < counts.length; word++) {
    for (let i = starts[word]!; i + 1 < starts[word + 1]!; i++) pairs.add(symbols[i]!, symbols[i + 1]!, counts[word]!, word);
    if (word % 1024 === 1023) yield { stage: 'count pairs', done: word + 1 };
  }
  pairs.drainInto(queue);

  while (tokens.length < limits.vocab_size) {
    const top = queue.pop();
    if (top === undefined) break;
    const current = pairs.countOf(top.pair);
    if (top.count !== current) {
      // The pair became rarer since it was put in the queue.
      top.count = current;
      queue.push(top);
      continue;
    }
    if (top.count < 1 || top.count < limits.min_frequency) break;
    const a = pairs.first(top.pair);
    const b = pairs.second(top.pair);
    const id = tokenOf(joinedToken(tokens[a]!, tokens[b]!, limits.prefix), tokens, ids);
    if (sizes !== null) sizes[id] = sizes[a]! + sizes[b]!;
    const merge: Merge = { first: a, second: b, id, count: current, score: current, words: top.words };
    let sinceYield = 0;
    for (const word of top.words) {
      const from = starts[word]!;
      const to = from + lengths[word]!;
      lengths[word] = joinInWord(symbols, from, to, merge, counts[word]!, word, pairs, sizes, max_token_length) - from;
      if (++sinceYield % 512 === 0) yield { stage: 'merge pairs', done: tokens.length };
    }
    pairs.drainInto(queue);
    yield { stage: 'merge pairs', done: tokens.length, merge };
  }
}

/** Two tokens as one. */
export function joinedToken(left: string, right: string, prefix: string): string {
  return left + (right.startsWith(prefix) ? right.slice(prefix.length) : right);
}

/** The symbol of a token, which is added where it is new. */
export function tokenOf(token: string, tokens: string[], ids: Map<string, number>): number {
  let id = ids.get(token);
  if (id === undefined) {
    id = tokens.push(token) - 1;
    ids.set(token, id);
  }
  return id;
}

/** Joins each `a b` of a word to `id`, counts the pairs that this ends and begins, and gives the word's new end. */
function joinInWord(
  symbols: Int32Array,
  from: number,
  to: number,
  { first: a, second: b, id }: Merge,
  count: number,
  word: number,
  pairs: PairTable,
  sizes: readonly number[] | null,
  max_token_length: number,
): number {
  const isShort = (other: number) => sizes === null || sizes[other]! + sizes[id]! < max_token_length;
  let written = from;
  for (let read = from; read < to; read++) {
    if (symbols[read] !== a || read + 1 >= to || symbols[read + 1] !== b) {
      symbols[written++] = symbols[read]!;
      continue;
    }
    if (written > from) {
      pairs.add(symbols[written - 1]!, a, -count, -1);
      if (isShort(symbols[written - 1]!)) pairs.add(symbols[written - 1]!, id, count, word);
    }
    read++;
    if (read + 1 < to) {
      pairs.add(b, symbols[read + 1]!, -count, -1);
      if (isShort(symbols[read + 1]!)) pairs.add(id, symbols[read + 1]!, count, word);
    }
    symbols[written++] = id;
  }
  return written;
}

/** Pairs of symbols with their counts, and the words in which each was seen since the queue last took it. */
class PairTable {
  #slots = new Int32Array(1 << 16).fill(-1);
  #firsts = new Int32Array(1 << 15);
  #seconds = new Int32Array(1 << 15);
  #counts = new Float64Array(1 << 15);
  readonly #words: (number[] | undefined)[] = [];
  #seen: number[] = [];
  #size = 0;

  first(pair: number): number {
    return this.#firsts[pair]!;
  }

  second(pair: number): number {
    return this.#seconds[pair]!;
  }

  countOf(pair: number): number {
    return this.#counts[pair]!;
  }

  /** Adds to a pair's count; a word that is not -1 is remembered, once however often it is given in a row. */
  add(a: number, b: number, count: number, word: number): void {
    const pair = this.#find(a, b);
    this.#counts[pair] = this.#counts[pair]! + count;
    if (word < 0) return;
    const words = this.#words[pair];
    if (words === undefined) {
      this.#words[pair] = [word];
      this.#seen.push(pair);
    } else if (words[words.length - 1] !== word) words.push(word);
  }

  /** Puts the pairs with remembered words into the queue, and forgets the words. */
  drainInto(queue: Heap<Candidate>): void {
    for (const pair of this.#seen) {
      const words = this.#words[pair]!;
      this.#words[pair] = undefined;
      if (this.#counts[pair]! > 0) queue.push({ count: this.#counts[pair]!, pair, words });
    }
    this.#seen = [];
  }

  #find(a: number, b: number): number {
    const mask = this.#slots.length - 1;
    let slot = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    for (;;) {
      const pair = this.#slots[slot]!;
      if (pair < 0) break;
      if (this.#firsts[pair] === a && this.#seconds[pair] === b) return pair;
      slot = (slot + 1) & mask;
    }
    const pair = this.#size++;
    if (pair === this.#firsts.length) this.#grow();
    this.#firsts[pair] = a;
    this.#seconds[pair] = b;
    this.#words.push(undefined);
    if (2 * this.#size > this.#slots.length) this.#rehash();
    else this.#slots[slot] = pair;
    return pair;
  }

  #grow(): void {
    const grown = <A extends Int32Array | Float64Array>(old: A, bigger: A): A => {
      bigger.set(old);
      return bigger;
    };
    const length = 2 * this.#firsts.length;
    this.#firsts = grown(this.#firsts, new Int32Array(length));
    this.#seconds = grown(this.#seconds, new Int32Array(length));
    this.#counts = grown(this.#counts, new Float64Array(length));
  }

  #rehash(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(-1);
    const mask = this.#slots.length - 1;
    for (let pair = 0; pair < this.#size; pair++) {
      let slot = (Math.imul(this.#firsts[pair]!, 0x9e3779b1) ^ Math.imul(this.#seconds[pair]!, 0x85ebca6b)) >>> 0;
      slot = (slot ^ (slot >>> 15)) & mask;
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = pair;
    }
  }
}
