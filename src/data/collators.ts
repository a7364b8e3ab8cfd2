import { ConfigError, DataError, randomUniform } from '../core/index.ts';
import { nextRandomKey, type Tensor, tensor } from '../tensor/index.ts';
import type { PreTrainedTokenizerFast } from '../tokenizers/index.ts';
import type { AnyRow } from './dataset.ts';

/** What a model reads in one step, by the names of its inputs: `[B, T]` for tokens, `[B]` for labels. */
export type TensorBatch = Readonly<Record<string, Tensor>>;

/** Makes a batch of examples. Like the callables that Hugging Face's Trainer takes as `data_collator`. */
export type DataCollator = (examples: readonly AnyRow[]) => TensorBatch;

/** Options of `DataCollatorWithPadding`, by Hugging Face's names. */
export interface PaddingCollatorOptions {
  /** Pad to the batch's longest text (true), or every batch to `max_length`. Default true. */
  readonly padding?: true | 'longest' | 'max_length';
  /** With `padding: 'max_length'` the length; else the most that rounding up may give. Default: the tokenizer's `model_max_length`. */
  readonly max_length?: number;
  /** Lengths are rounded up to a multiple of this, so that few shapes occur. Default 16. */
  readonly pad_to_multiple_of?: number;
}

/**
 * A collator that pads the batch's texts to one length with the tokenizer's padding token, on its padding side.
 * Gives `input_ids`, `attention_mask` and what else of `model_input_names` the examples have, and `labels` from a column
 * `labels` or `label`; all int32. Like Hugging Face's, but called without `new`, as in Python, and lengths are rounded up
 * unless `pad_to_multiple_of` is 1: each new length costs a little time to prepare.
 * @throws ConfigError for a tokenizer without a padding token.
 */
export function DataCollatorWithPadding(
  tokenizer: PreTrainedTokenizerFast,
  { padding = true, max_length, pad_to_multiple_of = 16 }: PaddingCollatorOptions = {},
): DataCollator {
  const { pad_token_id } = tokenizer;
  if (pad_token_id === null)
    throw new ConfigError(
      "DataCollatorWithPadding: the tokenizer has no padding token; set one, as in tokenizer.pad_token = '[PAD]'.",
    );
  if (!Number.isSafeInteger(pad_to_multiple_of) || pad_to_multiple_of < 1)
    throw new ConfigError(
      `DataCollatorWithPadding: pad_to_multiple_of is ${pad_to_multiple_of}; a whole number of at least 1 is needed.`,
    );
  const limit = max_length ?? tokenizer.model_max_length;
  if (padding === 'max_length' && !Number.isSafeInteger(limit))
    throw new ConfigError("DataCollatorWithPadding: padding is 'max_length' and there is no max_length; give one.");
  const fillers: Readonly<Record<string, number>> = {
    input_ids: pad_token_id,
    token_type_ids: tokenizer.pad_token_type_id,
    attention_mask: 0,
  };
  return (examples) => {
    const rows = examples.map((example, i) => listOf(example, 'input_ids', i));
    const longest = rows.reduce((most, row) => Math.max(most, row.length), 1);
    const rounded = Math.ceil(longest / pad_to_multiple_of) * pad_to_multiple_of;
    // Rounding up must not go past what the model takes, which need not be a multiple.
    const length = padding === 'max_length' ? limit : Math.max(longest, Math.min(rounded, limit));
    if (longest > length)
      throw new DataError(
        `DataCollatorWithPadding: a text has ${longest} tokens and max_length is ${length}; cut it with truncation: true.`,
      );
    const place = tokenizer.padding_side === 'left' ? (row: ArrayLike<number>) => length - row.length : () => 0;
    const batch: Record<string, Tensor> = {};
    for (const name of tokenizer.model_input_names) {
      const own = name === 'input_ids' ? rows : listsOf(examples, name);
      const lists = own ?? (name === 'attention_mask' ? rows.map((row) => new Array<number>(row.length).fill(1)) : null);
      if (lists === null) continue;
      const filled = new Int32Array(rows.length * length).fill(fillers[name] ?? 0);
      for (const [i, list] of lists.entries()) {
        if (list.length !== rows[i]!.length)
          throw new DataError(
            `DataCollatorWithPadding: example ${i} has ${list.length} ${name} and ${rows[i]!.length} input_ids; as many are needed.`,
          );
        filled.set(list, i * length + place(list));
      }
      batch[name] = tensor(filled, { shape: [rows.length, length] });
    }
    const labels = labelsOf(examples);
    return labels ? { ...batch, labels } : batch;
  };
}

