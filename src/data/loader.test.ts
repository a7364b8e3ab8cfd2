import { describe, expect, it } from 'vitest';
import { manualSeed, type Tensor } from '../tensor/index.ts';
import { BertTokenizerFast } from '../tokenizers/index.ts';
import { DataCollatorWithPadding, default_data_collator, withMaskedTokens } from './collators.ts';
import { Dataset } from './dataset.ts';
import { DataLoader } from './loader.ts';

const tokenizer = new BertTokenizerFast(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', 'c']);
const numbers = async (tensor: Tensor | undefined) => Array.from(await tensor!.data(), Number);

describe('DataCollatorWithPadding', () => {
  const rows = [
    { input_ids: [2, 5, 3], label: 1, text: 'a' },
    { input_ids: [2, 5, 6, 7, 3], label: 0, text: 'a b c' },
  ];

  it('pads to the longest, rounded up, and makes the mask and the labels', async () => {
    const batch = DataCollatorWithPadding(tokenizer, { pad_to_multiple_of: 4 })(rows);
    expect(Object.keys(batch)).toEqual(['input_ids', 'attention_mask', 'labels']);
    expect(batch.input_ids).toMatchObject({ shape: [2, 8], dtype: 'int32' });
    expect(await numbers(batch.input_ids)).toEqual([2, 5, 3, 0, 0, 0, 0, 0, 2, 5, 6, 7, 3, 0, 0, 0]);
    expect(await numbers(batch.attention_mask)).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0]);
    expect(await numbers(batch.labels)).toEqual([1, 0]);
  });

  it('does not round up past what the model takes', () => {
    expect(DataCollatorWithPadding(tokenizer, { max_length: 6 })(rows).input_ids!.shape).toEqual([2, 6]);
    expect(DataCollatorWithPadding(tokenizer, { padding: 'max_length', max_length: 7 })(rows).input_ids!.shape).toEqual([2, 7]);
    expect(DataCollatorWithPadding(tokenizer)(rows).input_ids!.shape).toEqual([2, 16]);
  });

  it('pads on the side that the tokenizer says', async () => {
    const left = new BertTokenizerFast(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a'], { padding_side: 'left' });
    const batch = DataCollatorWithPadding(left, { pad_to_multiple_of: 1 })(rows);
    expect(await numbers(batch.input_ids)).toEqual([0, 0, 2, 5, 3, 2, 5, 6, 7, 3]);
    expect(await numbers(batch.attention_mask)).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('says what is wrong with examples and options', () => {
    const collate = DataCollatorWithPadding(tokenizer);
    expect(() => collate([{ text: 'a' }])).toThrowErrorMatchingInlineSnapshot(
      `[DataError: the collator: example 0 has no input_ids; its columns are text. Did you map the tokenizer over the data set?]`,
    );
    expect(() => collate([{ input_ids: [1], label: 'spam' }])).toThrowErrorMatchingInlineSnapshot(
      `[DataError: the collator: label of example 0 is "spam"; a class number is needed: class_encode_column('label') makes them.]`,
    );
    expect(() => collate([{ input_ids: [1, 2], attention_mask: [1] }])).toThrowErrorMatchingInlineSnapshot(
      `[DataError: DataCollatorWithPadding: example 0 has 1 attention_mask and 2 input_ids; as many are needed.]`,
    );
    expect(() =>
      DataCollatorWithPadding(tokenizer, { padding: 'max_length', max_length: 4 })(rows),
    ).toThrowErrorMatchingInlineSnapshot(
      `[DataError: DataCollatorWithPadding: a text has 5 tokens and max_length is 4; cut it with truncation: true.]`,
    );
    expect(() => DataCollatorWithPadding(tokenizer, { padding: 'max_length' })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: DataCollatorWithPadding: padding is 'max_length' and there is no max_length; give one.]`,
    );
    expect(() => DataCollatorWithPadding(tokenizer, { pad_to_multiple_of: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: DataCollatorWithPadding: pad_to_multiple_of is 0; a whole number of at least 1 is needed.]`,
    );
  });
});

describe('default_data_collator', () => {
  it('stacks lists and labels, and leaves texts out', async () => {
    const batch = default_data_collator([
      { input_ids: [1, 2], labels: 0, text: 'a' },
      { input_ids: [3, 4], labels: 1, text: 'b' },
    ]);
    expect(Object.keys(batch)).toEqual(['input_ids', 'labels']);
    expect(await numbers(batch.input_ids)).toEqual([1, 2, 3, 4]);
  });

  it('refuses lists of different lengths', () => {
    expect(() => default_data_collator([{ input_ids: [1, 2] }, { input_ids: [3] }])).toThrowErrorMatchingInlineSnapshot(
      `[DataError: default_data_collator: input_ids has 2 numbers in one example and 1 in another; pad them with DataCollatorWithPadding.]`,
    );
  });
});

describe('withMaskedTokens', () => {
  it('masks about the share asked for, never special tokens, and the same for the same seed', async () => {
    const rows = [{ input_ids: [2, ...new Array<number>(2000).fill(5), 3] }];
    const collate = withMaskedTokens(DataCollatorWithPadding(tokenizer), tokenizer, { probability: 0.25 });
    const draw = async () => {
      manualSeed(3);
      return numbers(collate(rows).input_ids);
    };
    const ids = await draw();
    expect(ids.slice(0, 1)).toEqual([2]);
    expect(ids[2001]).toBe(3);
    const masked = ids.filter((id) => id === tokenizer.mask_token_id).length;
    expect(masked).toBeGreaterThan(440);
    expect(masked).toBeLessThan(560);
    expect(await draw()).toEqual(ids);
    expect(() => withMaskedTokens(collate, tokenizer, { probability: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: withMaskedTokens: probability is 1; a number from 0 up to, but not, 1 is needed.]`,
    );
  });
});

describe('DataLoader', () => {
  const data = Dataset.from_dict({
    input_ids: Array.from({ length: 103 }, (_, i) => new Array<number>(1 + ((i * 37) % 60)).fill(i)),
    label: Array.from({ length: 103 }, (_, i) => i % 2),
  });
  const collate_fn = DataCollatorWithPadding(tokenizer);
  const epoch = (loader: DataLoader) => Array.from(loader.batches(), ({ indices }) => indices);

  it('goes through every row once an epoch, in another order each time, the same for the same seed', () => {
    const make = (seed: number) => new DataLoader(data, { batch_size: 10, shuffle: true, seed, collate_fn });
    const loader = make(1);
    const [first, second] = [epoch(loader), epoch(loader)];
    expect(first.length).toBe(11);
    expect(first.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, i) => i));
    expect(second.flat()).not.toEqual(first.flat());
    const again = make(1);
    expect([epoch(again), epoch(again)]).toEqual([first, second]);
    expect(epoch(make(2))).not.toEqual(first);
  });

  it('leaves out the last batch where it is not full', () => {
    const loader = new DataLoader(data, { batch_size: 10, drop_last: true, collate_fn });
    expect(loader.length).toBe(10);
    expect(epoch(loader).flat()).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('goes on exactly where a saved state stands', () => {
    const make = () => new DataLoader(data, { batch_size: 8, shuffle: true, seed: 5, group_by_length: true, collate_fn });
    const whole = make();
    const all = [...epoch(whole), ...epoch(whole)];
    for (const stop of [0, 1, 5, 12, 13, 14, 20]) {
      const first = make();
      const seen: (readonly number[])[] = [];
      while (seen.length < stop) {
        for (const { indices } of first.batches()) {
          seen.push(indices);
          if (seen.length === stop) break;
        }
      }
      const second = make();
      second.state = JSON.parse(JSON.stringify(first.state));
      while (seen.length < all.length) seen.push(...epoch(second));
      expect(seen.slice(0, all.length)).toEqual(all);
    }
  });

  it('puts texts of like length together, and still every row once', () => {
    const loader = new DataLoader(data, { batch_size: 8, shuffle: true, group_by_length: true, collate_fn });
    const padding = (batches: readonly (readonly number[])[]) => {
      const lengthOf = (row: number) => data.at(row).input_ids.length as number;
      return batches.reduce((sum, rows) => sum + rows.length * Math.max(...rows.map(lengthOf)), 0);
    };
    const grouped = epoch(loader);
    expect(grouped.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, i) => i));
    const plain = epoch(new DataLoader(data, { batch_size: 8, shuffle: true, collate_fn }));
    expect(padding(grouped)).toBeLessThan(0.75 * padding(plain));
  });

  it('refuses what it cannot do', () => {
    const failing = (options: object) => () => new DataLoader(data, options);
    expect(failing({ batchsize: 3 })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: DataLoader: there is no option batchsize; did you mean batch_size?]`,
    );
    expect(failing({ batch_size: 200, drop_last: true })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: DataLoader: 103 examples make no batch of 200 with drop_last; give more examples.]`,
    );
    expect(failing({ group_by_length: true })).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: DataLoader: group_by_length came with shuffle false; it needs shuffling.]`,
    );
    expect(
      () => new DataLoader(data.remove_columns('input_ids'), { group_by_length: true, shuffle: true }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: DataLoader: group_by_length needs the column input_ids; the columns are label.]`,
    );
    expect(() => {
      new DataLoader(data).state = { epoch: 0, position: 99 };
    }).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: DataLoader: the state is epoch 0, position 99; there are 13 batches in an epoch.]`,
    );
  });
});
