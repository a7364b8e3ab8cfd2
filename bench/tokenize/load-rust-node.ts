// Run by fresh.ts: the Rust library through its binding for Node.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { type LoadOptions, unpackedFolder } from './loaded-file.ts';

interface Rust {
  Tokenizer: { fromFile(file: string): { encode(text: string): Promise<{ getIds(): number[] }> } };
}

const options = JSON.parse(process.argv[2]!) as LoadOptions;
const folder = unpackedFolder(options);
const require = createRequire(resolve('bench/.peers/npm/package.json'));
const { Tokenizer } = require('tokenizers') as Rust;
const start = performance.now();
const encoding = await Tokenizer.fromFile(`${folder}/tokenizer.json`).encode(options.sentence);
const ids = encoding.getIds();
const value = performance.now() - start;
const { version } = JSON.parse(readFileSync(require.resolve('tokenizers/package.json'), 'utf8')) as { version: string };
console.log(JSON.stringify({ value, check: ids, versions: { 'tokenizers (npm)': version } }));
