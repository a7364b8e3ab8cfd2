import { ConfigError, type GivenOptions, readOptions } from '../core/index.ts';
import type { DataFile } from './data-files.types.ts';
import { requireColumn } from './features.ts';
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

/** Options of `streamColumn`: the files, the column, and how the format is read. */
export type StreamOptions<Format extends DatasetFormat> = GivenOptions<Rows[Format]> & {
  data_files: DataSource;
  column: string;
  signal?: AbortSignal | undefined;
};

/** A column's values in the order of the files, some at a time. It can be gone through once. */
export interface ColumnStream extends AsyncIterable<unknown[]> {
  /** The columns that were met so far. */
  readonly column_names: string[];
  /** Bytes read so far, of the files as they lie there, packed or not. */
  readonly bytesRead: number;
  /** All bytes of the files; null where that is not known before they are read. */
  readonly byteLength: number | null;
}

/**
 * One column of CSV, TSV, JSON, JSON lines or text files, read piece by piece as it is asked for: memory does not grow with the
 * files (of a JSON file of which `field` is read it does). The values are those of `load_dataset`, but the cells of a CSV file stay as
 * they are written: whether all of a column are numbers shows only at the file's end.
 * The errors are those of `load_dataset` too, and come as the reading gets there.
 * @throws DataError, MissingFileError, ConfigError naming file, line and remedy.
 * @example
 * import { streamColumn } from 'qkv/datasets';
 * const titles = await streamColumn('csv', { data_files: new Blob(['id,title\n1,Dune\n2,Solaris\n']), column: 'title' });
 * for await (const some of titles) console.log(some); // ['Dune', 'Solaris']
 */
export async function streamColumn<Format extends DatasetFormat>(
  format: Format,
  { data_files, column, signal, ...given }: StreamOptions<Format>,
): Promise<ColumnStream> {
  const rows = Object.hasOwn(optionsOf, format) ? optionsOf[format] : undefined;
  if (!rows) throw new ConfigError(`streamColumn: there is no loader ${String(format)}; the loaders are csv, json and text.`);
  if (typeof column !== 'string') throw new ConfigError(`streamColumn: column is ${column}; a column's name is needed.`);
  const options = readOptions('streamColumn', rows, given as never);
  const files = (await Promise.all(asList(data_files).map((source) => filesOf('streamColumn', source)))).flat();
  if (files.length === 0) throw new ConfigError('streamColumn: data_files names no file; give at least one.');
  return new FileColumns(format, files, column, options, signal);
}

class FileColumns implements ColumnStream {
  readonly byteLength: number | null;
  readonly #format: DatasetFormat;
  readonly #files: readonly DataFile[];
  readonly #column: string;
  readonly #options: object;
  readonly #signal: AbortSignal | undefined;
  /** Bytes of the files before the one being read, and of that one. */
  #before = 0;
  #within = 0;
  #isTaken = false;
  readonly #table = new Table();

  constructor(
    format: DatasetFormat,
    files: readonly DataFile[],
    column: string,
    options: object,
    signal: AbortSignal | undefined,
  ) {
    this.#format = format;
    this.#files = files;
    this.#column = column;
    this.#options = options;
    this.#signal = signal;
    this.byteLength = files.reduce<number | null>(
      (sum, { byteLength }) => (sum === null || byteLength === null ? null : sum + byteLength),
      0,
    );
  }

  get column_names(): string[] {
    return [...this.#table.columns.keys()];
  }

  get bytesRead(): number {
    return this.#before + this.#within;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown[]> {
    if (this.#isTaken) throw new ConfigError('streamColumn: the stream was gone through before; ask for a new one.');
    this.#isTaken = true;
    const table = this.#table;
    // Rows before the first that has the column: a JSON file may name one late, a file with a header may not.
    let missing = 0;
    for (const file of this.#files) {
      this.#signal?.throwIfAborted();
      for await (const _ of readers[this.#format](table, unpacked(this.#counted(file)), this.#options as never, this.#signal)) {
        if (this.#format !== 'json' && table.columns.size > 0) this.#requireColumn();
        if (!table.columns.has(this.#column)) missing += table.line.length;
        const values = table.take(this.#column);
        if (values === undefined || values.length === 0) continue;
        if (missing > 0) yield new Array(missing).fill(null);
        missing = 0;
        yield values;
      }
      this.#before += this.#within;
      this.#within = 0;
    }
    this.#requireColumn();
  }

  #requireColumn(): void {
    requireColumn(`streamColumn: ${this.#table.files.at(-1)}`, this.#column, this.column_names);
  }

  /** The file, its bytes counted as they are read; reading it again starts the count over. */
  #counted(file: DataFile): DataFile {
    const count = (bytes: number) => {
      this.#within = bytes;
    };
    return {
      ...file,
      async *open() {
        let bytes = 0;
        for await (const chunk of file.open()) {
          bytes += chunk.length;
          count(bytes);
          yield chunk;
        }
      },
    };
  }
}
