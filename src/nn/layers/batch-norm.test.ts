import { describe, expect, test } from 'vitest';
import { SGD } from '../../optim/index.ts';
import { checkpoint, compile, evaluate, manualSeed, memory, noGrad, randn, type Tensor } from '../../tensor/index.ts';
import { BatchNorm1d, Linear, type Module, Sequential } from '../index.ts';

/* When running statistics change: with the run that computes what a batch went into, once for each batch. */

const batch = (seed: number, rows = 6) => randn([rows, 3], { key: [seed, 9] });
const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

/** A layer, a norm of its outputs, and a layer. */
function net(momentum: number | null = 0.1): Sequential & { 1: BatchNorm1d } {
  manualSeed(3);
  return new Sequential(new Linear(3, 4), new BatchNorm1d(4, { momentum }), new Linear(4, 1)) as Sequential & {
    1: BatchNorm1d;
  };
}

const stateOf = async ({ 1: norm }: { 1: BatchNorm1d }) =>
  (await Promise.all([norm.running_mean!, norm.running_var!, norm.num_batches_tracked!].map(numbers))).flat();

/** The state after these batches, each evaluated before the next. */
async function oneByOne(seeds: readonly number[], momentum: number | null = 0.1): Promise<number[]> {
  const model = net(momentum);
  for (const seed of seeds) await model.forward(batch(seed)).data();
  return stateOf(model);
}

function close(got: readonly number[], want: readonly number[]): void {
  expect(got.length).toBe(want.length);
  got.forEach((number, i) => {
    expect(number).toBeCloseTo(want[i]!, 5);
  });
}

const parts = (norm: BatchNorm1d) => [norm.running_mean!, norm.running_var!, norm.num_batches_tracked!];

describe('running statistics', () => {
  test('are computed in the run of the optimizer’s step', async () => {
    const model = net();
    const optimizer = new SGD(model.parameters(), { lr: 0 });
    const before = memory().cache;
    model.forward(batch(1)).square().mean().backward();
    await optimizer.step();
    expect(parts(model[1]).map((each) => each.isComputed)).toEqual([true, true, true]);
    const { hits, compiled, reshaped } = memory().cache;
    expect(hits + compiled + reshaped - before.hits - before.compiled - before.reshaped, 'runs').toBe(1);
    close(await stateOf(model), await oneByOne([1]));
    // Batch after batch the program is the same.
    for (const seed of [2, 3]) {
      optimizer.zeroGrad();
      model.forward(batch(seed)).square().mean().backward();
      await optimizer.step();
    }
    expect(memory().cache.compiled - compiled).toBeLessThanOrEqual(1);
    close(await stateOf(model), await oneByOne([1, 2, 3]));
  });

  test.each([0.1, null])('of two batches before one run build on each other, momentum %s', async (momentum) => {
    const model = net(momentum);
    const losses = [1, 2].map((seed) => model.forward(batch(seed)).square().mean());
    for (const loss of losses) loss.backward();
    await new SGD(model.parameters(), { lr: 0 }).step();
    close(await stateOf(model), await oneByOne([1, 2], momentum));
  });

  test('count a batch whose output nobody computed with the next one', async () => {
    const model = net();
    model.forward(batch(1));
    await model.forward(batch(2)).data();
    close(await stateOf(model), await oneByOne([1, 2]));
  });

  test('are there when only they are asked for', async () => {
    const model = net();
    model.forward(batch(1));
    close(await stateOf(model), await oneByOne([1]));
  });

  test('change without gradients as well, and not in eval', async () => {
    const model = net();
    await noGrad(() => model.forward(batch(1))).data();
    model.eval();
    await model.forward(batch(2)).data();
    close(await stateOf(model), await oneByOne([1]));
  });

  test('pass no gradient on', async () => {
    const model = net();
    model.forward(batch(1));
    // The statistics of the batch above, which depend on the first layer's weight, are not computed yet.
    model.eval();
    model.forward(batch(2)).sum().backward();
    const lazy = await numbers(model[0 as never as 1].weight!.grad!);
    model.zeroGrad();
    await evaluate(parts(model[1]));
    model.forward(batch(2)).sum().backward();
    close(lazy, await numbers((model[0] as unknown as Linear).weight.grad!));
  });

  test('change once in each call of a compiled function', async () => {
    const model = net();
    const forward = compile((x: Tensor) => model.forward(x));
    for (const seed of [1, 2, 3]) await forward(batch(seed));
    close(await stateOf(model), await oneByOne([1, 2, 3]));
    await evaluate([model.forward(batch(4))]);
    await forward(batch(5));
    close(await stateOf(model), await oneByOne([1, 2, 3, 4, 5]));
  });

  test('that were not computed are refused by a compiled function', async () => {
    const model = net();
    model.forward(batch(1));
    await expect(compile((x: Tensor) => model.forward(x))(batch(2))).rejects.toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: compile: the function updates a tensor whose content has not been computed; call evaluate on it first.
        at 1]
    `);
    close(await stateOf(model), await oneByOne([1]));
  });

  test('see a batch once where a checkpoint computes it twice', async () => {
    const model = net();
    const optimizer = new SGD(model.parameters(), { lr: 0 });
    checkpoint((x) => model.forward(x), batch(1))
      .square()
      .mean()
      .backward();
    await optimizer.step();
    close(await stateOf(model), await oneByOne([1]));
  });

  test('that are updated while they are computed keep the later batch', async () => {
    const model = net();
    const first = model.forward(batch(1)).data();
    model.forward(batch(2));
    await first;
    close(await stateOf(model), await oneByOne([1, 2]));
  });

  test('are saved and loaded', async () => {
    const model = net();
    await model.forward(batch(1)).data();
    const other = net();
    other.forward(batch(7));
    other.loadStateDict(await model.stateDict());
    close(await stateOf(other), await oneByOne([1]));
    expect(await (other.eval() as Module & Sequential).forward(batch(2)).data()).toEqual(
      await (model.eval() as Module & Sequential).forward(batch(2)).data(),
    );
  });
});

test('BatchNorm1d refuses one element a channel while training, and other channels', () => {
  expect(() => new BatchNorm1d(3).forward(batch(1, 1))).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: batchNorm: x is [1, 3]; while training there must be more than one element in each channel.]`,
  );
  expect(() => new BatchNorm1d(4).forward(batch(1))).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: BatchNorm1d: x is [6, 3]; axis 1 must have the layer's 4 channels.]`,
  );
  expect(() => new BatchNorm1d(3).forward(randn([2, 3, 4, 5]))).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: BatchNorm1d: x is [2, 3, 4, 5]; it needs 2 or 3 axes.]`,
  );
});
