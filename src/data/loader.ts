import {
  ConfigError,
  defineOptions,
  foldIn,
  type GivenOptions,
  randomPermutation,
  readOptions,
  seedKey,
} from '../core/index.ts';
import { type DataCollator, default_data_collator, type TensorBatch } from './collators.ts';
import type { AnyRow, Dataset } from './dataset.ts';

const rows = defineOptions({
  batch_size: { type: 'integer', min: 1, default: 8, help: 'Examples of a batch' },
  shuffle: { type: 'boolean', default: false, help: 'Another order in each epoch' },
  seed: { type: 'integer', min: 0, default: 0, help: 'Decides the orders, together with the epoch' },
  drop_last: { type: 'boolean', default: false, help: 'Leave out the last batch where it is not full' },
  group_by_length: { type: 'boolean', default: false, help: 'Put examples of like length into one batch, to pad less' },
});

/** What a `DataLoader` takes beside the data. */
export type DataLoaderOptions = GivenOptions<typeof rows> & {
  /** Makes a batch of examples. Default: `default_data_collator`. */
  readonly collate_fn?: DataCollator | undefined;
};

/** Where a loader stands: the epoch, and how many of its batches were given. */
export interface LoaderState {
  readonly epoch: number;
  readonly position: number;
}

/** One batch, and which rows of the data set it is made of. */
export interface LoadedBatch {
  readonly indices: readonly number[];
  readonly batch: TensorBatch;
}

/**
 * Batches of a data set, epoch by epoch. The order depends on the seed and the epoch alone, so a loader set to a saved
 * `state` goes on exactly where the other stood. A loop over the loader is one epoch, or what is left of it: a loop that
 * was left early is continued by the next one, unlike in PyTorch.
 * @example
 * import { Dataset, DataLoader } from 'qkv/datasets';
 * const data = Dataset.from_dict({ input_ids: [[5, 6], [7, 8], [9, 3]], label: [0, 1, 0] });
 * const loader = new DataLoader(data, { batch_size: 2, shuffle: true });
 * for (const { input_ids } of loader) console.log(input_ids!.shape); // [ 2, 2 ], then [ 1, 2 ]
 */
export class DataLoader implements Iterable<TensorBatch> {
  readonly dataset: Dataset;
  readonly batch_size: number;
  readonly #shuffle: boolean;
  readonly #seed: number;
  readonly #dropLast: boolean;
  readonly #groupByLength: boolean;
  readonly #collate: DataCollator;
  #epoch = 0;
  #position = 0;

  /** @throws ConfigError when there is no batch in an epoch, or lengths are to be grouped and there are none. */
  constructor(dataset: Dataset, { collate_fn = default_data_collator, ...given }: DataLoaderOptions = {}) {
    const options = readOptions('DataLoader', rows, given);
    this.dataset = dataset;
    this.batch_size = options.batch_size;
    this.#shuffle = options.shuffle;
    this.#seed = options.seed;
    this.#dropLast = options.drop_last;
    this.#groupByLength = options.group_by_length;
    this.#collate = collate_fn;
    if (this.#groupByLength && !dataset.column_names.includes('input_ids'))
      throw new ConfigError(
        `DataLoader: group_by_length needs the column input_ids; the columns are ${dataset.column_names.join(', ')}.`,
      );
    if (this.#groupByLength && !this.#shuffle)
      throw new ConfigError('DataLoader: group_by_length came with shuffle false; it needs shuffling.');
    if (this.length === 0)
      throw new ConfigError(
        `DataLoader: ${dataset.length} examples make no batch of ${this.batch_size}${this.#dropLast ? ' with drop_last' : ''}; give more examples.`,
      );
  }

  /** Batches in an epoch. */
  get length(): number {
    return (this.#dropLast ? Math.floor : Math.ceil)(this.dataset.length / this.batch_size);
  }

  /** Where the loader stands; setting it goes there. */
  get state(): LoaderState {
    return { epoch: this.#epoch, position: this.#position };
  }

  set state({ epoch, position }: LoaderState) {
    if (
      !(Number.isSafeInteger(epoch) && epoch >= 0 && Number.isSafeInteger(position) && position >= 0 && position <= this.length)
    )
      throw new ConfigError(
        `DataLoader: the state is epoch ${epoch}, position ${position}; there are ${this.length} batches in an epoch.`,
      );
    this.#epoch = epoch;
    this.#position = position;
  }

  /** The rest of the epoch, with the rows that each batch is made of. */
  *batches(): Generator<LoadedBatch> {
    const order = this.order(this.#epoch);
    while (this.#position < this.length) {
      const start = this.#position * this.batch_size;
      const indices = order.slice(start, start + this.batch_size);
      this.#position++;
      yield { indices, batch: this.#collate(indices.map((row): AnyRow => this.dataset.at(row))) };
    }
    this.#epoch++;
    this.#position = 0;
  }

  *[Symbol.iterator](): Generator<TensorBatch> {
    for (const { batch } of this.batches()) yield batch;
  }

  /** The rows of an epoch, in its order. */
  order(epoch: number): number[] {
    if (!this.#shuffle) return Array.from({ length: this.dataset.length }, (_, row) => row);
    const key = foldIn(seedKey(this.#seed), epoch);
    const order = Array.from(randomPermutation(key, this.dataset.length));
    if (!this.#groupByLength) return order;
    const lengths = Array.from(this.dataset.column('input_ids') as ArrayLike<ArrayLike<number>>, (ids) => ids.length);
    const batches = groupedByLength(order, lengths, this.batch_size);
    // A last batch that is not full stays the last, since batches are cut off the order from the front.
    const full = batches.filter((batch) => batch.length === this.batch_size);
    const shuffled = Array.from(randomPermutation(foldIn(key, 1), full.length), (i) => full[i]!);
    const rest = batches.filter((batch) => batch.length < this.batch_size);
    return [...shuffled, ...rest].flat();
  }
}

/**
 * Rows of like length side by side: blocks of up to 50 batches are sorted by length. As Hugging Face's LengthGroupedSampler,
 * whose batches then come from long to short in each block; ours are shuffled, since what is long may be of one class.
 */
function groupedByLength(order: readonly number[], lengths: readonly number[], batchSize: number): number[][] {
  const blockBatches = Math.max(1, Math.min(50, Math.floor(order.length / (batchSize * 4))));
  const blockSize = blockBatches * batchSize;
  const batches: number[][] = [];
  for (let start = 0; start < order.length; start += blockSize) {
    const block = order.slice(start, start + blockSize).sort((a, b) => lengths[b]! - lengths[a]!);
    for (let at = 0; at < block.length; at += batchSize) batches.push(block.slice(at, at + batchSize));
  }
  return batches;
}
