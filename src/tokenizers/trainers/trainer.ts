import type { Model } from '../models/model.ts';
import { toByteCharacters } from '../text/byte-characters.ts';
import { WordCounts } from './word-counts.ts';

/** How far a training is. */
export interface TrainingProgress {
  /**
   * What it does now: reads the texts; counts pairs of symbols and merges them to tokens (BPE, WordPiece); or finds
   * substrings that occur often, and estimates how likely each is while dropping the least useful (Unigram).
   */
  readonly stage: 'count words' | 'count pairs' | 'merge pairs' | 'find substrings' | 'estimate';
  /** Texts read, words counted, tokens the vocabulary has, characters sorted, or words gone through by all estimates. */
  readonly done: number;
  /** How many there will be; null while that is not known. */
  readonly total: number | null;
}

/** What any training takes beside the texts. */
export interface TrainingOptions {
  /** Stops the training: its promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called a few times a second, and at the end of each stage. */
  onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

/** A training's result: the model, and the tokens that the tokenizer has to find in texts. */
export interface Trained {
  readonly model: Model;
  readonly special_tokens: readonly string[];
}

/** A text cut into pieces, as a training counts them. */
export interface CutText {
  /** The text's UTF-16 units. */
  readonly units: Uint16Array;
  /** Start and end of each piece, `boundCount` numbers. */
  readonly bounds: Int32Array;
  readonly boundCount: number;
  /** Whether the pieces are to be read as the bytes of their UTF-8 form. */
  readonly areBytes: boolean;
}

/** Cuts a text; what it gives is good until it is asked for more. */
export type Splitter = (text: string) => Iterable<CutText>;

/** Makes a model from texts. */
export interface Trainer {
  /** Trains on texts that `split` cuts into pieces, some of which may be bytes still to be spelled; what is not the training's business is taken over from `model`. */
  train(
    texts: Iterable<string> | AsyncIterable<string>,
    split: Splitter,
    model: Model,
    options?: TrainingOptions,
  ): Promise<Trained>;
}

const sliceMs = 10;
const reportMs = 100;

/** Lets a long computation share the event loop, report how far it is, and be stopped. */
export class Pace {
  readonly #options: TrainingOptions;
  readonly #report: ((progress: TrainingProgress) => void) | undefined;
  #sliceStart = performance.now();
  #lastReport = 0;

  constructor(options: TrainingOptions, report = options.onProgress) {
    this.#options = options;
    this.#report = report;
    options.signal?.throwIfAborted();
  }

  /** Whether it is time to await `rest`. */
  get isOver(): boolean {
    return performance.now() - this.#sliceStart > sliceMs;
  }

  /** Gives timers and events their turn. Rejects when the signal has asked to stop. */
  async rest(progress: TrainingProgress): Promise<void> {
    const now = performance.now();
    if (now - this.#lastReport > reportMs) {
      this.#lastReport = now;
      this.#report?.(progress);
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#options.signal?.throwIfAborted();
    this.#sliceStart = performance.now();
  }

  /** Reports the end of a stage. */
  finish(progress: TrainingProgress): void {
    this.#options.signal?.throwIfAborted();
    this.#report?.(progress);
  }
}

/** How often each piece occurs in texts, those that are to be read as bytes spelled in characters for bytes. */
export async function countWords(
  texts: Iterable<string> | AsyncIterable<string>,
  split: Splitter,
  pace: Pace,
): Promise<Map<string, number>> {
  const ofCharacters = new WordCounts();
  // A piece is spelled once, when all are counted.
  const ofBytes = new WordCounts();
  let done = 0;
  for await (const text of texts) {
    for (const { units, bounds, boundCount, areBytes } of split(text)) {
      const into = areBytes ? ofBytes : ofCharacters;
      for (let i = 0; i < boundCount; i += 2) {
        // A text may be a whole book.
        if ((i & 0x1fff) === 0x1ffe && pace.isOver) await pace.rest({ stage: 'count words', done, total: null });
        into.add(units, bounds[i]!, bounds[i + 1]!);
      }
    }
    done++;
    if (pace.isOver) await pace.rest({ stage: 'count words', done, total: null });
  }
  const counts = new Map(ofCharacters);
  for (const [word, count] of ofBytes) {
    const spelled = toByteCharacters(word);
    counts.set(spelled, (counts.get(spelled) ?? 0) + count);
  }
  pace.finish({ stage: 'count words', done, total: done });
  return counts;
}

/** Prints a line on the console as each stage ends; `name` is who speaks. */
export function printStages(name: string): (progress: TrainingProgress) => void {
  let shown = '';
  return ({ stage, done, total }) => {
    if (done !== total || stage === shown) return;
    shown = stage;
    console.error(`${name}: ${stage}: ${done}`);
  };
}
