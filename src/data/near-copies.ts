/**
 * Which texts are copies of one another, to the letter or nearly.
 * Source: Broder, 1997, "On the resemblance and containment of documents" (shingles, MinHash); candidate pairs by banding,
 * Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3. Each candidate pair is then compared exactly.
 */
import { makeTurn } from '../core/index.ts';

/** Words in a row that make one shingle. */
const shingleWords = 3;
/** Only a text's first words are compared: what follows in a longer one cannot make it a new text. */
const maxWords = 2000;
/** 32 bands of 3: a pair that shares half its shingles becomes a candidate with probability 1 − (1 − 0.5³)³² = 0.986. */
const bands = 32;
const rowsPerBand = 3;

/** A text with case, white space, punctuation and the digits' values taken away: what exact copies have in common. */
export function contentKey(text: string): string {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{M}]+|\p{N}+/gu);
  // A text of marks alone ("!!!", "^^") is its own content.
  return words ? words.map((word) => (/^\p{N}/u.test(word) ? '0'.repeat(word.length) : word)).join(' ') : text.trim();
}

/** The content keys of many texts, with pauses for the event loop. */
export async function contentKeys(texts: Iterable<string>, signal?: AbortSignal): Promise<string[]> {
  const turn = makeTurn(signal);
  const keys: string[] = [];
  for (const text of texts) {
    keys.push(contentKey(text));
    const pause = turn();
    if (pause) await pause;
  }
  return keys;
}

/** 53 bits of a text: the same on every machine. (cyrb53, public domain, by bryc.) */
export function hash53(text: string, seed = 0): number {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

/** Two texts that share shingles, and which part of their shingles (the Jaccard index). */
export interface NearPair {
  readonly a: number;
  readonly b: number;
  readonly similarity: number;
}

/** Pairs of texts (given as content keys) whose similarity is at least `threshold`; not below 0.5. */
export async function nearPairs(keys: readonly string[], threshold: number, signal?: AbortSignal): Promise<NearPair[]> {
  const turn = makeTurn(signal);
  const shingles: Uint32Array[] = [];
  const buckets = Array.from({ length: bands }, () => new Map<number, number[]>());
  const found = new Map<number, NearPair>();
  const minima = new Uint32Array(bands * rowsPerBand);
  for (const [index, key] of keys.entries()) {
    const own = shinglesOf(key);
    shingles.push(own);
    minHashes(own, minima);
    for (const [band, bucket] of buckets.entries()) {
      const [x, y, z] = minima.subarray(band * rowsPerBand, (band + 1) * rowsPerBand);
      const code = mix(x! ^ mix(y! ^ mix(z!))) * 2 ** 21 + (mix(x! + y!) >>> 11);
      const others = bucket.get(code);
      if (!others) {
        bucket.set(code, [index]);
        continue;
      }
      for (const other of others) {
        const pair = other * keys.length + index;
        if (found.has(pair)) continue;
        found.set(pair, { a: other, b: index, similarity: jaccard(shingles[other]!, own) });
      }
      others.push(index);
    }
    const pause = turn();
    if (pause) await pause;
  }
  return [...found.values()].filter(({ similarity }) => similarity >= threshold);
}

/** Groups of numbers below `length` that the pairs join, directly or through others: for each number, its group's smallest. */
export function joinPairs(length: number, pairs: Iterable<{ readonly a: number; readonly b: number }>): Uint32Array {
  const parent = Uint32Array.from({ length }, (_, i) => i);
  const root = (of: number): number => {
    let at = of;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  for (const { a, b } of pairs) {
    const [x, y] = [root(a), root(b)];
    if (x < y) parent[y] = x;
    else parent[x] = y;
  }
  return parent.map((_, i) => root(i));
}

/** The different hashes of a text's shingles, sorted. */
function shinglesOf(key: string): Uint32Array {
  const words = key.split(' ', maxWords).map((word) => hash53(word) >>> 0);
  const count = Math.max(1, words.length - shingleWords + 1);
  const hashes = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    let hash = 0;
    for (let k = i; k < Math.min(i + shingleWords, words.length); k++) hash = mix(hash ^ words[k]!);
    hashes[i] = hash;
  }
  hashes.sort();
  let kept = 1;
  for (let i = 1; i < count; i++) if (hashes[i] !== hashes[kept - 1]) hashes[kept++] = hashes[i]!;
  return hashes.subarray(0, kept);
}

function minHashes(shingles: Uint32Array, minima: Uint32Array): void {
  minima.fill(0xffffffff);
  for (const shingle of shingles) {
    for (let i = 0; i < minima.length; i++) {
      // Odd multipliers from a fixed sequence, then a mix: one hash function per place.
      let hash = Math.imul(shingle ^ (shingle >>> 15), 0x9e3779b1 + 2 * i) + Math.imul(i, 0x85ebca6b);
      hash ^= hash >>> 13;
      hash = Math.imul(hash, 0xc2b2ae35) >>> 0;
      if (hash < minima[i]!) minima[i] = hash;
    }
  }
}

/** murmur3's finalizer. */
function mix(value: number): number {
  let z = value >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

function jaccard(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  for (let i = 0, k = 0; i < a.length && k < b.length; ) {
    if (a[i] === b[k]) {
      shared++;
      i++;
      k++;
    } else if (a[i]! < b[k]!) i++;
    else k++;
  }
  return shared / (a.length + b.length - shared);
}
