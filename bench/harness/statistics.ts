import { median } from './serve.ts';

/** A median and the interval in which it lies. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The median of paired ratios with its 95 % interval, by bootstrap: the median of as many ratios drawn with
 * replacement, 4,000 times over; the interval leaves 2.5 % of those medians on either side.
 * Source: Efron, 1979, "Bootstrap methods: another look at the jackknife" (percentile interval).
 */
export function estimate(ratios: readonly number[]): Estimate {
  const random = mulberry32(1);
  const medians = Array.from({ length: 4000 }, () =>
    median(ratios.map(() => ratios[Math.floor(random() * ratios.length)]!)),
  ).sort((a, b) => a - b);
  return { median: median(ratios), low: medians[100]!, high: medians[3899]! };
}

/** The order of one round: all positions, shuffled (Fisher and Yates). */
export function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Numbers from 0 to 1, the same for the same seed. Source: Tommy Ettinger's mulberry32, public domain. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
