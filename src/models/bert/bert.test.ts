import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, type TensorData } from '../../formats/index.ts';
import type { Module } from '../../nn/index.ts';
import { AdamW, clipGradNorm, get_scheduler } from '../../optim/index.ts';
import { type Device, evaluate, type Tensor, tensor } from '../../tensor/index.ts';
import { AutoModelForSequenceClassification } from '../auto.ts';
import { BertForSequenceClassification, BertModel } from './bert.ts';

const golden = new URL('../../../test/golden/bert/', import.meta.url);
const read = async (name: string) => readSafetensors(await readFile(new URL(name, golden)), name).tensors;

/** Norm of the difference over the norm of what is expected. */
function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}

const numbers = async (x: Tensor) => (await x.data()) as Float32Array;
const folder = golden.pathname;

describe.each<Device>(['cpu', 'wasm'])('BertForSequenceClassification against transformers on %s', (device) => {
  let batches: Record<string, Tensor>[];
  let expected: Map<string, TensorData>;
  let model: BertForSequenceClassification;

  beforeAll(async () => {
    const stored = await read('batches.safetensors');
    batches = ['batch0.', 'batch1.'].map((prefix) =>
      Object.fromEntries(
        [...stored].flatMap(([name, { shape, data }]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), tensor(data, { shape })]] : [],
        ),
      ),
    );
    expected = await read('forward.safetensors');
    model = (await AutoModelForSequenceClassification.from_pretrained(folder, {
      device,
    })) as unknown as BertForSequenceClassification;
  });

  afterAll(() => model.dispose());

  const run = (m: BertForSequenceClassification, batch: Record<string, Tensor>) =>
    m.forward({ ...(batch as { input_ids: Tensor }), output_hidden_states: true, output_attentions: true });

  it.each([0, 1])('gives the same states, logits and loss for batch %i', async (i) => {
    const output = run(model, batches[i]!);
    const parts: Record<string, Tensor> = { logits: output.logits, loss: output.loss! };
    output.hidden_states!.forEach((state, layer) => {
      parts[layer === 0 ? 'embeddings' : `layer.${layer - 1}`] = state;
    });
    await evaluate(Object.values(parts));
    for (const [name, part] of Object.entries(parts)) {
      expect(distance(await numbers(part), expected.get(`batch${i}.${name}`)!.data as Float32Array), name).toBeLessThan(1e-5);
    }
    const weights = output.attentions![0]!;
    expect(weights.shape).toEqual([
      batches[i]!.input_ids!.shape[0],
      4,
      batches[i]!.input_ids!.shape[1],
      batches[i]!.input_ids!.shape[1],
    ]);
    for (const total of await numbers(weights.sum(-1))) expect(total).toBeCloseTo(1, 5);
  });

  it('reads ids alone', async () => {
    const { logits } = model.forward({ input_ids: batches[0]!.input_ids! });
    expect(distance(await numbers(logits), expected.get('batch0.logits_of_ids_alone')!.data as Float32Array)).toBeLessThan(
      1e-5,
    );
  });

  it.each([true, false])('gives the same gradient for every parameter (the last layer whole: %s)', async (whole) => {
    const gradients = await read('gradients.safetensors');
    (whole ? run(model, batches[0]!) : model.forward(batches[0] as { input_ids: Tensor })).loss!.backward();
    const named = [...model.namedParameters()];
    await evaluate(named.map(([, { grad }]) => grad!));
    expect(named.map(([path]) => path).sort()).toEqual([...gradients.keys()].sort());
    for (const [path, { grad }] of named) {
      // A key's bias has no gradient but for rounding: softmax does not see a shift of all scores.
      if (path.endsWith('key.bias')) expect(Math.max(...(await numbers(grad!)).map(Math.abs))).toBeLessThan(1e-6);
      else expect(distance(await numbers(grad!), gradients.get(path)!.data as Float32Array), path).toBeLessThan(1e-5);
    }
    model.zeroGrad();
  });

  it.each(['adamw', 'adamw-clipped'])('ends ten steps where PyTorch does: %s', async (name) => {
    const record = JSON.parse(await readFile(new URL('training.json', golden), 'utf8')).runs[name];
    const trained = (await AutoModelForSequenceClassification.from_pretrained(folder, {
      device,
    })) as unknown as BertForSequenceClassification;
    using optimizer = new AdamW(trained.parameters(), record.optimizer);
    const scheduler = get_scheduler(record.num_warmup_steps === null ? 'constant' : 'linear', optimizer, {
      num_warmup_steps: record.num_warmup_steps ?? 0,
      num_training_steps: record.num_training_steps,
    });
    for (const [step, line] of record.steps.entries()) {
      const { loss } = run(trained, batches[step % 2]!);
      loss!.backward();
      const norm = clipGradNorm(trained.parameters(), record.max_grad_norm ?? 1e30);
      expect(scheduler.getLastLr()[0]).toBeCloseTo(line.learning_rate, 10);
      await optimizer.step();
      scheduler.step();
      optimizer.zeroGrad();
      expect(Math.abs((await loss!.item()) / line.loss - 1), `loss of step ${step}`).toBeLessThan(1e-5);
      expect(Math.abs((await norm.item()) / line.grad_norm - 1), `norm of step ${step}`).toBeLessThan(1e-4);
    }
    const final = await read(`${name}.safetensors`);
    for (const [path, parameter] of trained.namedParameters()) {
      if (path.endsWith('key.bias')) continue;
      expect(distance(await numbers(parameter), final.get(path)!.data as Float32Array), path).toBeLessThan(1e-5);
    }
    trained.dispose();
  });
});

