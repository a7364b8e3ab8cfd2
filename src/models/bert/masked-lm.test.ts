import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, safetensorsChunks, type TensorData, writeFileAtomic } from '../../formats/index.ts';
import { type Device, evaluate, noGrad, type Tensor, tensor } from '../../tensor/index.ts';
import { AutoModelForMaskedLM } from '../auto.ts';
import { BertForMaskedLM } from './bert.ts';

const golden = new URL('../../../test/golden/bert-mlm/', import.meta.url);
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

interface Batch {
  input_ids: Tensor;
  attention_mask: Tensor;
  token_type_ids: Tensor;
  labels: Tensor;
}

describe.each<Device>(['cpu', 'wasm'])('BertForMaskedLM against transformers on %s', (device) => {
  let batch: Batch;
  let expected: Map<string, TensorData>;
  const wanted = (name: string) => expected.get(name)!.data as Float32Array;
  const load = async () => (await AutoModelForMaskedLM.from_pretrained(golden.pathname, { device })) as BertForMaskedLM;

  beforeAll(async () => {
    const stored = [...(await read('batch.safetensors'))];
    batch = Object.fromEntries(stored.map(([name, { shape, data }]) => [name, tensor(data, { shape })])) as unknown as Batch;
    expected = await read('expected.safetensors');
  });

  it('gives the same logits and loss, padding included', async () => {
    using model = await load();
    const { logits, loss } = noGrad(() => model.forward(batch));
    await evaluate([logits, loss!]);
    expect(distance((await logits.data()) as Float32Array, wanted('logits'))).toBeLessThan(1e-5);
    expect(Math.abs((await loss!.item()) / wanted('loss')[0]! - 1)).toBeLessThan(1e-5);
  });

  it.each(['known beforehand', 'computed'])('gives the same loss and gradients while training, the labels %s', async (kind) => {
    using model = await load();
    model.train();
    // What was computed is not there while the graph is built: then every word is scored.
    const given = kind === 'computed' ? { ...batch, labels: batch.labels.add(tensor(0, { dtype: 'int64' })) } : batch;
    const { loss } = model.forward(given);
    loss!.backward();
    const named = [...model.namedParameters()];
    await evaluate([loss!, ...named.map(([, { grad }]) => grad!)]);
    expect(Math.abs((await loss!.item()) / wanted('loss')[0]! - 1)).toBeLessThan(1e-5);
    expect(named.map(([path]) => `gradient.${path}`).sort()).toEqual(
      [...expected.keys()].filter((name) => name.startsWith('gradient')).sort(),
    );
    for (const [path, { grad }] of named) {
      // A key's bias has no gradient but for rounding: softmax does not see a shift of all scores.
      const numbers = (await grad!.data()) as Float32Array;
      if (path.endsWith('key.bias')) expect(Math.max(...numbers.map(Math.abs))).toBeLessThan(1e-6);
      else expect(distance(numbers, wanted(`gradient.${path}`)), path).toBeLessThan(1e-5);
    }
  });
});

describe('a folder of BertForMaskedLM', () => {
  it('comes back as it was, and takes the tied weights that other checkpoints repeat', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qkv-mlm-'));
    const silent = { onReport: () => expect.unreachable('nothing is missing and nothing is left over') };
    try {
      using model = await AutoModelForMaskedLM.from_pretrained(golden.pathname, silent);
      await model.save_pretrained(folder);
      const tensors = await read('model.safetensors');
      expect([...readSafetensors(await readFile(join(folder, 'model.safetensors')), 'saved').tensors.keys()].sort()).toEqual(
        [...tensors.keys()].sort(),
      );
      // Older checkpoints keep the decoder, and its bias in place of the head's.
      const older = new Map(tensors);
      older.set('cls.predictions.decoder.weight', tensors.get('bert.embeddings.word_embeddings.weight')!);
      older.set('cls.predictions.decoder.bias', tensors.get('cls.predictions.bias')!);
      older.delete('cls.predictions.bias');
      await writeFileAtomic(join(folder, 'model.safetensors'), safetensorsChunks([...older]));
      using again = (await AutoModelForMaskedLM.from_pretrained(folder, silent)) as BertForMaskedLM;
      expect(await again.cls.predictions.bias.data()).toEqual(tensors.get('cls.predictions.bias')!.data);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses a decoder of its own', () => {
    expect(() => new BertForMaskedLM({ tie_word_embeddings: false })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: BertForMaskedLM: tie_word_embeddings is false; only true is supported.]`,
    );
  });
});
