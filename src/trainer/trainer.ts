import { ConfigError, checkOptionNames, DataError, nearest } from '../core/index.ts';
import { type DataCollator, DataCollatorWithPadding, type Dataset, default_data_collator } from '../data/index.ts';
import type { SequenceClassifier } from '../models/index.ts';
import { defaultProgress, type Progress, type ProgressBar } from '../progress/index.ts';
import { manualSeed, setRandomState } from '../tensor/index.ts';
import type { PreTrainedTokenizerFast } from '../tokenizers/index.ts';
import {
  bestMetric,
  type LogEntry,
  type TrainerCallback,
  type TrainerControl,
  type TrainerEvent,
  type TrainerMoment,
  type TrainerState,
} from './callbacks.ts';
import {
  checkResumable,
  get_last_checkpoint,
  loadWeights,
  readCheckpoint,
  rotateCheckpoints,
  tidyRunFolder,
  writeCheckpoint,
} from './checkpoints.ts';
import { type EvalPrediction, predictAll } from './evaluate.ts';
import { checkOptimization } from './optimization.ts';
import { type GivenTrainingArguments, readTrainingArguments, type TrainingArguments } from './training-args.ts';
import { type ComputeLoss, TrainingRun } from './training-run.ts';

/** What a `Trainer` is made from; names are Hugging Face's. */
export interface TrainerOptions {
  readonly model: SequenceClassifier;
  readonly args?: GivenTrainingArguments;
  /** Encoded examples: `input_ids` and `label` (or `labels`), as mapping a tokenizer gives them. */
  readonly train_dataset?: Dataset;
  readonly eval_dataset?: Dataset;
  /** Saved with the model, and pads the batches. */
  readonly tokenizer?: PreTrainedTokenizerFast;
  /** Default: `DataCollatorWithPadding` with a tokenizer, `default_data_collator` without. */
  readonly data_collator?: DataCollator;
  /** Another collator for training alone, as one that adds noise (`withMaskedTokens`). Default: `data_collator`. */
  readonly train_data_collator?: DataCollator;
  /** The loss to train by. Default: the model's own, with `label_smoothing_factor`, which this function has to see to itself. */
  readonly compute_loss_func?: ComputeLoss;
  /** Further figures of an evaluation, logged as `eval_…`. */
  readonly compute_metrics?: (
    prediction: EvalPrediction,
  ) => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
  readonly callbacks?: readonly TrainerCallback[];
  /** Where progress is shown. Default: the terminal. `silentProgress` shows nothing. */
  readonly progress?: Progress;
}

const optionNames: readonly (keyof TrainerOptions)[] = [
  'model',
  'args',
  'train_dataset',
  'eval_dataset',
  'tokenizer',
  'data_collator',
  'train_data_collator',
  'compute_loss_func',
  'compute_metrics',
  'callbacks',
  'progress',
];

/** What `train` takes. */
export interface TrainOptions {
  /** Go on from the last checkpoint in output_dir (true), or from this one. */
  readonly resume_from_checkpoint?: boolean | string;
  /** Stops after the step in progress; with a save_strategy a checkpoint is written first. `train` then rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What `train` gives. */
export interface TrainOutput {
  readonly global_step: number;
  /** Mean loss of all steps. */
  readonly training_loss: number;
  readonly metrics: LogEntry;
}

/** What `predict` gives. */
export interface PredictionOutput extends EvalPrediction {
  readonly metrics: LogEntry;
}

/**
 * Trains and evaluates a classifier, as Hugging Face's Trainer: optimizer, schedule, clipping, logs, evaluations, checkpoints.
 * A run that was stopped, or killed, and resumed from its last checkpoint gives the same losses and weights to the last bit
 * as one that ran through. Unlike in Python, batches whose gradients are accumulated weigh as many examples as they have,
 * so that accumulation equals the large batch also where the last batch is small.
 * @throws ConfigError for options that there are not, or that contradict each other.
 * @example
 * import { AutoModelForSequenceClassification, Dataset, Trainer } from 'qkv';
 * const model = AutoModelForSequenceClassification.from_config({ model_type: 'bert', vocab_size: 50, hidden_size: 32,
 *   num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64 });
 * const train_dataset = Dataset.from_dict({ input_ids: [[2, 5, 3], [2, 6, 3]], label: [0, 1] });
 * const trainer = new Trainer({ model, train_dataset, args: { max_steps: 10, learning_rate: 1e-3, save_strategy: 'no' } });
 * const { training_loss } = await trainer.train();
 */
export class Trainer {
  readonly model: SequenceClassifier;
  readonly args: TrainingArguments;
  readonly train_dataset: Dataset | null;
  readonly eval_dataset: Dataset | null;
  readonly tokenizer: PreTrainedTokenizerFast | null;
  readonly #collate: DataCollator;
  readonly #collateToTrain: DataCollator;
  readonly #computeLoss: ComputeLoss | undefined;
  readonly #computeMetrics: TrainerOptions['compute_metrics'];
  readonly #callbacks: TrainerCallback[];
  readonly #progress: Progress;
  #state: TrainerState;

