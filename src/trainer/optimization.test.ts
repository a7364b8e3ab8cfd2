import { describe, expect, it } from 'vitest';
import { Embedding, LayerNorm, Linear, Module } from '../nn/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { checkOptimization, makeOptimizer, makeScheduler } from './optimization.ts';
import {
  type GivenTrainingArguments,
  readTrainingArguments,
  type TrainingArguments,
  trainingArguments,
} from './training-args.ts';

/** Parameters of every kind that weight decay tells apart. */
class Model extends Module {
  readonly embedding = new Embedding(5, 4);
  readonly dense = new Linear(4, 4);
  readonly first = new LayerNorm(4);
  readonly final_norm = new Linear(4, 4, { bias: false });
  readonly relative_attention_bias = new Embedding(3, 2);
  override forward(x: Tensor): Tensor {
    return x;
  }
}

const model = new Model();
const made = (given: GivenTrainingArguments) => makeOptimizer(model, readTrainingArguments(given));

describe('makeOptimizer', () => {
  it('makes every optimizer that there is a name for, from the arguments that are for it', () => {
    const found = trainingArguments.optim.choices.map((optim) => {
      const args = { optim, learning_rate: 1e-3, adam_beta1: 0.8, adam_epsilon: 1e-6, weight_decay: 0.1 };
      const optimizer = made(args);
      const [first] = optimizer.paramGroups;
      const { params: _, ...hyper } = first!;
      return `${optim}: ${optimizer.constructor.name} ${JSON.stringify(hyper)}`;
    });
    expect(found).toMatchInlineSnapshot(`
      [
        "adamw_torch: AdamW {"lr":0.001,"betas":[0.8,0.999],"eps":0.000001,"weight_decay":0.1,"amsgrad":false,"maximize":false,"initial_lr":0.001}",
        "adamw_torch_fused: AdamW {"lr":0.001,"betas":[0.8,0.999],"eps":0.000001,"weight_decay":0.1,"amsgrad":false,"maximize":false,"initial_lr":0.001}",
        "adafactor: Adafactor {"lr":0.001,"eps":[1e-30,0.001],"clip_threshold":1,"decay_rate":-0.8,"beta1":null,"weight_decay":0.1,"scale_parameter":false,"relative_step":false,"warmup_init":false,"initial_lr":0.001}",
        "sgd: SGD {"lr":0.001,"momentum":0,"dampening":0,"weight_decay":0.1,"nesterov":false,"maximize":false,"initial_lr":0.001}",
        "adagrad: Adagrad {"lr":0.001,"lr_decay":0,"weight_decay":0.1,"initial_accumulator_value":0,"eps":1e-10,"maximize":false,"initial_lr":0.001}",
        "rmsprop: RMSprop {"lr":0.001,"alpha":0.99,"eps":1e-8,"weight_decay":0.1,"momentum":0,"centered":false,"maximize":false,"initial_lr":0.001}",
        "lion_32bit: Lion {"lr":0.001,"betas":[0.8,0.999],"weight_decay":0.1,"initial_lr":0.001}",
      ]
    `);
  });

  it('takes the options that have no argument', () => {
    expect(made({ optim: 'sgd', optim_args: { momentum: 0.9, nesterov: true } }).paramGroups).toMatchObject([
      { momentum: 0.9, nesterov: true },
      { momentum: 0.9, nesterov: true },
    ]);
    expect(
      made({ optim: 'adafactor', optim_args: { scale_parameter: true, eps: [1e-20, 1e-2] } }).paramGroups[0],
    ).toMatchObject({
      scale_parameter: true,
      relative_step: false,
      eps: [1e-20, 1e-2],
    });
  });

  it('lets weights decay that are neither biases nor of a norm, as Hugging Face', () => {
    const { paramGroups } = made({ weight_decay: 0.1 });
    const names = new Map<Tensor, string>(Array.from(model.namedParameters(), ([name, each]) => [each, name]));
    const groups = paramGroups.map((group) => [
      (group as unknown as { weight_decay: number }).weight_decay,
      ...group.params.map((each) => names.get(each)),
    ]);
    expect(groups).toEqual([
      [0.1, 'embedding.weight', 'dense.weight'],
      [0, 'dense.bias', 'first.weight', 'first.bias', 'final_norm.weight', 'relative_attention_bias.weight'],
    ]);
  });

  it('refuses what the optimizer would not heed', () => {
    const failing = (given: GivenTrainingArguments) => () => checkOptimization(readTrainingArguments(given));
    expect(failing({ optim_args: { eps: 1e-6 } })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Trainer: optim_args gives eps of adamw_torch, which has an argument of its own: adam_epsilon.]`,
    );
    expect(failing({ optim: 'rmsprop', optim_args: { eps: 1e-6 } })).not.toThrow();
    expect(failing({ optim: 'sgd', optim_args: { weight_decay: 0.1 } })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Trainer: optim_args gives weight_decay of sgd, which has an argument of its own: weight_decay.]`,
    );
    expect(failing({ optim: 'sgd', optim_args: { momentun: 0.9 } })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: SGD: there is no option momentun; did you mean momentum?]`,
    );
    expect(failing({ optim: 'adafactor', optim_args: { relative_step: true } })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Adafactor: lr is 0.00005 and relative_step makes the learning rate; give one of them, or set relative_step to false.]`,
    );
    expect(failing({ lr_scheduler_kwargs: { num_cycles: 2 } })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: linear: there is no option num_cycles; it takes none.]`,
    );
    expect(
      failing({ lr_scheduler_type: 'warmup_stable_decay', lr_scheduler_kwargs: { num_decay_steps: 9 }, max_steps: 5 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: get_scheduler: warmup_stable_decay has a warm-up of 0 steps and 9 of the fall, more than the run, which has 5.]`,
    );
  });
});

describe('makeScheduler', () => {
  const rates = (given: GivenTrainingArguments, steps: number) => {
    const args: TrainingArguments = readTrainingArguments({ learning_rate: 1, ...given });
    const scheduler = makeScheduler(makeOptimizer(model, args), args, steps);
    return Array.from({ length: steps }, () => {
      const [lr] = scheduler.getLastLr();
      scheduler.step();
      return lr;
    });
  };

  it('warms up for a number of steps, or a share of them', () => {
    const want = [0, 0.5, 1, 0.75, 0.5, 0.25];
    expect(rates({ warmup_steps: 2 }, 6)).toEqual(want);
    expect(rates({ warmup_steps: 0.3 }, 6)).toEqual(want);
    expect(rates({ warmup_ratio: 0.3 }, 6)).toEqual(want);
    expect(rates({ warmup_ratio: 0.9, warmup_steps: 2 }, 6)).toEqual(want);
  });

  it('hands over the options of the schedule', () => {
    expect(rates({ lr_scheduler_type: 'polynomial', lr_scheduler_kwargs: { power: 2, lr_end: 0 } }, 4)).toEqual([
      1, 0.5625, 0.25, 0.0625,
    ]);
  });
});
