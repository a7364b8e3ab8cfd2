import { ConfigError, DataError, nearest } from '../core/index.ts';

/** What one segment (an example, a sentence) adds to a metric: numbers by name, of which a missing one is 0. */
export type Contribution = Readonly<Record<string, number>>;

/** Predictions and what they should have been, example by example. */
export interface Judged<Prediction, Reference> {
  readonly predictions: ArrayLike<Prediction>;
  readonly references: ArrayLike<Reference>;
}

/** What `defineMetric` is told. */
export interface MetricDefinition<Prediction, Reference, Options extends object, Result extends object> {
  readonly name: string;
  /** Goes up when the same input would get another score. Default 1. */
  readonly version?: number;
  readonly defaults: Options;
  /** Refuses option values that cannot be honoured. */
  readonly check?: (options: Options) => void;
  readonly segment: (prediction: Prediction, reference: Reference, options: Options) => Contribution;
  readonly score: (sum: Contribution, options: Options) => Result;
}

/** Adds up contributions as they come. */
export interface RunningMetric<Prediction, Reference, Result extends object> {
  /** One example more. */
  add(prediction: Prediction, reference: Reference): void;
  /** Many examples more. */
  add_batch(batch: Judged<Prediction, Reference>): void;
  /** The sum so far. */
  readonly sum: Contribution;
  /** The score so far. */
  compute(): Result & Signed;
}

/** A result that says how it was made: metric, options, version. Not enumerable, so that logs hold numbers only. */
export interface Signed {
  readonly signature: string;
}

/** A metric: what a segment contributes, and the score of the sum. */
export interface Metric<Prediction, Reference, Options extends object, Result extends object> {
  readonly name: string;
  /** `accuracy|version:1`, with the options that differ from their defaults in between. */
  signature(options?: Partial<Options>): string;
  /** The score of all examples. Like `compute` in Hugging Face's evaluate: options stand beside the predictions. */
  compute(input: Judged<Prediction, Reference> & Partial<Options>): Result & Signed;
  /** Each example's contribution, for `bootstrap` and `pairedBootstrap`. */
  segments(input: Judged<Prediction, Reference> & Partial<Options>): Contribution[];
  /** The score of contributions added up. */
  score(sum: Contribution, options?: Partial<Options>): Result & Signed;
  /** A sum to which examples are added as they come. */
  start(options?: Partial<Options>): RunningMetric<Prediction, Reference, Result>;
}

/**
 * Makes a metric from what one segment contributes and how the sum is scored; streaming, sums over processes, bootstrap
 * intervals and paired tests follow from that.
 *
 * @example
 * import { defineMetric } from 'qkv/metrics';
 * const sameLength = defineMetric({
 *   name: 'same_length',
 *   defaults: {},
 *   segment: (prediction: string, reference: string) => ({ hits: Number(prediction.length === reference.length), count: 1 }),
 *   score: ({ hits = 0, count = 0 }) => ({ same_length: hits / count }),
 * });
 * console.log(sameLength.compute({ predictions: ['ab', 'c'], references: ['xy', 'zz'] }).same_length); // 0.5
 */
/*@__NO_SIDE_EFFECTS__*/
export function defineMetric<Prediction, Reference, Options extends object, Result extends object>(
  definition: MetricDefinition<Prediction, Reference, Options, Result>,
): Metric<Prediction, Reference, Options, Result> {
  const { name, version = 1, defaults, check, segment, score } = definition;
  const whole = (given: Partial<Options> = {}): Options => {
    for (const option of Object.keys(given)) {
      if (option in defaults) continue;
      const near = nearest(option, Object.keys(defaults));
      const known = Object.keys(defaults).length > 0 ? `the options are ${Object.keys(defaults).join(', ')}` : 'it has none';
      throw new ConfigError(
        `${name}: there is no option ${option}; ${near === undefined ? `${known}.` : `did you mean ${near}?`}`,
      );
    }
    const options = { ...defaults, ...given };
    check?.(options);
    return options;
  };
  const signature = (options: Options): string => {
    const changed = Object.entries(options).filter(
      ([key, value]) => !Object.is(value, (defaults as Record<string, unknown>)[key]),
    );
    const parts = changed.map(
      ([key, value]) => `${key}:${typeof value === 'string' || Number.isNaN(value) ? value : JSON.stringify(value)}`,
    );
    return [name, ...parts, `version:${version}`].join('|');
  };
  const signed = (sum: Contribution, options: Options): Result & Signed => {
    if (Object.keys(sum).length === 0) throw new DataError(`${name}: no example came; at least one is needed.`);
    return Object.defineProperty(score(sum, options), 'signature', { value: signature(options) }) as Result & Signed;
  };
  const segments = ({
    predictions,
    references,
    ...given
  }: Judged<Prediction, Reference> & Partial<Options>): Contribution[] => {
    const options = whole(given as unknown as Partial<Options>);
    checkLengths(name, predictions, references);
    return Array.from({ length: predictions.length }, (_, i) => segment(predictions[i]!, references[i]!, options));
  };
  return {
    name,
    signature: (options) => signature(whole(options)),
    segments,
    score: (sum, options) => signed(sum, whole(options)),
    compute: ({ predictions, references, ...given }) => {
      const options = whole(given as unknown as Partial<Options>);
      return signed(addUp(segments({ predictions, references, ...options })), options);
    },
    start(given) {
      const options = whole(given);
      const sum: Record<string, number> = {};
      return {
        sum,
        add: (prediction, reference) => addTo(sum, segment(prediction, reference, options)),
        add_batch({ predictions, references }) {
          checkLengths(name, predictions, references);
          for (let i = 0; i < predictions.length; i++) addTo(sum, segment(predictions[i]!, references[i]!, options));
        },
        compute: () => signed(sum, options),
      };
    },
  };
}

/** The sum of contributions, field by field. */
export function addUp(contributions: Iterable<Contribution>): Contribution {
  const sum: Record<string, number> = {};
  for (const contribution of contributions) addTo(sum, contribution);
  return sum;
}

function addTo(sum: Record<string, number>, contribution: Contribution): void {
  for (const field in contribution) sum[field] = (sum[field] ?? 0) + contribution[field]!;
}

function checkLengths(name: string, predictions: ArrayLike<unknown>, references: ArrayLike<unknown>): void {
  if (predictions.length !== references.length) {
    throw new DataError(
      `${name}: ${predictions.length} predictions and ${references.length} references came; there must be one reference for each prediction.`,
    );
  }
}
