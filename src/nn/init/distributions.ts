import { ConfigError, foldIn, randomNormal, randomUniform, type Shape, sizeOf } from '../../core/index.ts';
import { nextRandomKey, type Tensor, tensor } from '../../tensor/index.ts';
import { filled, scaled } from './filled.ts';

/** One number everywhere, as data rather than as a formula: the form in which a parameter starts. */
export function constant(shape: Shape, value: number): Tensor {
  return filled(shape, (count) => new Float32Array(count).fill(value));
}

/** Numbers of a normal distribution; the row `zeroRow` of the first axis, if given, is zeros. */
export function normal(
  shape: Shape,
  {
    mean = 0,
    std = 1,
    zeroRow = null,
  }: { readonly mean?: number; readonly std?: number; readonly zeroRow?: number | null } = {},
): Tensor {
  return filled(shape, (count) => {
    const drawn = scaled(randomNormal(nextRandomKey(), count), std, mean);
    const row = sizeOf(shape.slice(1));
    return zeroRow === null ? drawn : drawn.fill(0, zeroRow * row, (zeroRow + 1) * row);
  });
}

/** Numbers spread evenly from `low` to `high`. */
export function uniform(shape: Shape, { low = 0, high = 1 }: { readonly low?: number; readonly high?: number } = {}): Tensor {
  return tensor(
    randomUniform(nextRandomKey(), sizeOf(shape)).map((x) => low + x * (high - low)),
    { shape },
  );
}

/** Zeros, as data. */
export function zeros(shape: Shape): Tensor {
  return constant(shape, 0);
}

/** Ones, as data. */
export function ones(shape: Shape): Tensor {
  return constant(shape, 1);
}

/** Options of `truncatedNormal`. */
export interface TruncatedNormalOptions {
  /** Of the normal distribution before it is cut. Default 0. */
  readonly mean?: number;
  /** Of the normal distribution before it is cut. Default 1. */
  readonly std?: number;
  /** The smallest number. Default −2; a number, not a count of deviations, as in PyTorch. */
  readonly a?: number;
  /** The largest number. Default 2. */
  readonly b?: number;
}

/**
 * Numbers of a normal distribution, drawn again where they lie outside `a` to `b`. Like torch.nn.init.trunc_normal_.
 * @throws ConfigError when a is not below b, or std not positive.
 */
export function truncatedNormal(shape: Shape, { mean = 0, std = 1, a = -2, b = 2 }: TruncatedNormalOptions = {}): Tensor {
  if (!(a < b && std > 0))
    throw new ConfigError(`truncatedNormal: a is ${a}, b is ${b} and std is ${std}; a must be below b, and std positive.`);
  // Where the bounds hold a good part of the distribution, normal numbers are tried; else even ones, taken by the density.
  const isWide = a <= mean && mean <= b && b - a >= std;
  const peak = Math.max(a, Math.min(mean, b));
  // Further out the density is below e^−50 of its peak.
  const [low, high] = [Math.max(a, peak - 10 * std), Math.min(b, peak + 10 * std)];
  const exponent = (x: number) => -0.5 * ((x - mean) / std) ** 2;
  return filled(shape, (count) => {
    const key = nextRandomKey();
    const out = new Float32Array(count);
    let open = Uint32Array.from(out.keys());
    for (let round = 0; open.length > 0; round++) {
      const [tried, chance] = [foldIn(key, 2 * round), foldIn(key, 2 * round + 1)];
      const numbers = isWide ? randomNormal(tried, open.length) : randomUniform(tried, open.length);
      const chances = isWide ? null : randomUniform(chance, open.length);
      open = open.filter((place, i) => {
        const x = Math.fround(isWide ? mean + std * numbers[i]! : low + (high - low) * numbers[i]!);
        out[place] = x;
        return !(x >= a && x <= b && (!chances || chances[i]! < Math.exp(exponent(x) - exponent(peak))));
      });
    }
    return out;
  });
}
