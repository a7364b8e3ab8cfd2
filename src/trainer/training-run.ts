import { ConfigError } from '../core/index.ts';
import { type DataCollator, DataLoader, type Dataset, type LoadedBatch, type TensorBatch } from '../data/index.ts';
import type { SequenceClassifier, SequenceClassifierInputs, SequenceClassifierOutput } from '../models/index.ts';
import { functional } from '../nn/index.ts';
import {
  clipGradNorm,
  ExponentialMovingAverage,
  type HyperParameters,
  type Optimizer,
  type Scheduler,
} from '../optim/index.ts';
import { evaluate, randomState, Tensor } from '../tensor/index.ts';
import type { TrainerControl, TrainerState } from './callbacks.ts';
import type { RunState } from './checkpoints.ts';
import { FrozenCache } from './frozen-cache.ts';
import { makeOptimizer, makeScheduler } from './optimization.ts';
import type { TrainingArguments } from './training-args.ts';

/**
 * Computes a loss from what the model gave for a batch, and the batch's labels `[B]`: a scalar, the mean over the batch. Named as
 * in Hugging Face's Trainer; there is no count of items, as batches whose gradients are accumulated are weighed by their examples.
 */
export type ComputeLoss = (outputs: SequenceClassifierOutput, labels: Tensor) => Tensor;

/** What lives as long as one call of `train`: the loader, the optimizer, the schedule, the running losses. */
export class TrainingRun {
  readonly loader: DataLoader;
  readonly scheduler: Scheduler;
  /** The averages of the weights, where they are kept. */
  readonly average: ExponentialMovingAverage | null;
  readonly stepsPerEpoch: number;
  readonly maxSteps: number;
  readonly examplesPerStep: number;
  losses = { sum: 0, count: 0, total: 0 };
  /** What was due when the run that is resumed was stopped. */
  due: Pick<TrainerControl, 'should_evaluate' | 'should_save'> = { should_evaluate: false, should_save: false };
  readonly #model: SequenceClassifier;
  readonly #args: TrainingArguments;
  readonly #optimizer: Optimizer<HyperParameters>;
  readonly #frozen: FrozenCache | null;
  readonly #lengths: readonly number[];
  readonly #computeLoss: ComputeLoss | undefined;
  #tokens = 0;
  #seconds = 0;

