import { ConfigError } from '../core/index.ts';
import type { AnyRow, Batch, Dataset, MapOptions } from './dataset.ts';

/** What every dictionary of datasets can do; each works on all splits. */
class Splits<Row extends object> {
  constructor(splits: Record<string, Dataset<Row>>) {
    for (const name of Object.keys(splits)) {
      if (name in Splits.prototype) throw new ConfigError(`DatasetDict: a split cannot be named ${name}; choose another name.`);
    }
    Object.assign(this, splits);
  }

  /** Splits and their datasets, in order. */
  entries(): [string, Dataset<Row>][] {
    return Object.entries(this) as [string, Dataset<Row>][];
  }

  get num_rows(): Record<string, number> {
    return Object.fromEntries(this.entries().map(([name, dataset]) => [name, dataset.num_rows]));
  }

  get column_names(): Record<string, string[]> {
    return Object.fromEntries(this.entries().map(([name, dataset]) => [name, dataset.column_names]));
  }

  async map(apply: never, options: never): Promise<unknown> {
    return this.#each((dataset) => dataset.map(apply, options));
  }

  async filter(
    test: (row: Row, index: number) => boolean | Promise<boolean>,
    options?: { signal?: AbortSignal },
  ): Promise<unknown> {
    return this.#each((dataset) => dataset.filter(test, options));
  }

  shuffle(options?: { seed?: number }): unknown {
    return this.#all((dataset) => dataset.shuffle(options));
  }

  remove_columns(names: never): unknown {
    return this.#all((dataset) => dataset.remove_columns(names));
  }

  select_columns(names: never): unknown {
    return this.#all((dataset) => dataset.select_columns(names));
  }

  rename_column(from: never, to: string): unknown {
    return this.#all((dataset) => dataset.rename_column(from, to));
  }

  async #each(change: (dataset: Dataset<Row>) => Promise<Dataset>): Promise<Splits<AnyRow>> {
    const changed: [string, Dataset][] = [];
    for (const [name, dataset] of this.entries()) changed.push([name, await change(dataset)]);
    return new Splits(Object.fromEntries(changed));
  }

  #all(change: (dataset: Dataset<Row>) => Dataset<object>): Splits<object> {
    return new Splits(Object.fromEntries(this.entries().map(([name, dataset]) => [name, change(dataset)])));
  }
}

interface DictMethods<Row extends object, Split extends string> {
  /** Splits and their datasets, in order. */
  entries(): [Split, Dataset<Row>][];
  readonly num_rows: Record<Split, number>;
  readonly column_names: Record<Split, string[]>;
  /** `Dataset.map` on every split. */
  map<Out extends object = AnyRow>(
    apply: (batch: Batch<Row>, indices: number[]) => Out | undefined | Promise<Out | undefined>,
    options: MapOptions & { batched: true },
  ): Promise<DatasetDict<AnyRow, Split>>;
  map<Out extends object = AnyRow>(
    apply: (row: Row, index: number) => Out | undefined | Promise<Out | undefined>,
    options?: MapOptions & { batched?: false },
  ): Promise<DatasetDict<Omit<Row, keyof Out> & Out, Split>>;
  /** `Dataset.filter` on every split. */
  filter(
    test: (row: Row, index: number) => boolean | Promise<boolean>,
    options?: { signal?: AbortSignal },
  ): Promise<DatasetDict<Row, Split>>;
  /** `Dataset.shuffle` on every split. */
  shuffle(options?: { seed?: number }): DatasetDict<Row, Split>;
  /** `Dataset.remove_columns` on every split. */
  remove_columns<Name extends keyof Row & string>(names: Name | readonly Name[]): DatasetDict<Omit<Row, Name>, Split>;
  /** `Dataset.select_columns` on every split. */
  select_columns<Name extends keyof Row & string>(names: Name | readonly Name[]): DatasetDict<Pick<Row, Name>, Split>;
  /** `Dataset.rename_column` on every split. */
  rename_column(from: keyof Row & string, to: string): DatasetDict<AnyRow, Split>;
}

/** Datasets by split name, each a property: `reviews.train`. Like `datasets.DatasetDict`. */
export type DatasetDict<Row extends object = AnyRow, Split extends string = string> = DictMethods<Row, Split> & {
  readonly [Name in Split]: Dataset<Row>;
};

/** Makes a dictionary of datasets: `new DatasetDict({ train, test })`. */
export const DatasetDict = Splits as unknown as new <Row extends object, Split extends string>(
  splits: Record<Split, Dataset<Row>>,
) => DatasetDict<Row, Split>;
