import { extname } from 'node:path';
import { DataError } from '../core/index.ts';
import { load_dataset } from '../data/index.ts';
import { UsageError } from './errors.ts';

/**
 * The texts of a file that are not empty: a column of a table (.csv, .tsv, .jsonl), or the lines of any other file.
 * Each may be packed (.gz).
 * @throws UsageError for a column where there are none, or where there are no texts; DataError for a column that is not there.
 */
export async function textsOfFile(
  speaker: string,
  file: string,
  text_column: string | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const kind = extname(file.replace(/\.gz$/i, '')).toLowerCase();
  const isTable = ['.csv', '.tsv', '.jsonl', '.json'].includes(kind);
  if (!isTable && text_column !== undefined) {
    throw new UsageError(
      `${speaker}: --text_column is for .csv, .tsv and .jsonl; each line of ${file} is a text; leave it out.`,
    );
  }
  const column = text_column ?? 'text';
  const { train } = await load(kind, file, signal);
  if (!train.column_names.includes(column)) {
    throw new DataError(
      `${file}: there is no column ${column}; the columns are ${train.column_names.join(', ')}; name one with --text_column.`,
    );
  }
  const texts: string[] = [];
  for (const row of train) {
    const text = (row as Record<string, unknown>)[column];
    if (text !== null && text !== undefined && text !== '') texts.push(String(text));
  }
  if (texts.length === 0) throw new UsageError(`${speaker}: ${file} has no texts; give a file with some.`);
  return texts;
}

function load(kind: string, file: string, signal: AbortSignal) {
  if (kind === '.jsonl' || kind === '.json') return load_dataset('json', { data_files: file, signal });
  if (kind === '.csv' || kind === '.tsv') {
    return load_dataset('csv', { data_files: file, delimiter: kind === '.tsv' ? '\t' : ',', signal });
  }
  return load_dataset('text', { data_files: file, signal });
}