describe('a BERT folder', () => {
  it('comes back from save_pretrained as it was', async () => {
    const saved = await mkdtemp(join(tmpdir(), 'qkv-bert-'));
    try {
      const model = await AutoModelForSequenceClassification.from_pretrained(folder);
      await model.save_pretrained(saved);
      expect(await readFile(join(saved, 'model.safetensors'))).toEqual(await readFile(new URL('model.safetensors', golden)));
      const again = await AutoModelForSequenceClassification.from_pretrained(saved);
      expect(again.config).toMatchObject({
        hidden_size: 32,
        architectures: ['BertForSequenceClassification'],
        model_type: 'bert',
      });
    } finally {
      await rm(saved, { recursive: true });
    }
  });

  it('gives a new head when the number of classes differs, and says so', async () => {
    const reports: unknown[] = [];
    const model = await AutoModelForSequenceClassification.from_pretrained(folder, {
      num_labels: 5,
      onReport: (report) => reports.push(report),
    });
    expect(reports).toEqual([{ missing: ['classifier.weight', 'classifier.bias'], unexpected: [] }]);
    const weight = [...model.namedParameters()].find(([path]) => path === 'classifier.weight')![1];
    expect(weight.shape).toEqual([5, 32]);
    const values = await numbers(weight);
    expect(Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)).toBeCloseTo(0.02, 2);
  });

  it('refuses ids without a batch axis, and too many', () => {
    const model = new BertModel({
      vocab_size: 10,
      hidden_size: 8,
      num_attention_heads: 2,
      num_hidden_layers: 1,
      intermediate_size: 8,
      max_position_embeddings: 4,
    });
    const ids = (shape: number[]) => tensor(new Int32Array(shape.reduce((a, b) => a * b, 1)), { shape });
    expect(() => model.forward({ input_ids: ids([4]) })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: BertModel: input_ids are [4]; they must be [batch, time]. The batch axis is missing: give [[ids]], or let the tokenizer and the collator make the batch.]`,
    );
    expect(() => model.forward({ input_ids: ids([1, 5]) })).toThrowErrorMatchingInlineSnapshot(`
      [ShapeError: BertEmbeddings: input_ids are [1, 5]; the model has 4 positions. Truncate with max_length: 4.
        at embeddings]
    `);
    expect(() => model.forward({ input_ids: ids([1, 4]), attention_mask: ids([1, 3]) })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: BertModel: attention_mask is [1, 3] and input_ids are [1, 4]; both must be alike.]`,
    );
  });

  it('says at which module shapes disagree', () => {
    const model: Module = new BertForSequenceClassification({
      vocab_size: 10,
      hidden_size: 8,
      num_attention_heads: 2,
      num_hidden_layers: 1,
      intermediate_size: 8,
    });
    const broken = model as BertForSequenceClassification;
    (broken.bert.encoder.layer[0]!.intermediate as { dense: unknown }).dense = broken.classifier;
    expect(() =>
      broken.forward({ input_ids: tensor(new Int32Array(3), { shape: [1, 3] }) }),
    ).toThrowErrorMatchingInlineSnapshot(`
      [ShapeError: linear: x is [1, 3, 2] and weight is [8, 8]; the last axis of x (2) must equal the last of weight (8).
        at bert.encoder.layer.0.output.dense]
    `);
  });
});
