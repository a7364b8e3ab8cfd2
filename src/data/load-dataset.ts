import { ConfigError, type GivenOptions, readOptions } from '../core/index.ts';
import type { AnyRow, Dataset } from './dataset.ts';
import { DatasetDict } from './dataset-dict.ts';
import { type Features, inferCells } from './features.ts';
import {
  asList,
  type DataSource,
  type DatasetFormat,
  filesOf,
  optionsOf,
  type Rows,
  readers,
  Table,
  unpacked,
} from './file-tables.ts';

export type { DataSource, DatasetFormat } from './file-tables.ts';

/** Options of `load_dataset`: the files, and how the format is read. */
export type LoadOptions<Format extends DatasetFormat, Files> = GivenOptions<Rows[Format]> & {
  data_files: Files;
  /** Types of some or all columns; others are found from their values. A value that does not fit is an error. */
  features?: Features;
  signal?: AbortSignal;
};

type SplitFiles<Split extends string> = Readonly<Record<Split, DataSource>>;

/**
 * The rows of CSV, TSV, JSON, JSON lines or text files; gzip is unpacked. Like Hugging Face's `datasets.load_dataset` with
 * its packaged loaders: `data_files` by split name, or one file (or list), which becomes the split `train`; `split` picks one
 * (`'train'`, or a slice: `'train[:80%]'`).
 * Unlike there: a row with too few or too many cells is an error, an empty file is an error, bytes that are not valid in the
 * encoding are an error; `NA` and `None` are text; tab-separated files may hold bare quotes (option `quoting`).
 * @throws DataError, MissingFileError, ConfigError naming file, line and remedy.
 */
export function load_dataset<Row extends object = AnyRow>(
  format: DatasetFormat,
  options: LoadOptions<DatasetFormat, DataSource | SplitFiles<string>> & { split: string },
): Promise<Dataset<Row>>;
export function load_dataset<Split extends string, Format extends DatasetFormat = DatasetFormat>(
  format: Format,
  options: LoadOptions<Format, SplitFiles<Split>> & { split?: undefined },
): Promise<DatasetDict<AnyRow, Split>>;
export function load_dataset<Row extends object = AnyRow, Format extends DatasetFormat = DatasetFormat>(
  format: Format,
  options: LoadOptions<Format, DataSource> & { split?: undefined },
): Promise<DatasetDict<Row, 'train'>>;
export async function load_dataset(
  format: DatasetFormat,
  {
    data_files,
    split,
    features = {},
    signal,
    ...given
  }: LoadOptions<DatasetFormat, DataSource | SplitFiles<string>> & { split?: string | undefined },
): Promise<object> {
  const rows = Object.hasOwn(optionsOf, format) ? optionsOf[format] : undefined;
  if (!rows) throw new ConfigError(`load_dataset: there is no loader ${String(format)}; the loaders are csv, json and text.`);
  const options = readOptions('load_dataset', rows, given);
  const bySplit = isSplits(data_files) ? data_files : { train: data_files };
  const slice = split === undefined ? null : parseSplit(split, Object.keys(bySplit));
  const tables: Record<string, Table> = {};
  for (const [name, sources] of Object.entries(bySplit)) {
    if (slice && slice.name !== name) continue;
    const files = (await Promise.all(asList(sources).map((source) => filesOf('load_dataset', source)))).flat();
    if (files.length === 0) throw new ConfigError(`load_dataset: data_files names no file for ${name}; give at least one.`);
    const table = new Table();
    for (const file of files) {
      signal?.throwIfAborted();
      for await (const _ of readers[format](table, unpacked(file), options as never, signal));
    }
    tables[name] = table;
  }
  if (format === 'csv') inferTypes(Object.values(tables), features);
  const datasets = Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, table.dataset(features)]));
  if (!slice) return new DatasetDict(datasets);
  const whole = datasets[slice.name]!;
  const [start, end] = slice.range(whole.length);
  return start === 0 && end === whole.length
    ? whole
    : whole.select(Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i));
}

/** Finds the types of CSV columns over all splits, so that train and test agree. */
function inferTypes(tables: readonly Table[], features: Features): void {
  for (const name of new Set(tables.flatMap((table) => [...table.columns.keys()]))) {
    const having = tables.filter((table) => table.columns.has(name));
    const type = features[name] ?? inferCells(having.map((table) => table.columns.get(name) as string[]));
    for (const table of having) table.spelled[name] = type;
  }
}

function isSplits(files: DataSource | SplitFiles<string>): files is SplitFiles<string> {
  const isSource = typeof files === 'string' || Array.isArray(files) || files instanceof Uint8Array || files instanceof Blob;
  if (!isSource && (typeof files !== 'object' || files === null || Object.keys(files).length === 0)) {
    throw new ConfigError('load_dataset: data_files is missing; give a path, a list of paths, or an object of them by split.');
  }
  return !isSource;
}

interface Slice {
  readonly name: string;
  range(length: number): [number, number];
}

/** `train`, `train[100:200]`, `train[:80%]`, `train[-10%:]`. */
function parseSplit(split: string, names: readonly string[]): Slice {
  const match = /^([\w-]+)(?:\[(-?\d+%?)?:(-?\d+%?)?\])?$/.exec(split);
  if (!match) {
    throw new ConfigError(
      `load_dataset: split is '${split}'; a split's name is needed, or a slice of one, such as 'train[:80%]' or 'train[100:200]'.`,
    );
  }
  const [, name = '', from, to] = match;
  if (!names.includes(name)) throw new ConfigError(`load_dataset: split is '${split}'; data_files has ${names.join(', ')}.`);
  const place = (text: string | undefined, otherwise: number, length: number): number => {
    if (text === undefined) return otherwise;
    const number = text.endsWith('%') ? Math.round((Number(text.slice(0, -1)) / 100) * length) : Number(text);
    return Math.min(length, Math.max(0, number < 0 ? length + number : number));
  };
  return { name, range: (length) => [place(from, 0, length), place(to, length, length)] };
}
