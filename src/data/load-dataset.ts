import { findDataFiles } from '#data-files';
import {
  ConfigError,
  DataError,
  defineOptions,
  type GivenOptions,
  type OptionValues,
  QkvError,
  readOptions,
} from '../core/index.ts';
import { readDelimited, readJsonLines, readTextBlocks } from '../formats/index.ts';
import type { DataFile } from './data-files.types.ts';
import { type AnyRow, Dataset } from './dataset.ts';
import { DatasetDict } from './dataset-dict.ts';
import { cast, type Features, inferCells, requireColumn } from './features.ts';

/** What `data_files` may name: a path (in a browser an address), a Blob or File, bytes; or several of them. */
export type DataSource = string | Blob | Uint8Array | readonly (string | Blob | Uint8Array)[];

const shared = defineOptions({
  encoding: { type: 'string', default: 'utf-8', help: 'Character encoding of the files' },
});
const optionsOf = {
  csv: defineOptions({
    ...shared,
    delimiter: { type: 'string', help: 'Character between cells', otherwise: 'a tab for .tsv and .tab files, else a comma' },
    quoting: {
      type: 'choice',
      choices: ['auto', 'minimal', 'none'],
      default: 'auto',
      help: 'Whether quotes enclose cells; auto finds out for tab-separated files',
    },
    quotechar: { type: 'string', default: '"', help: 'Character that encloses cells' },
    column_names: { type: 'string', repeated: true, help: 'Names of the columns of files that have no header line' },
  }),
  json: defineOptions({ ...shared, field: { type: 'string', help: 'Field of the file’s object that holds the list of rows' } }),
  text: defineOptions({
    ...shared,
    sample_by: { type: 'choice', choices: ['line', 'paragraph', 'document'], default: 'line', help: 'What becomes one row' },
  }),
};
type Rows = typeof optionsOf;

