import { describe, expect, test } from 'vitest';
import { readGolden } from '../../test/support/golden.ts';
import { difference } from '../../test/support/tolerances.ts';
import { memory, type Tensor, tensor } from '../tensor/index.ts';
import { AdamW, type AverageOptions, ExponentialMovingAverage, SGD } from './index.ts';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);
const parameter = (data: number[]) => tensor(data, { requiresGrad: true });

const { contents, cases } = readGolden('optim/averages.json') as {
  readonly contents: readonly number[][];
  readonly cases: readonly { readonly name: string; readonly options: AverageOptions; readonly after: readonly number[][] }[];
};

/** What is in a parameter, and what would be with the averages in it. */
async function both(average: ExponentialMovingAverage, w: Tensor): Promise<{ weights: number[]; averages: number[] }> {
  return { weights: await numbers(w), averages: await average.applied(() => numbers(w)) };
}

/** Steps of AdamW on a slope that changes. */
async function train(made: AdamW, w: Tensor, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    const loss = w
      .sub(tensor(i % 3))
      .square()
      .sum();
    loss.backward();
    await made.step();
    made.zeroGrad();
    loss.dispose();
  }
}

describe('ExponentialMovingAverage', () => {
  // The first of all, as other tests leave their tensors to the garbage collector.
  test('holds one copy of the weights, gives it back, and compiles once', async () => {
    const start = memory().buffers;
    const w = tensor(new Float32Array(32), { requiresGrad: true });
    const made = new AdamW([w], { lr: 0.1 });
    const average = new ExponentialMovingAverage(made, { decay: 0.9, use_warmup: true });
    await train(made, w, 0, 2);
    const { buffers, cache } = memory();
    await train(made, w, 2, 6);
    expect([memory().buffers, memory().cache.compiled]).toEqual([buffers, cache.compiled]);
    average.dispose();
    expect(memory().buffers).toBe(buffers - 1);
    made.dispose();
    w.dispose();
    expect(memory().buffers).toBe(start);
  });

  test.each(cases)('is as in PyTorch and timm: $name', async ({ options, after }) => {
    const w = parameter([...contents[0]!]);
    const made = new SGD([w], { lr: 1 });
    const average = new ExponentialMovingAverage(made, options);
    for (const [i, content] of contents.entries()) {
      // The gradient that leads from here to there in one step.
      w.grad = tensor((await numbers(w)).map((now, k) => now - content[k]!));
      await made.step();
      const found = await both(average, w);
      expect(difference(found.weights, content, 'rounding')).toBeNull();
      expect(difference(found.averages, after[i]!, 'rounding')).toBeNull();
    }
  });

  test('follows parameters without a gradient, and those that join later from there on', async () => {
    const [a, b] = [parameter([1]), parameter([5])];
    const made = new SGD([a], { lr: 1 });
    const average = new ExponentialMovingAverage(made, { decay: 0.5 });
    const step = async (w: Tensor) => {
      w.sum().backward();
      await made.step();
      made.zeroGrad();
    };
    await step(a); // 0
    await step(a); // −1, average −0.5
    made.addParamGroup({ params: [b] });
    await step(b); // 4, and the average of a is −0.75
    expect(await both(average, a)).toEqual({ weights: [-1], averages: [-0.75] });
    expect(await both(average, b)).toEqual({ weights: [4], averages: [4] });
    await step(b);
    expect(await both(average, b)).toEqual({ weights: [3], averages: [3.5] });
  });

  test('does not touch training, and goes on from a saved state, swapped or not', async () => {
    const plain = parameter([1, 2]);
    await train(new AdamW([plain], { lr: 0.1 }), plain, 0, 8);

    const whole = parameter([1, 2]);
    const made = new AdamW([whole], { lr: 0.1 });
    const average = new ExponentialMovingAverage(made, { decay: 0.8 });
    await train(made, whole, 0, 4);
    const states = [];
    for (const isSwapped of [false, true]) {
      if (isSwapped) average.swap();
      states.push({ model: await numbers(whole), average: await average.stateDict(), optimizer: await made.stateDict() });
      if (isSwapped) average.swap();
    }
    await train(made, whole, 4, 8);
    const end = await both(average, whole);
    expect(end.weights).toEqual(await numbers(plain));
    expect(end.averages).not.toEqual(end.weights);

    for (const state of states) {
      const w = parameter(state.model);
      const next = new AdamW([w], { lr: 0.1 });
      next.loadStateDict(state.optimizer);
      const resumed = new ExponentialMovingAverage(next, { decay: 0.8 });
      resumed.loadStateDict(state.average);
      if (resumed.isSwapped) resumed.swap();
      await train(next, w, 4, 8);
      expect(await both(resumed, w)).toEqual(end);
    }
  });

  test('refuses what cannot be', async () => {
    const w = parameter([1]);
    const made = new AdamW([w]);
    const failing = (options: AverageOptions) => () => new ExponentialMovingAverage(made, options);
    expect(failing({ dekay: 0.9 } as never)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: ExponentialMovingAverage: there is no option dekay; did you mean decay?]`,
    );
    expect(failing({ decay: 1.1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: ExponentialMovingAverage: decay is 1.1; it must be from 0 to 1.]`,
    );
    expect(failing({ decay: 0.5, min_decay: 0.9 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: ExponentialMovingAverage: min_decay is 0.9; it must be from 0 to decay, 0.5.]`,
    );
    expect(failing({ update_after_step: 1.5 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: ExponentialMovingAverage: update_after_step is 1.5; it must be a whole number.]`,
    );
    expect(failing({ warmup_power: -1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: ExponentialMovingAverage: warmup_power is -1; it must be at least 0.]`,
    );
    const average = new ExponentialMovingAverage(made);
    await train(made, w, 0, 1);
    average.swap();
    await expect(train(made, w, 1, 2)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: ExponentialMovingAverage: the parameters hold the averages; call swap() before the next step.]`,
    );
    const state = await average.stateDict();
    const other = new ExponentialMovingAverage(new AdamW([parameter([1, 2])]));
    expect(() => other.loadStateDict(state)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: ExponentialMovingAverage: the average of parameter 0 is [1] in the state; the parameter is [2].]`,
    );
    expect(() => other.loadStateDict({ ...state, arrays: new Map() })).toThrowErrorMatchingInlineSnapshot(
      `[MissingWeightError: ExponentialMovingAverage: the state has no average for parameter 0.]`,
    );
  });
});
