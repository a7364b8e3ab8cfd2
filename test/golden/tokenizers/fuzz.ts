// Compares our tokenizers with Hugging Face's Rust library on random texts of mixed scripts.
//
//   npm run bench:setup                      (installs the library, the npm package `tokenizers`, into bench/.peers)
//   node --conditions=qkv-source --import tsx test/golden/tokenizers/fuzz.ts 200000 7 tok-gpt2 tok-xlm-roberta …
//
// Arguments: how many texts per tokenizer, a seed, and folders of ../shared/models (all of those below when none is named).
// Compared are ids, tokens, type ids, offsets, word numbers, masks and decoded text. Every fifth text comes with a second one.
//
// JavaScript's strings may hold halves of surrogate pairs. The Rust library's binding gets UTF-8, in which each is U+FFFD, so
// that is what both sides make of them.
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { npmFolder } from '../../../bench/harness/places.ts';
import { AutoTokenizer, Tokenizer, type TokenizerConfig } from '../../../src/tokenizers/index.ts';
import { randomNumbers } from '../../support/random-numbers.ts';
import { realModels, realTokenizers, unpackedTokenizer } from '../../support/real-tokenizers.ts';

interface RustEncoding {
  getIds(): number[];
  getTokens(): string[];
  getTypeIds(): number[];
  getOffsets(): number[][];
  getWordIds(): (number | null | undefined)[];
  getSpecialTokensMask(): number[];
  getAttentionMask(): number[];
}

interface RustTokenizer {
  disableTruncation(): void;
  disablePadding(): void;
  encode(text: string, pair: string | null): Promise<RustEncoding>;
  decodeBatch(ids: readonly number[][], skipSpecialTokens: boolean): Promise<string[]>;
}

process.env.TOKENIZERS_PARALLELISM = 'false';
process.env.RAYON_NUM_THREADS = '1';

const require = createRequire(join(npmFolder, 'package.json'));
const { Tokenizer: Rust } = require('tokenizers') as { Tokenizer: { fromString(json: string): RustTokenizer } };
const [count = '20000', seed = '1', ...named] = process.argv.slice(2);

/** Tokenizers that the tests of goldens do not have in their list. */
const more: [name: string, config: TokenizerConfig][] = [
  ['tok-opus-mt-zh-en', {}],
  ['ckpt-bert-legacy-camphr', {}],
  ['ckpt-bert-xsmall-dummy', {}],
  ['ckpt-gpt2-micro-lmbuddy', {}],
];

const words =
  "the of and Hello world don't I'll we've THE 2016 3.14 www.a.com … — “quoted” café naïve Straße 안녕하세요 반갑습니다 ㅋㅋㅋ 的 中文字 日本語 カタカナ ひらがな Привет мир שלום مرحبا नमस्ते สวัสดี İstanbul ﬁ ① ½ ™ €5 </s> <s> [CLS] [MASK] <mask> <|endoftext|> <pad> <extra_id_3> ▁ ▁▁ `` '' 's 'RE".split(
    ' ',
  );
const ranges = [
  [0x20, 0x7e],
  [0, 0x1f],
  [0x80, 0x17f],
  [0x300, 0x36f],
  [0x370, 0x52f],
  [0x590, 0x6ff],
  [0x900, 0x97f],
  [0xe00, 0xe7f],
  [0x1100, 0x11ff],
  [0x1e00, 0x1eff],
  [0x2000, 0x206f],
  [0x2070, 0x218f],
  [0x2460, 0x24ff],
  [0x2580, 0x27bf],
  [0x3000, 0x30ff],
  [0x3130, 0x318f],
  [0x3200, 0x33ff],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0xd7b0, 0xd7fb],
  [0xd800, 0xdfff],
  [0xf900, 0xfaff],
  [0xfb00, 0xfdff],
  [0xfe00, 0xfe0f],
  [0xfe30, 0xffef],
  [0xfff0, 0xffff],
  [0x10000, 0x1ffff],
  [0x1f300, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x1f1e6, 0x1f1ff],
  [0x20000, 0x2a6df],
  [0xe0001, 0xe007f],
] as const;

