// Whether tokenizers that qkv saved give the same ids elsewhere: in Python (AutoTokenizer and PreTrainedTokenizerFast), and in
// the npm packages `tokenizers` (the Rust library) and `@huggingface/tokenizers`.
//
//   npm run bench:setup
//   node --conditions=qkv-source --import tsx bench/verify-saved-tokenizers.ts [texts of each language, default 200]
//
// Published tokenizers are read from ../shared/models and saved again, one of each kind is trained here; texts are lines of
// wikitext2 and of nsmc. Prints how many texts differ.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AutoTokenizer, type PreTrainedTokenizerFast, tokenizerKinds, trainTokenizer } from '../src/tokenizers/index.ts';
import { realTokenizers, unpackedTokenizer } from '../test/support/real-tokenizers.ts';
import { benchFolder, npmFolder, peerPython } from './harness/places.ts';
import { linesOf } from './tokenize/texts.ts';

const count = Number(process.argv[2] ?? 200);
const english = linesOf({ data: 'wikitext2/valid.txt.gz', column: null, unique: false });
const korean = linesOf({ data: 'nsmc/ratings_test_10k.txt.gz', column: 1, unique: false });
const texts = [...english.slice(0, count), ...korean.slice(0, count)];
const python = peerPython();
if (python === null) throw new Error('verify-saved-tokenizers: Python is not there; npm run bench:setup installs it.');

const require = createRequire(join(npmFolder, 'package.json'));
const { Tokenizer: Rust } = require('tokenizers') as {
  Tokenizer: {
    fromString(json: string): {
      disableTruncation(): void;
      disablePadding(): void;
      encode(text: string): Promise<{ getIds(): number[] }>;
    };
  };
};
const address = pathToFileURL(join(npmFolder, 'node_modules/@huggingface/tokenizers/dist/tokenizers.mjs')).href;
const { Tokenizer: Script } = (await import(address)) as {
  Tokenizer: new (json: object, config: object) => { encode(text: string): { ids: number[] } };
};

const scratch = mkdtempSync(join(tmpdir(), 'qkv-saved-tokenizers-'));
const cases: { name: string; folder: string; ids: number[][]; rust: number | string; script: number | string }[] = [];

async function differing(encode: () => Promise<(text: string) => Promise<number[]> | number[]>, ids: number[][]) {
  try {
    const run = await encode();
    let different = 0;
    for (const [i, text] of texts.entries()) if (String(await run(text)) !== String(ids[i])) different++;
    return different;
  } catch (error) {
    return String((error as Error).message ?? error).slice(0, 140);
  }
}

async function save(name: string, tokenizer: PreTrainedTokenizerFast): Promise<void> {
  const folder = join(scratch, name);
  await tokenizer.save_pretrained(folder);
  // The bare library would cut and pad each text as its file says, which is for those who ask for it.
  const ids = texts.map((text) => tokenizer(text).input_ids as number[]);
  const json = readFileSync(join(folder, 'tokenizer.json'), 'utf8');
  const config = JSON.parse(readFileSync(join(folder, 'tokenizer_config.json'), 'utf8')) as object;
  const rust = await differing(async () => {
    const loaded = Rust.fromString(json);
    loaded.disableTruncation();
    loaded.disablePadding();
    return async (text) => (await loaded.encode(text)).getIds();
  }, ids);
  const script = await differing(async () => {
    const loaded = new Script(JSON.parse(json) as object, config);
    return (text) => loaded.encode(text).ids;
  }, ids);
  cases.push({ name, folder, ids, rust, script });
}

try {
  for (const [name, config] of realTokenizers) {
    const folder = unpackedTokenizer(name);
    try {
      await save(name, await AutoTokenizer.from_pretrained(folder, config));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const corpus = [...english.slice(0, 500), ...korean.slice(0, 500)];
  for (const kind of tokenizerKinds) await save(`trained ${kind}`, await trainTokenizer(kind, corpus, { vocab_size: 2000 }));
  const file = join(scratch, 'cases.json');
  writeFileSync(file, JSON.stringify({ texts, cases: cases.map(({ folder, ids }) => ({ folder, ids })) }));
  const output = execFileSync(python, [join(benchFolder, 'verify-saved-tokenizers.py'), file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  });
  const [versions, ...found] = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number | string>);
  console.log(`${texts.length} texts; ${JSON.stringify(versions)}. Texts whose ids differ:\n`);
  console.log(
    '| saved | AutoTokenizer | PreTrainedTokenizerFast | npm tokenizers | @huggingface/tokenizers |\n|---|---|---|---|---|',
  );
  for (const [i, { name, rust, script }] of cases.entries())
    console.log(`| ${name} | ${found[i]!.auto} | ${found[i]!.fast} | ${rust} | ${script} |`);
} finally {
  rmSync(scratch, { recursive: true });
}
