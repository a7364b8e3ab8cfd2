import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, expect, it } from 'vitest';
import { Dataset } from '../data/index.ts';
import { AutoModelForSequenceClassification, type SequenceClassifier } from '../models/index.ts';
import { functional } from '../nn/index.ts';
import { silentProgress } from '../progress/index.ts';
import { manualSeed, memory } from '../tensor/index.ts';
import { BertTokenizerFast } from '../tokenizers/index.ts';
import { EarlyStoppingCallback, type LogEntry, type TrainerCallback } from './callbacks.ts';
import { checkpointSteps, get_last_checkpoint } from './checkpoints.ts';
import { MetricsFile } from './metrics-file.ts';
import { Trainer, type TrainerOptions } from './trainer.ts';
import type { GivenTrainingArguments } from './training-args.ts';

const root = mkdtempSync(join(tmpdir(), 'qkv-trainer-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const freshFolder = () => join(root, String(folders++));

/** Texts whose class one of their words tells. */
function examples(count: number, shift = 0): Dataset {
  const rows = Array.from({ length: count }, (_, i) => {
    const label = i % 2;
    // The other words come in pairs of examples, one of each class, so that they tell nothing.
    const pair = Math.floor(i / 2) + shift;
    const words = Array.from({ length: 3 + ((pair * 5) % 6) }, (_, j) => 6 + ((pair * 7 + j * 3) % 20));
    return { input_ids: [2, ...words, label === 1 ? 30 : 31, 3], label };
  });
  return Dataset.from_list(rows);
}

function tinyModel({ dropout = 0.1 } = {}): SequenceClassifier {
  manualSeed(7);
  return AutoModelForSequenceClassification.from_config({
    model_type: 'bert',
    vocab_size: 40,
    hidden_size: 32,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 64,
    max_position_embeddings: 16,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
  });
}

const vocab = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...Array.from({ length: 35 }, (_, i) => `w${i}`)];
const tokenizer = new BertTokenizerFast(vocab, { model_max_length: 16 });

function makeTrainer({ args, ...options }: Partial<TrainerOptions> = {}): Trainer {
  return new Trainer({
    model: tinyModel(),
    tokenizer,
    train_dataset: examples(50),
    progress: silentProgress,
    ...options,
    args: {
      output_dir: freshFolder(),
      per_device_train_batch_size: 8,
      learning_rate: 5e-3,
      logging_steps: 1,
      save_strategy: 'no',
      ...args,
    },
  });
}

const weightsOf = async ({ model }: Trainer) =>
  new Map(Array.from(await model.stateDict(), ([name, { data }]) => [name, Array.from(data as Float32Array)]));

/** The log without what a clock decides. */
const figures = (log: readonly LogEntry[]) =>
  log.map((entry) => Object.fromEntries(Object.entries(entry).filter(([name]) => !/runtime|per_second/.test(name))));

describe('Trainer', () => {
  it('learns, and says so', async () => {
    const trainer = makeTrainer({
      eval_dataset: examples(20, 3),
      compute_metrics: ({ predictions, label_ids }) => ({
        accuracy: predictions.filter(([a, b], i) => Number(b! > a!) === label_ids![i]).length / predictions.length,
      }),
      args: { num_train_epochs: 8, eval_strategy: 'epoch' },
    });
    const before = await trainer.evaluate();
    const output = await trainer.train();
    expect(output.global_step).toBe(56);
    expect(trainer.state.epoch).toBe(8);
    const losses = trainer.state.log_history.flatMap(({ loss }) => loss ?? []);
    expect(losses).toHaveLength(56);
    expect(losses.at(-1)!).toBeLessThan(0.5 * losses[0]!);
    expect(output.training_loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 56, 6);
    const after = await trainer.evaluate();
    expect(after.eval_loss!).toBeLessThan(before.eval_loss!);
    expect(after.eval_accuracy).toBeGreaterThan(0.9);
    const evaluated = trainer.state.log_history.filter(({ eval_accuracy }) => eval_accuracy !== undefined);
    expect(evaluated.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 8]);
  });

  it('trains by a loss of the caller', async () => {
    const run = async (options: Partial<TrainerOptions>) => {
      const trainer = makeTrainer({ model: tinyModel({ dropout: 0 }), ...options, args: { max_steps: 5 } });
      await trainer.train();
      return trainer.state.log_history.flatMap(({ loss }) => loss ?? []);
    };
    const own = await run({ compute_loss_func: ({ logits }, labels) => functional.crossEntropy(logits, labels) });
    expect(own).toEqual(await run({}));
    const halved = await run({
      compute_loss_func: ({ logits }, labels) => functional.crossEntropy(logits, labels).mul(0.5),
    });
    expect(halved[0]).toBeCloseTo(own[0]! / 2, 6);
  });

  it('steps on several batches as on one large one', async () => {
    const run = async (args: TrainerOptions['args']) => {
      const trainer = makeTrainer({ model: tinyModel({ dropout: 0 }), args: { max_steps: 14, ...args } });
      await trainer.train();
      return trainer;
    };
    const large = await run({ per_device_train_batch_size: 12 });
    // 50 examples make a last batch of 2, which counts for less.
    const small = await run({ per_device_train_batch_size: 3, gradient_accumulation_steps: 4 });
    const losses = (trainer: Trainer) => trainer.state.log_history.flatMap(({ loss }) => loss ?? []);
    expect(losses(large)).toHaveLength(14);
    for (const [i, loss] of losses(small).entries()) expect(loss).toBeCloseTo(losses(large)[i]!, 4);
  });

  it('holds no more memory the more batches are accumulated or steps taken', async () => {
    const peaks = new Map<number, number>();
    setFlagsFromString('--expose_gc');
    const collect = runInNewContext('gc') as () => void;
    for (const gradient_accumulation_steps of [2, 16]) {
      let most = 0;
      // What earlier tests left is freed now, and not while this one counts.
      collect();
      await wait(20);
      const before = memory().bytes;
      const trainer = makeTrainer({
        callbacks: [
          {
            on_step_end: () => {
              most = Math.max(most, memory().bytes - before);
            },
          },
        ],
        args: { max_steps: 12, per_device_train_batch_size: 2, gradient_accumulation_steps },
      });
      await trainer.train();
      peaks.set(gradient_accumulation_steps, most);
      trainer.model.dispose();
    }
    expect(peaks.get(16)!).toBeLessThanOrEqual(1.05 * peaks.get(2)!);
  });

  it('gives biases and norms no weight decay', async () => {
    const run = async (weight_decay: number) => {
      const trainer = makeTrainer({ args: { max_steps: 1, weight_decay, learning_rate: 1e-2, lr_scheduler_type: 'constant' } });
      const start = await weightsOf(trainer);
      await trainer.train();
      return { start, end: await weightsOf(trainer) };
    };
    const [plain, decayed] = [await run(0), await run(0.5)];
    for (const [name, values] of decayed.end) {
      const decays = !name.endsWith('bias') && !name.includes('LayerNorm');
      const expected = plain.end.get(name)!.map((value, i) => value - (decays ? 1e-2 * 0.5 * plain.start.get(name)![i]! : 0));
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
    }
  });

  it('smooths labels as cross entropy does', async () => {
    const run = async (label_smoothing_factor: number) => {
      const trainer = makeTrainer({ args: { max_steps: 60, label_smoothing_factor } });
      return (await trainer.train()).global_step && trainer.state.log_history.flatMap(({ loss }) => loss ?? []).at(-1)!;
    };
    const [plain, smoothed] = [await run(0), await run(0.4)];
    // With 0.4 spread over two classes, no prediction has a loss under the entropy of (0.8, 0.2).
    expect(smoothed).toBeGreaterThan(0.5);
    expect(plain).toBeLessThan(0.5);
  });

  it('follows the schedule', async () => {
    const trainer = makeTrainer({ args: { max_steps: 10, warmup_steps: 5, learning_rate: 1e-3 } });
    await trainer.train();
    const rates = trainer.state.log_history.flatMap(({ learning_rate }) => learning_rate ?? []);
    expect(rates.map((rate) => Number((rate * 1e4).toFixed(3)))).toEqual([0, 2, 4, 6, 8, 10, 8, 6, 4, 2]);
  });

  it('gives the same losses and weights for the same seed, and others for another', async () => {
    const run = async (seed: number) => {
      const trainer = makeTrainer({ args: { max_steps: 8, seed } });
      await trainer.train();
      return { log: figures(trainer.state.log_history), weights: await weightsOf(trainer) };
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect((await run(2)).log).not.toEqual(first.log);
  });

  it('refuses what it cannot do', async () => {
    const failing = (options: object) => () => makeTrainer(options);
    expect(failing({ modle: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Trainer: there is no option modle; did you mean model?]`,
    );
    expect(failing({ args: { fp16: true } })).toThrow('there is no option fp16');
    expect(failing({ args: { eval_strategy: 'epoch' } })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Trainer: eval_strategy is epoch and there is no eval_dataset; give one, or set eval_strategy to no.]`,
    );
    const without = new Trainer({ model: tinyModel(), progress: silentProgress });
    await expect(without.train()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Trainer: there is no train_dataset; give one to train, or call evaluate or predict.]`,
    );
    await expect(without.evaluate()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Trainer: there is no eval_dataset; give one, or pass the data to evaluate.]`,
    );
    const texts = Dataset.from_dict({ text: ['a', 'b'], class: [0, 1] });
    await expect(makeTrainer({ train_dataset: texts }).train()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Trainer: train_dataset has no input_ids; its columns are text, class. Map the tokenizer over it: dataset.map((row) => tokenizer(row.text, { truncation: true })).]`,
    );
    const unlabelled = Dataset.from_dict({ input_ids: [[2, 3]], class: [0] });
    await expect(makeTrainer({ train_dataset: unlabelled }).train()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Trainer: train_dataset has neither label nor labels; its columns are input_ids, class. Rename the column of the class with rename_column(name, 'label').]`,
    );
    await expect(makeTrainer({ args: { learning_rate: 1e30, max_grad_norm: 0, max_steps: 5 } }).train()).rejects.toThrow(
      /^Trainer: the loss is NaN at step \d, and no step after it can mend that; lower learning_rate \(it is 1e\+30\), set max_grad_norm to 1, or look/,
    );
    const metric = makeTrainer({
      eval_dataset: examples(4),
      args: { eval_strategy: 'steps', eval_steps: 1, metric_for_best_model: 'acuracy', max_steps: 2 },
      compute_metrics: () => ({ accuracy: 1 }),
    });
    await expect(metric.train()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: Trainer: metric_for_best_model is acuracy, which no evaluation gives; did you mean eval_accuracy?]`,
    );
  });
});

describe('checkpoints', () => {
  const args = {
    num_train_epochs: 3,
    group_by_length: true,
    gradient_accumulation_steps: 2,
    save_strategy: 'steps',
    save_steps: 3,
  } as const;
  const evaluated = { ...args, eval_strategy: 'steps', eval_steps: 3, load_best_model_at_end: true } as const;

  it('lets a stopped run go on as if it had run through, to the last bit', async () => {
    const make = (output_dir: string) =>
      makeTrainer({
        eval_dataset: examples(12, 3),
        args: { ...evaluated, output_dir },
        callbacks: [MetricsFile(join(root, `${output_dir.split(/[\\/]/).at(-1)}.jsonl`))],
      });
    const whole = make(freshFolder());
    await whole.train();
    const end = { log: figures(whole.state.log_history), weights: await weightsOf(whole) };
    expect(end.log.filter(({ loss }) => loss !== undefined)).toHaveLength(12);
    // In the middle of an epoch, at an evaluation, at the end of an epoch, and at the last step.
    for (const stop of [1, 3, 4, 6, 8, 12]) {
      const folder = freshFolder();
      const first = make(folder);
      const abort = new AbortController();
      first.add_callback({
        on_step_end: ({ state }) => (state.global_step === stop ? abort.abort(new Error('stop')) : undefined),
      });
      await expect(first.train({ signal: abort.signal })).rejects.toThrow('stop');
      expect(await get_last_checkpoint(folder)).toBe(`${folder}/checkpoint-${stop}`);
      const second = make(folder);
      await second.train({ resume_from_checkpoint: true });
      expect(figures(second.state.log_history)).toEqual(end.log);
      expect(await weightsOf(second)).toEqual(end.weights);
      const lines = readFileSync(join(root, `${folder.split(/[\\/]/).at(-1)}.jsonl`), 'utf8')
        .trimEnd()
        .split('\n');
      expect(figures(lines.map((line) => JSON.parse(line)))).toEqual(end.log);
    }
  });

  const byPlateau = { factor: 0.5, patience: 0, threshold: 1 };
  const others: readonly (readonly [name: string, args: GivenTrainingArguments])[] = [
    ['adafactor', { optim: 'adafactor', optim_args: { beta1: 0.9 }, weight_decay: 0.1 }],
    ['sgd', { optim: 'sgd', optim_args: { momentum: 0.9, dampening: 0.1 }, lr_scheduler_type: 'polynomial' }],
    [
      'rmsprop',
      {
        optim: 'rmsprop',
        optim_args: { centered: true },
        lr_scheduler_type: 'warmup_stable_decay',
        lr_scheduler_kwargs: { num_decay_steps: 4 },
      },
    ],
    [
      'adagrad',
      { optim: 'adagrad', lr_scheduler_type: 'cosine_with_min_lr', lr_scheduler_kwargs: { min_lr: 1e-3 }, warmup_steps: 0.2 },
    ],
    ['lion', { optim: 'lion_32bit', learning_rate: 1e-3, lr_scheduler_type: 'inverse_sqrt', warmup_steps: 3 }],
    ['a plateau', { lr_scheduler_type: 'reduce_lr_on_plateau', lr_scheduler_kwargs: byPlateau }],
    ['greed', { lr_scheduler_type: 'greedy', lr_scheduler_kwargs: { patience: 0, min_lr: 1e-4, warmup: 1 } }],
    ['averages', { ema_decay: 0.9, ema_warmup: true, optim_args: { amsgrad: true } }],
  ];

  it.each(others)('lets a killed run with %s go on as if it had run through, to the last bit', async (_name, more) => {
    const make = (output_dir: string) =>
      makeTrainer({
        eval_dataset: examples(12, 3),
        args: { ...evaluated, load_best_model_at_end: false, output_dir, ...more },
      });
    const whole = make(freshFolder());
    await whole.train();
    const first = make(freshFolder());
    first.add_callback({
      on_step_end: ({ state }) => {
        if (state.global_step === 8) throw new Error('killed');
      },
    });
    await expect(first.train()).rejects.toThrow('killed');
    const second = make(first.args.output_dir);
    await second.train({ resume_from_checkpoint: true });
    expect(figures(second.state.log_history)).toEqual(figures(whole.state.log_history));
    expect(await weightsOf(second)).toEqual(await weightsOf(whole));
  });

  it('has the averages of the weights as its model, which evaluations look at and training ends with', async () => {
    const run = async (more: GivenTrainingArguments) => {
      const trainer = makeTrainer({
        eval_dataset: examples(12, 3),
        args: { ...evaluated, load_best_model_at_end: false, ...more },
      });
      await trainer.train();
      const folder = (await get_last_checkpoint(trainer.args.output_dir))!;
      const model = await AutoModelForSequenceClassification.from_pretrained(folder);
      const saved = new Map(
        Array.from(await model.stateDict(), ([name, { data }]) => [name, Array.from(data as Float32Array)]),
      );
      return { trainer, saved, log: trainer.state.log_history };
    };
    const [plain, averaged] = [await run({}), await run({ ema_decay: 0.9 })];
    const losses = ({ log }: typeof plain, name: string) => log.flatMap((entry) => entry[name] ?? []);
    expect(losses(averaged, 'loss')).toEqual(losses(plain, 'loss'));
    expect(losses(averaged, 'eval_loss')).not.toEqual(losses(plain, 'eval_loss'));
    expect(averaged.saved).toEqual(await weightsOf(averaged.trainer));
    expect(averaged.saved).not.toEqual(plain.saved);
    const { eval_loss } = await averaged.trainer.evaluate();
    expect(eval_loss).toBe(losses(averaged, 'eval_loss').at(-2));
  });

  it('lowers the learning rate where evaluations get no better', async () => {
    const scores = [0.5, 0.6, 0.6, 0.7];
    let evaluation = 0;
    const trainer = makeTrainer({
      eval_dataset: examples(4),
      compute_metrics: () => ({ score: scores[evaluation++]! }),
      args: {
        max_steps: 4,
        eval_strategy: 'steps',
        eval_steps: 1,
        metric_for_best_model: 'score',
        lr_scheduler_type: 'reduce_lr_on_plateau',
        lr_scheduler_kwargs: { patience: 0 },
        learning_rate: 1e-3,
      },
    });
    await trainer.train();
    const rates = trainer.state.log_history.flatMap(({ learning_rate }) => learning_rate ?? []);
    // More of the score is better, which the schedule is told; the third is no better than the second.
    expect(rates).toEqual([1e-3, 1e-3, 1e-3, 1e-4]);
  });

  it('goes on with the options of the call that resumes it', async () => {
    const output_dir = freshFolder();
    const make = (more: GivenTrainingArguments) =>
      makeTrainer({
        args: { max_steps: 2, save_strategy: 'steps', save_steps: 2, lr_scheduler_type: 'constant', output_dir, ...more },
      });
    await make({}).train();
    const second = make({ max_steps: 3, learning_rate: 1e-4, adam_beta1: 0.5, save_steps: 3 });
    await second.train({ resume_from_checkpoint: true });
    expect(second.state.log_history.flatMap(({ learning_rate }) => learning_rate ?? [])).toEqual([5e-3, 5e-3, 1e-4]);
    const { qkv } = JSON.parse(readFileSync(join(output_dir, 'checkpoint-3', 'trainer_state.json'), 'utf8'));
    expect(qkv.optimizer.param_groups[0]).toMatchObject({ lr: 1e-4, initial_lr: 1e-4, betas: [0.5, 0.999] });
  });

  it('cuts what a killed run logged after its last checkpoint', async () => {
    const path = join(root, 'killed.jsonl');
    const output_dir = freshFolder();
    const make = () => makeTrainer({ args: { ...args, output_dir }, callbacks: [MetricsFile(path)] });
    const first = make();
    const killed: TrainerCallback = {
      on_step_end: ({ state }) => {
        if (state.global_step === 5) throw new Error('killed');
      },
    };
    first.add_callback(killed);
    await expect(first.train()).rejects.toThrow('killed');
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"step":5,"lo`);
    await make().train({ resume_from_checkpoint: true });
    const steps = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).step);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12]);
  });

  it('holds what Python needs, and loads on its own', async () => {
    const trainer = makeTrainer({ args: { max_steps: 2, save_strategy: 'steps' } });
    await trainer.train();
    const folder = (await get_last_checkpoint(trainer.args.output_dir))!;
    expect((await readdir(folder)).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'optimizer.safetensors',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'trainer_state.json',
      'training_args.json',
      'vocab.txt',
    ]);
    const loaded = await AutoModelForSequenceClassification.from_pretrained(folder);
    const state = await loaded.stateDict();
    for (const [name, values] of await weightsOf(trainer))
      expect(Array.from(state.get(name)!.data as Float32Array)).toEqual(values);
  });

  it('keeps as many as it is told to, the best among them', async () => {
    let evaluation = 0;
    const trainer = makeTrainer({
      eval_dataset: examples(4),
      compute_metrics: () => ({ score: [1, 5, 2, 3, 4, 0][evaluation++]! }),
      args: { ...evaluated, save_steps: 2, eval_steps: 2, save_total_limit: 2, metric_for_best_model: 'score' },
    });
    const best: Map<string, number[]>[] = [];
    trainer.add_callback({
      on_save: async ({ state }) => void (state.global_step === 4 && best.push(await weightsOf(trainer))),
    });
    await trainer.train();
    expect(await checkpointSteps(trainer.args.output_dir)).toEqual([4, 12]);
    expect(trainer.state).toMatchObject({ best_metric: 5, best_global_step: 4, best_model_checkpoint: 'checkpoint-4' });
    expect(await weightsOf(trainer)).toEqual(best[0]);
  });

  it('says why it cannot be resumed', async () => {
    const output_dir = freshFolder();
    const make = (more: object = {}, rest: object = {}) =>
      makeTrainer({ args: { ...args, max_steps: 3, output_dir, ...more }, ...rest });
    const failure = async (trainer: Trainer, from: string | true = true) => {
      const error: Error = await trainer.train({ resume_from_checkpoint: from }).then(
        () => new Error('no error'),
        (thrown) => thrown,
      );
      return error.message
        .replaceAll('\\', '/')
        .replaceAll(root.replaceAll('\\', '/'), '<root>')
        .replace(/<root>\/\d+/g, '<run>');
    };
    expect(await failure(make())).toMatchInlineSnapshot(
      `"Trainer: resume_from_checkpoint is true and <run> has no checkpoint; train without it, or give a checkpoint's folder."`,
    );
    await make().train();
    expect(await failure(make({ seed: 1 }))).toMatchInlineSnapshot(
      `"Trainer: <run>/checkpoint-3 was made with seed 42, and now it is 1; give what it was made with, or start anew without resuming."`,
    );
    expect(await failure(make({ per_device_train_batch_size: 4 }))).toMatchInlineSnapshot(
      `"Trainer: <run>/checkpoint-3 was made with per_device_train_batch_size 8, and now it is 4; give what it was made with, or start anew without resuming."`,
    );
    expect(await failure(make({ optim: 'sgd', optim_args: { momentum: 0.9 } }))).toMatchInlineSnapshot(
      `"Trainer: <run>/checkpoint-3 was made with optim adamw_torch, and now it is sgd; give what it was made with, or start anew without resuming."`,
    );
    expect(await failure(make({ ema_decay: 0.9 }))).toMatchInlineSnapshot(
      `"Trainer: <run>/checkpoint-3 was made with ema_decay not given, and now it is 0.9; give what it was made with, or start anew without resuming."`,
    );
    expect(await failure(make({}, { train_dataset: examples(40) }))).toMatchInlineSnapshot(
      `"Trainer: <run>/checkpoint-3 was made on 50 examples, and there are now 40; give the data it was made on, or start anew without resuming."`,
    );
    expect(await failure(make(), join(root, 'nowhere'))).toMatchInlineSnapshot(
      `"Trainer: there is no folder <root>/nowhere; give the path of a folder that has the files."`,
    );
    const checkpoint = join(output_dir, 'checkpoint-3');
    const file = join(checkpoint, 'trainer_state.json');
    const state = readFileSync(file, 'utf8');
    writeFileSync(file, state.replace('"param_groups"', '"lrs"'));
    expect(await failure(make())).toMatchInlineSnapshot(
      `"Trainer: <run>/checkpoint-3 holds the optimizer's state in an earlier form, without param_groups, with which no run can go on; load the model with from_pretrained and start anew."`,
    );
    writeFileSync(file, state);
    const bytes = readFileSync(join(checkpoint, 'model.safetensors'));
    writeFileSync(join(checkpoint, 'model.safetensors'), bytes.subarray(0, bytes.length - 100));
    expect(await failure(make())).toMatch(/model\.safetensors is cut short/);
    rmSync(join(checkpoint, 'trainer_state.json'));
    expect(await failure(make())).toMatchInlineSnapshot(
      `"Trainer: <run>/checkpoint-3 is no checkpoint of a run: it needs trainer_state.json, training_args.json and optimizer.safetensors. To start from a model alone, load it with from_pretrained."`,
    );
  });
});

