import { curve, type ScheduledRun } from './declare.ts';
import type { Factor } from './scheduler.ts';

/** Rises from 0 in equal steps, then goes on as `after` says. */
const warmedUp =
  ({ warmup }: ScheduledRun, after: Factor): Factor =>
  (step) =>
    step < warmup ? step / Math.max(1, warmup) : after(step);

/** The share of the steps after the warm-up that is done; past 1 where a run goes on after its end. */
const done = (step: number, { warmup, total }: ScheduledRun) => (step - warmup) / Math.max(1, total - warmup);

/** A cosine from 1 that goes through `cycles` whole waves. */
const wave = (progress: number, cycles: number) => 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * progress));

const num_cycles = { type: 'number', default: 0.5, help: 'Waves of the cosine; 0.5 is one fall' } as const;

const min_lr = { type: 'number', min: 0, help: 'The lowest learning rate' } as const;

const min_lr_rate = { type: 'number', min: 0, help: 'The same as a share of the highest' } as const;

interface Lowest {
  readonly min_lr: number | undefined;
  readonly min_lr_rate: number | undefined;
}

const problemInLowest = ({ min_lr, min_lr_rate }: Lowest) =>
  (min_lr === undefined) === (min_lr_rate === undefined) ? 'needs one of min_lr and min_lr_rate' : undefined;

/** A factor raised so that its lowest is the lowest learning rate. */
const above = ({ min_lr, min_lr_rate }: Lowest, { lr }: ScheduledRun) => {
  const lowest = min_lr_rate ?? min_lr! / lr;
  return (factor: number) => Math.max(0, factor * (1 - lowest) + lowest);
};

/** The parts of `warmup_stable_decay` by their kind: how far each has come after a share of its steps. */
const rises = {
  linear: (progress: number) => progress,
  cosine: (progress: number) => 0.5 * (1 - Math.cos(Math.PI * progress)),
  '1-sqrt': (progress: number) => 1 - Math.sqrt(1 - progress),
};
const falls = {
  linear: (progress: number) => 1 - progress,
  cosine: wave,
  '1-sqrt': (progress: number) => 1 - Math.sqrt(progress),
};