  constructor(options: TrainerOptions) {
    checkOptionNames('Trainer', options, optionNames);
    const { model, args = {}, train_dataset, eval_dataset, tokenizer, data_collator, callbacks = [], progress } = options;
    this.model = model;
    this.args = readTrainingArguments(args);
    checkOptimization(this.args);
    this.train_dataset = train_dataset ?? null;
    this.eval_dataset = eval_dataset ?? null;
    this.tokenizer = tokenizer ?? null;
    this.#collate = data_collator ?? (tokenizer ? DataCollatorWithPadding(tokenizer) : default_data_collator);
    this.#collateToTrain = options.train_data_collator ?? this.#collate;
    this.#computeLoss = options.compute_loss_func;
    this.#computeMetrics = options.compute_metrics;
    this.#callbacks = [...callbacks];
    this.#progress = progress ?? defaultProgress();
    this.#state = newState(this.args);
    if (this.args.eval_strategy !== 'no' && !eval_dataset)
      throw new ConfigError(
        `Trainer: eval_strategy is ${this.args.eval_strategy} and there is no eval_dataset; give one, or set eval_strategy to no.`,
      );
  }

  /** How far the run is. */
  get state(): Readonly<TrainerState> {
    return this.#state;
  }

  /** One more callback. */
  add_callback(callback: TrainerCallback): void {
    this.#callbacks.push(callback);
  }

