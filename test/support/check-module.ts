import { expect } from 'vitest';
import { gradients } from '../../src/autodiff/index.ts';
import { isFloat, sizeOf } from '../../src/core/index.ts';
import type { Module } from '../../src/nn/index.ts';
import { evaluate, manualSeed, Tensor, tensor } from '../../src/tensor/index.ts';
import { direction } from './check-op.ts';
import type { Plain } from './reference.ts';
import { difference } from './tolerances.ts';

/** A module with tensors as inputs and one tensor as its output. */
export type TensorModule = Module & { forward(...inputs: Tensor[]): Tensor };

/** What a module must be, for `checkModule`. */
export interface ModuleCheck {
  /** Makes the module; random initial values come from the seed that is set before. */
  readonly make: () => TensorModule;
  /** Its inputs; floating-point ones are moved about, so they should lie away from kinks. */
  readonly inputs: () => readonly Tensor[];
  readonly outputShape: readonly number[];
  readonly parameterCount: number;
  /** Names in the state dict, in order. */
  readonly names: readonly string[];
}

/**
 * Step of the central differences: the module computes in float32, so a step has to be long, and the formula of four
 * points with an error of the fourth power of the step makes up for that.
 */
const step = 0.015;
/** Of the scale of a derivative, how far a difference in float32 may be from it. */
const differenceTolerance = 2e-3;

/**
 * Checks a layer: the output's shape, the number and names of its parameters, that a saved state loads into another one
 * and gives the same output, that train and eval reach everything below, gradients for parameters and inputs against
 * central differences, first and second order, and that a step against the gradient lowers a loss.
 */
