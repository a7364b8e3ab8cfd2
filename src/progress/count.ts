import { ConfigError } from '../core/index.ts';
import { formatBytes, formatCount, formatDuration, formatFigure } from './format.ts';
import type { BarOptions, ProgressFields } from './progress.ts';

/** Milliseconds over which the speed is averaged: long enough to be calm, short enough to follow a change. */
const speedWindowMs = 30_000;

const shortNames: Readonly<Record<string, string>> = { learning_rate: 'lr', eval_loss: 'eval loss', grad_norm: 'norm' };

/** The numbers behind one bar: how many, since when, how fast. Knows nothing of how they are drawn. */
export class Count {
  readonly label: string;
  readonly unit: 'steps' | 'bytes';
  total: number | undefined;
  n: number;
  fields: ProgressFields = {};
  readonly #now: () => number;
  readonly #startedAt: number;
  /** When how many were done, oldest first, at most one a second. */
  readonly #samples: { at: number; n: number }[];

  constructor({ label, total, initial = 0, unit = 'steps' }: BarOptions, now: () => number) {
    if (total !== undefined && !(total >= 0))
      throw new ConfigError(`progress: total is ${total}; a number of at least 0 is needed.`);
    this.label = label;
    this.total = total;
    this.n = initial;
    this.unit = unit;
    this.#now = now;
    this.#startedAt = now();
    this.#samples = [{ at: this.#startedAt, n: initial }];
  }

  add(n: number, fields?: ProgressFields): void {
    this.n += n;
    if (fields !== undefined) this.fields = { ...this.fields, ...fields };
    const at = this.#now();
    if (at - this.#samples.at(-1)!.at >= 1000) {
      this.#samples.push({ at, n: this.n });
      while (this.#samples.length > 2 && at - this.#samples[1]!.at >= speedWindowMs) this.#samples.shift();
    }
  }

  /** Seconds since the start. */
  get elapsed(): number {
    return (this.#now() - this.#startedAt) / 1000;
  }

  /** How many a second lately; undefined before anything was done. */
  get speed(): number | undefined {
    const first = this.#samples[0]!;
    const seconds = (this.#now() - first.at) / 1000;
    return this.n > first.n && seconds > 0 ? (this.n - first.n) / seconds : undefined;
  }

  /** Seconds until the end at the speed of late; undefined where the total or the speed is not known. */
  get left(): number | undefined {
    if (this.total === undefined || this.speed === undefined) return undefined;
    return Math.max(0, this.total - this.n) / this.speed;
  }

  /** How much is done, 0 to 1; undefined where the total is not known. */
  get share(): number | undefined {
    if (this.total === undefined) return undefined;
    return this.total === 0 ? 1 : Math.min(1, this.n / this.total);
  }

  /** `312/1500`, or `12.3 MB/89 MB`. */
  get counted(): string {
    const show = (n: number) => (this.unit === 'bytes' ? formatBytes(n) : String(n));
    return this.total === undefined ? show(this.n) : `${show(this.n)}/${show(this.total)}`;
  }

  /** The figures in words: `loss 0.3121`, `lr 4.10e-5`, `5.23k tokens/s`. */
  get figures(): string[] {
    return Object.entries(this.fields).map(([name, value]) =>
      name.endsWith('/s') && typeof value === 'number'
        ? `${formatCount(value)} ${name}`
        : `${shortNames[name] ?? name} ${formatFigure(value)}`,
    );
  }

  /** The speed in words, unless a field tells one already. */
  get pace(): string | undefined {
    const { speed } = this;
    if (speed === undefined || Object.keys(this.fields).some((name) => name.endsWith('/s'))) return undefined;
    return this.unit === 'bytes' ? `${formatBytes(speed)}/s` : `${formatCount(speed)}/s`;
  }

  /** `0:41 <2:33`: gone and left. */
  get clock(): string {
    const gone = formatDuration(this.elapsed);
    return this.left === undefined || this.share === 1 ? gone : `${gone} <${formatDuration(this.left)}`;
  }
}