  /**
   * Trains, from the start or from a checkpoint.
   * @throws ConfigError when there are no data to train on, or a checkpoint belongs to another run.
   * @throws MissingFileError when there is no checkpoint to resume from, or output_dir cannot be written.
   * @throws DataError when the loss is no longer a number.
   */
  async train({ resume_from_checkpoint = false, signal }: TrainOptions = {}): Promise<TrainOutput> {
    signal?.throwIfAborted();
    const { args, model } = this;
    if (this.train_dataset === null)
      throw new ConfigError('Trainer: there is no train_dataset; give one to train, or call evaluate or predict.');
    const run = new TrainingRun(this.train_dataset, model, args, this.#collateToTrain, this.#computeLoss);
    this.#state = newState(args);
    Object.assign(this.#state, { max_steps: run.maxSteps, num_train_epochs: Math.ceil(run.maxSteps / run.stepsPerEpoch) });
    if (args.save_strategy !== 'no') await tidyRunFolder(args.output_dir);
    if (resume_from_checkpoint === false) manualSeed(args.seed);
    else await this.#resume(run, resume_from_checkpoint);
    await this.#place();
    const state = this.#state;
    const control = newControl();
    const tell = (moment: TrainerMoment, more: Partial<TrainerEvent> = {}) => this.#tell(moment, control, more);
    const bar = this.#progress.start({ label: 'train', total: run.maxSteps, initial: state.global_step });
    const started = performance.now();
    const firstStep = state.global_step;
    model.train();
    try {
      await tell('on_train_begin');
      Object.assign(control, run.due);
      await this.#logEvaluateSave(run, control, bar, null, signal);
      while (state.global_step < run.maxSteps && !control.should_training_stop) {
        if (run.loader.state.position === 0) await tell('on_epoch_begin');
        control.should_epoch_stop = false;
        for (const micros of grouped(run.loader.batches(), args.gradient_accumulation_steps)) {
          await tell('on_step_begin');
          const rate = run.scheduler.getLastLr()[0]!;
          const { loss, norm, tokens, seconds } = await run.step(micros);
          state.global_step++;
          state.epoch = run.epochAt(state.global_step);
          if (!Number.isFinite(loss)) throw lostError(state.global_step, loss, args);
          bar.update(1, { loss, learning_rate: rate, 'tokens/s': tokens / seconds });
          planStep(control, args, state);
          await tell('on_step_end');
          await this.#logEvaluateSave(run, control, bar, { rate, norm }, signal);
          if (control.should_training_stop || control.should_epoch_stop) break;
          // Where the epoch is over its end comes first, so that what is due then is not forgotten.
          if (signal?.aborted && run.loader.state.position < run.loader.length) await this.#stop(run, control, signal);
        }
        if (control.should_epoch_stop) run.loader.state = { epoch: run.loader.state.epoch + 1, position: 0 };
        planEpoch(control, args);
        await tell('on_epoch_end');
        await this.#logEvaluateSave(run, control, bar, null, signal);
        if (signal?.aborted) await this.#stop(run, control, signal);
      }
      const seconds = (performance.now() - started) / 1000;
      const steps = state.global_step - firstStep;
      const metrics: LogEntry = {
        train_runtime: seconds,
        train_samples_per_second: (steps * run.examplesPerStep) / seconds,
        train_steps_per_second: steps / seconds,
        train_loss: run.losses.total / Math.max(1, state.global_step),
        ...run.frozenFigures,
      };
      await this.#log(control, metrics);
      if (args.load_best_model_at_end && state.best_model_checkpoint !== null) {
        await loadWeights(model, `${args.output_dir}/${state.best_model_checkpoint}`);
        await this.#place();
      } else run.average?.swap();
      await tell('on_train_end');
      return { global_step: state.global_step, training_loss: metrics.train_loss!, metrics };
    } finally {
      bar.end();
      await run.dispose();
    }
  }

  /**
   * The loss and the figures of `compute_metrics` on a data set, logged and returned under names that begin with the prefix.
   * @throws ConfigError when there are no data to evaluate on.
   */
  async evaluate(
    dataset: Dataset | null = this.eval_dataset,
    {
      metric_key_prefix = 'eval',
      signal,
    }: { readonly metric_key_prefix?: string; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<LogEntry> {
    if (dataset === null) throw new ConfigError('Trainer: there is no eval_dataset; give one, or pass the data to evaluate.');
    return this.#evaluate(dataset, newControl(), metric_key_prefix, signal);
  }

  /** The logits for each example of a data set, its labels where it has them, and the figures under names that begin with the prefix. */
  async predict(
    dataset: Dataset,
    {
      metric_key_prefix = 'test',
      signal,
    }: { readonly metric_key_prefix?: string; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<PredictionOutput> {
    const batch_size = this.args.per_device_eval_batch_size;
    await this.#place();
    const started = performance.now();
    using bar = this.#progress.start({ label: metric_key_prefix, total: Math.ceil(dataset.length / batch_size), leave: false });
    const { predictions, label_ids, loss } = await predictAll(this.model, dataset, {
      batch_size,
      collate_fn: this.#collate,
      bar,
      signal,
    });
    const seconds = (performance.now() - started) / 1000;
    const own = label_ids && this.#computeMetrics ? await this.#computeMetrics({ predictions, label_ids }) : {};
    const figures: Record<string, number> = { ...(loss !== null && { loss }), ...own };
    Object.assign(figures, { runtime: seconds, samples_per_second: dataset.length / seconds });
    const start = `${metric_key_prefix}_`;
    const named = Object.entries(figures).map(([name, value]) => [name.startsWith(start) ? name : start + name, value]);
    return { predictions, label_ids, metrics: Object.fromEntries(named) };
  }

  /** Writes the model, and the tokenizer if there is one, as a folder that `from_pretrained` and Python's transformers load. */
  async save_model(output_dir: string = this.args.output_dir): Promise<void> {
    await this.model.save_pretrained(output_dir);
    await this.tokenizer?.save_pretrained(output_dir);
  }

  /** What reads the model's weights computes where they lie, and in the precision that belongs there. */
  async #place(): Promise<void> {
    if (this.args.bf16) await this.model.to({ precision: 'bfloat16' });
  }

  async #evaluate(
    dataset: Dataset,
    control: TrainerControl,
    prefix: string,
    signal: AbortSignal | undefined,
  ): Promise<LogEntry> {
    const { metrics } = await this.predict(dataset, { metric_key_prefix: prefix, signal });
    await this.#tell('on_evaluate', control, { metrics });
    await this.#log(control, metrics);
    return metrics;
  }

  async #logEvaluateSave(
    run: TrainingRun,
    control: TrainerControl,
    bar: ProgressBar,
    figures: { readonly rate: number; readonly norm: number | null } | null,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { args } = this;
    const state = this.#state;
    if (control.should_log && figures !== null) {
      control.should_log = false;
      const loss = run.takeMeanLoss();
      if (loss !== null)
        await this.#log(control, {
          loss,
          ...(figures.norm !== null && { grad_norm: figures.norm }),
          learning_rate: figures.rate,
        });
    }
    if (control.should_evaluate && this.eval_dataset) {
      // An interrupted run leaves this, and the saving after it, to the run that resumes it.
      const metrics = await unlessAborted(signal, () =>
        run.averaged(() => this.#evaluate(this.eval_dataset!, control, 'eval', signal)),
      );
      if (metrics === null) return;
      control.should_evaluate = false;
      if (run.scheduler.followsMetric) run.scheduler.step(this.#valueThatCounts(metrics));
      bar.update(0, { eval_loss: metrics.eval_loss! });
      if (this.#isBest(metrics) && args.save_strategy !== 'no') {
        state.best_global_step = state.global_step;
        state.best_model_checkpoint = `checkpoint-${state.global_step}`;
      }
    }
    if (control.should_save) {
      control.should_save = false;
      await this.#save(run, control);
    }
  }

  /** Whether an evaluation was the best so far, which is noted. */
  #isBest(metrics: LogEntry): boolean {
    const { args } = this;
    if (!args.load_best_model_at_end && args.metric_for_best_model === undefined) return false;
    const { sign } = bestMetric(args);
    const value = this.#valueThatCounts(metrics);
    const best = this.#state.best_metric;
    if (best !== null && !(sign * value > sign * best)) return false;
    this.#state.best_metric = value;
    return true;
  }

  /** The figure of an evaluation that tells how good it is. */
  #valueThatCounts(metrics: LogEntry): number {
    const { name } = bestMetric(this.args);
    const value = metrics[name];
    if (value !== undefined) return value;
    const near = nearest(name, Object.keys(metrics));
    throw new ConfigError(
      `Trainer: metric_for_best_model is ${this.args.metric_for_best_model ?? 'loss'}, which no evaluation gives; ${near ? `did you mean ${near}?` : `there are ${Object.keys(metrics).join(', ')}.`}`,
    );
  }

  async #save(run: TrainingRun, control: TrainerControl): Promise<void> {
    const { args, model, tokenizer } = this;
    const { should_evaluate, should_save } = control;
    const checkpoint = await run.averaged(async () => {
      const snapshot = await run.snapshot(this.#state, { should_evaluate, should_save });
      return writeCheckpoint(args.output_dir, snapshot, model, tokenizer);
    });
    if (args.save_total_limit !== undefined) {
      const best = args.load_best_model_at_end ? this.#state.best_model_checkpoint : null;
      await rotateCheckpoints(args.output_dir, args.save_total_limit, best);
    }
    await this.#tell('on_save', control, { checkpoint });
  }

  /** Ends a run that was asked to stop. */
  async #stop(run: TrainingRun, control: TrainerControl, { reason }: AbortSignal): Promise<never> {
    const { save_strategy, output_dir } = this.args;
    if (save_strategy === 'no') throw reason;
    const isSaved = (await get_last_checkpoint(output_dir)) === `${output_dir}/checkpoint-${this.#state.global_step}`;
    if (!isSaved || control.should_evaluate || control.should_save) await this.#save(run, control);
    throw reason;
  }

