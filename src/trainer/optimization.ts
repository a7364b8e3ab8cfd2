import { ConfigError, type NamedValues } from '../core/index.ts';
import { LayerNorm, type Module } from '../nn/index.ts';
import {
  Adafactor,
  Adagrad,
  AdamW,
  get_scheduler,
  type HyperParameters,
  Lion,
  type Optimizer,
  type ParamGroupInput,
  RMSprop,
  type ScheduleName,
  type Scheduler,
  SGD,
} from '../optim/index.ts';
import { type Tensor, tensor } from '../tensor/index.ts';
import { bestMetric } from './callbacks.ts';
import type { TrainingArguments } from './training-args.ts';

type Groups = readonly ParamGroupInput<{ readonly weight_decay: number }>[];

/** An optimizer by Hugging Face's name: how it is made, and which of its options have a training argument of their own. */
interface OptimizerRow {
  readonly flags: Readonly<Record<string, string>>;
  make(groups: Groups, args: TrainingArguments, own: NamedValues): Optimizer<HyperParameters>;
}

const everyFlag = { lr: 'learning_rate', weight_decay: 'weight_decay' };
const betasFlag = { betas: 'adam_beta1 and adam_beta2' };

const adamw: OptimizerRow = {
  flags: { ...everyFlag, ...betasFlag, eps: 'adam_epsilon' },
  make: (groups, { learning_rate: lr, adam_beta1, adam_beta2, adam_epsilon: eps }, own) =>
    new AdamW(groups, { ...own, lr, betas: [adam_beta1, adam_beta2], eps }),
};

/** Which option of which optimizer comes from which argument is as in Hugging Face's Trainer. */
const optimizers: Readonly<Record<TrainingArguments['optim'], OptimizerRow>> = {
  adamw_torch: adamw,
  // What "fused" says of PyTorch holds here in any case: the update is part of the step's one run.
  adamw_torch_fused: adamw,
  adafactor: {
    flags: everyFlag,
    make: (groups, { learning_rate: lr }, own) =>
      new Adafactor(groups, { scale_parameter: false, relative_step: false, ...own, lr }),
  },
  sgd: { flags: everyFlag, make: (groups, { learning_rate: lr }, own) => new SGD(groups, { ...own, lr }) },
  adagrad: { flags: everyFlag, make: (groups, { learning_rate: lr }, own) => new Adagrad(groups, { ...own, lr }) },
  rmsprop: { flags: everyFlag, make: (groups, { learning_rate: lr }, own) => new RMSprop(groups, { ...own, lr }) },
  lion_32bit: {
    flags: { ...everyFlag, ...betasFlag },
    make: (groups, { learning_rate: lr, adam_beta1, adam_beta2 }, own) =>
      new Lion(groups, { ...own, lr, betas: [adam_beta1, adam_beta2] }),
  },
};

/**
 * The optimizer that the arguments ask for, over a model's parameters in two groups, with and without weight decay.
 * @throws ConfigError for an option that the optimizer does not take, or that has an argument of its own.
 */
export function makeOptimizer(model: Module, args: TrainingArguments): Optimizer<HyperParameters> {
  return optimizerOf(decayGroups(model, args.weight_decay), args);
}

function optimizerOf(groups: Groups, args: TrainingArguments): Optimizer<HyperParameters> {
  const { optim, optim_args = {} } = args;
  const { flags, make } = optimizers[optim];
  const flagged = Object.keys(optim_args).find((name) => Object.hasOwn(flags, name));
  if (flagged !== undefined)
    throw new ConfigError(
      `Trainer: optim_args gives ${flagged} of ${optim}, which has an argument of its own: ${flags[flagged]}.`,
    );
  return make(groups, args, optim_args);
}

/**
 * The schedule that the arguments ask for, for a run of this many steps.
 * @throws ConfigError for an option that the schedule does not take, or without one that it needs.
 */
export function makeScheduler(optimizer: Optimizer<HyperParameters>, args: TrainingArguments, steps: number): Scheduler {
  const { lr_scheduler_type, lr_scheduler_kwargs, warmup_steps, warmup_ratio } = args;
  const share = warmup_steps > 0 && warmup_steps < 1 ? warmup_steps : warmup_ratio;
  // Unlike in Hugging Face's Trainer a schedule that goes by a metric knows whether more of it is better.
  const mode = followsMetric(lr_scheduler_type) ? { mode: bestMetric(args).sign === 1 ? 'max' : 'min' } : {};
  return get_scheduler<ScheduleName>(lr_scheduler_type, optimizer, {
    num_warmup_steps: warmup_steps >= 1 ? warmup_steps : Math.ceil(steps * share),
    num_training_steps: steps,
    scheduler_specific_kwargs: { ...mode, ...lr_scheduler_kwargs } as never,
  });
}

/** Whether a schedule goes by evaluations. */
export function followsMetric(name: ScheduleName): boolean {
  return name === 'reduce_lr_on_plateau' || name === 'greedy';
}

/** Refuses what `makeOptimizer` and `makeScheduler` would, before there is a model or a data set. @throws ConfigError as they do. */
export function checkOptimization(args: TrainingArguments): void {
  const optimizer = optimizerOf([{ params: [tensor(0, { requiresGrad: true })], weight_decay: args.weight_decay }], args);
  makeScheduler(optimizer, args, args.max_steps > 0 ? args.max_steps : Number.MAX_SAFE_INTEGER);
}

/** Names of parameters that have no weight decay. Source: Trainer.get_decay_parameter_names in Hugging Face's transformers. */
const withoutDecay = [/bias/, /layernorm/, /rmsnorm/, /(?:^|\.)norm(?:$|\.)/, /_norm(?:$|\.)/];

/** Parameters with weight decay and without: biases and the weights of norms have none, as in Hugging Face. */
function decayGroups(model: Module, weight_decay: number): Groups {
  const norms = new Set<Tensor>();
  for (const [, module] of model.namedModules())
    if (module instanceof LayerNorm) for (const parameter of module.parameters()) norms.add(parameter);
  const trained = [...model.namedParameters()].filter(([, parameter]) => parameter.requiresGrad);
  const decays = ([path, parameter]: (typeof trained)[number]) =>
    !norms.has(parameter) && !withoutDecay.some((pattern) => pattern.test(path.toLowerCase()));
  return [
    { params: trained.filter(decays), weight_decay },
    { params: trained.filter((each) => !decays(each)), weight_decay: 0 },
  ].flatMap(({ params, ...rest }) =>
    params.length > 0 ? [{ params: params.map(([, parameter]) => parameter), ...rest }] : [],
  );
}
