import { findDataFiles } from '#data-files';
import { DataError, defineOptions, type OptionValues, QkvError } from '../core/index.ts';
import { readDelimited, readJsonLines, readJsonList, readTextBlocks } from '../formats/index.ts';
import type { DataFile } from './data-files.types.ts';
import { Dataset } from './dataset.ts';
import { cast, type Features, requireColumn } from './features.ts';

/** What `data_files` may name: a path (in a browser an address), a Blob or File, bytes; or several of them. */
export type DataSource = string | Blob | Uint8Array | readonly (string | Blob | Uint8Array)[];

const shared = defineOptions({
  encoding: { type: 'string', default: 'utf-8', help: 'Character encoding of the files' },
});
/** The options of each format. */
export const optionsOf = {
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
export type Rows = typeof optionsOf;

/** The file formats that `load_dataset` reads. */
export type DatasetFormat = keyof Rows;

/** Columns that grow while files are read, and where each row came from. */
export class Table {
  readonly columns = new Map<string, unknown[]>();
  readonly files: string[] = [];
  readonly file: number[] = [];
  readonly line: number[] = [];
  /** Takes the values read so far out of a column, and forgets the other columns' with them; undefined where there is none. */
  take(name: string): unknown[] | undefined {
    const taken = this.columns.get(name)?.splice(0);
    for (const values of this.columns.values()) values.length = 0;
    this.file.length = 0;
    this.line.length = 0;
    return taken;
  }

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

/**
 * Reads a file's rows into a table, and lets whoever asks for it look at the table after each piece of the file: what it takes
 * out of the columns then is not kept.
 */
type Reader<Format extends DatasetFormat> = (
  table: Table,
  file: DataFile,
  options: OptionValues<Rows[Format]>,
  signal: AbortSignal | undefined,
) => AsyncGenerator<void>;

/** How each format is read. */
export const readers: { [Format in DatasetFormat]: Reader<Format> } = {
  async *csv(table, file, { delimiter, column_names, ...options }, signal) {
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
      yield;
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

  async *json(table, file, { field, encoding }, signal) {
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
    const isList = field === undefined && (await firstCharacter(file, encoding)) === '[';
    if (isList || field !== undefined) {
      const batches =
        field === undefined ? readJsonList(file.open(), { source, encoding }) : [await listIn(file, field, encoding)];
      for await (const batch of batches) {
        signal?.throwIfAborted();
        for (const row of batch) {
          if (typeof row !== 'object' || row === null || Array.isArray(row)) {
            throw new DataError(`${source}: item ${rowsRead} of the list is ${JSON.stringify(row)}; an object is needed.`);
          }
          // The item's number stands in for a line.
          add(row as Record<string, unknown>, rowsRead + 1);
        }
        yield;
      }
    } else {
      for await (const batch of readJsonLines(file.open(), { source, encoding })) {
        signal?.throwIfAborted();
        for (const { value, line } of batch) add(value, line);
        yield;
      }
    }
    if (rowsRead === 0) throw new DataError(`${source}: the file holds no row; at least one object is needed.`);
  },

  async *text(table, file, { sample_by, encoding }, signal) {
    const source = file.name;
    const fileNumber = table.files.push(source) - 1;
    const column = columnsFor(table, ['text'], source)[0]!;
    const add = (text: string, line: number) => {
      column.push(text);
      table.file.push(fileNumber);
      table.line.push(line);
      rowsRead++;
    };
    let rowsRead = 0;
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
      yield;
    }
    if (open.length > 0) add(open.join('\n'), openLine);
    if (rowsRead === 0) throw new DataError(`${source}: the file is empty; text is needed.`);
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

/** The sources of `data_files`, one or several. */
export function asList(source: DataSource): readonly (string | Blob | Uint8Array)[] {
  return typeof source === 'string' || source instanceof Uint8Array || source instanceof Blob ? [source] : source;
}

/** The files that one source stands for; `speaker` is who asks, for errors. */
export async function filesOf(speaker: string, source: string | Blob | Uint8Array): Promise<DataFile[]> {
  if (typeof source === 'string') return findDataFiles(speaker, source);
  const blob = source instanceof Uint8Array ? new Blob([source as Uint8Array<ArrayBuffer>]) : source;
  const name = 'name' in blob && typeof blob.name === 'string' ? blob.name : 'the data';
  return [{ name, byteLength: blob.size, open: () => streamChunks(blob.stream()) }];
}

/** The file with gzip undone, told by its first two bytes. */
export function unpacked(file: DataFile): DataFile {
  return {
    ...file,
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

/** The list in a field at the top of a file, which is read whole. */
async function listIn(file: DataFile, field: string, encoding: string): Promise<unknown[]> {
  const parts: string[] = [];
  for await (const { text } of readTextBlocks(file.open(), { source: file.name, encoding })) parts.push(text);
  let value: unknown;
  try {
    value = JSON.parse(parts.join(''));
  } catch (cause) {
    throw new DataError(`${file.name}: the file is not JSON (${(cause as Error).message}).`, { cause });
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) {
    throw new DataError(`${file.name}: there is no field ${field} at the top of the file.`);
  }
  const list = (value as Record<string, unknown>)[field];
  if (!Array.isArray(list)) throw new DataError(`${file.name}: ${field} is no list; a list of objects is needed.`);
  return list;
}
