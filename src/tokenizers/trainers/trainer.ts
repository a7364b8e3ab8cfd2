import { ConfigError, checkOptionNames, DataError } from '../../core/index.ts';
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

/** Texts to train on, one by one or, as a file's reader gives them, some at a time. */
export type TrainingTexts = Iterable<string | readonly string[]> | AsyncIterable<string | readonly string[]>;

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
  train(texts: TrainingTexts, split: Splitter, model: Model, options?: TrainingOptions): Promise<Trained>;
}

/** What `Trainer.train` is given. */
export type TrainingInputs = Parameters<Trainer['train']>;

const sliceMs = 10;
const reportMs = 100;

/** Lets a long computation share the event loop, report how far it is, and be stopped. */
export class Pace {
  readonly signal: AbortSignal | undefined;
  readonly #report: ((progress: TrainingProgress) => void) | undefined;
  #sliceStart = performance.now();
  #lastReport = 0;

  /**
   * With `show_progress` and nobody else to report to, the stages are printed on the console.
   * @throws ConfigError for an option that there is not, or of the wrong type; the signal's reason when it has asked to stop.
   */
  constructor(speaker: string, options: TrainingOptions, show_progress = false) {
    checkOptionNames(speaker, options, ['signal', 'onProgress']);
    const { signal, onProgress } = options;
    if (onProgress !== undefined && typeof onProgress !== 'function') {
      throw new ConfigError(`${speaker}: onProgress is ${shown(onProgress)}; a function is needed.`);
    }
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new ConfigError(`${speaker}: signal is ${shown(signal)}; an AbortSignal is needed.`);
    }
    this.signal = signal;
    this.#report = onProgress ?? (show_progress ? printStages(speaker) : undefined);
    signal?.throwIfAborted();
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
    this.signal?.throwIfAborted();
    this.#sliceStart = performance.now();
  }

  /** Reports the end of a stage. */
  finish(progress: TrainingProgress): void {
    this.signal?.throwIfAborted();
    this.#report?.(progress);
  }
}

/** Who trains, and what it needs. */
interface TrainingStart<M extends Model> {
  readonly speaker: string;
  /** The class of the model that it trains, and its name in tokenizer.json. */
  readonly Model: abstract new (
    ...fields: never[]
  ) => M;
  readonly type: string;
  readonly show_progress: boolean;
}

/**
 * How every training begins: checks what it is given, and counts the words of the texts.
 * @throws ConfigError for another kind of model, for options that there are not, and for texts that are none; DataError for a
 * text that is no string.
 */
export async function startTraining<M extends Model>(
  { speaker, Model, type, show_progress }: TrainingStart<M>,
  [texts, split, model, options = {}]: TrainingInputs,
): Promise<{ model: M; words: Map<string, number>; pace: Pace }> {
  if (!(model instanceof Model)) {
    throw new ConfigError(`${speaker}: the tokenizer's model is ${model.type}; a ${type} model is needed.`);
  }
  const pace = new Pace(speaker, options, show_progress);
  return { model, words: await countWords(speaker, texts, split, pace), pace };
}

/** How often each piece occurs in texts, those that are to be read as bytes spelled in characters for bytes. */
export async function countWords(
  speaker: string,
  texts: TrainingTexts,
  split: Splitter,
  pace: Pace,
): Promise<Map<string, number>> {
  const isAsync = typeof texts === 'object' && texts !== null && Symbol.asyncIterator in texts;
  if (typeof texts !== 'object' || texts === null || !(isAsync || Symbol.iterator in texts)) {
    throw new ConfigError(
      `${speaker}: texts is ${shown(texts)}; a list of strings, or something that gives them one by one, is needed.`,
    );
  }
  const total = Array.isArray(texts) && typeof texts[0] === 'string' ? texts.length : null;
  const ofCharacters = new WordCounts();
  // A piece is spelled once, when all are counted.
  const ofBytes = new WordCounts();
  let done = 0;
  for await (const given of isAsync && pace.signal !== undefined ? untilAborted(texts, pace.signal) : texts) {
    for (const text of Array.isArray(given) ? given : [given as string]) {
      if (typeof text !== 'string') throw new DataError(`${speaker}: text ${done} is ${shown(text)}; a string is needed.`);
      for (const { units, bounds, boundCount, areBytes } of split(text)) {
        const into = areBytes ? ofBytes : ofCharacters;
        for (let i = 0; i < boundCount; i += 2) {
          // A text may be a whole book.
          if ((i & 0x1fff) === 0x1ffe && pace.isOver) await pace.rest({ stage: 'count words', done, total });
          into.add(units, bounds[i]!, bounds[i + 1]!);
        }
      }
      done++;
      if (pace.isOver) await pace.rest({ stage: 'count words', done, total });
    }
  }
  const counts = new Map(ofCharacters);
  for (const [word, count] of ofBytes) {
    const spelled = toByteCharacters(word);
    counts.set(spelled, (counts.get(spelled) ?? 0) + count);
  }
  pace.finish({ stage: 'count words', done, total: done });
  return counts;
}

/** What another gives, until the signal asks to stop: also while the next is long in coming. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let stop = (_reason: unknown) => {};
  const onAbort = () => stop(signal.reason);
  signal.addEventListener('abort', onAbort);
  let isOver = false;
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        stop = reject;
        signal.throwIfAborted();
        iterator.next().then(resolve, reject);
      });
      if (next.done) {
        isOver = true;
        return;
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Nobody waits for this: a source that is stuck would hold the training up.
    if (!isOver) iterator.return?.().catch(() => {});
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null
    ? `an object (${Object.keys(value).slice(0, 5).join(', ')})`
    : String(value);
}

/** Prints a line on the console as each stage ends; `name` is who speaks. */
function printStages(name: string): (progress: TrainingProgress) => void {
  let shown = '';
  return ({ stage, done, total }) => {
    if (done !== total || stage === shown) return;
    shown = stage;
    console.error(`${name}: ${stage}: ${done}`);
  };
}
