import { randomNormal, randomUniform, type Shape, sizeOf } from '../core/index.ts';
import { nextRandomKey, type Tensor, tensor } from '../tensor/index.ts';

let skipping = 0;

/** Runs f; parameters made inside start at zero instead of at random. For models whose weights are about to be loaded. */
export function skipInit<T>(f: () => T): T {
  skipping++;
  try {
    return f();
  } finally {
    skipping--;
  }
}

/** Whether initial values are to be skipped. */
export function isSkippingInit(): boolean {
  return skipping > 0;
}

function filled(shape: Shape, draw: (count: number) => Float32Array<ArrayBuffer>): Tensor {
  const count = sizeOf(shape);
  return tensor(skipping > 0 ? new Float32Array(count) : draw(count), { shape });
}

/** The numbers times `factor` plus `offset`, in place: a model has millions of them. */
function scaled(numbers: Float32Array<ArrayBuffer>, factor: number, offset: number): Float32Array<ArrayBuffer> {
  for (let i = 0; i < numbers.length; i++) numbers[i] = numbers[i]! * factor + offset;
  return numbers;
}

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

/**
 * Numbers spread evenly over ±gain·√(3 / fan_in), which keeps the variance of a layer's output near that of its input.
 * Source: He, Zhang, Ren and Sun, 2015, arXiv:1502.01852. Shape `[out, in, ...]`.
 */
export function kaimingUniform(shape: Shape, { gain = Math.SQRT2 }: { readonly gain?: number } = {}): Tensor {
  const bound = gain * Math.sqrt(3 / sizeOf(shape.slice(1)));
  return uniform(shape, { low: -bound, high: bound });
}

/** Twice the mean of fan_in and fan_out of a weight `[out, in, ...]`. */
function fans([out, into, ...field]: Shape): number {
  return (out! + into!) * sizeOf(field);
}

/**
 * Numbers spread evenly over ±gain·√(6 / (fan_in + fan_out)). Shape `[out, in, ...]`. Like torch.nn.init.xavier_uniform_.
 * Source: Glorot and Bengio, 2010, AISTATS 9.
 */
export function xavierUniform(shape: Shape, { gain = 1 }: { readonly gain?: number } = {}): Tensor {
  const bound = gain * Math.sqrt(6 / fans(shape));
  return uniform(shape, { low: -bound, high: bound });
}

/** Normally distributed numbers with the deviation gain·√(2 / (fan_in + fan_out)). Shape `[out, in, ...]`. Like torch.nn.init.xavier_normal_. */
export function xavierNormal(shape: Shape, { gain = 1 }: { readonly gain?: number } = {}): Tensor {
  return normal(shape, { std: gain * Math.sqrt(2 / fans(shape)) });
}
