import { defineOptions, type OptionValues } from '../../core/index.ts';
import type { Schedule } from './declare.ts';
import { MetricScheduler, type SchedulerState } from './scheduler.ts';

const options = defineOptions({
  mode: { type: 'choice', choices: ['min', 'max'], default: 'min', help: 'Whether less or more of the metric is better' },
  factor: { type: 'number', min: 0, below: 1, default: 0.1, help: 'By what the learning rate is multiplied' },
  patience: { type: 'integer', min: 0, default: 10, help: 'Evaluations in a row that may be no better' },
  threshold: { type: 'number', min: 0, default: 1e-4, help: 'By how much a metric must be better to count' },
  threshold_mode: {
    type: 'choice',
    choices: ['rel', 'abs'],
    default: 'rel',
    help: 'Whether that is a share of the best metric or a difference',
  },
  cooldown: { type: 'integer', min: 0, default: 0, help: 'Evaluations after a fall that are not judged' },
  min_lr: { type: 'number', min: 0, default: 0, help: 'The lowest learning rate' },
  eps: { type: 'number', min: 0, default: 1e-8, help: 'Smaller falls than this are left out' },
});

/** Lowers the learning rate where a metric has not got better for a while. As torch.optim.lr_scheduler.ReduceLROnPlateau. */
class ReduceLROnPlateau extends MetricScheduler<OptionValues<typeof options>> {
  #badEpochs = 0;
  #cooldown = 0;

  protected override take(metric: number): void {
    const { patience, cooldown, factor, min_lr, eps } = this.options;
    if (this.isBetter(metric)) {
      this.best = metric;
      this.#badEpochs = 0;
    } else this.#badEpochs++;
    if (this.#cooldown > 0) {
      this.#cooldown--;
      this.#badEpochs = 0;
    }
    if (this.#badEpochs <= patience) return;
    for (const group of this.optimizer.paramGroups) {
      const lowered = Math.max(group.lr! * factor, min_lr);
      if (group.lr! - lowered > eps) group.lr = lowered;
    }
    this.#cooldown = cooldown;
    this.#badEpochs = 0;
  }

  protected override counters(): Readonly<Record<string, unknown>> {
    return { num_bad_epochs: this.#badEpochs, cooldown_counter: this.#cooldown };
  }

  protected override takeCounters({ num_bad_epochs, cooldown_counter }: SchedulerState): void {
    this.#badEpochs = num_bad_epochs as number;
    this.#cooldown = cooldown_counter as number;
  }
}

/** `reduce_lr_on_plateau`, with PyTorch's options and defaults. */
export const plateau: Schedule<typeof options> = {
  options,
  hasWarmup: false,
  needsTotal: false,
  problem: () => undefined,
  make: (name, values, { optimizer }) => new ReduceLROnPlateau(name, optimizer, values),
};
