import type { PreTrainedModel } from '../models/index.ts';
import type { TrainingArguments } from './training-args.ts';

/** Figures of one moment of a run: `step`, `epoch`, and what was measured. */
export type LogEntry = Readonly<Record<string, number>>;

/** How far a run is, by Hugging Face's names. What a checkpoint's trainer_state.json holds. */
export interface TrainerState {
  /** Times gone through the training data, with the part of the current one. */
  epoch: number;
  /** Optimizer steps taken. */
  global_step: number;
  /** Optimizer steps in all. */
  max_steps: number;
  num_train_epochs: number;
  train_batch_size: number;
  /** The best value of the metric that counts, or null. */
  best_metric: number | null;
  best_global_step: number | null;
  /** Name of the checkpoint that had it, inside output_dir. */
  best_model_checkpoint: string | null;
  /** Everything that was logged, in order. */
  log_history: LogEntry[];
}

/** What a callback may ask of the trainer; each wish is granted once. */
export interface TrainerControl {
  should_training_stop: boolean;
  should_epoch_stop: boolean;
  should_log: boolean;
  should_evaluate: boolean;
  should_save: boolean;
}

/** What a callback is told. */
export interface TrainerEvent {
  readonly args: TrainingArguments;
  readonly state: TrainerState;
  readonly control: TrainerControl;
  readonly model: PreTrainedModel;
  /** `on_log`: what was logged. */
  readonly logs?: LogEntry;
  /** `on_evaluate`: what the evaluation gave. */
  readonly metrics?: LogEntry;
  /** `on_save`: the folder that was written. */
  readonly checkpoint?: string;
}

/** The moments of a run at which callbacks are called. */
export type TrainerMoment =
  | 'on_train_begin'
  | 'on_train_end'
  | 'on_epoch_begin'
  | 'on_epoch_end'
  | 'on_step_begin'
  | 'on_step_end'
  | 'on_log'
  | 'on_evaluate'
  | 'on_save';

/** Functions called while a trainer trains. Names and moments are those of Hugging Face's TrainerCallback. */
export type TrainerCallback = { readonly [Moment in TrainerMoment]?: (event: TrainerEvent) => void | Promise<void> };

/**
 * A callback that ends training after `early_stopping_patience` evaluations in a row that were not better by more than
 * `early_stopping_threshold`. Like Hugging Face's: needs metric_for_best_model or load_best_model_at_end. Called without `new`.
 */
export function EarlyStoppingCallback({
  early_stopping_patience = 1,
  early_stopping_threshold = 0,
}: {
  readonly early_stopping_patience?: number;
  readonly early_stopping_threshold?: number;
} = {}): TrainerCallback {
  return {
    on_evaluate({ args, state, control, metrics = {} }): void {
      const { name, sign } = bestMetric(args);
      // Read from the log and not counted here, so that a resumed run stops where the uninterrupted one would.
      const values = [...state.log_history, metrics].flatMap((entry) => (name in entry ? [entry[name]!] : []));
      let best = Number.NEGATIVE_INFINITY;
      let waited = 0;
      for (const value of values) {
        if (sign * value > best + early_stopping_threshold) {
          best = sign * value;
          waited = 0;
        } else waited++;
      }
      if (waited >= early_stopping_patience) control.should_training_stop = true;
    },
  };
}

/** The metric that tells which checkpoint is best, under the name it is logged by, and 1 where more of it is better, else −1. */
export function bestMetric({ metric_for_best_model = 'loss', greater_is_better }: TrainingArguments): {
  readonly name: string;
  readonly sign: 1 | -1;
} {
  const name = metric_for_best_model.startsWith('eval_') ? metric_for_best_model : `eval_${metric_for_best_model}`;
  return { name, sign: (greater_is_better ?? !name.endsWith('loss')) ? 1 : -1 };
}
