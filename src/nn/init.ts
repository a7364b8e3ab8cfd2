import { randomNormal, randomUniform, type Shape, sizeOf } from '../core/index.ts';
import { nextRandomKey, type Tensor, tensor } from '../tensor/index.ts';

/** One number everywhere, as data rather than as a formula: the form in which a parameter starts. */
export function constant(shape: Shape, value: number): Tensor {
  return tensor(new Float32Array(sizeOf(shape)).fill(value), { shape });
}

/** Numbers of a normal distribution. */
export function normal(shape: Shape, { mean = 0, std = 1 }: { readonly mean?: number; readonly std?: number } = {}): Tensor {
  return tensor(
    randomNormal(nextRandomKey(), sizeOf(shape)).map((x) => x * std + mean),
    { shape },
  );
}

/** Numbers spread evenly from `low` to `high`. */
export function uniform(shape: Shape, { low = 0, high = 1 }: { readonly low?: number; readonly high?: number } = {}): Tensor {
  return tensor(
    randomUniform(nextRandomKey(), sizeOf(shape)).map((x) => low + x * (high - low)),
    { shape },
  );
}

/**
 * Numbers spread evenly over ±gain·√(3 / fan_in), which keeps the variance of a layer's output near that of its input.
 * Source: He, Zhang, Ren and Sun, 2015, arXiv:1502.01852. Shape `[out, in, ...]`.
 */
export function kaimingUniform(shape: Shape, { gain = Math.SQRT2 }: { readonly gain?: number } = {}): Tensor {
  const bound = gain * Math.sqrt(3 / sizeOf(shape.slice(1)));
  return uniform(shape, { low: -bound, high: bound });
}
