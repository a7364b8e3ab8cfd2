import type { Merge, MergeProgress, MergeStart } from './pair-merges.ts';
import type { Pace, Trainer, TrainingProgress } from './trainer.ts';

/** A trainer that joins pairs of symbols, with its steps apart: what a replay of a training walks through. */
export interface MergingTrainer extends Trainer {
  /** The tokens to start with and the words spelled in them; see `startOf`. */
  startOf(words: ReadonlyMap<string, number>, order?: (tokenA: string, tokenB: string) => number): MergeStart;
  /** Joins pairs; `start` changes with each. */
  merge(start: MergeStart): Generator<MergeProgress>;
}

/** Runs merging to its end at a pace that leaves the event loop free; gives the merges in order. */
export async function mergeAll(
  start: MergeStart,
  merging: Iterable<MergeProgress>,
  vocab_size: number,
  pace: Pace,
): Promise<Pick<Merge, 'first' | 'second'>[]> {
  const words = start.counts.length;
  const merges: Pick<Merge, 'first' | 'second'>[] = [];
  let last: TrainingProgress = { stage: 'count pairs', done: 0, total: words };
  for (const { stage, done, merge } of merging) {
    if (stage !== last.stage) pace.finish({ ...last, done: last.total ?? last.done });
    last = { stage, done, total: stage === 'count pairs' ? words : vocab_size };
    if (merge !== undefined) merges.push({ first: merge.first, second: merge.second });
    if (pace.isOver) await pace.rest(last);
  }
  pace.finish({ stage: 'merge pairs', done: start.tokens.length, total: start.tokens.length });
  return merges;
}