function randomText(random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const character = (): string => {
    const [from, to] = pick(ranges);
    const code = from + Math.floor(random() * (to - from + 1));
    return String.fromCodePoint(code);
  };
  const parts: string[] = [];
  const length = 1 + Math.floor(random() ** 2 * 30);
  for (let i = 0; i < length; i++) {
    const kind = random();
    if (kind < 0.35) parts.push(pick(words));
    else if (kind < 0.5)
      parts.push(pick([' ', '  ', '\n', '\r\n', '\t', ' \n ', '\u00a0', '\u3000', '\u200d', '\u200b', '   ']));
    else if (kind < 0.549) parts.push(character().repeat(1 + Math.floor(random() * 20)));
    else if (kind < 0.55) parts.push(pick([character(), pick(words)]).repeat(20 + Math.floor(random() * 200)));
    else if (kind < 0.6) parts.push(pick(words).normalize('NFD'));
    else if (kind < 0.65) parts.push(pick(['👩\u200d👩\u200d👧', '👍🏽', '🇰🇷', '❤\ufe0f', 'e\u0301\u0323', '각', '각']));
    else parts.push(character());
    if (random() < 0.5) parts.push(' ');
  }
  return parts.join('');
}

/** A tokenizer.json by name: that of a folder, or what AutoTokenizer puts together from the older parts. */
async function tokenizerJson(name: string, config: TokenizerConfig): Promise<string> {
  const folder = unpackedTokenizer(name);
  try {
    return readFileSync(join(folder, 'tokenizer.json'), 'utf8');
  } catch {
    const { backend_tokenizer } = await AutoTokenizer.from_pretrained(folder, config);
    return scored(backend_tokenizer.to_str());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Marian's shared vocabulary has pieces that only the other language scores (null), which the Rust library does not read. Both
 * sides get a tokenizer without them here; its added tokens are as unlikely as its least likely piece.
 */
function scored(text: string): string {
  const json = JSON.parse(text);
  const { vocab } = json.model;
  if (!Array.isArray(vocab) || vocab.every(([, score]) => score !== null)) return text;
  const isAdded = new Set<string>(json.added_tokens.map(({ content }: { content: string }) => content));
  const lowest = vocab.reduce((least, [, score]) => (score === null ? least : Math.min(least, score)), 0);
  const kept = vocab.filter(([piece, score]) => score !== null || isAdded.has(piece));
  const idOf = new Map(kept.map(([piece], id) => [piece, id]));
  json.model.unk_id = idOf.get(vocab[json.model.unk_id][0]);
  json.model.vocab = kept.map(([piece, score]) => [piece, score ?? lowest]);
  for (const token of json.added_tokens) token.id = idOf.get(token.content);
  for (const [token, special] of Object.entries<{ ids: number[] }>(json.post_processor.special_tokens))
    special.ids = [idOf.get(token)!];
  return JSON.stringify(json);
}

async function compare(name: string, json: string): Promise<void> {
  const ours = Tokenizer.from_str(json);
  const theirs = Rust.fromString(json);
  theirs.disableTruncation();
  theirs.disablePadding();
  const random = randomNumbers(Number(seed));
  let different = 0;
  let done = 0;
  while (done < Number(count)) {
    const batch = Array.from(
      { length: Math.min(500, Number(count) - done) },
      (_, i) => [randomText(random), i % 5 === 0 ? randomText(random) : null] as const,
    );
    const encodings = await Promise.all(batch.map(([text, pair]) => theirs.encode(text, pair)));
    const skips = done % 1000 === 0;
    const decoded = await theirs.decodeBatch(
      encodings.map((encoding) => encoding.getIds()),
      skips,
    );
    for (const [i, [text, pair]] of batch.entries()) {
      const encoding = ours.encode(text, pair, { padding: null, truncation: null });
      const found = JSON.stringify([
        encoding.ids,
        encoding.tokens,
        encoding.type_ids,
        encoding.offsets,
        encoding.word_ids,
        encoding.special_tokens_mask,
        encoding.attention_mask,
        ours.decode(encoding.ids, { skip_special_tokens: skips }),
      ]);
      const rust = encodings[i]!;
      const expected = JSON.stringify([
        rust.getIds(),
        rust.getTokens(),
        rust.getTypeIds(),
        rust.getOffsets(),
        rust.getWordIds().map((word) => word ?? null),
        rust.getSpecialTokensMask(),
        rust.getAttentionMask(),
        decoded[i],
      ]);
      if (found === expected) continue;
      different++;
      if (different <= 5) console.log(`  ${JSON.stringify([text, pair])}\n    ours   ${found}\n    theirs ${expected}`);
    }
    done += batch.length;
  }
  console.log(`${name}: ${done} texts, ${different} differ`);
}

const isWanted = (name: string) => named.length === 0 || named.includes(name);
for (const [name, config] of [...realTokenizers, ...more])
  if (isWanted(name)) await compare(name, await tokenizerJson(name, config));
for (const language of ['de', 'en']) {
  const path = join(realModels, 'tok-wordlevel-de-en', `tokenizer_${language}.json.gz`);
  if (isWanted('tok-wordlevel-de-en'))
    await compare(`tok-wordlevel-de-en (${language})`, gunzipSync(readFileSync(path)).toString());
}
