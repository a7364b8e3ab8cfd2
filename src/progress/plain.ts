import { Count } from './count.ts';
import { formatDuration } from './format.ts';
import type { Output } from './output.ts';
import type { BarOptions, Progress, ProgressBar, ProgressFields } from './progress.ts';

/** How plain lines are written. */
export interface PlainProgressOptions {
  /** Least time between two lines of one bar, in milliseconds. */
  readonly intervalMs?: number;
  /** Milliseconds from any fixed moment. */
  readonly now?: () => number;
}

/** Progress as plain lines, for files, pipes and build logs: one each few seconds at most, and one at the end. */
export class PlainProgress implements Progress {
  readonly #output: Output;
  readonly #intervalMs: number;
  readonly #now: () => number;
  #running = 0;

  constructor(output: Output, { intervalMs = 5000, now = () => performance.now() }: PlainProgressOptions = {}) {
    this.#output = output;
    this.#intervalMs = intervalMs;
    this.#now = now;
  }

  log(line: string): void {
    this.#output.write(`${line}\n`);
  }

  start(options: BarOptions): ProgressBar {
    const leave = options.leave ?? this.#running === 0;
    this.#running++;
    return new PlainBar(new Count(options, this.#now), {
      write: (line) => this.log(line),
      now: this.#now,
      intervalMs: this.#intervalMs,
      leave,
      ended: () => {
        this.#running--;
      },
    });
  }
}

interface PlainBarHooks {
  readonly write: (line: string) => void;
  readonly now: () => number;
  readonly intervalMs: number;
  readonly leave: boolean;
  readonly ended: () => void;
}

class PlainBar implements ProgressBar {
  readonly #count: Count;
  readonly #hooks: PlainBarHooks;
  #writtenAt: number;
  #writtenN: number | undefined;
  #isEnded = false;

  constructor(count: Count, hooks: PlainBarHooks) {
    this.#count = count;
    this.#hooks = hooks;
    this.#writtenAt = hooks.now();
  }

  get n(): number {
    return this.#count.n;
  }

  get total(): number | undefined {
    return this.#count.total;
  }

  set total(total: number | undefined) {
    this.#count.total = total;
  }

  update(n = 1, fields?: ProgressFields): void {
    this.#count.add(n, fields);
    if (!this.#isEnded && this.#hooks.now() - this.#writtenAt >= this.#hooks.intervalMs) this.#write();
  }

  log(line: string): void {
    this.#hooks.write(line);
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#hooks.leave && this.#writtenN !== this.#count.n) this.#write();
    this.#hooks.ended();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #write(): void {
    const count = this.#count;
    this.#writtenAt = this.#hooks.now();
    this.#writtenN = count.n;
    const percent = count.share === undefined ? [] : [`${Math.floor(count.share * 100)}%`];
    const pace = count.pace === undefined ? [] : [count.pace];
    const left = count.left === undefined || count.share === 1 ? '' : `, ${formatDuration(count.left)} left`;
    const time = `${formatDuration(count.elapsed)} elapsed${left}`;
    this.#hooks.write([count.label, count.counted, ...percent, ...count.figures, ...pace, time].join('  '));
  }
}