/** The file formats that `load_dataset` reads. */
export type DatasetFormat = keyof Rows;

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
    const files = (await Promise.all(asList(sources).map(filesOf))).flat();
    if (files.length === 0) throw new ConfigError(`load_dataset: data_files names no file for ${name}; give at least one.`);
    const table = new Table();
    for (const file of files) {
      signal?.throwIfAborted();
      await readers[format](table, unpacked(file), options as never, signal);
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

/** Columns that grow while files are read, and where each row came from. */
class Table {
  readonly columns = new Map<string, unknown[]>();
  readonly files: string[] = [];
  readonly file: number[] = [];
  readonly line: number[] = [];
  /** Types that the cells of CSV columns spell. */
  readonly spelled: Features = {};

  dataset(features: Features): Dataset {
    const types = { ...this.spelled, ...features };
    for (const name of Object.keys(types)) requireColumn('load_dataset: features', name, [...this.columns.keys()]);
    const columns = [...this.columns].map(([name, values]) => {
      const feature = types[name];
      // Text stays as it is; an empty cell is a missing value, as in pandas.
      if (!feature) return [name, values] as const;
      let row = 0;
      const place = () => `${this.files[this.file[row]!]} line ${this.line[row]}: ${name}`;
      const converted: unknown[] = [];
      for (; row < values.length; row++) {
        const value = values[row];
        converted.push(value === '' && name in this.spelled ? null : cast(value, feature, place));
      }
      return [name, converted] as const;
    });
    return new Dataset(columns, types, { files: this.files, file: this.file, line: this.line });
  }
}

type Reader<Format extends DatasetFormat> = (
  table: Table,
  file: DataFile,
  options: OptionValues<Rows[Format]>,
  signal: AbortSignal | undefined,
) => Promise<void>;

const readers: { [Format in DatasetFormat]: Reader<Format> } = {
  async csv(table, file, { delimiter, column_names, ...options }, signal) {
    const source = file.name;
    const isTabbed = /\.(tsv|tab)(\.gz)?$/i.test(source);
    let header: string[] | null = column_names.length > 0 ? [...column_names] : null;
    let columns: unknown[][] | null = null;
    const fileNumber = table.files.push(source) - 1;
    let rowsRead = 0;
    for await (const batch of readDelimited(() => file.open(), {
      ...options,
      delimiter: delimiter ?? (isTabbed ? '\t' : ','),
      source,
    })) {
      signal?.throwIfAborted();
      for (const { line, cells } of batch) {
        if (header === null) {
          header = checkedHeader(cells, source, line, delimiter ?? (isTabbed ? '\t' : ','));
          continue;
        }
        columns ??= columnsFor(table, header, source);
        if (cells.length !== header.length) {
          throw new DataError(
            `${source}: line ${line} has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}; ` +
              `${header.length} are needed (${header.join(', ')}); mend the line, or quote the cells that hold the delimiter.`,
          );
        }
        for (let i = 0; i < cells.length; i++) columns[i]!.push(cells[i]);
        table.file.push(fileNumber);
        table.line.push(line);
        rowsRead++;
      }
    }
    if (header === null || (column_names.length > 0 && rowsRead === 0)) {
      throw new DataError(
        `${source}: the file is empty; ${column_names.length > 0 ? 'rows are' : 'a header line and rows are'} needed.`,
      );
    }
    if (rowsRead === 0) {
      throw new DataError(
        `${source}: there is a header line (${header.join(', ')}) and no row below it; at least one is needed.`,
      );
    }
  },

  async json(table, file, { field, encoding }, signal) {
    const source = file.name;
    const fileNumber = table.files.push(source) - 1;
    let rowsRead = 0;
    const add = (value: Record<string, unknown>, line: number) => {
      for (const [name, cell] of Object.entries(value)) {
        let column = table.columns.get(name);
        // Rows before the first that has the column lack it: null, as in Hugging Face.
        if (!column) {
          column = new Array(table.line.length).fill(null);
          table.columns.set(name, column);
        }
        column.push(cell);
      }
      table.file.push(fileNumber);
      table.line.push(line);
      for (const column of table.columns.values()) if (column.length < table.line.length) column.push(null);
      rowsRead++;
    };
    if (field !== undefined || (await firstCharacter(file, encoding)) === '[') {
      for (const [i, row] of (await wholeJson(file, field, encoding)).entries()) {
        if (typeof row !== 'object' || row === null || Array.isArray(row)) {
          throw new DataError(`${source}: item ${i} of the list is ${JSON.stringify(row)}; an object is needed.`);
        }
        // JSON.parse tells no lines; the item's number stands in.
        add(row as Record<string, unknown>, i + 1);
      }
    } else {
      for await (const batch of readJsonLines(file.open(), { source, encoding })) {
        signal?.throwIfAborted();
        for (const { value, line } of batch) add(value, line);
      }
    }
    if (rowsRead === 0) throw new DataError(`${source}: the file holds no row; at least one object is needed.`);
  },

  async text(table, file, { sample_by, encoding }, signal) {
    const source = file.name;
    const fileNumber = table.files.push(source) - 1;
    const column = columnsFor(table, ['text'], source)[0]!;
    const add = (text: string, line: number) => {
      column.push(text);
      table.file.push(fileNumber);
      table.line.push(line);
    };
    const before = column.length;
    let open: string[] = [];
    let openLine = 1;
    for await (const { text, line: firstLine } of readTextBlocks(file.open(), { source, encoding })) {
      signal?.throwIfAborted();
      const lines = text.split('\n');
      if (lines.at(-1) === '') lines.pop();
      for (const [i, raw] of lines.entries()) {
        const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
        if (sample_by === 'line') add(line, firstLine + i);
        else if (sample_by === 'document' || line !== '') {
          if (open.length === 0) openLine = firstLine + i;
          open.push(line);
        } else if (open.length > 0) {
          add(open.join('\n'), openLine);
          open = [];
        }
      }
    }
    if (open.length > 0) add(open.join('\n'), openLine);
    if (column.length === before) throw new DataError(`${source}: the file is empty; text is needed.`);
  },
};

/** The table's columns for a file's header, in the file's order; files of one split must have the same columns. */
function columnsFor(table: Table, header: readonly string[], source: string): unknown[][] {
  if (table.columns.size === 0) for (const name of header) table.columns.set(name, []);
  const names = [...table.columns.keys()];
  if (names.length !== header.length || !header.every((name) => table.columns.has(name))) {
    throw new DataError(
      `${source}: the columns are ${header.join(', ')}, those of ${table.files[0]} ${names.join(', ')}; files of one split need the same.`,
    );
  }
  return header.map((name) => table.columns.get(name)!);
}

function checkedHeader(cells: string[], source: string, line: number, delimiter: string): string[] {
  const seen = new Set<string>();
  for (const [i, name] of cells.entries()) {
    const isUsable = name.trim() !== '' && !seen.has(name);
    seen.add(name);
    if (isUsable) continue;
    const what = name.trim() === '' ? `no name for column ${i + 1}` : `the name ${name} twice`;
    throw new DataError(
      `${source}: line ${line}, the header, has ${what}; name each column once, or pass column_names if the file has no header line.`,
    );
  }
  if (cells.some((cell) => cell.includes('\r'))) {
    throw new DataError(`${source}: lines end in carriage returns alone; save the file with line feeds (Unix or Windows).`);
  }
  const other = [',', '\t', ';', '|'].find(
    (mark) => mark !== delimiter && cells.length === 1 && cells[0]!.split(mark).length > 1,
  );
  if (other !== undefined) {
    throw new DataError(
      `${source}: the header is one column, ${JSON.stringify(cells[0])}; ` +
        `the delimiter seems to be ${JSON.stringify(other)}, not ${JSON.stringify(delimiter)}; pass delimiter: ${JSON.stringify(other)}.`,
    );
  }
  return cells;
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

function asList(source: DataSource): readonly (string | Blob | Uint8Array)[] {
  return typeof source === 'string' || source instanceof Uint8Array || source instanceof Blob ? [source] : source;
}

async function filesOf(source: string | Blob | Uint8Array): Promise<DataFile[]> {
  if (typeof source === 'string') return findDataFiles(source);
  const blob = source instanceof Uint8Array ? new Blob([source as Uint8Array<ArrayBuffer>]) : source;
  const name = 'name' in blob && typeof blob.name === 'string' ? blob.name : 'the data';
  return [{ name, open: () => streamChunks(blob.stream()) }];
}

/** The file with gzip undone, told by its first two bytes. */
function unpacked(file: DataFile): DataFile {
  return {
    name: file.name,
    async *open() {
      const chunks = file.open()[Symbol.asyncIterator]();
      try {
        const first = await chunks.next();
        const all = async function* () {
          if (!first.done) yield first.value;
          for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
        };
        if (!first.done && first.value[0] === 0x1f && first.value[1] === 0x8b) yield* gunzip(all(), file.name);
        else yield* all();
      } finally {
        await chunks.return?.();
      }
    },
  };
}

async function* gunzip(packed: AsyncGenerator<Uint8Array>, source: string): AsyncGenerator<Uint8Array> {
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const next = await packed.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
    },
  });
  try {
    yield* streamChunks(stream.pipeThrough(new DecompressionStream('gzip')));
  } catch (cause) {
    if (cause instanceof QkvError) throw cause;
    throw new DataError(
      `${source}: the gzip data are damaged or cut short (${(cause as Error).message}); get the file again.`,
      { cause },
    );
  }
}

async function* streamChunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function firstCharacter(file: DataFile, encoding: string): Promise<string> {
  for await (const { text } of readTextBlocks(file.open(), { source: file.name, encoding })) {
    const [found] = text.trimStart();
    if (found !== undefined) return found;
  }
  return '';
}

async function wholeJson(file: DataFile, field: string | undefined, encoding: string): Promise<unknown[]> {
  const parts: string[] = [];
  for await (const { text } of readTextBlocks(file.open(), { source: file.name, encoding })) parts.push(text);
  let value: unknown;
  try {
    value = JSON.parse(parts.join(''));
  } catch (cause) {
    throw new DataError(`${file.name}: the file is not JSON (${(cause as Error).message}).`, { cause });
  }
  if (field !== undefined) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) {
      throw new DataError(`${file.name}: there is no field ${field} at the top of the file.`);
    }
    value = (value as Record<string, unknown>)[field];
  }
  if (!Array.isArray(value))
    throw new DataError(`${file.name}: ${field ?? 'the file'} is no list; a list of objects is needed.`);
  return value;
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