  async #resume(run: TrainingRun, from: string | true): Promise<void> {
    const path = from === true ? await get_last_checkpoint(this.args.output_dir) : from;
    if (path === null)
      throw new ConfigError(
        `Trainer: resume_from_checkpoint is true and ${this.args.output_dir} has no checkpoint; train without it, or give a checkpoint's folder.`,
      );
    const checkpoint = await readCheckpoint(path);
    checkResumable(checkpoint, this.args, run.loader.dataset.length);
    await loadWeights(this.model, path);
    run.restore(checkpoint);
    const { max_steps, num_train_epochs } = this.#state;
    this.#state = { ...checkpoint.state, max_steps, num_train_epochs };
    setRandomState(checkpoint.random);
  }

  async #log(control: TrainerControl, figures: LogEntry): Promise<void> {
    const { global_step: step, epoch } = this.#state;
    const logs: LogEntry = { step, epoch, ...figures };
    this.#state.log_history.push(logs);
    await this.#tell('on_log', control, { logs });
  }

  async #tell(moment: TrainerMoment, control: TrainerControl, more: Partial<TrainerEvent>): Promise<void> {
    const event: TrainerEvent = { args: this.args, state: this.#state, control, model: this.model, ...more };
    for (const callback of this.#callbacks) await callback[moment]?.(event);
  }
}

