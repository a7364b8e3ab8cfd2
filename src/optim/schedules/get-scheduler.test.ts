import { describe, expect, test } from 'vitest';
import { readGolden } from '../../../test/support/golden.ts';
import { difference } from '../../../test/support/tolerances.ts';
import { tensor } from '../../tensor/index.ts';
import { Adafactor, get_scheduler, type ScheduleName, type SchedulerState, SGD, scheduleNames } from '../index.ts';

const { cases, learning_rate, metrics, by_metric } = readGolden('optim/schedules.json') as {
  readonly learning_rate: number;
  readonly cases: readonly {
    readonly name: string;
    readonly schedule: ScheduleName;
    readonly num_warmup_steps: number | null;
    readonly num_training_steps: number | null;
    readonly options: object;
    readonly factors: readonly number[];
  }[];
  readonly metrics: readonly number[];
  readonly by_metric: readonly {
    readonly name: string;
    readonly schedule: ScheduleName;
    readonly options: object;
    readonly learning_rates: readonly number[];
  }[];
};

const weight = tensor([1], { requiresGrad: true });
const optimizerAt = (lr: number) => new SGD([weight], { lr });
/** A state as a checkpoint keeps it. */
const throughJson = (state: SchedulerState) => JSON.parse(JSON.stringify(state)) as SchedulerState;

function curveOf({ schedule, num_warmup_steps, num_training_steps, options }: (typeof cases)[number]) {
  return get_scheduler(schedule, optimizerAt(learning_rate), {
    ...(num_training_steps !== null && { num_training_steps }),
    ...(num_warmup_steps !== null && { num_warmup_steps }),
    scheduler_specific_kwargs: options as never,
  });
}

