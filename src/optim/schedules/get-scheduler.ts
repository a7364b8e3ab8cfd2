import { ConfigError, type GivenOptions, nearest, type OptionRows, readOptions } from '../../core/index.ts';
import { curves } from './curves.ts';
import type { Schedule } from './declare.ts';
import { greedy } from './greedy.ts';
import { plateau } from './plateau.ts';
import type { Scheduled, Scheduler } from './scheduler.ts';

/** Every schedule by Hugging Face's name. */
const schedules = { ...curves, reduce_lr_on_plateau: plateau, greedy };

/** A schedule's name. */
export type ScheduleName = keyof typeof schedules;

/** The names of all schedules. */
export const scheduleNames = Object.keys(schedules) as readonly ScheduleName[];

/** What a schedule is made for. Names are Hugging Face's. */
export interface ScheduleOptions<Name extends ScheduleName = ScheduleName> {
  /** Steps over which the learning rate rises. Default 0. */
  readonly num_warmup_steps?: number;
  /** Steps of the whole run. Needed by every schedule that ends. */
  readonly num_training_steps?: number;
  /** The schedule's own options, such as `num_cycles`; others are refused. */
  readonly scheduler_specific_kwargs?: GivenOptions<(typeof schedules)[Name]['options']>;
}

/**
 * A learning-rate schedule by Hugging Face's name: constant, constant_with_warmup, linear, cosine, cosine_with_restarts,
 * polynomial, inverse_sqrt, cosine_with_min_lr, cosine_warmup_with_min_lr, warmup_stable_decay, and two that follow a metric,
 * reduce_lr_on_plateau and greedy. It sets the first learning rate at once. Like transformers.get_scheduler, except that
 * options which a schedule would not heed are refused.
 * @throws ConfigError for a name that there is not, an option that the schedule does not take, or without one that it needs.
 */
export function get_scheduler<Name extends ScheduleName>(
  name: Name,
  optimizer: Scheduled,
  { num_warmup_steps: warmup = 0, num_training_steps, scheduler_specific_kwargs }: ScheduleOptions<Name> = {},
): Scheduler {
  const schedule = schedules[name] as unknown as Schedule<OptionRows> | undefined;
  if (!schedule) {
    const close = nearest(name, scheduleNames);
    throw new ConfigError(
      `get_scheduler: there is no schedule ${name}; ${close ? `did you mean ${close}?` : `there are ${scheduleNames.join(', ')}.`}`,
    );
  }
  if (schedule.needsTotal && num_training_steps === undefined)
    throw new ConfigError(`get_scheduler: ${name} needs num_training_steps, the number of steps of the whole run.`);
  if (!schedule.hasWarmup && warmup > 0) {
    const mend = name === 'constant' ? 'use constant_with_warmup' : 'leave num_warmup_steps out';
    throw new ConfigError(`get_scheduler: ${name} has no warm-up; ${mend}.`);
  }
  const { lr } = optimizer.defaults;
  if (lr === null || optimizer.paramGroups.some((group) => group.lr === null))
    throw new ConfigError(
      'get_scheduler: the optimizer makes its own learning rate; leave the schedule out, or give it an lr.',
    );
  const options = readOptions(
    `get_scheduler: ${name}`,
    schedule.options,
    (scheduler_specific_kwargs ?? {}) as GivenOptions<OptionRows>,
  );
  const run = { optimizer, warmup, total: num_training_steps ?? 0, lr };
  const problem = schedule.problem(options, run);
  if (problem !== undefined) throw new ConfigError(`get_scheduler: ${name} ${problem}.`);
  return schedule.make(name, options, run);
}
