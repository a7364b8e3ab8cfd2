import { hashOf } from '#run-folder';
import { ConfigError, DataError, nearest } from '../../core/index.ts';
import { ClassLabel, Dataset, type DatasetFormat, load_dataset, loadSpamAssassin, splitByContent } from '../../data/index.ts';
import type { Progress } from '../../progress/index.ts';

/** Where the examples of a classifier come from. */
export type ExampleSource =
  | { readonly recipe: 'spam-assassin' }
  | { readonly file: string }
  | {
      readonly train_file: string;
      readonly validation_file?: string | undefined;
      readonly test_file?: string | undefined;
    };

/** One example: a text and the number of its class. */
export interface Example {
  text: string;
  label: number;
}

/** The parts of the data: to learn from, to choose by, and to judge with at the end. */
export const splitNames = ['train', 'validation', 'test'] as const;

/** The name of a part. */
export type SplitName = (typeof splitNames)[number];

/** Examples ready for training, and what is to be said of them. */
export interface Examples {
  /** What the data are called in reports. */
  readonly name: string;
  readonly splits: Readonly<Record<SplitName, Dataset<Example>>>;
  /** Class names by number. */
  readonly labels: readonly string[];
  /** SHA-256 over all texts, labels and splits. */
  readonly hash: string;
  /** What was left out or is worth knowing, a sentence each. */
  readonly notes: readonly string[];
}

/** How examples are read. */
export interface ReadOptions {
  /** Default `text`. */
  readonly text_column?: string | undefined;
  /** Default `label`. */
  readonly label_column?: string | undefined;
  readonly encoding?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Fewer than this cannot be split into three parts that say anything. */
const leastExamples = 20;
/** More classes than this share of the examples are no classes. */
const mostClassesShare = 0.5;

/**
 * Examples of a recipe or of files: read, checked, and split by content where there is one file.
 * @throws MissingFileError for a file that is not there. @throws DataError for what cannot be trained on: a column that is
 * not there, one class only, too few rows, broken encoding. @throws ConfigError for a file of an unknown kind.
 */
export async function readExamples(source: ExampleSource, options: ReadOptions): Promise<Examples> {
  if ('recipe' in source) return readSpamAssassin(options);
  const files =
    'file' in source
      ? { all: source.file }
      : { train: source.train_file, validation: source.validation_file, test: source.test_file };
  const tables: Partial<Record<'all' | SplitName, Table>> = {};
  for (const [name, file] of Object.entries(files)) {
    if (file !== undefined) tables[name as 'all'] = await readTable(file, options);
  }
  const first = (tables.all ?? tables.train)!;
  const labels = classNames(first, options.label_column ?? 'label');
  const notes = Object.values(tables).flatMap((table) => table.notes);
  const numbered = Object.entries(tables).map(([name, table]) => [name, withNumbers(table, labels)] as const);
  const splits = await allSplits(Object.fromEntries(numbered), options.signal);
  const counts = countsOf(splits.train, labels);
  for (const [i, label] of labels.entries()) {
    if (counts[i] === 0)
      throw new DataError(
        `${first.file}: no example of class ${label} is left to train on: ${labels.length} classes over ${first.rows.length} rows are too thin. Give more examples of it, or take it out.`,
      );
  }
  for (const name of ['validation', 'test'] as const) {
    const missing = countsOf(splits[name], labels).flatMap((count, i) => (count === 0 ? [labels[i]!] : []));
    if (missing.length > 0) notes.push(`The ${name} part has no example of ${missing.join(', ')}.`);
  }
  const hash = await hashOf(hashed(splits));
  return {
    name: Object.values(files)
      .flatMap((file) => file?.split(/[\\/]/).at(-1) ?? [])
      .join(', '),
    splits,
    labels,
    hash,
    notes,
  };
}

async function readSpamAssassin({ progress, signal }: ReadOptions): Promise<Examples> {
  using bar = progress.start({ label: 'read mails', leave: false });
  const { dataset, summary } = await loadSpamAssassin({
    ...(signal && { signal }),
    onProgress: (done, total) => {
      bar.total = total;
      bar.update(done - bar.n);
    },
  });
  const kept = splitNames.map((name) => [name, dataset[name].select_columns(['text', 'label'])] as const);
  return {
    name: 'SpamAssassin public mail corpus',
    splits: Object.fromEntries(kept) as Examples['splits'],
    labels: ['ham', 'spam'],
    hash: summary.data_hash,
    notes: [
      `${summary.mails} mails; left out: ${summary.exact_copies} copies, ${summary.near_copies} near copies, ${summary.empty} without a word.`,
    ],
  };
}

/** What was read of one file: texts and labels as they stand in it, and where. */
interface Table {
  readonly file: string;
  readonly rows: readonly { readonly text: string; readonly label: string; readonly place: string }[];
  readonly isNumeric: boolean;
  readonly notes: readonly string[];
}

const formats: Readonly<Record<string, DatasetFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  // The table of ratings that many Korean data sets are: tabs, whatever the name.
  txt: 'csv',
  json: 'json',
  jsonl: 'json',
  ndjson: 'json',
};

