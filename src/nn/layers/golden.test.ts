import { describe, expect, test } from 'vitest';
import type { TensorModule } from '../../../test/support/check-module.ts';
import { readGolden } from '../../../test/support/golden.ts';
import { difference } from '../../../test/support/tolerances.ts';
import { sizeOf } from '../../core/index.ts';
import { evaluate, type Tensor, tensor } from '../../tensor/index.ts';
import * as nn from '../index.ts';

/* Each layer against PyTorch's, as test/golden/layers/make.py made it and describes it. */

type Step = Readonly<Record<string, readonly number[]>>;

interface Case {
  readonly layer: string;
  readonly args: readonly unknown[];
  readonly shapes: readonly (readonly number[])[];
  readonly distinct?: boolean;
  readonly state: readonly string[];
  readonly steps: readonly Step[];
  readonly buffers: Readonly<Record<string, readonly number[]>>;
  readonly eval: Step;
}

const { cases } = readGolden('layers/layers.json') as { readonly cases: readonly Case[] };

function filled(shape: readonly number[], k: number, distinct = false): Float32Array<ArrayBuffer> {
  const size = sizeOf(shape);
  if (distinct) return Float32Array.from({ length: size }, (_, i) => ((11 * i) % size) / 4 - 2);
  return Float32Array.from({ length: size }, (_, i) => (((7 * i + 3 * k) % 19) - 9 + 0.3 * Math.sin(i + k)) / 6);
}

function make({ layer, args }: Case): TensorModule {
  const Layer = (nn as unknown as Record<string, new (...args: unknown[]) => TensorModule>)[layer]!;
  const module = new Layer(...args);
  module.parameters().forEach((parameter, k) => {
    parameter.load(filled(parameter.shape, k + 20));
  });
  return module;
}

/** One application with its gradients, all in one run: under the names of the golden data. */
async function run(module: TensorModule, shape: readonly number[], k: number, distinct?: boolean): Promise<Step> {
  const x = tensor(filled(shape, k, distinct), { shape, requiresGrad: true });
  const y = module.forward(x);
  y.backward(tensor(filled(y.shape, k + 7), { shape: y.shape }));
  const asked: [string, Tensor][] = [
    ['y', y],
    ['x', x.grad!],
  ];
  for (const [name, parameter] of module.namedParameters()) asked.push([name, parameter.grad!]);
  await evaluate(asked.map(([, each]) => each));
  const contents = await Promise.all(asked.map(async ([name, each]) => [name, Array.from(await each.data(), Number)] as const));
  module.zeroGrad();
  return { shape: y.shape, ...Object.fromEntries(contents) };
}

function compare(got: Step, want: Step): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(want).sort());
  for (const [name, numbers] of Object.entries(want))
    expect(difference(got[name]!, numbers, 'rounding', Math.max(1, ...numbers.map(Math.abs))), name).toBeNull();
}

const titled = cases.map(
  (each) => [`${each.layer}(${each.args.map((arg) => JSON.stringify(arg)).join(', ')}) of [${each.shapes[0]}]`, each] as const,
);

describe('a layer gives what PyTorch’s gives, in training and then in eval, with its gradients and buffers', () => {
  test.each(titled)('%s', async (_title, golden) => {
    const module = make(golden);
    expect([...(await module.stateDict()).keys()]).toEqual(golden.state);
    for (const [k, shape] of golden.shapes.entries()) {
      compare(await run(module, shape, k, golden.distinct), golden.steps[k]!);
      for (const [, each] of module.namedTensors()) expect(each.isComputed, 'buffers come with the run').toBe(true);
    }
    const state = await module.stateDict();
    for (const [name, numbers] of Object.entries(golden.buffers))
      expect(difference(Array.from(state.get(name)!.data, Number), numbers, 'rounding'), name).toBeNull();
    module.eval();
    compare(await run(module, golden.shapes[0]!, 3, golden.distinct), golden.eval);
  });

  test('of every family', () => {
    expect(new Set(cases.map(({ layer }) => layer)).size).toBeGreaterThanOrEqual(50);
  });
});
