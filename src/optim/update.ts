import type { Shape } from '../core/index.ts';
import type { Tensor } from '../tensor/index.ts';

/** A state array of one parameter. */
export interface StateArray {
  readonly shape: Shape;
  /** What it holds before the first step. Default 0. */
  readonly fill?: number;
}

/** The numbers of one update that change from step to step, by name: inputs of the graph, so that none of them recompiles it. */
export type Scalars = Readonly<Record<string, number>>;

/** What one update is made of: the parameter, its gradient, the state by name, the step's scalars by name. */
export interface UpdateInputs {
  readonly p: Tensor;
  readonly g: Tensor;
  readonly state: Readonly<Record<string, Tensor>>;
  readonly scalars: Readonly<Record<string, Tensor>>;
}

/** What an update gives: the parameter's new content, and the state's under the same names. */
export interface UpdateResult {
  readonly p: Tensor;
  readonly state: Readonly<Record<string, Tensor>>;
}

/** The first of these options that is negative or not a number, in words. */
export function negativeIn<Name extends string>(
  hyper: Readonly<Record<Name, number>>,
  ...names: readonly Name[]
): string | undefined {
  const name = names.find((each) => !(hyper[each] >= 0));
  return name && `${name} is ${hyper[name]}; it must be at least 0`;
}

/** What is wrong with decays of running means, in words. */
export function problemInBetas(betas: readonly number[]): string | undefined {
  if (betas.length === 2 && betas.every((beta) => beta >= 0 && beta < 1)) return undefined;
  return `betas are ${betas.join(' and ')}; they must be two numbers from 0 up to, but not, 1`;
}

/** The gradient to go down along: turned round where the aim is up, with weight_decay · p added. */
export function descent(
  { p, g }: UpdateInputs,
  { maximize, weight_decay }: { readonly maximize: boolean; readonly weight_decay: number },
): Tensor {
  const down = maximize ? g.neg() : g;
  return weight_decay === 0 ? down : down.add(p.mul(weight_decay));
}
