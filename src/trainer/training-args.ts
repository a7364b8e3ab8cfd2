import { ConfigError, defineOptions, type GivenOptions, type OptionValues, readOptions } from '../core/index.ts';

const length = 'How long and how large';
const optimization = 'Optimization';
const rhythm = 'Logging, evaluation and checkpoints';

/**
 * The training options, declared once: `Trainer` reads its `args` by these rows and `qkv train` its flags.
 * Names, meanings and defaults are those of Hugging Face's TrainingArguments; only what the trainer honours is here.
 * `ema_decay`, `ema_warmup`, `cache_frozen` and `cache_frozen_max_bytes` are qkv's own.
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

  learning_rate: { group: optimization, type: 'number', min: 0, default: 5e-5, help: 'The highest learning rate' },
  lr_scheduler_type: {
    group: optimization,
    type: 'choice',
    choices: [
      'linear',
      'cosine',
      'cosine_with_restarts',
      'polynomial',
      'constant',
      'constant_with_warmup',
      'inverse_sqrt',
      'reduce_lr_on_plateau',
      'cosine_with_min_lr',
      'cosine_warmup_with_min_lr',
      'warmup_stable_decay',
      'greedy',
    ],
    default: 'linear',
    help: 'How the learning rate goes on after the warm-up; reduce_lr_on_plateau and greedy go by metric_for_best_model',
  },
  lr_scheduler_kwargs: {
    group: optimization,
    type: 'values',
    otherwise: "the schedule's own",
    help: 'Options of the schedule, such as num_cycles=2',
  },
  warmup_steps: {
    group: optimization,
    type: 'number',
    min: 0,
    default: 0,
    help: 'Steps in which the learning rate rises, or below 1 their share of all steps; overrides warmup_ratio',
  },
  warmup_ratio: { group: optimization, type: 'number', min: 0, max: 1, default: 0, help: 'The same as a share of all steps' },
  optim: {
    group: optimization,
    type: 'choice',
    choices: ['adamw_torch', 'adamw_torch_fused', 'adafactor', 'sgd', 'adagrad', 'rmsprop', 'lion_32bit'],
    // Hugging Face's other names: state in 8 bits or on pages, low ranks, and further optimizers.
    families: { adafactor: 'adafactor', lion: 'lion_32bit', rmsprop: 'rmsprop', sgd: 'sgd', ada: 'adamw_torch', lomo: 'sgd' },
    default: 'adamw_torch',
    help: 'The optimizer; adamw_torch and adamw_torch_fused are one',
  },
  optim_args: {
    group: optimization,
    type: 'values',
    otherwise: "the optimizer's own",
    help: 'Options of the optimizer that have no flag here, such as momentum=0.9,nesterov=true',
  },
  weight_decay: { group: optimization, type: 'number', min: 0, default: 0, help: 'Weight decay, on all but biases and norms' },
  adam_beta1: {
    group: optimization,
    type: 'number',
    min: 0,
    below: 1,
    default: 0.9,
    help: 'Decay of the mean of the gradients in AdamW and Lion',
  },
  adam_beta2: {
    group: optimization,
    type: 'number',
    min: 0,
    below: 1,
    default: 0.999,
    help: 'Decay of the mean of their squares',
  },
  adam_epsilon: { group: optimization, type: 'number', min: 0, default: 1e-8, help: 'Added to the root of that mean in AdamW' },
  max_grad_norm: {
    group: optimization,
    type: 'number',
    min: 0,
    default: 1,
    help: 'Gradients are scaled down to this norm; 0 leaves them',
  },
  ema_decay: {
    group: optimization,
    type: 'number',
    min: 0,
    below: 1,
    otherwise: 'no averages',
    help: 'Keeps averages of the weights, of which each step keeps this much: they are evaluated and saved in place of the weights',
  },
  ema_warmup: { group: optimization, type: 'boolean', default: false, help: 'Lets what a step keeps rise from 0 to ema_decay' },
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
  cache_frozen: {
    group: optimization,
    type: 'choice',
    choices: ['no', 'memory', 'disk'],
    default: 'no',
    help: 'Where to keep what frozen weights give for each example, computed once; dropout is off in what is frozen',
  },
  cache_frozen_max_bytes: {
    group: optimization,
    type: 'integer',
    min: 1,
    default: 2 ** 30,
    help: 'The most that cache_frozen keeps; what is over is computed each time',
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
  const { lr_scheduler_type, warmup_steps } = args;
  const goesByMetric = lr_scheduler_type === 'reduce_lr_on_plateau' || lr_scheduler_type === 'greedy';
  if (warmup_steps > 1 && !Number.isInteger(warmup_steps))
    return `warmup_steps is ${warmup_steps}; a whole number of steps is needed, or a share of all steps below 1`;
  if ((goesByMetric || lr_scheduler_type === 'constant') && (warmup_steps > 0 || args.warmup_ratio > 0)) {
    const mend = goesByMetric ? 'leave warmup_steps and warmup_ratio out' : 'use constant_with_warmup';
    return `lr_scheduler_type ${lr_scheduler_type} has no warm-up; ${mend}`;
  }
  if (goesByMetric && eval_strategy === 'no')
    return `lr_scheduler_type ${lr_scheduler_type} goes by evaluations; set eval_strategy to steps or epoch`;
  if (args.ema_warmup && args.ema_decay === undefined)
    return 'ema_warmup is set and ema_decay is not; give the decay that it rises to';
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
