import { Heap } from './heap.ts';
import { joinedToken, type Merge, type MergeLimits, type MergeProgress, type MergeStart, tokenOf } from './pair-merges.ts';

/** A pair of neighbouring symbols. */
interface Pair {
  readonly first: number;
  readonly second: number;
  count: number;
  /** Words it stands in, or stood in. */
  readonly words: Set<number>;
  /** Counts the entries that the queue has had of this pair; only the last one is true. */
  entry: number;
  /** Its count in that entry. */
  queuedCount: number;
}

interface Candidate {
  readonly pair: Pair;
  readonly entry: number;
  readonly score: number;
  readonly count: number;
}

/**
 * Joins the pair of neighbouring symbols that raises the likelihood of the texts most, again and again: the pair whose
 *
 *   score = count(pair) / (count(first) · count(second))
 *
 * is highest. Among equals the more frequent pair comes first, then the one with the lower symbols.
 * This is WordPiece as it was published; Hugging Face's trainer joins the most frequent pair instead.
 * Source: Schuster and Nakajima, 2012, "Japanese and Korean voice search"; the score as in Hugging Face's course, chapter 6.6.
 */
export function* mergeByLikelihood(start: MergeStart, limits: MergeLimits): Generator<MergeProgress> {
  const { tokens, starts, counts } = start;
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const words = Array.from(counts, (_, word) => Array.from(start.symbols.subarray(starts[word], starts[word + 1])));
  const table = new SymbolPairs(Math.max(1, limits.min_frequency));
  for (const [word, symbols] of words.entries()) {
    table.add(symbols, word, counts[word]!);
    if (word % 1024 === 1023) yield { stage: 'count pairs', done: word + 1 };
  }
  table.queueChanged(ids.values());

  while (tokens.length < limits.vocab_size) {
    const best = table.best();
    if (best === undefined) break;
    const { first, second, words: seen } = best.pair;
    const id = tokenOf(joinedToken(tokens[first]!, tokens[second]!, limits.prefix), tokens, ids);
    const merge: Merge = { first, second, id, count: best.count, score: best.score, words: [...seen] };
    let sinceYield = 0;
    for (const word of merge.words) {
      const before = words[word]!;
      const after = joined(before, first, second, id);
      if (after.length === before.length) continue;
      table.add(before, word, -counts[word]!);
      table.add(after, word, counts[word]!);
      words[word] = after;
      if (++sinceYield % 512 === 0) yield { stage: 'merge pairs', done: tokens.length };
    }
    table.queueChanged([first, second, id]);
    yield { stage: 'merge pairs', done: tokens.length, merge };
  }
}

/** A word in which each `first second` is `id`. */
export function joined(symbols: readonly number[], first: number, second: number, id: number): number[] {
  const result: number[] = [];
  for (let i = 0; i < symbols.length; i++) {
    const isPair = symbols[i] === first && symbols[i + 1] === second;
    result.push(isPair ? id : symbols[i]!);
    if (isPair) i++;
  }
  return result;
}

/** Counts of symbols and of their pairs, with a queue of the pairs by their score. */
class SymbolPairs {
  readonly #least: number;
  readonly #symbolCounts: number[] = [];
  readonly #pairs = new Map<number, Pair>();
  /** The pairs of each symbol. */
  readonly #pairsOf: (Set<Pair> | undefined)[] = [];
  /** Pairs whose count may have changed since the queue was brought up to date. */
  readonly #touched = new Set<Pair>();
  readonly #queue = new Heap<Candidate>(isBefore);

  /** Pairs rarer than `least` are never the best. */
  constructor(least: number) {
    this.#least = least;
  }

  /** Adds a word's symbols and pairs `times` times; takes them away when that is negative. */
  add(symbols: readonly number[], word: number, times: number): void {
    for (const [i, symbol] of symbols.entries()) {
      this.#symbolCounts[symbol] = (this.#symbolCounts[symbol] ?? 0) + times;
      if (i === 0) continue;
      const pair = this.#pairAt(symbols[i - 1]!, symbol);
      pair.count += times;
      if (times > 0) pair.words.add(word);
      else pair.words.delete(word);
      this.#touched.add(pair);
    }
  }

  /** Puts the pairs whose score changed into the queue: those counted anew, and all pairs of symbols that were. */
  queueChanged(symbols: Iterable<number>): void {
    const changed = new Set<Pair>();
    for (const symbol of symbols) for (const pair of this.#pairsOf[symbol] ?? []) changed.add(pair);
    for (const pair of this.#touched) if (pair.count !== pair.queuedCount) changed.add(pair);
    this.#touched.clear();
    for (const pair of changed) {
      pair.entry++;
      pair.queuedCount = pair.count;
      if (pair.count === 0) this.#forget(pair);
      if (pair.count < this.#least) continue;
      const score = pair.count / (this.#symbolCounts[pair.first]! * this.#symbolCounts[pair.second]!);
      this.#queue.push({ pair, entry: pair.entry, score, count: pair.count });
    }
  }

  /** The pair of the highest score. */
  best(): Candidate | undefined {
    for (;;) {
      const top = this.#queue.pop();
      if (top === undefined || top.entry === top.pair.entry) return top;
    }
  }

  #pairAt(first: number, second: number): Pair {
    // Symbols are below 2 ** 26, so the key is exact.
    const key = first * 2 ** 26 + second;
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = { first, second, count: 0, words: new Set(), entry: 0, queuedCount: 0 };
      this.#pairs.set(key, pair);
      for (const symbol of [first, second]) {
        this.#pairsOf[symbol] ??= new Set();
        this.#pairsOf[symbol].add(pair);
      }
    }
    return pair;
  }

  #forget(pair: Pair): void {
    this.#pairs.delete(pair.first * 2 ** 26 + pair.second);
    this.#pairsOf[pair.first]?.delete(pair);
    this.#pairsOf[pair.second]?.delete(pair);
  }
}

function isBefore(x: Candidate, y: Candidate): boolean {
  if (x.score !== y.score) return x.score > y.score;
  if (x.count !== y.count) return x.count > y.count;
  return x.pair.first !== y.pair.first ? x.pair.first < y.pair.first : x.pair.second < y.pair.second;
}
