/** Words as lists of symbols, and the tokens those symbols are: where merging starts. */
export interface MergeStart {
  /** The tokens so far; a symbol is a place in this list. Merging adds to it, and to nothing else. */
  readonly tokens: string[];
  /** The symbols of all words, one word after the other; the list may be longer. */
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
  /** The words it may have stood in, by number: all in which it stood are among them. Made when it is asked for. */
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
  const { tokens } = start;
  const { max_token_length = Number.POSITIVE_INFINITY } = limits;
  // How many characters each symbol stands for; only a limit needs to know.
  const sizes = max_token_length < Number.POSITIVE_INFINITY ? tokens.map(() => 1) : null;
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const pairs = new PairTable(start);
  for (const done of pairs.count()) yield { stage: 'count pairs', done };

  while (tokens.length < limits.vocab_size) {
    const pair = pairs.best();
    if (pair < 0) break;
    const count = pairs.countOf(pair);
    if (count < 1 || count < limits.min_frequency) break;
    const first = pairs.first(pair);
    const second = pairs.second(pair);
    const symbols = tokens.length;
    const id = tokenOf(joinedToken(tokens[first]!, tokens[second]!, limits.prefix), tokens, ids);
    if (sizes !== null) sizes[id] = sizes[first]! + sizes[second]!;
    const tooLong = sizes === null ? null : (other: number) => sizes[other]! + sizes[id]! >= max_token_length;
    const places = pairs.takeBest();
    pairs.startMerge(pair, id, id < symbols);
    for (let from = 0; from < places.length; from += placesAtOnce) {
      pairs.merge(places, from, Math.min(from + placesAtOnce, places.length), tooLong);
      if (from > 0) yield { stage: 'merge pairs', done: tokens.length };
    }
    pairs.enqueue();
    yield { stage: 'merge pairs', done: tokens.length, merge: new MergeOfPair(first, second, id, count, places, pairs) };
  }
}

/** After so many joins, or so many places counted, the event loop may have a turn. */
const placesAtOnce = 1 << 13;

class MergeOfPair implements Merge {
  readonly first: number;
  readonly second: number;
  readonly id: number;
  readonly count: number;
  readonly #places: Int32Array;
  readonly #pairs: PairTable;

  constructor(first: number, second: number, id: number, count: number, places: Int32Array, pairs: PairTable) {
    this.first = first;
    this.second = second;
    this.id = id;
    this.count = count;
    this.#places = places;
    this.#pairs = pairs;
  }

  get score(): number {
    return this.count;
  }

