import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Progress, silentProgress } from '../progress/index.ts';
import { AutoTokenizer, trainTokenizer } from '../tokenizers/index.ts';
import { commands } from './commands.ts';
import { runProgram } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'qkv-tokenize-'));
const data = join(folder, 'reviews.tsv');
const lines = join(folder, 'lines.txt');
const words = ['강의가', '정말', '좋아요', '재미있는', 'course', 'really', 'good', '영화', 'movie!', '😀'];

beforeAll(() => {
  const texts = Array.from({ length: 60 }, (_, i) =>
    [0, 1, 2, 3].map((k) => words[(i * i + 3 * k + (i >> 2)) % words.length]).join(' '),
  );
  writeFileSync(data, `id\tdocument\n${texts.map((text, i) => `${i}\t${text}`).join('\n')}\n`);
  writeFileSync(lines, `${texts.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function qkv(...given: (string | { progress: Progress })[]): Promise<{ code: number; out: string; err: string }> {
  const command = given.filter((part) => typeof part === 'string');
  let [out, err] = ['', ''];
  const io = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    stdin: (async function* () {})(),
    env: {},
    signal: new AbortController().signal,
    progress: given.find((part) => typeof part === 'object')?.progress ?? silentProgress,
    colored: false,
  };
  const code = await runProgram(command, io, { commands, version: '0', reportTo: 'nowhere' });
  return { code, out, err: err.replaceAll(folder, '…') };
}

test('trains a tokenizer, loads it again, and shows a text in its tokens', async () => {
  const model = join(folder, 'bpe');
  const trained = await qkv(...`tokenize train --kind bpe --data ${lines} --vocab_size 60 --output_dir ${model}`.split(' '));
  expect(trained).toMatchObject({ code: 0, err: '' });
  expect(trained.out).toContain('60 tokens from 60 texts');

  const { code, out } = await qkv('tokenize', '--model', model, 'good 영화 漢');
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "token  id  offsets  text   word
    ───────────────────────────────
    ▁good  36      0–4  good      0
    ▁영화  56      4–7  ␣영화     1
    ▁      17      7–8  ␣         2
    <unk>   1      8–9  漢        2
    4 tokens for 9 characters
    "
  `);

  const tokenizer = await AutoTokenizer.from_pretrained(model);
  const json = await qkv('tokenize', '--model', model, '--json', 'good', '--', 'train');
  const answers = json.out.trim().split('\n');
  expect(answers.map((line) => JSON.parse(line).text)).toEqual(['good', 'train']);
  expect(JSON.parse(answers[0]!).input_ids).toEqual(tokenizer.encode('good'));
});

