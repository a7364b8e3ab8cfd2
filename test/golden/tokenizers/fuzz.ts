// Compares our tokenizers with Hugging Face's Rust library on random texts of mixed scripts.
//
//   npm run bench:setup                      (installs the library into bench/.peers/python)
//   node --conditions=qkv-source --import tsx test/golden/tokenizers/fuzz.ts 20000 7 tok-gpt2 tok-xlm-roberta …
//
// Arguments: how many texts per tokenizer, a seed, and folders of ../shared/models (all of those below when none is named).
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { AutoTokenizer, Tokenizer } from '../../../src/tokenizers/index.ts';

const root = resolve(import.meta.dirname, '../../..');
const models = resolve(root, '../shared/models');
const python = join(root, 'bench/.peers/python/bin/python');
const [count = '20000', seed = '1', ...named] = process.argv.slice(2);
const all = [
  'tok-gpt2',
  'tok-roberta-base',
  'tok-clip-vit-base',
  'tok-phi3-mini-llama-bpe',
  'tok-xlm-roberta',
  'tok-t5-small',
  'tok-albert-base-v2',
  'tok-bert-base-uncased',
  'tok-klue-roberta-base',
  'tok-qwen2',
  'tok-openai-gpt',
  'tok-kogpt2-v1',
  'tok-koelectra-v3',
];

/** Mulberry32: small, seeded, good enough to pick characters. */
function generator(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

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
    return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code);
  };
  const parts: string[] = [];
  const length = 1 + Math.floor(random() ** 2 * 30);
  for (let i = 0; i < length; i++) {
    const kind = random();
    if (kind < 0.35) parts.push(pick(words));
    else if (kind < 0.5)
      parts.push(pick([' ', '  ', '\n', '\r\n', '\t', ' \n ', '\u00a0', '\u3000', '\u200d', '\u200b', '   ']));
    else if (kind < 0.55) parts.push(character().repeat(1 + Math.floor(random() * 20)));
    else if (kind < 0.6) parts.push(pick(words).normalize('NFD'));
    else if (kind < 0.65) parts.push(pick(['👩\u200d👩\u200d👧', '👍🏽', '🇰🇷', '❤\ufe0f', 'e\u0301\u0323', '각', '각']));
    else parts.push(character());
    if (random() < 0.5) parts.push(' ');
  }
  return parts.join('');
}

async function compare(name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'qkv-fuzz-'));
  const file = join(folder, 'tokenizer.json');
  let bytes: Uint8Array | string;
  try {
    bytes = gunzipSync(readFileSync(join(models, name, 'tokenizer.json.gz')));
  } catch {
    // Where there are only parts, the tokenizer is the one that AutoTokenizer makes of them.
    for (const part of ['vocab.json', 'merges.txt', 'vocab.txt'])
      try {
        writeFileSync(join(folder, part), gunzipSync(readFileSync(join(models, name, `${part}.gz`))));
      } catch {}
    const tokenizer_class = {
      'tok-openai-gpt': 'OpenAIGPTTokenizer',
      'tok-qwen2': 'Qwen2Tokenizer',
      'tok-kogpt2-v1': 'KoGPT2Tokenizer',
    }[name];
    const made = await AutoTokenizer.from_pretrained(folder, tokenizer_class ? { tokenizer_class } : {});
    bytes = made.backend_tokenizer.to_str();
  }
  writeFileSync(file, bytes);
  const ours = Tokenizer.from_str(readFileSync(file, 'utf8'));
  const peer = spawn(python, [join(import.meta.dirname, 'fuzz.py'), file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const random = generator(Number(seed));
  const texts = Array.from({ length: Number(count) }, () => randomText(random));
  const write = async () => {
    for (const text of texts)
      if (!peer.stdin.write(`${JSON.stringify(text)}\n`)) await new Promise((done) => peer.stdin.once('drain', done));
    peer.stdin.end();
  };
  const writing = write();
  let i = 0;
  let different = 0;
  for await (const line of createInterface({ input: peer.stdout })) {
    const text = texts[i++]!;
    const encoding = ours.encode(text, null, { padding: null, truncation: null });
    const { ids, tokens, offsets, word_ids } = encoding;
    const found = JSON.stringify([ids, tokens, offsets, word_ids, ours.decode(ids)]);
    const expected = JSON.stringify(JSON.parse(line));
    if (found === expected) continue;
    different++;
    if (different <= 5) console.log(`  ${JSON.stringify(text)}\n    ours   ${found}\n    theirs ${expected}`);
  }
  await writing;
  rmSync(folder, { recursive: true });
  console.log(`${name}: ${i} texts, ${different} differ`);
}

for (const name of named.length > 0 ? named : all) await compare(name);
