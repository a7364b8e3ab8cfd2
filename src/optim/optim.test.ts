import { describe, expect, test } from 'vitest';
import { readGolden } from '../../test/support/golden.ts';
import { difference } from '../../test/support/tolerances.ts';
import { memory, type Tensor, tensor } from '../tensor/index.ts';
import { Adafactor, Adagrad, Adam, AdamW, Lion, type Optimizer, type OptimizerState, RMSprop, SGD } from './index.ts';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);
const flat = (list: unknown) => (list as number[]).flat(Number.POSITIVE_INFINITY) as number[];
const parameter = (data: unknown) => tensor(data as number[], { requiresGrad: true });

const names = ['weight', 'bias', 'kernel'] as const;
type Arrays<T> = Readonly<Record<(typeof names)[number], T>>;
type Made = Optimizer<{ readonly lr: number | null }>;
const optimizers = { Adafactor, Adagrad, Adam, AdamW, Lion, RMSprop, SGD };

interface Case {
  readonly name: string;
  readonly optimizer: keyof typeof optimizers;
  readonly options: object;
  readonly param_groups?: readonly ({ readonly params: readonly (typeof names)[number][] } & object)[];
  readonly without?: Partial<Arrays<readonly number[]>>;
  readonly after: readonly Arrays<readonly number[]>[];
}

const golden = readGolden('optim/optimizers.json') as {
  readonly start: Arrays<unknown>;
  readonly gradients: readonly Arrays<unknown>[];
  readonly cases: readonly Case[];
};

/** The parameters of a case as they start, or with these contents. */
function parametersOf(contents: Arrays<unknown> = golden.start): Tensor[] {
  return names.map((name) =>
    tensor(Float32Array.from(flat(contents[name])), {
      shape: [...tensor(golden.start[name] as number[]).shape],
      requiresGrad: true,
    }),
  );
}

function make({ optimizer, options, param_groups }: Case, params: readonly Tensor[]): Made {
  const groups = param_groups?.map((group) => ({ ...group, params: group.params.map((name) => params[names.indexOf(name)]!) }));
  const Class = optimizers[optimizer] as unknown as new (params: unknown, options: object) => Made;
  return new Class(groups ?? params, options);
}

/** Steps `from` to `to` of a case, with the gradients that it gives. */
async function run({ without }: Case, made: Made, params: readonly Tensor[], from: number, to: number): Promise<void> {
  for (let step = from; step < to; step++) {
    for (const [i, name] of names.entries()) {
      const isLeftOut = without?.[name]?.includes(step);
      params[i]!.grad = isLeftOut ? null : tensor(golden.gradients[step]![name] as number[]);
    }
    await made.step();
  }
}

