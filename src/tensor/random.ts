import { type RandomKey, RandomStream } from '../core/index.ts';

let stream = new RandomStream(0);

/** Sets the seed of everything random from here on: initial weights, dropout, `randn` and its kin. Default 0. */
export function manualSeed(seed: number): void {
  stream = new RandomStream(seed);
}

/** Where the random numbers stand, to be saved with a checkpoint. */
export function randomState(): { readonly seed: number; readonly count: number } {
  return { seed: stream.seed, count: stream.count };
}

/** Goes on from a saved state. */
export function setRandomState({ seed, count }: { readonly seed: number; readonly count: number }): void {
  stream = new RandomStream(seed, count);
}

/** The next key of the global stream. */
export function nextRandomKey(): RandomKey {
  return stream.next();
}

/** Runs f with the numbers standing at `state`; afterwards they stand where they stood before. */
export function replayingRandom<T>(state: { readonly seed: number; readonly count: number }, f: () => T): T {
  const before = stream;
  setRandomState(state);
  try {
    return f();
  } finally {
    stream = before;
  }
}
