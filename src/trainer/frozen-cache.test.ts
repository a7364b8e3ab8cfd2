import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DataCollatorWithPadding, Dataset, withMaskedTokens } from '../data/index.ts';
import { AutoModelForSequenceClassification, type SequenceClassifier } from '../models/index.ts';
import { silentProgress } from '../progress/index.ts';
import { manualSeed, memory } from '../tensor/index.ts';
import { BertTokenizerFast } from '../tokenizers/index.ts';
import type { TrainerCallback } from './callbacks.ts';
import { Trainer, type TrainerOptions } from './trainer.ts';

const root = mkdtempSync(join(tmpdir(), 'qkv-frozen-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const freshFolder = () => join(root, String(folders++));

/** Texts of 5 to 30 tokens, whose class one of their words tells. */
const rows = Array.from({ length: 40 }, (_, i) => {
  const words = Array.from({ length: 2 + ((i * 11) % 26) }, (_, j) => 6 + ((i * 7 + j * 3) % 20));
  return { input_ids: [2, ...words, i % 2 === 1 ? 30 : 31, 3], label: i % 2 };
});
const train_dataset = Dataset.from_list(rows);
const width = 32;

function tinyModel({
  layers = 3,
  dropout = 0,
  frozen = /^bert\.(embeddings|encoder\.layer\.[01])\./,
} = {}): SequenceClassifier {
  manualSeed(7);
  const model = AutoModelForSequenceClassification.from_config({
    model_type: 'bert',
    vocab_size: 40,
    hidden_size: width,
    num_hidden_layers: layers,
    num_attention_heads: 2,
    intermediate_size: 64,
    max_position_embeddings: 32,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
    classifier_dropout: 0.2,
  });
  model.freeze(frozen);
  return model;
}

const vocab = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...Array.from({ length: 35 }, (_, i) => `w${i}`)];
const tokenizer = new BertTokenizerFast(vocab, { model_max_length: 32 });

function makeTrainer({ args, ...options }: Partial<TrainerOptions> = {}): Trainer {
  return new Trainer({
    model: tinyModel(),
    tokenizer,
    train_dataset,
    progress: silentProgress,
    ...options,
    args: {
      output_dir: freshFolder(),
      per_device_train_batch_size: 6,
      num_train_epochs: 3,
      learning_rate: 5e-3,
      logging_steps: 1,
      save_strategy: 'no',
      ...args,
    },
  });
}

const losses = (trainer: Trainer) => trainer.state.log_history.flatMap(({ loss }) => loss ?? []);

/** What the option does besides keeping: modules that are frozen altogether run as in evaluation. */
const frozenInEval: TrainerCallback = {
  on_step_begin: ({ model }) => {
    for (const [, module] of model.namedModules()) {
      const parameters = module.parameters();
      if (parameters.length > 0 && parameters.every(({ requiresGrad }) => !requiresGrad)) module.eval();
    }
  },
};

/** Trains, and gives the losses, all weights, and what was kept. */
async function trained(options: Partial<TrainerOptions> = {}) {
  const trainer = makeTrainer(options);
  const { metrics } = await trainer.train();
  const state = await trainer.model.stateDict();
  return {
    losses: losses(trainer),
    weights: Array.from(state.values(), ({ data }) => Array.from(data as Float32Array)),
    examples: metrics.frozen_examples_kept,
    bytes: metrics.frozen_bytes_kept,
    folder: trainer.args.output_dir,
  };
}

/** Rounding alone: a row's products may be summed in another order in a batch of another shape. */
function expectClose(got: readonly number[], want: readonly number[]) {
  expect(got).toHaveLength(want.length);
  got.forEach((number, i) => {
    expect(Math.abs(number - want[i]!)).toBeLessThan(2e-4);
  });
}

const tokens = rows.reduce((sum, { input_ids }) => sum + input_ids.length, 0);

describe('cache_frozen', () => {
  it.each(['memory', 'disk'] as const)(
    'in %s: the losses and weights are those without it, and each token is kept once',
    async (cache_frozen) => {
      const want = await trained({ callbacks: [frozenInEval] });
      const got = await trained({ args: { cache_frozen } });
      expectClose(got.losses, want.losses);
      for (const [i, weights] of got.weights.entries()) expectClose(weights, want.weights[i]!);
      expect(new Set(want.losses).size).toBe(want.losses.length);
      expect([got.examples, got.bytes]).toEqual([40, tokens * width * 4]);
      expect([want.examples, want.bytes]).toEqual([undefined, undefined]);
    },
  );

  it('keeps one row for each text where only the classifier is trained', async () => {
    const frozen = /^bert\./;
    const want = await trained({ model: tinyModel({ frozen }), callbacks: [frozenInEval] });
    const got = await trained({ model: tinyModel({ frozen }), args: { cache_frozen: 'memory' } });
    expectClose(got.losses, want.losses);
    expect(got.bytes).toBe(40 * width * 4);
  });

  it('with accumulated gradients and grouped lengths', async () => {
    const args = { group_by_length: true, gradient_accumulation_steps: 2 };
    const want = await trained({ args, callbacks: [frozenInEval] });
    const got = await trained({ args: { ...args, cache_frozen: 'memory' } });
    expectClose(got.losses, want.losses);
  });

  it('computes the frozen part once for each example', async () => {
    const counts: number[] = [];
    const collate = DataCollatorWithPadding(tokenizer);
    const data_collator = (examples: Parameters<typeof collate>[0]) => {
      counts.push(examples.length);
      return collate(examples);
    };
    await trained({ data_collator, args: { cache_frozen: 'memory' } });
    // Once a step, for all of three epochs; once more for what was missing; and the first batch in two halves, to check.
    expect(counts.reduce((a, b) => a + b)).toBe(3 * 40 + 40 + 6);
  });

  it('keeps no more than it may, and computes the rest', async () => {
    const want = await trained({ callbacks: [frozenInEval] });
    for (const cache_frozen of ['memory', 'disk'] as const) {
      const cache_frozen_max_bytes = 20_000;
      const sizes: number[] = [];
      const output_dir = freshFolder();
      const look: TrainerCallback = {
        on_step_end: async () => {
          for (const name of await readdir(output_dir).catch(() => [])) sizes.push((await stat(join(output_dir, name))).size);
        },
      };
      const got = await trained({ callbacks: [look], args: { output_dir, cache_frozen, cache_frozen_max_bytes } });
      expectClose(got.losses, want.losses);
      expect(got.bytes!).toBeGreaterThan(15_000);
      expect(got.bytes!).toBeLessThanOrEqual(cache_frozen_max_bytes);
      expect(Math.max(0, ...sizes)).toBe(cache_frozen === 'disk' ? got.bytes : 0);
      expect(await readdir(output_dir).catch(() => [])).toEqual([]);
    }
  });

  it('removes its file when a run fails, and a later run removes what a killed one left', async () => {
    const fail: TrainerCallback = {
      on_step_end: ({ state }) => {
        if (state.global_step === 2) throw new Error('stop');
      },
    };
    const output_dir = freshFolder();
    const trainer = makeTrainer({ callbacks: [fail], args: { output_dir, cache_frozen: 'disk' } });
    await expect(trainer.train()).rejects.toThrow('stop');
    expect(await readdir(output_dir)).toEqual([]);
  });

  it('goes on from a checkpoint', async () => {
    const want = await trained({ callbacks: [frozenInEval] });
    const output_dir = freshFolder();
    const abort = new AbortController();
    const stop: TrainerCallback = {
      on_step_end: ({ state }) => {
        if (state.global_step === 9) abort.abort(new Error('stop'));
      },
    };
    const args = { output_dir, cache_frozen: 'disk', save_strategy: 'epoch' } as const;
    await expect(makeTrainer({ args, callbacks: [stop] }).train({ signal: abort.signal })).rejects.toThrow('stop');
    expect((await readdir(output_dir)).filter((name) => !name.startsWith('checkpoint'))).toEqual([]);
    const resumed = makeTrainer({ args });
    await resumed.train({ resume_from_checkpoint: true });
    expectClose(losses(resumed), want.losses);
    expect((await readdir(output_dir)).filter((name) => !name.startsWith('checkpoint'))).toEqual([]);
  });

  it('switches dropout off in what is frozen, and leaves it on elsewhere', async () => {
    const seen: boolean[][] = [];
    const model = tinyModel();
    const modules = new Map(model.namedModules());
    const watched = ['bert.encoder.layer.1.output.dropout', 'bert.encoder.layer.2.output.dropout'];
    const collate = DataCollatorWithPadding(tokenizer);
    const first = modules.get(watched[0]!)! as unknown as { forward: (x: unknown) => unknown };
    const forward = first.forward;
    Object.defineProperty(first, 'forward', {
      value: (x: unknown) => {
        seen.push(watched.map((path) => modules.get(path)!.training));
        return forward(x);
      },
    });
    const { examples } = await trained({ model, data_collator: collate, args: { cache_frozen: 'memory', max_steps: 8 } });
    expect(examples).toBe(40);
    expect(new Set(seen.map(String))).toEqual(new Set(['false,true']));
    expect(watched.map((path) => modules.get(path)!.training)).toEqual([true, true]);
  });

  it('forgets what was computed by weights that have changed since', async () => {
    const swap: TrainerCallback = {
      on_epoch_begin: ({ model, state }) => {
        if (state.global_step === 0) return;
        const { weight } = new Map(model.namedModules()).get('bert.encoder.layer.0.output.dense') as unknown as {
          weight: { load: (data: Float32Array) => void; size: number };
        };
        weight.load(new Float32Array(weight.size).fill(0.01 * state.global_step));
      },
    };
    const want = await trained({ callbacks: [swap, frozenInEval] });
    const got = await trained({ callbacks: [swap], args: { cache_frozen: 'memory' } });
    expectClose(got.losses, want.losses);
  });

  it('leaves no buffers behind', async () => {
    const measure = async () => {
      const trainer = makeTrainer({ args: { cache_frozen: 'memory' } });
      const before = memory();
      await trainer.train();
      return memory().buffers - before.buffers;
    };
    // What is left are the trained weights, which lie in the runtime's memory from the first step on.
    const plain = makeTrainer();
    const before = memory();
    await plain.train();
    const uncached = memory().buffers - before.buffers;
    expect(await measure()).toBe(uncached);
  });

  it('refuses what it would be wrong for', async () => {
    const message = async (options: Partial<TrainerOptions>) => {
      const trainer = makeTrainer({ ...options, args: { cache_frozen: 'memory' } });
      return trainer.train().then(() => 'nothing was thrown', String);
    };
    const collate = DataCollatorWithPadding(tokenizer);
    // A model of texts that sees its whole batch.
    const model = tinyModel();
    const { bert } = model as unknown as {
      bert: {
        embeddings: {
          forward: (...args: unknown[]) => { mean: (axis: number, keep: object) => unknown; sub: (x: unknown) => unknown };
        };
      };
    };
    const forward = bert.embeddings.forward;
    Object.defineProperty(bert.embeddings, 'forward', {
      value: (...args: unknown[]) => {
        const x = forward(...args);
        return x.sub(x.mean(0, { keepDims: true }));
      },
    });
    const messages = [
      await message({ model: tinyModel({ frozen: /^nothing|^bert\.pooler/ }).unfreeze() }),
      await message({ model: tinyModel({ frozen: /^classifier/ }) }),
      await message({ train_data_collator: withMaskedTokens(collate, tokenizer, { probability: 0.5 }) }),
      await message({ model }),
    ];
    expect(messages.join('\n')).toMatchInlineSnapshot(`
      "ConfigError: Trainer: cache_frozen is set and all of the model's weights are trained; freeze some, as in model.freeze(/^bert\\./), or leave it at 'no'.
      ConfigError: Trainer: cache_frozen is set and no value of the frozen part can be kept: trained weights or dropout come before all of it, or it gives no rows for single examples. Freeze the model's lower layers, or leave it at 'no'.
      ConfigError: Trainer: cache_frozen: the inputs of example 29 are not what they were when it was last collated; the collator has to give the same each time, padded on the right, without masking or other noise. Leave cache_frozen at 'no', or take another collator.
      ConfigError: Trainer: cache_frozen: what the frozen part gives for example 29 depends on the rest of its batch, so it cannot be kept. Leave cache_frozen at 'no'."
    `);
  });
});