/** What the work gives, or null when it was stopped by the signal. */
async function unlessAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T | null> {
  if (signal?.aborted) return null;
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return null;
    throw error;
  }
}

/** Items in lists of `size`, the last one perhaps shorter. */
function* grouped<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let group: T[] = [];
  for (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function newState(args: TrainingArguments): TrainerState {
  return {
    epoch: 0,
    global_step: 0,
    max_steps: args.max_steps,
    num_train_epochs: Math.ceil(args.num_train_epochs),
    train_batch_size: args.per_device_train_batch_size,
    best_metric: null,
    best_global_step: null,
    best_model_checkpoint: null,
    log_history: [],
  };
}

function newControl(): TrainerControl {
  return {
    should_training_stop: false,
    should_epoch_stop: false,
    should_log: false,
    should_evaluate: false,
    should_save: false,
  };
}

/** What is due after a step. */
function planStep(control: TrainerControl, args: TrainingArguments, { global_step, max_steps }: TrainerState): void {
  const { eval_steps = args.logging_steps } = args;
  const isDue = (steps: number) => global_step % steps === 0;
  const isLast = global_step >= max_steps;
  if (isDue(args.logging_steps) || (args.logging_first_step && global_step === 1)) control.should_log = true;
  if (args.eval_strategy === 'steps' && isDue(eval_steps)) control.should_evaluate = true;
  if (args.save_strategy === 'steps' && (isDue(args.save_steps) || isLast)) control.should_save = true;
  if (isLast) control.should_training_stop = true;
}

/** What is due after an epoch, or after the part of one with which training ends. */
function planEpoch(control: TrainerControl, args: TrainingArguments): void {
  if (args.eval_strategy === 'epoch') control.should_evaluate = true;
  if (args.save_strategy === 'epoch') control.should_save = true;
}

function lostError(step: number, loss: number, { learning_rate, max_grad_norm }: TrainingArguments): DataError {
  const clip = max_grad_norm === 0 ? ', set max_grad_norm to 1,' : '';
  return new DataError(
    `Trainer: the loss is ${loss} at step ${step}, and no step after it can mend that; lower learning_rate (it is ${learning_rate})${clip} or look for examples that are not what they should be.`,
  );
}
