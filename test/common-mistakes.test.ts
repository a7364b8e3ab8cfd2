// The mistakes that beginners make most often with tokenizers and models: each cannot happen here, or is named with its repair.
import { afterAll, describe, expect, test } from 'vitest';
import { DataCollatorWithPadding, Dataset } from '../src/data/index.ts';
import { AutoModelForMaskedLM, AutoModelForSequenceClassification } from '../src/models/index.ts';
import { pipeline } from '../src/pipelines/index.ts';
import { evaluate, manualSeed, type Tensor, tensor } from '../src/tensor/index.ts';
import { BertTokenizerFast } from '../src/tokenizers/index.ts';

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const words = ['good', 'bad', 'film', 'the', 'a'];
const tokenizer = new BertTokenizerFast([...special, ...words], { model_max_length: 24 });
manualSeed(3);
const model = AutoModelForSequenceClassification.from_config({
  model_type: 'bert',
  vocab_size: special.length + words.length,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 32,
  max_position_embeddings: 24,
  initializer_range: 0.5,
});
model.eval();
afterAll(() => model.dispose());

test('no batch dimension: the model says what is missing, and a collator adds it', () => {
  const ids = tensor(new Int32Array(tokenizer('good film').input_ids));
  expect(() => model.forward({ input_ids: ids })).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: BertModel: input_ids are [4]; they must be [batch, time]. The batch axis is missing: give [[ids]], or let the tokenizer and the collator make the batch.]`,
  );
  const { input_ids } = DataCollatorWithPadding(tokenizer)([{ ...tokenizer('good film') }]) as { input_ids: Tensor };
  expect(input_ids.shape).toEqual([1, 16]);
});

test('no attention mask: a padded batch has one whether or not the examples do', async () => {
  const short = tokenizer('good film', { return_attention_mask: false });
  const long = tokenizer('the bad film the bad film', { return_attention_mask: false });
  expect(Object.keys(short)).not.toContain('attention_mask');
  const collate = DataCollatorWithPadding(tokenizer, { pad_to_multiple_of: 1 });
  const logits = async (examples: object[]): Promise<number[]> => {
    const output = model.forward(collate(examples) as { input_ids: Tensor }).logits;
    await evaluate([output]);
    return Array.from(await output.data(), Number).slice(0, 2);
  };
  const alone = await logits([{ ...short }]);
  const padded = await logits([{ ...short }, { ...long }]);
  for (const [i, value] of padded.entries()) expect(value).toBeCloseTo(alone[i]!, 5);
});

describe('tokenizer and model of two checkpoints', () => {
  test('a pipeline refuses a tokenizer with more tokens than the model has', async () => {
    const other = new BertTokenizerFast([...special, ...words, 'more', 'words'], { model_max_length: 24 });
    await expect(pipeline('text-classification', { model, tokenizer: other })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: pipeline: the tokenizer has 12 tokens and the model knows 10; take both from one checkpoint, as in pipeline(task, folder).]`,
    );
    await expect(pipeline('text-classification', { model, tokenizer })).resolves.toBeTypeOf('function');
  });
});

describe('map with batched: true', () => {
  const reviews = Dataset.from_dict({ text: ['good film', 'bad', 'the film'], label: [1, 0, 1] });

  test('a tokenizer takes the column of a batch as it takes one text', async () => {
    const one = await reviews.map((row) => ({ ...tokenizer(row.text) }));
    const several = await reviews.map((batch) => ({ ...tokenizer(batch.text) }), { batched: true });
    expect(several.to_list()).toEqual(one.to_list());
  });

  test('a function for single rows is told what a batch needs', async () => {
    const single = (batch: { text: unknown }) => ({ shout: `${batch.text}!` });
    await expect(reviews.map(single, { batched: true })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: Dataset.map: shout of the batch at row 0 is no list; a batched function gives a list per column.]`,
    );
  });

  test('rows that a batch adds do not fit beside columns that stay', async () => {
    const windows = (batch: { text: string[] }) => ({ ids: batch.text.flatMap((text) => text.split(' ')) });
    await expect(reviews.map(windows, { batched: true })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: Dataset.map: the function made 5 rows of 3, and text, label would stay; name the columns that no longer fit in remove_columns.]`,
    );
    const own = await reviews.map(windows, { batched: true, remove_columns: ['text', 'label'] });
    expect(own.length).toBe(5);
  });
});

test("another tokenizer's mask: the error names this one's", async () => {
  const { vocab_size, hidden_size, max_position_embeddings } = model.config as never as Record<string, number>;
  const shape = { num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 32 };
  const masked = AutoModelForMaskedLM.from_config({
    model_type: 'bert',
    vocab_size,
    hidden_size,
    max_position_embeddings,
    ...shape,
  });
  using fill = await pipeline('fill-mask', { model: masked, tokenizer });
  await expect(fill('the <mask> film')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DataError: pipeline: fill-mask found no [MASK] in "the <mask> film"; the text has <mask>, which is another tokenizer's: write [MASK] in its place.]`,
  );
  await expect(fill('the [MASK] film')).resolves.toHaveLength(5);
});

test('another device: what the model is given moves to where the model lies', async () => {
  await model.to('cpu');
  const output = model.forward(DataCollatorWithPadding(tokenizer)([{ ...tokenizer('a good film') }]) as { input_ids: Tensor });
  await evaluate([output.logits]);
  expect(output.logits.device).toBe('cpu');
});
