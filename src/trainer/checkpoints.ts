import { finishRemovals, namesIn, removeFrom, writeText } from '#run-folder';
import { ConfigError, DataError, MissingFileError } from '../core/index.ts';
import type { LoaderState } from '../data/index.ts';
import {
  cleanUnfinishedWrites,
  readSafetensors,
  safetensorsChunks,
  type TensorData,
  writeFileAtomic,
  writeFolderAtomic,
} from '../formats/index.ts';
import { readFile, readJson, resolveFolder } from '../hub/index.ts';
import type { PreTrainedModel } from '../models/index.ts';
import type { AverageState, OptimizerState, SavedArray, SchedulerState } from '../optim/index.ts';
import type { PreTrainedTokenizerFast } from '../tokenizers/index.ts';
import type { TrainerControl, TrainerState } from './callbacks.ts';
import { followsMetric } from './optimization.ts';
import type { TrainingArguments } from './training-args.ts';

/** Besides the model all that a run needs to go on as if it had never stopped. */
export interface RunState {
  readonly state: TrainerState;
  readonly optimizer: OptimizerState;
  /** The averages of the weights; null where none are kept. The model of a checkpoint has the averages, and this the weights. */
  readonly average: AverageState | null;
  readonly scheduler: SchedulerState;
  /** Where the seeded random numbers stand. */
  readonly random: { readonly seed: number; readonly count: number };
  /** Where the data loader stands. */
  readonly loader: LoaderState;
  /** Examples in the training data, to notice other data. */
  readonly examples: number;
  /** Losses since the last log, and since the start. */
  readonly losses: { readonly sum: number; readonly count: number; readonly total: number };
  /** What was due and not done, since the run was asked to stop. */
  readonly due: Pick<TrainerControl, 'should_evaluate' | 'should_save'>;
  readonly args: TrainingArguments;
}

/** A checkpoint as it lies on the disk. */
export interface Checkpoint extends RunState {
  /** Its folder. */
  readonly folder: string;
}

const pattern = /^checkpoint-(\d+)$/;

/** The steps of a folder's checkpoints, oldest first. */
export async function checkpointSteps(output_dir: string): Promise<number[]> {
  const names = await namesIn(output_dir);
  return names.flatMap((name) => pattern.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => a - b);
}

/** The folder of the last checkpoint in a run's folder, or null. */
export async function get_last_checkpoint(output_dir: string): Promise<string | null> {
  const last = (await checkpointSteps(output_dir)).at(-1);
  return last === undefined ? null : `${output_dir}/checkpoint-${last}`;
}

/** Removes what a process that ended in the middle of writing or removing left in a run's folder. */
export async function tidyRunFolder(output_dir: string): Promise<void> {
  await cleanUnfinishedWrites(output_dir);
  await finishRemovals(output_dir);
}

/** Writes `checkpoint-N`, whole or not at all: model, tokenizer, optimizer and everything else that a resumed run needs. */
export async function writeCheckpoint(
  output_dir: string,
  { optimizer, average, state, args, ...rest }: RunState,
  model: PreTrainedModel,
  tokenizer: PreTrainedTokenizerFast | null,
): Promise<string> {
  const folder = `${output_dir}/checkpoint-${state.global_step}`;
  await writeFolderAtomic(folder, async (temporary) => {
    await model.save_pretrained(temporary);
    await tokenizer?.save_pretrained(temporary);
    const { arrays, ...optimizerRest } = optimizer;
    await writeArrays(`${temporary}/optimizer.safetensors`, arrays);
    const { arrays: averages = null, ...averageRest } = average ?? {};
    if (averages) await writeArrays(`${temporary}/average.safetensors`, averages);
    const qkv = { optimizer: optimizerRest, average: averages && averageRest, ...rest };
    await writeText(`${temporary}/trainer_state.json`, pretty({ ...state, qkv }));
    await writeText(`${temporary}/training_args.json`, pretty(args));
  });
  return folder;
}

async function writeArrays(path: string, arrays: ReadonlyMap<string, SavedArray>): Promise<void> {
  await writeFileAtomic(path, safetensorsChunks(arrays as ReadonlyMap<string, TensorData>));
}

