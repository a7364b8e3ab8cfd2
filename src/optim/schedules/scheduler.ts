import { ConfigError } from '../../core/index.ts';

/** What a schedule changes: an optimizer, or anything with groups like its. */
export interface Scheduled {
  readonly paramGroups: readonly { lr: number | null; readonly initial_lr: number | null }[];
  readonly defaults: { readonly lr: number | null };
}

/** The state of a schedule, to be saved as JSON: its name, the number of its steps, and what else it goes by. */
export type SchedulerState = { readonly schedule: string; readonly last_epoch: number } & Readonly<Record<string, unknown>>;

/** Sets the learning rate of an optimizer's groups, step by step. Made by `get_scheduler`. */
export abstract class Scheduler {
  /** The schedule's name. */
  readonly name: string;
  /** Whether a step takes a metric: it is then taken after an evaluation, and not after each of the optimizer's steps. */
  abstract readonly followsMetric: boolean;
  protected readonly optimizer: Scheduled;
  /** Steps taken, by PyTorch's name. */
  protected lastEpoch = 0;

  constructor(name: string, optimizer: Scheduled) {
    this.name = name;
    this.optimizer = optimizer;
  }

  /** Goes on by one step, by the last evaluation's metric where it follows one. @throws ConfigError without the metric that it needs. */
  abstract step(metric?: number): void;

  /** The learning rate of each parameter group now. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr!);
  }

  /** What has to be saved to go on later. */
  stateDict(): SchedulerState {
    return { schedule: this.name, last_epoch: this.lastEpoch, ...this.ownState() };
  }

  /** Goes on from a saved state. @throws ConfigError for another schedule's. */
  loadStateDict(state: SchedulerState): void {
    if (state.schedule !== this.name)
      throw new ConfigError(`get_scheduler: the state was saved by ${state.schedule}, and ${this.name} cannot go on with it.`);
    this.lastEpoch = state.last_epoch;
    this.takeOwnState(state);
  }

  /** What the state has besides the number of steps. */
  protected abstract ownState(): Readonly<Record<string, unknown>>;

  /** Takes that, once the number of steps is there. */
  protected abstract takeOwnState(state: SchedulerState): void;
}

/** By what a group's first learning rate is multiplied after a number of steps. */
export type Factor = (step: number) => number;

/** A schedule that knows every learning rate beforehand, like torch.optim.lr_scheduler.LambdaLR. Groups that are added later follow it too. */
export class CurveScheduler extends Scheduler {
  override readonly followsMetric = false;
  readonly #factor: Factor;

  constructor(name: string, optimizer: Scheduled, factor: Factor) {
    super(name, optimizer);
    this.#factor = factor;
    this.#apply();
  }

  override step(): void {
    this.lastEpoch++;
    this.#apply();
  }

  protected override ownState(): Readonly<Record<string, unknown>> {
    return {};
  }

  protected override takeOwnState(): void {
    this.#apply();
  }

  #apply(): void {
    const factor = this.#factor(this.lastEpoch);
    for (const group of this.optimizer.paramGroups) group.lr = group.initial_lr! * factor;
  }
}

/** How a metric is judged, by PyTorch's names. */
interface Judgement {
  readonly mode: 'min' | 'max';
  readonly threshold: number;
  readonly threshold_mode: 'rel' | 'abs';
}

/** The base of schedules that change the learning rate as a metric gets better or does not. */
export abstract class MetricScheduler<Options extends Judgement> extends Scheduler {
  override readonly followsMetric = true;
  protected readonly options: Options;
  /** The best metric so far; infinitely bad before the first. */
  protected best: number;

  constructor(name: string, optimizer: Scheduled, options: Options) {
    super(name, optimizer);
    this.options = options;
    this.best = this.worst;
  }

  override step(metric?: number): void {
    if (metric === undefined)
      throw new ConfigError(`get_scheduler: ${this.name} follows a metric; give step the last evaluation's.`);
    this.lastEpoch++;
    this.take(metric);
  }

  /** Takes the metric of one evaluation. */
  protected abstract take(metric: number): void;

  /** The counters besides the best metric. */
  protected abstract counters(): Readonly<Record<string, unknown>>;

  /** Takes counters that were saved. */
  protected abstract takeCounters(state: SchedulerState): void;

  protected get worst(): number {
    return this.options.mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  protected isBetter(metric: number): boolean {
    const { mode, threshold, threshold_mode } = this.options;
    const margin = mode === 'min' ? -threshold : threshold;
    const bar = threshold_mode === 'rel' ? this.best * (1 + margin) : this.best + margin;
    return mode === 'min' ? metric < bar : metric > bar;
  }

  protected override ownState(): Readonly<Record<string, unknown>> {
    // JSON has no infinities.
    return { best: Number.isFinite(this.best) ? this.best : null, lrs: this.getLastLr(), ...this.counters() };
  }

  protected override takeOwnState(state: SchedulerState): void {
    this.best = (state.best as number | null) ?? this.worst;
    for (const [i, lr] of (state.lrs as readonly number[]).entries()) this.optimizer.paramGroups[i]!.lr = lr;
    this.takeCounters(state);
  }
}
