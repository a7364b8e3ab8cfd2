import { ConfigError, DataError, makeTurn } from '../../core/index.ts';
import { minimize } from './lbfgs.ts';
import { type SparseRows, TextFeatures } from './sparse-text.ts';

/** How `LinearTextClassifier` is fitted. Names and meanings are scikit-learn's. */
export interface LinearTextClassifierOptions {
  /** How little the weights are held back: the inverse of the L2 penalty's strength. Default 10. */
  C?: number;
  /** Shortest and longest word runs that are features; default [1, 2]. */
  ngram_range?: readonly [number, number];
  /** A run must stand in so many training texts to be a feature; default 2. */
  min_df?: number;
  /** Default 200. */
  max_iter?: number;
  /** Default 1e-4. */
  tol?: number;
  signal?: AbortSignal;
}

/**
 * The baseline that a trained text classifier has to beat: logistic regression (softmax for more than two classes) with an L2
 * penalty on tf-idf of words and word pairs. The same texts give the same weights.
 * As scikit-learn's TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True) with LogisticRegression(C=10), except
 * that words of one letter and punctuation count.
 *
 * @example
 * import { LinearTextClassifier } from 'qkv/metrics';
 * const texts = ['win money now', 'free money', 'see you at lunch', 'lunch at noon'];
 * const model = await LinearTextClassifier.fit(texts, [1, 1, 0, 0], { min_df: 1 });
 * console.log(await model.predict(['money at lunch', 'free now'])); // [0, 1]
 */
export class LinearTextClassifier {
  readonly #features: TextFeatures;
  readonly #classes: number;
  /** One row per output, then the outputs' intercepts. Two classes need one output. */
  readonly #weights: Float64Array;
  /** Steps that fitting took. */
  readonly n_iter: number;

  private constructor(features: TextFeatures, classes: number, weights: Float64Array, n_iter: number) {
    this.#features = features;
    this.#classes = classes;
    this.#weights = weights;
    this.n_iter = n_iter;
  }

  /**
   * A classifier fitted to texts and their class numbers (0 to classes − 1).
   * @throws DataError when texts and labels do not match, there are fewer than two classes, or no word is left.
   */
  static async fit(
    texts: ArrayLike<string>,
    labels: ArrayLike<number>,
    { C = 10, ngram_range = [1, 2], min_df = 2, max_iter = 200, tol = 1e-4, signal }: LinearTextClassifierOptions = {},
  ): Promise<LinearTextClassifier> {
    checkOptions({ C, ngram_range, min_df, max_iter, tol });
    const classes = countClasses(texts, labels);
    const turn = makeTurn(signal);
    const features = await TextFeatures.fit(texts, ngram_range, min_df, turn);
    if (features.size === 0) {
      throw new DataError(
        `LinearTextClassifier: no word stands in ${min_df} texts or more; give more texts or a lower min_df.`,
      );
    }
    const rows = await features.rows(texts, turn);
    const outputs = classes === 2 ? 1 : classes;
    const weights = new Float64Array(outputs * (features.size + 1));
    const objective = logisticLoss(rows, Int32Array.from(labels), outputs, features.size, 1 / (C * texts.length), turn);
    const steps = await minimize(weights, objective, { max_iter, tol });
    return new LinearTextClassifier(features, classes, weights, steps);
  }

  /** Number of features. */
  get size(): number {
    return this.#features.size;
  }

