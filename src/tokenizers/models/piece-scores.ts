/** The scores of a Unigram model's pieces. */
export interface PieceScores {
  /** As they were given; NaN for a piece that has none. */
  given(id: number): number;
  /** As the search adds them. */
  used(id: number): number;
  /** A number close to `given`, quick to have. */
  roughly(id: number): number;
}

/** Scores that came as numbers; `fromJSON` says that a file had them, whose numbers Hugging Face's library reads as `asSerdeReads` does. */
export class NumberScores implements PieceScores {
  readonly #numbers: Float64Array;
  readonly #fromJSON: boolean;

  constructor(numbers: Float64Array, fromJSON: boolean) {
    this.#numbers = numbers;
    this.#fromJSON = fromJSON;
  }

  given(id: number): number {
    return this.#numbers[id]!;
  }

  used(id: number): number {
    const given = this.#numbers[id]!;
    return this.#fromJSON ? asSerdeReads(given) : given;
  }

  roughly(id: number): number {
    return this.#numbers[id]!;
  }
}

/**
 * Scores as the digits that a file has for them, of which most are never needed as numbers: making 250,000 numbers of 17 digits
 * each takes longer than everything else about reading them.
 */
export class DigitScores implements PieceScores {
  /** The first fifteen digits as a whole number with the sign; NaN for a piece without a score. */
  readonly #leading: Float64Array;
  /** The digits after those, up to four. */
  readonly #rest: Uint16Array;
  /** How many those are, and the power of ten that the digits are to be taken times: power · 8 + count. */
  readonly #shapes: Int16Array;

  constructor(leading: Float64Array, rest: Uint16Array, shapes: Int16Array) {
    this.#leading = leading;
    this.#rest = rest;
    this.#shapes = shapes;
  }

  given(id: number): number {
    return Number(`${this.#digits(id)}e${this.#shapes[id]! >> 3}`);
  }

  used(id: number): number {
    const shape = this.#shapes[id]!;
    const leading = this.#leading[id]!;
    const count = shape & 7;
    const rest = leading < 0 ? -this.#rest[id]! : this.#rest[id]!;
    return scaled(count === 0 ? leading : joined(leading, powers[150 + count]!, rest), shape >> 3);
  }

  roughly(id: number): number {
    const shape = this.#shapes[id]!;
    return this.#leading[id]! * (powers[(shape & 7) + (shape >> 3) + 150] ?? 0);
  }

  #digits(id: number): string {
    const leading = this.#leading[id]!;
    const count = this.#shapes[id]! & 7;
    const sign = Object.is(leading, -0) ? '-' : '';
    return count === 0 ? `${sign}${leading}` : `${leading}${String(this.#rest[id]).padStart(count, '0')}`;
  }
}

/** Powers of ten from -150 to 150: exponents have two digits, fractions nineteen. */
const powers: Float64Array = /*@__PURE__*/ Float64Array.from({ length: 301 }, (_, i) => Number(`1e${i - 150}`));

/**
 * A number as Rust's serde_json reads its shortest decimal form: the digits as one whole number, then a division by a power of
 * ten, each rounded. The last bit may differ from the nearest float64, and with it which of two equally good cuts wins.
 */
function asSerdeReads(score: number): number {
  const [mantissa, exponent = '0'] = String(score).split('e') as [string, string?];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?];
  const digits = Number(whole + fraction);
  return Number.isFinite(digits) ? scaled(digits, Number(exponent) - fraction.length) : score;
}

function scaled(digits: number, power: number): number {
  if (Math.abs(power) > 308) return digits * 10 ** power;
  const factor = powers[150 + Math.abs(power)] ?? Number(`1e${Math.abs(power)}`);
  return power < 0 ? digits / factor : digits * factor;
}

/**
 * a · b + c rounded once, for whole numbers below 2 ** 53 whose product is below 2 ** 65 and c below 2 ** 14: the product's
 * rounding error is itself a float64.
 * Source: Dekker, 1971, "A floating-point technique for extending the available precision".
 */
function joined(a: number, b: number, c: number): number {
  const product = a * b;
  const wide = 134217729 * a;
  const high = wide - (wide - a);
  // b is a power of ten up to 10 ** 4, which needs no halves.
  const error = high * b - product + (a - high) * b;
  return product + (error + c);
}

/** The least score that is used, or Infinity where no piece has one. */
export function leastScore(scores: PieceScores, count: number): number {
  let least = Infinity;
  for (let id = 0; id < count; id++) {
    const score = scores.roughly(id);
    if (score < least) least = score;
  }
  if (least === Infinity) return least;
  let exact = Infinity;
  const near = least + 1e-9 * Math.max(1, Math.abs(least));
  for (let id = 0; id < count; id++) if (scores.roughly(id) <= near) exact = Math.min(exact, scores.used(id));
  return exact;
}