describe('get_scheduler', () => {
  test('has reference data for every schedule', () => {
    const covered = new Set([...cases, ...by_metric].map(({ schedule }) => schedule));
    expect([...covered].sort()).toEqual([...scheduleNames].sort());
  });

  test.each(cases)('is Hugging Face’s: $name', (each) => {
    const scheduler = curveOf(each);
    const found = each.factors.map(() => {
      const [lr] = scheduler.getLastLr();
      scheduler.step();
      return lr! / learning_rate;
    });
    expect(difference(found, each.factors, 1e-12)).toBeNull();
  });

  test.each(cases)('goes on from a saved state: $name', (each) => {
    const scheduler = curveOf(each);
    for (let i = 0; i < 37; i++) scheduler.step();
    const resumed = curveOf(each);
    resumed.loadStateDict(throughJson(scheduler.stateDict()));
    for (let i = 37; i < 60; i++) {
      expect(resumed.getLastLr()).toEqual(scheduler.getLastLr());
      scheduler.step();
      resumed.step();
    }
  });

  test.each(by_metric)('is Hugging Face’s, by a metric: $name', ({ schedule, options, learning_rates }) => {
    const optimizer = optimizerAt(learning_rate);
    const scheduler = get_scheduler(schedule, optimizer, { scheduler_specific_kwargs: options as never });
    expect(scheduler.followsMetric).toBe(true);
    const found = metrics.map((metric) => {
      scheduler.step(metric);
      return optimizer.paramGroups[0]!.lr;
    });
    expect(difference(found, learning_rates, 1e-12)).toBeNull();
  });

  test.each(by_metric)('goes on from a saved state, by a metric: $name', ({ schedule, options, learning_rates }) => {
    // Also before the first metric, where the best so far is infinitely bad.
    for (const stop of [0, 1, 5, 12]) {
      const make = () => get_scheduler(schedule, optimizerAt(learning_rate), { scheduler_specific_kwargs: options as never });
      const first = make();
      for (const metric of metrics.slice(0, stop)) first.step(metric);
      const second = make();
      second.loadStateDict(throughJson(first.stateDict()));
      expect(second.getLastLr()).toEqual(first.getLastLr());
      const found = metrics.slice(stop).map((metric) => {
        second.step(metric);
        return second.getLastLr()[0]!;
      });
      expect(difference(found, learning_rates.slice(stop), 1e-12)).toBeNull();
    }
  });

  test('scales the learning rate of each group, also of one that joins later', () => {
    const [a, b, c] = [1, 2, 3].map((x) => tensor([x], { requiresGrad: true }));
    const optimizer = new SGD([{ params: [a!] }, { params: [b!], lr: 0.2 }], { lr: 0.1 });
    const scheduler = get_scheduler('linear', optimizer, { num_training_steps: 4 });
    scheduler.step();
    optimizer.addParamGroup({ params: [c!], lr: 1 });
    scheduler.step();
    expect(difference(scheduler.getLastLr(), [0.05, 0.1, 0.5], 1e-12)).toBeNull();
  });

  test('refuses what there is not', () => {
    const optimizer = optimizerAt(0.1);
    const failing =
      (name: ScheduleName, scheduler_specific_kwargs: object, more: object = { num_training_steps: 10 }) =>
      () =>
        get_scheduler(name, optimizer, { ...more, scheduler_specific_kwargs: scheduler_specific_kwargs as never });
    expect(failing('cosin' as never, {})).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: there is no schedule cosin; did you mean cosine?]`,
    );
    expect(failing('linear', {}, {})).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: linear needs num_training_steps, the number of steps of the whole run.]`,
    );
    expect(failing('constant', {}, { num_warmup_steps: 3 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: constant has no warm-up; use constant_with_warmup.]`,
    );
    expect(failing('reduce_lr_on_plateau', {}, { num_warmup_steps: 3 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: reduce_lr_on_plateau has no warm-up; leave num_warmup_steps out.]`,
    );
    expect(failing('linear', { num_cycles: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: linear: there is no option num_cycles; it takes none.]`,
    );
    expect(failing('cosine', { num_cycle: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: cosine: there is no option num_cycle; did you mean num_cycles?]`,
    );
    expect(failing('cosine', { num_cycles: '2' })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: cosine: num_cycles is '2'; a number is needed.]`,
    );
    expect(failing('polynomial', { lr_end: 0.1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: polynomial has an lr_end of 0.1, which must be below the learning rate, 0.1.]`,
    );
    expect(failing('cosine_with_min_lr', {})).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: cosine_with_min_lr needs one of min_lr and min_lr_rate.]`,
    );
    expect(failing('cosine_warmup_with_min_lr', { min_lr: 0, min_lr_rate: 0.1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: cosine_warmup_with_min_lr needs one of min_lr and min_lr_rate.]`,
    );
    expect(failing('warmup_stable_decay', {})).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: warmup_stable_decay: num_decay_steps is missing; it is needed: steps of the fall.]`,
    );
    expect(failing('warmup_stable_decay', { num_decay_steps: 5 }, {})).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: warmup_stable_decay needs num_training_steps, the number of steps of the whole run, or num_stable_steps.]`,
    );
    expect(failing('warmup_stable_decay', { num_decay_steps: 11 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: warmup_stable_decay has a warm-up of 0 steps and 11 of the fall, more than the run, which has 10.]`,
    );
    expect(failing('greedy', { min_lr: 0.5 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: greedy moves the learning rate between min_lr, 0.5, and max_lr, 1, and it is 0.1; set them around it.]`,
    );
    expect(failing('reduce_lr_on_plateau', { factor: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: reduce_lr_on_plateau: factor is 1; a number of at least 0 and less than 1 is needed.]`,
    );
    expect(() => get_scheduler('constant', new Adafactor([weight]))).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: the optimizer makes its own learning rate; leave the schedule out, or give it an lr.]`,
    );
    const plateau = get_scheduler('reduce_lr_on_plateau', optimizer);
    expect(() => plateau.step()).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: reduce_lr_on_plateau follows a metric; give step the last evaluation's.]`,
    );
    expect(() => plateau.loadStateDict(get_scheduler('constant', optimizer).stateDict())).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: the state was saved by constant, and reduce_lr_on_plateau cannot go on with it.]`,
    );
  });
});