  /** For each text its classes' probabilities. */
  async predict_proba(texts: ArrayLike<string>): Promise<Float64Array[]> {
    const turn = makeTurn();
    const rows = await this.#features.rows(texts, turn);
    const outputs = this.#classes === 2 ? 1 : this.#classes;
    const logits = new Float64Array(outputs);
    return Array.from({ length: texts.length }, (_, row) => {
      rowLogits(rows, row, this.#weights, this.#features.size, logits);
      if (outputs === 1) {
        const p = 1 / (1 + Math.exp(-logits[0]!));
        return Float64Array.of(1 - p, p);
      }
      const most = Math.max(...logits);
      const powers = logits.map((z) => Math.exp(z - most));
      const sum = powers.reduce((a, b) => a + b);
      return powers.map((power) => power / sum);
    });
  }

  /** For each text its most probable class. */
  async predict(texts: ArrayLike<string>): Promise<number[]> {
    return (await this.predict_proba(texts)).map((probabilities) => probabilities.indexOf(Math.max(...probabilities)));
  }
}

/** Mean cross entropy plus the penalty, and its gradient. Intercepts carry no penalty. */
function logisticLoss(
  rows: SparseRows,
  labels: Int32Array,
  outputs: number,
  size: number,
  penalty: number,
  turn: () => Promise<void> | undefined,
): (weights: Float64Array, gradient: Float64Array) => Promise<number> {
  const logits = new Float64Array(outputs);
  const count = labels.length;
  return async (weights, gradient) => {
    let loss = 0;
    gradient.fill(0);
    for (let row = 0; row < count; row++) {
      rowLogits(rows, row, weights, size, logits);
      // logits become the loss's derivatives by them.
      if (outputs === 1) {
        const z = logits[0]!;
        loss += Math.max(z, 0) - z * labels[row]! + Math.log1p(Math.exp(-Math.abs(z)));
        logits[0] = 1 / (1 + Math.exp(-z)) - labels[row]!;
      } else {
        let most = Number.NEGATIVE_INFINITY;
        for (const z of logits) most = Math.max(most, z);
        let sum = 0;
        for (const z of logits) sum += Math.exp(z - most);
        loss += most + Math.log(sum) - logits[labels[row]!]!;
        for (let k = 0; k < outputs; k++) logits[k] = Math.exp(logits[k]! - most) / sum - (k === labels[row] ? 1 : 0);
      }
      for (let k = 0; k < outputs; k++) {
        const slope = logits[k]! / count;
        const offset = k * size;
        for (let i = rows.starts[row]!; i < rows.starts[row + 1]!; i++) {
          gradient[offset + rows.columns[i]!]! += slope * rows.values[i]!;
        }
        gradient[outputs * size + k]! += slope;
      }
      // Asking the clock for each row would take longer than the row.
      const pause = row % 64 === 0 ? turn() : undefined;
      if (pause) await pause;
    }
    let square = 0;
    for (let i = 0; i < outputs * size; i++) {
      square += weights[i]! * weights[i]!;
      gradient[i]! += penalty * weights[i]!;
    }
    return loss / count + (penalty / 2) * square;
  };
}

function rowLogits(rows: SparseRows, row: number, weights: Float64Array, size: number, logits: Float64Array): void {
  const outputs = logits.length;
  for (let k = 0; k < outputs; k++) {
    let sum = weights[outputs * size + k]!;
    const offset = k * size;
    for (let i = rows.starts[row]!; i < rows.starts[row + 1]!; i++)
      sum += weights[offset + rows.columns[i]!]! * rows.values[i]!;
    logits[k] = sum;
  }
}

function countClasses(texts: ArrayLike<string>, labels: ArrayLike<number>): number {
  if (texts.length !== labels.length) {
    throw new DataError(
      `LinearTextClassifier: ${texts.length} texts and ${labels.length} labels came; each text needs one label.`,
    );
  }
  let most = -1;
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (!Number.isInteger(label) || label < 0) {
      throw new DataError(`LinearTextClassifier: label ${row} is ${label}; a class number from 0 is needed.`);
    }
    most = Math.max(most, label);
  }
  if (new Set(Array.from(labels)).size < 2) {
    throw new DataError('LinearTextClassifier: all texts are of one class; at least two classes are needed.');
  }
  return most + 1;
}

function checkOptions({ C, ngram_range, min_df, max_iter, tol }: Required<Omit<LinearTextClassifierOptions, 'signal'>>): void {
  const refuse = (name: string, value: unknown, needed: string): never => {
    throw new ConfigError(`LinearTextClassifier: ${name} is ${String(value)}; ${needed} is needed.`);
  };
  const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;
  if (!(C > 0)) refuse('C', C, 'a number above 0');
  const [shortest, longest] = ngram_range;
  if (!isCount(shortest) || !isCount(longest) || shortest > longest) {
    refuse('ngram_range', `[${ngram_range.join(', ')}]`, 'a pair of whole numbers from 1, the smaller first,');
  }
  if (!isCount(min_df)) refuse('min_df', min_df, 'a whole number of at least 1');
  if (!isCount(max_iter)) refuse('max_iter', max_iter, 'a whole number of at least 1');
  if (!(tol > 0)) refuse('tol', tol, 'a number above 0');
}
