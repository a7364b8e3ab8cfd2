import { describe, expect, test } from 'vitest';
import { readGolden } from '../../test/support/golden.ts';
import { difference } from '../../test/support/tolerances.ts';
import { memory, type Tensor, tensor } from '../tensor/index.ts';
import { Adam, AdamW, clipGradNorm, get_scheduler, type ScheduleName, SGD } from './index.ts';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);
const flat = (list: unknown) => (list as number[]).flat(Number.POSITIVE_INFINITY) as number[];
const parameter = (data: unknown) => tensor(data as number[], { requiresGrad: true });

type Arrays = Readonly<Record<'weight' | 'bias', unknown>>;
const optimizers = { AdamW, Adam, SGD };
const golden = readGolden('optim/optimizers.json') as {
  readonly start: Arrays;
  readonly gradients: readonly Arrays[];
  readonly cases: readonly {
    readonly name: string;
    readonly optimizer: keyof typeof optimizers;
    readonly options: object;
    readonly param_groups?: readonly ({ readonly params: readonly ('weight' | 'bias')[] } & object)[];
    readonly after: readonly Arrays[];
  }[];
};
// Options of PyTorch's that ours do not have.
const known = golden.cases.filter(({ options }) => !['amsgrad', 'maximize', 'dampening'].some((name) => name in options));

describe('optimizers', () => {
  test.each(known)('are PyTorch’s: $name', async ({ optimizer, options, param_groups, after }) => {
    const params = [parameter(golden.start.weight), parameter(golden.start.bias)];
    const groups = param_groups?.map((group) => ({
      ...group,
      params: group.params.map((name) => params[name === 'weight' ? 0 : 1]!),
    }));
    const made = new optimizers[optimizer](groups ?? params, options);
    for (const [step, want] of after.entries()) {
      const gradients = golden.gradients[step]!;
      params[0]!.grad = tensor(gradients.weight as number[]);
      params[1]!.grad = tensor(gradients.bias as number[]);
      await made.step();
      expect(difference(await numbers(params[0]!), flat(want.weight), 'rounding'), `weight after step ${step}`).toBeNull();
      expect(difference(await numbers(params[1]!), flat(want.bias), 'rounding'), `bias after step ${step}`).toBeNull();
    }
    made.dispose();
  });

  test('go on from a saved state as if nothing had happened, also where some parameters are frozen', async () => {
    const start = () => [parameter([1, 2, 3]), parameter([4, 5]), parameter([6])];
    const train = async (made: AdamW, params: Tensor[], steps: number) => {
      for (let i = 0; i < steps; i++) {
        params[0]!.square().sum().add(params[1]!.exp().sum()).backward();
        await made.step();
        made.zeroGrad();
      }
    };
    const whole = start();
    whole[2]!.requiresGrad = false;
    await train(new AdamW(whole, { lr: 0.1 }), whole, 6);

    const first = start();
    first[2]!.requiresGrad = false;
    const before = new AdamW(first, { lr: 0.1 });
    await train(before, first, 3);
    const state = await before.stateDict();
    const second = await Promise.all(first.map(async (each) => parameter(await numbers(each))));
    const after = new AdamW(second, { lr: 0.1 });
    after.loadStateDict(state);
    expect(after.steps).toBe(3);
    await train(after, second, 3);
    for (const i of [0, 1, 2]) expect(await numbers(second[i]!)).toEqual(await numbers(whole[i]!));
  });

  test('give their memory back', async () => {
    const start = memory().buffers;
    const w = parameter(new Float32Array(64));
    const made = new AdamW([w]);
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
  });

  test('refuse what cannot be', async () => {
    const w = parameter([1]);
    expect(() => new AdamW([])).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: AdamW: there are no parameters to train. Did you pass model.parameters()?]`,
    );
    expect(() => new AdamW([w, w])).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: AdamW: a parameter is listed twice; each may be in one group only.]`,
    );
    expect(() => new AdamW([w], { betas: [0.9, 1] })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: AdamW: betas are 0.9 and 1; both must be from 0 up to, but not, 1.]`,
    );
    expect(() => new SGD([w], { nesterov: true })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: SGD: nesterov is set and momentum is 0; it needs momentum.]`,
    );
    await expect(new SGD([w]).step()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: SGD.step: no parameter has a gradient. Call loss.backward() first.]`,
    );
    w.sum().backward();
    const saved = new SGD([w], { momentum: 0.9 });
    await saved.step();
    const state = await saved.stateDict();
    expect(() => new AdamW([w]).loadStateDict(state)).toThrowErrorMatchingInlineSnapshot(
      `[MissingWeightError: AdamW: the state has no exp_avg for parameter 0. Was it saved by another optimizer?]`,
    );
    expect(() => new SGD([parameter([1, 2])], { momentum: 0.9 }).loadStateDict(state)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: SGD: momentum_buffer of parameter 0 is [1]; the parameter is [2].]`,
    );
  });
});

describe('clipGradNorm', () => {
  const { cases } = readGolden('optim/clipping.json') as {
    readonly cases: readonly {
      name: string;
      max_norm: number;
      norm_type: number;
      gradients: unknown[];
      total_norm: number;
      clipped: unknown[];
    }[];
  };

  test.each(cases.filter(({ norm_type }) => norm_type === 2))(
    'is PyTorch’s: $name',
    async ({ max_norm, gradients, total_norm, clipped }) => {
      const params = gradients.map((g) => {
        const made = parameter(flat(g).map(() => 0));
        made.grad = tensor(flat(g));
        return made;
      });
      const norm = clipGradNorm(params, max_norm);
      expect(difference([await norm.item()], [total_norm], 'rounding')).toBeNull();
      for (const [i, each] of params.entries())
        expect(difference(await numbers(each.grad!), flat(clipped[i]), 'rounding')).toBeNull();
    },
  );
});

describe('get_scheduler', () => {
  const { cases, learning_rate } = readGolden('optim/schedules.json') as {
    readonly learning_rate: number;
    readonly cases: readonly {
      name: string;
      schedule: ScheduleName;
      num_warmup_steps: number | null;
      num_training_steps: number;
      options: object;
      factors: number[];
    }[];
  };
  const ours = ['constant', 'constant_with_warmup', 'linear', 'cosine', 'cosine_with_restarts', 'polynomial', 'inverse_sqrt'];

  test.each(cases.filter(({ schedule }) => ours.includes(schedule)))(
    'is Hugging Face’s: $name',
    ({ schedule, num_warmup_steps, num_training_steps, options, factors }) => {
      const optimizer = new SGD([parameter([1])], { lr: learning_rate });
      const scheduler = get_scheduler(schedule, optimizer, {
        num_training_steps,
        ...(num_warmup_steps !== null && { num_warmup_steps }),
        ...options,
      });
      const found = factors.map(() => {
        const [lr] = scheduler.getLastLr();
        scheduler.step();
        return lr! / learning_rate;
      });
      expect(difference(found, factors, 1e-12)).toBeNull();
    },
  );

  test('refuses what there is not', () => {
    const optimizer = new SGD([parameter([1])]);
    expect(() => get_scheduler('cosin' as never, optimizer)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: there is no schedule cosin; did you mean cosine?]`,
    );
    expect(() => get_scheduler('linear', optimizer)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: linear needs num_training_steps, the number of steps of the whole run.]`,
    );
  });
});
