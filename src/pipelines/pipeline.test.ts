import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { AutoModelForSequenceClassification, labelTables } from '../models/index.ts';
import { manualSeed, memory } from '../tensor/index.ts';
import { BertTokenizerFast } from '../tokenizers/index.ts';
import { type Pipeline, pipeline } from './pipeline.ts';
import type { Classification } from './text-classification.ts';

const folder = mkdtempSync(join(tmpdir(), 'qkv-pipeline-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const words = ['좋다', 'good', 'bad', 'film', 'the', 'a'];
const labels = ['neg', 'neutral', 'pos'];

function makeParts() {
  const tokenizer = new BertTokenizerFast(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words], {
    model_max_length: 24,
    strip_accents: false,
  });
  manualSeed(1);
  const model = AutoModelForSequenceClassification.from_config({
    model_type: 'bert',
    vocab_size: 11,
    hidden_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 32,
    max_position_embeddings: 24,
    initializer_range: 0.5,
    ...labelTables(labels),
  });
  return { tokenizer, model };
}

let classify: Pipeline<'text-classification'>;
beforeAll(async () => {
  const { tokenizer, model } = makeParts();
  await model.save_pretrained(folder);
  await tokenizer.save_pretrained(folder);
  classify = await pipeline('text-classification', folder);
});

describe('text-classification', () => {
  it("has Hugging Face's output shapes", async () => {
    const one = await classify('good film');
    expectTypeOf(one).toEqualTypeOf<Classification[]>();
    expect(one).toHaveLength(1);
    expect(labels).toContain(one[0]!.label);
    const several = await classify(['good film', 'bad film']);
    expectTypeOf(several).toEqualTypeOf<Classification[]>();
    expect(several).toHaveLength(2);
    expect(several[0]).toEqual({ label: one[0]!.label, score: expect.closeTo(one[0]!.score, 5) });
    const all = await classify('good film', { top_k: null });
    expect(all.map(({ label }) => label).sort()).toEqual(labels);
    expect(all.map(({ score }) => score)).toEqual(all.map(({ score }) => score).sort((a, b) => b - a));
    expect(all.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 6);
    const lists = await classify(['good film', 'bad film'], { top_k: 2 });
    expectTypeOf(lists).toEqualTypeOf<Classification[][]>();
    expect(lists.map((list) => list.length)).toEqual([2, 2]);
    expect(await classify([])).toEqual([]);
  });

  it('applies the function that is asked for', async () => {
    const [raw] = await classify.forward(['good film']);
    const none = await classify('good film', { top_k: null, function_to_apply: 'none' });
    expect(none.map(({ score }) => score)).toEqual(Array.from(raw!.logits).sort((a, b) => b - a));
    const sigmoid = await classify('good film', { top_k: null, function_to_apply: 'sigmoid' });
    expect(sigmoid.map(({ score }) => score)).toEqual(none.map(({ score }) => 1 / (1 + Math.exp(-score))));
  });

  it('gives results in the order of the texts, whatever the batches', async () => {
    const texts = Array.from({ length: 23 }, (_, i) =>
      Array.from({ length: 1 + ((i * 7) % 13) }, (_, j) => words[(i + j) % 6]).join(' '),
    );
    const together = await classify(texts, { top_k: null });
    for (const batch_size of [1, 4]) {
      const apart = await classify(texts, { top_k: null, batch_size });
      for (const [i, list] of apart.entries()) {
        expect(list.map(({ label }) => label)).toEqual(together[i]!.map(({ label }) => label));
        list.forEach(({ score }, k) => {
          expect(score).toBeCloseTo(together[i]![k]!.score, 5);
        });
      }
    }
  });

  it('cuts long texts, or refuses them', async () => {
    const long = new Array(60).fill('good').join(' ');
    const [cut] = await classify.forward([long]);
    expect(cut!.input_ids).toHaveLength(24);
    const [shorter] = await classify.forward([long], { max_length: 8 });
    expect(shorter!.input_ids).toHaveLength(8);
    await expect(classify(long, { truncation: false })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: pipeline: text 0 has 62 tokens and the model takes 24; leave truncation on, or shorten it.]`,
    );
  });

  it('reads Korean as well as an empty text', async () => {
    const [korean, empty] = await classify.forward(['좋다 좋다', '']);
    expect(korean!.input_ids).toEqual([2, 5, 5, 3]);
    expect(empty!.input_ids).toEqual([2, 3]);
  });

  it('takes a model and a tokenizer, defaults of its own, and the other name of the task', async () => {
    const parts = makeParts();
    parts.model.train();
    const own = await pipeline('sentiment-analysis', parts, { top_k: 2 });
    expect(own.task).toBe('text-classification');
    const list = await own('good film');
    expect(list).toHaveLength(2);
    const [best] = await classify('good film');
    expect(list[0]).toEqual({ label: best!.label, score: expect.closeTo(best!.score, 5) });
    expect(parts.model.training).toBe(true);
  });

  it('leaves no memory behind', async () => {
    await classify(['good film', 'bad']);
    const before = memory().bytes;
    for (let i = 0; i < 5; i++) await classify(['good film', 'bad']);
    expect(memory().bytes).toBe(before);
    const loaded = await pipeline('text-classification', folder);
    await loaded('good');
    expect(memory().bytes).toBeGreaterThan(before);
    loaded.dispose();
    expect(memory().bytes).toBe(before);
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    await expect(classify('good', { signal: abort.signal })).rejects.toThrow('enough');
  });

  it('says what is wrong', async () => {
    await expect(classify(3 as never)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: pipeline: text-classification got a number; a string or a list of strings is needed.]`,
    );
    await expect(classify(['a', null] as never)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: pipeline: text 1 is null; a string is needed.]`,
    );
    await expect(classify('a', { topk: 3 } as never)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: pipeline: text-classification has no option topk; did you mean top_k?]`,
    );
    await expect(classify('a', { top_k: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: pipeline: top_k is 0; a whole number of at least 1 is needed, or null for all classes.]`,
    );
    await expect(classify('a', { function_to_apply: 'relu' as never })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: pipeline: function_to_apply is "relu"; it must be one of softmax, sigmoid, none.]`,
    );
    await expect(classify('a', { batch_size: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: pipeline: batch_size is 0; a whole number of at least 1 is needed.]`,
    );
    await expect(pipeline('text-clasification' as never, folder)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: pipeline: there is no task text-clasification; did you mean text-classification?]`,
    );
    await expect(pipeline('text-classification', undefined as never)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: pipeline: there is no model; give the folder of one, or { model, tokenizer }.]`,
    );
    await expect(pipeline('text-classification', './nowhere')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[MissingFileError: AutoTokenizer: there is no folder ./nowhere; give the path of a folder that has the files.]`,
    );
  });
});