/**
 * Stacks columns of numbers and of equally long lists of numbers to int32 tensors; `label` becomes `labels`, columns of
 * other kinds are left out. Like Hugging Face's.
 * @throws DataError when a column's lists differ in length.
 */
export function default_data_collator(examples: readonly AnyRow[]): TensorBatch {
  const batch: Record<string, Tensor> = {};
  for (const [name, first] of Object.entries(examples[0] ?? {})) {
    if (name === 'label' || name === 'labels' || !isList(first)) continue;
    const lists = listsOf(examples, name)!;
    const length = lists[0]!.length;
    const other = lists.find((list) => list.length !== length);
    if (other)
      throw new DataError(
        `default_data_collator: ${name} has ${length} numbers in one example and ${other.length} in another; pad them with DataCollatorWithPadding.`,
      );
    const values = new Int32Array(lists.length * length);
    for (const [i, list] of lists.entries()) values.set(list, i * length);
    batch[name] = tensor(values, { shape: [lists.length, length] });
  }
  const labels = labelsOf(examples);
  return labels ? { ...batch, labels } : batch;
}

function labelsOf(examples: readonly AnyRow[]): Tensor | null {
  const name = ['labels', 'label'].find((each) => examples[0]?.[each] !== undefined);
  if (name === undefined) return null;
  const values = examples.map((example, i) => {
    const label: unknown = example[name];
    if (Number.isInteger(label)) return label as number;
    throw new DataError(
      `the collator: ${name} of example ${i} is ${JSON.stringify(label)}; a class number is needed: class_encode_column('${name}') makes them.`,
    );
  });
  return tensor(Int32Array.from(values), { shape: [values.length] });
}

function listsOf(examples: readonly AnyRow[], name: string): ArrayLike<number>[] | null {
  return examples[0]?.[name] === undefined ? null : examples.map((example, i) => listOf(example, name, i));
}

function listOf(example: AnyRow, name: string, i: number): ArrayLike<number> {
  const list: unknown = example[name];
  if (isList(list)) return list;
  throw new DataError(
    `the collator: example ${i} has no ${name}; its columns are ${Object.keys(example).join(', ')}. Did you map the tokenizer over the data set?`,
  );
}

function isList(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

/**
 * A collator whose texts have each token replaced by the mask token with a probability, special tokens excepted: against
 * learning small data by heart. For training only. The draws come from the seeded random numbers.
 * Source: word dropout, Iyyer, Manjunatha, Boyd-Graber and Daumé III, 2015, ACL, section 4.2; the mask stands in for the
 * gap, so that places stay.
 * @throws ConfigError for a probability out of range, or a tokenizer without a mask token.
 */
export function withMaskedTokens(
  collate: DataCollator,
  tokenizer: PreTrainedTokenizerFast,
  { probability = 0.15 }: { readonly probability?: number } = {},
): DataCollator {
  const { mask_token_id } = tokenizer;
  if (!(probability >= 0 && probability < 1))
    throw new ConfigError(`withMaskedTokens: probability is ${probability}; a number from 0 up to, but not, 1 is needed.`);
  if (mask_token_id === null)
    throw new ConfigError("withMaskedTokens: the tokenizer has no mask token; set one, as in tokenizer.mask_token = '[MASK]'.");
  const special = new Set(tokenizer.all_special_ids);
  return (examples) => {
    const draws = examples.map((example, i) => randomUniform(nextRandomKey(), listOf(example, 'input_ids', i).length));
    return collate(
      examples.map((example, row) => ({
        ...example,
        input_ids: Array.from(example.input_ids as ArrayLike<number>, (id, i) =>
          draws[row]![i]! < probability && !special.has(id) ? mask_token_id : id,
        ),
      })),
    );
  };
}