describe('optimizers', () => {
  // The first of all, as other tests leave their tensors to the garbage collector.
  test('give their memory back', async () => {
    for (const Class of [AdamW, Adafactor]) {
      const start = memory().buffers;
      const w = tensor(new Float32Array(64), { shape: [8, 8], requiresGrad: true });
      const made = new Class([w]);
      for (let i = 0; i < 3; i++) {
        const loss = w.sub(1).square().sum();
        loss.backward();
        await made.step();
        made.zeroGrad();
        loss.dispose();
      }
      made.dispose();
      w.dispose();
      expect(memory().buffers).toBe(start);
    }
  });

  test.each(golden.cases)('are those of PyTorch and transformers: $name', async (each) => {
    const params = parametersOf();
    const made = make(each, params);
    for (const [step, want] of each.after.entries()) {
      await run(each, made, params, step, step + 1);
      for (const [i, name] of names.entries())
        expect(difference(await numbers(params[i]!), want[name], 'rounding'), `${name} after step ${step}`).toBeNull();
    }
    made.dispose();
  });

  test.each(golden.cases)('go on from a saved state as if nothing had happened: $name', async (each) => {
    const params = parametersOf();
    const whole = make(each, params);
    await run(each, whole, params, 0, 4);
    const saved = await whole.stateDict();
    const [weight, bias, kernel] = await Promise.all(params.map(numbers));
    const second = parametersOf({ weight, bias, kernel });
    const resumed = make(each, second);
    // As a checkpoint keeps it: the groups go through JSON.
    const param_groups = JSON.parse(JSON.stringify(saved.param_groups)) as OptimizerState['param_groups'];
    resumed.loadStateDict({ ...saved, param_groups });
    await run(each, whole, params, 4, 10);
    await run(each, resumed, second, 4, 10);
    for (const i of names.keys()) expect(await numbers(second[i]!)).toEqual(await numbers(params[i]!));
  });

  test('count the steps of each parameter, and compile anew only where the set of gradients changes', async () => {
    const each = golden.cases.find(({ without, optimizer }) => without && optimizer === 'AdamW')!;
    const params = parametersOf();
    const made = make(each, params);
    await run(each, made, params, 0, 8);
    const { arrays } = await made.stateDict();
    expect(names.map((_, i) => Number(arrays.get(`${i}.step`)!.data[0]))).toEqual([8, 4, 6]);
    const before = memory().cache.compiled;
    await run(each, made, params, 8, 10);
    expect(memory().cache.compiled).toBe(before);
  });

  test('keep the state of a matrix as its rows and columns where it is factored', async () => {
    const made = new Adafactor([tensor(new Float32Array(24), { shape: [2, 3, 4], requiresGrad: true })], { beta1: 0.9 });
    made.paramGroups[0]!.params[0]!.sum().backward();
    await made.step();
    const { arrays } = await made.stateDict();
    expect(Object.fromEntries(Array.from(arrays, ([name, { shape }]) => [name, shape]))).toEqual({
      '0.step': [],
      '0.exp_avg_sq_row': [2, 3],
      '0.exp_avg_sq_col': [2, 4],
      '0.exp_avg': [2, 3, 4],
    });
  });

  test('train parameters of 64 bits in 64 bits', async () => {
    const w = tensor([1, -2], { dtype: 'float64', requiresGrad: true });
    const made = new AdamW([w], { lr: 0.1 });
    w.square().sum().backward();
    await made.step();
    // With bias correction the first step is lr · g / (|g| + eps).
    const want = [1, -2].map((x) => x * (1 - 0.1 * 0.01) - (0.1 * 2 * x) / (2 * Math.abs(x) + 1e-8));
    expect(difference(await numbers(w), want, 'double')).toBeNull();
    expect((await made.stateDict()).arrays.get('0.exp_avg')!.dtype).toBe('float64');
  });

  test('leave frozen parameters alone', async () => {
    const [w, frozen] = [parameter([1, 2]), parameter([3])];
    const made = new AdamW([w, frozen], { lr: 0.1 });
    frozen.requiresGrad = false;
    w.square().sum().add(frozen.sum()).backward();
    await made.step();
    expect(await numbers(frozen)).toEqual([3]);
    const state = await made.stateDict();
    expect([...state.arrays.keys()]).toEqual(['0.step', '0.exp_avg', '0.exp_avg_sq']);
    made.loadStateDict(state);
  });

  test('add up the gradients of several backward calls, as one large batch', async () => {
    const data = [1, 2, 3, 4, 5, 6].map((x) => tensor([x, -x / 2]));
    const loss = (w: Tensor, x: Tensor) => w.mul(x).sum().sub(1).square();
    const results = [];
    for (const isSplit of [false, true]) {
      const w = parameter([0.5, 0.25]);
      const made = new AdamW([w], { lr: 0.1 });
      for (let step = 0; step < 3; step++) {
        const losses = data.map((x) => loss(w, x).div(data.length));
        if (isSplit) for (const each of losses) each.backward();
        else losses.reduce((a, b) => a.add(b)).backward();
        await made.step();
        made.zeroGrad();
        // Each of the losses was computed in the step's run.
        if (isSplit) for (const each of losses) expect(each.isComputed).toBe(true);
      }
      results.push(await numbers(w));
    }
    expect(difference(results[1]!, results[0]!, 'rounding')).toBeNull();
  });

  test('take another group later, and what is written into a group', async () => {
    const [a, b] = [parameter([1]), parameter([1])];
    const made = new SGD([a], { lr: 0.1 });
    const step = async () => {
      a.add(b).sum().backward();
      await made.step();
      made.zeroGrad();
      b.grad = null;
    };
    await step();
    made.addParamGroup({ params: [b], lr: 0.5 });
    made.paramGroups[0]!.lr = 0.2;
    await step();
    expect(await numbers(a)).toEqual([expect.closeTo(0.7, 6)]);
    expect(await numbers(b)).toEqual([0.5]);
    // A velocity that is asked for later begins then.
    made.paramGroups[1]!.momentum = 0.9;
    await step();
    await step();
    expect(await numbers(b)).toEqual([expect.closeTo(-0.95, 6)]);
    const state = await made.stateDict();
    expect(state.param_groups).toMatchObject([
      { lr: 0.2, initial_lr: 0.1, momentum: 0, params: [0] },
      { lr: 0.5, initial_lr: 0.5, momentum: 0.9, params: [1] },
    ]);
    const fresh = new SGD([{ params: [a] }, { params: [b] }]);
    fresh.loadStateDict(state);
    expect(fresh.paramGroups).toMatchObject([
      { lr: 0.2, initial_lr: 0.1, momentum: 0 },
      { lr: 0.5, initial_lr: 0.5, momentum: 0.9 },
    ]);
  });

  test('after a run that failed start anew at the first step, and wait for a saved state later', async () => {
    const w = parameter([1, 2]);
    const made = new AdamW([w], { lr: 0.1 });
    const step = async (isBroken: boolean) => {
      const held = tensor([0, 0]).add(2);
      await held.data();
      w.grad = held.mul(2);
      // What the gradient needs is gone when the run begins.
      if (isBroken) held.dispose();
      await made.step();
      made.zeroGrad();
    };
    await expect(step(true)).rejects.toThrow();
    expect((await made.stateDict()).arrays.size).toBe(0);
    await step(false);
    const [after, state] = [await numbers(w), await made.stateDict()];
    expect(difference(after, [0.899, 1.898], 'rounding')).toBeNull();
    await expect(step(true)).rejects.toThrow();
    await expect(step(false)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DisposedError: AdamW.step: an earlier step failed while it wrote the optimizer's state, which is lost. Load a checkpoint with loadStateDict.]`,
    );
    made.loadStateDict(state);
    await step(false);
    expect(difference(await numbers(w), [0.798101, 1.796102], 'rounding')).toBeNull();
  });

  test('refuse what cannot be', async () => {
    const w = parameter([1]);
    expect(() => new AdamW([])).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: AdamW: there are no parameters to train. Did you pass model.parameters()?]`,
    );
    expect(() => new AdamW([w, w])).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: AdamW: a parameter is listed twice; each may be in one group only.]`,
    );
    expect(() => new AdamW([w]).addParamGroup({ params: [w] })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: AdamW: a parameter is listed twice; each may be in one group only.]`,
    );
    expect(() => new AdamW([w], { betas: [0.9, 1] })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: AdamW: betas are 0.9 and 1; they must be two numbers from 0 up to, but not, 1.]`,
    );
    expect(() => new AdamW([w], { lr: Number.NaN })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: AdamW: lr is NaN; it must be at least 0.]`,
    );
    expect(() => new AdamW([w], { amsgard: true } as never)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: AdamW: there is no option amsgard; did you mean amsgrad?]`,
    );
    expect(() => new AdamW([w], { fused: true } as never)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: AdamW: there is no option fused; the options are lr, betas, eps, weight_decay, amsgrad, maximize.]`,
    );
    expect(() => new SGD([{ params: [w], momentum: -1 }])).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: SGD: momentum is -1; it must be at least 0.]`,
    );
    expect(() => new SGD([w], { nesterov: true })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: SGD: nesterov is set and momentum is 0; it needs momentum.]`,
    );
    expect(() => new SGD([w], { nesterov: true, momentum: 0.9, dampening: 0.1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: SGD: nesterov is set and dampening is 0.1; it goes without.]`,
    );
    expect(() => new Adafactor([w], { lr: 1e-3 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Adafactor: lr is 0.001 and relative_step makes the learning rate; give one of them, or set relative_step to false.]`,
    );
    expect(() => new Adafactor([w], { relative_step: false })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Adafactor: relative_step is false and there is no lr; give one.]`,
    );
    expect(() => new Adafactor([w], { lr: 1, relative_step: false, warmup_init: true })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Adafactor: warmup_init is set and relative_step is not; it warms up what that makes.]`,
    );
    expect(() => new Adafactor([w], { clip_threshold: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Adafactor: clip_threshold is 0; it must be positive.]`,
    );
    expect(() => new RMSprop([w], { eps: -1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: RMSprop: eps is -1; it must be at least 0.]`,
    );
    await expect(new SGD([w]).step()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: SGD.step: no parameter has a gradient. Call loss.backward() first.]`,
    );
  });

  test('refuse a state that does not fit, and change nothing then', async () => {
    const w = parameter([1]);
    const saved = new SGD([w], { momentum: 0.9 });
    w.sum().backward();
    await saved.step();
    const state = await saved.stateDict();
    expect(() => new AdamW([w]).loadStateDict(state)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: AdamW: the state was saved by SGD, and no other optimizer can go on with it.]`,
    );
    expect(() => new SGD([w, parameter([2])], { momentum: 0.9 }).loadStateDict(state)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: SGD: the state has groups of 1 parameters; this optimizer has 2. The same parameters must be trained, in the same groups.]`,
    );
    expect(() => new SGD([parameter([1, 2])], { momentum: 0.9 }).loadStateDict(state)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: SGD: momentum_buffer of parameter 0 is [1] in the state; the parameter is [2], which needs [2].]`,
    );
    const cut = { ...state, arrays: new Map([['0.step', state.arrays.get('0.step')!]]) };
    const made = new SGD([w], { lr: 0.5 });
    expect(() => made.loadStateDict(cut)).toThrowErrorMatchingInlineSnapshot(
      `[MissingWeightError: SGD: the state has no momentum_buffer for parameter 0.]`,
    );
    expect(made.paramGroups).toMatchObject([{ lr: 0.5, momentum: 0 }]);
  });
});
