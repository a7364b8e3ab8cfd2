import { ConfigError, formatShape } from '../../core/index.ts';
import { lift, type Tensor } from '../../tensor/index.ts';

/** A number for each spatial axis, or one for all of them. */
export type PerAxis = number | readonly number[];

/**
 * A whole number for each of `rank` axes, of at least `min`.
 * @throws ConfigError when there are more or fewer numbers, or one of them does not fit.
 */
export function perAxis(speaker: string, name: string, given: PerAxis, rank: number, min = 1): readonly number[] {
  const list = typeof given === 'number' ? new Array<number>(rank).fill(given) : given;
  if (list.length !== rank || !list.every((number) => Number.isInteger(number) && number >= min))
    throw new ConfigError(
      `${speaker}: ${name} is ${typeof given === 'number' ? given : formatShape(given)}; it must be a whole number of at least ${min}${rank > 1 ? `, or ${rank} of them` : ''}.`,
    );
  return list;
}

/** Padding as [before..., after...] for a kernel of these lengths. @throws ConfigError where 'same' meets a stride. */
export function resolvePadding(
  speaker: string,
  padding: PerAxis | 'same' | 'valid',
  kernel: readonly number[],
  { stride, dilation }: { readonly stride: readonly number[]; readonly dilation: readonly number[] },
): readonly number[] {
  if (padding !== 'same') {
    const both = padding === 'valid' ? kernel.map(() => 0) : perAxis(speaker, 'padding', padding, kernel.length, 0);
    return [...both, ...both];
  }
  if (stride.some((step) => step !== 1))
    throw new ConfigError(`${speaker}: padding is 'same' and stride is ${stride}; 'same' needs a stride of 1.`);
  const total = kernel.map((length, i) => dilation[i]! * (length - 1));
  return [...total.map((zeros) => Math.floor(zeros / 2)), ...total.map((zeros) => Math.ceil(zeros / 2))];
}

/** Runs f on x with a batch of one where x has none: `[C, ...L]` for `[N, C, ...L]`, as PyTorch allows it. */
export function batched(x: Tensor, rank: number, f: (x: Tensor) => Tensor): Tensor {
  if (x.rank !== rank + 1) return f(x);
  const y = f(x.reshape(1, ...x.shape));
  return y.reshape(...y.shape.slice(1));
}

/** As `lift`, of tensors some of which may be left out. */
export function liftSome(value: Parameters<typeof lift>[0], ...from: readonly (Tensor | null)[]): Tensor {
  return lift(value, ...from.filter((tensor) => tensor !== null));
}
