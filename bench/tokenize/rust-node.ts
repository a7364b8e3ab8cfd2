// Hugging Face's Rust library through its binding for Node. A call gives a promise, so lines go in batches of 256, which is
// faster than one by one; its threads are switched off.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { npmFolder } from '../harness/places.ts';
import { serve } from '../harness/serve.ts';
import { Checksum, linesOf, perMegabyte, type TokenizeOptions, tokenizerOf } from './texts.ts';

interface RustTokenizer {
  disableTruncation(): void;
  disablePadding(): void;
  encodeBatch(lines: readonly string[]): Promise<{ getIds(): number[]; getOffsets(): number[][] }[]>;
}

process.env.TOKENIZERS_PARALLELISM = 'false';
process.env.RAYON_NUM_THREADS = '1';

await serve<TokenizeOptions>(async (options) => {
  const require = createRequire(join(npmFolder, 'package.json'));
  const { Tokenizer } = require('tokenizers') as { Tokenizer: { fromString(json: string): RustTokenizer } };
  const manifest = readFileSync(require.resolve('tokenizers/package.json'), 'utf8');
  const lines = linesOf(options);
  const tokenizer = Tokenizer.fromString(tokenizerOf(options).json);
  tokenizer.disableTruncation();
  tokenizer.disablePadding();
  const encodeAll = async (see: (ids: number[], offsets?: number[][]) => void) => {
    for (let from = 0; from < lines.length; from += 256) {
      for (const encoding of await tokenizer.encodeBatch(lines.slice(from, from + 256))) {
        see(encoding.getIds(), options.offsets ? encoding.getOffsets() : undefined);
      }
    }
  };
  const check = new Checksum();
  await encodeAll((ids, offsets) => check.add(ids, offsets));
  return {
    versions: { 'tokenizers (npm)': (JSON.parse(manifest) as { version: string }).version },
    check: check.numbers,
    run: () => perMegabyte(lines, () => encodeAll(() => {})),
  };
});
