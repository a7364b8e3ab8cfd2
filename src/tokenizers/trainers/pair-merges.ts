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

  for (let word = 0; word < counts.length; word++) {
    for (let i = starts[word]!; i + 1 < starts[word + 1]!; i++) pairs.add(symbols[i]!, symbols[i + 1]!, counts[word]!, word);
    if (word % 1024 === 1023) yield { stage: 'count pairs', done: word + 1 };
  }
  pairs.enqueue();

  while (tokens.length < limits.vocab_size) {
    const pair = pairs.best();
    if (pair < 0) break;
    const count = pairs.countOf(pair);
    if (count < 1 || count < limits.min_frequency) break;
    const a = pairs.first(pair);
    const b = pairs.second(pair);
    const id = tokenOf(joinedToken(tokens[a]!, tokens[b]!, limits.prefix), tokens, ids);
    if (sizes !== null) sizes[id] = sizes[a]! + sizes[b]!;
    const merge: Merge = { first: a, second: b, id, count, score: count, words: pairs.takeBest() };
    let sinceYield = 0;
    for (const word of merge.words) {
      const from = starts[word]!;
      const to = from + lengths[word]!;
      lengths[word] = joinInWord(symbols, from, to, merge, counts[word]!, word, pairs, sizes, max_token_length) - from;
      if (++sinceYield % 512 === 0) yield { stage: 'merge pairs', done: tokens.length };
    }
    pairs.enqueue();
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

/**
 * Pairs of symbols with their counts, and a queue of them in which the most frequent comes first. The words in which each was
 * seen are lists of linked places. All of it stands in lists of numbers, so that training makes no objects.
 */
class PairTable {
  #slots = new Int32Array(1 << 16).fill(-1);
  #firsts = new Int32Array(1 << 15);
  #seconds = new Int32Array(1 << 15);
  #counts = new Float64Array(1 << 15);
  /** The first and the last place of the words in which each pair was seen since it was put in the queue; -1 is none. */
  #heads = new Int32Array(1 << 15).fill(-1);
  #tails = new Int32Array(1 << 15).fill(-1);
  #size = 0;
  /** Pairs that were seen since then, in order. */
  #seen: number[] = [];
  /** For each place: a word, and the next place; free places are linked too. */
  #words = new Int32Array(1 << 16);
  #next = new Int32Array(1 << 16);
  #places = 0;
  #free = -1;
  /** A heap: counts as they were when pairs were put there, the pairs, and the first places of their words. */
  #queueCounts = new Float64Array(1 << 15);
  #queuePairs = new Int32Array(1 << 15);
  #queueHeads = new Int32Array(1 << 15);
  #queueSize = 0;

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
    const tail = this.#tails[pair]!;
    if (tail < 0) {
      const place = this.#placeFor(word);
      this.#heads[pair] = place;
      this.#tails[pair] = place;
      this.#seen.push(pair);
    } else if (this.#words[tail] !== word) {
      const place = this.#placeFor(word);
      this.#next[tail] = place;
      this.#tails[pair] = place;
    }
  }

  /** Puts the pairs with remembered words into the queue, with those words. */
  enqueue(): void {
    for (const pair of this.#seen) {
      const head = this.#heads[pair]!;
      this.#heads[pair] = -1;
      this.#tails[pair] = -1;
      if (this.#counts[pair]! > 0) this.#push(this.#counts[pair]!, pair, head);
      else this.#release(head);
    }
    this.#seen.length = 0;
  }

  /** The most frequent pair of the queue, or -1; among equally frequent ones that of the lower symbols. */
  best(): number {
    while (this.#queueSize > 0) {
      const pair = this.#queuePairs[0]!;
      const count = this.#counts[pair]!;
      if (this.#queueCounts[0] === count) return pair;
      // The pair became rarer since it was put in the queue.
      this.#sink(count, pair, this.#queueHeads[0]!);
    }
    return -1;
  }

  /** Takes the pair that `best` gave out of the queue; gives its words. */
  takeBest(): number[] {
    const head = this.#queueHeads[0]!;
    const last = --this.#queueSize;
    if (last > 0) this.#sink(this.#queueCounts[last]!, this.#queuePairs[last]!, this.#queueHeads[last]!);
    const words: number[] = [];
    for (let place = head; place >= 0; place = this.#next[place]!) words.push(this.#words[place]!);
    this.#release(head);
    return words;
  }

  /** Whether a pair with a count comes before the pair at a place of the queue. */
  #isBefore(count: number, pair: number, at: number): boolean {
    const otherCount = this.#queueCounts[at]!;
    if (count !== otherCount) return count > otherCount;
    const other = this.#queuePairs[at]!;
    const difference = this.#firsts[pair]! - this.#firsts[other]!;
    return difference !== 0 ? difference < 0 : this.#seconds[pair]! < this.#seconds[other]!;
  }

  #push(count: number, pair: number, head: number): void {
    if (this.#queueSize === this.#queuePairs.length) {
      const length = 2 * this.#queueSize;
      this.#queueCounts = grown(this.#queueCounts, new Float64Array(length));
      this.#queuePairs = grown(this.#queuePairs, new Int32Array(length));
      this.#queueHeads = grown(this.#queueHeads, new Int32Array(length));
    }
    let at = this.#queueSize++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(count, pair, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, count, pair, head);
  }

  /** Puts a pair in the place of the first one, and lets it sink to where it belongs. */
  #sink(count: number, pair: number, head: number): void {
    const size = this.#queueSize;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isBefore(this.#queueCounts[child + 1]!, this.#queuePairs[child + 1]!, child)) child++;
      if (this.#isBefore(count, pair, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, count, pair, head);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#queueCounts[from]!, this.#queuePairs[from]!, this.#queueHeads[from]!);
  }

  #put(at: number, count: number, pair: number, head: number): void {
    this.#queueCounts[at] = count;
    this.#queuePairs[at] = pair;
    this.#queueHeads[at] = head;
  }

  /** A place for a word, the last of its list. */
  #placeFor(word: number): number {
    let place = this.#free;
    if (place >= 0) this.#free = this.#next[place]!;
    else {
      place = this.#places++;
      if (place === this.#words.length) {
        this.#words = grown(this.#words, new Int32Array(2 * place));
        this.#next = grown(this.#next, new Int32Array(2 * place));
      }
    }
    this.#words[place] = word;
    this.#next[place] = -1;
    return place;
  }

  /** Gives the places of a list back. */
  #release(head: number): void {
    for (let place = head; place >= 0; ) {
      const next = this.#next[place]!;
      this.#next[place] = this.#free;
      this.#free = place;
      place = next;
    }
  }

  #find(a: number, b: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash(a, b) & mask;
    for (;;) {
      const pair = slots[slot]!;
      if (pair < 0) break;
      if (this.#firsts[pair] === a && this.#seconds[pair] === b) return pair;
      slot = (slot + 1) & mask;
    }
    const pair = this.#size++;
    if (pair === this.#firsts.length) this.#grow();
    this.#firsts[pair] = a;
    this.#seconds[pair] = b;
    if (2 * this.#size > this.#slots.length) this.#rehash();
    else this.#slots[slot] = pair;
    return pair;
  }

  #grow(): void {
    const length = 2 * this.#firsts.length;
    this.#firsts = grown(this.#firsts, new Int32Array(length));
    this.#seconds = grown(this.#seconds, new Int32Array(length));
    this.#counts = grown(this.#counts, new Float64Array(length));
    this.#heads = grown(this.#heads, new Int32Array(length).fill(-1));
    this.#tails = grown(this.#tails, new Int32Array(length).fill(-1));
  }

  #rehash(): void {
    this.#slots = new Int32Array(4 * this.#slots.length).fill(-1);
    const mask = this.#slots.length - 1;
    for (let pair = 0; pair < this.#size; pair++) {
      let slot = hash(this.#firsts[pair]!, this.#seconds[pair]!) & mask;
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = pair;
    }
  }
}

function hash(a: number, b: number): number {
  const mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function grown<A extends Int32Array | Float64Array>(old: A, bigger: A): A {
  bigger.set(old);
  return bigger;
}