  get words(): number[] {
    return this.#pairs.wordsAt(this.#places);
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

/** Stands between words. */
const gap = -1;
/** In place of a pair: there is none, or it is not counted. */
const none = -1;

/**
 * The words as one row of symbols, the pairs of neighbours in it with their counts, and a queue of pairs in which the most
 * frequent comes first. A pair knows the places where it stands, so that joining it costs no more than there are of those.
 * All of it is in lists of numbers: training makes no objects.
 */
class PairTable {
  readonly #words: MergeStart;
  /** The symbol at each place, with gaps between the words. A joined symbol takes the places of its parts, and stands at the first. */
  readonly #row: Int32Array;
  /** At the first and at the last place of each symbol, how many places it takes. */
  readonly #spans: Int32Array;
  /** The word of each place. */
  readonly #wordOf: Int32Array;
  /** The pair that each symbol makes with the one behind it. */
  readonly #pairAt: Int32Array;

  /** For each pair: its symbols, its count, and how often it was put in the queue, where 2 stands for all that is more. */
  #firsts = new Int32Array(0);
  #seconds = new Int32Array(0);
  #counts = new Float64Array(0);
  #timesQueued = new Uint8Array(0);
  /** For each pair, the next one of the same first symbol, and of the same second one. */
  #nextOfFirst = new Int32Array(0);
  #nextOfSecond = new Int32Array(0);
  /** For each pair, at how many places it was seen since it was put in the queue; and the last of these, or where the next is written. */
  #seenAt = new Int32Array(0);
  #cursors = new Int32Array(0);
  #pairCount = 0;

  /** For each symbol, the head of its lists of pairs; and the pairs it makes with the symbol being made, before it and behind it. */
  #headOfFirst = new Int32Array(0);
  #headOfSecond = new Int32Array(0);
  #leftPairs = new Int32Array(0);
  #rightPairs = new Int32Array(0);
  /** The merge in which those two were noted: they are good for that one only. */
  #leftMerges = new Int32Array(0);
  #rightMerges = new Int32Array(0);
  #merge = 0;
  #pair = none;
  #id = 0;

  /** What was seen since the queue was brought up to date: the pairs, and for each sight the pair and its place. */
  #seen = new Int32Array(0);
  #seenCount = 0;
  #sightPairs = new Int32Array(0);
  #sightPlaces = new Int32Array(0);
  #sightCount = 0;

  /** The places of all pairs that were put in the queue, one after the other: no more than three for each symbol of the words. */
  #places: Int32Array;
  #placeCount = 0;
  /** For each entry of the queue: its pair, and where its places begin; they end where those of the next one begin. */
  #entryPairs = new Int32Array(1 << 15);
  #entryStarts = new Int32Array(1 << 15);
  #entryCount = 0;
  /** A heap: counts as they were when pairs were put there, the pairs' symbols as one number, and the entries. */
  #queueCounts = new Float64Array(1 << 15);
  #queueKeys = new Float64Array(1 << 15);
  #queueEntries = new Int32Array(1 << 15);
  #queueSize = 0;

  constructor(start: MergeStart) {
    const size = start.starts[start.counts.length]! + start.counts.length + 1;
    this.#words = start;
    this.#row = new Int32Array(size).fill(gap);
    this.#spans = new Int32Array(size).fill(1);
    this.#wordOf = new Int32Array(size);
    this.#pairAt = new Int32Array(size).fill(none);
    this.#places = new Int32Array(size);
    this.#reserveSymbols(start.tokens.length);
  }

  /** Counts the pairs and puts them in the queue; yields how many words it is done with. */
  *count(): Generator<number> {
    const { symbols, starts, counts, tokens } = this.#words;
    const row = this.#row;
    const words = counts.length;
    // Three walks: the row is laid, its places sorted by their symbols, the pairs of each symbol counted.
    const done = (walk: number, part: number) => Math.floor((words * (walk + part)) / 3);
    const ends = new Int32Array(tokens.length + 1);
    for (let word = 0, since = 0; word < words; word++) {
      const shift = word + 1;
      for (let i = starts[word]!; i < starts[word + 1]!; i++) {
        row[i + shift] = symbols[i]!;
        this.#wordOf[i + shift] = word;
        ends[symbols[i]! + 1]!++;
      }
      since += starts[word + 1]! - starts[word]! + 1;
      if (since < placesAtOnce) continue;
      since = 0;
      yield done(0, word / words);
    }
    for (let symbol = 0; symbol < tokens.length; symbol++) ends[symbol + 1]! += ends[symbol]!;
    const bySymbol = new Int32Array(starts[words]!);
    for (let from = 0; from < row.length; from += placesAtOnce) {
      const to = Math.min(from + placesAtOnce, row.length);
      for (let place = from; place < to; place++) if (row[place]! >= 0) bySymbol[ends[row[place]!]!++] = place;
      yield done(1, from / row.length);
    }
    for (let from = 0; from < bySymbol.length; from += placesAtOnce) {
      const to = Math.min(from + placesAtOnce, bySymbol.length);
      this.#reservePairs(to - from);
      this.#countAt(bySymbol, from, to);
      yield done(2, from / bySymbol.length);
    }
    this.enqueue();
    yield words;
  }

  /** Counts the pairs at places that are sorted by their symbols. */
  #countAt(sorted: Int32Array, from: number, to: number): void {
    const row = this.#row;
    const { counts } = this.#words;
    for (let i = from; i < to; i++) {
      const place = sorted[i]!;
      const second = row[place + 1]!;
      if (second < 0) continue;
      const first = row[place]!;
      // Each symbol takes the place of a merge here: the pairs noted are those behind it.
      this.#merge = first + 1;
      let pair = this.#rightPairs[second]!;
      if (this.#rightMerges[second] !== this.#merge) {
        pair = this.#newPair(first, second);
        this.#rightMerges[second] = this.#merge;
        this.#rightPairs[second] = pair;
      }
      this.#counts[pair]! += counts[this.#wordOf[place]!]!;
      this.#see(pair, place);
    }
  }

  first(pair: number): number {
    return this.#firsts[pair]!;
  }

  second(pair: number): number {
    return this.#seconds[pair]!;
  }

  countOf(pair: number): number {
    return this.#counts[pair]!;
  }

  /** The words that places belong to. */
  wordsAt(places: Int32Array): number[] {
    const words: number[] = [];
    for (const place of places) {
      const word = this.#wordOf[place]!;
      if (words.at(-1) !== word) words.push(word);
    }
    return words;
  }

  /** The most frequent pair of the queue, or -1; among equally frequent ones that of the lower symbols. */
  best(): number {
    while (this.#queueSize > 0) {
      const entry = this.#queueEntries[0]!;
      const pair = this.#entryPairs[entry]!;
      const count = this.#counts[pair]!;
      if (this.#queueCounts[0] === count) return pair;
      // The pair became rarer since it was put in the queue.
      this.#sink(count, this.#queueKeys[0]!, entry);
    }
    return -1;
  }

  /** Takes the pair that `best` gave out of the queue; gives the places where it may stand, from first to last. */
  takeBest(): Int32Array {
    const entry = this.#queueEntries[0]!;
    const last = --this.#queueSize;
    if (last > 0) this.#sink(this.#queueCounts[last]!, this.#queueKeys[last]!, this.#queueEntries[last]!);
    const end = entry + 1 < this.#entryCount ? this.#entryStarts[entry + 1]! : this.#placeCount;
    const places = this.#places.subarray(this.#entryStarts[entry]!, end);
    const pair = this.#entryPairs[entry]!;
    return this.#timesQueued[pair]! > 1 ? this.#everywhere(pair, places) : places;
  }

  /**
   * All places of a pair in the words of some of them. A pair that was made in more than one way is in the queue more than
   * once, and each time with its words: the Rust library then joins it in all of such a word.
   */
  #everywhere(pair: number, places: Int32Array): Int32Array {
    const { starts } = this.#words;
    const found: number[] = [];
    for (const word of this.wordsAt(places)) {
      for (let place = starts[word]! + word + 1; this.#row[place]! >= 0; place += this.#spans[place]!) {
        if (this.#pairAt[place] === pair) found.push(place);
      }
    }
    return Int32Array.from(found);
  }

  /** From now on `merge` joins this pair to this symbol, which may be one that there is already. */
  startMerge(pair: number, id: number, isOld: boolean): void {
    this.#merge++;
    this.#pair = pair;
    this.#id = id;
    this.#reserveSymbols(id + 1);
    if (!isOld) return;
    for (let other = this.#headOfSecond[id]!; other >= 0; other = this.#nextOfSecond[other]!) this.#noteLeft(other);
    for (let other = this.#headOfFirst[id]!; other >= 0; other = this.#nextOfFirst[other]!) this.#noteRight(other);
  }

  /** Joins the pair at places, and counts the pairs that this ends and begins; those whose symbol would be `tooLong` are not counted. */
  merge(places: Int32Array, from: number, to: number, tooLong: ((other: number) => boolean) | null): void {
    this.#reservePairs(2 * (to - from));
    const row = this.#row;
    const spans = this.#spans;
    const pairAt = this.#pairAt;
    const counts = this.#counts;
    const wordCounts = this.#words.counts;
    const pair = this.#pair;
    const id = this.#id;
    for (let i = from; i < to; i++) {
      const place = places[i]!;
      // What stood here may be part of another symbol by now.
      if (pairAt[place] !== pair) continue;
      const middle = place + spans[place]!;
      const end = middle + spans[middle]!;
      const count = wordCounts[this.#wordOf[place]!]!;
      const before = place - spans[place - 1]!;
      const left = row[before]!;
      if (left >= 0) {
        const ended = pairAt[before]!;
        if (ended >= 0) counts[ended]! -= count;
        pairAt[before] = none;
        if (tooLong === null || !tooLong(left)) {
          const begun = this.#leftMerges[left] === this.#merge ? this.#leftPairs[left]! : this.#newLeft(left);
          counts[begun]! += count;
          pairAt[before] = begun;
          this.#see(begun, before);
        }
      }
      const right = row[end]!;
      const ended = pairAt[middle]!;
      if (ended >= 0) counts[ended]! -= count;
      pairAt[middle] = none;
      pairAt[place] = none;
      if (right >= 0 && (tooLong === null || !tooLong(right))) {
        const begun = this.#rightMerges[right] === this.#merge ? this.#rightPairs[right]! : this.#newRight(right);
        counts[begun]! += count;
        pairAt[place] = begun;
        this.#see(begun, place);
      }
      row[place] = id;
      spans[place] = end - place;
      spans[end - 1] = end - place;
    }
  }

  /** Puts the pairs seen since last time into the queue, with the places where they were seen. */
  enqueue(): void {
    const cursors = this.#cursors;
    const seenAt = this.#seenAt;
    this.#reservePlaces(this.#sightCount);
    for (let i = 0; i < this.#seenCount; i++) {
      const pair = this.#seen[i]!;
      const size = seenAt[pair]!;
      seenAt[pair] = 0;
      cursors[pair] = none;
      if (this.#counts[pair]! <= 0) continue;
      cursors[pair] = this.#placeCount;
      this.#push(pair, this.#placeCount);
      this.#placeCount += size;
    }
    const places = this.#places;
    for (let i = 0; i < this.#sightCount; i++) {
      const pair = this.#sightPairs[i]!;
      if (cursors[pair]! >= 0) places[cursors[pair]!++] = this.#sightPlaces[i]!;
    }
    this.#seenCount = 0;
    this.#sightCount = 0;
  }

  /** Notes that a pair stands at a place, once however often it is said in a row. */
  #see(pair: number, place: number): void {
    this.#pairAt[place] = pair;
    if (this.#seenAt[pair] === 0) this.#seen[this.#seenCount++] = pair;
    else if (this.#cursors[pair] === place) return;
    this.#seenAt[pair]!++;
    this.#cursors[pair] = place;
    this.#sightPairs[this.#sightCount] = pair;
    this.#sightPlaces[this.#sightCount++] = place;
  }

  /** The pair of a symbol and the one being made. */
  #newLeft(left: number): number {
    const pair = this.#newPair(left, this.#id);
    this.#noteLeft(pair);
    if (left === this.#id) this.#noteRight(pair);
    return pair;
  }

  /** The pair of the symbol being made and another. */
  #newRight(right: number): number {
    const pair = this.#newPair(this.#id, right);
    this.#noteRight(pair);
    if (right === this.#id) this.#noteLeft(pair);
    return pair;
  }

  #noteLeft(pair: number): void {
    this.#leftPairs[this.#firsts[pair]!] = pair;
    this.#leftMerges[this.#firsts[pair]!] = this.#merge;
  }

  #noteRight(pair: number): void {
    this.#rightPairs[this.#seconds[pair]!] = pair;
    this.#rightMerges[this.#seconds[pair]!] = this.#merge;
  }

  /** A pair that there was not yet; room for it has been made. */
  #newPair(first: number, second: number): number {
    const pair = this.#pairCount++;
    this.#firsts[pair] = first;
    this.#seconds[pair] = second;
    this.#nextOfFirst[pair] = this.#headOfFirst[first]!;
    this.#headOfFirst[first] = pair;
    this.#nextOfSecond[pair] = this.#headOfSecond[second]!;
    this.#headOfSecond[second] = pair;
    return pair;
  }

  #push(pair: number, start: number): void {
    const entry = this.#entryCount++;
    if (entry === this.#entryPairs.length) {
      const length = 2 * entry;
      this.#entryPairs = grown(this.#entryPairs, new Int32Array(length));
      this.#entryStarts = grown(this.#entryStarts, new Int32Array(length));
      this.#queueCounts = grown(this.#queueCounts, new Float64Array(length));
      this.#queueKeys = grown(this.#queueKeys, new Float64Array(length));
      this.#queueEntries = grown(this.#queueEntries, new Int32Array(length));
    }
    this.#entryPairs[entry] = pair;
    this.#entryStarts[entry] = start;
    if (this.#timesQueued[pair]! < 2) this.#timesQueued[pair]!++;
    const count = this.#counts[pair]!;
    // Symbols are below 2 ** 26, so the key is exact.
    const key = this.#firsts[pair]! * 2 ** 26 + this.#seconds[pair]!;
    const counts = this.#queueCounts;
    const keys = this.#queueKeys;
    let at = this.#queueSize++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (counts[parent]! > count || (counts[parent] === count && keys[parent]! <= key)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, count, key, entry);
  }

  /** Puts an entry in the place of the first one, and lets it sink to where it belongs. */
  #sink(count: number, key: number, entry: number): void {
    const counts = this.#queueCounts;
    const keys = this.#queueKeys;
    const size = this.#queueSize;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      const next = child + 1;
      if (next < size && (counts[next]! > counts[child]! || (counts[next] === counts[child] && keys[next]! < keys[child]!))) {
        child = next;
      }
      if (count > counts[child]! || (count === counts[child] && key <= keys[child]!)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, count, key, entry);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#queueCounts[from]!, this.#queueKeys[from]!, this.#queueEntries[from]!);
  }

  #put(at: number, count: number, key: number, entry: number): void {
    this.#queueCounts[at] = count;
    this.#queueKeys[at] = key;
    this.#queueEntries[at] = entry;
  }

  /** Makes room for so many pairs more, and for as many sights. */
  #reservePairs(more: number): void {
    const pairs = roomFor(this.#firsts.length, this.#pairCount + more);
    if (pairs > this.#firsts.length) {
      this.#firsts = grown(this.#firsts, new Int32Array(pairs));
      this.#seconds = grown(this.#seconds, new Int32Array(pairs));
      this.#counts = grown(this.#counts, new Float64Array(pairs));
      this.#timesQueued = grown(this.#timesQueued, new Uint8Array(pairs));
      this.#nextOfFirst = grown(this.#nextOfFirst, new Int32Array(pairs));
      this.#nextOfSecond = grown(this.#nextOfSecond, new Int32Array(pairs));
      this.#seenAt = grown(this.#seenAt, new Int32Array(pairs));
      this.#cursors = grown(this.#cursors, new Int32Array(pairs));
    }
    const sights = roomFor(this.#sightPairs.length, this.#sightCount + more);
    if (sights > this.#sightPairs.length) {
      this.#seen = grown(this.#seen, new Int32Array(sights));
      this.#sightPairs = grown(this.#sightPairs, new Int32Array(sights));
      this.#sightPlaces = grown(this.#sightPlaces, new Int32Array(sights));
    }
  }

  #reserveSymbols(count: number): void {
    const old = this.#headOfFirst.length;
    const room = roomFor(old, count);
    if (room === old) return;
    this.#headOfFirst = grown(this.#headOfFirst, new Int32Array(room).fill(none));
    this.#headOfSecond = grown(this.#headOfSecond, new Int32Array(room).fill(none));
    this.#leftPairs = grown(this.#leftPairs, new Int32Array(room));
    this.#rightPairs = grown(this.#rightPairs, new Int32Array(room));
    this.#leftMerges = grown(this.#leftMerges, new Int32Array(room));
    this.#rightMerges = grown(this.#rightMerges, new Int32Array(room));
  }

  #reservePlaces(more: number): void {
    const room = roomFor(this.#places.length, this.#placeCount + more);
    if (room > this.#places.length) this.#places = grown(this.#places, new Int32Array(room));
  }
}

/** The length of a list that had `length` places and needs `needed`. */
function roomFor(length: number, needed: number): number {
  return needed <= length ? length : Math.max(1 << 12, 2 * length, needed);
}

function grown<A extends Int32Array | Float64Array | Uint8Array>(old: A, bigger: A): A {
  bigger.set(old);
  return bigger;
}