/** The schedules that are formulas of the step, by Hugging Face's names, with its defaults; as in transformers.optimization. */
export const curves = {
  /** The learning rate stays. */
  constant: curve({ hasWarmup: false, needsTotal: false, factor: () => () => 1 }),

  /** Stays, after the warm-up. */
  constant_with_warmup: curve({ needsTotal: false, factor: (_, run) => warmedUp(run, () => 1) }),

  /** Falls to 0 in equal steps. */
  linear: curve({
    factor: (_, run) => warmedUp(run, (step) => Math.max(0, (run.total - step) / Math.max(1, run.total - run.warmup))),
  }),

  /** Falls along a cosine. Source: Loshchilov and Hutter, 2017, arXiv:1608.03983, without restarts. */
  cosine: curve({
    options: { num_cycles },
    factor: ({ num_cycles }, run) => warmedUp(run, (step) => Math.max(0, wave(done(step, run), num_cycles))),
  }),

  /** Falls along half a cosine again and again, each time from the top. Source: Loshchilov and Hutter, 2017, arXiv:1608.03983. */
  cosine_with_restarts: curve({
    options: { num_cycles: { type: 'number', default: 1, help: 'How often it falls' } },
    factor: ({ num_cycles }, run) =>
      warmedUp(run, (step) => {
        const progress = done(step, run);
        return progress >= 1 ? 0 : Math.max(0, wave((num_cycles * progress) % 1, 0.5));
      }),
  }),

  /** Falls to `lr_end` along a power. */
  polynomial: curve({
    options: {
      lr_end: { type: 'number', min: 0, default: 1e-7, help: 'The learning rate at the end' },
      power: { type: 'number', default: 1, help: 'The power; 1 is a straight line' },
    },
    problem: ({ lr_end }, { lr }) =>
      lr > lr_end ? undefined : `has an lr_end of ${lr_end}, which must be below the learning rate, ${lr}`,
    factor: ({ lr_end, power }, run) =>
      warmedUp(run, (step) => {
        const { warmup, total, lr } = run;
        if (step > total) return lr_end / lr;
        const left = 1 - (step - warmup) / Math.max(1, total - warmup);
        return ((lr - lr_end) * left ** power + lr_end) / lr;
      }),
  }),

  /** Falls as one over the root of the step. Source: Zhai, Kolesnikov, Houlsby and Beyer, 2022, arXiv:2106.04560. */
  inverse_sqrt: curve({
    options: {
      timescale: { type: 'number', above: 0, otherwise: 'the warm-up, or 10,000 without one', help: 'How slowly it falls' },
    },
    needsTotal: false,
    factor: ({ timescale: given }, run) => {
      const timescale = given ?? (run.warmup || 10_000);
      return warmedUp(run, (step) => 1 / Math.sqrt((step + timescale - run.warmup) / timescale));
    },
  }),

  /** Falls along a cosine to a lowest learning rate above 0. */
  cosine_with_min_lr: curve({
    options: { num_cycles, min_lr, min_lr_rate },
    problem: problemInLowest,
    factor: (options, run) => {
      const raised = above(options, run);
      return warmedUp(run, (step) => raised(wave(done(step, run), options.num_cycles)));
    },
  }),

  /** The same a step earlier, with a warm-up that begins above 0. */
  cosine_warmup_with_min_lr: curve({
    options: {
      num_cycles,
      min_lr,
      min_lr_rate,
      warmup_lr_rate: {
        type: 'number',
        min: 0,
        otherwise: 'one step of the warm-up',
        help: 'Where the warm-up begins, as a share of the highest learning rate',
      },
    },
    problem: problemInLowest,
    factor: (options, run) => {
      const raised = above(options, run);
      const { warmup_lr_rate: first, num_cycles } = options;
      return (step) => {
        if (step >= run.warmup) return raised(wave(done(step + 1, run), num_cycles));
        if (first === undefined) return (step + 1) / Math.max(1, run.warmup);
        return first + ((1 - first) * step) / Math.max(1, run.warmup - 1);
      };
    },
  }),

  /** Rises, stays, and falls at the end. Source: Hu et al., 2024, arXiv:2404.06395, and Hägele et al., 2024, arXiv:2405.18392. */
  warmup_stable_decay: curve({
    options: {
      num_decay_steps: { type: 'integer', min: 0, required: true, help: 'Steps of the fall' },
      num_stable_steps: {
        type: 'integer',
        min: 0,
        otherwise: 'what warm-up and fall leave of num_training_steps',
        help: 'Steps between warm-up and fall',
      },
      warmup_type: { type: 'choice', choices: ['linear', 'cosine', '1-sqrt'], default: 'linear', help: 'How it rises' },
      decay_type: { type: 'choice', choices: ['linear', 'cosine', '1-sqrt'], default: 'cosine', help: 'How it falls' },
      min_lr_ratio: {
        type: 'number',
        min: 0,
        default: 0,
        help: 'Where it begins and ends, as a share of the highest learning rate',
      },
      num_cycles,
    },
    needsTotal: false,
    problem: ({ num_decay_steps, num_stable_steps }, { warmup, total }) => {
      if (num_stable_steps !== undefined) return undefined;
      if (total === 0) return 'needs num_training_steps, the number of steps of the whole run, or num_stable_steps';
      if (warmup + num_decay_steps <= total) return undefined;
      return `has a warm-up of ${warmup} steps and ${num_decay_steps} of the fall, more than the run, which has ${total}`;
    },
    factor: (options, { warmup, total }) => {
      const { num_decay_steps, num_stable_steps, warmup_type, decay_type, min_lr_ratio, num_cycles } = options;
      const raised = (factor: number) => Math.max(0, factor * (1 - min_lr_ratio) + min_lr_ratio);
      const fall = warmup + (num_stable_steps ?? total - warmup - num_decay_steps);
      return (step) => {
        if (step < warmup) return raised(rises[warmup_type](step / Math.max(1, warmup)));
        if (step < fall) return 1;
        if (step >= fall + num_decay_steps) return min_lr_ratio;
        return raised(falls[decay_type]((step - fall) / Math.max(1, num_decay_steps), num_cycles));
      };
    },
  }),
};
