import { ConfigError, DataError, makeTurn, randomPermutation, seedKey } from '../core/index.ts';
import { DatasetDict } from './dataset-dict.ts';
import { ClassLabel, cast, type Feature, type Features, inferFeature, requireColumn } from './features.ts';

/** A row whose columns are not known to the compiler. */
// biome-ignore lint/suspicious/noExplicitAny: the columns of a file are known only when it is read, and each use knows its own
export type AnyRow = Record<string, any>;

/** The rows of a batch, column by column. */
export type Batch<Row> = { [Name in keyof Row]: Row[Name][] };

/** What `Dataset.map` takes beside the function. Names are those of Hugging Face. */
export interface MapOptions {
  /** Hand the function a batch of columns instead of a row. */
  batched?: boolean;
  /** Rows per batch; default 1000. */
  batch_size?: number;
  /** Columns that the result shall not have; needed when a batch gives more or fewer rows than it got. */
  remove_columns?: string | readonly string[];
  /** Hand the function the row's number (batched: the numbers) as second argument. */
  with_indices?: boolean;
  /** Types of the result's columns; default: found from the values. */
  features?: Features;
  signal?: AbortSignal;
  /** Called now and then with the rows done so far. */
  onProgress?: (rowsDone: number) => void;
}

/** What `train_test_split` takes; sizes are shares (below 1) or counts. */
export interface SplitOptions {
  test_size?: number;
  train_size?: number;
  /** Default true. */
  shuffle?: boolean;
  /** Default 0: unlike in Python, no seed still means the same split each time. */
  seed?: number;
  /** Keep the shares of this column's values equal in both parts. */
  stratify_by_column?: string;
}

/** Where a row came from, for errors: file and line. */
export interface Origin {
  readonly files: readonly string[];
  /** Per row: the file's index and the line. */
  readonly file: ArrayLike<number>;
  readonly line: ArrayLike<number>;
}

/**
 * A table in memory: named, typed columns of equal length. Like `datasets.Dataset`; never changed in place.
 * Unlike there, `map` and `filter` are asynchronous, rows are read with `at(i)`, and columns with `column(name)`.
 *
 * @example
 * import { Dataset } from 'qkv/datasets';
 * const reviews = Dataset.from_dict({ text: ['good', 'bad', 'fine'], label: [1, 0, 1] });
 * const longer = await reviews.map((row) => ({ text: `${row.text}!` }));
 * console.log(longer.at(0)); // { text: 'good!', label: 1 }
 */
export class Dataset<Row extends object = AnyRow> implements Iterable<Row> {
  readonly #columns: Map<string, ArrayLike<unknown>>;
  readonly #length: number;
  readonly #given: Features;
  readonly #origin: Origin | null;
  #features: Features | null = null;

  /** Use `from_dict`, `from_list` or `load_dataset`. */
  constructor(columns: Iterable<readonly [string, ArrayLike<unknown>]>, features: Features = {}, origin: Origin | null = null) {
    // Entries and not an object: an object would move columns whose names look like numbers to the front.
    this.#columns = new Map(columns);
    this.#given = features;
    this.#origin = origin;
    let first: [string, number] | null = null;
    for (const [name, values] of this.#columns) {
      first ??= [name, values.length];
      if (values.length !== first[1]) {
        throw new DataError(
          `Dataset: column ${name} has ${values.length} values and ${first[0]} has ${first[1]}; all columns must be of one length.`,
        );
      }
    }
    for (const name of Object.keys(features)) requireColumn('Dataset: features', name, this.column_names);
    this.#length = first?.[1] ?? 0;
  }

  /** A dataset from columns. */
  static from_dict<Row extends object = AnyRow>(columns: Batch<Row>, features: Features = {}): Dataset<Row> {
    return new Dataset<Row>(Object.entries(columns as Record<string, unknown[]>)).#casting(features);
  }

  /** A dataset from row objects; a column that a row lacks is null there. */
  static from_list<Row extends object = AnyRow>(rows: readonly Row[], features: Features = {}): Dataset<Row> {
    const names = new Set<string>();
    for (const row of rows) for (const name of Object.keys(row)) names.add(name);
    const columns = [...names].map((name) => [name, rows.map((row) => (row as AnyRow)[name] ?? null)] as const);
    return new Dataset<Row>(columns).#casting(features);
  }

  get length(): number {
    return this.#length;
  }

  get num_rows(): number {
    return this.#length;
  }

