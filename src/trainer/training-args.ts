import { ConfigError, defineOptions, type GivenOptions, type OptionValues, readOptions } from '../core/index.ts';

const length = 'How long and how large';
const optimization = 'Optimization';
const rhythm = 'Logging, evaluation and checkpoints';

/**
 * The training options, declared once: `Trainer` reads its `args` by these rows and `qkv train` its flags.
 * Names, meanings and defaults are those of Hugging Face's TrainingArguments; only what the trainer honours is here.
 */
export const trainingArguments = defineOptions({
  output_dir: { type: 'folder', default: 'trainer_output', help: 'The folder for checkpoints and results' },

  num_train_epochs: { group: length, type: 'number', above: 0, default: 3, help: 'Times to go through the training data' },
  max_steps: {
    group: length,
    type: 'integer',
    min: -1,
    default: -1,
    help: 'Optimizer steps in all, in place of num_train_epochs; -1 leaves it to num_train_epochs',
  },
  per_device_train_batch_size: { group: length, type: 'integer', min: 1, default: 8, help: 'Training examples in one batch' },
  per_device_eval_batch_size: { group: length, type: 'integer', min: 1, default: 8, help: 'Evaluation examples in one batch' },
  gradient_accumulation_steps: {
    group: length,
    type: 'integer',
    min: 1,
    default: 1,
    help: 'Batches whose gradients are summed for one optimizer step',
  },
  group_by_length: {
    group: length,
    type: 'boolean',
    default: false,
    help: 'Puts examples of like length into one batch, to pad less',
  },
  dataloader_drop_last: {
    group: length,
    type: 'boolean',
    default: false,
    help: 'Leaves out the last batch where it is not full',
  },

  learning_rate: { group: optimization, type: 'number', min: 0, default: 5e-5, help: 'The highest learning rate of AdamW' },
  lr_scheduler_type: {
    group: optimization,
    type: 'choice',
    choices: ['constant', 'constant_with_warmup', 'linear', 'cosine', 'cosine_with_restarts', 'polynomial', 'inverse_sqrt'],
    default: 'linear',
    help: 'How the learning rate goes on after the warm-up',
  },
  warmup_steps: {
    group: optimization,
    type: 'integer',
    min: 0,
    default: 0,
    help: 'Steps in which the learning rate rises from 0; overrides warmup_ratio',
  },
  warmup_ratio: { group: optimization, type: 'number', min: 0, max: 1, default: 0, help: 'The same as a share of all steps' },
  weight_decay: { group: optimization, type: 'number', min: 0, default: 0, help: 'Weight decay, on all but biases and norms' },
  adam_beta1: {
    group: optimization,
    type: 'number',
    min: 0,
    below: 1,
    default: 0.9,
    help: 'Decay of the mean of the gradients',
  },
  adam_beta2: {
    group: optimization,
    type: 'number',
    min: 0,
    below: 1,
    default: 0.999,
    help: 'Decay of the mean of their squares',
  },
  adam_epsilon: { group: optimization, type: 'number', min: 0, default: 1e-8, help: 'Added to the root of that mean' },
  max_grad_norm: {
    group: optimization,
    type: 'number',
    min: 0,
    default: 1,
    help: 'Gradients are scaled down to this norm; 0 leaves them',
  },
  label_smoothing_factor: {
    group: optimization,
    type: 'number',
    min: 0,
    below: 1,
    default: 0,
    help: 'The share of each label that is spread over all classes',
  },
  bf16: {
    group: optimization,
    type: 'boolean',
    default: false,
    help: 'Computes products in bfloat16, in training and evaluation; weights, optimizer and loss stay float32. Faster where `qkv doctor` says so; elsewhere it says so and computes in float32',
  },
  seed: {
    group: optimization,
    type: 'integer',
    min: 0,
    default: 42,
    help: 'Decides the first weights, the order of the data and the dropout',
  },
  data_seed: {
    group: optimization,
    type: 'integer',
    min: 0,
    otherwise: 'the seed',
    help: 'Decides the order of the data alone',
  },

  logging_steps: { group: rhythm, type: 'integer', min: 1, default: 500, help: 'Steps between two logged losses' },
  logging_first_step: { group: rhythm, type: 'boolean', default: false, help: 'Logs the first step too' },
  eval_strategy: {
    group: rhythm,
    type: 'choice',
    choices: ['no', 'steps', 'epoch'],
    default: 'no',
    help: 'When to evaluate on the held-out data',
  },
  eval_steps: { group: rhythm, type: 'integer', min: 1, otherwise: 'logging_steps', help: 'Steps between two evaluations' },
  save_strategy: {
    group: rhythm,
    type: 'choice',
    choices: ['no', 'steps', 'epoch'],
    default: 'steps',
    help: 'When to save a checkpoint',
  },
  save_steps: { group: rhythm, type: 'integer', min: 1, default: 500, help: 'Steps between two checkpoints' },
  save_total_limit: {
    group: rhythm,
    type: 'integer',
    min: 1,
    otherwise: 'all',
    help: 'Checkpoints to keep; the oldest goes first',
  },
  load_best_model_at_end: {
    group: rhythm,
    type: 'boolean',
    default: false,
    help: 'Ends with the checkpoint that evaluated best',
  },
  metric_for_best_model: { group: rhythm, type: 'string', otherwise: 'eval_loss', help: 'The figure that tells which is best' },
  greater_is_better: {
    group: rhythm,
    type: 'boolean',
    otherwise: 'yes, unless the name of the figure ends in loss',
    help: 'Whether more of that figure is better',
  },
});

/** All training options, with the defaults filled in. */
export type TrainingArguments = OptionValues<typeof trainingArguments>;

/** The training options as a caller gives them. */
export type GivenTrainingArguments = GivenOptions<typeof trainingArguments>;

/**
 * Training options checked, with the defaults filled in.
 * @throws ConfigError for an option that there is not, a value out of range, and options that contradict each other.
 */
export function readTrainingArguments(given: GivenTrainingArguments = {}): TrainingArguments {
  const args = readOptions('TrainingArguments', trainingArguments, given);
  const problem = contradictionIn(args);
  if (problem !== undefined) throw new ConfigError(`TrainingArguments: ${problem}.`);
  return args;
}

/** What is wrong with options that are each right, in words; undefined where they agree. The rules are Hugging Face's. */
function contradictionIn(args: TrainingArguments): string | undefined {
  const { eval_strategy, save_strategy, load_best_model_at_end, eval_steps = args.logging_steps, save_steps } = args;
  if (args.max_steps === 0) return 'max_steps is 0; it must be at least 1, or -1 to go by num_train_epochs';
  if (args.lr_scheduler_type === 'constant' && (args.warmup_steps > 0 || args.warmup_ratio > 0)) {
    return 'lr_scheduler_type constant has no warm-up; use constant_with_warmup';
  }
  if (!load_best_model_at_end) return undefined;
  if (eval_strategy === 'no') return 'load_best_model_at_end needs evaluations; set eval_strategy to steps or epoch';
  if (eval_strategy !== save_strategy) {
    return `load_best_model_at_end needs a checkpoint for each evaluation; eval_strategy is ${eval_strategy} and save_strategy ${save_strategy}, and they must be the same`;
  }
  if (eval_strategy === 'steps' && save_steps % eval_steps !== 0) {
    return `load_best_model_at_end needs an evaluation for each checkpoint; save_steps is ${save_steps} and must be a multiple of eval_steps, ${eval_steps}`;
  }
  return undefined;
}
