// The tokenizer.json that loading starts from, unpacked, in a folder of its own. load_rust.py makes the same.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What a case of loading says. */
export interface LoadOptions {
  /** A folder of ../shared/models. */
  readonly tokenizer: string;
  readonly sentence: string;
}

/** The folder with a tokenizer's tokenizer.json. The first turn, which does not count, makes it; the process runs in the repository. */
export function unpackedFolder({ tokenizer }: LoadOptions): string {
  const folder = resolve('.cache/bench/tokenizers', tokenizer);
  const file = `${folder}/tokenizer.json`;
  if (existsSync(file)) return folder;
  const source = resolve('../shared/models', tokenizer, 'tokenizer.json.gz');
  if (!existsSync(source)) throw new Error(`Error: ../shared/models/${tokenizer}/tokenizer.json.gz is not there`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, gunzipSync(readFileSync(source)));
  renameSync(`${file}.${process.pid}`, file);
  return folder;
}
