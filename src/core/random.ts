import type { DTypeArrays } from './dtypes.ts';

/**
 * A key of the counter-based generator: the same key gives the same numbers on every machine, in any order of asking.
 * Two 32-bit words.
 */
export type RandomKey = readonly [number, number];

/** The key of a seed, a whole number from 0 to 2^53. */
export function seedKey(seed: number): RandomKey {
  return [Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0];
}

/** A key for one of many purposes under a key: another number gives an independent stream. */
export function foldIn(key: RandomKey, data: number): RandomKey {
  const [a, b] = threefry(key, Math.floor(data / 2 ** 32) >>> 0, data >>> 0);
  return [a, b];
}

/**
 * One block of Threefry-2x32 with 20 rounds: 64 random bits from a key and a counter.
 * Source: Salmon, Moraes, Dror and Shaw, 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3.
 */
export function threefry(key: RandomKey, counterHigh: number, counterLow: number): [number, number] {
  const block = new Uint32Array(2);
  fillBlocks(block, key, counterHigh, counterLow, 1);
  return [block[0]!, block[1]!];
}

/** Fills `out` with blocks of consecutive low counters. Unrolled by hand: this loop makes every dropout mask. */
function fillBlocks(out: Uint32Array, key: RandomKey, high: number, start: number, blocks: number): void {
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  const k2 = 0x1bd11bda ^ k0 ^ k1;
  for (let block = 0; block < blocks; block++) {
    let x = (high + k0) | 0;
    let y = (start + block + k1) | 0;
    x = (x + y) | 0;
    y = ((y << 13) | (y >>> 19)) ^ x;
    x = (x + y) | 0;
    y = ((y << 15) | (y >>> 17)) ^ x;
    x = (x + y) | 0;
    y = ((y << 26) | (y >>> 6)) ^ x;
    x = (x + y) | 0;
    y = ((y << 6) | (y >>> 26)) ^ x;
    x = (x + k1) | 0;
    y = (y + k2 + 1) | 0;
    x = (x + y) | 0;
    y = ((y << 17) | (y >>> 15)) ^ x;
    x = (x + y) | 0;
    y = ((y << 29) | (y >>> 3)) ^ x;
    x = (x + y) | 0;
    y = ((y << 16) | (y >>> 16)) ^ x;
    x = (x + y) | 0;
    y = ((y << 24) | (y >>> 8)) ^ x;
    x = (x + k2) | 0;
    y = (y + k0 + 2) | 0;
    x = (x + y) | 0;
    y = ((y << 13) | (y >>> 19)) ^ x;
    x = (x + y) | 0;
    y = ((y << 15) | (y >>> 17)) ^ x;
    x = (x + y) | 0;
    y = ((y << 26) | (y >>> 6)) ^ x;
    x = (x + y) | 0;
    y = ((y << 6) | (y >>> 26)) ^ x;
    x = (x + k0) | 0;
    y = (y + k1 + 3) | 0;
    x = (x + y) | 0;
    y = ((y << 17) | (y >>> 15)) ^ x;
    x = (x + y) | 0;
    y = ((y << 29) | (y >>> 3)) ^ x;
    x = (x + y) | 0;
    y = ((y << 16) | (y >>> 16)) ^ x;
    x = (x + y) | 0;
    y = ((y << 24) | (y >>> 8)) ^ x;
    x = (x + k1) | 0;
    y = (y + k2 + 4) | 0;
    x = (x + y) | 0;
    y = ((y << 13) | (y >>> 19)) ^ x;
    x = (x + y) | 0;
    y = ((y << 15) | (y >>> 17)) ^ x;
    x = (x + y) | 0;
    y = ((y << 26) | (y >>> 6)) ^ x;
    x = (x + y) | 0;
    y = ((y << 6) | (y >>> 26)) ^ x;
    x = (x + k2) | 0;
    y = (y + k0 + 5) | 0;
    out[2 * block] = x;
    out[2 * block + 1] = y;
  }
}

/** `length` random bytes, from the place `from` of the key's endless row of them. */
export function randomBytes(key: RandomKey, length: number, from = 0): DTypeArrays['uint8'] {
  const first = Math.floor(from / 8);
  const blocks = Math.ceil((from + length) / 8) - first;
  const words = new Uint32Array(2 * blocks);
  fillBlocks(words, key, 0, first, blocks);
  return new Uint8Array(words.buffer, from - 8 * first, length);
}

function randomWords(key: RandomKey, count: number): DTypeArrays['uint32'] {
  const words = new Uint32Array(count + (count % 2));
  fillBlocks(words, key, 0, 0, words.length / 2);
  return words.subarray(0, count);
}

/** `length` numbers spread evenly over [0, 1), multiples of 2^−24. */
export function randomUniform(key: RandomKey, length: number): DTypeArrays['float32'] {
  const words = randomWords(key, length);
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) out[i] = (words[i]! >>> 8) / 2 ** 24;
  return out;
}

/** `length` numbers of the standard normal distribution, by the Box–Muller transform. */
export function randomNormal(key: RandomKey, length: number): DTypeArrays['float32'] {
  const words = randomWords(key, length + (length % 2));
  const out = new Float32Array(words.length);
  for (let i = 0; i < words.length; i += 2) {
    // The first number is taken from (0, 1], so that its logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(((words[i]! >>> 8) + 1) / 2 ** 24));
    const angle = (2 * Math.PI * (words[i + 1]! >>> 8)) / 2 ** 24;
    out[i] = radius * Math.cos(angle);
    out[i + 1] = radius * Math.sin(angle);
  }
  return out.subarray(0, length);
}

/** The numbers 0 to length − 1 in random order, by the Fisher–Yates shuffle. */
export function randomPermutation(key: RandomKey, length: number): DTypeArrays['uint32'] {
  const order = Uint32Array.from({ length }, (_, i) => i);
  const words = randomWords(key, length);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor((words[i]! / 2 ** 32) * (i + 1));
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}

/**
 * A sequence of independent keys from one seed. Its whole state is a seed and a count, so a resumed run goes on where it was.
 */
export class RandomStream {
  readonly seed: number;
  #count: number;

  constructor(seed: number, count = 0) {
    this.seed = seed;
    this.#count = count;
  }

  /** How many keys were taken. */
  get count(): number {
    return this.#count;
  }

  /** The next key. */
  next(): RandomKey {
    return foldIn(seedKey(this.seed), this.#count++);
  }
}
