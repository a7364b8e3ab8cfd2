import type { bertSizes } from '../../models/index.ts';
import { type GivenTrainingArguments, readTrainingArguments, type TrainingArguments } from '../training-args.ts';
import type { ExampleSource } from './examples.ts';

/** Which model is trained: a new one of a size, or one from a folder. */
export type ModelChoice = { readonly size: keyof typeof bertSizes } | { readonly folder: string };

/** What decides a run besides its data. */
export interface Settings {
  readonly model: ModelChoice;
  /** Tokens of a text that are read; null as long as the data have not said. */
  readonly max_length: number | null;
  /** Tokens of a new model's vocabulary. */
  readonly vocab_size: number;
  /** Share of tokens that are masked while training. */
  readonly mask_probability: number;
  /** How much the answers to two noisy readings of a text are pulled together (`rDropLoss`); 0 reads each text once. */
  readonly r_drop_alpha: number;
  /** Dropout in a new model. */
  readonly dropout: number;
  /** Layers of a new model; null takes as many as its size has. */
  readonly num_hidden_layers: number | null;
  /** Whether a new model's position embeddings start at zero: it then starts as a bag of words, and learns order where order helps. */
  readonly positions_from_zero: boolean;
  /** A regular expression over the paths of the weights that are not trained; null trains all. */
  readonly freeze: string | null;
  readonly args: TrainingArguments;
}

/** The settings that a caller gives; each goes before a recipe's, and a recipe's before the defaults. */
export interface GivenSettings {
  readonly model?: ModelChoice | undefined;
  readonly max_length?: number | undefined;
  readonly vocab_size?: number | undefined;
  readonly freeze?: string | undefined;
  readonly args?: GivenTrainingArguments;
}

/** The most tokens of a text that are read where nobody says otherwise: past that a step grows faster than what it teaches. */
export const longestByDefault = 256;

type Preset = Omit<Settings, 'args' | 'freeze'> & { readonly args: GivenTrainingArguments };

/** Measured on the validation part, see docs/decisions/main-job.md. */
const presets: Readonly<Record<'spam-assassin' | 'new' | 'folder', Preset>> = {
  'spam-assassin': {
    model: { size: 'tiny' },
    max_length: 512,
    vocab_size: 8192,
    mask_probability: 0.3,
    r_drop_alpha: 1,
    dropout: 0.1,
    num_hidden_layers: 1,
    positions_from_zero: true,
    args: {
      num_train_epochs: 3,
      per_device_train_batch_size: 16,
      per_device_eval_batch_size: 64,
      learning_rate: 1e-3,
      lr_scheduler_type: 'cosine',
      weight_decay: 1,
      warmup_ratio: 0.1,
      label_smoothing_factor: 0.1,
      group_by_length: true,
      // The last epoch's weights: with 545 mails to choose by, the best epoch is the luckiest one.
      load_best_model_at_end: false,
    },
  },
  new: {
    model: { size: 'mini' },
    max_length: null,
    vocab_size: 8192,
    mask_probability: 0.2,
    r_drop_alpha: 0,
    dropout: 0.1,
    num_hidden_layers: null,
    positions_from_zero: false,
    args: {
      per_device_train_batch_size: 32,
      per_device_eval_batch_size: 64,
      learning_rate: 5e-4,
      weight_decay: 0.01,
      warmup_ratio: 0.1,
      label_smoothing_factor: 0.1,
      group_by_length: true,
    },
  },
  folder: {
    model: { size: 'mini' },
    max_length: null,
    vocab_size: 8192,
    mask_probability: 0,
    r_drop_alpha: 0,
    dropout: 0.1,
    num_hidden_layers: null,
    positions_from_zero: false,
    args: {
      num_train_epochs: 3,
      per_device_train_batch_size: 16,
      per_device_eval_batch_size: 32,
      learning_rate: 5e-5,
      weight_decay: 0.01,
      warmup_ratio: 0.1,
      group_by_length: true,
    },
  },
};

/**
 * The settings of a run on `examples` training examples. A new model on few examples goes through them more often, so that
 * it takes about 600 steps at least.
 * @throws ConfigError when the training options contradict each other.
 */
export function readSettings(
  source: ExampleSource,
  output_dir: string,
  { model, max_length, vocab_size, freeze, args = {} }: GivenSettings,
  examples: number,
): Settings {
  const preset = presets['recipe' in source ? source.recipe : model && 'folder' in model ? 'folder' : 'new'];
  const batch = args.per_device_train_batch_size ?? preset.args.per_device_train_batch_size!;
  const perStep = batch * (args.gradient_accumulation_steps ?? 1);
  const perEpoch = Math.ceil(examples / perStep);
  const epochs = args.num_train_epochs ?? preset.args.num_train_epochs ?? Math.min(20, Math.max(3, Math.ceil(600 / perEpoch)));
  const steps = args.max_steps !== undefined && args.max_steps > 0 ? args.max_steps : Math.ceil(perEpoch * epochs);
  const whole: GivenTrainingArguments = {
    ...rhythm(args),
    ...preset.args,
    num_train_epochs: epochs,
    logging_steps: Math.max(1, Math.min(50, Math.round(steps / 50))),
    ...args,
    output_dir,
  };
  return {
    model: model ?? preset.model,
    max_length: max_length ?? preset.max_length,
    vocab_size: vocab_size ?? preset.vocab_size,
    mask_probability: preset.mask_probability,
    r_drop_alpha: preset.r_drop_alpha,
    dropout: preset.dropout,
    num_hidden_layers: preset.num_hidden_layers,
    positions_from_zero: preset.positions_from_zero,
    freeze: freeze ?? null,
    args: readTrainingArguments(whole),
  };
}

/** When to evaluate and to save where the caller did not say all of it: each epoch, or by the steps that were given. */
function rhythm(args: GivenTrainingArguments): GivenTrainingArguments {
  const eval_strategy = args.eval_strategy ?? (args.eval_steps === undefined ? 'epoch' : 'steps');
  const save_strategy = args.save_strategy ?? (args.save_steps === undefined ? 'epoch' : 'steps');
  const { eval_steps = 0, save_steps = 500 } = args;
  const isInStep = eval_strategy === save_strategy && (eval_strategy === 'epoch' || save_steps % eval_steps === 0);
  return {
    eval_strategy,
    save_strategy,
    save_total_limit: 2,
    ...(eval_strategy !== 'no' && isInStep && { load_best_model_at_end: true, metric_for_best_model: 'macro_f1' }),
  };
}