async function readTable(file: string, options: ReadOptions): Promise<Table> {
  const { text_column = 'text', label_column = 'label', encoding, delimiter, signal } = options;
  const extension = /\.(\w+?)(\.gz)?$/.exec(file)?.[1]?.toLowerCase() ?? '';
  const format = Object.hasOwn(formats, extension) ? formats[extension]! : undefined;
  if (format === undefined)
    throw new ConfigError(
      `qkv train: the name of ${file} does not end in a format that is read; these are: ${Object.keys(formats)
        .map((name) => `.${name}`)
        .join(', ')}, also with .gz behind.`,
    );
  if (delimiter !== undefined && format !== 'csv')
    throw new ConfigError(`qkv train: --delimiter is for .csv and .tsv files, and ${file} is JSON; leave it out.`);
  const between = delimiter ?? (extension === 'txt' ? '\t' : undefined);
  const { train } = await load_dataset(format, {
    data_files: file,
    ...(encoding !== undefined && { encoding }),
    ...(between !== undefined && { delimiter: between }),
    ...(signal && { signal }),
  });
  checkColumn(file, train.column_names, text_column, 'text');
  checkColumn(file, train.column_names, label_column, 'label');
  if (text_column === label_column)
    throw new ConfigError(`qkv train: --text_column and --label_column are both ${text_column}; they must differ.`);
  return usableRows(file, train, text_column, label_column);
}

function checkColumn(file: string, names: readonly string[], wanted: string, kind: 'text' | 'label'): void {
  if (names.includes(wanted)) return;
  const near = nearest(wanted, names);
  throw new DataError(
    `${file}: there is no column ${wanted}; the columns are ${names.join(', ')}. ${near ? `Did you mean ${near}? ` : ''}--${kind}_column names the column of the ${kind === 'text' ? 'text' : 'class'}.`,
  );
}

