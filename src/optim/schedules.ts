import { ConfigError, nearest } from '../core/index.ts';

/** What a schedule is made for. Names are Hugging Face's. */
export interface ScheduleOptions {
  /** Steps over which the learning rate rises from 0. Default 0. */
  readonly num_warmup_steps?: number;
  /** Steps of the whole run. Needed by every schedule that falls. */
  readonly num_training_steps?: number;
  /** `cosine`: waves, default 0.5 (one fall). `cosine_with_restarts`: whole falls, default 1. */
  readonly num_cycles?: number;
  /** `polynomial`: the learning rate at the end, default 1e-7. */
  readonly lr_end?: number;
  /** `polynomial`: default 1. */
  readonly power?: number;
  /** `inverse_sqrt`: default the warm-up, or 10,000 without one. */
  readonly timescale?: number;
}

/** What a schedule changes. */
export interface Scheduled {
  readonly paramGroups: readonly { lr: number; readonly initialLr: number }[];
}

/** By what the learning rate is multiplied at a step, after the warm-up. `base` is the learning rate itself. */
type Curve = (
  step: number,
  options: ScheduleOptions & { readonly warmup: number; readonly total: number; readonly base: number },
) => number;

const progress = (step: number, warmup: number, total: number) => (step - warmup) / Math.max(1, total - warmup);

/** Each schedule by Hugging Face's name; formulas as in transformers.optimization. */
const curves = {
  constant: () => 1,
  constant_with_warmup: () => 1,
  linear: (step, { warmup, total }) => Math.max(0, (total - step) / Math.max(1, total - warmup)),
  cosine: (step, { warmup, total, num_cycles = 0.5 }) =>
    Math.max(0, 0.5 * (1 + Math.cos(Math.PI * num_cycles * 2 * progress(step, warmup, total)))),
  cosine_with_restarts: (step, { warmup, total, num_cycles = 1 }) => {
    const done = progress(step, warmup, total);
    return done >= 1 ? 0 : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * ((num_cycles * done) % 1))));
  },
  polynomial: (step, { warmup, total, base, lr_end = 1e-7, power = 1 }) => {
    if (step > total) return lr_end / base;
    return ((base - lr_end) * (1 - progress(step, warmup, total)) ** power + lr_end) / base;
  },
  inverse_sqrt: (step, { warmup, timescale = warmup || 10_000 }) => 1 / Math.sqrt((step + timescale - warmup) / timescale),
} satisfies Record<string, Curve>;

/** A schedule's name. */
export type ScheduleName = keyof typeof curves;

/** All schedules. */
export const scheduleNames = Object.keys(curves) as readonly ScheduleName[];

/** Sets an optimizer's learning rate by the number of steps taken. */
export class Scheduler {
  readonly #optimizer: Scheduled;
  readonly #factor: (step: number, base: number) => number;
  #step = 0;

  /** Use `get_scheduler`. @param factor by what a learning rate of `base` is multiplied at a step. */
  constructor(optimizer: Scheduled, factor: (step: number, base: number) => number) {
    this.#optimizer = optimizer;
    this.#factor = factor;
    this.#apply();
  }

  /** Steps taken. Setting it goes there: to resume a run. */
  get lastStep(): number {
    return this.#step;
  }

  set lastStep(step: number) {
    this.#step = step;
    this.#apply();
  }

  /** Goes on by one step. */
  step(): void {
    this.lastStep = this.#step + 1;
  }

  /** The learning rate of each parameter group now. */
  getLastLr(): number[] {
    return this.#optimizer.paramGroups.map(({ lr }) => lr);
  }

  #apply(): void {
    for (const group of this.#optimizer.paramGroups) group.lr = group.initialLr * this.#factor(this.#step, group.initialLr);
  }
}

/**
 * A learning-rate schedule by Hugging Face's name: the warm-up rises from 0 in equal steps, then the curve takes over.
 * @throws ConfigError for a name that there is not, or without the number of steps that the curve needs.
 */
export function get_scheduler(name: ScheduleName, optimizer: Scheduled, options: ScheduleOptions = {}): Scheduler {
  const curve = curves[name] as Curve | undefined;
  if (!curve) {
    const close = nearest(name, scheduleNames);
    throw new ConfigError(
      `get_scheduler: there is no schedule ${name}; ${close ? `did you mean ${close}?` : `there are ${scheduleNames.join(', ')}.`}`,
    );
  }
  const { num_warmup_steps: warmup = 0, num_training_steps: total } = options;
  const falls = !['constant', 'constant_with_warmup', 'inverse_sqrt'].includes(name);
  if (falls && total === undefined)
    throw new ConfigError(`get_scheduler: ${name} needs num_training_steps, the number of steps of the whole run.`);
  if (name === 'constant' && warmup > 0)
    throw new ConfigError('get_scheduler: constant has no warm-up; use constant_with_warmup.');
  return new Scheduler(optimizer, (step, base) =>
    step < warmup ? step / Math.max(1, warmup) : curve(step, { ...options, warmup, total: total ?? 0, base }),
  );
}
