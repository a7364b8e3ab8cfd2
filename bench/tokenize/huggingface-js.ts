// @huggingface/tokenizers, the tokenizers of transformers.js. It gives no offsets.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { npmFolder } from '../harness/places.ts';
import { serve } from '../harness/serve.ts';
import { Checksum, linesOf, perMegabyte, type TokenizeOptions, tokenizerOf } from './texts.ts';

interface Library {
  Tokenizer: new (json: object, config: object) => { encode(text: string): { ids: number[] } };
}

await serve<TokenizeOptions>(async (options) => {
  const folder = join(npmFolder, 'node_modules/@huggingface/tokenizers');
  const { Tokenizer } = (await import(pathToFileURL(join(folder, 'dist/tokenizers.mjs')).href)) as Library;
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const lines = linesOf(options);
  const { json, config } = tokenizerOf(options);
  const tokenizer = new Tokenizer(JSON.parse(json) as object, config);
  const check = new Checksum();
  for (const line of lines) check.add(tokenizer.encode(line).ids);
  const encodeAll = () => {
    for (const line of lines) tokenizer.encode(line);
  };
  return {
    versions: { '@huggingface/tokenizers': manifest.version },
    check: check.numbers,
    run: () => perMegabyte(lines, encodeAll),
  };
});