/**
 * Reads a checkpoint, except for the model.
 * @throws MissingFileError when a file is not there. @throws DataError when one is damaged.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const folder = await resolveFolder('Trainer', path);
  const json = await readJson(folder, 'trainer_state.json');
  const args = await readJson(folder, 'training_args.json');
  const bytes = await readFile(folder, 'optimizer.safetensors');
  if (json === undefined || args === undefined || bytes === undefined)
    throw new MissingFileError(
      `Trainer: ${path} is no checkpoint of a run: it needs trainer_state.json, training_args.json and optimizer.safetensors. To start from a model alone, load it with from_pretrained.`,
    );
  const { qkv, ...state } = json as TrainerState & { qkv?: SavedRest };
  if (qkv === undefined)
    throw new DataError(
      `Trainer: ${path}/trainer_state.json was not written by qkv, which cannot go on with it; load the model with from_pretrained.`,
    );
  const { optimizer, average, ...rest } = qkv;
  if (optimizer.param_groups === undefined)
    throw new DataError(
      `Trainer: ${path} holds the optimizer's state in an earlier form, without param_groups, with which no run can go on; load the model with from_pretrained and start anew.`,
    );
  const arraysOf = (content: Uint8Array, name: string) =>
    readSafetensors(content, `${path}/${name}`).tensors as ReadonlyMap<string, TensorData> as ReadonlyMap<string, SavedArray>;
  const averages = average ? await readFile(folder, 'average.safetensors') : null;
  if (averages === undefined)
    throw new MissingFileError(
      `Trainer: ${path} has no average.safetensors; its run kept averages of the weights and needs it.`,
    );
  return {
    folder: path,
    state,
    args: args as TrainingArguments,
    optimizer: { ...optimizer, arrays: arraysOf(bytes, 'optimizer.safetensors') },
    average: average && averages ? { ...average, arrays: arraysOf(averages, 'average.safetensors') } : null,
    ...rest,
  };
}

type SavedRest = Omit<RunState, 'state' | 'args' | 'optimizer' | 'average'> & {
  optimizer: Omit<OptimizerState, 'arrays'>;
  average: Omit<AverageState, 'arrays'> | null;
};

/** The weights of a checkpoint put into a model. */
export async function loadWeights(model: PreTrainedModel, path: string): Promise<void> {
  const folder = await resolveFolder('Trainer', path);
  const bytes = await readFile(folder, 'model.safetensors');
  if (bytes === undefined) throw new MissingFileError(`Trainer: ${path} has no model.safetensors; a checkpoint needs it.`);
  const { tensors } = readSafetensors(bytes, `${path}/model.safetensors`);
  model.loadStateDict(tensors, { speaker: `Trainer: ${path}` });
}

/** Options whose change would make another run of what is left: the data's order, the batches, the kind of the optimizer. */
const binding = [
  'per_device_train_batch_size',
  'gradient_accumulation_steps',
  'group_by_length',
  'dataloader_drop_last',
  'seed',
  'data_seed',
  'optim',
  'optim_args',
  'lr_scheduler_type',
  'ema_decay',
  'ema_warmup',
] as const;

/** Further ones where the schedule goes by a metric: its learning rates come from the checkpoint. */
const bindingByMetric = ['learning_rate', 'lr_scheduler_kwargs'] as const;

/**
 * Refuses to go on with other data or other batches than the checkpoint's. The rest may change, and then counts from there on.
 * @throws ConfigError naming what differs.
 */
export function checkResumable({ folder, args: saved, examples }: Checkpoint, args: TrainingArguments, given: number): void {
  const written = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : `${value ?? 'not given'}`);
  for (const name of followsMetric(args.lr_scheduler_type) ? [...binding, ...bindingByMetric] : binding) {
    const [before, now] = [saved, args].map((each) => written(each[name]));
    if (before === now) continue;
    throw new ConfigError(
      `Trainer: ${folder} was made with ${name} ${before}, and now it is ${now}; give what it was made with, or start anew without resuming.`,
    );
  }
  if (examples !== given)
    throw new ConfigError(
      `Trainer: ${folder} was made on ${examples} examples, and there are now ${given}; give the data it was made on, or start anew without resuming.`,
    );
}

/** Removes the oldest checkpoints until at most `limit` are left; the one named in `keep` stays. */
export async function rotateCheckpoints(output_dir: string, limit: number, keep: string | null): Promise<void> {
  const names = (await checkpointSteps(output_dir)).map((step) => `checkpoint-${step}`);
  // The newest is what a resume needs, so the best and the newest stay even where the limit is one.
  const removable = names.slice(0, -1).filter((name) => name !== keep);
  await removeFrom(output_dir, removable.slice(0, Math.max(0, names.length - limit)));
}

/** JSON as the files of a run hold it. */
export function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
