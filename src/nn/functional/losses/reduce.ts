import { ConfigError, DTypeError, formatShape, ShapeError, sameShape } from '../../../core/index.ts';
import type { Tensor } from '../../../tensor/index.ts';

/** How the losses of elements or examples become one: their mean, their sum, or not at all. */
export type Reduction = 'mean' | 'sum' | 'none';

/** The option that every loss has. */
export interface ReductionOptions {
  /** Default 'mean'. */
  readonly reduction?: Reduction;
}

/** Losses made one as told. @throws ConfigError for another word. @throws ShapeError where there is nothing to reduce. */
export function reduce(losses: Tensor, reduction: Reduction, speaker: string): Tensor {
  requireReduction(reduction, speaker);
  if (losses.size === 0)
    throw new ShapeError(
      `${speaker}: the losses are ${formatShape(losses.shape)}; tensors without elements are not supported. Leave the empty batch out.`,
    );
  return reduction === 'none' ? losses : reduction === 'sum' ? losses.sum() : losses.mean();
}

/** Throws where a reduction is none of those there are: for callers without types. */
export function requireReduction(reduction: string, speaker: string, known: readonly string[] = ['mean', 'sum', 'none']): void {
  if (!known.includes(reduction))
    throw new ConfigError(`${speaker}: reduction is '${reduction}'; it must be one of ${known.join(', ')}.`);
}

/** Throws where two tensors differ in shape or element type: pairs of elements make a loss each. */
export function requireAlike(speaker: string, input: Tensor, target: Tensor, names = ['input', 'target']): void {
  if (!sameShape(input.shape, target.shape))
    throw new ShapeError(
      `${speaker}: ${names[0]} is ${formatShape(input.shape)} and ${names[1]} is ${formatShape(target.shape)}; they must have one shape. Use reshape or expand.`,
    );
  if (input.dtype !== target.dtype)
    throw new DTypeError(
      `${speaker}: ${names[0]} is ${input.dtype} and ${names[1]} is ${target.dtype}; they need one element type. Cast one.`,
    );
}
