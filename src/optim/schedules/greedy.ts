import { defineOptions, type OptionValues } from '../../core/index.ts';
import type { Schedule, ScheduledRun } from './declare.ts';
import { MetricScheduler, type SchedulerState } from './scheduler.ts';

const options = defineOptions({
  mode: { type: 'choice', choices: ['min', 'max'], default: 'min', help: 'Whether less or more of the metric is better' },
  factor: {
    type: 'number',
    above: 0,
    below: 1,
    default: 0.95,
    help: 'By what the learning rate is multiplied as it falls, and divided as it rises',
  },
  patience: { type: 'integer', min: 0, default: 10, help: 'Evaluations in a row, all better or all not, that change nothing' },
  threshold: { type: 'number', min: 0, default: 1e-6, help: 'By how much a metric must be better to count' },
  threshold_mode: {
    type: 'choice',
    choices: ['rel', 'abs'],
    default: 'abs',
    help: 'Whether that is a share of the best metric or a difference',
  },
  cooldown: { type: 'integer', min: 0, default: 0, help: 'Evaluations after a fall that are not judged' },
  warmup: { type: 'integer', min: 0, default: 0, help: 'Evaluations after a rise that are not judged' },
  min_lr: { type: 'number', min: 0, default: 1e-3, help: 'The lowest learning rate' },
  max_lr: { type: 'number', min: 0, default: 1, help: 'The highest learning rate' },
  eps: { type: 'number', min: 0, default: 1e-8, help: 'Smaller changes than this are left out' },
  smooth: { type: 'boolean', default: false, help: 'Goes by the mean of the last metrics' },
  window_size: { type: 'integer', min: 1, default: 50, help: 'How many of them' },
  reset_start: { type: 'integer', min: 1, default: 500, help: 'Falls at the lowest learning rate before it starts anew' },
});

/** Raises the learning rate while a metric gets better and lowers it while it does not. As transformers.optimization.GreedyLR. */
class GreedyLR extends MetricScheduler<OptionValues<typeof options>> {
  #badEpochs = 0;
  #goodEpochs = 0;
  #cooldown = 0;
  #warmup = 0;
  #resetStart = this.options.reset_start;
  #window: readonly number[] = [];
  /** Of the window; kept, as each sum's rounding depends on those before. */
  #sum = 0;

  protected override take(metric: number): void {
    const { smooth, patience, cooldown, warmup } = this.options;
    const current = smooth ? this.#smoothed(metric) : metric;
    if (this.#cooldown > 0 || this.#warmup > 0) {
      if (this.#cooldown > 0) this.#cooldown--;
      else this.#warmup--;
      this.#badEpochs = 0;
      this.#goodEpochs = 0;
      return;
    }
    if (this.isBetter(current)) {
      this.best = current;
      this.#badEpochs = 0;
      this.#goodEpochs++;
    } else {
      this.#badEpochs++;
      this.#goodEpochs = 0;
    }
    if (this.#goodEpochs > patience) {
      this.#raise();
      this.#warmup = warmup;
      this.#goodEpochs = 0;
    } else if (this.#badEpochs > patience) {
      this.#lower();
      this.#cooldown = cooldown;
      this.#badEpochs = 0;
    }
  }

  #smoothed(metric: number): number {
    this.#sum += metric;
    this.#window = [...this.#window, metric];
    if (this.#window.length > this.options.window_size) {
      this.#sum -= this.#window[0]!;
      this.#window = this.#window.slice(1);
    }
    return this.#sum / this.#window.length;
  }

  #raise(): void {
    const { factor, max_lr, eps, reset_start } = this.options;
    for (const group of this.optimizer.paramGroups) {
      const raised = Math.min(group.lr! / factor, max_lr);
      if (raised - group.lr! > eps) group.lr = raised;
    }
    this.#resetStart = reset_start;
  }

  #lower(): void {
    const { factor, min_lr, eps } = this.options;
    for (const group of this.optimizer.paramGroups) {
      const lowered = Math.max(group.lr! * factor, min_lr);
      if (group.lr! - lowered > eps) group.lr = lowered;
    }
    if (this.optimizer.paramGroups.some(({ lr }) => lr! > min_lr)) return;
    this.#resetStart--;
    if (this.#resetStart <= 0) this.#startAnew();
  }

  #startAnew(): void {
    for (const group of this.optimizer.paramGroups) group.lr = group.initial_lr;
    this.best = this.worst;
    this.#goodEpochs = 0;
    this.#warmup = 0;
    this.#resetStart = this.options.reset_start;
    this.#window = [];
    this.#sum = 0;
  }

  protected override counters(): Readonly<Record<string, unknown>> {
    return {
      num_bad_epochs: this.#badEpochs,
      num_good_epochs: this.#goodEpochs,
      cooldown_counter: this.#cooldown,
      warmup_counter: this.#warmup,
      reset_start: this.#resetStart,
      window: this.#window,
      sum: this.#sum,
    };
  }

  protected override takeCounters(state: SchedulerState): void {
    this.#badEpochs = state.num_bad_epochs as number;
    this.#goodEpochs = state.num_good_epochs as number;
    this.#cooldown = state.cooldown_counter as number;
    this.#warmup = state.warmup_counter as number;
    this.#resetStart = state.reset_start as number;
    this.#window = state.window as readonly number[];
    this.#sum = state.sum as number;
  }
}

/** `greedy`, with Hugging Face's options and defaults. Source: arXiv:2512.14527. */
export const greedy: Schedule<typeof options> = {
  options,
  hasWarmup: false,
  needsTotal: false,
  problem: ({ min_lr, max_lr }, { lr }: ScheduledRun) =>
    lr >= min_lr && lr <= max_lr
      ? undefined
      : `moves the learning rate between min_lr, ${min_lr}, and max_lr, ${max_lr}, and it is ${lr}; set them around it`,
  make: (name, values, { optimizer }) => new GreedyLR(name, optimizer, values),
};
