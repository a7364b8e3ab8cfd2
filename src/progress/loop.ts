import { defaultProgress } from '#progress-default';
import { ConfigError } from '../core/index.ts';
import type { BarOptions, Progress, ProgressBar } from './progress.ts';

/** What `progress` takes beside what it walks over. */
export interface LoopOptions extends Partial<BarOptions> {
  /** Where it is shown; the terminal unless told. */
  readonly progress?: Progress | undefined;
}

/** A loop's source with a bar around it: `for` and `for await` both go through it, and `bar` takes further figures. */
export interface ProgressLoop<T> extends Iterable<T>, AsyncIterable<T> {
  /** The bar; started by the first look at it, which may be the loop's. */
  readonly bar: ProgressBar;
}

/**
 * A bar that follows a loop, as tqdm does in Python. Over something that can be iterated it counts by itself and ends with the
 * loop, however the loop ends; the total is its `length` or `size` unless told. With options alone it gives a bar to count by hand.
 * @example
 * const loop = progress(['a', 'b', 'c'], { label: 'letters' });
 * for (const letter of loop) loop.bar.update(0, { letter });
 * @example
 * using bar = progress({ label: 'steps', total: 10 });
 * for (let step = 0; step < 10; step++) bar.update(1, { loss: 1 / (step + 1) });
 */
export function progress(options: LoopOptions): ProgressBar;
export function progress<T>(source: Iterable<T> | AsyncIterable<T>, options?: LoopOptions): ProgressLoop<T>;
export function progress<T>(
  first: LoopOptions | Iterable<T> | AsyncIterable<T>,
  options: LoopOptions = {},
): ProgressBar | ProgressLoop<T> {
  return isWalkable<T>(first) ? loopOver(first, options) : startBar(first);
}

function startBar({ progress: shown = defaultProgress(), label = 'progress', ...rest }: LoopOptions): ProgressBar {
  return shown.start({ label, ...rest });
}

function isWalkable<T>(value: object): value is Iterable<T> | AsyncIterable<T> {
  return Symbol.iterator in Object(value) || Symbol.asyncIterator in Object(value);
}

function isIterable<T>(value: Iterable<T> | AsyncIterable<T>): value is Iterable<T> {
  return Symbol.iterator in Object(value);
}

function sizeOfSource(source: object): number | undefined {
  const { length, size } = source as { length?: unknown; size?: unknown };
  return [length, size].find((n): n is number => typeof n === 'number');
}

function loopOver<T>(source: Iterable<T> | AsyncIterable<T>, options: LoopOptions): ProgressLoop<T> {
  let bar: ProgressBar | undefined;
  const started = () => {
    bar ??= startBar({ total: sizeOfSource(source), ...options });
    return bar;
  };
  return {
    get bar() {
      return started();
    },
    *[Symbol.iterator]() {
      if (!isIterable(source)) {
        throw new ConfigError('progress: the source can only be read asynchronously; write `for await`.');
      }
      const counting = started();
      try {
        for (const item of source) {
          yield item;
          counting.update(1);
        }
      } finally {
        counting.end();
      }
    },
    async *[Symbol.asyncIterator]() {
      const counting = started();
      try {
        for await (const item of source) {
          yield item;
          counting.update(1);
        }
      } finally {
        counting.end();
      }
    },
  };
}