describe('callbacks', () => {
  it('are called at their moments, and may stop, evaluate and save', async () => {
    const heard: string[] = [];
    const note =
      (moment: string) =>
      ({ state }: { state: { global_step: number } }) =>
        void heard.push(`${moment} ${state.global_step}`);
    const moments = [
      'on_train_begin',
      'on_train_end',
      'on_epoch_begin',
      'on_epoch_end',
      'on_step_begin',
      'on_step_end',
      'on_log',
      'on_evaluate',
      'on_save',
    ];
    const trainer = makeTrainer({
      eval_dataset: examples(4),
      callbacks: [
        Object.fromEntries(moments.map((moment) => [moment, note(moment)])),
        {
          on_step_end: ({ state, control }) => {
            if (state.global_step === 2) control.should_evaluate = control.should_save = true;
            if (state.global_step === 3) control.should_training_stop = true;
          },
        },
      ],
      args: { num_train_epochs: 2, logging_steps: 2 },
    });
    await trainer.train();
    expect(heard).toEqual([
      'on_train_begin 0',
      'on_epoch_begin 0',
      'on_step_begin 0',
      'on_step_end 1',
      'on_step_begin 1',
      'on_step_end 2',
      'on_log 2',
      'on_evaluate 2',
      'on_log 2',
      'on_save 2',
      'on_step_begin 2',
      'on_step_end 3',
      'on_epoch_end 3',
      'on_log 3',
      'on_train_end 3',
    ]);
  });

  it('stop early where nothing gets better', async () => {
    const scores = [0.1, 0.5, 0.4, 0.45, 0.9, 0.95];
    let evaluation = 0;
    const trainer = makeTrainer({
      eval_dataset: examples(4),
      compute_metrics: () => ({ score: scores[evaluation++]! }),
      callbacks: [EarlyStoppingCallback({ early_stopping_patience: 2 })],
      args: { max_steps: 6, eval_strategy: 'steps', eval_steps: 1, metric_for_best_model: 'score' },
    });
    await trainer.train();
    expect(trainer.state.global_step).toBe(4);
  });

  it('an aborted run that saves nothing just ends', async () => {
    const abort = new AbortController();
    const trainer = makeTrainer({
      callbacks: [{ on_step_end: ({ state }) => (state.global_step === 2 ? abort.abort(new Error('enough')) : undefined) }],
    });
    await expect(trainer.train({ signal: abort.signal })).rejects.toThrow('enough');
    expect(trainer.state.global_step).toBe(2);
    expect(await get_last_checkpoint(trainer.args.output_dir)).toBe(null);
    await expect(trainer.train({ signal: abort.signal })).rejects.toThrow('enough');
  });
});
