import type { OptionRows, OptionValues } from '../../core/index.ts';
import { CurveScheduler, type Factor, type Scheduled, type Scheduler } from './scheduler.ts';

/** The run that a schedule is made for. */
export interface ScheduledRun {
  readonly optimizer: Scheduled;
  /** Steps of the warm-up. */
  readonly warmup: number;
  /** Steps of the whole run; 0 where they are not known and the schedule does not need them. */
  readonly total: number;
  /** The optimizer's learning rate, of which Hugging Face takes shares where one is given as a rate. */
  readonly lr: number;
}

/** One schedule: what it takes, what it needs, and how it is made. */
export interface Schedule<Rows extends OptionRows = OptionRows> {
  /** The options of its own, which come as `scheduler_specific_kwargs`. */
  readonly options: Rows;
  readonly hasWarmup: boolean;
  readonly needsTotal: boolean;
  /** What is wrong with options that are each right, in words that follow the schedule's name; undefined where nothing is. */
  problem(options: OptionValues<Rows>, run: ScheduledRun): string | undefined;
  make(name: string, options: OptionValues<Rows>, run: ScheduledRun): Scheduler;
}

/** A schedule that is a formula of the step. */
export function curve<const Rows extends OptionRows = Record<never, never>>({
  options = {} as Rows,
  hasWarmup = true,
  needsTotal = true,
  problem = () => undefined,
  factor,
}: Partial<Omit<Schedule<Rows>, 'make'>> & {
  /** By what the learning rate is multiplied at a step, from these options, once for the whole run. */
  readonly factor: (options: OptionValues<Rows>, run: ScheduledRun) => Factor;
}): Schedule<Rows> {
  return {
    options,
    hasWarmup,
    needsTotal,
    problem,
    make: (name, values, run) => new CurveScheduler(name, run.optimizer, factor(values, run)),
  };
}
