import { describe, expect, it } from 'vitest';
import {
  foldIn,
  RandomStream,
  randomBytes,
  randomNormal,
  randomPermutation,
  randomUniform,
  seedKey,
  threefry,
} from './random.ts';

describe('threefry', () => {
  it.each([
    // Known answers of Random123 1.14 (kat_vectors, threefry2x32 with 20 rounds).
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as const)('gives the published answer for key %j', (key, counter, answer) => {
    expect(threefry(key, counter[0], counter[1])).toEqual(answer);
  });
});

describe('random numbers', () => {
  const key = seedKey(42);

  it('are the same for the same key, and others for another', () => {
    expect(randomBytes(key, 33)).toEqual(randomBytes(key, 33));
    expect(randomBytes(key, 33)).not.toEqual(randomBytes(foldIn(key, 1), 33));
    expect(randomBytes(key, 16)).toEqual(randomBytes(key, 33).slice(0, 16));
    for (const [from, length] of [
      [0, 5],
      [3, 4],
      [8, 8],
      [13, 20],
    ] as const)
      expect(randomBytes(key, length, from)).toEqual(randomBytes(key, 33).slice(from, from + length));
  });

  it('have the moments of their distributions', () => {
    const count = 200_000;
    const mean = (xs: Float32Array) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
    const uniform = randomUniform(key, count);
    expect(mean(uniform)).toBeCloseTo(0.5, 2);
    expect(Math.min(...uniform.subarray(0, 50_000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform.subarray(0, 50_000))).toBeLessThan(1);
    const normal = randomNormal(key, count);
    expect(mean(normal)).toBeCloseTo(0, 2);
    expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1);
    expect(mean(normal.map((x) => x ** 4))).toBeCloseTo(3, 0);
  });

  it('spread bytes evenly', () => {
    const counts = new Float64Array(256);
    for (const byte of randomBytes(key, 256 * 1000)) counts[byte]!++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 255 degrees of freedom: 99.9 % of random samples lie below 330, 0.1 % below 190.
    expect(chiSquare).toBeGreaterThan(190);
    expect(chiSquare).toBeLessThan(330);
  });

  it('shuffle every number once', () => {
    const order = randomPermutation(key, 1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
  });

  it('continue from a saved count', () => {
    const stream = new RandomStream(7);
    stream.next();
    const resumed = new RandomStream(7, stream.count);
    expect(resumed.next()).toEqual(stream.next());
  });
});
