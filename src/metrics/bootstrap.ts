import { ConfigError, DataError, foldIn, randomUniform, seedKey } from '../core/index.ts';
import type { Contribution } from './define-metric.ts';

/** How often and from which seed samples are drawn; `level` is the interval's share of them. */
export interface BootstrapOptions {
  /** Default 1000. */
  samples?: number;
  /** Default 0. */
  seed?: number;
  /** Default 0.95. */
  level?: number;
}

/** A score and the interval that holds it in `level` of the samples. */
export interface Interval {
  readonly score: number;
  readonly low: number;
  readonly high: number;
}

/** What `pairedBootstrap` gives for a score: A's minus B's, its interval, and how often chance alone differs as much. */
export interface PairedDifference extends Interval {
  readonly a: number;
  readonly b: number;
  readonly p_value: number;
}

/** All that is asked of a metric here: the scores of a sum, as an object of numbers, lists and groups. */
interface Scored {
  score(sum: Contribution, options?: object): object;
}

/**
 * Confidence intervals of a metric's scores by the percentile bootstrap: the segments are drawn with replacement again and
 * again, and each sample is scored. Scores in lists and groups are named by their path: `f1.0`, `macro.f1`.
 * `segments` are what `metric.segments` gave; options that scoring needs (labels, zero_division) go into `scoring`.
 * Source: Efron and Tibshirani, 1993, An Introduction to the Bootstrap, chapter 13.
 *
 * @example
 * import { accuracy, bootstrap } from 'qkv/metrics';
 * const segments = accuracy.segments({ predictions: [1, 0, 1, 1, 0, 1], references: [1, 0, 0, 1, 0, 1] });
 * const { accuracy: interval } = bootstrap(accuracy, segments, { seed: 1 });
 * console.log(interval); // { score: 0.833…, low: 0.5, high: 1 }
 */
export function bootstrap(
  metric: Scored,
  segments: readonly Contribution[],
  options: BootstrapOptions = {},
  scoring: object = {},
): Record<string, Interval> {
  const { samples, seed, level } = checked('bootstrap', options);
  const drawn = new Sums('bootstrap', segments);
  const scores = flatten(metric.score(drawn.all(), scoring));
  const values = new Map(Object.keys(scores).map((name) => [name, [] as number[]]));
  for (let sample = 0; sample < samples; sample++) {
    const found = flatten(metric.score(drawn.sample(seed, sample), scoring));
    for (const [name, list] of values) if (found[name] !== undefined) list.push(found[name]);
  }
  return Object.fromEntries(
    Object.entries(scores).map(([name, score]) => [name, { score, ...interval(values.get(name)!, level) }]),
  );
}

/**
 * Whether system A scores differently from B on the same examples: both are scored on the same samples, and the differences
 * give the interval. `p_value` is two-sided: how often a sample's difference lies at least as far from the whole's as that
 * lies from 0.
 * Source: Koehn, 2004, "Statistical significance tests for machine translation evaluation"; the p-value as in sacrebleu.
 */
export function pairedBootstrap(
  metric: Scored,
  segmentsA: readonly Contribution[],
  segmentsB: readonly Contribution[],
  options: BootstrapOptions = {},
  scoring: object = {},
): Record<string, PairedDifference> {
  const { samples, seed, level } = checked('pairedBootstrap', options);
  if (segmentsA.length !== segmentsB.length) {
    throw new DataError(
      `pairedBootstrap: A has ${segmentsA.length} segments and B ${segmentsB.length}; both must be scored on the same examples.`,
    );
  }
  const [drawnA, drawnB] = [new Sums('pairedBootstrap', segmentsA), new Sums('pairedBootstrap', segmentsB)];
  const [a, b] = [drawnA, drawnB].map((drawn) => flatten(metric.score(drawn.all(), scoring))) as [Flat, Flat];
  const names = Object.keys(a).filter((name) => b[name] !== undefined);
  const values = new Map(names.map((name) => [name, [] as number[]]));
  for (let sample = 0; sample < samples; sample++) {
    const [one, other] = [drawnA, drawnB].map((drawn) => flatten(metric.score(drawn.sample(seed, sample), scoring))) as [
      Flat,
      Flat,
    ];
    for (const [name, list] of values) {
      if (one[name] !== undefined && other[name] !== undefined) list.push(one[name] - other[name]);
    }
  }
  return Object.fromEntries(
    names.map((name) => {
      const score = a[name]! - b[name]!;
      const differences = values.get(name)!;
      const asFar = differences.filter((difference) => Math.abs(difference - score) >= Math.abs(score)).length;
      const p_value = (asFar + 1) / (differences.length + 1);
      return [name, { score, ...interval(differences, level), a: a[name]!, b: b[name]!, p_value }];
    }),
  );
}

type Flat = Record<string, number>;

/** Sums of drawn segments, with names turned into places once, so that a sample costs a few additions per segment. */
class Sums {
  readonly #names: string[] = [];
  readonly #starts: Uint32Array;
  readonly #places: number[] = [];
  readonly #values: number[] = [];

  constructor(speaker: string, segments: readonly Contribution[]) {
    if (segments.length === 0) throw new DataError(`${speaker}: no segment came; at least one is needed.`);
    const places = new Map<string, number>();
    this.#starts = new Uint32Array(segments.length + 1);
    for (const [index, segment] of segments.entries()) {
      for (const [name, value] of Object.entries(segment)) {
        if (!places.has(name)) {
          places.set(name, this.#names.length);
          this.#names.push(name);
        }
        this.#places.push(places.get(name)!);
        this.#values.push(value);
      }
      this.#starts[index + 1] = this.#places.length;
    }
  }

  all(): Contribution {
    return this.#sum((index) => index);
  }

  sample(seed: number, number: number): Contribution {
    const count = this.#starts.length - 1;
    const drawn = randomUniform(foldIn(seedKey(seed), number), count);
    return this.#sum((index) => Math.floor(drawn[index]! * count));
  }

  #sum(pick: (index: number) => number): Contribution {
    const sums = new Float64Array(this.#names.length);
    for (let index = 0; index < this.#starts.length - 1; index++) {
      const segment = pick(index);
      for (let i = this.#starts[segment]!; i < this.#starts[segment + 1]!; i++) sums[this.#places[i]!]! += this.#values[i]!;
    }
    return Object.fromEntries(this.#names.map((name, place) => [name, sums[place]!]));
  }
}

function checked(speaker: string, { samples = 1000, seed = 0, level = 0.95 }: BootstrapOptions): Required<BootstrapOptions> {
  if (!Number.isInteger(samples) || samples < 1) {
    throw new ConfigError(`${speaker}: samples is ${samples}; a whole number of at least 1 is needed.`);
  }
  if (!(level > 0 && level < 1)) throw new ConfigError(`${speaker}: level is ${level}; a share between 0 and 1 is needed.`);
  return { samples, seed, level };
}

/** The numbers among scores, by path. */
function flatten(scores: object, path = ''): Flat {
  const flat: Flat = {};
  for (const [name, value] of Object.entries(scores) as [string, unknown][]) {
    if (typeof value === 'number') flat[path + name] = value;
    else if (typeof value === 'object' && value !== null) Object.assign(flat, flatten(value, `${path}${name}.`));
  }
  return flat;
}

/** The percentiles that cut off equal parts at both ends, between order statistics as numpy's default does. */
function interval(values: number[], level: number): { low: number; high: number } {
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)] ?? Number.NaN;
    return below + (place - Math.floor(place)) * ((sorted[Math.ceil(place)] ?? below) - below);
  };
  return { low: at((1 - level) / 2), high: at((1 + level) / 2) };
}
