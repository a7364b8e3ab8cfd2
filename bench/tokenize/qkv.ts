// qkv's side of tokenize.bench.ts.
import { Tokenizer } from '../../src/tokenizers/index.ts';
import { serve } from '../harness/serve.ts';
import { Checksum, linesOf, perMegabyte, type TokenizeOptions, tokenizerOf } from './texts.ts';

await serve<TokenizeOptions>(async (options) => {
  const lines = linesOf(options);
  const tokenizer = Tokenizer.from_str(tokenizerOf(options).json);
  const settings = { truncation: null, padding: null };
  const check = new Checksum();
  for (const line of lines) {
    const { ids, offsets } = tokenizer.encode(line, null, settings);
    check.add(ids, options.offsets ? offsets : undefined);
  }
  let sum = 0;
  const encodeAll = () => {
    for (const line of lines) {
      const encoding = tokenizer.encode(line, null, settings);
      sum += encoding.ids.length;
      if (options.offsets) sum += encoding.offsets.length;
    }
  };
  return { versions: {}, check: check.numbers, run: () => perMegabyte(lines, encodeAll), done: () => console.error(sum) };
});