  constructor(
    dataset: Dataset,
    model: SequenceClassifier,
    args: TrainingArguments,
    collate_fn: DataCollator,
    computeLoss: ComputeLoss | undefined,
  ) {
    this.#model = model;
    this.#args = args;
    this.#computeLoss = computeLoss;
    checkColumns(dataset);
    this.loader = new DataLoader(dataset, {
      batch_size: args.per_device_train_batch_size,
      shuffle: true,
      seed: args.data_seed ?? args.seed,
      drop_last: args.dataloader_drop_last,
      group_by_length: args.group_by_length,
      collate_fn,
    });
    this.#lengths = Array.from(dataset.column('input_ids') as ArrayLike<ArrayLike<number>>, (ids) => ids.length);
    this.stepsPerEpoch = Math.ceil(this.loader.length / args.gradient_accumulation_steps);
    this.maxSteps = args.max_steps > 0 ? args.max_steps : Math.ceil(args.num_train_epochs * this.stepsPerEpoch);
    this.examplesPerStep = args.per_device_train_batch_size * args.gradient_accumulation_steps;
    this.#optimizer = makeOptimizer(model, args);
    this.scheduler = makeScheduler(this.#optimizer, args, this.maxSteps);
    const { ema_decay: decay, ema_warmup: use_warmup } = args;
    this.average = decay === undefined ? null : new ExponentialMovingAverage(this.#optimizer, { decay, use_warmup });
    this.#frozen =
      args.cache_frozen === 'no'
        ? null
        : new FrozenCache({
            model,
            dataset,
            collate: collate_fn,
            lossOf: (batch) => this.#lossOf(batch),
            where: args.cache_frozen,
            folder: args.output_dir,
            maxBytes: args.cache_frozen_max_bytes,
          });
  }

  epochAt(step: number): number {
    return step / this.stepsPerEpoch;
  }

  /** One optimizer step over one batch, or over several whose gradients are summed. */
  async step(micros: readonly LoadedBatch[]) {
    const started = performance.now();
    const parameters = this.#model.parameters();
    const count = micros.reduce((sum, { indices }) => sum + indices.length, 0);
    const losses: { readonly loss: Tensor; readonly share: number }[] = [];
    const held = new Map<Tensor, Tensor>();
    for (const [i, { batch, indices }] of micros.entries()) {
      const loss = this.#frozen ? await this.#frozen.loss(batch, indices) : this.#lossOf(batch);
      const share = indices.length / count;
      losses.push({ loss, share });
      (share === 1 ? loss : loss.mul(share)).backward();
      if (i < micros.length - 1) await settleGradients(parameters, loss, held);
      for (const row of indices) this.#tokens += this.#lengths[row]!;
    }
    const norm = this.#args.max_grad_norm > 0 ? clipGradNorm(parameters, this.#args.max_grad_norm) : null;
    await this.#optimizer.step({ also: losses.map(({ loss }) => loss) });
    if (!this.scheduler.followsMetric) this.scheduler.step();
    this.#optimizer.zeroGrad();
    let mean = 0;
    for (const { loss, share } of losses) mean += share * (await loss.item());
    const gradNorm = norm ? await norm.item() : null;
    for (const { loss } of losses) loss.dispose();
    for (const gradient of held.values()) gradient.dispose();
    for (const { batch } of micros) for (const input of Object.values(batch)) input.dispose();
    this.losses = { sum: this.losses.sum + mean, count: this.losses.count + 1, total: this.losses.total + mean };
    this.#seconds += (performance.now() - started) / 1000;
    return { loss: mean, norm: gradNorm, tokens: this.#tokens, seconds: this.#seconds };
  }

  /** The mean loss since the last call, or null when there was no step. */
  takeMeanLoss(): number | null {
    const { sum, count, total } = this.losses;
    this.losses = { sum: 0, count: 0, total };
    return count === 0 ? null : sum / count;
  }

  /** Does some work with the averages in the model, where they are kept. */
  averaged<T>(work: () => Promise<T>): Promise<T> {
    return this.average ? this.average.applied(work) : work();
  }

  async snapshot(state: TrainerState, due: TrainingRun['due']): Promise<RunState> {
    return {
      state,
      due,
      optimizer: await this.#optimizer.stateDict(),
      average: (await this.average?.stateDict()) ?? null,
      scheduler: this.scheduler.stateDict(),
      random: randomState(),
      loader: this.loader.state,
      examples: this.loader.dataset.length,
      losses: this.losses,
      args: this.#args,
    };
  }

  restore({ optimizer, average, scheduler, loader, losses, due }: RunState): void {
    const given = this.#optimizer.paramGroups.map(({ params: _, ...hyper }) => hyper);
    this.#optimizer.loadStateDict(optimizer);
    // The options of this call count, and not those that the checkpoint was made with.
    for (const [i, group] of this.#optimizer.paramGroups.entries()) Object.assign(group, given[i]);
    this.scheduler.loadStateDict(scheduler);
    if (this.average && average) {
      this.average.loadStateDict(average);
      if (this.average.isSwapped) this.average.swap();
    }
    this.loader.state = loader;
    this.losses = losses;
    this.due = due;
  }

  /** What is kept of the frozen part, as figures for the log. */
  get frozenFigures(): Readonly<Record<string, number>> {
    return this.#frozen ? { frozen_examples_kept: this.#frozen.size.examples, frozen_bytes_kept: this.#frozen.size.bytes } : {};
  }

  async dispose(): Promise<void> {
    this.average?.dispose();
    this.#optimizer.dispose();
    await this.#frozen?.dispose();
  }

  #lossOf(batch: TensorBatch): Tensor {
    const { labels, ...inputs } = batch as unknown as SequenceClassifierInputs;
    const { label_smoothing_factor: label_smoothing } = this.#args;
    if (this.#computeLoss) return this.#computeLoss(this.#model.forward(inputs), labels!);
    if (label_smoothing === 0) return this.#model.forward({ ...inputs, labels: labels! }).loss!;
    return functional.crossEntropy(this.#model.forward(inputs).logits, labels!, { label_smoothing });
  }
}

/**
 * Computes the gradients so far, so that the next batch adds to numbers and not to a graph: memory holds one batch at a time.
 * `held` has each parameter's last sum, freed once the next is there.
 */
async function settleGradients(parameters: readonly Tensor[], loss: Tensor, held: Map<Tensor, Tensor>): Promise<void> {
  const owners = parameters.filter(({ grad }) => grad !== null);
  await evaluate([loss, ...owners.map(({ grad }) => grad!)]);
  for (const owner of owners) {
    const settled = new Tensor(owner.grad!.value);
    held.get(owner)?.dispose();
    held.set(owner, settled);
    owner.grad = settled;
  }
}

function checkColumns(dataset: Dataset): void {
  const names = dataset.column_names;
  const has = (...wanted: string[]) => wanted.some((name) => names.includes(name));
  if (!has('input_ids'))
    throw new ConfigError(
      `Trainer: train_dataset has no input_ids; its columns are ${names.join(', ')}. Map the tokenizer over it: dataset.map((row) => tokenizer(row.text, { truncation: true })).`,
    );
  if (!has('label', 'labels'))
    throw new ConfigError(
      `Trainer: train_dataset has neither label nor labels; its columns are ${names.join(', ')}. Rename the column of the class with rename_column(name, 'label').`,
    );
}
