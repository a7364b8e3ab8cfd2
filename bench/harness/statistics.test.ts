import { describe, expect, test } from 'vitest';
import { median } from './serve.ts';
import { estimate, mulberry32, shuffled } from './statistics.ts';

describe('the statistics of a bench', () => {
  test('a median of an odd and of an even number of values', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([7])).toBe(7);
  });

  test('equal ratios have no spread', () => {
    expect(estimate([1.5, 1.5, 1.5])).toEqual({ median: 1.5, low: 1.5, high: 1.5 });
  });

  test('the interval covers the true median about as often as it says', () => {
    const random = mulberry32(7);
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      // The median of this skewed distribution is 1.25.
      const { low, high } = estimate(Array.from({ length: 15 }, () => 1 + random() ** 2));
      if (low <= 1.25 && high >= 1.25) covered++;
    }
    expect(covered / 200).toBeGreaterThan(0.88);
    expect(covered / 200).toBeLessThan(1);
  });

  test('every position comes once in a round, and orders differ', () => {
    const random = mulberry32(3);
    const orders = Array.from({ length: 20 }, () => shuffled(4, random));
    for (const order of orders) expect([...order].sort()).toEqual([0, 1, 2, 3]);
    expect(new Set(orders.map(String)).size).toBeGreaterThan(5);
  });
});
