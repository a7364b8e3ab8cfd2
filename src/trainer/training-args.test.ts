import { describe, expect, expectTypeOf, it } from 'vitest';
import { scheduleNames } from '../optim/index.ts';
import { readTrainingArguments, type TrainingArguments, trainingArguments } from './training-args.ts';

describe('readTrainingArguments', () => {
  it("has Hugging Face's defaults", () => {
    expect(readTrainingArguments()).toMatchInlineSnapshot(`
      {
        "adam_beta1": 0.9,
        "adam_beta2": 0.999,
        "adam_epsilon": 1e-8,
        "bf16": false,
        "cache_frozen": "no",
        "cache_frozen_max_bytes": 1073741824,
        "data_seed": undefined,
        "dataloader_drop_last": false,
        "ema_decay": undefined,
        "ema_warmup": false,
        "eval_steps": undefined,
        "eval_strategy": "no",
        "gradient_accumulation_steps": 1,
        "greater_is_better": undefined,
        "group_by_length": false,
        "label_smoothing_factor": 0,
        "learning_rate": 0.00005,
        "load_best_model_at_end": false,
        "logging_first_step": false,
        "logging_steps": 500,
        "lr_scheduler_kwargs": undefined,
        "lr_scheduler_type": "linear",
        "max_grad_norm": 1,
        "max_steps": -1,
        "metric_for_best_model": undefined,
        "num_train_epochs": 3,
        "optim": "adamw_torch",
        "optim_args": undefined,
        "output_dir": "trainer_output",
        "per_device_eval_batch_size": 8,
        "per_device_train_batch_size": 8,
        "save_steps": 500,
        "save_strategy": "steps",
        "save_total_limit": undefined,
        "seed": 42,
        "warmup_ratio": 0,
        "warmup_steps": 0,
        "weight_decay": 0,
      }
    `);
    expectTypeOf<TrainingArguments['eval_strategy']>().toEqualTypeOf<'no' | 'steps' | 'epoch'>();
    expectTypeOf<TrainingArguments['save_total_limit']>().toEqualTypeOf<number | undefined>();
  });

  it('knows every schedule that there is', () => {
    expect([...trainingArguments.lr_scheduler_type.choices].sort()).toEqual([...scheduleNames].sort());
  });

  const failure = (given: Parameters<typeof readTrainingArguments>[0]) => {
    try {
      readTrainingArguments(given);
    } catch (error) {
      return String(error);
    }
    return 'no error';
  };

  it('refuses the optimizers that there are not, and names the nearest', () => {
    expect(failure({ optim: 'adamw_bnb_8bit' as never })).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: optim is 'adamw_bnb_8bit'; it must be one of adamw_torch, adamw_torch_fused, adafactor, sgd, adagrad, rmsprop, lion_32bit; did you mean adamw_torch?"`,
    );
    const nearest = (optim: string) => /did you mean (\w+)/.exec(failure({ optim: optim as never }))?.[1];
    expect(['paged_lion_8bit', 'galore_adafactor_layerwise', 'rmsprop_bnb_32bit', 'schedule_free_sgd'].map(nearest)).toEqual([
      'lion_32bit',
      'adafactor',
      'rmsprop',
      'sgd',
    ]);
  });

  it('refuses what is not an option, and values out of range', () => {
    expect(failure({ learning_rat: 1 } as never)).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: there is no option learning_rat; did you mean learning_rate?"`,
    );
    expect(failure({ fp16: true } as never)).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: there is no option fp16; the options are output_dir, num_train_epochs, max_steps, per_device_train_batch_size, per_device_eval_batch_size, gradient_accumulation_steps, group_by_length, dataloader_drop_last, learning_rate, lr_scheduler_type, lr_scheduler_kwargs, warmup_steps, warmup_ratio, optim, optim_args, weight_decay, adam_beta1, adam_beta2, adam_epsilon, max_grad_norm, ema_decay, ema_warmup, label_smoothing_factor, bf16, cache_frozen, cache_frozen_max_bytes, seed, data_seed, logging_steps, logging_first_step, eval_strategy, eval_steps, save_strategy, save_steps, save_total_limit, load_best_model_at_end, metric_for_best_model, greater_is_better."`,
    );
    expect(failure({ adam_beta2: 1 })).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: adam_beta2 is 1; a number of at least 0 and less than 1 is needed."`,
    );
    expect(failure({ num_train_epochs: 0 })).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: num_train_epochs is 0; a number of more than 0 is needed."`,
    );
  });

  it('refuses options that contradict each other', () => {
    expect(failure({ max_steps: 0 })).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: max_steps is 0; it must be at least 1, or -1 to go by num_train_epochs."`,
    );
    expect(failure({ lr_scheduler_type: 'greedy', warmup_steps: 1 })).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: lr_scheduler_type greedy has no warm-up; leave warmup_steps and warmup_ratio out."`,
    );
    expect(failure({ lr_scheduler_type: 'reduce_lr_on_plateau' })).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: lr_scheduler_type reduce_lr_on_plateau goes by evaluations; set eval_strategy to steps or epoch."`,
    );
    expect(failure({ warmup_steps: 2.5 })).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: warmup_steps is 2.5; a whole number of steps is needed, or a share of all steps below 1."`,
    );
    expect(failure({ ema_warmup: true })).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: ema_warmup is set and ema_decay is not; give the decay that it rises to."`,
    );
    expect(failure({ lr_scheduler_type: 'constant', warmup_ratio: 0.1 })).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: lr_scheduler_type constant has no warm-up; use constant_with_warmup."`,
    );
    expect(failure({ load_best_model_at_end: true })).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: load_best_model_at_end needs evaluations; set eval_strategy to steps or epoch."`,
    );
    expect(failure({ load_best_model_at_end: true, eval_strategy: 'epoch' })).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: load_best_model_at_end needs a checkpoint for each evaluation; eval_strategy is epoch and save_strategy steps, and they must be the same."`,
    );
    expect(failure({ load_best_model_at_end: true, eval_strategy: 'steps', eval_steps: 300 })).toMatchInlineSnapshot(
      `"ConfigError: TrainingArguments: load_best_model_at_end needs an evaluation for each checkpoint; save_steps is 500 and must be a multiple of eval_steps, 300."`,
    );
    expect(failure({ load_best_model_at_end: true, eval_strategy: 'steps', eval_steps: 250 })).toBe('no error');
  });
});
