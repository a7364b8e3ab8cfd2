import { crc32 } from 'node:zlib';

/**
 * `count` numbers in [-1, 1) that depend on `name` alone, the same in fill.py to the last bit: a counter, spread by the
 * golden ratio and mixed by MurmurHash3's finalizer. So two languages start from one model without sharing a file.
 */
export function filled(name: string, count: number): Float32Array<ArrayBuffer> {
  const start = crc32(name);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let x = (start + Math.imul(i, 0x9e3779b9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    out[i] = ((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1;
  }
  return out;
}

/** `count` whole numbers from 0 to `limit - 1`, from the same numbers. */
export function filledIntegers(name: string, count: number, limit: number): number[] {
  return Array.from(filled(name, count), (x) => Math.min(limit - 1, Math.floor(((x + 1) / 2) * limit)));
}

/** The first weights of the parameter `name`: LayerNorm weights 1, biases 0, the rest uniform with a deviation of 0.02. */
export function initialWeights(name: string, count: number): Float32Array<ArrayBuffer> {
  if (name.endsWith('LayerNorm.weight')) return new Float32Array(count).fill(1);
  if (name.endsWith('.bias')) return new Float32Array(count);
  return filled(name, count).map((x) => x * Math.fround(0.02 * Math.sqrt(3)));
}
