// gpt-tokenizer, which has GPT-2's vocabulary in it and gives ids alone.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { npmFolder } from '../harness/places.ts';
import { serve } from '../harness/serve.ts';
import { Checksum, linesOf, perMegabyte, type TokenizeOptions } from './texts.ts';

await serve<TokenizeOptions>(async (options) => {
  const folder = join(npmFolder, 'node_modules/gpt-tokenizer');
  const address = pathToFileURL(join(folder, 'esm/encoding/gpt2.js')).href;
  const { encode } = (await import(address)) as { encode: (text: string) => number[] };
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const lines = linesOf(options);
  const check = new Checksum();
  for (const line of lines) check.add(encode(line));
  const encodeAll = () => {
    for (const line of lines) encode(line);
  };
  return {
    versions: { 'gpt-tokenizer': manifest.version },
    check: check.numbers,
    run: () => perMegabyte(lines, encodeAll),
  };
});