function usableRows(file: string, dataset: Dataset, textColumn: string, labelColumn: string): Table {
  const texts: ArrayLike<unknown> = dataset.column(textColumn);
  const labels: ArrayLike<unknown> = dataset.column(labelColumn);
  const rows: Table['rows'][number][] = [];
  let withoutText = 0;
  let withoutLabel = 0;
  let isNumeric = true;
  for (let row = 0; row < dataset.length; row++) {
    const text = texts[row];
    const label = labels[row];
    const place = () => dataset.describeRow(row);
    if (typeof text === 'object' && text !== null)
      throw new DataError(`${place()}: ${textColumn} is ${JSON.stringify(text).slice(0, 60)}; a text is needed.`);
    if (typeof label === 'object' && label !== null)
      throw new DataError(
        `${place()}: ${labelColumn} is ${JSON.stringify(label).slice(0, 60)}; the name or the number of a class is needed.`,
      );
    if (typeof label === 'number' && !Number.isInteger(label))
      throw new DataError(
        `${place()}: ${labelColumn} is ${label}, a measurement and no class; the name or the number of a class is needed.`,
      );
    if (label === null || label === undefined || String(label).trim() === '') withoutLabel++;
    else if (text === null || text === undefined || String(text).trim() === '') withoutText++;
    else {
      isNumeric &&= typeof label === 'number';
      rows.push({ text: String(text), label: String(label), place: place() });
    }
  }
  const notes: string[] = [];
  if (withoutText > 0) notes.push(`${file}: ${withoutText} of ${dataset.length} rows have no ${textColumn} and were left out.`);
  if (withoutLabel > 0)
    notes.push(`${file}: ${withoutLabel} of ${dataset.length} rows have no ${labelColumn} and were left out.`);
  if (rows.length === 0)
    throw new DataError(
      `${file}: none of its ${dataset.length} rows has both ${textColumn} and ${labelColumn}; look at the file.`,
    );
  return { file, rows, isNumeric, notes };
}

/** The names of the classes, sorted: numbers by size, texts by code points. */
function classNames({ file, rows, isNumeric }: Table, column: string): string[] {
  const names = [...new Set(rows.map(({ label }) => label))];
  names.sort((a, b) => (isNumeric ? Number(a) - Number(b) : a < b ? -1 : 1));
  if (rows.length < leastExamples)
    throw new DataError(
      `${file}: there are ${rows.length} usable rows; at least ${leastExamples} are needed to train and to judge.`,
    );
  if (names.length === 1)
    throw new DataError(
      `${file}: ${column} is ${names[0]} in all ${rows.length} rows; at least two classes are needed. Is it the right column (--label_column)?`,
    );
  if (names.length > rows.length * mostClassesShare)
    throw new DataError(
      `${file}: ${column} has ${names.length} different values in ${rows.length} rows, too many for classes. Is it the right column (--label_column)?`,
    );
  return names;
}

function withNumbers({ file, rows }: Table, labels: readonly string[]): Dataset<Example> {
  const numbers = new Map(labels.map((label, number) => [label, number]));
  const examples = rows.map(({ text, label, place }) => {
    const number = numbers.get(label);
    if (number !== undefined) return { text, label: number };
    throw new DataError(
      `${place}: the class ${label} does not occur in the training file; its classes are ${labels.slice(0, 12).join(', ')}. Mend ${file}.`,
    );
  });
  return Dataset.from_list<Example>(examples, { label: new ClassLabel({ names: labels }) });
}

/** The three parts: those given, and the others cut from the training examples by what the texts say. */
async function allSplits(
  given: Partial<Record<'all' | SplitName, Dataset<Example>>>,
  signal: AbortSignal | undefined,
): Promise<Examples['splits']> {
  const { all, train, validation, test } = given;
  const whole = all ?? train!;
  const missing = all ? (['validation', 'test'] as const) : (['validation', 'test'] as const).filter((name) => !given[name]);
  if (missing.length === 0) return { train: whole, validation: validation!, test: test! };
  const share = 0.1;
  const fractions = Object.fromEntries([['train', 1 - share * missing.length], ...missing.map((name) => [name, share])]);
  const cut = await splitByContent<Example, SplitName>(whole, {
    columns: 'text',
    fractions: fractions as Record<SplitName, number>,
    ...(signal && { signal }),
  });
  return { train: cut.train, validation: validation ?? cut.validation, test: test ?? cut.test };
}

/** How many examples each class has. */
export function countsOf(dataset: Dataset<Example>, labels: readonly string[]): number[] {
  const counts = labels.map(() => 0);
  for (const label of dataset.column('label')) counts[label]!++;
  return counts;
}

function* hashed(splits: Examples['splits']): Generator<string> {
  for (const name of splitNames) {
    for (const { text, label } of splits[name]) yield JSON.stringify([name, label, text]);
  }
}
