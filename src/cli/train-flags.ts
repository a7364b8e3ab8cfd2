import { basename, extname, join } from 'node:path';
import { defineOptions, type GivenOptions } from '../core/index.ts';
import type { bertSizes } from '../models/index.ts';
import { trainingArguments } from '../trainer/training-args.ts';
import type { CommandInput } from './command.ts';
import { type DeviceFlags, deviceFlags } from './device-flags.ts';
import { UsageError } from './errors.ts';

const data = 'Data';
const model = 'Model';

/** The sizes that `--model` knows by name. Written out, since reading them from the models would load the models for `--help`. */
export const modelSizes = ['tiny', 'mini', 'small', 'medium', 'base'] as const satisfies readonly (keyof typeof bertSizes)[];

/** The name of a size of a model that is trained from scratch. */
export type ModelSize = (typeof modelSizes)[number];

const { output_dir: _, ...otherArguments } = trainingArguments;

/** The flags of `qkv train`. */
export const trainFlags = defineOptions({
  task: {
    group: data,
    type: 'choice',
    choices: ['text-classification'],
    default: 'text-classification',
    help: 'What to train for',
  },
  recipe: {
    group: data,
    type: 'choice',
    choices: ['spam-assassin'],
    help: 'A job that ships with qkv: its data, its model and its settings. Flags given with it override its settings',
  },
  data: {
    group: data,
    type: 'file',
    help: 'Your examples in one file (.csv, .tsv, .txt with tabs, .jsonl), which is split into training, validation and test by content',
  },
  train_file: { group: data, type: 'file', help: 'Your training examples, in place of --data' },
  validation_file: {
    group: data,
    type: 'file',
    otherwise: 'a part of the training examples',
    help: 'Examples to evaluate on while training',
  },
  test_file: {
    group: data,
    type: 'file',
    otherwise: 'a part of the training examples',
    help: 'Examples for the final figures',
  },
  text_column: { group: data, type: 'string', otherwise: 'text', help: 'The column of the text' },
  label_column: { group: data, type: 'string', otherwise: 'label', help: 'The column of the class' },
  encoding: {
    group: data,
    type: 'string',
    otherwise: 'utf-8',
    help: 'The encoding of your files: euc-kr, shift_jis, windows-1252, …',
  },
  delimiter: {
    group: data,
    type: 'string',
    otherwise: 'a comma, in .tsv and .txt files a tab',
    help: 'The character between the cells of your files',
  },

  model: {
    group: model,
    type: 'string',
    otherwise: 'mini',
    help: `A folder to start from, or the size of a new model: ${modelSizes.join(', ')}`,
  },
  max_length: {
    group: model,
    type: 'integer',
    min: 4,
    otherwise: 'as the recipe or the model says',
    help: 'Tokens of a text that are read; the rest is cut',
  },
  vocab_size: {
    group: model,
    type: 'integer',
    min: 64,
    otherwise: 'as the recipe says',
    help: 'Tokens of the vocabulary of a new model',
  },

  freeze: {
    group: model,
    type: 'string',
    otherwise: 'nothing',
    help: 'A pattern (regular expression) of the weights to leave as they are: with ^bert\\. only the classifier is trained. See --cache_frozen',
  },

  output_dir: {
    group: 'Run',
    type: 'folder',
    otherwise: 'runs/ and the name of the recipe or of the data',
    help: 'The folder for checkpoints and results',
  },
  overwrite_output_dir: {
    group: 'Run',
    type: 'boolean',
    default: false,
    help: 'Starts anew where that folder holds a run already, and deletes that run',
  },
  resume: { group: 'Run', type: 'boolean', default: false, help: 'Goes on from the last checkpoint in that folder' },
  ...deviceFlags,
  ...otherArguments,
});

/** Where the examples come from. */
export type TrainData =
  | { readonly recipe: 'spam-assassin' }
  | { readonly file: string }
  | { readonly train_file: string; readonly validation_file: string | undefined; readonly test_file: string | undefined };

