import { extname } from 'node:path';
import { DataError } from '../core/index.ts';
import { type ColumnStream, streamColumn } from '../data/index.ts';
import { UsageError } from './errors.ts';

/** The texts of a file as they are read, some at a time. */
export interface FileTexts extends AsyncIterable<string[]> {
  /** Texts given so far. */
  readonly count: number;
  /** Bytes of the file that were read, and all of them where that is known. */
  readonly bytesRead: number;
  readonly byteLength: number | null;
}

/**
 * The texts of a file that are not empty: a column of a table (.csv, .tsv, .jsonl), or the lines of any other file.
 * Each may be packed (.gz). The file is read piece by piece, once.
 * @throws UsageError for a column where there are none, and, when all was read, where there are no texts; DataError for a column
 * that is not there.
 */
export async function textsOfFile(
  speaker: string,
  file: string,
  text_column: string | undefined,
  signal: AbortSignal,
): Promise<FileTexts> {
  const kind = extname(file.replace(/\.gz$/i, '')).toLowerCase();
  const isTable = ['.csv', '.tsv', '.jsonl', '.json'].includes(kind);
  if (!isTable && text_column !== undefined) {
    throw new UsageError(
      `${speaker}: --text_column is for .csv, .tsv and .jsonl; each line of ${file} is a text; leave it out.`,
    );
  }
  const column = text_column ?? 'text';
  const values = await streamOf(kind, file, column, signal);
  let count = 0;
  return {
    get count() {
      return count;
    },
    get bytesRead() {
      return values.bytesRead;
    },
    byteLength: values.byteLength,
    async *[Symbol.asyncIterator]() {
      try {
        for await (const some of values) {
          const texts: string[] = [];
          for (const value of some) if (value !== null && value !== undefined && value !== '') texts.push(String(value));
          count += texts.length;
          if (texts.length > 0) yield texts;
        }
      } catch (error) {
        const { column_names } = values;
        if (!(error instanceof DataError) || column_names.length === 0 || column_names.includes(column)) throw error;
        throw new DataError(
          `${file}: there is no column ${column}; the columns are ${column_names.join(', ')}; name one with --text_column.`,
        );
      }
      if (count === 0) throw new UsageError(`${speaker}: ${file} has no texts; give a file with some.`);
    },
  };
}

function streamOf(kind: string, data_files: string, column: string, signal: AbortSignal): Promise<ColumnStream> {
  if (kind === '.jsonl' || kind === '.json') return streamColumn('json', { data_files, column, signal });
  if (kind === '.csv' || kind === '.tsv') {
    return streamColumn('csv', { data_files, column, delimiter: kind === '.tsv' ? '\t' : ',', signal });
  }
  return streamColumn('text', { data_files, column, signal });
}
