// The texts and tokenizers of tokenize.bench.ts, as every side in TypeScript reads them. texts.py reads the same.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root } from '../harness/places.ts';

/** What a case of tokenize.bench.ts says. */
export interface TokenizeOptions {
  /** A folder of ../shared/models. */
  readonly tokenizer: string;
  /** A gzip file of ../shared/data. */
  readonly data: string;
  /** The column that holds the text; null takes the lines as they are. */
  readonly column: number | null;
  /** Each word once only, so that nothing can be remembered. */
  readonly unique: boolean;
  /** Whether offsets are asked for too. */
  readonly offsets: boolean;
}

const shared = join(root, '../shared');

function read(path: string): string {
  const file = join(shared, path);
  if (!existsSync(file)) throw new Error(`../shared/${path} is not there`);
  const bytes = readFileSync(file);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** The lines of a case, without empty ones. */
export function linesOf({ data, column, unique }: Pick<TokenizeOptions, 'data' | 'column' | 'unique'>): string[] {
  let lines = read(`data/${data}`).split('\n');
  if (column !== null) lines = lines.slice(1).map((line) => line.split('\t')[column] ?? '');
  lines = lines.map((line) => line.trim()).filter((line) => line !== '');
  return unique ? withoutRepeats(lines) : lines;
}

function withoutRepeats(lines: readonly string[]): string[] {
  const seen = new Set<string>();
  return lines
    .map((line) =>
      line
        .split(' ')
        .filter((word) => !seen.has(word) && seen.add(word))
        .join(' '),
    )
    .filter((line) => line !== '');
}

/** The text of a tokenizer's tokenizer.json, and its tokenizer_config.json where there is one. */
export function tokenizerOf({ tokenizer }: Pick<TokenizeOptions, 'tokenizer'>): { json: string; config: object } {
  const config = `models/${tokenizer}/tokenizer_config.json`;
  return {
    json: read(`models/${tokenizer}/tokenizer.json.gz`),
    config: existsSync(join(shared, config)) ? (JSON.parse(read(config)) as object) : {},
  };
}

/** Megabytes of UTF-8. */
export function megabytes(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / 1e6;
}

/** Collects what shows that two sides did the same work: how many tokens, and sums of ids and of offsets. */
export class Checksum {
  #tokens = 0;
  #ids = 0;
  #offsets = 0;

  add(ids: readonly number[], offsets?: readonly (readonly number[])[]): void {
    this.#tokens += ids.length;
    for (const [i, id] of ids.entries()) this.#ids += id * ((i % 7) + 1);
    for (const [start, end] of offsets ?? []) this.#offsets += 3 * start! + 5 * end!;
  }

  get numbers(): number[] {
    return [this.#tokens, this.#ids, this.#offsets];
  }
}

/** One turn: every line, one after another; milliseconds of processor time for each megabyte. */
export async function perMegabyte(lines: readonly string[], encodeAll: () => unknown): Promise<number> {
  return (await processorTime(async () => encodeAll())) / megabytes(lines);
}

/** The same without a turn that is not counted: for a tokenizer that has not seen the lines. */
export function oncePerMegabyte(lines: readonly string[], encodeAll: () => unknown): number {
  const before = process.cpuUsage();
  encodeAll();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / megabytes(lines);
}

/**
 * Does some work once uncounted, because the other sides have had the caches since, and then counted: milliseconds of the
 * processor's time in all threads of this process, so that work thrown onto other threads counts too.
 */
export async function processorTime(work: () => Promise<unknown>): Promise<number> {
  await work();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