test('trains on a column as it is read, packed or not, and shows how far it is in the file', async () => {
  const texts = Array.from({ length: 40_000 }, (_, i) => `${words[i % 7]} ${words[(i * i) % 10]} ${i % 100}`);
  const [plain, packed, listed] = ['plain.tsv', 'packed.csv.gz', 'list.json'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(plain, `id\tdocument\r\n${texts.map((text, i) => `${i}\t${text}`).join('\r\n')}`);
  writeFileSync(packed, gzipSync(`document,id\n${texts.map((text, i) => `"${text}",${i}`).join('\n')}\n`));
  writeFileSync(listed, JSON.stringify(texts.map((document) => ({ document }))));
  const expected = await trainTokenizer('bpe', texts, { vocab_size: 120 });
  for (const file of [plain, packed, listed]) {
    const model = join(folder, 'streamed');
    const bars: { label: string; unit: string | undefined; total: number | undefined; n: number }[] = [];
    const progress: Progress = {
      log: () => {},
      start: (options) => {
        const bar = silentProgress.start(options);
        const seen = { label: options.label, unit: options.unit, total: options.total, n: 0 };
        bars.push(seen);
        return {
          ...bar,
          update: (n = 1) => (seen.n += n),
          get n() {
            return seen.n;
          },
        };
      },
    };
    const command = `tokenize train --kind bpe --vocab_size 120 --data ${file} --text_column document --output_dir ${model}`;
    const { code, out } = await qkv({ progress }, ...command.split(' '));
    expect(code).toBe(0);
    expect(out).toContain('120 tokens from 40000 texts');
    const trained = await AutoTokenizer.from_pretrained(model);
    expect(trained.backend_tokenizer.to_str()).toBe(expected.backend_tokenizer.to_str());
    const { size } = statSync(file);
    expect(bars[0]).toEqual({ label: 'bpe: count words', unit: 'bytes', total: size, n: size });
  }
});

test('compares every kind on the texts that were held out', async () => {
  const command = ['tokenize', 'compare', '--data', data, '--text_column', 'document', '--vocab_size', '70'];
  const { code, out } = await qkv(...command, '--text', '강의 a');
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "tokens          vocabulary  tokens/word  tokens/character     OOV  longest
    ──────────────────────────────────────────────────────────────────────────
    character               33         4.58              1.00  0.00 %       23
    jamo                    40         6.46              1.41  0.00 %       27
    whitespace              12         1.00              0.22  0.00 %        4
    punctuation             13         1.13              0.25  0.00 %        5
    bpe                     70         1.00              0.22  0.00 %        4
    byte-level-bpe         257         7.38              1.61  0.00 %       32
    wordpiece               70         2.29              0.50  0.00 %       16
    unigram                 33         4.83              1.05  0.00 %       24

    강의 a
    tokens          count  pieces
    ────────────────────────────────────────────────────
    character           4  강 | 의 | ␣ | a
    jamo                7  ᄀ | ᅡ | ᆼ | ᄋ | ᅴ | ␣ | a
    whitespace          2  [UNK] | [UNK]
    punctuation         2  [UNK] | [UNK]
    bpe                 4  강 | 의 | ␣ | a
    byte-level-bpe      8  ê | ° | ķ | ì | Ŀ | ĺ | ␣ | a
    wordpiece           2  강의 | a
    unigram             5  ▁ | 강 | 의 | ␣ | a
    "
  `);

  const model = join(folder, 'bpe');
  const json = await qkv(...command, '--json', '--kind', 'whitespace', '--kind', 'jamo', '--model', model);
  const rows = json.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows.map(({ name }) => name)).toEqual(['whitespace', 'jamo', model]);
  expect(rows[0]).toMatchObject({ tokens_per_word: 1, oov_rate: 0, longest: 4, vocab_size: 12 });
});

test('says what is wrong with a command line or with the data', async () => {
  const message = async (...command: string[]) => {
    const { code, err } = await qkv(...command);
    return `${code}: ${err.trim()}`;
  };
  expect(await message('tokenize', 'compare', '--data', data)).toMatchInlineSnapshot(
    `"1: error: …/reviews.tsv: there is no column text; the columns are id, document; name one with --text_column."`,
  );
  expect(await message('tokenize', 'compare', '--data', lines, '--text_column', 'x')).toMatchInlineSnapshot(
    `"2: error: qkv tokenize compare: --text_column is for .csv, .tsv and .jsonl; each line of …/lines.txt is a text; leave it out."`,
  );
  expect(await message('tokenize', 'train', '--kind', 'bpee', '--data', data, '--output_dir', folder)).toMatchInlineSnapshot(
    `"2: error: qkv tokenize train: --kind is 'bpee'; it must be one of character, jamo, whitespace, punctuation, bpe, byte-level-bpe, wordpiece, unigram; did you mean bpe?"`,
  );
  expect(
    await message(...`tokenize train --kind unigram --limit_alphabet 9 --data ${lines} --output_dir ${folder}`.split(' ')),
  ).toMatchInlineSnapshot(`"1: error: trainTokenizer: limit_alphabet is for bpe, wordpiece; leave it out for unigram."`);
  expect(await message('tokenize', '--model', folder, 'a')).toContain('… has neither tokenizer.json nor');
  expect(await message('tokenize', 'a')).toMatchInlineSnapshot(
    `"2: error: qkv tokenize: --model is missing (the folder of the tokenizer); \`qkv help tokenize\` lists the flags."`,
  );
  writeFileSync(join(folder, 'few.txt'), 'a\nb\n');
  expect(await message('tokenize', 'compare', '--data', join(folder, 'few.txt'))).toMatchInlineSnapshot(
    `"2: error: qkv tokenize compare: …/few.txt has 2 texts; at least 10 are needed, as every tenth is held out."`,
  );
  writeFileSync(join(folder, 'empty.txt'), '\n\n');
  expect(await message('tokenize', 'compare', '--data', join(folder, 'empty.txt'))).toMatchInlineSnapshot(
    `"2: error: qkv tokenize compare: …/empty.txt has no texts; give a file with some."`,
  );
});

test('each of the commands has its help', async () => {
  expect((await qkv('help', 'tokenize', 'compare')).out).toContain('qkv tokenize compare: Compares');
  expect((await qkv('help', 'tokenize', 'replay')).out).toContain('qkv tokenize replay: Shows');
  expect((await qkv('tokenize', 'train', '--help')).out).toContain('qkv tokenize train [flags]');
  expect((await qkv('tokenize', '-h')).out).toContain('qkv tokenize [flags] <text> ...');
  expect((await qkv()).out).toContain('tokenize compare');
});

test('shows a training merge by merge, bytes as the text that they spell', async () => {
  const of = (kind: string, ...more: string[]) => qkv('tokenize', 'replay', '--kind', kind, '--data', lines, ...more);
  const { code, out, err } = await of('byte-level-bpe', '--merges', '6', '--words', '1');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatchInlineSnapshot(`
    "merge  pair             token         times  in these words (how often): their tokens after it
    ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
        1  ␣ + <0xEC>       ␣<0xEC>          71  ␣재미있는 (19): ␣<0xEC>·<0x9E>·<0xAC>·<0xEB>·<0xAF>·<0xB8>·<0xEC>·<0x9E>·<0x88>·<0xEB>·<0x8A>·<0x94>
        2  <0xEA> + <0xB0>  <0xEA><0xB0>     46  ␣강의가 (16): ␣·<0xEA><0xB0>·<0x95>·<0xEC>·<0x9D>·<0x98>·<0xEA><0xB0>·<0x80>
        3  <0xEC> + <0x9E>  <0xEC><0x9E>     35  ␣재미있는 (19): ␣<0xEC>·<0x9E>·<0xAC>·<0xEB>·<0xAF>·<0xB8>·<0xEC><0x9E>·<0x88>·<0xEB>·<0x8A>·<0x94>
        4  g + o            go               28  ␣good (23): ␣·go·o·d
        5  o + d            od               28  ␣good (23): ␣·go·od
        6  go + od          good             28  ␣good (23): ␣·good
    "
  `);
  const { out: json } = await of('wordpiece', '--merges', '1', '--words', '1', '--json');
  expect(JSON.parse(json)).toMatchObject({ number: 1, words: [{ before: expect.any(Array) }] });
});