  get column_names(): string[] {
    return [...this.#columns.keys()];
  }

  /**
   * The columns' types; found from the values where none were given.
   * @throws DataError where a column holds values of two kinds.
   */
  get features(): Features {
    this.#features ??= Object.fromEntries(
      [...this.#columns].map(([name, values]) => [
        name,
        this.#given[name] ?? inferFeature(name, values, (row) => this.describeRow(row)),
      ]),
    );
    return this.#features;
  }

  /** Row number `index`; negative numbers count from the end. */
  at(index: number): Row {
    const row = index < 0 ? this.#length + index : index;
    if (!Number.isInteger(row) || row < 0 || row >= this.#length) {
      throw new DataError(`Dataset: there is no row ${index}; there are ${this.#length}.`);
    }
    return this.#row(row);
  }

  /** All values of one column; not a copy. */
  column<Name extends keyof Row & string>(name: Name): ArrayLike<Row[Name]> & Iterable<Row[Name]> {
    requireColumn('Dataset', name, this.column_names);
    return this.#columns.get(name) as Row[Name][];
  }

  *[Symbol.iterator](): Iterator<Row> {
    for (let row = 0; row < this.#length; row++) yield this.#row(row);
  }

  /** The rows as an array of objects. */
  to_list(): Row[] {
    return [...this];
  }

  /** The columns as an object of arrays. */
  to_dict(): Batch<Row> {
    return Object.fromEntries([...this.#columns].map(([name, values]) => [name, Array.from(values)])) as Batch<Row>;
  }

  /** `train.tsv line 25` where the row came from a file, else `row 24`. For errors. */
  describeRow(row: number): string {
    const origin = this.#origin;
    return origin ? `${origin.files[origin.file[row]!]} line ${origin.line[row]}` : `row ${row}`;
  }

  /**
   * A new dataset with what the function gives for each row (or batch of columns) added to it or put in its place.
   * A function that gives nothing is called for its effects, and the dataset stays as it is.
   * @throws DataError when a batch's columns differ in length, or rows are added while old columns stay.
   */
  async map<Out extends object = AnyRow>(
    apply: (batch: Batch<Row>, indices: number[]) => Out | undefined | Promise<Out | undefined>,
    options: MapOptions & { batched: true },
  ): Promise<Dataset>;
  async map<Out extends object = AnyRow>(
    apply: (row: Row, index: number) => Out | undefined | Promise<Out | undefined>,
    options?: MapOptions & { batched?: false },
  ): Promise<Dataset<Omit<Row, keyof Out> & Out>>;
  async map(
    // biome-ignore lint/suspicious/noExplicitAny: the two overloads above say what comes and goes
    apply: (rows: any, indices: any) => object | undefined | Promise<object | undefined>,
    {
      batched = false,
      batch_size = 1000,
      remove_columns = [],
      with_indices = false,
      features = {},
      signal,
      onProgress,
    }: MapOptions = {},
  ): Promise<Dataset> {
    if (!Number.isInteger(batch_size) || batch_size < 1) {
      throw new ConfigError(`Dataset.map: batch_size is ${batch_size}; a whole number of at least 1 is needed.`);
    }
    const removed = new Set(typeof remove_columns === 'string' ? [remove_columns] : remove_columns);
    for (const name of removed) requireColumn('Dataset.map: remove_columns', name, this.column_names);
    const turn = makeTurn(signal);
    signal?.throwIfAborted();
    const made = new Map<string, unknown[]>();
    let given: boolean | null = null;
    let rowsMade = 0;
    const step = batched ? batch_size : 1;
    for (let start = 0; start < this.#length; start += step) {
      const end = Math.min(start + step, this.#length);
      const input = batched ? this.#batch(start, end) : this.#row(start);
      const numbers = batched ? Array.from({ length: end - start }, (_, i) => start + i) : start;
      let output = with_indices ? apply(input, numbers) : (apply as (rows: unknown) => object | undefined)(input);
      if (output instanceof Promise) output = await output;
      const gave = output !== undefined && output !== null;
      if (gave !== (given ?? gave)) {
        throw new DataError(
          `Dataset.map: the function gave ${gave ? 'something' : 'nothing'} for ${this.describeRow(start)} and before ` +
            `${gave ? 'nothing' : 'something'}; it must give columns for all rows or for none.`,
        );
      }
      given = gave;
      if (gave) rowsMade += append(made, output as object, batched, rowsMade, this.describeRow(start));
      const pause = turn();
      if (pause) {
        onProgress?.(end);
        await pause;
      }
    }
    onProgress?.(this.#length);
    const kept = [...this.#columns].filter(([name]) => !removed.has(name) && !made.has(name));
    if (!given) return new Dataset(kept, pick(this.#given, kept), this.#origin);
    if (rowsMade !== this.#length && kept.length > 0) {
      throw new DataError(
        `Dataset.map: the function made ${rowsMade} rows of ${this.#length}, and ${kept.map(([name]) => name).join(', ')} would stay; ` +
          'name the columns that no longer fit in remove_columns.',
      );
    }
    // Hugging Face's order: what was there first, changed columns in their old place.
    const columns: [string, ArrayLike<unknown>][] = [];
    for (const [name, values] of this.#columns) {
      const own = made.get(name);
      if (own) columns.push([name, own]);
      else if (!removed.has(name)) columns.push([name, values]);
    }
    for (const [name, values] of made) if (!this.#columns.has(name)) columns.push([name, values]);
    // A class label that the function wrote anew as numbers keeps its names, as in Hugging Face.
    const types = pick(this.#given, [...kept, ...[...made].filter(([name, values]) => this.#staysClass(name, values))]);
    const origin = rowsMade === this.#length ? this.#origin : null;
    return new Dataset(columns, types, origin).#casting(features);
  }

  /** The rows for which the test holds (batched: one boolean per row of the batch). */
  async filter(
    test: (row: Row, index: number) => boolean | Promise<boolean>,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<Dataset<Row>> {
    const turn = makeTurn(signal);
    signal?.throwIfAborted();
    const kept: number[] = [];
    for (let row = 0; row < this.#length; row++) {
      const verdict = test(this.#row(row), row);
      if (verdict instanceof Promise ? await verdict : verdict) kept.push(row);
      const pause = turn();
      if (pause) await pause;
    }
    return this.select(kept);
  }

  /** The rows of these numbers, in this order. */
  select(indices: Iterable<number>): Dataset<Row> {
    const rows = Array.from(indices);
    for (const row of rows) {
      if (!Number.isInteger(row) || row < 0 || row >= this.#length) {
        throw new DataError(`Dataset.select: there is no row ${row}; there are ${this.#length}.`);
      }
    }
    const columns = [...this.#columns].map(([name, values]) => [name, rows.map((row) => values[row])] as const);
    const origin = this.#origin && {
      files: this.#origin.files,
      file: rows.map((row) => this.#origin!.file[row]!),
      line: rows.map((row) => this.#origin!.line[row]!),
    };
    return new Dataset(columns, this.#given, origin);
  }

  /** The rows in an order that the seed alone decides (default seed 0; unlike in Python, never a different order each time). */
  shuffle({ seed = 0 }: { seed?: number } = {}): Dataset<Row> {
    return this.select(randomPermutation(seedKey(seed), this.#length));
  }

  /** The rows ordered by one column's values (numbers by size, text by code points); equal ones keep their order. */
  sort(name: keyof Row & string, { reverse = false }: { reverse?: boolean } = {}): Dataset<Row> {
    const values = this.column(name) as ArrayLike<string | number>;
    const sign = reverse ? -1 : 1;
    const order = Array.from({ length: this.#length }, (_, row) => row);
    return this.select(order.sort((a, b) => sign * (values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : 0)));
  }

  /**
   * Two parts, `train` and `test`, that share no row; by default a quarter is `test`, as in scikit-learn and Hugging Face.
   * Copies of a text may fall on both sides: `splitByContent` keeps them together.
   */
  train_test_split({
    test_size,
    train_size,
    shuffle = true,
    seed = 0,
    stratify_by_column,
  }: SplitOptions = {}): DatasetDict<Row, 'train' | 'test'> {
    const [trainCount, testCount] = splitCounts(this.#length, train_size, test_size);
    if (stratify_by_column !== undefined) {
      requireColumn('Dataset.train_test_split', stratify_by_column, this.column_names);
      if (!shuffle)
        throw new ConfigError('Dataset.train_test_split: stratify_by_column came with shuffle false; it needs shuffling.');
    }
    const order = shuffle
      ? Array.from(randomPermutation(seedKey(seed), this.#length))
      : Array.from({ length: this.#length }, (_, row) => row);
    const ranked = stratify_by_column === undefined ? order : interleave(order, this.#columns.get(stratify_by_column)!);
    // Unshuffled, the test part is the end; shuffled, the interleaved order makes every cut as balanced as can be.
    const train = shuffle ? ranked.slice(testCount, testCount + trainCount) : ranked.slice(0, trainCount);
    const test = shuffle ? ranked.slice(0, testCount) : ranked.slice(trainCount, trainCount + testCount);
    return new DatasetDict({ train: this.select(train), test: this.select(test) });
  }

  /** Without these columns. */
  remove_columns<Name extends keyof Row & string>(names: Name | readonly Name[]): Dataset<Omit<Row, Name>> {
    const removed: readonly string[] = typeof names === 'string' ? [names] : names;
    for (const name of removed) requireColumn('Dataset.remove_columns', name, this.column_names);
    return this.#with([...this.#columns].filter(([name]) => !removed.includes(name)));
  }

  /** With these columns only, in this order. */
  select_columns<Name extends keyof Row & string>(names: Name | readonly Name[]): Dataset<Pick<Row, Name>> {
    const chosen: readonly string[] = typeof names === 'string' ? [names] : names;
    for (const name of chosen) requireColumn('Dataset.select_columns', name, this.column_names);
    return this.#with(chosen.map((name) => [name, this.#columns.get(name)!]));
  }

  /** With one column under another name. */
  rename_column(from: keyof Row & string, to: string): Dataset {
    requireColumn('Dataset.rename_column', from, this.column_names);
    if (this.#columns.has(to))
      throw new DataError(`Dataset.rename_column: there is a column ${to} already; choose another name.`);
    const renamed = (name: string) => (name === from ? to : name);
    const features = Object.fromEntries(Object.entries(this.#given).map(([name, feature]) => [renamed(name), feature]));
    const columns = [...this.#columns].map(([name, values]) => [renamed(name), values] as const);
    return new Dataset(columns, features, this.#origin);
  }

  /** With one more column. */
  add_column(name: string, values: ArrayLike<unknown>): Dataset {
    if (this.#columns.has(name))
      throw new DataError(`Dataset.add_column: there is a column ${name} already; choose another name.`);
    return this.#with([...this.#columns, [name, values]]);
  }

  /** With one column's values converted to a type: `cast_column('label', new ClassLabel({ names: ['neg', 'pos'] }))`. */
  cast_column(name: keyof Row & string, feature: Feature): Dataset<Row> {
    requireColumn('Dataset.cast_column', name, this.column_names);
    return this.#casting({ [name]: feature });
  }

  /**
   * With a column of texts, numbers or booleans turned into class numbers; the names are the sorted values.
   * @throws DataError where a value is missing.
   */
  class_encode_column(name: keyof Row & string): Dataset<Row> {
    const values = this.column(name);
    for (let row = 0; row < values.length; row++) {
      if (values[row] === null) throw new DataError(`${this.describeRow(row)}: ${name} is empty; every row needs a class.`);
    }
    const distinct = this.unique(name) as (string | number | boolean)[];
    distinct.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const numbers = new Map(distinct.map((value, number) => [value, number]));
    const column = Array.from(values, (value) => numbers.get(value as string)!);
    const columns = [...this.#columns].map(([other, old]) => [other, other === name ? column : old] as const);
    const features = { ...this.#given, [name]: new ClassLabel({ names: distinct.map(String) }) };
    return new Dataset(columns, features, this.#origin);
  }

  /** The different values of a column, in the order of their first row. */
  unique<Name extends keyof Row & string>(name: Name): Row[Name][] {
    return [...new Set(this.column(name))];
  }

  #row(row: number): Row {
    const object: AnyRow = {};
    for (const [name, values] of this.#columns) object[name] = values[row];
    return object as Row;
  }

  #batch(start: number, end: number): Batch<Row> {
    const cut = (values: ArrayLike<unknown>) => Array.from({ length: end - start }, (_, i) => values[start + i]);
    return Object.fromEntries([...this.#columns].map(([name, values]) => [name, cut(values)])) as Batch<Row>;
  }

  #with<Other extends object>(columns: (readonly [string, ArrayLike<unknown>])[]): Dataset<Other> {
    return new Dataset<Other>(columns, pick(this.#given, columns), this.#origin);
  }

  #casting(features: Features): Dataset<Row> {
    const entries = Object.entries(features);
    if (entries.length === 0) return this;
    for (const [name] of entries) requireColumn('Dataset: features', name, this.column_names);
    const columns = [...this.#columns].map(([name, values]) => {
      const feature = features[name];
      if (!feature) return [name, values] as const;
      let row = 0;
      const place = () => `${this.describeRow(row)}: ${name}`;
      const converted: unknown[] = [];
      for (; row < values.length; row++) converted.push(cast(values[row], feature, place));
      return [name, converted] as const;
    });
    return new Dataset(columns, { ...this.#given, ...features }, this.#origin);
  }

  #staysClass(name: string, values: readonly unknown[]): boolean {
    const feature = this.#given[name];
    return (
      feature instanceof ClassLabel &&
      values.every((value) => Number.isInteger(value) && (value as number) < feature.num_classes)
    );
  }
}

/** The rows of datasets with the same columns, one after another. */
export function concatenate_datasets<Row extends object>(datasets: readonly Dataset<Row>[]): Dataset<Row> {
  const [first] = datasets;
  if (!first) throw new DataError('concatenate_datasets: no dataset came; at least one is needed.');
  const names = first.column_names;
  for (const [i, { column_names }] of datasets.entries()) {
    if ([...column_names].sort().join('\n') !== [...names].sort().join('\n')) {
      throw new DataError(
        `concatenate_datasets: dataset ${i} has the columns ${column_names.join(', ')} and dataset 0 has ${names.join(', ')}; they must be the same.`,
      );
    }
  }
  const columns = names.map(
    (name) => [name, datasets.flatMap((dataset) => Array.from(dataset.column(name as never)))] as const,
  );
  const classes = Object.entries(first.features).filter(([, feature]) => feature instanceof ClassLabel);
  return new Dataset<Row>(columns, Object.fromEntries(classes));
}

/** Puts what a function gave at the columns' ends; gives the number of rows it made. */
function append(made: Map<string, unknown[]>, output: object, batched: boolean, rowsBefore: number, place: string): number {
  let rows = batched ? -1 : 1;
  let firstName = '';
  for (const [name, value] of Object.entries(output)) {
    let values = [value as unknown];
    if (batched) {
      if (!Array.isArray(value) && !ArrayBuffer.isView(value)) {
        throw new DataError(
          `Dataset.map: ${name} of the batch at ${place} is no list; a batched function gives a list per column.`,
        );
      }
      values = Array.from(value as ArrayLike<unknown>);
    }
    if (rows < 0) [rows, firstName] = [values.length, name];
    if (values.length !== rows) {
      throw new DataError(
        `Dataset.map: ${name} of the batch at ${place} has ${values.length} values and ${firstName} has ${rows}; all must be of one length.`,
      );
    }
    const column = made.get(name);
    if (column === undefined && rowsBefore > 0) {
      throw new DataError(`Dataset.map: ${name} came first at ${place}; the function must give the same columns each time.`);
    }
    if (column) for (const one of values) column.push(one);
    else made.set(name, values);
  }
  for (const [name, column] of made) {
    if (column.length !== rowsBefore + Math.max(rows, 0)) {
      throw new DataError(`Dataset.map: ${name} is missing at ${place}; the function must give the same columns each time.`);
    }
  }
  return Math.max(rows, 0);
}

function pick(features: Features, columns: readonly (readonly [string, unknown])[]): Features {
  return Object.fromEntries(columns.flatMap(([name]) => (features[name] ? [[name, features[name]]] : [])));
}

/** Row counts of the train and test parts, by scikit-learn's rules: the test part rounds up, the train part down. */
function splitCounts(length: number, trainSize: number | undefined, testSize: number | undefined): [number, number] {
  const count = (name: string, size: number, round: (x: number) => number): number => {
    const isShare = size > 0 && size < 1;
    if (!isShare && !(Number.isInteger(size) && size >= 1 && size <= length)) {
      throw new ConfigError(
        `Dataset.train_test_split: ${name} is ${size}; a share between 0 and 1, or a count of at most ${length} rows is needed.`,
      );
    }
    return isShare ? round(size * length) : size;
  };
  const test = testSize === undefined ? null : count('test_size', testSize, Math.ceil);
  const train = trainSize === undefined ? null : count('train_size', trainSize, Math.floor);
  const testRows = test ?? (train === null ? Math.ceil(length / 4) : length - train);
  const trainRows = train ?? length - testRows;
  if (trainRows + testRows > length || trainRows < 1 || testRows < 1) {
    throw new ConfigError(
      `Dataset.train_test_split: ${trainRows} train and ${testRows} test rows are asked for; there are ${length}, and each part needs one.`,
    );
  }
  return [trainRows, testRows];
}

/** An order in which each value's rows are spread evenly, so that every beginning of it has about the same shares. */
function interleave(order: readonly number[], values: ArrayLike<unknown>): number[] {
  const groups = new Map<unknown, number[]>();
  for (const row of order) {
    const group = groups.get(values[row]);
    if (group) group.push(row);
    else groups.set(values[row], [row]);
  }
  const placed = [...groups.values()].flatMap((group) => group.map((row, i) => ({ row, at: (i + 0.5) / group.length })));
  return placed.sort((a, b) => a.at - b.at).map(({ row }) => row);
}