export async function checkModule({ make, inputs, outputShape, parameterCount, names }: ModuleCheck): Promise<void> {
  manualSeed(1);
  const module = make();
  const given = inputs();
  const y = module.forward(...given);
  expect(y.shape, 'shape of the output').toEqual(outputShape);
  expect(await (async () => (await y.data()).length)()).toBe(sizeOf(outputShape));
  expect(module.parameterCount(), 'number of parameters').toBe(parameterCount);
  const state = await module.stateDict();
  expect([...state.keys()], 'names in the state dict').toEqual(names);

  await checkModes(module, given);
  module.eval();
  manualSeed(2);
  const other = make().eval();
  expect(other.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
  expect(await other.forward(...given).data(), 'output after loading').toEqual(await module.forward(...given).data());
  await checkGradients(module, given);
  if (parameterCount > 0) await checkStep(module, given);
}

async function checkModes(module: TensorModule, given: readonly Tensor[]): Promise<void> {
  const modes = () => [...module.namedModules()].map(([, each]) => each.training);
  module.eval();
  expect(modes().some(Boolean), 'eval reaches every module').toBe(false);
  const [first, second] = [module.forward(...given), module.forward(...given)];
  await evaluate([first, second]);
  expect(await first.data(), 'eval draws no random numbers').toEqual(await second.data());
  module.train();
  expect(modes().every(Boolean), 'train reaches every module').toBe(true);
}

/** A place that the output depends on: a parameter or a floating-point input. */
interface Variable {
  readonly name: string;
  readonly plain: Plain;
  /** The same content on its way to the module. */
  readonly tensor: Tensor;
}

async function checkGradients(module: TensorModule, given: readonly Tensor[]): Promise<void> {
  const named = [...module.namedParameters()];
  const floats = given.flatMap((input, i) => (isFloat(input.dtype) ? [{ name: `input ${i}`, tensor: input }] : []));
  const variables: Variable[] = await Promise.all(
    [...named.map(([name, parameter]) => ({ name, tensor: parameter as Tensor })), ...floats].map(
      async ({ name, tensor: each }) => ({
        name,
        tensor: each,
        plain: { shape: each.shape, data: Array.from(await each.data(), Number) },
      }),
    ),
  );
  const w = direction(module.forward(...given).shape, 'w');
  const us = variables.map(({ plain, name }) => direction(plain.shape, 'u', name));

  /** ⟨w, output⟩ and ⟨its gradient, u⟩ with every variable moved by t along its direction, and the gradients of both. */
  const at = async (t: number, along: readonly (Plain | null)[]) => {
    const moved = variables.map(({ plain }, i) => {
      const d = along[i];
      return Float32Array.from(plain.data, (x, k) => (d ? x + t * d.data[k]! : x));
    });
    named.forEach(([, parameter], i) => {
      parameter.load(moved[i]!);
    });
    const inputs = given.map((input) => {
      const place = variables.findIndex((variable) => variable.tensor === input);
      return place < 0 ? input : tensor(moved[place]!, { shape: input.shape });
    });
    const leaves = [
      ...named.map(([, parameter]) => parameter.value),
      ...inputs.filter(({ dtype }) => isFloat(dtype)).map(({ value }) => value),
    ];
    const y = module.forward(...inputs);
    const first = gradients([y.value], [plainTensor(w).value], leaves);
    const reached = first.flatMap((g, i) => (g ? [{ g, u: plainTensor(us[i]!).value }] : []));
    const second = gradients(
      reached.map(({ g }) => g),
      reached.map(({ u }) => u),
      leaves,
    );
    const asked = [y, ...[...first, ...second].filter((g) => g !== null).map((g) => new Tensor(g))];
    await evaluate(asked);
    const contents = await Promise.all(asked.map(async (each) => Array.from(await each.data(), Number)));
    const next = (list: typeof first, from: { at: number }) => list.map((g) => (g ? contents[from.at++]! : null));
    const from = { at: 1 };
    const [gs, ggs] = [next(first, from), next(second, from)];
    const phi = inner(contents[0]!, w.data);
    return { phi, slope: gs.reduce((total, g, i) => total + (g ? inner(g, us[i]!.data) : 0), 0), gs, ggs };
  };

  const { gs, ggs } = await at(0, []);
  for (const [i, { name, plain }] of variables.entries()) {
    const d = direction(plain.shape, 'd', name);
    const along = variables.map((_, k) => (k === i ? d : null));
    const values = new Map<number, Awaited<ReturnType<typeof at>>>();
    for (const t of [-2, -1, 1, 2]) values.set(t, await at(t * step, along));
    const quotient = (of: 'phi' | 'slope') => {
      const f = (t: number) => values.get(t)![of];
      return (f(-2) - 8 * f(-1) + 8 * f(1) - f(2)) / (12 * step);
    };
    for (const [what, of, g] of [
      ['gradient', 'phi', gs[i]],
      ['second gradient', 'slope', ggs[i]],
    ] as const) {
      const got = g ? inner(g, d.data) : 0;
      const scale = Math.max(1, g ? g.reduce((total, x, k) => total + Math.abs(x * d.data[k]!), 0) : 0);
      expect(difference([got], [quotient(of)], differenceTolerance, scale), `${what} of ${name}`).toBeNull();
    }
  }
  await at(0, []);
}

async function checkStep(module: TensorModule, given: readonly Tensor[]): Promise<void> {
  const loss = async () => {
    const y = module.forward(...given);
    return y
      .sub(plainTensor(direction(y.shape, 'target')))
      .square()
      .mean();
  };
  module.zeroGrad();
  const before = await loss();
  before.backward();
  const parameters = module.parameters().filter((parameter) => parameter.grad);
  await evaluate([before, ...parameters.map((parameter) => parameter.grad!)]);
  const norm = Math.sqrt(
    (
      await Promise.all(
        parameters.map(async (parameter) =>
          inner(Array.from(await parameter.grad!.data(), Number), Array.from(await parameter.grad!.data(), Number)),
        ),
      )
    ).reduce((a, b) => a + b, 0),
  );
  for (const parameter of parameters) {
    const [content, g] = [await parameter.data(), await parameter.grad!.data()];
    parameter.load(Float32Array.from(content as Float32Array, (x, k) => x - (0.01 / norm) * Number(g[k])));
  }
  module.zeroGrad();
  expect(await (await loss()).item(), 'loss after one step').toBeLessThan(await before.item());
}

const plainTensor = ({ shape, data }: Plain) => tensor(Float32Array.from(data), { shape });

const inner = (a: readonly number[], b: readonly number[]) => a.reduce((total, x, i) => total + x * b[i]!, 0);
