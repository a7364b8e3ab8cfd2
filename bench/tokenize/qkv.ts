// qkv's side of tokenize.bench.ts.
import { Tokenizer } from '../../src/tokenizers/index.ts';
import { serve } from '../harness/serve.ts';
import { Checksum, linesOf, oncePerMegabyte, perMegabyte, type TokenizeOptions, tokenizerOf } from './texts.ts';

await serve<TokenizeOptions>(async (options) => {
  const lines = linesOf(options);
  const { json } = tokenizerOf(options);
  let tokenizer = Tokenizer.from_str(json);
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
  const run = () => {
    if (!options.unique) return perMegabyte(lines, encodeAll);
    // A new tokenizer remembers no word; what it makes at its first text is no part of the question.
    encodeAll();
    tokenizer = Tokenizer.from_str(json);
    tokenizer.encode('a', null, settings);
    return oncePerMegabyte(lines, encodeAll);
  };
  return { versions: {}, check: check.numbers, run, done: () => console.error(sum) };
});