/** What `qkv train` is asked to do. */
export interface TrainOptions {
  readonly task: 'text-classification';
  readonly data: TrainData;
  readonly text_column: string | undefined;
  readonly label_column: string | undefined;
  readonly encoding: string | undefined;
  readonly delimiter: string | undefined;
  /** Undefined leaves it to the recipe. */
  readonly model: { readonly size: ModelSize } | { readonly folder: string } | undefined;
  readonly max_length: number | undefined;
  readonly vocab_size: number | undefined;
  readonly freeze: string | undefined;
  readonly output_dir: string;
  readonly overwrite: boolean;
  readonly resume: boolean;
  /** Where to compute. */
  readonly machine: DeviceFlags;
  /** Only the training options that were given: they override a recipe's, and a recipe's the defaults. */
  readonly args: GivenOptions<typeof otherArguments>;
}

/**
 * The flags of `qkv train` as one object, checked against each other.
 * @throws UsageError for flags that exclude each other, and where the data is missing.
 */
export function trainOptions({ flags, given }: CommandInput<typeof trainFlags>): TrainOptions {
  const source = dataOf(flags);
  if (flags.resume && flags.overwrite_output_dir) {
    throw new UsageError(
      'qkv train: --resume goes on with the run in the folder and --overwrite_output_dir deletes it; give one of them.',
    );
  }
  if (flags.vocab_size !== undefined && flags.model !== undefined && !isSize(flags.model)) {
    throw new UsageError(
      `qkv train: --vocab_size is for a new model, and --model ${flags.model} has a vocabulary; leave it out.`,
    );
  }
  if (flags.freeze !== undefined) checkFreeze(flags.freeze, flags.model);
  if (given.max_steps === 0)
    throw new UsageError('qkv train: --max_steps is 0; at least 1 is needed, or -1 to go by --num_train_epochs.');
  const args = Object.fromEntries(Object.entries(given).filter(([name]) => name in otherArguments));
  return {
    task: flags.task,
    data: source,
    text_column: flags.text_column,
    label_column: flags.label_column,
    encoding: flags.encoding,
    delimiter: flags.delimiter,
    model: flags.model === undefined ? undefined : isSize(flags.model) ? { size: flags.model } : { folder: flags.model },
    max_length: flags.max_length,
    vocab_size: flags.vocab_size,
    freeze: flags.freeze,
    output_dir: flags.output_dir ?? join('runs', nameOf(source)),
    overwrite: flags.overwrite_output_dir,
    resume: flags.resume,
    machine: { device: flags.device, runtime: flags.runtime, threads: flags.threads },
    args,
  };
}

/** Freezing is for a model that has learned something, and by a pattern that is one. */
function checkFreeze(pattern: string, model: string | undefined): void {
  if (model === undefined || isSize(model))
    throw new UsageError(
      `qkv train: --freeze is for a model that was trained before, and ${model === undefined ? 'no --model is given' : `--model ${model} is a new one`}; give --model with its folder.`,
    );
  try {
    new RegExp(pattern);
  } catch (error) {
    throw new UsageError(`qkv train: --freeze ${pattern} is no pattern: ${(error as Error).message}.`);
  }
}

function isSize(name: string): name is ModelSize {
  return (modelSizes as readonly string[]).includes(name);
}

function dataOf(flags: CommandInput<typeof trainFlags>['flags']): TrainData {
  const { recipe, data: file, train_file, validation_file, test_file } = flags;
  const given = Object.entries({ recipe, data: file, train_file }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`],
  );
  if (given.length === 0) {
    throw new UsageError(
      'qkv train: there is nothing to train on; give --data with your file, --train_file, or --recipe. `qkv help train` shows examples.',
    );
  }
  if (given.length > 1) throw new UsageError(`qkv train: ${given.join(' and ')} each name the data; give one of them.`);
  if (train_file !== undefined) return { train_file, validation_file, test_file };
  const beside = Object.entries({ validation_file, test_file }).find(([, value]) => value !== undefined)?.[0];
  if (beside !== undefined) throw new UsageError(`qkv train: --${beside} goes with --train_file; ${given[0]} is split by qkv.`);
  if (file !== undefined) return { file };
  const { text_column, label_column, encoding, delimiter } = flags;
  const column = Object.entries({ text_column, label_column, encoding, delimiter }).find(([, value]) => value !== undefined);
  if (column !== undefined)
    throw new UsageError(`qkv train: --${column[0]} is for your own data; the recipe ${recipe} knows its columns.`);
  return { recipe: recipe! };
}

function nameOf(source: TrainData): string {
  if ('recipe' in source) return source.recipe;
  const file = 'file' in source ? source.file : source.train_file;
  return basename(file, extname(file));
}
